"""Carrying the ledger's older lines forward changes no sum, and a wrong one is named by the proof."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from reviewapp import budgets, carry, ledger, money
from reviewapp.models import Candidate, LedgerCarry, LedgerEntry, Project, ProviderKey, Shot, Status, User
from reviewapp.models.money import utc_day
from tests.reviewapp.stages import account, asked, bring

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _carried_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines a minute old are carried, one by one if need be."""
    monkeypatch.setattr(carry, "FEWEST", 1)


@pytest.fixture
def clips(make_shot: Callable[..., Shot], alice: User) -> list[Candidate]:
    """Calls of two shots in every state that the ledger knows: open, charged, and for nothing."""
    ways = [Status.GENERATING, Status.IN_REVIEW, Status.FAILED]
    return [
        bring(row, to)
        for shot in (make_shot(), make_shot())
        for row, to in zip(asked(shot, alice, len(ways)), ways, strict=True)
    ]


def age(lines: int, days: int = 0) -> None:
    """Let the first so many lines be an hour, or so many days, old."""
    oldest = LedgerEntry.objects.order_by("pk").values_list("pk", flat=True)[:lines]
    facts: dict[str, object] = {"at": timezone.now() - timedelta(hours=1)}
    if days:
        facts["day"] = utc_day() - timedelta(days=days)
    LedgerEntry.objects.filter(pk__in=list(oldest)).update(**facts)


def sums(project: Project, key: ProviderKey) -> tuple[budgets.Totals, budgets.Totals]:
    return budgets.totals_of([project])[project.pk], budgets.key_totals(key)[key.pk]


@pytest.mark.parametrize("most", [1, 4, 100])
def test_no_sum_changes_however_the_lines_are_carried(
    clips: list[Candidate], project: Project, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(carry, "MOST", most)
    lines = LedgerEntry.objects.count()
    age(3, days=2)
    right = sums(project, account())
    assert right[0].spent > right[0].spent_today
    assert right[0].reserved
    for old in range(0, lines + 1, 2):
        age(old)
        while carry.advance():
            assert sums(project, account()) == right
    assert LedgerCarry.objects.get(mark=carry.EVERYBODY).until == LedgerEntry.objects.latest("pk").pk
    assert ledger.problems() == []
    # And what comes afterwards is added to what was carried.
    open_call = next(row for row in clips if row.status == Status.GENERATING)
    money.settle(open_call, Decimal("0.7"), "later")
    assert sums(project, account())[0].spent == right[0].spent + Decimal("0.7")
    assert sums(project, account())[1].reserved == right[1].reserved - open_call.estimate_usd


def test_young_lines_wait_because_one_before_them_may_not_be_committed_yet(clips: list[Candidate]) -> None:
    age(LedgerEntry.objects.count())
    young = LedgerEntry.objects.order_by("pk")[2]
    LedgerEntry.objects.filter(pk=young.pk).update(at=timezone.now())
    assert carry.advance() == 2
    assert carry.advance() == 0


def test_yesterdays_sums_are_forgotten_and_the_wholes_stay(clips: list[Candidate], project: Project) -> None:
    age(2, days=3)
    age(LedgerEntry.objects.count())
    carry.advance()
    marks = set(LedgerCarry.objects.values_list("mark", flat=True))
    assert f"project:{project.pk}" in marks
    assert f"project:{project.pk}:{utc_day()}" in marks
    assert f"project:{project.pk}:{utc_day() - timedelta(days=3)}" not in marks


def test_what_is_carried_wrongly_is_named_by_the_proof(clips: list[Candidate], project: Project) -> None:
    age(LedgerEntry.objects.count())
    carry.advance()
    LedgerCarry.objects.filter(mark=f"project:{project.pk}").update(spent=Decimal(1))
    LedgerCarry.objects.filter(mark=f"key:{account().pk}").delete()
    told = ledger.problems()
    assert len(told) == 2
    assert told[0].startswith(f"project:{project.pk}: what is carried ($1.00 spent)")
    assert told[1] == f"key:{account().pk}: nothing is carried, and it has lines"
