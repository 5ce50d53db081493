"""The watcher's figures: jobs in flight in one process, polls per job, and the time after a kill.

`python -m tests.bench flight flight-paced pace takeover` measures them on SQLite. `python -m
tests.bench.watching ROW [COUNT...] [--postgres]` takes some, also on PostgreSQL. The watcher is `manage.py
watch` on real rows; the vendor is a process of its own (tests/bench/vendor.py). What is said of lateness is
what that process saw, but for `flight-paced`, where the watcher says how late it claimed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.bench.stage import Figure
from tests.ports import free_port
from tests.postgres import postgres

ROOT = Path(__file__).resolve().parents[2]
FIXED_S = 5.0
WARM_S, MEASURED_S = 12.0, 20.0
PACED_S = 120.0
FLIGHTS = [500, 2000, 10_000]
Asked = dict[str, list[tuple[float, float]]]


@dataclass
class House:
    """A vendor, and a database with rows of jobs that run there."""

    folder: Path
    database: str
    port: int = field(default_factory=free_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self, *command: str, **settings: str) -> subprocess.Popen[bytes]:
        own = {
            "RETAKE_DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database,
            "RETAKE_LOG_LEVEL": "ERROR",
        }
        own |= {"RETAKE_PRIVATE_HOSTS": f"127.0.0.1:{self.port}"}
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=os.environ | own | settings)

    def watcher(self, every_s: float) -> subprocess.Popen[bytes]:
        return self.start("manage.py", "watch", RETAKE_POLL_SECONDS=str(every_s))

    def jobs(self, **told: object) -> None:
        httpx.post(f"{self.url}/_jobs", json=told, timeout=30).raise_for_status()

    def asked(self) -> Asked:
        told: Asked = httpx.get(f"{self.url}/_asked", timeout=60).json()
        return told

    def rows(self, count: int, spread_s: float, seconds: Sequence[float] = ()) -> None:
        """Write GENERATING rows that are due within `spread_s`; `seconds` are what was learned before."""
        order = json.dumps({"count": count, "spread_s": spread_s, "seconds": list(seconds), "url": self.url})
        assert self.start("-m", "tests.bench.watching", "rows", order).wait() == 0


@contextmanager
def house(on_postgres: bool = False) -> Iterator[House]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="retake-watching-")))
        url = stack.enter_context(postgres()) if on_postgres else f"sqlite:///{folder / 'retake.sqlite3'}"
        here = House(folder, url)
        assert here.start("manage.py", "migrate", "-v", "0").wait() == 0
        vendor = here.start("-m", "tests.bench.vendor", str(here.port))
        stack.callback(vendor.wait)
        stack.callback(vendor.terminate)
        _until_answers(here)
        yield here


def _until_answers(here: House) -> None:
    for _ in range(100):
        try:
            httpx.get(f"{here.url}/_asked")
            return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise SystemExit("the vendor does not answer")


@dataclass
class Load:
    """What a process has cost and reached in a window of seconds."""

    polls_a_second: float
    lateness: list[float]
    cpu: float
    rss: int
    pss: int

    def words(self) -> str:
        late = sorted(self.lateness) or [float("nan")]
        p50, p95, p99 = (late[min(len(late) - 1, int(share * len(late)))] for share in (0.5, 0.95, 0.99))
        late_words = f"late {1000 * p50:.0f} / {1000 * p95:.0f} / {1000 * p99:.0f} ms (p50/95/99)"
        memory = f"{self.rss / 1e6:.0f} MB RSS, {self.pss / 1e6:.0f} MB PSS"
        return f"{self.polls_a_second:.0f} polls/s, {late_words}, {self.cpu:.0f} % of a core, {memory}"


def _measured(here: House, process: subprocess.Popen[bytes], warm_s: float) -> Load:
    time.sleep(warm_s)
    told = psutil.Process(process.pid)
    began, before = time.time(), sum(told.cpu_times()[:2])
    time.sleep(MEASURED_S)
    ended, spent = time.time(), sum(told.cpu_times()[:2]) - before
    memory = told.memory_full_info()
    lateness, polls = [], 0
    for calls in here.asked().values():
        polls += sum(began <= at < ended for at, _ in calls)
        pairs = list(pairwise(calls))
        lateness += [at - said - FIXED_S for (_, said), (at, _) in pairs if began <= at < ended and said]
        # A job that is not asked at all any more is late by as long as that lasts.
        if calls[-1][1] and ended - calls[-1][1] > 2 * FIXED_S:
            lateness.append(ended - calls[-1][1] - FIXED_S)
    seconds = ended - began
    return Load(polls / seconds, lateness, 100 * spent / seconds, memory.rss, memory.pss)


def in_flight(count: int, on_postgres: bool = False) -> Figure:
    """So many jobs, each asked about every 5 s by one watcher; beside it the vendors' example loop."""
    with house(on_postgres) as here:
        here.rows(count, FIXED_S)
        watcher = here.watcher(FIXED_S)
        try:
            load = _measured(here, watcher, WARM_S)
        finally:
            _end(watcher)
        here.jobs()
        loop = here.start("-m", "tests.bench.watching", "threads", str(count))
        try:
            beside = _measured(here, loop, WARM_S).words() if not on_postgres else "see SQLite"
        except psutil.Error:
            beside = "it ended by itself"
        finally:
            loop.kill()
            loop.wait()
    name = f"{count:,} jobs in flight, {'PostgreSQL' if on_postgres else 'SQLite'}: {load.words()}"
    return Figure(name, "s late", load.lateness or [float("nan")], f"one thread per job: {beside}")


def in_flight_paced(count: int, on_postgres: bool = False) -> Figure:
    """So many jobs of two minutes in all their phases, asked about as learned; of 10,000 some eighty end each
    second.
    """
    with house(on_postgres) as here:
        here.rows(count, 0, [random.gauss(PACED_S, 12) for _ in range(50)])
        began = time.time() + 10
        here.jobs(ends={f"job-{at}": began + ends for at, (_, ends) in enumerate(_phases(count))})
        assert here.start("-m", "tests.bench.watching", "spread", json.dumps({"at": began})).wait() == 0
        watcher = here.start("-m", "tests.bench.watching", "watch", str(here.folder / "late.json"))
        load = _measured(here, watcher, max(0.0, began - time.time()) + 4)
        _end(watcher)
        load.lateness = json.loads((here.folder / "late.json").read_text())
        left = count - sum(at < time.time() for at in (began + ends for _, ends in _phases(count)))
    where = "PostgreSQL" if on_postgres else "SQLite"
    name = f"{count:,} jobs paced, {where}, {left:,} of them left: {load.words()}"
    return Figure(name, "s late", load.lateness, f"every 5 s these would be {count / FIXED_S:.0f} polls/s")


def _phases(count: int) -> list[tuple[float, float]]:
    """For each job how many seconds ago it was accepted, and in how many it ends."""
    chance = random.Random(11)
    phases: list[tuple[float, float]] = []
    while len(phases) < count:
        ago, takes = chance.uniform(0, PACED_S), max(20.0, chance.gauss(PACED_S, 12))
        if takes > ago:
            phases.append((ago, takes - ago))
    return phases


def paced(jobs: int = 300, mean_s: float = 60.0, sd_s: float = 5.0) -> list[Figure]:
    """Polls of a job and the seconds from its end to the poll that finds it, after 50 clips were learned."""
    with ExitStack() as stack:
        houses = [stack.enter_context(house()) for _ in range(2)]
        took = [max(5.0, random.gauss(mean_s, sd_s)) for _ in range(jobs)]
        for here in houses:
            here.rows(jobs, 0, [random.gauss(mean_s, sd_s) for _ in range(50)])
        began = time.time()
        for here in houses:
            here.jobs(ends={f"job-{at}": began + 10 + seconds for at, seconds in enumerate(took)})
        order = json.dumps({"at": began + 10})
        for here, every_s in zip(houses, (0.0, FIXED_S), strict=True):
            begin = here.start("-m", "tests.bench.watching", "begin", order, RETAKE_POLL_SECONDS=str(every_s))
            assert begin.wait() == 0
        watchers = [here.watcher(every_s) for here, every_s in zip(houses, (0.0, FIXED_S), strict=True)]
        time.sleep(max(0.0, began + 10 + max(took) + 12 - time.time()))
        for watcher in watchers:
            _end(watcher)
        (polls, delays), (plain_polls, plain_delays) = (_found(here, began + 10, took) for here in houses)
    words = f"every 5 s: {statistics.mean(plain_polls):.2f}"
    late = f"every 5 s: {statistics.mean(plain_delays):.2f} s on average"
    return [
        Figure(
            f"polls per job of {mean_s:.0f} ± {sd_s:.0f} s: {statistics.mean(polls):.2f}", "", polls, words
        ),
        Figure(f"end → noticed: {statistics.mean(delays):.2f} s on average", "s", delays, late),
    ]


def _found(here: House, began: float, took: Sequence[float]) -> tuple[list[float], list[float]]:
    asked = here.asked()
    polls, delays = [], []
    for at, seconds in enumerate(took):
        calls = asked.get(f"job-{at}", [])
        late = [call - began - seconds for call, _ in calls if call >= began + seconds]
        polls.append(float(len(calls)))
        delays += late[:1]
    assert len(delays) == len(took), f"{len(took) - len(delays)} jobs were not found to have ended"
    return polls, delays


def taken_over(held: int = 200, on_postgres: bool = False) -> Figure:
    """SIGKILL to a watcher in the middle of its polls, until another has asked about the same jobs."""
    with house(on_postgres) as here:
        here.jobs(answer_s=25)
        here.rows(held, 0)
        first = here.watcher(FIXED_S)
        while len(here.asked()) < held:
            time.sleep(0.2)
        second = here.watcher(FIXED_S)
        time.sleep(4)
        first.send_signal(signal.SIGKILL)
        first.wait()
        killed, ends = time.time(), time.time() + 40
        while time.time() < ends and any(len(calls) < 2 for calls in here.asked().values()):
            time.sleep(0.3)
        waits = [calls[1][0] - killed for calls in here.asked().values() if len(calls) > 1]
        second.kill()
        second.wait()
    name = f"watcher killed → its {len(waits)} of {held} jobs asked about by another"
    return Figure(name, "s", waits, "a lease alone: up to 60 s")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(40)
    except subprocess.TimeoutExpired:
        process.kill()


# --- What runs in processes of its own ---


def _write_rows(order: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    from datetime import timedelta
    from decimal import Decimal

    from django.utils import timezone

    from reviewapp.models import Candidate, Pace, Project, PromptVersion, Shot, Status
    from reviewapp.models.projects import Author
    from tests.cast import sandbox_key

    told = json.loads(order)
    key = sandbox_key(told["url"], options={"poll_seconds": 2})
    project = Project.objects.create(slug="bench", name="Bench")
    shot = Shot.objects.create(
        project=project, code="SQ010_SH0010", position=10, prompt="A boat.", duration_s=5
    )
    per_version, now = 8, timezone.now()
    versions = PromptVersion.objects.bulk_create(
        PromptVersion(shot=shot, number=number + 1, text="A boat.", author_kind=Author.PERSON)
        for number in range(-(-told["count"] // per_version))
    )
    Candidate.objects.bulk_create(
        Candidate(
            shot=shot, version=versions[at // per_version], slot=at % per_version + 1,
            status=Status.GENERATING, provider="runway", provider_key=key, model="gen4.5", duration_s=5,
            width=1280, height=720, estimate_usd=Decimal("0.1"), provider_job_id=f"job-{at}",
            submitted_at=now, due_at=now + timedelta(seconds=10 + random.uniform(0, told["spread_s"])),
        )
        for at in range(told["count"])
    )  # fmt: skip
    if told["seconds"]:
        Pace.objects.create(provider="runway", model="gen4.5", seconds=told["seconds"])


def _begin_at(order: str) -> None:
    """Have all jobs accepted at one moment, each waiting for the first poll that its plan names."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    from datetime import UTC, datetime, timedelta

    from django.conf import settings

    from providers.contract import JobState, ProviderJob
    from reviewapp.line import paces
    from reviewapp.models import Candidate

    began = datetime.fromtimestamp(json.loads(order)["at"], UTC)
    row = Candidate.objects.all()[0]
    running = ProviderJob(id=row.provider_job_id, state=JobState.RUNNING, poll_after_s=2)
    first_s = settings.POLL_SECONDS or paces.first_delay(row, running)
    Candidate.objects.update(submitted_at=began, due_at=began + timedelta(seconds=first_s))


def _spread(order: str) -> None:
    """Have the jobs been accepted at their moments, each waiting for the next poll that its plan names."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    from datetime import UTC, datetime, timedelta

    from providers.contract import JobState, ProviderJob
    from reviewapp.line import paces
    from reviewapp.models import Candidate

    began = datetime.fromtimestamp(json.loads(order)["at"], UTC)
    rows = list(Candidate.objects.order_by("pk"))
    for row, (ago, _) in zip(rows, _phases(len(rows)), strict=True):
        row.submitted_at = began - timedelta(seconds=ago)
    running = ProviderJob(id="job", state=JobState.RUNNING, poll_after_s=2)
    waits = paces.delays([(row, running) for row in rows], began)
    for row, wait in zip(rows, waits, strict=True):
        row.due_at = began + timedelta(seconds=wait)
    Candidate.objects.bulk_update(rows, ["submitted_at", "due_at"], batch_size=500)


def _watch(told: str) -> None:
    """A watcher that also writes down how late it took each row."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    django.setup()
    from django.utils import timezone

    from jobs import watch
    from reviewapp import line
    from reviewapp.models import Candidate

    claim = line.claim_polls
    late: list[float] = []

    def claim_and_tell(*args: Any, **kwargs: Any) -> list[Candidate]:
        waiting = Candidate.objects.due().filter(worker="").values_list("pk", "due_at")
        due = {pk: due_at for pk, due_at in waiting if due_at is not None}
        taken: list[Candidate] = claim(*args, **kwargs)
        now = timezone.now()
        late.extend((now - due[row.pk]).total_seconds() for row in taken if row.pk in due)
        return taken

    line.claim_polls = claim_and_tell
    watch.main()
    Path(told).write_text(json.dumps(late))


def _threads(count: str) -> None:
    """The vendors' example, once for each job: ask, sleep five seconds, ask again."""
    import threading

    url = f"http://{os.environ['RETAKE_PRIVATE_HOSTS']}/v1/tasks/"
    client = httpx.Client(limits=httpx.Limits(max_connections=None), timeout=30)

    def follow(job: str) -> None:
        time.sleep(random.uniform(0, FIXED_S))
        while True:
            with suppress(httpx.HTTPError):
                client.get(url + job)
            time.sleep(FIXED_S)

    for at in range(int(count)):
        threading.Thread(target=follow, args=(f"job-{at}",), daemon=True).start()
    time.sleep(600)


INSIDE: dict[str, Callable[[str], None]] = {"rows": _write_rows, "begin": _begin_at, "threads": _threads}
INSIDE |= {"spread": _spread, "watch": _watch}


def flight() -> list[Figure]:
    return [in_flight(count) for count in FLIGHTS]


def flight_paced() -> list[Figure]:
    return [in_flight_paced(FLIGHTS[-1])]


def takeover() -> list[Figure]:
    return [taken_over()]


def main(words: Sequence[str]) -> None:
    if inside := INSIDE.get(words[0]):
        inside(words[1])
        return
    on_postgres = "--postgres" in words
    numbers = [int(word) for word in words if word.isdigit()] or FLIGHTS
    figures: list[Figure] = []
    if "flight" in words:
        figures += [in_flight(count, on_postgres) for count in numbers]
    if "flight-paced" in words:
        figures += [in_flight_paced(count, on_postgres) for count in numbers]
    if "takeover" in words:
        figures.append(taken_over(on_postgres=on_postgres))
    for figure in figures:
        print(f"{figure.name}: {figure.median:.3f} / {figure.p95:.3f} {figure.unit}; beside: {figure.beside}")


if __name__ == "__main__":
    main(sys.argv[1:])
