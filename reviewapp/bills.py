"""What an action would cost, and which budgets it would pass, before anything is spent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from reviewapp import budgets, keyring
from reviewapp.budgets import ZERO, Limit, Totals
from reviewapp.models import BudgetMode, BudgetScope, Candidate, Project, ProviderKey, Shot, Status


@dataclass(frozen=True)
class Cost:
    """One clip that would be asked for: of which shot, on whose account, for how many US dollars."""

    shot_id: int
    vendor: str
    drawn: bool
    usd: Decimal


def of_rows(rows: Iterable[Candidate]) -> list[Cost]:
    return [Cost(row.shot_id, row.provider, row.drawn, row.estimate_usd) for row in rows]


def of_makers(shot: Shot, makers: Iterable[Mapping[str, Any]]) -> list[Cost]:
    """From the columns that `remaking.makers_of` gives for each replacement."""
    return [Cost(shot.pk, each["provider"], each["drawn"], each["estimate_usd"]) for each in makers]


@dataclass(frozen=True)
class Passed:
    """A budget that an action would pass, and by how much."""

    limit: Limit
    by: Decimal

    @property
    def sentence(self) -> str:
        name, by = self.limit.name, f"${self.by:.2f}"
        if self.limit.mode != BudgetMode.CAP:
            return f"This goes {by} over {name} of ${self.limit.budget:.2f}."
        over = f"This is {by} more than {name} has left"
        if self.limit.is_day:
            return f"{over}: what does not fit waits until after midnight UTC."
        return f"{over}: what does not fit waits until that budget is raised."


@dataclass(frozen=True)
class Price:
    """What an action costs, the limits as they stand before it, and those it would pass."""

    usd: Decimal
    clips: int
    limits: tuple[Limit, ...]
    passed: tuple[Passed, ...]

    @property
    def asks(self) -> tuple[Passed, ...]:
        """Those that a person has to agree to pass."""
        return tuple(one for one in self.passed if one.limit.mode == BudgetMode.WARN)

    @property
    def waits(self) -> tuple[Passed, ...]:
        """The caps for which something would wait."""
        return tuple(one for one in self.passed if one.limit.mode == BudgetMode.CAP)

    @property
    def mark(self) -> str:
        """Names what a person agrees to: the price, and the limits that it passes."""
        names = sorted(f"{one.limit.scope}:{one.limit.owner_id}" for one in self.asks)
        return " ".join([f"{self.usd:.4f}", *names])


def price_of(
    project: Project, costs: Sequence[Cost], *, but: Collection[int] = (), totals: Totals | None = None
) -> Price:
    """The price of these clips. `but` are the numbers of rows that are there already and stand for them: they
    do not count as promised a second time. `totals` are the project's, where they were read a moment ago.
    """
    by_shot: dict[int, Decimal] = defaultdict(Decimal)
    by_account: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    for cost in costs:
        by_shot[cost.shot_id] += cost.usd
        by_account[cost.vendor, cost.drawn] += cost.usd
    usd = sum(by_shot.values(), ZERO)
    totals = totals or budgets.totals_of([project], but=but)[project.pk]
    asked = [(limit, usd) for limit in totals.limits]
    if project.shot_budget_usd is not None:
        shots = list(Shot.objects.filter(pk__in=by_shot))
        found = budgets.totals_of_shots(project, shots, but=but)
        asked += [(limit, by_shot[shot.pk]) for shot in shots for limit in found[shot.pk].limits]
    for (vendor, drawn), amount in by_account.items():
        asked += [(limit, amount) for limit in account_limits(vendor, drawn, but=but)]
    passed = tuple(Passed(limit, by) for limit, amount in asked if (by := limit.over_by(amount)))
    return Price(usd, len(costs), tuple(limit for limit, _ in asked), passed)


def price_of_rows(project: Project, rows: Sequence[Candidate]) -> Price:
    """The price of sending rows that are there."""
    return price_of(project, of_rows(rows), but=[row.pk for row in rows])


def may_ask(project: Project, vendors: Collection[str]) -> bool:
    """Whether any budget that warns could stand before clips of these providers."""
    if project.budget_mode == BudgetMode.WARN:
        return True
    return ProviderKey.objects.filter(provider__in=vendors, budget_mode=BudgetMode.WARN).exists()


def account_limits(vendor: str, drawn: bool, *, but: Collection[int] = ()) -> tuple[Limit, ...]:
    """The limits of the key with most room among those that could pay, with what is promised to this provider
    and has no room on the others. None where one of them has no limits.
    """
    keys = [key for key in keyring.fitting(vendor, drawn=drawn) if key.usable]
    if not keys or not all(budgets.has_limits(key) for key in keys):
        return ()
    totals = budgets.key_totals(*keys)
    room = {key.pk: min(limit.left for limit in totals[key.pk].limits) for key in keys}
    most = max(keys, key=lambda key: room[key.pk])
    others = sum((left for number, left in room.items() if number != most.pk), ZERO)
    waiting = Candidate.objects.filter(
        provider=vendor, drawn=drawn, status__in=[Status.HELD, Status.QUEUED]
    ).exclude(pk__in=but)
    today = waiting.filter(due_at__lt=budgets.midnight())
    promised = {
        scope: max(ZERO, (rows.aggregate(sum=Sum("estimate_usd"))["sum"] or ZERO) - others)
        for scope, rows in ((BudgetScope.KEY, waiting), (BudgetScope.KEY_DAY, today))
    }
    return tuple(replace(limit, promised=promised[limit.scope]) for limit in totals[most.pk].limits)
