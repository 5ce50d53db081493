"""One vendor's strange answer concerns one clip: the watch over all others goes on."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from jobs.poll import Poller
from jobs.watch import Watcher
from providers.contract import JobState, Output, ProviderJob
from providers.errors import (
    AnswerLost,
    InvalidRequest,
    JobNotFound,
    ProviderError,
    RateLimited,
    VendorUnavailable,
)
from reviewapp import budgets, inputs, keyring, ledger, line, money
from reviewapp.models import Candidate, ProviderKey, Shot, ShotInput, Status, User
from tests.jobs.conftest import watch_until
from tests.providers.sandbox.orders import png
from tests.reviewapp.hook_stage import make_key, make_row
from tests.reviewapp.limit_stage import queued
from tests.sandbox_server import Sandbox

DONE = (Output(url="https://example.org/clip.mp4"),)


def fresh(row: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=row.pk)


def heard(row: Candidate, answer: ProviderJob | ProviderError | None) -> Candidate:
    line.record_polls([(fresh(row), answer)])
    return fresh(row)


@pytest.mark.django_db
@pytest.mark.parametrize("status", [Status.GENERATING, Status.UNCERTAIN])
def test_a_vendor_that_is_away_for_weeks_is_still_asked(shot: Shot, status: Status) -> None:
    row = make_row(shot, make_key("kling"), status, tries=32767)
    seen = heard(row, VendorUnavailable("It is down."))
    assert seen.due_at is not None
    assert timedelta(seconds=200) < seen.due_at - timezone.now() < timedelta(seconds=400)
    assert seen.tries <= 32767


@pytest.mark.django_db
def test_a_wait_of_years_is_not_believed(shot: Shot) -> None:
    """Some gateways put the moment into Retry-After, in seconds or even milliseconds."""
    row = make_row(shot, make_key("kling"))
    for wish in (1.8e9, 1.8e12, 1e300, float("inf")):
        seen = heard(row, VendorUnavailable("It is down.", retry_after=wish))
        assert seen.due_at is not None
        assert seen.due_at - timezone.now() <= timedelta(hours=1, seconds=1)


@pytest.mark.django_db
def test_one_answer_that_cannot_be_written_keeps_no_other_from_being_written(shot: Shot) -> None:
    key = make_key("runway")
    mad, good = make_row(shot, key), make_row(shot, key)
    for row in (mad, good):
        money.reserve(row, key)
    # Half of a letter, which no database takes.
    unwritable = ProviderJob(id=mad.provider_job_id, state=JobState.RUNNING, vendor_status="\ud83d")
    done = ProviderJob(id=good.provider_job_id, state=JobState.SUCCEEDED, outputs=DONE)
    line.record_polls([(fresh(mad), unwritable), (fresh(good), done)])
    assert fresh(good).status == Status.INGESTING
    later = fresh(mad)
    assert later.status == Status.GENERATING
    assert later.due_at is not None
    assert later.due_at > timezone.now() + timedelta(seconds=30)
    assert ledger.problems() == []


@pytest.mark.django_db
def test_a_charge_that_no_clip_can_have_is_counted_at_the_estimate(shot: Shot) -> None:
    """Else one broken figure would use up the project's budget for good."""
    row = make_row(shot, key := make_key("runway"))
    money.reserve(row, key)
    done = ProviderJob(id=row.provider_job_id, state=JobState.SUCCEEDED, outputs=DONE)
    heard(row, replace(done, cost_usd=Decimal("1e300"), cost_is_final=True))
    assert budgets.project_totals(shot.project).spent == row.estimate_usd


@pytest.mark.django_db
def test_a_lost_answer_is_not_taken_to_be_another_clips_job(shot: Shot) -> None:
    key = make_key("kling")
    other = make_row(shot, key)
    lost, good = make_row(shot, key, Status.UNCERTAIN, provider_job_id=""), make_row(shot, key)
    found = ProviderJob(id=other.provider_job_id, state=JobState.RUNNING)
    done = ProviderJob(id=good.provider_job_id, state=JobState.SUCCEEDED, outputs=DONE)
    line.record_polls([(fresh(lost), found), (fresh(good), done)])
    assert fresh(good).status == Status.INGESTING
    still = fresh(lost)
    assert (still.status, still.provider_job_id) == (Status.UNCERTAIN, "")
    # Looking again would bring the same; a person has to say what happened.
    assert still.due_at is None
    assert "another clip" in still.failure


@pytest.mark.django_db(transaction=True)
def test_a_row_that_cannot_be_swept_does_not_end_the_watch(shot: Shot, sandbox: Sandbox) -> None:
    """A model that has left the catalogue, in a row whose policy asks for another one."""
    key = make_key("runway", paused_reason="It is out of credit.")
    past = timezone.now() - timedelta(seconds=1)
    make_row(shot, key, Status.QUEUED, due_at=past, routing="cheapest", provider_job_id="")
    uncertain = make_row(shot, key, Status.SUBMITTING, due_at=past, provider_job_id="")
    watch_until(uncertain, Status.UNCERTAIN)


@pytest.mark.django_db
def test_what_nobody_foresaw_in_one_row_or_chore_keeps_no_other_waiting(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("nobody foresaw this")

    monkeypatch.setattr("reviewapp.retakes.release_hold", broken)
    monkeypatch.setattr("reviewapp.hooks.keep_house", broken)
    key = make_key("runway")
    past = timezone.now() - timedelta(seconds=1)
    strange = make_row(shot, key, Status.HELD, due_at=past - timedelta(seconds=1), provider_job_id="")
    uncertain = make_row(shot, key, Status.SUBMITTING, due_at=past, provider_job_id="")
    watcher = Watcher()
    watcher._keep_signs()
    watcher._sweep()
    assert fresh(uncertain).status == Status.UNCERTAIN
    seen = fresh(strange).due_at
    assert seen is not None
    assert seen > timezone.now() + timedelta(seconds=30)


@pytest.mark.django_db
@pytest.mark.parametrize("gone", [JobNotFound("It knows no such job."), InvalidRequest("Gone.", status=410)])
def test_a_vendor_must_say_more_than_once_that_it_knows_no_such_job(shot: Shot, gone: ProviderError) -> None:
    """Another server of it may not have heard of the job yet, or a gateway may be in the middle of a change.
    The clip is paid and being made: to give it up at the first such word would pay for another.
    """
    key = make_key("kling")
    row = make_row(shot, key)
    money.reserve(row, key)
    seen, waited = heard(row, gone), timedelta()
    while seen.status == Status.GENERATING:
        assert seen.due_at is not None
        waited += seen.due_at - timezone.now()
        assert waited < timedelta(minutes=5)
        seen = heard(row, gone)
    assert seen.status == Status.FAILED
    assert waited > timedelta(seconds=30)
    assert "no longer knows" in seen.failure
    assert ledger.problems() == []


@pytest.mark.django_db
def test_a_job_that_is_known_again_is_followed_as_if_nothing_had_been(shot: Shot) -> None:
    row = make_row(shot, make_key("kling"))
    heard(row, JobNotFound("It knows no such job."))
    assert heard(row, ProviderJob(id=row.provider_job_id, state=JobState.RUNNING)).tries == 0


@pytest.mark.django_db
def test_a_job_that_was_to_be_stopped_and_is_gone_has_been_stopped(shot: Shot) -> None:
    key = make_key("kling")
    row = make_row(shot, key, cancel_asked=True)
    money.reserve(row, key)
    assert heard(row, JobNotFound("It knows no such job.")).status == Status.CANCELLED


@pytest.mark.django_db
def test_a_call_that_is_not_found_is_looked_up_twice_before_it_is_paid_again(shot: Shot) -> None:
    key = make_key("kling")
    (row,) = queued(shot, 1, provider="kling", model="kling-3.0")
    assert line.begin_submit(row.pk) is not None
    line.submit_failed(fresh(row), AnswerLost("It is lost."))
    first = heard(row, None)
    assert (first.status, first.attempt) == (Status.UNCERTAIN, 1)
    assert first.due_at is not None
    assert first.due_at > timezone.now() + timedelta(seconds=50)
    again = heard(row, None)
    assert (again.status, again.attempt, again.provider_key_id) == (Status.QUEUED, 2, key.pk)
    assert list(row.ledger.values_list("kind", flat=True)) == ["reserved", "released"]


@pytest.mark.django_db
def test_a_call_that_another_account_does_not_know_is_not_paid_again(shot: Shot, dana: User) -> None:
    """An admin who enters another account's secret has changed whom we ask, and not what was paid."""
    key = make_key("kling")
    (row,) = queued(shot, 1, provider="kling", model="kling-3.0")
    assert line.begin_submit(row.pk) is not None
    line.submit_failed(fresh(row), AnswerLost("It is lost."))
    facts = keyring.KeyFacts(name=key.name, provider="kling", secrets={"api_key": "another-account-" * 3})
    keyring.change_key(dana, key, facts)
    for _ in range(3):
        seen = heard(row, None)
    assert (seen.status, seen.attempt, seen.due_at) == (Status.UNCERTAIN, 1, None)
    assert "key was changed" in seen.failure
    assert list(row.ledger.values_list("kind", flat=True)) == ["reserved"]


@pytest.mark.django_db
def test_a_throttled_look_up_of_a_paid_call_pays_for_no_second_one(shot: Shot) -> None:
    row = make_row(shot, make_key("kling"), Status.UNCERTAIN, provider_job_id="")
    assert heard(row, RateLimited("Not now.", retry_after=1e12)).status == Status.UNCERTAIN


@pytest.mark.django_db(transaction=True)
def test_a_lost_answer_is_looked_up_for_a_clip_that_starts_from_a_picture_too(
    shot: Shot, sandbox: Sandbox, alice: User
) -> None:
    key = ProviderKey(name="Kling", provider="kling", base_url=f"{sandbox.url}/kling")
    key.set_credentials({"api_key": "k" * 40})
    key.save()
    entry = inputs.add(shot, ShotInput.Kind.FIRST_FRAME, ContentFile(png(1280, 720), name="boat.png"), alice)
    pins = inputs.pins_of([entry])
    lost = make_row(shot, key, Status.UNCERTAIN, provider_job_id="", model="kling-3.0", inputs=pins)

    async def ask() -> object:
        async with Poller() as poller:
            return await poller.ask(row, 5)

    row = fresh(lost)
    assert asyncio.run(ask()) is None
