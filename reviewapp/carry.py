"""What the ledger's older lines add up to, carried forward so that a budget is checked in the same time on
the last day of a long production as on its first.

The lines are the truth and are never changed; a reader adds the lines after `until` to what is carried. Both
come from the same rows, so it does not matter when somebody else carries on in between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import Case, DecimalField, F, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from reviewapp.models import LedgerCarry, LedgerEntry
from reviewapp.models.money import utc_day

OWNERS: Final = ("project", "key")
EVERYBODY: Final = "*"
# A transaction may commit a line after one with a higher number. None is open for so long.
LATEST_COMMIT: Final = timedelta(minutes=15)
# Fewer are added up as quickly as carried; more at once would keep SQLite's other writers waiting.
FEWEST, MOST = 1_000, 20_000
_SMALLEST: Final = Decimal("0.0001")
_USD: Final = DecimalField(max_digits=16, decimal_places=4)
_ZERO: Final = Decimal(0)
Kind = LedgerEntry.Kind
# What a line adds to what is reserved: a reservation its amount, its closing line takes it away again.
OPEN: Final = Case(When(kind=Kind.RESERVED, then=F("amount")), default=-F("closes"))


@dataclass(frozen=True)
class Part:
    """US dollars: charged, and reserved for calls that are still open."""

    spent: Decimal = _ZERO
    open: Decimal = _ZERO


@dataclass(frozen=True)
class Carried:
    """The sums of the lines up to number `until`, by owner: of all of them, and of today's."""

    until: int = 0
    whole: Mapping[int, Part] = field(default_factory=dict)
    today: Mapping[int, Part] = field(default_factory=dict)


NOTHING: Final = Carried()


def exact(amount: Decimal | None) -> Decimal:
    """SQLite adds up in floating point; what it gives is right to far more places than money has."""
    return (amount or _ZERO).quantize(_SMALLEST)


def total(name: str, where: Q | None = None) -> Coalesce:
    """The sum of a column of money; nothing where there are no lines."""
    return Coalesce(Sum(name, filter=where), Value(_ZERO), output_field=_USD)


def _mark(owner: str, number: object, day: object = "") -> str:
    return f"{owner}:{number}:{day}" if day else f"{owner}:{number}"


def read(owner: str, numbers: Collection[int]) -> Carried:
    """What is carried for these projects or keys, in one query: what it says is of one moment."""
    today = utc_day()
    whole = {_mark(owner, number): number for number in numbers}
    days = {_mark(owner, number, today): number for number in numbers}
    rows = {row.mark: row for row in LedgerCarry.objects.filter(mark__in=[EVERYBODY, *whole, *days])}
    if EVERYBODY not in rows:
        return NOTHING
    parts = {mark: Part(row.spent, row.open) for mark, row in rows.items()}
    return Carried(
        rows[EVERYBODY].until,
        {number: parts[mark] for mark, number in whole.items() if mark in parts},
        {number: parts[mark] for mark, number in days.items() if mark in parts},
    )


def advance() -> int:
    """Carry the lines on that are old enough for none to be missing among them; how many there were.

    Several may do so at once: they stand in line at the row of everybody.
    """
    LedgerCarry.objects.get_or_create(mark=EVERYBODY)
    with transaction.atomic():
        was = LedgerCarry.objects.select_for_update().get(mark=EVERYBODY).until
        until = _furthest(was)
        lines = LedgerEntry.objects.filter(pk__gt=was, pk__lte=until).order_by()
        found = lines.count() if until > was else 0
        if found < FEWEST:
            return 0
        for owner in OWNERS:
            for row in _sums(lines.exclude(**{owner: None}), owner):
                _add(_mark(owner, row[owner]), row)
            for row in _sums(lines.exclude(**{owner: None}), owner, "day"):
                _add(_mark(owner, row[owner], row["day"]), row)
        LedgerCarry.objects.update(until=until)
    _forget_days()
    return found


def _furthest(was: int) -> int:
    """Up to which number the lines are surely all there."""
    later = LedgerEntry.objects.filter(pk__gt=was)
    young = later.filter(at__gte=timezone.now() - LATEST_COMMIT).aggregate(first=Min("pk"))["first"]
    old = later if young is None else later.filter(pk__lt=young)
    last = list(old.order_by("pk").values_list("pk", flat=True)[:MOST])
    return last[-1] if last else was


def _sums(lines: QuerySet[LedgerEntry], *by: str) -> Iterable[dict[str, Any]]:
    groups = lines.annotate(opened=OPEN).values(*by)
    found: Iterable[dict[str, Any]] = groups.annotate(
        spent=total("amount", Q(kind=Kind.SETTLED)), open=total("opened")
    )
    return found


def _add(mark: str, row: Mapping[str, Any]) -> None:
    spent, opened = exact(row["spent"]), exact(row["open"])
    known = LedgerCarry.objects.filter(mark=mark)
    if not known.update(spent=F("spent") + spent, open=F("open") + opened):
        LedgerCarry.objects.create(mark=mark, spent=spent, open=opened)


def _forget_days() -> None:
    """Only today's sums are ever asked for; yesterday's stay for clocks that differ."""
    kept = Q()
    for back in (0, 1):
        kept |= Q(mark__endswith=f":{utc_day() - timedelta(days=back)}")
    LedgerCarry.objects.filter(mark__regex=r":\d{4}-\d{2}-\d{2}$").exclude(kept).delete()


def problems() -> Iterator[str]:
    """Every owner whose carried sums are not those of its lines."""
    until = LedgerCarry.objects.filter(mark=EVERYBODY).values_list("until", flat=True).first() or 0
    lines = LedgerEntry.objects.filter(pk__lte=until).order_by()
    for owner in OWNERS:
        rows = _sums(lines.exclude(**{owner: None}), owner)
        right = {_mark(owner, row[owner]): Part(exact(row["spent"]), exact(row["open"])) for row in rows}
        for carried in LedgerCarry.objects.filter(mark__in=right).iterator():
            part = Part(exact(carried.spent), exact(carried.open))
            if part != right.pop(carried.mark):
                yield f"{carried.mark}: what is carried (${part.spent:.2f} spent) is not what its lines say"
        yield from (f"{mark}: nothing is carried, and it has lines" for mark in right)
