"""Estimate, reserve, settle: the only code that writes the ledger. What limits it stands in budgets.py."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction

from providers import catalog
from reviewapp import budgets, shortage
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey
from reviewapp.models.money import utc_day

ZERO = Decimal(0)
Kind = LedgerEntry.Kind


def clip_price(vendor: str, model_id: str, duration_s: Decimal, width: int, height: int) -> Decimal:
    """What one clip is expected to cost, from the catalogue, in US dollars."""
    return catalog.estimate_usd(
        catalog.model(vendor, model_id), float(duration_s), (width, height), audio=None
    )


def lock(project_id: int) -> Project:
    """The project as it is now, locked until the transaction ends: workers that race for the last dollar
    stand in line. Whoever locks a key as well locks the project first; SQLite's writers stand in line anyway.
    """
    return Project.objects.select_for_update(no_key=True).get(pk=project_id)


def reserve(candidate: Candidate, key: ProviderKey) -> None:
    """Write the reservation of this attempt on this key. Stands inside the transaction that claims the row.

    Raises BudgetReached, before anything is written, where a cap leaves no room. A budget that only warns or
    is observed stops nothing here: a person was asked before; that it is passed is told.
    """
    project, amount = lock(candidate.shot.project_id), candidate.estimate_usd
    limits = budgets.limits_of_call(candidate, project)
    # Several projects may race for the same account's last dollar, and its budget be set at this moment.
    locked = ProviderKey.objects.select_for_update(no_key=True).get(pk=key.pk)
    if budgets.has_limits(locked):
        limits += budgets.key_totals(locked)[locked.pk].limits
    if reached := budgets.refusing(limits, amount):
        budgets.refuse(reached, amount)
    for limit in limits:
        if limit.over_by(amount):
            shortage.tell(limit, amount, project, candidate.shot, key)
    _write(candidate, Kind.RESERVED, amount, key_id=key.pk, why="before the call", day=utc_day())


def settle(candidate: Candidate, amount: Decimal | None, why: str) -> None:
    """Close this attempt's reservation with what was charged: the vendor's figure, else the estimate.

    A charge of nothing is a release. Closing twice is harmless: the first closing stands.
    """
    charged = candidate.estimate_usd if amount is None else amount
    if charged == ZERO:
        return release(candidate, why)
    return _close(candidate, Kind.SETTLED, charged, why)


def release(candidate: Candidate, why: str) -> None:
    """Close this attempt's reservation without a charge."""
    _close(candidate, Kind.RELEASED, ZERO, why)


def _close(candidate: Candidate, kind: LedgerEntry.Kind, amount: Decimal, why: str) -> None:
    lines = LedgerEntry.objects.filter(candidate=candidate, attempt=candidate.attempt)
    reserved = lines.filter(kind=Kind.RESERVED).first()
    if reserved is None or lines.filter(kind__in=[Kind.SETTLED, Kind.RELEASED]).exists():
        return
    _write(candidate, kind, amount, key_id=reserved.key_id, why=why, day=reserved.day, closes=reserved.amount)
    if amount < reserved.amount:
        # Apart from the caller's transaction, which holds the locks of many rows.
        project_id, key_id = candidate.shot.project_id, reserved.key_id
        transaction.on_commit(lambda: shortage.money_came_free(project_id, key_id))


def _write(
    candidate: Candidate,
    kind: LedgerEntry.Kind,
    amount: Decimal,
    *,
    key_id: int | None,
    why: str,
    day: date,
    closes: Decimal = ZERO,
) -> None:
    LedgerEntry.objects.create(
        project_id=candidate.shot.project_id,
        shot_id=candidate.shot_id,
        candidate=candidate,
        key_id=key_id,
        attempt=candidate.attempt,
        kind=kind,
        amount=amount,
        closes=closes,
        day=day,
        why=why[:300],
    )


def charged_sentence(candidate: Candidate) -> str:
    """What this candidate's present attempt cost so far, as a sentence for people."""
    line = LedgerEntry.objects.filter(candidate=candidate, attempt=candidate.attempt).order_by("pk").last()
    if line is None or line.kind == Kind.RELEASED:
        return "Nothing was charged."
    if line.kind == Kind.SETTLED:
        return f"${line.amount:.2f} was charged."
    return f"${line.amount:.2f} is reserved until the vendor says what it charged."
