"""The bell, the page of the notices, and the choices, through the real door."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from reviewapp import events, mailing, notices
from reviewapp.models import (
    Event,
    EventKind,
    MailTiming,
    Membership,
    Notice,
    NotifyChoice,
    Project,
    Role,
    Shot,
    User,
)
from tests.cast import signed_in
from tests.reviewapp.stages import account
from tests.reviewapp.told_stage import ready

pytestmark = pytest.mark.django_db

PAGE, CHOICES = "/notices/", "/notices/choices/"
EVERYTHING = {"mail": "hourly", "push": "on", "kinds": EventKind.values}


def _page(person: User, address: str = PAGE) -> str:
    return signed_in(person).get(address).content.decode()


def _notices(person: User, project: Project, count: int, kind: EventKind = EventKind.CALL_UNCERTAIN) -> None:
    rows = [
        Event(kind=kind, project=project, sentence=f"Event {n} of {project}.", repeats=uuid4().hex)
        for n in range(count)
    ]
    Notice.objects.bulk_create(Notice(event=event, user=person) for event in Event.objects.bulk_create(rows))


# --- the bell ---


def test_the_bell_counts_what_is_new_up_to_99(project: Project, bob: User) -> None:
    client = signed_in(bob)
    assert 'aria-label="Notices"' in client.get("/notices/bell/").content.decode()
    _notices(bob, project, 99)
    assert 'aria-label="Notices, 99 new"' in client.get("/notices/bell/").content.decode()
    _notices(bob, project, 1)
    assert 'aria-label="Notices, 99+ new"' in client.get(PAGE).content.decode()
    assert Client().get("/notices/bell/", headers={"HX-Request": "true"}).status_code == 401


def test_the_pages_cost_the_same_few_queries_for_few_and_many(project: Project, bob: User) -> None:
    client, counts = signed_in(bob), []
    for more in (5, 400):
        _notices(bob, project, more)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(PAGE).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12
    assert _page(bob, f"{PAGE}?page=9").count('class="told ') == 5


# --- opening ---


def test_a_notice_leads_to_its_place_and_is_seen_then(
    project: Project, shot: Shot, alice: User, bob: User
) -> None:
    [clip] = ready(shot, alice)
    mine = Notice.objects.get(user=bob)
    answer = signed_in(bob).get(f"{PAGE}{mine.pk}/")
    assert answer["Location"] == f"/review/{clip.uid}/"
    mine.refresh_from_db()
    assert mine.seen_at is not None
    assert Notice.objects.get(user=alice).seen_at is None
    # Somebody else's is not there at all.
    assert signed_in(alice).get(f"{PAGE}{mine.pk}/").status_code == 404


def test_every_kind_leads_somewhere_its_people_may_go(
    project: Project, shot: Shot, alice: User, dana: User
) -> None:
    kinds = (EventKind.SHOT_ESCALATED, EventKind.CALL_UNCERTAIN, EventKind.BUDGET_REACHED)
    for kind in kinds:
        events.tell(kind, "It happened.", repeats=kind, shot=shot)
        events.tell(kind, "It happened.", repeats=f"{kind} here", project=project)
        events.tell(kind, "It happened.", repeats=f"{kind} site")
    events.tell(EventKind.KEY_FAILING, "It happened.", repeats="key", key=account())
    for person, count in ((alice, 6), (dana, 4)):
        client = signed_in(person)
        mine = list(Notice.objects.filter(user=person))
        assert len(mine) == count
        for notice in mine:
            assert client.get(f"{PAGE}{notice.pk}/", follow=True).status_code == 200


def test_looking_at_the_shot_is_seeing_what_there_was_to_tell(
    project: Project, shot: Shot, alice: User, bob: User
) -> None:
    [clip] = ready(shot, alice)
    events.shot_escalated(shot, "It stands still.")
    signed_in(bob).get(f"/review/{clip.uid}/")
    assert notices.unseen(bob) == ""
    signed_in(alice).get(f"/review/{clip.uid}/")
    assert notices.unseen(alice) == "1"
    signed_in(alice).get(f"/p/{project.slug}/shots/{shot.code}/")
    assert notices.unseen(alice) == ""


def test_all_are_marked_as_read_by_a_button(project: Project, shot: Shot, alice: User, bob: User) -> None:
    ready(shot, alice)
    client = signed_in(bob)
    assert client.get("/notices/seen/").status_code == 405
    assert client.post("/notices/seen/").status_code == 302
    assert notices.unseen(bob) == ""
    assert notices.unseen(alice) == "1"
    assert "Mark all as read" not in client.get(PAGE).content.decode()


# --- whose ---


def test_what_one_may_no_longer_see_is_gone_from_the_page_and_the_bell(
    project: Project, shot: Shot, alice: User, bob: User, dana: User
) -> None:
    ready(shot, alice)
    mine = Notice.objects.get(user=bob)
    Membership.objects.filter(user=bob).delete()
    client = signed_in(bob)
    page = client.get(PAGE).content.decode()
    assert shot.code not in page
    assert project.name not in page
    assert 'aria-label="Notices"' in page
    assert client.get(f"{PAGE}{mine.pk}/").status_code == 404
    events.tell(EventKind.KEY_FAILING, "The key “Studio” is paused.", repeats="key", key=account())
    assert "Studio" in _page(dana)
    User.objects.filter(pk=dana.pk).update(is_superuser=False)
    assert "Studio" not in _page(dana)


def test_it_shows_one_project_or_one_kind(project: Project, bob: User) -> None:
    other = Project.objects.create(slug="other", name="The Other")
    Membership.objects.create(project=other, user=bob, role=Role.REVIEWER)
    _notices(bob, project, 2)
    _notices(bob, other, 1, EventKind.CLIPS_READY)
    assert _page(bob).count('class="told ') == 3
    assert _page(bob, f"{PAGE}?project=other").count('class="told ') == 1
    assert _page(bob, f"{PAGE}?kind=call_uncertain").count('class="told ') == 2
    assert "Nothing of that kind" in _page(bob, f"{PAGE}?kind=call_uncertain&project=other")
    assert _page(bob, f"{PAGE}?kind=nonsense&page=x").count('class="told ') == 3


def test_a_page_without_notices_says_what_will_stand_there(charlie: User) -> None:
    assert "Nothing to tell you yet" in _page(charlie)


# --- choosing ---


def test_choices_are_kept_for_all_and_for_one_project(project: Project, bob: User) -> None:
    client = signed_in(bob)
    assert client.post(CHOICES, {"mail": "daily", "kinds": ["clips_ready"]}).status_code == 302
    usual = NotifyChoice.objects.get(user=bob, project=None)
    assert (usual.mail, usual.push) == (MailTiming.DAILY, False)
    assert set(usual.muted) == set(EventKind.values) - {"clips_ready"}
    own = f"{CHOICES}{project.slug}/"
    assert client.get(CHOICES, {"project": project.slug})["Location"] == own
    assert "in your usual way until you save" in client.get(own).content.decode()
    client.post(own, EVERYTHING)
    assert "mail: every hour" in client.get(CHOICES).content.decode()
    client.post(f"{own}usual/")
    assert list(NotifyChoice.objects.filter(user=bob)) == [usual]


def test_a_wrong_choice_gets_its_sentence_and_nothing_is_saved(project: Project, bob: User) -> None:
    answer = signed_in(bob).post(CHOICES, {"mail": "weekly", "kinds": ["gossip"]})
    assert answer.status_code == 422
    assert "weekly is not one of the available choices" in answer.content.decode()
    assert "gossip is not one of the available choices" in answer.content.decode()
    assert not NotifyChoice.objects.exists()


def test_a_stranger_chooses_nothing_for_a_project(project: Project, charlie: User) -> None:
    client, own = signed_in(charlie), f"{CHOICES}{project.slug}/"
    assert client.get(own).status_code == 404
    assert client.post(own, EVERYTHING).status_code == 404
    assert client.post(f"{own}usual/").status_code == 404
    assert client.get(CHOICES, {"project": project.slug}).status_code == 404
    assert project.name not in client.get(CHOICES).content.decode()


def test_without_a_mail_server_it_says_so_and_tells_admins_what_to_set(bob: User, dana: User) -> None:
    assert "This site sends no mail. Ask an admin" in " ".join(_page(bob, CHOICES).split())
    assert "RETAKE_EMAIL_URL" not in _page(bob, CHOICES)
    assert "RETAKE_EMAIL_URL" in _page(dana, CHOICES)
    answer = signed_in(bob).post("/notices/address/", {"address": "new@example.org"})
    assert answer.status_code == 422
    assert "Ask an admin to change it" in answer.content.decode()


def test_an_address_gets_its_sentence_at_the_field(bob: User, settings: Settings) -> None:
    settings.MAIL_SERVER, settings.SITE_URL = object(), "https://retake.example.org"
    User.objects.filter(pk=bob.pk).update(email="bob@example.org")
    client = signed_in(bob)
    for given, sentence in (("bob@", "valid email"), ("bob@example.org", "to this address already")):
        answer = client.post("/notices/address/", {"address": given})
        assert answer.status_code == 422
        assert sentence in answer.content.decode()
        assert f'value="{given}"' in answer.content.decode()


def test_admins_see_why_mails_wait(bob: User, dana: User, settings: Settings) -> None:
    settings.MAIL_SERVER = object()
    mail = bob.mails.create(
        address="bob@example.org", due_at=timezone.now(), said="The mail server said 451."
    )
    assert "The mail server said 451." in _page(dana, CHOICES)
    assert "The mail server said 451." not in _page(bob, CHOICES)
    mailing.lost(mail, "No answer.")
    assert "not sent again" in _page(bob, CHOICES)


def test_an_old_link_to_an_address_does_not_work(bob: User) -> None:
    token = mailing.address_token(bob, "new@example.org")
    assert mailing.address_in(bob, token) == "new@example.org"
    with pytest.MonkeyPatch.context() as patch:
        later = (timezone.now() + timedelta(days=4)).timestamp()
        patch.setattr("django.core.signing.time.time", lambda: later)
        assert mailing.address_in(bob, token) is None
