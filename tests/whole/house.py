"""A whole Retake in a folder of its own: the processes that `make run` starts, on free ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

HOME = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: str, ready: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until something holds; fail with its name when it does not in time."""
    ends = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < ends, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(0.05)


@dataclass
class House:
    """One `manage.py up`, its folder, its ports and the environment it runs in."""

    folder: Path
    web_port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def variables(self) -> dict[str, str]:
        """What any process of this house needs to find its folder and its ports."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RETAKE_")}
        return inherited | {
            "RETAKE_DATA_DIR": str(self.folder),
            "RETAKE_BIND": f"127.0.0.1:{self.web_port}",
            "RETAKE_SANDBOX_URL": f"http://127.0.0.1:{self.sandbox_port}",
            **self.environment,
        }

    @property
    def output(self) -> str:
        """Everything `up` has said so far."""
        return (self.folder.parent / "up.txt").read_text(encoding="utf-8")

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it and wait until the pages answer and every process is there."""
        with (self.folder.parent / "up.txt").open("a", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=HOME,
                env=self.variables,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )
        wait_for("the pages", self.answers, 60)
        wait_for("all processes", lambda: len(self.pids()) >= 6)

    def answers(self) -> bool:
        """Whether a page comes."""
        assert self.process is None or self.process.poll() is None, self.output
        try:
            return httpx.get(f"http://127.0.0.1:{self.web_port}/", timeout=2).status_code < 500
        except httpx.HTTPError:
            return False

    def pids(self) -> dict[str, int]:
        """The main processes by name, as `up` has written them down."""
        try:
            rows = json.loads((self.folder / "run" / "processes.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return {name: row["pid"] for name, row in rows.items()}

    def everyone(self) -> list[psutil.Process]:
        """Every process that works in this folder, orphans included."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("RETAKE_DATA_DIR") == str(self.folder):
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.pid != os.getpid()]

    def stop(self) -> int:
        """Ask it to stop as Ctrl-C does, and say how it ended."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)

    def clear(self) -> None:
        """Whatever happened, nothing of this house runs on."""
        if self.process is not None and self.is_running:
            self.process.kill()
            self.process.wait()
        for process in self.everyone():
            # Each takes some of the others with it.
            with suppress(psutil.NoSuchProcess):
                process.kill()
