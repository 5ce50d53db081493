"""A real sandbox for a test: a process of its own on a free port, which can be killed and started again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.shared import share_ready_clips

ROOT = Path(__file__).resolve().parents[1]


class Sandbox:
    """One sandbox on one port with one folder; `options` are those of `python -m providers.sandbox`."""

    def __init__(self, data_dir: Path, port: int, options: dict[str, Any]) -> None:
        self.data_dir = data_dir
        self.port = port
        self.options = options
        self.url = f"http://127.0.0.1:{port}"
        self.base_url = self.base("runway")
        self.control = httpx.Client(base_url=self.url, timeout=PATIENCE_S)
        self.process: subprocess.Popen[bytes] | None = None
        self.shared: Path | None = None

    def start(self) -> None:
        """Start and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "providers.sandbox",
            "--port",
            str(self.port),
            "--data",
            str(self.data_dir),
        ]
        for name, value in self.options.items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        self.process = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.control.get("/_control/health").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise RuntimeError(f"the sandbox did not start: {self.process.poll()}")

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it as a supervisor would."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """Stop it if it runs, and start it on the same port with the same folder."""
        self.stop()
        self.start()

    def base(self, vendor: str) -> str:
        """The address under which this vendor's format is spoken."""
        return f"{self.url}/{vendor}"

    def webhooks(self, **asked: str) -> list[dict[str, Any]]:
        """What was sent to webhooks, oldest first; filters `job` and `vendor`."""
        found: list[dict[str, Any]] = self.control.get("/_control/webhooks", params=asked).json()["webhooks"]
        return found

    def paid_count(self) -> int:
        """How many jobs were ever accepted."""
        count: int = self.control.get("/_control/paid").json()["count"]
        return count

    def fault(self, kind: str, **order: Any) -> None:
        """Order a fault; see providers/sandbox/faults.py."""
        answer = self.control.post("/_control/faults", json={"kind": kind, **order})
        assert answer.status_code == 201, answer.text

    def settings(self, **values: Any) -> None:
        """Change settings of the running sandbox; see providers/sandbox/settings.py."""
        answer = self.control.post("/_control/settings", json=values)
        assert answer.status_code == 200, answer.text

    def reset(self) -> None:
        """Forget everything."""
        self.control.post("/_control/reset").raise_for_status()
        if self.shared is not None:
            share_ready_clips(self.data_dir, self.shared)

    def _end(self, how: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_S)


@contextmanager
def running_sandbox(data_dir: Path, **options: Any) -> Iterator[Sandbox]:
    """A sandbox that runs inside the block. `instant=True` serves ready clips instead of drawing each."""
    instant = options.pop("instant", False)
    sandbox = Sandbox(data_dir, free_port(), options)
    try:
        sandbox.start()
        if instant:
            sandbox.settings(instant=True)
        yield sandbox
    finally:
        sandbox.stop()
        sandbox.control.close()
