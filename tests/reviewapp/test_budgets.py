"""Budgets of project, shot, key and day: what each mode does, who waits for what, and the race for the last
dollar.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewapp import board, budgets, keyring, line, money, projects, retakes, review, shortage
from reviewapp.models import (
    BudgetMode,
    BudgetScope,
    Candidate,
    Event,
    LedgerEntry,
    Project,
    ProviderKey,
    Shot,
    Status,
    User,
)
from reviewapp.models.money import utc_day
from tests.cast import sandbox_key, signed_in
from tests.patience import PATIENCE_S
from tests.reviewapp.review_world import in_review, rejected, retake_of
from tests.reviewapp.stages import asked, bring, reviewed

pytestmark = pytest.mark.django_db
Scope = BudgetScope
# What one clip of the project's model costs.
PRICE = Decimal("0.60")
COLUMNS = {
    Scope.PROJECT: "budget_usd",
    Scope.DAY: "daily_budget_usd",
    Scope.SHOT: "shot_budget_usd",
    Scope.KEY: "budget_usd",
    Scope.KEY_DAY: "daily_budget_usd",
}


@pytest.fixture
def key(db: None) -> ProviderKey:
    return sandbox_key("https://api.example.com", name="Studio")


def limit(scope: BudgetScope, usd: Decimal | None, mode: BudgetMode = BudgetMode.CAP) -> None:
    """Set one budget behind everybody's back, as a page that was open for long would find it."""
    model: Any = ProviderKey if scope in budgets.OF_KEYS else Project
    model.objects.update(**{COLUMNS[scope]: usd, "budget_mode": mode})


def raise_budget(scope: BudgetScope, usd: Decimal, by: User) -> None:
    """Raise it as people do."""
    if scope in budgets.OF_KEYS:
        key = ProviderKey.objects.get()
        limits = vars(keyring.limits_of(key)) | {COLUMNS[scope]: usd}
        keyring.change_limits(by, key, keyring.Limits(**limits))
    else:
        projects.change_settings(by, Project.objects.get(), {COLUMNS[scope]: usd})


def fresh(candidate: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=candidate.pk)


def sent(candidate: Candidate) -> bool:
    return line.begin_submit(candidate.pk) is not None


def the_next_day() -> None:
    """Everything that was sent is a day older, and the next look of every row with it."""
    LedgerEntry.objects.update(day=utc_day() - timedelta(days=1))
    Candidate.objects.exclude(short_of="").update(due_at=timezone.now())


# --- caps: what has no room waits ---


@pytest.mark.parametrize("scope", Scope)
def test_what_a_cap_has_no_room_for_waits_and_goes_once_the_budget_is_raised(
    key: ProviderKey, shot: Shot, alice: User, scope: BudgetScope
) -> None:
    first, second = asked(shot, alice, 2)
    limit(scope, PRICE)
    assert (sent(first), sent(second)) == (True, False)
    waiting = fresh(second)
    assert (waiting.status, waiting.short_of) == (Status.QUEUED, scope)
    assert "has $0.00 left and this clip costs $0.60. Nothing was sent" in waiting.failure
    assert waiting.due_at is not None
    assert waiting.due_at > timezone.now()
    assert not LedgerEntry.objects.filter(candidate=second).exists()
    raise_budget(scope, 2 * PRICE, alice)
    assert [row.pk for row in line.due_now(10)] == [second.pk]
    assert sent(second)
    assert (fresh(second).short_of, fresh(second).failure) == ("", "")


@pytest.mark.parametrize("scope", sorted(budgets.DAYS))
def test_the_cap_of_a_day_lets_go_after_midnight_by_itself(
    key: ProviderKey, shot: Shot, alice: User, scope: BudgetScope
) -> None:
    first, second = asked(shot, alice, 2)
    limit(scope, PRICE)
    assert (sent(first), sent(second)) == (True, False)
    waiting = fresh(second)
    assert waiting.due_at is not None
    assert timedelta(0) < waiting.due_at - budgets.midnight() < timedelta(minutes=2)
    assert "goes on by itself after midnight UTC" in waiting.failure
    assert not board.found(shot.project, board.NEEDS_YOU, ""), "nobody has to do anything"
    # What is still reserved of yesterday's calls belongs to yesterday.
    the_next_day()
    assert [row.pk for row in line.due_now(10)] == [second.pk]
    assert sent(second)


def test_a_charge_that_comes_a_day_later_counts_for_the_day_of_the_call(
    key: ProviderKey, shot: Shot, alice: User
) -> None:
    limit(Scope.DAY, PRICE)
    yesterday, today = asked(shot, alice, 2)
    money.reserve(yesterday, key)
    the_next_day()
    money.reserve(today, key)
    money.settle(yesterday, PRICE, "made")
    totals = budgets.project_totals(shot.project)
    assert (totals.spent, totals.today) == (PRICE, PRICE)
    assert set(LedgerEntry.objects.filter(candidate=yesterday).values_list("day", flat=True)) == {
        utc_day() - timedelta(days=1)
    }


def test_a_clip_that_costs_more_than_the_whole_day_does_not_try_every_midnight(
    key: ProviderKey, shot: Shot, alice: User
) -> None:
    (candidate,) = asked(shot, alice)
    limit(Scope.DAY, PRICE - Decimal("0.01"))
    assert not sent(candidate)
    assert "it costs more than all of it" in fresh(candidate).failure


def test_money_that_comes_free_lets_those_who_wait_go_on(
    key: ProviderKey, shot: Shot, alice: User, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = asked(shot, alice, 2)
    limit(Scope.SHOT, PRICE)
    assert (sent(first), sent(second)) == (True, False)
    with django_capture_on_commit_callbacks(execute=True):
        money.release(fresh(first), "never sent")
    assert [row.pk for row in line.due_now(10) if row.pk == second.pk]
    assert sent(second)


def test_a_clip_waits_no_day_for_a_capped_key_while_another_one_only_rests(
    key: ProviderKey, shot: Shot, alice: User
) -> None:
    limit(Scope.KEY_DAY, PRICE)
    first, second = asked(shot, alice, 2)
    resting = {"resting_until": timezone.now() + timedelta(seconds=40), "resting_reason": "It is down."}
    sandbox_key("https://api.example.com", name="Rests", **resting)
    assert (sent(first), sent(second)) == (True, False)
    waiting = fresh(second)
    assert (waiting.status, waiting.short_of) == (Status.QUEUED, "")
    assert waiting.due_at is not None
    assert waiting.due_at < timezone.now() + timedelta(minutes=1)


def test_a_raise_between_the_refusal_and_the_wait_is_not_missed(
    key: ProviderKey, shot: Shot, alice: User
) -> None:
    (candidate,) = asked(shot, alice)
    limit(Scope.PROJECT, Decimal("0.10"))
    with pytest.raises(budgets.BudgetReached) as reached, transaction.atomic():
        money.reserve(candidate, key)
    limit(Scope.PROJECT, Decimal(40))
    shortage.park(candidate, reached.value)
    assert [row.pk for row in line.due_now(10)] == [candidate.pk]


def test_a_shot_that_waits_for_money_is_found_by_its_producer_and_says_so(
    key: ProviderKey, shot: Shot, alice: User
) -> None:
    goes, candidate = asked(shot, alice, 2)
    assert sent(goes)
    limit(Scope.PROJECT, Decimal("0.61"))
    assert not sent(candidate)
    assert list(board.found(shot.project, board.NEEDS_YOU, "")) == [shot]
    page = signed_in(alice).get(reverse("shot-detail", args=[shot.project.slug, shot.code]))
    assert "Waits for a budget." in page.content.decode()
    page = signed_in(alice).get(reverse("shot-list", args=[shot.project.slug]))
    assert "1 waits for a budget" in page.content.decode()


# --- the order ---


def test_an_order_larger_than_the_day_is_sent_and_the_rest_waits_for_tomorrow(
    key: ProviderKey, shot: Shot, alice: User
) -> None:
    limit(Scope.DAY, 3 * PRICE)
    page = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), {"shot": shot.pk})
    words = page.content.decode()
    assert "$0.60 more than the project&#x27;s daily budget has left" in words
    assert "waits until after midnight UTC" in words
    assert page.context["quote"].may_be_sent
    assert [sent(candidate) for candidate in asked(shot, alice, 4)] == [True, True, True, False]


def test_a_shots_own_cap_leaves_it_out_of_an_order(shot: Shot, alice: User) -> None:
    limit(Scope.SHOT, 3 * PRICE)
    page = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), {"shot": shot.pk})
    assert "has $1.80 left and these 4 clips cost $2.40" in page.content.decode()
    assert not page.context["quote"].may_be_sent


# --- warn: a person is asked ---


@pytest.mark.parametrize("scope", [Scope.PROJECT, Scope.DAY, Scope.SHOT, Scope.KEY])
def test_a_retake_that_would_go_over_a_warned_budget_waits_for_a_producer(
    shot: Shot, alice: User, bob: User, scope: BudgetScope
) -> None:
    Project.objects.update(hold_seconds=0)
    (clip,) = in_review(shot, alice, 1)
    limit(scope, PRICE, BudgetMode.WARN)
    version, held = retake_of(rejected(fresh(clip), bob))
    assert (held.status, held.due_at, held.short_of) == (Status.HELD, None, scope)
    assert list(board.found(shot.project, board.NEEDS_YOU, "")) == [shot]
    send, confirm = (reverse(name, args=[version.pk]) for name in ("retake-send", "retake-confirm"))
    answer = signed_in(bob).post(send, HTTP_HX_REQUEST="true")
    assert answer.status_code == 403
    assert "go over a budget" in answer.content.decode()
    assert fresh(held).status == Status.HELD
    page = signed_in(alice).get(reverse("shot-detail", args=[shot.project.slug, shot.code]))
    assert "This goes $0.60 over" in page.content.decode()
    signed_in(alice).post(confirm)
    assert (fresh(held).status, fresh(held).short_of) == (Status.QUEUED, "")
    assert sent(held), "who was asked is not asked again"


def test_a_retake_that_waits_for_a_word_goes_by_itself_once_there_is_room(
    shot: Shot, alice: User, bob: User
) -> None:
    (clip,) = in_review(shot, alice, 1)
    limit(Scope.PROJECT, PRICE, BudgetMode.WARN)
    _, held = retake_of(rejected(fresh(clip), bob))
    raise_budget(Scope.PROJECT, 3 * PRICE, alice)
    retakes.release_hold(fresh(held))
    assert fresh(held).status == Status.QUEUED


def test_a_retake_that_waits_for_a_word_over_a_day_goes_by_itself_when_that_day_is_over(
    shot: Shot, alice: User, bob: User
) -> None:
    (clip,) = in_review(shot, alice, 1)
    limit(Scope.DAY, PRICE, BudgetMode.WARN)
    _, held = retake_of(rejected(fresh(clip), bob))
    retakes.look_for_room()
    assert (fresh(held).status, fresh(held).short_of) == (Status.HELD, Scope.DAY)
    LedgerEntry.objects.update(day=utc_day() - timedelta(days=1))
    retakes.look_for_room()
    assert fresh(held).status == Status.QUEUED


def test_what_is_spent_during_the_hold_is_seen_at_its_end(shot: Shot, alice: User, bob: User) -> None:
    (clip,) = in_review(shot, alice, 1)
    limit(Scope.PROJECT, 3 * PRICE, BudgetMode.WARN)
    _, held = retake_of(rejected(fresh(clip), bob))
    assert held.due_at is not None
    asked(shot, alice, 1)
    limit(Scope.PROJECT, 2 * PRICE, BudgetMode.WARN)
    retakes.release_hold(fresh(held))
    assert (fresh(held).status, fresh(held).short_of) == (Status.HELD, Scope.PROJECT)


def test_sending_again_over_a_warned_budget_asks_first_and_names_it(shot: Shot, alice: User) -> None:
    stuck = bring(asked(shot, alice)[0], Status.FAILED, failure="It did not work.")
    limit(Scope.PROJECT, Decimal("0.50"), BudgetMode.WARN)
    client, where = signed_in(alice), reverse("candidate-again", args=[stuck.uid])
    data = {"revision": str(stuck.revision)}
    question = client.post(where, data)
    assert question.status_code == 409
    assert "$0.10 over the project&#x27;s budget of $0.50" in question.content.decode()
    assert fresh(stuck).status == Status.FAILED
    agreed = data | {"agreed": question.context["price"].mark}
    client.post(where, agreed)
    assert fresh(stuck).status == Status.QUEUED
    client.post(where, agreed)
    assert fresh(stuck).attempt == stuck.attempt + 1, "a second click sends nothing twice"


# --- what is told ---


@pytest.mark.parametrize("mode", BudgetMode)
def test_a_budget_that_is_reached_is_told_once_and_again_after_it_was_raised(
    key: ProviderKey, shot: Shot, alice: User, mode: BudgetMode
) -> None:
    candidates = asked(shot, alice, 4)
    limit(Scope.PROJECT, Decimal("0.10"), mode)
    assert [sent(candidate) for candidate in candidates[:3]] == [mode != BudgetMode.CAP] * 3
    assert [event.repeats for event in Event.objects.filter(kind="budget_reached")] == [
        f"budget:project:{shot.project_id}:total:0.10"
    ]
    limit(Scope.PROJECT, Decimal("0.20"), mode)
    sent(candidates[3])
    assert Event.objects.filter(kind="budget_reached").count() == 2


# --- the price before the click ---


def test_the_preview_of_a_retake_costs_what_its_maker_asks_now(shot: Shot, alice: User, bob: User) -> None:
    (clip,) = reviewed(shot, alice)
    Candidate.objects.update(estimate_usd=Decimal("9.99"))
    where = reverse("review-preview", args=[clip.uid])
    page = (
        signed_in(bob)
        .post(where, {"verdict": "reject", "text": "Make it night.", "revision": clip.revision})
        .content.decode()
    )
    assert "$0.60</b> for 1 clip" in page
    assert "left of the project&#x27;s budget" in page
    assert "$9.99" not in page


def test_undoing_an_approval_says_before_and_after_what_it_brings_back(
    shot: Shot, alice: User, bob: User
) -> None:
    first, second = in_review(shot, alice, 2)
    rejected(first, bob)
    second = fresh(second)
    decision = review.approve(second, bob, second.revision)
    room = signed_in(bob).get(reverse("review-room", args=[second.uid])).content.decode()
    assert "brings back 1 retake, $0.60" in room
    assert "The retake that the approval had stopped will be sent after all, for $0.60" in (
        review.undo(decision, bob).sentence
    )


def test_every_page_with_money_says_it_in_the_same_words(
    key: ProviderKey, shot: Shot, alice: User, dana: User
) -> None:
    slug = shot.project.slug
    made, under_way, _ = asked(shot, alice, 3)
    bring(made, Status.IN_REVIEW)
    bring(under_way, Status.GENERATING)
    Project.objects.update(budget_usd=2, daily_budget_usd=Decimal("1.20"))
    addresses = [
        reverse("project-list"),
        reverse("shot-list", args=[slug]),
        reverse("shot-detail", args=[slug, shot.code]),
        reverse("review-room", args=[made.uid]),
        reverse("costs"),
    ]
    for address in addresses:
        page = " ".join(signed_in(dana).get(address).content.decode().split())
        for word in ("Spent", "Reserved", "Promised", "Left", "Left today"):
            assert word in page, (address, word)
        assert '$0.20 <span class="muted">of $2.00</span>' in page, address
        assert "over 80&nbsp;%" in page, address
        assert ">reached<" in page, address


# --- the last dollar ---


def _race(candidates: Sequence[Candidate], key: ProviderKey) -> int:
    """Reserve them all at the same moment; how many found room."""
    start = Barrier(len(candidates))

    def reserve(candidate: Candidate) -> bool:
        start.wait(timeout=PATIENCE_S)
        try:
            with transaction.atomic():
                money.reserve(candidate, key)
        except budgets.BudgetReached:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(candidates)) as pool:
        return sum(pool.map(reserve, candidates))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scope", Scope)
def test_who_races_for_the_last_dollar_gets_exactly_what_fits(
    key: ProviderKey, shot: Shot, alice: User, scope: BudgetScope
) -> None:
    candidates = asked(shot, alice, 8)
    limit(scope, 3 * PRICE + Decimal("0.59"))
    assert _race(candidates, key) == 3
    totals = budgets.project_totals(shot.project)
    assert totals.reserved == 3 * PRICE


@pytest.mark.django_db(transaction=True)
def test_workers_that_claim_with_and_without_a_place_on_the_key_never_wait_for_each_other(
    key: ProviderKey, project: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    """The project's lock comes before the key's: with the other order two workers could stand for ever."""
    sandbox_key("https://api.example.com", name="Limited", concurrency=50)
    Project.objects.update(budget_usd=3 * PRICE, daily_budget_usd=3 * PRICE)
    ProviderKey.objects.update(budget_usd=Decimal(50))
    Project.objects.update(budget_usd=None)
    candidates = asked(make_shot(), alice, 6)
    start = Barrier(len(candidates))

    def claim(candidate: Candidate) -> bool:
        start.wait(timeout=PATIENCE_S)
        try:
            return sent(candidate)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(candidates)) as pool:
        assert sum(pool.map(claim, candidates)) == 3
    assert budgets.project_totals(project).reserved == 3 * PRICE


STEPS = st.lists(
    st.tuples(st.sampled_from(("reserve", "settle", "release")), st.integers(0, 5), st.integers(0, 60)),
    max_size=10,
)


@given(steps=STEPS, whole=st.integers(0, 250), day=st.integers(0, 250), own=st.integers(0, 250))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_happens_no_cap_is_passed(
    key: ProviderKey,
    shot: Shot,
    alice: User,
    steps: list[tuple[str, int, int]],
    whole: int,
    day: int,
    own: int,
) -> None:
    """As long as no vendor charges more than was reserved, which is its word and not ours."""
    with transaction.atomic():
        candidates = asked(shot, alice, 6)
        caps = {Scope.PROJECT: whole, Scope.DAY: day, Scope.KEY: own}
        for scope, cents in caps.items():
            limit(scope, Decimal(cents) / 100)
        for step, which, cents in steps:
            row = fresh(candidates[which])
            if step == "settle":
                money.settle(row, Decimal(cents) / 100, "made")
            elif step == "release":
                money.release(row, "never sent")
            elif not LedgerEntry.objects.filter(candidate=row).exists():
                with suppress(budgets.BudgetReached):
                    money.reserve(row, key)
            totals = budgets.project_totals(Project.objects.get())
            assert totals.spent + totals.reserved <= Decimal(min(whole, day, own)) / 100
            assert totals.today == totals.spent + totals.reserved
        transaction.set_rollback(True)
