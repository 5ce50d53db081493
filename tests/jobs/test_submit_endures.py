"""Whatever comes with an answer that surely took nothing: the money is free again and the row goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from jobs.submit import submit_candidate
from providers.errors import RateLimited
from reviewapp import line, money
from reviewapp.models import Candidate, ProviderKey, Shot, Status
from reviewapp.models.projects import Routing
from tests.cast import run_queue
from tests.reviewapp.limit_stage import accept, begin, make_key, queued
from tests.sandbox_server import Sandbox

CREATION = {"method": "POST", "path": "_to_video"}
Ask = Callable[..., list[Candidate]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wish", [1_800_000_000, 1_800_000_000_000])
def test_a_moment_in_the_place_of_a_wait_neither_loses_the_answer_nor_stops_the_key(
    sandbox: Sandbox, ask: Ask, key: ProviderKey, wish: int
) -> None:
    (asked,) = ask()
    sandbox.fault("status", match=CREATION, code=429, retry_after=wish)
    run_queue()
    asked.refresh_from_db()
    key.refresh_from_db()
    most = timezone.now() + timedelta(hours=6, seconds=2)
    assert asked.status == Status.QUEUED
    assert asked.due_at is not None
    assert asked.due_at < most
    assert key.resting_until is not None
    assert key.resting_until < most
    assert money.ledger_problems() == []


@pytest.mark.django_db
def test_a_full_provider_that_names_no_wait_is_not_asked_again_at_once(shot: Shot) -> None:
    key = make_key()
    busy, row = queued(shot, 2)
    claimed = begin(busy)
    assert claimed is not None
    accept(claimed)
    refused = begin(row)
    assert refused is not None
    line.submit_failed(refused, RateLimited("Too many.", retry_after=0.0))
    key.refresh_from_db()
    assert key.resting_until is not None
    assert key.resting_until > timezone.now() + timedelta(seconds=1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("paused", ["", "It is out of credit."])
def test_a_clip_whose_model_has_left_the_catalogue_goes_to_another_or_ends(
    shot: Shot, sandbox: Sandbox, key: ProviderKey, paused: str
) -> None:
    """As after an update of the program, while the clip stood in line."""
    ProviderKey.objects.update(paused_reason=paused)
    (row,) = queued(shot, 1, model="a-model-of-last-year", routing=Routing.CHEAPEST)
    submit_candidate(row.pk)
    run_queue()
    row.refresh_from_db()
    assert row.status == (Status.FAILED if paused else Status.GENERATING)
    assert sandbox.paid_count() == (0 if paused else 1)
    assert money.ledger_problems() == []


@pytest.mark.django_db
def test_a_named_model_that_has_left_the_catalogue_says_so_and_cost_nothing(shot: Shot) -> None:
    make_key()
    (row,) = queued(shot, 1, model="a-model-of-last-year")
    submit_candidate(row.pk)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "a-model-of-last-year" in row.failure
    assert list(row.ledger.values_list("kind", flat=True)) == ["reserved", "released"]
