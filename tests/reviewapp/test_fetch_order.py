"""Which clip is fetched next: what its provider deletes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from providers.contract import JobState, Output, ProviderJob
from providers.errors import JobNotFound, LinkExpired, NotPrepared, VendorUnavailable
from reviewapp import dispatch, line, money
from reviewapp.models import Candidate, Shot, Status, User
from tests.cast import signed_in
from tests.reviewapp.stages import asked, bring

pytestmark = pytest.mark.django_db

Waiting = Callable[..., Candidate]


@pytest.fixture
def waiting(make_shot: Callable[..., Shot], alice: User) -> Waiting:
    """A clip that waits for its download; `minutes` until its provider deletes it, None for never told."""

    def make(minutes: float | None = None, **facts: Any) -> Candidate:
        row = bring(asked(make_shot(), alice)[0], Status.INGESTING)
        fetch_by = None if minutes is None else timezone.now() + timedelta(minutes=minutes)
        known = {"fetch_by": fetch_by, "due_at": timezone.now() + timedelta(seconds=20), **facts}
        Candidate.objects.filter(pk=row.pk).update(**known)
        return Candidate.objects.whole().get(pk=row.pk)

    return make


def taken(message_of: Candidate) -> int:
    row = line.begin_ingest(message_of.pk)
    assert row is not None
    return row.pk


def test_what_expires_first_is_fetched_first_whichever_clip_a_message_names(waiting: Waiting) -> None:
    never, late, soon, also_never = waiting(), waiting(600), waiting(5), waiting()
    order = [taken(row) for row in (never, late, soon, also_never)]
    assert order == [soon.pk, late.pk, never.pk, also_never.pk]
    assert line.begin_ingest(never.pk) is None


def test_a_clip_that_somebody_fetches_is_left_alone_until_its_lease_is_over(waiting: Waiting) -> None:
    row = waiting()
    first = line.begin_ingest(row.pk)
    assert first is not None
    assert (first.worker != "", first.tries) == (True, 1)
    assert line.begin_ingest(row.pk) is None
    Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now())
    assert taken(row) == row.pk
    assert not line.keep_lease(first)


def test_a_failed_one_waits_out_its_pause_whatever_message_comes(waiting: Waiting) -> None:
    failed, fresh = waiting(5), waiting(600)
    row = line.begin_ingest(failed.pk)
    assert row is not None
    line.ingest_failed(row, VendorUnavailable("down", retry_after=30))
    assert Candidate.objects.get(pk=failed.pk).worker == ""
    assert taken(fresh) == fresh.pk
    assert line.begin_ingest(failed.pk) is None, "one of many messages that were sent while it waited"
    Candidate.objects.filter(pk=failed.pk).update(due_at=timezone.now())
    line.sweep(Candidate.objects.get(pk=failed.pk))
    assert taken(failed) == failed.pk


def test_only_what_is_about_to_go_comes_before_a_check(waiting: Waiting, settings: Any) -> None:
    settings.FETCH_URGENT_S = 600
    waiting(), waiting(30)
    assert line.begin_urgent_ingest() is None
    urgent = waiting(9)
    row = line.begin_urgent_ingest()
    assert row is not None
    assert row.pk == urgent.pk


@pytest.mark.parametrize("error", [LinkExpired("gone (403)"), JobNotFound("no such job")])
def test_a_clip_that_came_too_late_says_so_and_what_it_cost(waiting: Waiting, error: Any) -> None:
    row = line.begin_ingest(waiting(-1).pk)
    assert row is not None
    money.settle(row, row.estimate_usd, "made")
    line.ingest_failed(row, error)
    row.refresh_from_db()
    assert row.status == Status.FAILED
    assert "could not be fetched in time" in row.failure
    assert "charged" in row.failure


def test_a_link_that_ran_out_before_its_time_is_asked_for_again(waiting: Waiting) -> None:
    row = line.begin_ingest(waiting(60).pk)
    assert row is not None
    line.ingest_failed(row, LinkExpired("gone (403)"))
    row.refresh_from_db()
    assert row.status == Status.INGESTING


def test_a_storage_that_is_away_ends_no_clip(waiting: Waiting) -> None:
    row = waiting()
    for _ in range(9):
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now())
        begun = line.begin_ingest(row.pk)
        assert begun is not None
        line.ingest_failed(begun, NotPrepared("The disk is full."))
    row.refresh_from_db()
    assert (row.status, row.failure) == (Status.INGESTING, "The disk is full.")


@pytest.mark.parametrize(
    ("provider", "told", "hours"),
    [
        ("runway", datetime(2099, 1, 1, tzinfo=UTC), None),
        ("gemini", None, 48),
        ("sora", None, 1),
        ("luma", None, None),
    ],
)
def test_a_finished_clip_knows_until_when_it_can_be_had(
    shot: Shot, alice: User, provider: str, told: datetime | None, hours: float | None
) -> None:
    row = bring(asked(shot, alice)[0], Status.GENERATING, provider=provider)
    output = Output(url="https://cdn.example/a.mp4", expires_at=told)
    line.record_polls([(row, ProviderJob(id="j", state=JobState.SUCCEEDED, outputs=(output,)))])
    row.refresh_from_db()
    assert row.status == Status.INGESTING
    if hours is None:
        assert row.fetch_by == told
    else:
        assert row.fetch_by is not None
        assert abs(row.fetch_by - timezone.now() - timedelta(hours=hours)) < timedelta(minutes=1)


def test_the_shots_page_says_until_when_a_clip_can_wait_once_that_is_near(
    waiting: Waiting, bob: User
) -> None:
    near, far = waiting(30), waiting(600)
    pages = [
        signed_in(bob).get(reverse("shot-detail", args=["harbour", row.shot.code])).content.decode()
        for row in (near, far)
    ]
    assert ["Its provider keeps it until" in page for page in pages] == [True, False]


def test_a_cluster_that_is_down_finds_no_heap_of_messages_for_the_same_rows(
    waiting: Waiting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "MOST_AGAIN", 3)
    OrmQ.objects.all().delete()
    row = waiting()
    for _ in range(5):
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now())
        line.sweep(Candidate.objects.get(pk=row.pk))
    assert OrmQ.objects.filter(key="media").count() == 3
    due_at = Candidate.objects.get(pk=row.pk).due_at
    assert due_at is not None
    assert due_at > timezone.now(), "and it is looked at again before long"


@pytest.mark.parametrize("status", [Status.INGESTING, Status.CHECKING])
def test_what_a_dead_worker_had_begun_is_begun_again_though_an_earlier_try_left_its_words(
    shot: Shot, alice: User, status: Status
) -> None:
    row = bring(asked(shot, alice)[0], status)
    Candidate.objects.filter(pk=row.pk).update(failure="The provider could not be asked.")
    begin = line.begin_ingest if status == Status.INGESTING else line.begin_check
    assert begin(row.pk) is not None
    # Its worker dies: the row is taken over, found by the sweep, and its new message comes at once.
    assert line.take_over() == 1
    line.sweep(Candidate.objects.whole().get(pk=row.pk))
    assert begin(row.pk) is not None
