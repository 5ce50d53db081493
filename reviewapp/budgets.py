"""Budgets: what each one limits, and what counts towards it. Reads the ledger and writes nothing.

Five scopes: the project, the project's day, the shot, the key, the key's day. The project's mode holds for
the first three, the key's for its own two. A day is one of UTC, and a call counts for the day on which it was
sent, so that no charge that comes later can take a day over its cap.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import Count, Q, QuerySet

from reviewapp import carry
from reviewapp.models import (
    BudgetMode,
    BudgetScope,
    Candidate,
    LedgerEntry,
    Project,
    ProviderKey,
    Shot,
    Status,
)
from reviewapp.models.money import utc_day

ZERO: Final = Decimal(0)
# From here on a page says that a budget is nearly used up.
NEAR: Final = Decimal("0.8")
DAYS: Final = frozenset({BudgetScope.DAY, BudgetScope.KEY_DAY})
OF_KEYS: Final = frozenset({BudgetScope.KEY, BudgetScope.KEY_DAY})
Kind = LedgerEntry.Kind


def midnight() -> datetime:
    """The moment at which the next day of the budgets begins."""
    return datetime.combine(utc_day() + timedelta(days=1), datetime.min.time(), UTC)


# --- one limit ---


@dataclass(frozen=True)
class Limit:
    """One budget and what counts towards it, in US dollars. `whose` is a shot's code or a key's name."""

    scope: BudgetScope
    mode: BudgetMode
    budget: Decimal
    owner_id: int
    whose: str = ""
    spent: Decimal = ZERO
    reserved: Decimal = ZERO
    promised: Decimal = ZERO

    @property
    def committed(self) -> Decimal:
        return self.spent + self.reserved + self.promised

    @property
    def left(self) -> Decimal:
        return max(ZERO, self.budget - self.committed)

    def over_by(self, amount: Decimal) -> Decimal:
        """By how much this amount more would pass the budget; what costs nothing passes none."""
        return max(ZERO, self.committed + amount - self.budget) if amount else ZERO

    @property
    def level(self) -> str:
        """`near` from 80 % on, `reached` when nothing is left; else empty."""
        if self.committed >= self.budget:
            return "reached"
        return "near" if self.committed >= NEAR * self.budget else ""

    @property
    def is_day(self) -> bool:
        return self.scope in DAYS

    @property
    def name(self) -> str:
        kind = "daily budget" if self.is_day else "budget"
        if self.scope in OF_KEYS:
            return f"the {kind} of the key “{self.whose}”"
        return f"the budget of {self.whose}" if self.scope == BudgetScope.SHOT else f"the project's {kind}"

    @property
    def mark(self) -> str:
        """Names this limit in this period. Another amount is another limit, which is told of anew."""
        period = utc_day().isoformat() if self.is_day else "total"
        return f"budget:{self.scope}:{self.owner_id}:{period}:{self.budget}"

    @property
    def title(self) -> str:
        """Its name at the beginning of a sentence."""
        return self.name[:1].upper() + self.name[1:]

    def sentence(self, amount: Decimal, clips: int = 1) -> str:
        told = "this clip costs" if clips == 1 else f"these {clips} clips cost"
        return f"{self.title}, ${self.budget:.2f}, has ${self.left:.2f} left and {told} ${amount:.2f}."


class BudgetReached(Exception):
    """A cap leaves no room for this call. Nothing was written; the sentence says which and by how much."""

    def __init__(self, limit: Limit, amount: Decimal) -> None:
        super().__init__(f"{limit.sentence(amount)} Nothing was sent and nothing was spent.")
        self.limit = limit
        self.amount = amount


class KeyBudgetReached(BudgetReached):
    """The same for the account: another key may still have room."""


def refuse(limit: Limit, amount: Decimal) -> None:
    """Raise what a passed cap raises."""
    raise (KeyBudgetReached if limit.scope in OF_KEYS else BudgetReached)(limit, amount)


# --- what was spent ---


@dataclass(frozen=True)
class Totals:
    """US dollars of a project, a shot or a key: charged, reserved for calls under way, and promised to clips
    not yet sent; the same of this day; and the limits that they count towards.
    """

    spent: Decimal = ZERO
    reserved: Decimal = ZERO
    promised: Decimal = ZERO
    spent_today: Decimal = ZERO
    reserved_today: Decimal = ZERO
    promised_today: Decimal = ZERO
    limits: tuple[Limit, ...] = field(default=(), compare=False)

    @property
    def committed(self) -> Decimal:
        return self.spent + self.reserved + self.promised

    @property
    def today(self) -> Decimal:
        """What the calls of this day have cost, or have reserved."""
        return self.spent_today + self.reserved_today

    @property
    def whole(self) -> Limit | None:
        """The limit for all time."""
        return next((limit for limit in self.limits if not limit.is_day), None)

    @property
    def day(self) -> Limit | None:
        return next((limit for limit in self.limits if limit.is_day), None)

    @property
    def level(self) -> str:
        """The worst level of its limits."""
        levels = {limit.level for limit in self.limits}
        return next((level for level in ("reached", "near") if level in levels), "")

    @property
    def budget(self) -> Decimal | None:
        return self.whole.budget if self.whole else None

    @property
    def left(self) -> Decimal | None:
        return self.whole.left if self.whole else None


def _ledger(owner: str, numbers: Collection[int]) -> dict[int, Totals]:
    """The money of these projects, shots or keys, by their numbers."""
    carried = carry.read(owner, numbers) if owner in carry.OWNERS else carry.NOTHING
    lines = LedgerEntry.objects.filter(**{f"{owner}__in": numbers}, pk__gt=carried.until)
    today = Q(day=utc_day())
    sums = (
        lines.order_by()
        .annotate(opened=carry.OPEN)
        .values(owner)
        .annotate(
            spent=carry.total("amount", Q(kind=Kind.SETTLED)),
            reserved=carry.total("opened"),
            spent_today=carry.total("amount", today & Q(kind=Kind.SETTLED)),
            reserved_today=carry.total("opened", today),
        )
    )
    found = {row[owner]: row for row in sums}
    return {
        number: _added(
            found.get(number, {}),
            carried.whole.get(number, carry.Part()),
            carried.today.get(number, carry.Part()),
        )
        for number in {*found, *carried.whole}
    }


def _added(row: Mapping[str, Decimal], whole: carry.Part, today: carry.Part) -> Totals:
    return Totals(
        spent=whole.spent + carry.exact(row.get("spent")),
        reserved=whole.open + carry.exact(row.get("reserved")),
        spent_today=today.spent + carry.exact(row.get("spent_today")),
        reserved_today=today.open + carry.exact(row.get("reserved_today")),
    )


def _promised(rows: QuerySet[Candidate], group: str) -> dict[int, tuple[Decimal, Decimal]]:
    """What clips that are not sent yet will cost: all of them, and those that may go before midnight."""
    waiting = rows.filter(status__in=[Status.HELD, Status.QUEUED]).order_by()
    sums = waiting.values(group).annotate(
        all=carry.total("estimate_usd"), today=carry.total("estimate_usd", Q(due_at__lt=midnight()))
    )
    return {row[group]: (carry.exact(row["all"]), carry.exact(row["today"])) for row in sums}


def _with_promised(totals: Totals, promised: tuple[Decimal, Decimal]) -> Totals:
    return replace(totals, promised=promised[0], promised_today=promised[1])


def _limited(
    totals: Totals,
    mode: str,
    owner_id: int,
    budgets: Sequence[tuple[BudgetScope, Decimal | None]],
    whose: str = "",
) -> Totals:
    limits = []
    for scope, budget in budgets:
        if budget is None:
            continue
        used = (totals.spent, totals.reserved, totals.promised)
        if scope in DAYS:
            used = (totals.spent_today, totals.reserved_today, totals.promised_today)
        limits.append(Limit(scope, BudgetMode(mode), budget, owner_id, whose, *used))
    return replace(totals, limits=tuple(limits))


NOTHING: Final = Totals()


def totals_of(
    projects: Sequence[Project], *, promised: bool = True, but: Collection[int] = ()
) -> Mapping[int, Totals]:
    """The money of these projects, by their numbers, in two queries. `promised` says whether clips that are
    not sent yet count; when one of them is being sent they do not. `but` are the numbers of those that do not
    count, as it is about them.
    """
    paid = _ledger("project", [project.pk for project in projects])
    unsent = Candidate.objects.filter(shot__project__in=projects).exclude(pk__in=but)
    waiting = _promised(unsent, "shot__project") if promised else {}
    found = {}
    for project in projects:
        totals = _with_promised(paid.get(project.pk, NOTHING), waiting.get(project.pk, (ZERO, ZERO)))
        budgets = (
            (BudgetScope.PROJECT, project.budget_usd),
            (BudgetScope.DAY, project.daily_budget_usd),
        )
        found[project.pk] = _limited(totals, project.budget_mode, project.pk, budgets)
    return found


def project_totals(project: Project) -> Totals:
    return totals_of([project])[project.pk]


def totals_of_shots(
    project: Project, shots: Sequence[Shot], *, promised: bool = True, but: Collection[int] = ()
) -> Mapping[int, Totals]:
    """The same for shots of one project."""
    paid = _ledger("shot", [shot.pk for shot in shots])
    unsent = Candidate.objects.filter(shot__in=shots).exclude(pk__in=but)
    waiting = _promised(unsent, "shot") if promised else {}
    found = {}
    for shot in shots:
        totals = _with_promised(paid.get(shot.pk, NOTHING), waiting.get(shot.pk, (ZERO, ZERO)))
        budgets = ((BudgetScope.SHOT, project.shot_budget_usd),)
        found[shot.pk] = _limited(totals, project.budget_mode, shot.pk, budgets, shot.code)
    return found


def shot_totals(shot: Shot) -> Totals:
    return totals_of_shots(shot.project, [shot])[shot.pk]


def key_totals(*keys: ProviderKey) -> Mapping[int, Totals]:
    """What each of these keys has paid, by its number, in one query. Nothing is promised to a key: which one
    a clip takes is seen when it is sent.
    """
    paid = _ledger("key", [key.pk for key in keys]) if keys else {}
    found = {}
    for key in keys:
        budgets = ((BudgetScope.KEY, key.budget_usd), (BudgetScope.KEY_DAY, key.daily_budget_usd))
        totals = paid.get(key.pk, NOTHING)
        found[key.pk] = _limited(totals, key.budget_mode, key.pk, budgets, key.name)
    return found


@dataclass(frozen=True)
class Day:
    """The calls of one day (UTC) on the whole site: how many, what they cost, and what is still reserved."""

    day: date
    calls: int
    spent: Decimal
    reserved: Decimal


def days(most: int) -> list[Day]:
    """The newest days on which something was sent, the newest first, as far back as so many days."""
    since = utc_day() - timedelta(days=most - 1)
    sums = (
        LedgerEntry.objects.filter(day__gte=since)
        .order_by()
        .annotate(opened=carry.OPEN)
        .values("day")
        .annotate(
            calls=Count("pk", filter=Q(kind=Kind.RESERVED)),
            spent=carry.total("amount", Q(kind=Kind.SETTLED)),
            reserved=carry.total("opened"),
        )
    )
    return [
        Day(row["day"], row["calls"], carry.exact(row["spent"]), carry.exact(row["reserved"]))
        for row in sums.order_by("-day")
    ]


# --- what stands in a call's way ---


def has_limits(key: ProviderKey) -> bool:
    return key.budget_usd is not None or key.daily_budget_usd is not None


def limits_of_call(candidate: Candidate, project: Project) -> list[Limit]:
    """The limits of project, shot and day that a call now counts towards, without what is promised: those
    clips have not been sent, and each will be looked at when it is.
    """
    limits: list[Limit] = []
    if project.budget_usd is not None or project.daily_budget_usd is not None:
        limits += totals_of([project], promised=False)[project.pk].limits
    if project.shot_budget_usd is not None:
        found = totals_of_shots(project, [candidate.shot], promised=False)
        limits += found[candidate.shot_id].limits
    # What lasts longest is told first.
    return sorted(limits, key=lambda limit: limit.is_day)


def refusing(limits: Sequence[Limit], amount: Decimal) -> Limit | None:
    """The first cap that leaves no room for this amount."""
    capped = (limit for limit in limits if limit.mode == BudgetMode.CAP)
    return next((limit for limit in capped if limit.over_by(amount)), None)


def refusals(keys: Sequence[ProviderKey], amount: Decimal) -> Mapping[int, Limit]:
    """The caps of these keys that leave no room for this amount, by the key's number."""
    limited = [key for key in keys if has_limits(key)]
    totals = key_totals(*limited)
    found = {key.pk: refusing(totals[key.pk].limits, amount) for key in limited}
    return {number: limit for number, limit in found.items() if limit is not None}
