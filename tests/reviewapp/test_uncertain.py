"""A paid call whose answer was lost: what the vendor can say is asked, and the rest is a person's word."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from providers.contract import JobState, ProviderJob
from providers.errors import (
    AuthFailed,
    InvalidRequest,
    JobNotFound,
    NotConfigured,
    ProviderError,
    Unsupported,
    VendorUnavailable,
)
from reviewapp import ledger, line
from reviewapp.models import Candidate, Event, EventKind, Project, ProviderKey, Shot, Status, User
from tests.cast import signed_in
from tests.reviewapp.stages import asked, bring

pytestmark = pytest.mark.django_db


def fresh(row: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=row.pk)


def told() -> list[str]:
    return list(Event.objects.filter(kind=EventKind.CALL_UNCERTAIN).values_list("sentence", flat=True))


def answer(row: Candidate, *answers: ProviderJob | ProviderError | None) -> Candidate:
    """What the watcher hears of the row, one answer after the other."""
    for said in answers:
        line.record_polls([(fresh(row), said)])
    return fresh(row)


@pytest.fixture
def lost(shot: Shot, alice: User) -> Candidate:
    """A call to Runway, which offers no lookup, in its quiet time."""
    (row,) = asked(shot, alice)
    with transaction.atomic():
        row = bring(row, Status.UNCERTAIN, failure="The answer was lost.")
    Candidate.objects.filter(pk=row.pk).update(
        due_at=timezone.now() + timedelta(seconds=30), provider_key=ProviderKey.objects.get()
    )
    return fresh(row)


@pytest.fixture
def at_kling(lost: Candidate) -> Candidate:
    """The same at a provider that can be asked for our mark."""
    Candidate.objects.filter(pk=lost.pk).update(provider="kling", model="kling-v3")
    return fresh(lost)


NO_LOOKUP = Unsupported("Runway has no way to look a job up. A person has to look at Runway's page.")
NO_JOB = JobNotFound("Runway knows no such job.", vendor_words="task not found", status=404)


# --- who is asked, and when people are told ---


def test_people_are_told_once_and_only_when_nothing_can_be_looked_up(lost: Candidate) -> None:
    assert told() == []
    row = answer(lost, NO_LOOKUP)
    assert (row.status, row.due_at) == (Status.UNCERTAIN, None)
    assert "A person has to look at Runway's page" in row.failure
    assert len(told()) == 1
    answer(lost, NO_LOOKUP)
    assert len(told()) == 1


def test_nobody_is_told_while_a_lookup_is_under_way(at_kling: Candidate) -> None:
    row = answer(at_kling, None, VendorUnavailable("Kling is not well."))
    assert row.due_at is not None
    assert told() == []


def test_people_are_told_when_asking_leads_nowhere_and_it_is_asked_on(at_kling: Candidate) -> None:
    row = answer(at_kling, *[AuthFailed("Kling refuses the key.")] * 5)
    assert row.due_at is not None
    assert len(told()) == 1
    assert "Kling refuses the key" in row.vendor_words
    found = answer(at_kling, ProviderJob(id="job-9", state=JobState.RUNNING))
    assert (found.status, found.provider_job_id) == (Status.GENERATING, "job-9")


def test_a_key_that_was_changed_since_leaves_it_to_a_person(at_kling: Candidate) -> None:
    ProviderKey.objects.update(account_changed_at=timezone.now())
    row = answer(at_kling, None)
    assert (row.status, row.due_at) == (Status.UNCERTAIN, None)
    assert "key was changed" in row.failure
    assert len(told()) == 1


# --- a job that a person has entered ---


def entered(row: Candidate, by: User, job_id: str = "job-1") -> Candidate:
    line.resolve_made(row, by, job_id)
    return fresh(row)


@pytest.mark.parametrize(
    "refusal",
    [NO_JOB, InvalidRequest("Runway refuses the request (400).", vendor_words="not a UUID", status=400)],
)
def test_a_wrong_job_id_leads_back_with_the_money_still_reserved(
    lost: Candidate, alice: User, refusal: ProviderError
) -> None:
    row = answer(entered(lost, alice, "wrong-1"), *[refusal] * 3)
    assert (row.status, row.provider_job_id, row.due_at) == (Status.UNCERTAIN, "", None)
    assert "knows no job “wrong-1”" in row.failure
    assert row.vendor_words == refusal.vendor_words
    assert ledger.sums().open_calls == 1
    assert ledger.problems() == []
    assert len(told()) == 1
    # The right one can be entered now, and is followed like any other.
    row = answer(entered(row, alice, "right-1"), ProviderJob(id="right-1", state=JobState.RUNNING))
    assert (row.status, row.provider_job_id) == (Status.GENERATING, "right-1")


def test_a_job_that_the_vendor_has_known_is_no_wrong_id_when_it_is_gone(lost: Candidate, alice: User) -> None:
    row = answer(
        entered(lost, alice), ProviderJob(id="job-1", state=JobState.RUNNING, vendor_status="RUNNING")
    )
    row = answer(row, *[NO_JOB] * 6)
    assert row.status == Status.FAILED


def test_a_vendor_that_is_away_for_a_while_makes_no_id_wrong(lost: Candidate, alice: User) -> None:
    refusals = (VendorUnavailable("It is down."), AuthFailed("No."), NotConfigured("The key was removed."))
    row = answer(entered(lost, alice), *refusals, *refusals)
    assert (row.status, row.provider_job_id) == (Status.GENERATING, "job-1")


# --- jobs that cannot be followed ---


def test_a_job_stays_when_its_keys_account_was_changed(shot: Shot, alice: User) -> None:
    row = bring(asked(shot, alice)[0], Status.GENERATING)
    Candidate.objects.filter(pk=row.pk).update(provider_key=ProviderKey.objects.get())
    ProviderKey.objects.update(account_changed_at=timezone.now())
    row = answer(row, *[NO_JOB] * 12)
    assert row.status == Status.GENERATING
    assert row.due_at is not None
    assert "the key was changed after the call" in row.failure
    assert len(told()) == 1
    assert "the key was changed" in signed_in(alice).get(f"/p/harbour/shots/{shot.code}/").content.decode()


def test_what_a_vendor_says_against_a_poll_is_shown_and_told(shot: Shot, alice: User) -> None:
    row = bring(asked(shot, alice)[0], Status.GENERATING)
    refusal = InvalidRequest(
        "Runway refuses the request (400).", vendor_words="version is retired", status=400
    )
    row = answer(row, refusal)
    page = signed_in(alice).get(f"/p/harbour/shots/{shot.code}/").content.decode()
    assert "version is retired" in page
    assert told() == []
    row = answer(row, *[refusal] * 4)
    assert row.status == Status.GENERATING
    assert len(told()) == 1


# --- the late answer ---


def test_people_hear_of_a_call_that_was_taken_after_it_was_sent_again(lost: Candidate, alice: User) -> None:
    line.resolve_not_made(lost, alice)
    line.submit_accepted(lost, ProviderJob(id="late-1", state=JobState.QUEUED))
    assert "late-1" in told()[0]
    row = fresh(lost)
    assert (row.status, row.provider_job_id) == (Status.QUEUED, "")


# --- the pages ---


@pytest.fixture
def producer(alice: User) -> Client:
    return signed_in(alice)


SITE, HERE = "/site/uncertain/", "/p/harbour/uncertain/"


def test_only_who_may_decide_sees_them(
    lost: Candidate, alice: User, bob: User, charlie: User, dana: User
) -> None:
    codes = {
        person.username: [signed_in(person).get(page).status_code for page in (SITE, HERE)]
        for person in (alice, bob, charlie, dana)
    }
    assert codes == {"alice": [403, 200], "bob": [403, 403], "charlie": [403, 404], "dana": [200, 200]}
    for act in ("made", "not-made"):
        assert signed_in(bob).post(f"/c/{lost.uid}/{act}/", {"job_id": "x"}).status_code == 403
        assert signed_in(charlie).post(f"/c/{lost.uid}/{act}/", {"job_id": "x"}).status_code == 404


def test_the_list_says_what_a_person_has_to_know(lost: Candidate, producer: Client, dana: User) -> None:
    page = producer.get(HERE).content.decode()
    for words in (
        lost.code,
        "Runway",
        "the key “Stage”",
        "$0.60",
        "a person is asked in",
        "send again ($0.60)",
    ):
        assert words in page
    answer(lost, NO_LOOKUP)
    page = producer.get(HERE).content.decode()
    assert "Runway offers no lookup" in page
    assert "A person has to look at Runway&#x27;s page" in page
    assert f'href="{HERE}"' in producer.get("/p/harbour/").content.decode()
    assert f'href="{HERE}"' in producer.get(f"/p/harbour/shots/{lost.shot.code}/").content.decode()
    assert f'href="{SITE}"' in signed_in(dana).get("/site/costs/").content.decode()


def test_the_list_says_how_the_lookup_stands(at_kling: Candidate, producer: Client) -> None:
    assert "It will be looked up at Kling in" in producer.get(HERE).content.decode()
    answer(at_kling, None)
    assert "It is asked once more in 60 s" in producer.get(HERE).content.decode()


def test_an_empty_list_says_so_and_nothing_leads_to_it(
    project: Project, producer: Client, dana: User
) -> None:
    assert "Nothing is uncertain" in producer.get(HERE).content.decode()
    assert HERE not in producer.get("/p/harbour/").content.decode()
    assert SITE not in signed_in(dana).get("/site/costs/").content.decode()


@pytest.mark.parametrize("came_from", ["shot", "project", "site"])
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Write the job"),
        ("two words", "holds no blanks"),
        ("a\u202eb", "holds no blanks"),
        ("https://app.example.com/tasks/1", "This is an address"),
        ("…", "holds letters or numbers"),
        ("x" * 301, "at most 300"),
        ("taken-1", "Another clip already carries"),
    ],
)
def test_a_wrong_id_is_said_at_its_field_and_stays_there(
    lost: Candidate, shot: Shot, alice: User, dana: User, typed: str, words: str, came_from: str
) -> None:
    Candidate.objects.filter(pk=lost.pk).update(due_at=None)
    bring(asked(shot, alice)[0], Status.GENERATING, provider_job_id="taken-1")
    admin = signed_in(dana)
    response = admin.post(f"/c/{lost.uid}/made/", {"job_id": typed, "from": came_from})
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert f'value="{typed}"' in page
    assert fresh(lost).status == Status.UNCERTAIN


@pytest.mark.parametrize(
    ("act", "form", "became"),
    [("made", {"job_id": " job-1 "}, Status.GENERATING), ("not-made", {}, Status.QUEUED)],
)
def test_the_second_of_two_clicks_gets_a_kind_answer_and_does_nothing(
    lost: Candidate, producer: Client, dana: User, act: str, form: dict[str, str], became: Status
) -> None:
    sent = form | {"revision": str(lost.revision), "from": "project"}
    first = producer.post(f"/c/{lost.uid}/{act}/", sent, follow=True)
    assert first.redirect_chain[-1][0] == HERE
    row = fresh(lost)
    assert row.status == became
    for other in (producer, signed_in(dana)):
        again = other.post(f"/c/{lost.uid}/{act}/", sent, follow=True)
        assert again.status_code == 200
        assert "Nothing was changed" in again.content.decode()
    after = fresh(lost)
    assert (after.revision, after.attempt, after.provider_job_id) == (
        row.revision,
        row.attempt,
        row.provider_job_id,
    )
    assert ledger.problems() == []


@pytest.mark.django_db(transaction=True)
def test_two_people_at_the_same_moment_release_the_money_once(
    lost: Candidate, alice: User, dana: User
) -> None:
    def say(by: User) -> str:
        try:
            line.resolve_not_made(lost, by)
        except line.CannotAskAgain:
            return "kind"
        finally:
            connection.close()
        return "sent"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(say, (alice, dana))) == ["kind", "sent"]
    assert fresh(lost).attempt == 2
    assert ledger.problems() == []
