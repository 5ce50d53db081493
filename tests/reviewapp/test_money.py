"""How much a clip may spend and on whose account."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings

from reviewapp import board, budgets, generation, ledger, line, money
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey, Shot, Status, User
from reviewapp.models.projects import BudgetMode
from tests.cast import sandbox_key, signed_in

pytestmark = pytest.mark.django_db


def real_key(**fields: object) -> ProviderKey:
    return sandbox_key("https://api.example.com", name="Studio", **fields)


def drawn_key() -> ProviderKey:
    return sandbox_key(f"{settings.SANDBOX_URL}/runway", name="Drawn")


@pytest.fixture
def queued(project: Project, shot: Shot, alice: User) -> Callable[[], Candidate]:
    def order() -> Candidate:
        return generation.generate(project, [shot], alice, token=uuid4())[0]

    return order


def claimed_with(candidate: Candidate) -> ProviderKey | None:
    claimed = line.begin_submit(candidate.pk)
    return claimed.provider_key if claimed else None


def test_a_real_order_takes_the_real_key(queued: Callable[[], Candidate]) -> None:
    drawn_key()
    real = real_key()
    assert claimed_with(queued()) == real


def test_a_real_order_never_falls_back_to_the_sandbox(queued: Callable[[], Candidate]) -> None:
    drawn_key()
    real_key(paused_reason="Runway refuses the key.")
    candidate = queued()
    assert claimed_with(candidate) is None
    candidate.refresh_from_db()
    assert candidate.status == Status.FAILED
    assert "No usable key" in candidate.failure


def test_a_demo_never_spends_on_a_real_key(project: Project, queued: Callable[[], Candidate]) -> None:
    drawn = drawn_key()
    real_key()
    Project.objects.filter(pk=project.pk).update(sandbox_only=True)
    assert claimed_with(queued()) == drawn


def test_what_was_ordered_of_the_sandbox_costs_nothing_though_a_real_key_came_since(
    queued: Callable[[], Candidate],
) -> None:
    drawn = drawn_key()
    candidate = queued()
    real_key()
    assert claimed_with(candidate) == drawn
    assert claimed_with(queued()) != drawn


def test_what_was_ordered_for_real_is_not_drawn_though_the_real_key_has_gone_since(
    queued: Callable[[], Candidate],
) -> None:
    real = real_key()
    candidate = queued()
    real.delete()
    drawn_key()
    assert claimed_with(candidate) is None
    candidate.refresh_from_db()
    assert (candidate.status, candidate.drawn) == (Status.FAILED, False)


def test_without_any_real_key_the_sandbox_serves(queued: Callable[[], Candidate]) -> None:
    drawn = drawn_key()
    assert claimed_with(queued()) == drawn


def test_the_order_says_whose_money_it_spends(project: Project, shot: Shot, alice: User) -> None:
    page = f"/p/{project.slug}/generate/?shot={shot.pk}"
    producer = signed_in(alice)
    assert "No key for Runway can be used" in producer.get(page).content.decode()
    drawn_key()
    assert "nobody pays" in producer.get(page).content.decode()
    real_key()
    assert "Real money: Runway charges the account of the key “Studio”" in producer.get(page).content.decode()


# --- the cap, where the reservation is written ---


def order(project: Project, shots: list[Shot], alice: User, count: int = 1) -> list[Candidate]:
    drawn_key()
    return generation.generate(project, shots, alice, token=uuid4(), count=count)


def left_over(candidates: list[Candidate]) -> list[str]:
    """Claim them all, and give the statuses in order."""
    for candidate in candidates:
        line.begin_submit(candidate.pk)
        candidate.refresh_from_db()
    return [candidate.status for candidate in candidates]


@pytest.mark.parametrize("column", ["budget_usd", "shot_budget_usd"])
def test_a_cap_stops_the_call_that_would_go_over_it(
    project: Project, shot: Shot, alice: User, column: str
) -> None:
    candidates = order(project, [shot], alice, count=3)
    # Lowered after the order was sent: what counts is the moment before each call.
    Project.objects.filter(pk=project.pk).update(**{column: Decimal("1.30")})
    assert left_over(candidates) == [Status.SUBMITTING, Status.SUBMITTING, Status.QUEUED]
    assert "Nothing was sent and nothing was spent" in candidates[2].failure
    assert LedgerEntry.objects.filter(candidate=candidates[2]).count() == 0
    assert budgets.project_totals(project).reserved == Decimal("1.20")
    assert ledger.problems(project) == []


@pytest.mark.parametrize("mode", [BudgetMode.OBSERVE, BudgetMode.WARN])
def test_observe_and_warn_stop_no_call(project: Project, shot: Shot, alice: User, mode: BudgetMode) -> None:
    candidates = order(project, [shot], alice)
    Project.objects.filter(pk=project.pk).update(budget_usd=Decimal("0.10"), budget_mode=mode)
    assert left_over(candidates) == [Status.SUBMITTING]


def test_a_shot_whose_money_is_used_up_goes_to_its_producer(
    project: Project, shot: Shot, alice: User
) -> None:
    candidates = order(project, [shot], alice)
    Project.objects.filter(pk=project.pk).update(shot_budget_usd=Decimal("0.10"))
    assert left_over(candidates) == [Status.QUEUED]
    assert list(board.found(project, board.NEEDS_YOU, "")) == [shot]


def test_a_cap_refuses_an_order_before_anything_is_queued(project: Project, shot: Shot, alice: User) -> None:
    Project.objects.filter(pk=project.pk).update(budget_usd=Decimal("0.59"))
    project.refresh_from_db()
    with pytest.raises(generation.CannotGenerate, match=r"costs \$0\.60 and the budget has \$0\.59 left"):
        order(project, [shot], alice)
    assert Candidate.objects.count() == 0


def test_what_the_vendor_charged_is_settled_and_what_it_did_not_is_released(
    project: Project, shot: Shot, alice: User
) -> None:
    [candidate] = order(project, [shot], alice)
    left_over([candidate])
    money.settle(candidate, Decimal("0.45"), "told by the vendor")
    # A second closing of the same call is no second charge.
    money.settle(candidate, Decimal("0.60"), "told again")
    money.release(candidate, "told otherwise")
    totals = budgets.project_totals(project)
    assert (totals.spent, totals.reserved) == (Decimal("0.45"), Decimal(0))
