"""The storm itself: who is killed, frozen or cut off, and when. It ends, and then everything must be well."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from tests.chaos.faults import Weather
from tests.patience import PATIENCE_S, wait_for
from tests.whole.acts import control, sandbox_answers
from tests.whole.house import HOME, House

# A short lease of paid calls, so that what a kill leaves behind comes back within seconds. Those of downloads
# and checks give a busy machine its time: what a dead worker held is taken over without waiting for them.
QUICK = {
    "RETAKE_DEMO": "1",
    "RETAKE_SUBMIT_TIMEOUT_S": "5",
    "RETAKE_SUBMIT_LEASE_S": "8",
    "RETAKE_REQUEUE_S": "2",
    "RETAKE_INGEST_LEASE_S": "60",
    "RETAKE_CHECK_LEASE_S": "90",
    "RETAKE_POLL_SECONDS": "0.4",
    "RETAKE_SANDBOX_SECONDS": "0.2",
    "RETAKE_SANDBOX_CAPACITY": "8",
}
# A second machine has no `up`: its processes run alone and are started again by whoever watches over them.
SECOND_HOST = (("cluster", "submit"), ("cluster", "media"), ("cluster", "notify"), ("watch",))
MACHINE = {"held", "queued", "submitting", "generating", "ingesting", "checking", "uncertain"}


@dataclass
class Outcome:
    """What was survived, and the proof."""

    hits: Counter[str]
    faults: Counter[str]
    did: Counter[str]
    proof: dict[str, Any]
    seconds: float

    @property
    def well(self) -> bool:
        told = self.proof
        return not (told["wrong"] or told["stuck"] or told["ledger"] or told["files"])

    def __str__(self) -> str:
        told = self.proof
        lines = [
            f"{sum(self.hits.values())} kills and cuts: {_listed(self.hits)}",
            f"{sum(self.faults.values())} faults at the vendors: {_listed(self.faults)}",
            f"people: {_listed(self.did)}",
            f"{told['candidates']} candidates; {told['paid calls']} paid calls, {told['calls meant']} meant",
            f"ended as: {_listed(Counter(told['statuses']))}",
            f"ledger: {told['lines settled']} settled, {len(told['ledger'])} problems; "
            f"{told['approved']} approved files, {len(told['files'])} of them wrong; "
            f"{len(told['stuck'])} rows stuck; {self.seconds:.0f} s",
        ]
        lines += [f"WRONG {words}" for kind in ("wrong", "stuck", "ledger", "files") for words in told[kind]]
        return "\n".join(lines)


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counted.most_common())


@dataclass
class Storm:
    """One house, a second host on the same rows, people at work, and the dice that decide what is hit."""

    house: House
    seed: int
    second_host: bool = True
    hits: Counter[str] = field(default_factory=Counter)
    _others: dict[tuple[str, ...], subprocess.Popen[bytes]] = field(default_factory=dict)
    _crew: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.weather = Weather(f"http://127.0.0.1:{self.house.sandbox_port}", self.seed)
        self.told = self.house.folder.parent / "crew.json"

    def run(self, shots: int, hits: int, calm_s: float) -> Outcome:
        """Order the shots, hit so often, let it become calm for at most `calm_s`, and prove."""
        began = time.monotonic()
        self.house.start()
        try:
            wait_for("the sandbox", lambda: sandbox_answers(self.house))
            control(self.house, "POST", "settings", {"instant": True})
            self._act("order", str(shots))
            self._start_crew()
            self._rage(hits)
            self._calm_down(calm_s)
            proof = self._act("proof")
            did = Counter(self._crew_says()["did"])
        finally:
            self.clear()
        return Outcome(self.hits, self.weather.struck, did, proof, time.monotonic() - began)

    def clear(self) -> None:
        """Whatever happened, nothing of it runs on."""
        for process in (self._crew, *self._others.values()):
            if process is not None:
                process.kill()
                process.wait()
        self.house.clear()

    # --- people ---

    def _act(self, *words: str) -> Any:
        done = self._crew_process(*words, output=subprocess.PIPE).communicate(timeout=2 * PATIENCE_S)[0]
        return json.loads(done)

    def _start_crew(self) -> None:
        self.told.write_text('{"rows": {}, "did": {}, "at": 0}', encoding="utf-8")
        self._crew = self._crew_process("work", str(self.told), str(self.seed))

    def _crew_process(self, *words: str, output: int | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.chaos.crew", *words]
        return subprocess.Popen(command, cwd=HOME, env=self.house.variables, stdout=output)

    def _crew_says(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.told.read_text(encoding="utf-8"))
        return said

    # --- the storm ---

    def _rage(self, hits: int) -> None:
        while sum(self.hits.values()) < hits:
            self._tend()
            time.sleep(self.dice.uniform(0.2, 1.5))
            self._hit()

    def _tend(self) -> None:
        """Keep what no supervisor keeps: the second host, the faults, and the crew."""
        with suppress(httpx.HTTPError, ValueError):
            self.weather.look()
        if self.second_host:
            for words in SECOND_HOST:
                running = self._others.get(words)
                if running is None or running.poll() is not None:
                    self._others[words] = self._start(words)
        if self._crew is not None and self._crew.poll() is not None:
            self._start_crew()

    def _start(self, words: tuple[str, ...]) -> subprocess.Popen[bytes]:
        log = (self.house.folder.parent / f"second-{'-'.join(words)}.txt").open("ab")
        with log:
            return subprocess.Popen(
                [sys.executable, "manage.py", *words],
                cwd=HOME,
                env=self.house.variables | {"RETAKE_HOST_NAME": "second"},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _hit(self) -> None:
        blows: list[tuple[int, Callable[[], str]]] = [
            (3, lambda: self._kill_main("web")),
            (4, lambda: self._kill_main("submit")),
            (4, lambda: self._kill_main("media")),
            (1, lambda: self._kill_main("notify")),
            (4, lambda: self._kill_main("watch")),
            (3, lambda: self._kill_main("sandbox")),
            (5, lambda: self._kill_below("submit")),
            (5, lambda: self._kill_below("media")),
            (3, lambda: self._kill_main("submit", signal.SIGTERM)),
            (2, lambda: self._kill_main("watch", signal.SIGTERM)),
            (4, self._kill_second),
            (4, self._freeze),
            (4, self._cut_database),
            (1, self._kill_house),
        ]
        weights = [weight for weight, _ in blows]
        [(_, blow)] = self.dice.choices(blows, weights)
        with suppress(psutil.Error, ProcessLookupError):
            name = blow()
            if name:
                self.hits[name] += 1

    def _pid(self, name: str) -> int | None:
        return self.house.pids().get(name)

    def _kill_main(self, name: str, how: signal.Signals = signal.SIGKILL) -> str:
        pid = self._pid(name)
        if pid is None:
            return ""
        os.kill(pid, how)
        return name if how == signal.SIGKILL else f"{name} (SIGTERM)"

    def _kill_below(self, name: str) -> str:
        pid = self._pid(name)
        below = psutil.Process(pid).children(recursive=True) if pid else []
        if not below:
            return ""
        self.dice.choice(below).kill()
        return f"a process of {name}"

    def _kill_second(self) -> str:
        if not self._others:
            return ""
        words = self.dice.choice(list(self._others))
        os.killpg(self._others[words].pid, signal.SIGKILL)
        self._others[words].wait()
        return f"the second host's {words[-1]}"

    def _freeze(self) -> str:
        """Stop a process for longer or shorter than its lease, and let it wake up late."""
        name = self.dice.choice(["submit", "media", "watch"])
        pid = self._pid(name)
        if pid is None:
            return ""
        frozen = self.dice.choice([psutil.Process(pid), *psutil.Process(pid).children(recursive=True)])
        frozen.suspend()
        threading.Timer(self.dice.uniform(2.0, 14.0), lambda: _wake(frozen)).start()
        return f"a process of {name}, frozen"

    def _cut_database(self) -> str:
        url = self.house.variables.get("DATABASE_URL", "")
        if not url:
            seconds = self.dice.uniform(1.0, 4.0)
            threading.Thread(
                target=_hold_sqlite, args=(self.house.folder / "retake.sqlite3", seconds)
            ).start()
            return "the database's write lock, held"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        return "every database connection"

    def _kill_house(self) -> str:
        """The whole first machine goes at once and comes back."""
        for process in self.house.everyone():
            if process.pid not in self._spared():
                with suppress(psutil.Error):
                    process.kill()
        assert self.house.process is not None
        self.house.process.wait()
        self.house.start()
        return "the whole first host"

    def _spared(self) -> set[int]:
        """The people are not machines, and the second host is another machine."""
        spared = {self._crew.pid} if self._crew else set()
        for process in self._others.values():
            with suppress(psutil.Error):
                spared |= {process.pid, *(one.pid for one in psutil.Process(process.pid).children(True))}
        return spared

    # --- and after it ---

    def _calm_down(self, seconds: float) -> None:
        """No more blows and faults: everything must come to rest by itself and with the people's help."""
        ends, quiet = time.monotonic() + seconds, 0
        cleared = False
        while quiet < 3:
            self._tend()
            if not cleared:
                with suppress(httpx.HTTPError, ValueError):
                    self.weather.clear()
                    cleared = True
            said = self._crew_says()
            fresh = time.time() - said["at"] < 10 and bool(said["rows"])
            left = {status for status in said["rows"] if status in MACHINE or status == "in_review"}
            quiet = quiet + 1 if fresh and cleared and not left else 0
            if time.monotonic() > ends:
                return
            time.sleep(1)


def _wake(process: psutil.Process) -> None:
    with suppress(psutil.Error):
        process.resume()


def _hold_sqlite(path: Path, seconds: float) -> None:
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=20)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        time.sleep(seconds)
        connection.rollback()
