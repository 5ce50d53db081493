"""The proof that the money adds up, worked out by the database: nothing here grows with the ledger.

For every call, and so for every project, key and day, this must hold:
what was reserved = what is still open + what charges have closed + what releases have closed.
What was charged may differ from what was reserved; that difference is told and is no fault.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from itertools import chain, islice
from typing import Any, Final

from django.db.models import (
    Case,
    Count,
    DecimalField,
    Exists,
    F,
    FilteredRelation,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    When,
)
from django.db.models import Value as Fixed
from django.db.models.functions import Coalesce

from reviewapp import carry
from reviewapp.models import Candidate, LedgerEntry, Project, Status, Transition
from reviewapp.shotlist.writing import BOM, cell

Kind = LedgerEntry.Kind
CLOSING: Final = (Kind.SETTLED, Kind.RELEASED)
# Statuses in which the present attempt's reservation must be open, and those in which it must be closed.
OPEN: Final = (Status.SUBMITTING, Status.GENERATING, Status.UNCERTAIN)
MADE: Final = (
    Status.INGESTING, Status.CHECKING, Status.IN_REVIEW, Status.APPROVED, Status.REJECTED, Status.PASSED_OVER,
)  # fmt: skip
# So many faults are named; whoever has more has one cause.
MOST_NAMED: Final = 1000
CHUNK: Final = 2000
_USD: Final = DecimalField(max_digits=20, decimal_places=4)
_CODE: Final = ("candidate__shot__code", "candidate__version__number", "candidate__slot", "attempt")


# --- the sums ---


@dataclass(frozen=True)
class Sums:
    """US dollars of some calls. `settled` and `released` are the reservations that were closed so; `charged`
    is what the closing lines say was spent.
    """

    calls: int = 0
    open_calls: int = 0
    reserved: Decimal = Decimal(0)
    open: Decimal = Decimal(0)
    settled: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)

    @property
    def gap(self) -> Decimal:
        """What is missing in the identity; nothing, where the ledger adds up."""
        return self.reserved - self.open - self.settled - self.released

    @property
    def over(self) -> Decimal:
        """How much more was charged than had been estimated; below nothing where it was less."""
        return self.charged - self.settled


def _lines(project: Project | None) -> QuerySet[LedgerEntry]:
    lines = LedgerEntry.objects.order_by()
    return lines if project is None else lines.filter(project=project)


def _calls(project: Project | None) -> QuerySet[LedgerEntry]:
    """Every reservation, beside the line that closed it."""
    same_call = Q(candidate__ledger__attempt=F("attempt"), candidate__ledger__kind__in=CLOSING)
    closing = FilteredRelation("candidate__ledger", condition=same_call)
    return _lines(project).filter(kind=Kind.RESERVED).alias(closing=closing)


def _sum(field: str, **where: Any) -> Coalesce:
    return Coalesce(Sum(field, filter=Q(**where)), Fixed(Decimal(0)), output_field=_USD)


def _sums() -> dict[str, Any]:
    return {
        "calls": Count("pk"),
        "open_calls": Count("pk", filter=Q(closing__pk=None)),
        "reserved": _sum("amount"),
        "open": _sum("amount", closing__pk=None),
        "settled": _sum("closing__closes", closing__kind=Kind.SETTLED),
        "released": _sum("closing__closes", closing__kind=Kind.RELEASED),
        "charged": _sum("closing__amount", closing__kind=Kind.SETTLED),
    }


def sums(project: Project | None = None) -> Sums:
    """All calls together. Each part is added up by itself, so that the identity proves something."""
    return Sums(**_calls(project).aggregate(**_sums()))


def sums_by(part: str, project: Project | None = None) -> Iterator[tuple[str, Sums]]:
    """The same for each `project`, `key` or `day` (UTC, of the reservation), with its name."""
    name = {"project": "project__slug", "key": "key__name", "day": "day"}[part]
    rows = _calls(project).values(name).annotate(**_sums()).order_by(name)
    for row in rows.iterator(CHUNK):
        called = row.pop(name)
        yield ("removed key" if called is None else str(called)), Sums(**row)


# --- what does not add up ---


def problems(project: Project | None = None) -> list[str]:
    """Every way in which the ledger does not add up, by clip and attempt; an empty list is the proof."""
    found = chain(
        _wrong_calls(project),
        _without_reservation(project),
        _vanished(project),
        _strays(project),
        _totals(project),
    )
    if project is None:
        found = chain(found, carry.problems())
    return list(islice(found, MOST_NAMED))


def _name(row: dict[str, Any], prefix: str = "candidate__") -> str:
    code = f"{row[f'{prefix}shot__code']}_v{row[f'{prefix}version__number']:03d}_c{row[f'{prefix}slot']:02d}"
    return f"{code}, attempt {row['attempt']}"


@dataclass(frozen=True)
class _Fault:
    where: Q
    words: str


def _faults() -> list[_Fault]:
    """What may be wrong with the lines of one call, over the columns that `_wrong_calls` makes; the first
    that is found is told.
    """
    present = Q(candidate__status__in=OPEN, attempt=F("candidate__attempt"))
    # A clip that was made and paid for is fetched again by a poll.
    fetched = Q(candidate__status=Status.GENERATING, candidate__vendor_done_at__isnull=False)
    is_open, is_closed = Q(reservations=1, closings=0), Q(reservations=1, closings=1)
    keys = Q(reserving_key__isnull=False, closing_key__isnull=False)
    # A key that is removed leaves both lines.
    one_key = Q(reserving_key__isnull=True) ^ Q(closing_key__isnull=True)
    return [
        _Fault(Q(reservations__gt=1), "has {reservations} reservations"),
        _Fault(Q(closings__gt=1), "was closed {closings} times"),
        _Fault(Q(others__gt=0), "has a line of no known kind"),
        _Fault(Q(reservations=0), "was closed without a reservation"),
        _Fault(Q(odd__gt=0), "has a line with an amount that its kind cannot have"),
        _Fault(is_closed & ~Q(opened=F("closed")), "closes ${closed:.4f} of ${opened:.4f} reserved"),
        _Fault(Q(attempt__gt=F("candidate__attempt")), "has money and was never begun"),
        _Fault(is_open & ~present, "is over and its reservation of ${opened:.4f} is still open"),
        _Fault(is_closed & present & ~fetched, "is under way and its reservation is closed already"),
        _Fault(is_open & Q(reserving_key=None), "is under way and the key that pays for it is gone"),
        _Fault(
            is_closed & (one_key | (keys & ~Q(reserving_key=F("closing_key")))), "was closed on another key"
        ),
        _Fault(is_closed & ~Q(reserving_day=F("closing_day")), "was closed on another day's account"),
        _Fault(
            is_open & ~Q(opened=F("candidate__estimate_usd")),
            "has ${opened:.4f} reserved and costs another price",
        ),
    ]


def _wrong_calls(project: Project | None) -> Iterator[str]:
    """Calls whose lines do not fit each other or the clip's state, in one pass over all lines."""
    reserving, closing = Q(kind=Kind.RESERVED), Q(kind__in=CLOSING)
    odd = Q(amount__lt=0) | Q(closes__lt=0) | (reserving & ~Q(closes=0))
    faults = _faults()
    told = Case(
        *(When(fault.where, then=Fixed(number)) for number, fault in enumerate(faults)),
        output_field=IntegerField(),
    )
    calls = (
        _lines(project)
        .values(
            *_CODE,
            *(f"candidate__{name}" for name in ("status", "attempt", "vendor_done_at", "estimate_usd")),
        )
        .annotate(
            reservations=Count("pk", filter=reserving),
            closings=Count("pk", filter=closing),
            others=Count("pk", filter=~reserving & ~closing),
            odd=Count("pk", filter=odd | (Q(kind=Kind.RELEASED) & ~Q(amount=0))),
            opened=_sum("amount", kind=Kind.RESERVED),
            closed=_sum("closes", kind__in=CLOSING),
            reserving_key=Min("key", filter=reserving),
            closing_key=Min("key", filter=closing),
            reserving_day=Min("day", filter=reserving),
            closing_day=Min("day", filter=closing),
        )
        .annotate(fault=told)
    )
    for row in calls.filter(fault__isnull=False).iterator(CHUNK):
        yield f"{_name(row)}: {faults[row['fault']].words.format(**row)}"


def _without_reservation(project: Project | None) -> Iterator[str]:
    """Clips whose call is under way or was made, and nobody has set the money aside."""
    reserved = LedgerEntry.objects.filter(
        candidate=OuterRef("pk"), attempt=OuterRef("attempt"), kind=Kind.RESERVED
    )
    rows = Candidate.objects.order_by().filter(Q(status__in=OPEN + MADE) | ~Q(provider_job_id=""))
    if project is not None:
        rows = rows.filter(shot__project=project)
    columns = [name.removeprefix("candidate__") for name in _CODE]
    lost = rows.filter(~Exists(reserved)).values(*columns, "status", "provider_job_id")
    for row in lost.iterator(CHUNK):
        what = "has a job at the provider" if row["provider_job_id"] else f"is {row['status']}"
        yield f"{_name(row, '')}: {what} and no money was reserved for it"


def _vanished(project: Project | None) -> Iterator[str]:
    """Clips that were sent more often than money was reserved for them: lines of a call are gone."""
    mine = {"candidate": OuterRef("pk")}
    sent = Transition.objects.order_by().filter(became=Status.SUBMITTING, **mine).values("candidate")
    reserved = LedgerEntry.objects.order_by().filter(kind=Kind.RESERVED, **mine).values("candidate")
    rows = Candidate.objects.order_by().filter(attempt__gt=1)
    if project is not None:
        rows = rows.filter(shot__project=project)
    columns = [name.removeprefix("candidate__") for name in _CODE]
    counted = rows.annotate(sent=_count(sent), reserved=_count(reserved)).filter(sent__gt=F("reserved"))
    for row in counted.values(*columns, "sent", "reserved").iterator(CHUNK):
        times = f"was sent {row['sent']} times, and money was reserved {row['reserved']} times"
        yield f"{_name(row, '')}: {times}"


def _count(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows.annotate(count=Count("pk")).values("count")), Fixed(0))


def _strays(project: Project | None) -> Iterator[str]:
    """Lines that stand in the wrong book, or whose clip is gone."""
    there = Candidate.objects.filter(pk=OuterRef("candidate_id"))
    at_home = there.filter(shot=OuterRef("shot_id"), shot__project=OuterRef("project_id"))
    lines = _lines(project).filter(~Exists(at_home)).annotate(has_clip=Exists(there))
    for pk, has_clip in lines.values_list("pk", "has_clip").iterator(CHUNK):
        wrong = (
            "belongs to a clip of another shot or project" if has_clip else "belongs to a clip that is gone"
        )
        yield f"ledger line {pk}: belongs to {wrong}"


def _totals(project: Project | None) -> Iterator[str]:
    gap = sums(project).gap
    if gap:
        yield f"the sums are ${gap:.4f} apart"


@dataclass(frozen=True)
class Proof:
    """The sums and what is wrong with them."""

    sums: Sums
    problems: list[str]

    @property
    def adds_up(self) -> bool:
        return not self.problems

    @property
    def sentence(self) -> str:
        """The identity in numbers, and the verdict."""
        all_ = self.sums
        told = (
            f"${all_.reserved:,.2f} reserved for {all_.calls:,} calls = ${all_.open:,.2f} still open "
            f"+ ${all_.settled:,.2f} closed by charges + ${all_.released:,.2f} released."
        )
        if self.adds_up:
            return f"{told} It adds up: every call has one reservation and no more than one closing."
        many = "1 thing does" if len(self.problems) == 1 else f"{len(self.problems):,} things do"
        return f"{told} It does not add up: {many} not fit."

    @property
    def difference(self) -> str:
        """What the charges came to, beside the estimates that they closed."""
        over = self.sums.over
        told = f"${self.sums.charged:,.2f} was charged"
        if not over:
            return f"{told}, as estimated."
        return f"{told}, ${abs(over):,.2f} {'more' if over > 0 else 'less'} than estimated."


def prove(project: Project | None = None) -> Proof:
    """Look at every line of a project, or of the whole site."""
    return Proof(sums(project), problems(project))


# --- the lines themselves ---

HEADER: Final = (
    "at (UTC)", "day", "project", "shot", "clip", "attempt", "kind", "amount in USD", "closes in USD", "key",
    "why",
)  # fmt: skip


def lines(where: Q, before: int | None = None) -> QuerySet[LedgerEntry]:
    """Lines, the newest first; `before` is the number of the line after which to go on."""
    found = LedgerEntry.objects.filter(where).select_related("project", "shot", "candidate__version", "key")
    if before is not None:
        found = found.filter(pk__lt=before)
    return found.order_by("-pk")


def page(where: Q, before: int | None, most: int) -> tuple[list[LedgerEntry], int | None]:
    """One page of lines and where the next one goes on; None where this was the last. Costs the same
    however many lines there are.
    """
    found = list(lines(where, before)[: most + 1])
    for entry in found:
        entry.candidate.shot = entry.shot
    return found[:most], found[most - 1].pk if len(found) > most else None


def csv_lines(where: Q) -> Iterator[str]:
    """The lines as CSV, one at a time, with cells that a spreadsheet would run guarded."""
    yield BOM + _row(HEADER)
    for entry in lines(where).iterator(CHUNK):
        entry.candidate.shot = entry.shot
        told = (
            entry.at.astimezone(UTC).isoformat(timespec="seconds"), entry.day.isoformat(),
            entry.project.slug, entry.shot.code, entry.candidate.code, str(entry.attempt), entry.kind,
            f"{entry.amount:.4f}", f"{entry.closes:.4f}", entry.key.name if entry.key else "removed key",
            entry.why,
        )  # fmt: skip
        yield _row(tuple(map(cell, told)))


def _row(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
