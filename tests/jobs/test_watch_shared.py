"""Watchers share the work, a dead one's rows are taken over, and one account's trouble stays its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from jobs import alarm, lanes
from jobs.watch import Watcher
from providers.contract import JobState, Output, ProviderJob
from providers.errors import ContentRefused, RateLimited, VendorUnavailable
from reviewapp import identity, line
from reviewapp.line import paces
from reviewapp.models import Candidate, Heartbeat, Pace, Shot, StaleCandidate, Status
from tests.reviewapp.hook_stage import make_key, make_row

DONE = (Output(url="https://example.org/clip.mp4"),)
PAST = timedelta(seconds=1)


def due_rows(shot: Shot, count: int, **fields: Any) -> list[Candidate]:
    key = make_key("runway")
    return [make_row(shot, key, due_at=timezone.now() - PAST, **fields) for _ in range(count)]


def in_threads(works: list[Callable[[], object]]) -> None:
    def run(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_watchers_that_claim_at_once_never_hold_the_same_row(shot: Shot) -> None:
    rows = due_rows(shot, 40)
    claimed: list[int] = []
    start = threading.Barrier(3)

    def claim() -> None:
        start.wait()
        while taken := line.claim_polls(7, 60, f"watch {threading.get_ident()}"):
            claimed.extend(row.pk for row in taken)

    in_threads([claim] * 3)
    assert Counter(claimed) == Counter(row.pk for row in rows)
    assert set(Candidate.objects.values_list("fence", flat=True)) == {1}


@pytest.mark.django_db
def test_a_claim_leaves_what_an_account_has_no_place_for(shot: Shot) -> None:
    full, narrow, free = (make_key("runway") for _ in range(3))
    for key in (full, narrow, free):
        for _ in range(3):
            make_row(shot, key, due_at=timezone.now() - PAST)
    taken = line.claim_polls(100, 60, "me", places={full.pk: 0, narrow.pk: 1}, each=2)
    assert Counter(row.provider_key_id for row in taken) == {narrow.pk: 1, free.pk: 2}
    assert Candidate.objects.due().count() == 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "taken"),
    [
        (Status.GENERATING, True),
        (Status.UNCERTAIN, True),
        (Status.INGESTING, True),
        (Status.CHECKING, True),
        # A frozen process may still send the paid call.
        (Status.SUBMITTING, False),
    ],
)
def test_what_a_silent_worker_holds_is_due_at_once(
    shot: Shot, settings: Settings, status: Status, taken: bool
) -> None:
    for kind in ("watch", "queue:media"):
        Heartbeat.beat(kind)
    Heartbeat.objects.filter(kind="queue:media").update(at=F("at") - timedelta(seconds=settings.SILENT_S + 1))
    key = make_key("runway")
    rows = [
        make_row(shot, key, status, worker=worker, fence=3)
        for worker in ("never heard of", identity.me("queue:media"), identity.me("watch"), "")
    ]
    assert line.take_over() == (2 if taken else 0)
    due = set(Candidate.objects.due().values_list("pk", flat=True))
    assert due == ({rows[0].pk, rows[1].pk} if taken else set())


@pytest.mark.django_db
def test_a_watcher_that_has_just_begun_takes_over_from_the_one_whose_number_it_has(shot: Shot) -> None:
    make_row(shot, make_key("runway"), worker=identity.me("watch"))
    Heartbeat.beat("watch")
    assert line.take_over() == 0
    assert line.take_over(former=identity.me("watch")) == 1


@pytest.mark.django_db
def test_a_worker_that_was_only_slow_writes_nothing_any_more(shot: Shot) -> None:
    due_rows(shot, 2)
    slow = line.claim_polls(10, 60, "slow")
    assert line.take_over() == 2
    quick = line.claim_polls(10, 60, "quick")
    done = ProviderJob(id=slow[0].provider_job_id, state=JobState.SUCCEEDED, outputs=DONE)
    running = ProviderJob(id=slow[1].provider_job_id, state=JobState.RUNNING, vendor_status="LATE")
    line.record_polls([(slow[0], done), (slow[1], running)])
    with pytest.raises(StaleCandidate):
        slow[0].move(Status.INGESTING)
    for row in quick:
        here = Candidate.objects.get(pk=row.pk)
        assert (here.status, here.worker, here.vendor_status) == (Status.GENERATING, "quick", "")


@pytest.mark.django_db
def test_many_written_at_once_are_as_if_written_one_by_one(shot: Shot) -> None:
    def told(row: Candidate, at: int) -> ProviderJob | VendorUnavailable | ContentRefused:
        states = (JobState.RUNNING, JobState.QUEUED, JobState.SUCCEEDED, JobState.FAILED, JobState.UNKNOWN)
        if at == 5:
            return VendorUnavailable("It is down.", retry_after=100)
        outputs = DONE if at == 2 else ()
        return ProviderJob(
            id=row.provider_job_id, state=states[at], outputs=outputs, vendor_status=f"S{at}", progress=at / 9
        )

    def facts(row: Candidate) -> tuple[object, ...]:
        row.refresh_from_db()
        # A failed poll waits with jitter.
        is_far = row.due_at is not None and row.due_at > timezone.now() + timedelta(seconds=90)
        names = ("status", "worker", "tries", "vendor_status", "progress", "fence", "revision")
        return (*(getattr(row, name) for name in names), row.running_at is None, is_far)

    facts_of = []
    for batch in (6, 1):
        rows = due_rows(shot, 6, tries=4)
        claimed = line.claim_polls(10, 60, "me")
        answers = [(row, told(row, at)) for at, row in enumerate(sorted(claimed, key=lambda row: row.pk))]
        for at in range(0, 6, batch):
            line.record_polls(answers[at : at + batch])
        facts_of.append([facts(row) for row in rows])
        Candidate.objects.all().update(due_at=None)
    assert facts_of[0] == facts_of[1]


@pytest.mark.django_db
def test_real_durations_are_learned_and_failures_are_not(shot: Shot, settings: Settings) -> None:
    settings.POLL_SECONDS = 0
    now = timezone.now()
    rows = due_rows(
        shot,
        4,
        submitted_at=now - timedelta(seconds=60),
        running_at=now - timedelta(seconds=4),
        model="gen4.5",
    )
    again = due_rows(shot, 1, submitted_at=now - timedelta(days=1), vendor_done_at=now, model="gen4.5")
    drawn = due_rows(shot, 1, submitted_at=now - timedelta(seconds=3), drawn=True, model="gen4.5")
    states = dict.fromkeys([row.pk for row in rows], JobState.SUCCEEDED)
    states |= {rows[2].pk: JobState.FAILED, rows[3].pk: JobState.REFUSED}
    states |= {again[0].pk: JobState.SUCCEEDED, drawn[0].pk: JobState.SUCCEEDED}
    line.record_polls(
        [
            (row, ProviderJob(id=row.provider_job_id, state=states[row.pk], outputs=DONE))
            for row in line.claim_polls(10, 60)
        ]
    )
    learned = {pace.provider: [round(took) for took in pace.seconds] for pace in Pace.objects.all()}
    # Seen running four seconds before: the end lies in the middle.
    assert learned == {"runway": [58], "sandbox runway": [2]}


@pytest.mark.django_db
def test_the_first_poll_comes_when_the_models_clips_usually_end(shot: Shot, settings: Settings) -> None:
    settings.POLL_SECONDS = 0
    row = make_row(shot, make_key("runway"), model="gen4.5")
    accepted = ProviderJob(id="x", state=JobState.QUEUED, poll_after_s=5)
    assert paces.first_delay(row, accepted) < 10
    Pace.objects.create(provider="runway", model="gen4.5", seconds=[80.0 + at % 7 for at in range(50)])
    # Of clips that end together one is kept, and none right after it.
    paces.learn([(("runway", "gen4.5"), 20.0)] * 30)
    assert 20 not in Pace.objects.get().seconds
    Pace.objects.update(updated_at=timezone.now() - timedelta(seconds=5))
    paces.learn([(("runway", "gen4.5"), 84.0)] * 30)
    assert Pace.objects.get().seconds == [*(80.0 + at % 7 for at in range(1, 50)), 84.0]
    assert 60 < paces.first_delay(row, accepted) < 90
    settings.POLL_SECONDS = 7
    assert paces.first_delay(row, accepted) == 7


def test_an_account_that_is_throttled_rests_and_is_asked_less_and_no_other_is() -> None:
    all_lanes = lanes.Lanes()
    for key in (1, 2):
        for _ in range(100):
            all_lanes.begin(key)
    for _ in range(100):
        all_lanes.end(1, RateLimited("Too many.", retry_after=30))
        all_lanes.end(2, ProviderJob(id="x", state=JobState.RUNNING))
    assert all_lanes.places() == {1: 0, 2: lanes.MOST}
    lane = lanes.Lane(under_way=100)
    lane.heard(RateLimited("Too many.", retry_after=30), 0.0)
    assert lane.places(29.0) == 0
    lane.under_way = 0
    assert 40 < lane.places(31.0) <= 51


def test_an_account_that_is_silent_keeps_a_few_polls_and_gets_its_places_back() -> None:
    lane = lanes.Lane()
    for _ in range(50):
        lane.heard(VendorUnavailable("No answer."), 0.0)
    assert lane.places(0.0) == lanes.FEWEST
    for _ in range(lanes.MOST):
        lane.heard(ProviderJob(id="x", state=JobState.RUNNING), 0.0)
    assert lane.places(0.0) == lanes.MOST


@pytest.mark.django_db(transaction=True)
def test_a_watcher_hangs_when_no_round_ends_though_the_database_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert not alarm.hangs(lambda: 10.0, 60.0)
    assert alarm.hangs(lambda: 61.0, 60.0)
    # A round that ended while the database was asked was only slow.
    ages = iter([61.0, 0.2])
    assert not alarm.hangs(lambda: next(ages), 60.0)
    # While the database is away nothing can end.
    monkeypatch.setattr(alarm, "_database_answers", lambda: False)
    assert not alarm.hangs(lambda: 61.0, 60.0)
    assert Watcher().idle_s() < 1
