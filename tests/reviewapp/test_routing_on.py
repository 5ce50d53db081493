"""A clip that a policy has placed goes on to another provider; one whose model was named stays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from providers import catalog
from providers.errors import InvalidRequest, NeverSent, OutOfCredit, RateLimited
from reviewapp import ledger, line
from reviewapp.models import Candidate, ProviderKey, Shot, Status, User
from reviewapp.models.projects import Routing
from tests.cast import sandbox_key
from tests.reviewapp.test_routing import keys, make_key, send

__all__ = ["keys"]

pytestmark = pytest.mark.django_db


def fresh(candidate: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=candidate.pk)


def begun(candidate: Candidate) -> Candidate:
    claimed = line.begin_submit(candidate.pk)
    assert claimed is not None
    return claimed


def test_those_in_line_for_a_provider_that_went_down_look_around_at_once(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    ProviderKey.objects.filter(provider="kling").update(concurrency=1)
    first, second = send(shot, alice, 2, routing=Routing.CHEAPEST)
    claimed = begun(first)
    assert line.begin_submit(second.pk) is None
    waiting = fresh(second)
    assert waiting.waits_since is not None
    assert waiting.due_at is not None
    assert waiting.due_at > timezone.now(), "it waits for its turn"
    line.submit_failed(claimed, NeverSent("Kling could not be reached."))
    waiting = fresh(second)
    assert waiting.due_at is not None
    assert waiting.due_at <= timezone.now()
    assert line.begin_submit(second.pk) is None
    moved = fresh(second)
    assert moved.provider != "kling"
    assert (moved.attempt, moved.waits_since) == (1, None), "it was never sent anywhere"
    assert "Kling could not be reached." in moved.passed_by[0]["why"]
    assert not moved.ledger.exists()
    assert begun(second).provider == moved.provider


def test_a_line_before_a_provider_that_is_only_full_is_left_in_peace(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    ProviderKey.objects.filter(provider="kling").update(concurrency=2)
    under_way, refused, waiting = send(shot, alice, 3, routing=Routing.CHEAPEST)
    begun(under_way)
    claimed = begun(refused)
    assert line.begin_submit(waiting.pk) is None
    line.submit_failed(claimed, RateLimited("Kling makes as many clips as it can.", retry_after=20))
    assert fresh(refused).provider != "kling"
    due_at = fresh(waiting).due_at
    assert due_at is not None
    assert due_at > timezone.now()
    line.begin_submit(waiting.pk)
    assert fresh(waiting).provider == "kling"


def test_an_account_whose_budget_is_used_up_is_passed_over(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    (candidate,) = send(shot, alice, routing=Routing.CHEAPEST)
    ProviderKey.objects.filter(provider="kling").update(budget_usd=Decimal("0.01"))
    assert line.begin_submit(candidate.pk) is None
    moved = fresh(candidate)
    assert (moved.status, moved.provider == "kling") == (Status.QUEUED, False)
    assert "The budget of the key “Kling”" in moved.passed_by[0]["why"]
    (named,) = send(shot, alice, provider="kling", model="kling-3.0")
    assert line.begin_submit(named.pk) is None
    assert (fresh(named).status, fresh(named).short_of) == (Status.QUEUED, "key")


def test_a_drawn_clip_is_handed_on_to_the_sandbox_only(shot: Shot, alice: User, settings: Any) -> None:
    for vendor in ("kling", "runway"):
        sandbox_key(f"{settings.SANDBOX_URL}/{vendor}", name=vendor, provider=vendor)
    (candidate,) = send(shot, alice, routing=Routing.CHEAPEST)
    claimed = begun(candidate)
    make_key("gemini")
    line.submit_failed(claimed, OutOfCredit("The account is empty."))
    assert (claimed.provider, fresh(candidate).provider) == ("kling", "runway")
    assert begun(candidate).provider_key == ProviderKey.objects.get(name="runway")


def test_a_wrong_request_is_nobody_elses_business(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    (candidate,) = send(shot, alice, routing=Routing.CHEAPEST)
    line.submit_failed(begun(candidate), InvalidRequest("Kling refuses the request.", status=400))
    failed = fresh(candidate)
    assert (failed.status, failed.provider, failed.passed_by) == (Status.FAILED, "kling", [])
    assert not ProviderKey.objects.exclude(paused_reason="", resting_until=None).exists()


def test_a_clip_that_was_handed_on_is_reserved_at_its_new_price_on_the_new_account(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    (candidate,) = send(shot, alice, routing=Routing.CHEAPEST)
    first = begun(candidate)
    line.submit_failed(first, OutOfCredit("The account is empty."))
    second = begun(candidate)
    lines = list(candidate.ledger.values_list("kind", "attempt", "key__provider", "amount"))
    assert lines == [
        ("reserved", 1, "kling", first.estimate_usd),
        ("released", 1, "kling", Decimal(0)),
        ("reserved", 2, second.provider, second.estimate_usd),
    ]
    assert second.estimate_usd > first.estimate_usd
    label = catalog.model(second.provider, second.model).label
    assert second.choice_why.startswith(f"{label} at ${second.estimate_usd:.2f}: ")
    assert ledger.problems() == []


def test_asking_again_lets_everybody_be_asked_again(
    shot: Shot, alice: User, keys: dict[str, ProviderKey]
) -> None:
    (candidate,) = send(shot, alice, routing=Routing.CHEAPEST)
    while fresh(candidate).status == Status.QUEUED:
        line.submit_failed(begun(candidate), OutOfCredit("The account is empty."))
    failed = fresh(candidate)
    assert (failed.status, len(failed.passed_by)) == (Status.FAILED, 2)
    assert "is paused" in failed.failure
    ProviderKey.objects.update(paused_reason="")
    line.ask_again(failed, alice)
    assert fresh(candidate).passed_by == []
    assert begun(candidate).provider == failed.provider
