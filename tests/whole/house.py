"""A whole Retake in a folder of its own: the processes that `make run` starts, on free ports."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.patience import PATIENCE_S, wait_for
from tests.ports import free_port
from tests.shared import share_ready_clips

HOME = Path(__file__).resolve().parents[2]
# A busy machine with two cores takes its time for six processes.
START_S = 2 * PATIENCE_S


@dataclass
class House:
    """One `manage.py up`, its folder, its ports and the environment it runs in.

    `ready_clips` is a folder in which houses share what their sandboxes have drawn for everybody.
    """

    folder: Path
    web_port: int = field(default_factory=free_port)
    sandbox_port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    ready_clips: Path | None = None
    process: subprocess.Popen[str] | None = None
    started_in_s: float = 0.0
    _person: subprocess.Popen[str] | None = None

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

    def furnish(self, tables: Path) -> None:
        """Make the folder with the tables of another house in it, so that the start has none to make."""
        self.folder.mkdir()
        shutil.copy(tables, self.folder / "retake.sqlite3")

    def start(self) -> None:
        """Start it and wait until the pages answer and every process is there."""
        self._share_ready_clips()
        began = time.monotonic()
        with (self.folder.parent / "up.txt").open("a", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"],
                cwd=HOME,
                env=self.variables,
                stdout=said,
                stderr=subprocess.STDOUT,
                text=True,
            )
        wait_for("the pages", self.answers, START_S)
        wait_for("all processes", lambda: len(self.pids()) >= 6)
        self.started_in_s = time.monotonic() - began

    def _share_ready_clips(self) -> None:
        if self.ready_clips is not None:
            (self.folder / "sandbox").mkdir(exist_ok=True)
            share_ready_clips(self.folder / "sandbox", self.ready_clips)

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
        """Every process that works in this folder, orphans included, but for the person's hand and us."""
        spared = {os.getpid(), self._person.pid if self._person else 0}
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("RETAKE_DATA_DIR") == str(self.folder):
                    found.append(process)
            except psutil.Error:
                continue
        return [process for process in found if process.pid not in spared]

    def ask(self, *words: str) -> Any:
        """Let a person act in the house (tests/whole/hand.py), and what that gave.

        One process serves all acts: to start one for each look would keep a core busy while a test waits.
        """
        if self._person is None or self._person.poll() is not None:
            self._person = self._start_person()
        assert self._person.stdin is not None
        assert self._person.stdout is not None
        self._person.stdin.write(json.dumps(words) + "\n")
        self._person.stdin.flush()
        heard, _, _ = select.select([self._person.stdout], [], [], PATIENCE_S)
        assert heard, f"no answer to {words} in {PATIENCE_S:.0f} s"
        told = json.loads(self._person.stdout.readline())
        assert "failed" not in told, told["failed"]
        return told["answer"]

    def _start_person(self) -> subprocess.Popen[str]:
        with (self.folder.parent / "hand.txt").open("a", encoding="utf-8") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "tests.whole.hand"],
                cwd=HOME,
                env=self.variables,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )

    def stop(self) -> int:
        """Ask it to stop as Ctrl-C does, and say how it ended."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(START_S)

    def clear(self) -> None:
        """Whatever happened, nothing of this house runs on."""
        self._share_ready_clips()
        for one in (self._person, self.process):
            if one is not None and one.poll() is None:
                one.kill()
                one.wait()
        self._person = None
        for process in self.everyone():
            # Each takes some of the others with it.
            with suppress(psutil.NoSuchProcess):
                process.kill()
