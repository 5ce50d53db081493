"""Whatever comes with an answer that surely took nothing: the money is free again and the row goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.utils import timezone

from jobs.submit import _write_down, submit_candidate
from providers.contract import JobState, ProviderJob
from providers.errors import AnswerLost, InvalidRequest, NeverSent, RateLimited
from reviewapp import ledger, limits, line
from reviewapp.line import fallback
from reviewapp.models import Candidate, ProviderKey, Shot, Status, User
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
    assert ledger.problems() == []


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
    assert ledger.problems() == []


@pytest.mark.django_db
def test_a_named_model_that_has_left_the_catalogue_says_so_and_cost_nothing(shot: Shot) -> None:
    make_key()
    (row,) = queued(shot, 1, model="a-model-of-last-year")
    submit_candidate(row.pk)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "a-model-of-last-year" in row.failure
    assert list(row.ledger.values_list("kind", flat=True)) == ["reserved", "released"]


@pytest.mark.django_db
def test_an_answer_that_comes_after_the_next_call_has_begun_is_not_that_calls_answer(
    shot: Shot, alice: User
) -> None:
    make_key()
    (row,) = queued(shot, 1)
    first = begin(row)
    assert first is not None
    line.submit_failed(Candidate.objects.whole().get(pk=row.pk), AnswerLost("It is lost."))
    line.resolve_not_made(Candidate.objects.whole().get(pk=row.pk), alice)
    second = begin(row)
    assert second is not None
    for late in (InvalidRequest("It is wrong."), NeverSent("No way."), AnswerLost("It is lost.")):
        line.submit_failed(first, late)
    line.submit_accepted(first, ProviderJob(id="job-of-the-first-call", state=JobState.QUEUED))
    row.refresh_from_db()
    assert (row.status, row.attempt, row.provider_job_id) == (Status.SUBMITTING, 2, "")
    assert list(row.ledger.filter(attempt=2).values_list("kind", flat=True)) == ["reserved"]
    accept(second)
    assert ledger.problems() == []


@pytest.mark.django_db
def test_a_lost_answer_that_is_told_late_changes_nothing(shot: Shot) -> None:
    """The sweep has given the call up by then, and says the same."""
    make_key()
    (row,) = queued(shot, 1)
    claimed = begin(row)
    assert claimed is not None
    line.sweep(Candidate.objects.whole().get(pk=row.pk))
    row.refresh_from_db()
    assert row.status == Status.UNCERTAIN
    line.submit_failed(claimed, AnswerLost("It is lost."))
    assert Candidate.objects.get(pk=row.pk).revision == row.revision
    line.submit_accepted(claimed, ProviderJob(id="it-came-after-all", state=JobState.QUEUED))
    row.refresh_from_db()
    assert (row.status, row.provider_job_id) == (Status.GENERATING, "it-came-after-all")


@pytest.mark.django_db
@pytest.mark.parametrize("trouble", ["a busy database", "a sweep"])
def test_an_answer_is_written_past_what_comes_in_between(shot: Shot, trouble: str) -> None:
    make_key()
    (row,) = queued(shot, 1)
    claimed = begin(row)
    assert claimed is not None
    troubles = [trouble]

    def write() -> None:
        if not troubles:
            line.submit_accepted(claimed, ProviderJob(id="it-was-taken", state=JobState.QUEUED))
        elif troubles.pop() == "a sweep":
            line.sweep(Candidate.objects.whole().get(pk=row.pk))
            claimed.move(Status.GENERATING)
        else:
            raise OperationalError("database is locked")

    _write_down(write)
    row.refresh_from_db()
    assert (row.status, row.provider_job_id) == (Status.GENERATING, "it-was-taken")


@pytest.mark.django_db
def test_a_clip_does_not_wander_from_provider_to_provider_for_ever(shot: Shot) -> None:
    make_key()
    (row,) = queued(shot, 1, routing=Routing.CHEAPEST)
    asked = [{"provider": "kling", "model": f"m{number}", "why": "No."} for number in range(12)]
    assert fallback.look_around(row, asked).choice is not None
    assert fallback.look_around(row, [*asked, asked[0]]).choice is None


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["budget_usd", "daily_budget_usd"])
def test_a_key_without_money_is_passed_over_for_the_next_of_its_provider(shot: Shot, limit: str) -> None:
    make_key(**{limit: Decimal("0.05")})
    rich = make_key()
    (row,) = queued(shot, 1)
    claimed = begin(row)
    assert claimed is not None
    assert claimed.provider_key == rich


@pytest.mark.django_db
def test_a_clock_that_ran_wrong_for_a_while_keeps_no_key_waiting(shot: Shot) -> None:
    key = make_key(requests_per_minute=60, next_call_at=timezone.now() + timedelta(days=1))
    first, second = queued(shot, 2)
    assert begin(first) is not None
    assert begin(second) is None
    ProviderKey.objects.update(next_call_at=timezone.now() + timedelta(days=1))
    assert limits.call_waiting() == 1
    key.refresh_from_db()
    assert key.next_call_at is not None
    assert key.next_call_at < timezone.now() + timedelta(seconds=3)


def test_a_lease_that_ends_before_the_call_may_is_refused() -> None:
    """The call would be looked up, and maybe sent again, while it is still on its way."""
    wrong = {"RETAKE_SUBMIT_TIMEOUT_S": "120", "RETAKE_SUBMIT_LEASE_S": "60"}
    command = [sys.executable, "-c", "from reviewapp import settings"]
    done = subprocess.run(command, env=os.environ | wrong, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "RETAKE_SUBMIT_LEASE_S is '60'; it must be a number of at least 121" in done.stderr
