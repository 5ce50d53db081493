"""Estimate, reserve, settle: the only code that writes the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import DecimalField, Q, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from providers import catalog
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey, Shot, Status
from reviewapp.models.projects import BudgetMode

ZERO = Decimal(0)
Kind = LedgerEntry.Kind


class BudgetReached(Exception):
    """The cap of a project or shot leaves no room for this call; the sentence says which and by how much."""


class KeyBudgetReached(BudgetReached):
    """The same for the account: another key may still have room."""


@dataclass(frozen=True)
class Totals:
    """US dollars of a project or shot: charged, reserved for calls under way, and promised to clips not yet
    sent.
    """

    spent: Decimal
    reserved: Decimal
    promised: Decimal
    budget: Decimal | None

    @property
    def committed(self) -> Decimal:
        return self.spent + self.reserved + self.promised

    @property
    def left(self) -> Decimal | None:
        return None if self.budget is None else max(ZERO, self.budget - self.committed)


def clip_price(vendor: str, model_id: str, duration_s: Decimal, width: int, height: int) -> Decimal:
    """What one clip is expected to cost, from the catalogue, in US dollars."""
    return catalog.estimate_usd(
        catalog.model(vendor, model_id), float(duration_s), (width, height), audio=None
    )


def _sum(field: str, where: Q) -> Coalesce:
    money = DecimalField(max_digits=14, decimal_places=4)
    return Coalesce(Sum(field, filter=where), Value(ZERO), output_field=money)


def _totals(where: Q, budget: Decimal | None) -> Totals:
    ledger = LedgerEntry.objects.filter(where).aggregate(
        spent=_sum("amount", Q(kind=Kind.SETTLED)),
        reserved=_sum("amount", Q(kind=Kind.RESERVED)),
        closed=_sum("closes", Q(kind__in=[Kind.SETTLED, Kind.RELEASED])),
    )
    return Totals(ledger["spent"], ledger["reserved"] - ledger["closed"], ZERO, budget)


def _with_promised(totals: Totals, where: Q) -> Totals:
    waiting = Candidate.objects.filter(where, status__in=[Status.HELD, Status.QUEUED])
    promised = waiting.aggregate(sum=_sum("estimate_usd", Q()))["sum"]
    return Totals(totals.spent, totals.reserved, promised, totals.budget)


def project_totals(project: Project) -> Totals:
    return _with_promised(_totals(Q(project=project), project.budget_usd), Q(shot__project=project))


def shot_totals(shot: Shot) -> Totals:
    return _with_promised(_totals(Q(shot=shot), shot.project.shot_budget_usd), Q(shot=shot))


@dataclass(frozen=True)
class KeyTotals:
    """US dollars of one account: charged for all time and since midnight (UTC), and reserved for calls under
    way, which count towards the day on which they are charged.
    """

    spent: Decimal = ZERO
    today: Decimal = ZERO
    reserved: Decimal = ZERO


def key_totals(*keys: ProviderKey) -> Mapping[int, KeyTotals]:
    """What each of these keys has paid, by its number, in one query."""
    midnight = datetime.combine(timezone.now().astimezone(UTC).date(), datetime.min.time(), UTC)
    sums = (
        LedgerEntry.objects.filter(key__in=keys)
        .order_by()
        .values("key")
        .annotate(
            spent=_sum("amount", Q(kind=Kind.SETTLED)),
            today=_sum("amount", Q(kind=Kind.SETTLED, at__gte=midnight)),
            opened=_sum("amount", Q(kind=Kind.RESERVED)),
            closed=_sum("closes", Q(kind__in=[Kind.SETTLED, Kind.RELEASED])),
        )
    )
    found = {row["key"]: KeyTotals(row["spent"], row["today"], row["opened"] - row["closed"]) for row in sums}
    return {key.pk: found.get(key.pk, KeyTotals()) for key in keys}


def key_refusal(key: ProviderKey, amount: Decimal) -> str:
    """Why the key's own budgets leave no room for this amount; empty where they do or there are none."""
    if key.budget_usd is None and key.daily_budget_usd is None:
        return ""
    totals = key_totals(key)[key.pk]
    limits = ((key.budget_usd, totals.spent, "budget"), (key.daily_budget_usd, totals.today, "daily budget"))
    for budget, spent, word in limits:
        if budget is not None and spent + totals.reserved + amount > budget:
            left = max(ZERO, budget - spent - totals.reserved)
            return (
                f"The {word} of the key “{key.name}”, ${budget:.2f}, has ${left:.2f} left and this clip "
                f"costs ${amount:.2f}. Nothing was sent and nothing was spent."
            )
    return ""


def reserve(candidate: Candidate, key: ProviderKey) -> None:
    """Write the reservation of this attempt on this key. Stands inside the transaction that claims the row.

    Raises BudgetReached, before anything is written, where a cap leaves no room.
    """
    # The row lock makes workers that race for the last dollar stand in line; SQLite's writers stand in line
    # anyway.
    project = Project.objects.select_for_update(no_key=True).get(pk=candidate.shot.project_id)
    if project.budget_mode == BudgetMode.CAP:
        _refuse_over(_totals(Q(project=project), project.budget_usd), candidate.estimate_usd, "project")
        _refuse_over(_totals(Q(shot=candidate.shot), project.shot_budget_usd), candidate.estimate_usd, "shot")
    if key.budget_usd is not None or key.daily_budget_usd is not None:
        # Several projects may race for the same account's last dollar.
        locked = ProviderKey.objects.select_for_update(no_key=True).get(pk=key.pk)
        if refusal := key_refusal(locked, candidate.estimate_usd):
            raise KeyBudgetReached(refusal)
    _write(candidate, Kind.RESERVED, candidate.estimate_usd, key_id=key.pk, why="before the call")


def _refuse_over(totals: Totals, amount: Decimal, whose: str) -> None:
    if totals.budget is None or totals.committed + amount <= totals.budget:
        return
    left = max(ZERO, totals.budget - totals.committed)
    raise BudgetReached(
        f"The {whose}'s budget of ${totals.budget:.2f} has ${left:.2f} left and this clip costs "
        f"${amount:.2f}. Nothing was sent and nothing was spent."
    )


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
    _write(candidate, kind, amount, key_id=reserved.key_id, why=why, closes=reserved.amount)


def _write(
    candidate: Candidate,
    kind: LedgerEntry.Kind,
    amount: Decimal,
    *,
    key_id: int | None,
    why: str,
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


# Statuses in which no call of the present attempt can still be open.
_CLOSED = frozenset({Status.HELD, Status.QUEUED, Status.CANCELLED, Status.REFUSED, Status.FAILED})


def ledger_problems(project: Project | None = None) -> list[str]:
    """Every way in which the ledger does not add up; an empty list is the proof that it does."""
    lines = LedgerEntry.objects.select_related("candidate__shot", "candidate__version")
    if project is not None:
        lines = lines.filter(project=project)
    problems: list[str] = []
    reserved: dict[tuple[int, int], LedgerEntry] = {}
    closed: dict[tuple[int, int], LedgerEntry] = {}
    for line in lines:
        (reserved if line.kind == Kind.RESERVED else closed)[line.candidate_id, line.attempt] = line
    for call, line in closed.items():
        if call not in reserved:
            problems.append(f"{line.candidate.code}: closed without a reservation")
        elif line.closes != reserved[call].amount:
            problems.append(
                f"{line.candidate.code}: closes {line.closes} of {reserved[call].amount} reserved"
            )
    for call, line in reserved.items():
        candidate = line.candidate
        over = candidate.attempt > line.attempt or Status(candidate.status) in _CLOSED
        done = Status(candidate.status) in {
            Status.IN_REVIEW,
            Status.APPROVED,
            Status.REJECTED,
            Status.PASSED_OVER,
        }
        if call not in closed and (over or done):
            problems.append(
                f"{candidate.code}: attempt {line.attempt} is over and its reservation is still open"
            )
    return problems
