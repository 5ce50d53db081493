"""What happened, and who is told of it: once, in the transaction that made it true, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from reviewapp import events, keyring, line, notices, review
from reviewapp.models import (
    Candidate,
    Event,
    EventKind,
    MailTiming,
    Membership,
    Notice,
    NotifyChoice,
    Project,
    ProviderKey,
    PushSubscription,
    QualityReport,
    Role,
    Shot,
    Status,
    User,
)
from reviewapp.notes import Feedback
from reviewapp.notices import Someone
from tests.cast import make_person
from tests.reviewapp.stages import account, bring
from tests.reviewapp.told_stage import check, checking, ready, told

pytestmark = pytest.mark.django_db

READY, RETAKE, ESCALATED = EventKind.CLIPS_READY, EventKind.RETAKE_ARRIVED, EventKind.SHOT_ESCALATED
REVIEWER, PRODUCER, ADMIN, STRANGER = 1, 2, 3, 4
CREW = [
    Someone(REVIEWER, Role.REVIEWER),
    Someone(PRODUCER, Role.PRODUCER),
    Someone(ADMIN, is_admin=True),
    Someone(STRANGER),
]


# --- who ---


@pytest.mark.parametrize(
    ("kind", "facts", "whom"),
    [
        (READY, {}, {REVIEWER, PRODUCER}),
        (READY, {"by": PRODUCER}, {REVIEWER}),
        (READY, {"besides": {REVIEWER}}, {PRODUCER}),
        (RETAKE, {"asker": REVIEWER}, {REVIEWER}),
        (RETAKE, {"asker": ADMIN}, {ADMIN}),
        (RETAKE, {"asker": STRANGER}, set()),
        (RETAKE, {"asker": None}, set()),
        (ESCALATED, {}, {PRODUCER}),
        (ESCALATED, {"by": PRODUCER}, set()),
        (EventKind.CALL_UNCERTAIN, {}, {PRODUCER}),
        (EventKind.BUDGET_REACHED, {}, {PRODUCER}),
        (EventKind.BUDGET_REACHED, {"of_project": False}, {ADMIN}),
        (EventKind.KEY_FAILING, {"of_project": False}, {ADMIN}),
    ],
)
def test_it_tells_exactly_whom_it_concerns(kind: EventKind, facts: dict[str, object], whom: set[int]) -> None:
    found = notices.told(kind, CREW, **({"of_project": True} | facts))  # type: ignore[arg-type]
    assert {one.pk for one in found} == whom


def test_a_project_without_a_producer_is_looked_after_by_the_admins() -> None:
    found = notices.told(ESCALATED, [CREW[0], CREW[2]], of_project=True)
    assert [one.pk for one in found] == [ADMIN]


def test_inactive_people_and_people_of_other_projects_are_not_told(
    project: Project, shot: Shot, alice: User, bob: User, charlie: User
) -> None:
    gone = make_person("gone")
    Membership.objects.create(project=project, user=gone, role=Role.REVIEWER)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    elsewhere = Project.objects.create(slug="elsewhere", name="Elsewhere")
    Membership.objects.create(project=elsewhere, user=charlie, role=Role.PRODUCER)
    ready(shot, alice)
    assert told(gone) == told(charlie) == []
    assert told(alice) == told(bob) == [f"1 clip of {shot.code} is ready."]


# --- clips ---


def test_a_round_is_told_once_when_its_last_clip_is_there(shot: Shot, alice: User, bob: User) -> None:
    first, second, last = checking(shot, alice, 3)
    check(first)
    check(second)
    assert told(bob) == []
    check(last)
    assert told(bob) == [f"3 clips of {shot.code} are ready."]


@pytest.mark.parametrize("end", [Status.FAILED, Status.UNCERTAIN])
def test_a_clip_that_will_not_come_by_itself_is_not_waited_for(
    shot: Shot, alice: User, bob: User, end: Status
) -> None:
    first, last = checking(shot, alice, 2)
    if end == Status.UNCERTAIN:
        Candidate.objects.filter(pk=last.pk).update(status=end)
    check(first)
    if end == Status.FAILED:
        line.check_refused(last, "Not a clip.")
    assert told(bob) == [f"1 clip of {shot.code} is ready."]


def test_what_is_ready_is_told_after_five_minutes_although_others_take_their_time(
    shot: Shot, alice: User, bob: User
) -> None:
    first, last = checking(shot, alice, 2)
    check(first)
    events.tell_late()
    assert told(bob) == []
    Candidate.objects.filter(pk=first.pk).update(status_at=timezone.now() - timedelta(minutes=6))
    for _ in range(2):
        events.tell_late()
    assert told(bob) == [f"1 clip of {shot.code} is ready."]
    check(last)
    assert told(bob)[1:] == [f"2 clips of {shot.code} are ready."]


def test_nobody_is_called_to_a_shot_on_hold_or_one_that_the_machine_approved(
    make_shot: Callable[..., Shot], project: Project, alice: User, bob: User
) -> None:
    [clip] = checking(make_shot(), alice)
    Shot.objects.update(on_hold=True)
    check(Candidate.objects.whole().get(pk=clip.pk))
    Project.objects.update(auto_approve_score=0.5)
    ready(make_shot(), alice)
    assert told(bob) == []


def test_a_retake_is_told_to_who_asked_and_the_clips_to_the_others(
    project: Project, shot: Shot, alice: User, bob: User
) -> None:
    [clip] = ready(shot, alice)
    decision = review.reject(clip, bob, clip.revision, Feedback(text="Make it night."))
    assert decision.retake is not None
    Notice.objects.all().delete()
    replacement = decision.retake.candidates.get()
    replacement.move(Status.QUEUED, actor="test")
    check(bring(replacement, Status.CHECKING))
    assert told(bob) == [f"The retake of {shot.code} you asked for has arrived."]
    assert told(alice) == [f"1 clip of {shot.code} is ready."]


def test_an_undone_decision_is_not_news(shot: Shot, alice: User, bob: User) -> None:
    [clip] = ready(shot, alice)
    review.undo(review.approve(clip, bob, clip.revision), bob)
    events.tell_late()
    Candidate.objects.update(status_at=timezone.now() - timedelta(minutes=6))
    events.tell_late()
    assert told(alice) == [f"1 clip of {shot.code} is ready."]


def test_what_is_rolled_back_was_never_told(shot: Shot, alice: User, bob: User) -> None:
    [clip] = checking(shot, alice)

    with transaction.atomic():
        check(clip)
        assert told(bob)
        transaction.set_rollback(True)
    assert told(bob) == []
    assert not Event.objects.exists()


def _queries_of_the_last_check(shot: Shot, alice: User) -> int:
    first, last = checking(shot, alice, 2)
    check(first)
    report = QualityReport(candidate=last, verdict="pass", score=0.8)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        line.checked(last, report, {})
    return len(seen)


def test_telling_costs_the_line_the_same_few_queries_for_two_people_and_for_forty(
    project: Project, make_shot: Callable[..., Shot], alice: User, settings: Settings
) -> None:
    few = _queries_of_the_last_check(make_shot(), alice)
    for number in range(40):
        person = make_person(f"reviewer{number}")
        Membership.objects.create(project=project, user=person, role=Role.REVIEWER)
    assert _queries_of_the_last_check(make_shot(), alice) == few


# --- what stands still ---


def test_the_producer_hears_of_a_shot_at_its_cap_and_the_one_who_did_it_does_not(
    project: Project, shot: Shot, alice: User, bob: User
) -> None:
    Project.objects.update(round_cap=1)
    [clip] = ready(shot, alice)
    clip = Candidate.objects.whole().get(pk=clip.pk)
    review.reject(clip, bob, clip.revision, Feedback(text="Make it night."))
    assert told(bob, ESCALATED) == []
    assert told(alice, ESCALATED) == [
        f"{shot.code} needs a producer: The only round is used up and the last clip was rejected."
    ]


def test_the_producer_hears_of_a_shot_of_which_no_clip_came_to_anything(
    shot: Shot, alice: User, bob: User
) -> None:
    first, last = checking(shot, alice, 2)
    line.check_refused(first, "Not a clip.")
    assert told(alice) == []
    line.check_refused(last, "Not a clip either.")
    [sentence] = told(alice)
    assert sentence.startswith(f"{shot.code} needs a producer: No clip is under way and none waits.")
    assert "Not a clip either." in sentence
    assert told(bob) == []


def test_admins_hear_once_that_a_key_is_paused_and_again_when_it_is_paused_again(
    project: Project, alice: User, dana: User
) -> None:
    key = account()
    keyring.pause(key, "The account is out of credit.")
    keyring.pause(key, "The account is out of credit.")
    assert told(dana) == ["The key “Stage” of Runway is paused: The account is out of credit."]
    ProviderKey.objects.update(paused_reason="")
    keyring.record_check(key, False, "The key was revoked.")
    assert len(told(dana)) == 2
    assert told(alice) == []


# --- how ---


@pytest.mark.parametrize(
    ("timing", "zone", "now", "due"),
    [
        (MailTiming.NOW, "UTC", "10:20", "10:21"),
        (MailTiming.HOURLY, "UTC", "10:20", "11:00"),
        (MailTiming.HOURLY, "UTC", "10:00", "11:00"),
        (MailTiming.DAILY, "UTC", "07:59", "08:00"),
        (MailTiming.DAILY, "UTC", "08:00", "1 08:00"),
        # 8 in the morning in Berlin is 7 in Greenwich in winter.
        (MailTiming.DAILY, "Europe/Berlin", "06:30", "07:00"),
        (MailTiming.DAILY, "Europe/Berlin", "07:30", "1 07:00"),
        (MailTiming.OFF, "UTC", "10:20", ""),
    ],
)
def test_a_mail_is_due_when_the_person_wants_it(timing: MailTiming, zone: str, now: str, due: str) -> None:
    def at(clock: str) -> datetime:
        days, _, time = clock.rpartition(" ")
        hour, minute = time.split(":")
        return datetime(2026, 1, 14 + int(days or 0), int(hour), int(minute), tzinfo=UTC)

    with timezone.override(zone):
        assert notices.mail_due(timing, at(now)) == (at(due) if due else None)


def test_a_project_of_its_own_stands_above_the_usual_way(project: Project, shot: Shot, bob: User) -> None:
    notices.choose(bob, None, mail=MailTiming.DAILY, push=True, muted=[])
    notices.choose(bob, project, mail=MailTiming.OFF, push=False, muted=[READY])
    assert notices.ways([bob.pk], None)[bob.pk].mail == MailTiming.DAILY
    way = notices.ways([bob.pk], project.pk)[bob.pk]
    assert (way.mail, way.push, way.muted) == (MailTiming.OFF, False, frozenset({READY}))
    notices.as_usual(bob, project)
    assert notices.ways([bob.pk], project.pk)[bob.pk].mail == MailTiming.DAILY


def test_a_muted_kind_is_told_nowhere(project: Project, shot: Shot, alice: User, bob: User) -> None:
    notices.choose(bob, project, mail=MailTiming.NOW, push=True, muted=[READY])
    ready(shot, alice)
    assert told(bob) == []
    assert told(alice)


def test_only_who_can_be_reached_is_due_by_mail_and_push(
    project: Project, shot: Shot, alice: User, bob: User, settings: Settings
) -> None:
    settings.MAIL_SERVER = object()
    User.objects.filter(pk=bob.pk).update(email="bob@example.org")
    PushSubscription.objects.create(user=alice, endpoint="https://push.example.org/1", p256dh="k", auth="a")
    ready(shot, alice)
    mine, hers = Notice.objects.get(user=bob), Notice.objects.get(user=alice)
    assert (mine.mail_due_at is not None, mine.push_due_at is not None) == (True, False)
    assert (hers.mail_due_at is not None, hers.push_due_at is not None) == (False, True)
    settings.MAIL_SERVER = None
    ready(shot, alice)
    assert Notice.objects.filter(user=bob, mail_due_at=None).count() == 1


def test_what_waits_to_be_mailed_follows_a_new_choice(
    project: Project, shot: Shot, alice: User, bob: User, settings: Settings
) -> None:
    settings.MAIL_SERVER = object()
    User.objects.filter(pk=bob.pk).update(email="bob@example.org")
    ready(shot, alice)
    soon = timezone.now() + notices.MERGE
    notices.choose(bob, None, mail=MailTiming.NOW, push=True, muted=[])
    due = Notice.objects.get(user=bob).mail_due_at
    assert due is not None
    assert abs(due - soon) < timedelta(seconds=5)
    notices.stop_mail(bob, project)
    assert Notice.objects.get(user=bob).mail_due_at is None
    assert NotifyChoice.objects.get(user=bob, project=None).mail == MailTiming.NOW


def test_old_events_are_forgotten(project: Project, shot: Shot, alice: User, bob: User) -> None:
    ready(shot, alice)
    notices.keep_house()
    assert told(bob)
    Event.objects.update(at=timezone.now() - notices.KEPT - timedelta(days=1))
    notices.keep_house()
    assert not Notice.objects.exists()
