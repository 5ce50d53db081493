"""The figures for Prometheus, computed from the rows when they are asked for.

No process counts for itself: whichever web process answers, on whichever machine, says the same. Tables that
only grow are counted once by each process, and then only their new rows.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, Generic, TypeVar

import psutil
from django.db import connection
from django.db.models import Count, Max, Model, Sum
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from reviewapp import health, identity, ledger
from reviewapp.health import Part, State
from reviewapp.models import Candidate, LedgerEntry, ProviderKey, Status, Transition
from reviewapp.models.candidates import MACHINE, SETTLED

# A row with a low number may commit after one with a higher; older ones surely have.
SETTLED_AFTER: Final = timedelta(minutes=2)
# Proving the ledger reads all of it.
LEDGER_PROVED_EVERY_S: Final = 900.0
# Nearly all candidates of an old site are at rest, and counting them reads each.
AT_REST_COUNTED_EVERY_S: Final = 60.0

T = TypeVar("T")

# What became of a call, by where the row went.
_OUTCOMES: Final = {
    Status.GENERATING: "accepted",
    Status.QUEUED: "not_taken",
    Status.UNCERTAIN: "uncertain",
    Status.FAILED: "failed",
    Status.REFUSED: "refused",
}


@dataclass
class Tally:
    """Counts and sums of a table that only grows: what is old is counted once, what is new each time."""

    model: type[Model]
    by: tuple[str, ...]
    adds: str = ""
    _upto: int = 0
    _old: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def totals(self) -> Counter[tuple[Any, ...]]:
        with self._lock:
            rows = self.model._default_manager.order_by()
            old = rows.filter(pk__gt=self._upto, at__lt=timezone.now() - SETTLED_AFTER)
            upto = old.aggregate(Max("pk"))["pk__max"]
            if upto is not None:
                self._old += self._counted(rows.filter(pk__gt=self._upto, pk__lte=upto))
                self._upto = upto
            return self._old + self._counted(rows.filter(pk__gt=self._upto))

    def _counted(self, rows: Any) -> Counter[tuple[Any, ...]]:
        amount = Sum(self.adds) if self.adds else Count("pk")
        found = rows.values_list(*self.by).annotate(amount=amount)
        return Counter({tuple(row[:-1]): row[-1] for row in found if row[-1]})


@dataclass
class Kept(Generic[T]):
    """What is too dear for every scrape: worked out anew when it is older than so many seconds."""

    work: Callable[[], T]
    every_s: float
    _value: T | None = None
    _at: float = 0.0

    def value(self) -> T:
        if self._value is None or time.monotonic() - self._at >= self.every_s:
            self._value, self._at = self.work(), time.monotonic()
        return self._value


_moves = Tally(Transition, ("was", "became"))
_money = Tally(LedgerEntry, ("key__provider", "kind"), "amount")
_closed = Tally(LedgerEntry, ("key__provider",), "closes")
_at_rest = Kept(lambda: _counted(SETTLED), AT_REST_COUNTED_EVERY_S)
_proof = Kept(lambda: len(ledger.problems()), LEDGER_PROVED_EVERY_S)


class Figures(Collector):
    """Everything that is worth an alarm or a curve."""

    def collect(self) -> Iterator[Metric]:
        yield _build()
        found = health.parts()
        yield from _parts(found)
        yield from _processes(found)
        if found[0].state in {State.SILENT, State.MISSING}:
            return
        yield from _queues(found)
        yield from _candidates(found)
        yield from _payments()
        yield from _ledger()
        yield from _keys()


Samples = Iterable[tuple[list[str], float]]


def _gauge(name: str, words: str, labels: Iterable[str], samples: Samples) -> Metric:
    return _filled(GaugeMetricFamily(f"retake_{name}", words, labels=list(labels)), samples)


def _counter(name: str, words: str, labels: Iterable[str], samples: Samples) -> Metric:
    return _filled(CounterMetricFamily(f"retake_{name}", words, labels=list(labels)), samples)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: Samples) -> Metric:
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _build() -> Metric:
    try:
        ours = version("retake")
    except PackageNotFoundError:
        ours = "unpacked"
    labels = ["version", "django", "database"]
    values = [ours, version("django"), connection.vendor]
    return _gauge("build_info", "What runs here; always 1.", labels, [(values, 1)])


def _parts(found: list[Part]) -> Iterator[Metric]:
    worst = {part.name: 1 for part in found} | {part.name: 0 for part in found if not part.is_well}
    samples = [([name], float(well)) for name, well in worst.items()]
    yield _gauge("part_well", "1 where every part of this name is well.", ["part"], samples)
    bare = [
        ("storage", "free_bytes", "storage_free_bytes", "Room left where the clips are kept."),
        ("database", "seconds", "database_seconds", "How long the database took to answer nothing."),
        ("database log", "bytes", "database_log_bytes", "SQLite's write-ahead log."),
        ("database connections", "used", "database_connections", "PostgreSQL's connections in use."),
        ("line", "overdue_seconds", "overdue_seconds", "How long the oldest row is overdue."),
        ("line", "uncertain", "uncertain_calls", "Paid calls that wait for a person."),
        ("deliveries", "oldest_seconds", "deliveries_late_seconds", "How long the oldest delivery is due."),
    ]
    for name, figure, called, words in bare:
        for part in found:
            if part.name == name and figure in part.figures:
                yield _gauge(called, words, [], [([], part.figures[figure])])
    waits = [
        ([name.removeprefix("waiting:")], value)
        for part in found
        for name, value in part.figures.items()
        if part.name == "deliveries" and name.startswith("waiting:")
    ]
    yield _gauge("deliveries_due", "Mails, pushes and webhooks that are due.", ["what"], waits)


def _processes(found: list[Part]) -> Iterator[Metric]:
    alive = [part for part in found if part.host]
    labels = ["kind", "host", "pid"]

    def of(figure: str) -> list[tuple[list[str], float]]:
        return [
            ([part.name, part.host, f"{part.figures['pid']:.0f}"], part.figures[figure]) for part in alive
        ]

    words = "Seconds since the process gave a sign of life."
    yield _gauge("heartbeat_age_seconds", words, labels, of("heartbeat_age_seconds"))
    yield _gauge("process_start_time_seconds", "When it first gave one.", labels, of("up_since"))
    memory = [(who, told.rss) for who, told in _here(alive)]
    cpu = [(who, told.cpu) for who, told in _here(alive)]
    words = "Memory of the processes on the machine that answers, with what they started."
    yield _gauge("process_resident_bytes", words, labels, memory)
    yield _counter("process_cpu_seconds", "Their processor time.", labels, cpu)


@dataclass(frozen=True)
class _Use:
    rss: float
    cpu: float


def _here(alive: list[Part]) -> Iterator[tuple[list[str], _Use]]:
    """What the processes on this machine use; a cluster's workers count with it."""
    for part in alive:
        if part.host != identity.host():
            continue
        pid = int(part.figures["pid"])
        try:
            family = [psutil.Process(pid)]
            family += family[0].children(recursive=True) if part.name.startswith("cluster:") else []
            times = [process.cpu_times() for process in family]
            use = _Use(
                float(sum(process.memory_info().rss for process in family)),
                sum(told.user + told.system for told in times),
            )
        except psutil.Error:
            continue
        yield [part.name, part.host, str(pid)], use


def _queues(found: list[Part]) -> Iterator[Metric]:
    queues = [part for part in found if part.name.startswith("queue:")]
    for figure, called, words in (
        ("waiting", "queue_messages", "Messages that wait to be taken."),
        ("taken", "queue_taken", "Messages that a cluster has taken and not ended."),
        ("oldest_seconds", "queue_oldest_seconds", "How long the oldest message waits."),
        ("failed", "queue_failed_last_hour", "Messages that failed in the last hour."),
    ):
        samples = [([part.name.removeprefix("queue:")], part.figures[figure]) for part in queues]
        yield _gauge(called, words, ["queue"], samples)


def _candidates(found: list[Part]) -> Iterator[Metric]:
    counts = _counted(MACHINE) | _at_rest.value()
    samples = [([status, provider], float(count)) for (status, provider), count in counts.items()]
    words = "Candidates in each state; those at rest are counted once a minute."
    yield _gauge("candidates", words, ["status", "provider"], samples)


def _counted(statuses: Iterable[Status]) -> dict[tuple[str, str], int]:
    rows = Candidate.objects.filter(status__in=statuses).order_by().values_list("status", "provider")
    return {(status, provider): count for status, provider, count in rows.annotate(Count("pk"))}


def _payments() -> Iterator[Metric]:
    moves = _moves.totals()
    samples = [([was, became], float(count)) for (was, became), count in sorted(moves.items())]
    yield _counter("moves", "Moves of candidates.", ["was", "became"], samples)
    outcomes = [
        ([word], float(moves.get((Status.SUBMITTING, became), 0))) for became, word in _OUTCOMES.items()
    ]
    yield _counter("paid_calls", "What became of the paid calls.", ["outcome"], outcomes)


def _ledger() -> Iterator[Metric]:
    amounts, closed = _money.totals(), _closed.totals()
    kinds = LedgerEntry.Kind
    settled = [
        ([provider or "removed key"], float(amount))
        for (provider, kind), amount in amounts.items()
        if kind == kinds.SETTLED
    ]
    reserved = [
        ([provider or "removed key"], float(amount - closed.get((provider,), 0)))
        for (provider, kind), amount in amounts.items()
        if kind == kinds.RESERVED
    ]
    yield _counter("settled_usd", "US dollars charged.", ["provider"], settled)
    yield _gauge("reserved_usd", "US dollars reserved for open calls.", ["provider"], reserved)
    words = "Ways in which the ledger does not add up, looked for every quarter of an hour."
    yield _gauge("ledger_problems", words, [], [([], float(_proof.value()))])


def _keys() -> Iterator[Metric]:
    now = timezone.now()
    keys = list(ProviderKey.objects.filter(enabled=True).defer("credentials_encrypted"))
    providers = {key.provider for key in keys}
    paused = Counter(key.provider for key in keys if key.paused_reason)
    resting = Counter(key.provider for key in keys if key.rests(now))
    for called, words, count in (
        ("keys_paused", "Keys that stopped until a person acts.", paused),
        ("keys_resting", "Keys that rest for a while by themselves.", resting),
    ):
        yield _gauge(called, words, ["provider"], [([name], float(count[name])) for name in providers])


def exposition(accept: str) -> tuple[bytes, str]:
    """All figures in the form that the asker reads, with its content type."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures())
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type
