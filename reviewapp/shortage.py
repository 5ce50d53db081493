"""Clips that wait for money: none is lost, and each goes on by itself as soon as there is room.

A cap that leaves no room parks a QUEUED row with `short_of`. A cap of the day lets it go on after midnight
UTC, any other once the budget is raised or money comes free.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from reviewapp import budgets, events
from reviewapp.budgets import BudgetReached, Limit
from reviewapp.models import BudgetMode, BudgetScope, Candidate, EventKind, Project, ProviderKey, Shot, Status

# A row looks again by itself once in so long, should nobody have woken it.
LOOK_S: Final = (700, 1100)
# The rows of a day do not all come in the first second of the next.
AFTER_MIDNIGHT_S: Final = (1, 60)
# What came free of one call is room for a few; those that find none wait on.
MOST_FOR_ONE_CALL: Final = 4

AFTER: Final[Mapping[BudgetMode, str]] = {
    BudgetMode.OBSERVE: "It is only observed: clips go on being sent.",
    BudgetMode.WARN: "People are asked before they go over it, and retakes wait for a producer.",
    BudgetMode.CAP: "Clips wait until there is room.",
}


def tell(limit: Limit, amount: Decimal, project: Project, shot: Shot, key: ProviderKey | None) -> None:
    """Write the event of a limit that a call would pass or has passed, once for each limit and period.

    A key's budget is its admins' business and names no project.
    """
    told = f"{limit.title}, ${limit.budget:.2f}, has no room for the next ${amount:.2f}. {AFTER[limit.mode]}"
    whose: dict[str, Any] = {"key": key} if limit.scope in budgets.OF_KEYS else {"project": project}
    if limit.scope == BudgetScope.SHOT:
        whose |= {"shot": shot}
    events.tell(EventKind.BUDGET_REACHED, told, repeats=limit.mark, **whose)


def park(candidate: Candidate, reached: BudgetReached) -> None:
    """Have a QUEUED row wait until the budget that was reached has room."""
    with transaction.atomic():
        # The limit may have been raised since: under this lock it is, or whoever raises it finds the row.
        limit = _as_it_is_now(candidate, reached.limit)
        wakes_at, words = _waits(limit or reached.limit, reached.amount)
        row = Candidate.objects.filter(pk=candidate.pk, status=Status.QUEUED, fence=candidate.fence)
        parked = row.update(
            short_of=reached.limit.scope,
            failure=words[:600],
            due_at=wakes_at if limit else timezone.now(),
            waits_since=None,
            send_at=None,
            worker="",
            fence=F("fence") + 1,
        )
        if parked and limit:
            shot = candidate.shot
            key = ProviderKey.objects.filter(pk=limit.owner_id).first() if _is_keys(limit) else None
            tell(limit, reached.amount, shot.project, shot, key)


def _is_keys(limit: Limit) -> bool:
    return limit.scope in budgets.OF_KEYS


def _as_it_is_now(candidate: Candidate, limit: Limit) -> Limit | None:
    project = Project.objects.select_for_update(no_key=True).get(pk=candidate.shot.project_id)
    if not _is_keys(limit):
        return budgets.refusing(budgets.limits_of_call(candidate, project), candidate.estimate_usd)
    key = ProviderKey.objects.select_for_update(no_key=True).filter(pk=limit.owner_id).first()
    return budgets.refusals([key], candidate.estimate_usd).get(key.pk) if key else None


def _waits(limit: Limit, amount: Decimal) -> tuple[datetime, str]:
    """When the row looks again, and what its page says."""
    told = f"{limit.sentence(amount)} Nothing was sent and nothing was spent."
    soon = timezone.now() + timedelta(seconds=random.uniform(*LOOK_S))  # noqa: S311  Jitter, not a secret.
    if amount > limit.budget:
        return soon, f"{told} It waits until the budget is raised: it costs more than all of it."
    if limit.is_day:
        late = random.uniform(*AFTER_MIDNIGHT_S)  # noqa: S311  Jitter, not a secret.
        words = f"{told} It goes on by itself after midnight UTC, or as soon as the budget is raised."
        return budgets.midnight() + timedelta(seconds=late), words
    return soon, f"{told} It waits, and goes on by itself as soon as the budget is raised or has room again."


def budget_changed(project: Project) -> None:
    """Have every row look again that waits for money of this project."""
    scopes = (BudgetScope.PROJECT, BudgetScope.DAY, BudgetScope.SHOT)
    _wake(Q(shot__project=project), scopes)


def key_changed(provider: str) -> None:
    """The same for the keys of a provider: one has other limits, or there is one more."""
    _wake(Q(provider=provider), (BudgetScope.KEY, BudgetScope.KEY_DAY))


def money_came_free(project_id: int, key_id: int | None) -> None:
    """A call has ended for less than it had reserved: a few of those that wait look again."""
    mine = Q(shot__project=project_id) & ~Q(short_of__in=budgets.OF_KEYS)
    if key_id is not None:
        mine |= Q(
            short_of__in=budgets.OF_KEYS,
            provider__in=ProviderKey.objects.filter(pk=key_id).values("provider"),
        )
    _wake(mine & Q(status=Status.QUEUED), BudgetScope.values, MOST_FOR_ONE_CALL)


def _wake(rows: Q, scopes: Collection[str], most: int | None = None) -> None:
    """Those that wait longest first. Where a producer confirms every retake, the held ones wait for that."""
    waiting = Candidate.objects.filter(
        rows,
        Q(status=Status.QUEUED) | Q(status=Status.HELD, shot__project__confirm_retakes=False),
        short_of__in=scopes,
    )
    numbers = list(waiting.order_by("status_at", "pk").values_list("pk", flat=True)[:most])
    now = timezone.now()
    still = Candidate.objects.filter(pk__in=numbers, status__in=[Status.QUEUED, Status.HELD])
    still.exclude(short_of="").update(due_at=now)
