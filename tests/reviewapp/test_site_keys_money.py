"""Budgets of a key: who enforces them, what counts towards them, and what the admin sees of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction

from reviewapp import budgets, generation, line, money
from reviewapp.models import Candidate, LedgerEntry, Project, ProviderKey, Shot, Status, User
from reviewapp.models.money import utc_day
from tests.cast import sandbox_key

pytestmark = pytest.mark.django_db

# What one clip of the project's model costs.
PRICE = Decimal("0.60")


@pytest.fixture
def key(db: None) -> ProviderKey:
    return sandbox_key("https://api.example.com", name="Studio")


@pytest.fixture
def queued(project: Project, shot: Shot, alice: User) -> Callable[[], Candidate]:
    def order() -> Candidate:
        return generation.generate(project, [shot], alice, token=uuid4())[0]

    return order


def limit(key: ProviderKey, **budgets: Decimal) -> None:
    ProviderKey.objects.filter(pk=key.pk).update(**budgets)
    key.refresh_from_db()


def test_a_reservation_names_the_key_and_its_closing_does_too(
    key: ProviderKey, queued: Callable[[], Candidate]
) -> None:
    candidate = queued()
    assert candidate.estimate_usd == PRICE
    line.begin_submit(candidate.pk)
    assert budgets.key_totals(key)[key.pk] == budgets.Totals(reserved=PRICE, reserved_today=PRICE)
    other = sandbox_key("https://api.example.com", name="Other")
    Candidate.objects.filter(pk=candidate.pk).update(provider_key=other)
    money.settle(Candidate.objects.get(pk=candidate.pk), Decimal("0.50"), "made")
    assert budgets.key_totals(key, other) == {
        key.pk: budgets.Totals(spent=Decimal("0.50"), spent_today=Decimal("0.50")),
        other.pk: budgets.Totals(),
    }


def test_a_key_at_its_budget_pays_nothing_more_and_is_named(
    key: ProviderKey, queued: Callable[[], Candidate]
) -> None:
    first, second = queued(), queued()
    limit(key, budget_usd=Decimal("1.19"))
    money.reserve(first, key)
    with pytest.raises(
        budgets.KeyBudgetReached, match=r"budget of the key “Studio”, \$1.19, has \$0.59 left"
    ):
        money.reserve(second, key)
    assert LedgerEntry.objects.filter(candidate=second).count() == 0


def test_the_last_clip_may_use_the_budget_up(key: ProviderKey, queued: Callable[[], Candidate]) -> None:
    limit(key, budget_usd=PRICE, daily_budget_usd=PRICE)
    money.reserve(queued(), key)
    assert budgets.key_totals(key)[key.pk].reserved == PRICE


def test_a_key_holds_its_day_and_begins_afresh_at_midnight(
    key: ProviderKey, queued: Callable[[], Candidate]
) -> None:
    first, second, third = queued(), queued(), queued()
    limit(key, daily_budget_usd=Decimal("1.00"))
    money.reserve(first, key)
    money.settle(first, PRICE, "made")
    with pytest.raises(budgets.KeyBudgetReached, match="daily budget of the key “Studio”"):
        money.reserve(second, key)
    LedgerEntry.objects.update(day=utc_day() - timedelta(days=1))
    money.reserve(second, key)
    with pytest.raises(budgets.KeyBudgetReached):
        money.reserve(third, key)


def test_what_was_released_counts_no_more(key: ProviderKey, queued: Callable[[], Candidate]) -> None:
    first, second = queued(), queued()
    limit(key, budget_usd=PRICE, daily_budget_usd=PRICE)
    money.reserve(first, key)
    money.release(first, "never sent")
    money.reserve(second, key)


def test_a_key_that_is_deleted_leaves_the_ledger_as_it_was(
    key: ProviderKey, queued: Callable[[], Candidate]
) -> None:
    candidate = queued()
    money.reserve(candidate, key)
    key.delete()
    assert budgets.project_totals(candidate.shot.project).reserved == PRICE
    assert Candidate.objects.get(pk=candidate.pk).status == Status.QUEUED


@pytest.mark.django_db(transaction=True)
def test_two_projects_that_race_for_a_keys_last_dollar_get_it_once(
    key: ProviderKey, alice: User, project: Project, shot: Shot
) -> None:
    orders = [generation.generate(project, [shot], alice, token=uuid4())[0]]
    for number in range(5):
        other = Project.objects.create(slug=f"other-{number}", name=f"Other {number}", created_by=alice)
        theirs = Shot.objects.create(
            project=other, code="SQ010_SH0010", prompt="A boat", duration_s=Decimal(5)
        )
        orders.append(generation.generate(other, [theirs], alice, token=uuid4())[0])
    limit(key, budget_usd=PRICE)

    def claim(candidate: Candidate) -> bool:
        try:
            with transaction.atomic():
                money.reserve(candidate, key)
        except budgets.KeyBudgetReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(orders)) as pool:
        assert sorted(pool.map(claim, orders)) == [False] * 5 + [True]
    assert budgets.key_totals(key)[key.pk].reserved == PRICE
