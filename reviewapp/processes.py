"""The processes of one machine: start them, restart what ends, stop them in order and leave no orphan."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import IO

from reviewapp.lifeline import stop_with_parent

LOG_BYTES, LOG_FILES = 5_000_000, 2
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0
# A process that lived this long has not failed to start.
SETTLED_S = 30.0
DOUBT_S, STALE_GRACE_S = 5.0, 5.0
# A line of our text format: date, time, level. Words in the middle of a sentence are no trouble.
_TROUBLE = re.compile(r"^\S+ \S+ (WARNING|ERROR|CRITICAL)\b")

Say = Callable[[str], None]


def trouble_in(line: str) -> str:
    """What a person should see of one line of a log, in either format; empty where nothing is wrong."""
    if not line.startswith("{"):
        return line[:300] if _TROUBLE.search(line) else ""
    try:
        told = json.loads(line)
    except ValueError:
        return ""
    if told.get("level") not in {"WARNING", "ERROR", "CRITICAL"}:
        return ""
    about = told.get("candidate") or told.get("request_id") or ""
    return f"{told['level']} {about}: {told.get('message', '')}".replace(" :", ":")[:300]


@dataclass(frozen=True)
class Service:
    """One process to keep running. `heartbeat` is the kind of its signs of life; `port` is only told to
    others.

    `grace_s` is how long it may take to stop: a paid call that is under way should be answered first.
    """

    name: str
    command: Sequence[str]
    port: int | None = None
    heartbeat: str = ""
    grace_s: float = 20.0
    environment: Mapping[str, str] = field(default_factory=dict)
    stops_last: bool = False


@dataclass
class Child:
    """One running (or waiting to be restarted) service, in a process group of its own."""

    service: Service
    process: subprocess.Popen[str] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    failures: int = 0
    stale_since: float | None = None

    @property
    def age_s(self) -> float:
        return time.monotonic() - self.started_at

    def kill_group(self) -> None:
        """End whatever is left of it: workers of a cluster that was killed would go on without a guard."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@dataclass
class Supervisor:
    """Keeps services running until it is told to stop. `is_stale` says of a kind of heartbeat and a process
    number whether the last one is too old.
    """

    services: Sequence[Service]
    log_dir: Path
    state_file: Path
    say: Say
    is_stale: Callable[[str, int], bool]
    environment: dict[str, str] = field(default_factory=dict)
    stale_after_s: float = 15.0
    _children: list[Child] = field(default_factory=list)
    _told: int = 0
    _looked_at: float = 0.0

    def run(self) -> None:
        """Start everything and watch over it; returns when SIGTERM or SIGINT came and all is stopped."""
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, self._hear)
        self._children = [Child(service) for service in self.services]
        try:
            while not self._told:
                for child in self._children:
                    self._tend(child)
                self._restart_stale()
                time.sleep(0.2)
        finally:
            self._stop()

    def _hear(self, number: int, frame: object) -> None:
        self._told += 1

    def _tend(self, child: Child) -> None:
        if child.process is None:
            if time.monotonic() >= child.start_at:
                self._start(child)
        elif (code := child.process.poll()) is not None:
            self._bury(child, f"ended ({_how(code)})")

    def _start(self, child: Child) -> None:
        child.process = subprocess.Popen(  # noqa: S603  Our own commands, written down in the code.
            child.service.command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, **self.environment, **child.service.environment},
            start_new_session=True,
            preexec_fn=stop_with_parent,
        )
        child.started_at = time.monotonic()
        assert child.process.stdout is not None  # noqa: S101  A pipe was asked for above.
        log = (child.service.name, child.process.stdout)
        threading.Thread(target=self._keep_log, args=log, daemon=True).start()
        self._write_state()

    def _bury(self, child: Child, why: str) -> None:
        """Clear a dead process away and set the time of its restart, later after each failure in a row."""
        child.failures = 0 if child.age_s > SETTLED_S else child.failures + 1
        wait_s = min(LONGEST_WAIT_S, SHORTEST_WAIT_S * 2 ** max(0, child.failures - 1))
        child.kill_group()
        child.process, child.start_at, child.stale_since = None, time.monotonic() + wait_s, None
        self.say(
            f"{child.service.name} {why}; starting it again. Its log: {self._log_path(child.service.name)}"
        )

    def _restart_stale(self) -> None:
        """End a process that runs and does nothing, not even looking after itself."""
        if time.monotonic() - self._looked_at < 2.0:
            return
        self._looked_at = time.monotonic()
        for child in self._children:
            if not self._gives_no_sign(child):
                child.stale_since = None
            elif child.stale_since is None:
                # The whole machine may have stood still: whoever lives gives its sign at once.
                child.stale_since = time.monotonic()
            elif time.monotonic() - child.stale_since > DOUBT_S:
                self._end([child], grace_s=STALE_GRACE_S)
                self._bury(child, "gave no sign of life")

    def _gives_no_sign(self, child: Child) -> bool:
        beat = child.service.heartbeat
        settled = child.process and beat and child.age_s > self.stale_after_s
        return bool(settled and child.process and self.is_stale(beat, child.process.pid))

    def _stop(self) -> None:
        """Stop in two steps, so that a call on its way to the sandbox still finds it there."""
        for last in (False, True):
            self._end([child for child in self._children if child.service.stops_last == last])
        self.state_file.unlink(missing_ok=True)

    def _end(self, children: Sequence[Child], grace_s: float | None = None) -> None:
        """SIGTERM to the main processes, a bounded wait, SIGKILL to the groups. A second Ctrl-C ends the
        wait.
        """
        began, told = time.monotonic(), self._told
        running = [child for child in children if child.process is not None]
        for child in running:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        for child in running:
            while child.process is not None and child.process.poll() is None:
                patience_s = child.service.grace_s if grace_s is None else grace_s
                if time.monotonic() - began > patience_s or self._told > max(1, told):
                    self.say(f"{child.service.name} did not stop in time and is ended.")
                    break
                time.sleep(0.05)
            child.kill_group()

    def _write_state(self) -> None:
        rows: dict[str, dict[str, int | None]] = {"up": {"pid": os.getpid(), "port": None}}
        for child in self._children:
            if child.process is not None:
                rows[child.service.name] = {"pid": child.process.pid, "port": child.service.port}
        fresh = self.state_file.with_suffix(".new")
        fresh.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        fresh.replace(self.state_file)

    def _log_path(self, name: str) -> Path:
        return self.log_dir / f"{name}.log"

    def _keep_log(self, name: str, output: IO[str]) -> None:
        """Write what a process says to its log file, and its warnings to the console as well."""
        handler = RotatingFileHandler(
            self._log_path(name), maxBytes=LOG_BYTES, backupCount=LOG_FILES, encoding="utf-8"
        )
        with output, closing(handler):
            for text in output:
                said = text.rstrip("\n")
                handler.emit(logging.LogRecord(name, logging.INFO, "", 0, said, None, None))
                if trouble := trouble_in(said):
                    self.say(f"{name}: {trouble}")


def _how(code: int) -> str:
    return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def manage(*words: str) -> list[str]:
    """The command line of one of our own management commands."""
    return [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py"), *words]
