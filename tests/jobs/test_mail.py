"""Mails over a real mail server: one for many events, never twice, and what becomes of each that fails."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from jobs.notify import send_mails
from reviewapp import events, letters, mailing, notices, review
from reviewapp.env import MailServer
from reviewapp.models import (
    Candidate,
    EventKind,
    Mail,
    MailKind,
    MailTiming,
    Membership,
    Notice,
    NotifyChoice,
    Project,
    Shot,
    User,
)
from tests.cast import run_queue, signed_in
from tests.jobs.post_office import PostOffice, text_of
from tests.reviewapp.told_stage import ready

pytestmark = pytest.mark.django_db

BOB = "bob@example.org"
SITE = "https://retake.example.org"


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    office = PostOffice()
    with office.open():
        yield office


@pytest.fixture
def post(office: PostOffice, settings: Settings) -> PostOffice:
    office.reset()
    settings.MAIL_SERVER = MailServer("127.0.0.1", office.port, "", "", "off")
    settings.DEFAULT_FROM_EMAIL = "Retake <retake@example.org>"
    settings.SITE_URL = SITE
    settings.EMAIL_TIMEOUT = 2
    return office


@pytest.fixture
def bob_reads(post: PostOffice, project: Project, bob: User) -> User:
    """Bob has an address and wants his mail at once."""
    bob.email = BOB
    bob.save()
    notices.choose(bob, None, mail=MailTiming.NOW, push=True, muted=[])
    return bob


def an_hour_later() -> None:
    """Everything that waits for its time is due; what was sent was sent an hour ago."""
    past = timezone.now() - timedelta(seconds=1)
    Notice.objects.filter(mail_due_at__isnull=False).update(mail_due_at=past)
    Mail.objects.filter(due_at__isnull=False).update(due_at=past)
    Mail.objects.filter(begun_at__isnull=False).update(begun_at=past - timedelta(hours=1))


def deliver() -> None:
    an_hour_later()
    send_mails()


def tell(
    project: Project, shot: Shot | None, number: int, kind: EventKind = EventKind.CALL_UNCERTAIN
) -> None:
    """An event for bob as a producer of the project."""
    events.tell(
        kind, f"Event {number} of {shot or project}.", repeats=f"{number}", project=project, shot=shot
    )


def make_producer(person: User) -> None:
    Membership.objects.filter(user=person).update(role="producer")


# --- one mail ---


def test_many_events_are_one_mail_by_project_and_shot(
    post: PostOffice, make_shot: Callable[..., Shot], alice: User, bob_reads: User
) -> None:
    first, second = make_shot(), make_shot()
    for shot in (first, first, second):
        ready(shot, alice, 2)
    deliver()
    [message] = post.messages
    assert post.receivers == [BOB]
    body = text_of(message)
    assert "The Harbour\n" in body
    assert f"- 4 clips of {first.code} are ready. (1 earlier notice)\n" in body
    assert f"- 2 clips of {second.code} are ready.\n" in body
    assert message["Subject"] == "Retake: 3 notices in The Harbour"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["To"] == f"Bob <{BOB}>"
    mail = Mail.objects.get()
    assert message["Message-ID"] == f"<{mail.uid}@retake.example.org>"
    assert (mail.ok, mail.due_at) == (True, None)
    deliver()
    assert len(post.messages) == 1


def test_its_links_lead_to_where_something_can_be_done(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User
) -> None:
    [clip] = ready(shot, alice)
    deliver()
    assert f"{SITE}/review/{clip.uid}/" in text_of(post.messages[0])
    html = post.messages[0].get_body(("html",))
    assert html is not None
    assert f'href="{SITE}/review/{clip.uid}/"' in html.get_content()
    assert not re.search(r"<img|<script|style=|src=", html.get_content())


def test_without_an_address_of_the_site_it_says_in_words_where_to_look(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User, settings: Settings
) -> None:
    settings.SITE_URL = ""
    ready(shot, alice)
    deliver()
    [message] = post.messages
    assert "://" not in text_of(message)
    assert "your menu at the top right, Notifications" in text_of(message)
    assert message["List-Unsubscribe"] is None


def test_nothing_is_sent_before_its_time_and_what_comes_within_the_minute_goes_along(
    post: PostOffice, make_shot: Callable[..., Shot], alice: User, bob_reads: User
) -> None:
    ready(make_shot(), alice)
    send_mails()
    assert post.messages == []
    Notice.objects.update(mail_due_at=timezone.now())
    ready(make_shot(), alice)
    send_mails()
    assert post.messages[0]["Subject"] == "Retake: 2 notices in The Harbour"
    assert not Notice.objects.filter(mail_due_at__isnull=False).exists()


def test_five_hundred_notices_are_one_short_mail(
    post: PostOffice, project: Project, make_shot: Callable[..., Shot], bob_reads: User
) -> None:
    make_producer(bob_reads)
    shots = [make_shot() for _ in range(30)]
    for number in range(500):
        tell(project, shots[number % 30], number)
    deliver()
    body = text_of(post.messages[0])
    assert body.count("\n- ") == letters.MOST_LINES
    listed = sum(
        1 + int(more or 0) for more in re.findall(r"\n- [^(\n]+(?:\((\d+) earlier notices?\))?", body)
    )
    assert f"… and {500 - listed} more: {SITE}/notices/" in body
    assert len(body) < 6000


@pytest.mark.parametrize(
    ("name", "project_name"),
    [
        ("Zoë Müller-Æbelø", "Der große Hafen – 東京"),
        ("Bob\r\nBcc: evil@example.org", "Harbour\nSubject: evil\n\nevil"),
        ("x" * 30, 'Quote " and <b>tag</b> & more'),
    ],
)
def test_names_are_written_whole_and_never_become_headers(
    post: PostOffice, project: Project, shot: Shot, alice: User, bob_reads: User, name: str, project_name: str
) -> None:
    User.objects.filter(pk=bob_reads.pk).update(first_name=name)
    Project.objects.update(name=project_name)
    ready(shot, alice)
    make_producer(bob_reads)
    tell(Project.objects.get(), None, 1)
    deliver()
    [message] = post.messages
    plain = letters.one_line(project_name)
    assert message["Subject"].strip() == f"Retake: 2 notices in {plain}"
    assert f"{plain}\n" in text_of(message)
    assert message["To"].addresses[0].display_name == letters.one_line(name)
    assert post.receivers == [BOB]
    assert message["Bcc"] is None
    html = message.get_body(("html",))
    assert html is not None
    assert "<b>" not in html.get_content()


def test_signs_that_nobody_sees_do_not_get_into_a_mail() -> None:
    assert letters.one_line(" a\x00b\u202ec\r\n\td\u2028e ") == "abc d e"


def test_nobody_gets_more_than_so_many_in_an_hour_and_the_rest_joins_the_next(
    post: PostOffice, project: Project, make_shot: Callable[..., Shot], bob_reads: User, settings: Settings
) -> None:
    settings.MAILS_PER_HOUR = 2
    make_producer(bob_reads)
    for number in range(4):
        tell(project, make_shot(), number)
        Notice.objects.filter(mail_due_at__isnull=False).update(mail_due_at=timezone.now())
        send_mails()
    assert len(post.messages) == 2
    waits = Notice.objects.filter(mail_due_at__gt=timezone.now() + timedelta(minutes=50))
    assert waits.count() == 2
    deliver()
    assert post.messages[2]["Subject"] == "Retake: 2 notices in The Harbour"


# --- to whom ---


@pytest.mark.parametrize(
    "meanwhile",
    [
        lambda bob, clip: Membership.objects.filter(user=bob).delete(),
        lambda bob, clip: User.objects.filter(pk=bob.pk).update(is_active=False),
        lambda bob, clip: User.objects.filter(pk=bob.pk).update(email=""),
        lambda bob, clip: NotifyChoice.objects.filter(user=bob).update(mail=MailTiming.OFF),
        lambda bob, clip: NotifyChoice.objects.filter(user=bob).update(muted=[EventKind.CLIPS_READY]),
        lambda bob, clip: notices.see_all(bob),
        lambda bob, clip: review.approve(clip, clip.shot.project.created_by, clip.revision),
    ],
    ids=[
        "left the project",
        "deactivated",
        "has no address",
        "wants no mail",
        "muted it",
        "has seen it",
        "it is over",
    ],
)
def test_it_is_asked_once_more_before_a_mail_leaves(
    post: PostOffice,
    shot: Shot,
    alice: User,
    bob_reads: User,
    meanwhile: Callable[[User, Candidate], object],
) -> None:
    [clip] = ready(shot, alice)
    meanwhile(bob_reads, clip)
    deliver()
    assert post.messages == []
    assert not Mail.objects.filter(due_at__isnull=False).exists()


# --- when it fails ---


def test_a_server_that_is_away_is_asked_again_with_patience(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User, settings: Settings
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.MAIL_SERVER = MailServer("127.0.0.1", closed.getsockname()[1], "", "", "off")
        ready(shot, alice)
        deliver()
    mail = Mail.objects.get()
    assert mail.due_at is not None
    assert timedelta(seconds=50) < mail.due_at - timezone.now() < timedelta(seconds=70)
    assert "cannot be reached" in mailing.trouble()
    settings.MAIL_SERVER = MailServer("127.0.0.1", post.port, "", "", "off")
    send_mails()
    assert post.messages == []
    User.objects.filter(pk=bob_reads.pk).update(email="moved@example.org")
    deliver()
    assert post.receivers == ["moved@example.org"]
    assert post.messages[0]["Message-ID"] == f"<{mail.uid}@retake.example.org>"
    assert mailing.trouble() == ""
    assert [mailing.wait_s(tries) for tries in (1, 2, 3, 9)] == [60, 120, 240, 1800]


def test_a_password_that_is_refused_makes_all_wait_and_is_not_told(
    post: PostOffice,
    shot: Shot,
    alice: User,
    bob_reads: User,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings.MAIL_SERVER = MailServer("127.0.0.1", post.port, "retake", "hunter2", "off")
    post.to_password = False
    ready(shot, alice)
    deliver()
    assert "535" in mailing.trouble()
    assert "hunter2" not in mailing.trouble() + caplog.text
    post.to_password = True
    deliver()
    assert len(post.messages) == 1


def test_a_silent_server_is_left_and_nothing_counts_as_sent(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.1
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.MAIL_SERVER = MailServer("127.0.0.1", silent.getsockname()[1], "", "", "off")
        ready(shot, alice)
        deliver()
    mail = Mail.objects.get()
    assert (mail.begun_at, mail.done_at) == (None, None)
    assert "cannot be reached" in mail.said


@pytest.mark.parametrize(
    ("at_receiver", "at_text"),
    [("450 greylisted", "250 OK"), ("", "250 OK"), ("250 OK", "451 try later")],
    ids=["not now", "cut before the text", "a clear no after the text"],
)
def test_what_was_surely_not_taken_is_sent_later(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User, at_receiver: str, at_text: str
) -> None:
    post.to_receivers, post.to_text = at_receiver, at_text
    ready(shot, alice)
    deliver()
    mail = Mail.objects.get()
    assert (mail.begun_at, mail.done_at) == (None, None)
    assert Notice.objects.get(user=bob_reads).mailed_at is None
    post.reset()
    deliver()
    assert len(post.messages) == 1


def test_a_lost_answer_after_the_text_is_never_sent_again(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User
) -> None:
    post.to_text = ""
    ready(shot, alice)
    deliver()
    assert len(post.messages) == 1
    post.reset()
    deliver()
    assert post.messages == []
    mail = Mail.objects.get()
    assert (mail.ok, mail.due_at) == (None, None)
    assert "not sent again" in mail.said


def test_an_address_that_is_refused_for_good_stops_the_mail_and_says_so(
    post: PostOffice, make_shot: Callable[..., Shot], alice: User, bob_reads: User
) -> None:
    post.to_receiver[BOB] = "550 no such mailbox"
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    ready(make_shot(), alice)
    deliver()
    # The other one on the same connection gets theirs.
    assert post.receivers == ["alice@example.org"]
    ready(make_shot(), alice)
    assert not Notice.objects.filter(user=bob_reads, mail_due_at__isnull=False).exists()
    page = signed_in(bob_reads).get("/notices/choices/").content.decode()
    assert "Mail to you has stopped. The mail server said 550 no such mailbox" in page
    post.reset()
    signed_in(bob_reads).post("/notices/choices/", {"mail": "now", "kinds": EventKind.values})
    ready(make_shot(), alice)
    deliver()
    assert BOB in post.receivers


def test_a_mail_that_is_refused_for_good_is_not_tried_again(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User
) -> None:
    post.to_text = "554 looks like spam"
    ready(shot, alice)
    deliver()
    deliver()
    assert post.asked == 1
    assert (Mail.objects.get().ok, "554 looks like spam" in Mail.objects.get().said) == (False, True)


@pytest.mark.django_db(transaction=True)
def test_two_processes_at_once_make_one_mail_and_send_it_once(
    post: PostOffice, project: Project, make_shot: Callable[..., Shot], alice: User, bob_reads: User
) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@example.org")
    notices.choose(alice, None, mail=MailTiming.NOW, push=True, muted=[])
    with transaction.atomic():
        ready(make_shot(), alice)
    an_hour_later()

    def work() -> None:
        try:
            together.wait()
            send_mails()
        finally:
            connection.close()

    together = threading.Barrier(3)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(post.receivers) == ["alice@example.org", BOB]
    assert Mail.objects.filter(ok=True).count() == Mail.objects.count() == 2


@pytest.mark.parametrize("began", [False, True])
def test_a_process_that_dies_leaves_a_mail_that_is_sent_once_at_most(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User, began: bool
) -> None:
    ready(shot, alice)
    an_hour_later()
    mailing.gather()
    mail = mailing.take()
    assert mail is not None
    if began:
        assert mailing.begin(mail)
    # Here it dies. Nobody else takes the mail before its lease is over.
    send_mails()
    assert post.messages == []
    deliver()
    assert len(post.messages) == (0 if began else 1)
    # The dead one wakes, and may neither begin nor write any more; nor may it while another has the mail.
    Mail.objects.update(due_at=timezone.now(), begun_at=None, done_at=None)
    another = mailing.take()
    assert another is not None
    assert not mailing.begin(mail)
    assert mailing.begin(another)
    mailing.sent(another, "taken")
    assert not mailing.begin(mail)
    mailing.put_off(mail, "late")
    assert Mail.objects.get().due_at is None


def test_what_nobody_took_for_two_days_is_given_up(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User
) -> None:
    post.to_receivers = "450 greylisted"
    ready(shot, alice)
    deliver()
    Mail.objects.update(created_at=timezone.now() - timedelta(days=3))
    deliver()
    assert Mail.objects.get().said.startswith("Given up after two days. The mail server said 450")
    Mail.objects.update(created_at=timezone.now() - timedelta(days=31))
    mailing.keep_house()
    assert not Mail.objects.exists()
    assert Notice.objects.exists()


def test_the_watcher_asks_for_mails_only_when_some_are_due(
    post: PostOffice, shot: Shot, alice: User, bob_reads: User, settings: Settings
) -> None:
    ready(shot, alice)
    run_queue()
    mailing.call_when_due()
    assert run_queue() == 0
    an_hour_later()
    mailing.call_when_due()
    assert run_queue() == 1
    assert len(post.messages) == 1
    settings.MAIL_SERVER = None
    Notice.objects.update(mail_due_at=timezone.now())
    mailing.call_when_due()
    assert run_queue() == 0


# --- leaving ---


def _stop_links(post: PostOffice) -> list[str]:
    return [urlsplit(link).path for link in re.findall(r"\S+/notices/stop/\S+", text_of(post.messages[-1]))]


def test_one_click_in_the_mail_program_turns_all_mail_off(
    post: PostOffice, shot: Shot, project: Project, alice: User, bob_reads: User
) -> None:
    notices.choose(bob_reads, project, mail=MailTiming.NOW, push=False, muted=[EventKind.KEY_FAILING])
    ready(shot, alice)
    deliver()
    [message] = post.messages
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(message["List-Unsubscribe"].strip().strip("<>")).path
    outsider = Client(enforce_csrf_checks=True)
    assert outsider.get(link).status_code == 200
    assert set(NotifyChoice.objects.values_list("mail", flat=True)) == {MailTiming.NOW}
    assert outsider.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert set(NotifyChoice.objects.values_list("mail", flat=True)) == {MailTiming.OFF}
    own = NotifyChoice.objects.get(project=project)
    assert (own.push, own.muted) == (False, [EventKind.KEY_FAILING])
    # It opens nothing else.
    assert outsider.get("/notices/").status_code == 302


def test_a_link_of_one_project_turns_off_that_one_alone(
    post: PostOffice, shot: Shot, project: Project, alice: User, bob_reads: User
) -> None:
    ready(shot, alice)
    deliver()
    of_project, of_all = _stop_links(post)
    page = Client().get(of_project).content.decode()
    assert "No more mail about The Harbour?" in page
    assert "b…@example.org" in page
    assert BOB not in page
    Client().post(of_project)
    assert notices.ways([bob_reads.pk], project.pk)[bob_reads.pk].mail == MailTiming.OFF
    assert notices.ways([bob_reads.pk], None)[bob_reads.pk].mail == MailTiming.NOW
    assert of_all != of_project
    Membership.objects.all().delete()
    assert "The Harbour" not in Client().get(of_project).content.decode()


def test_a_link_that_was_not_made_here_does_nothing(
    post: PostOffice, project: Project, bob_reads: User
) -> None:
    good = letters.unsubscribe_token(bob_reads, None)
    for bad in (good[:-1], f"{good}x", "1", mailing.address_token(bob_reads, "x@example.org")):
        assert Client().post(f"/notices/stop/{bad}/").status_code == 404
    assert NotifyChoice.objects.get().mail == MailTiming.NOW


# --- one's own address ---


def test_a_new_address_counts_when_its_link_was_followed_by_its_person(
    post: PostOffice, project: Project, alice: User, bob_reads: User
) -> None:
    client, new = signed_in(bob_reads), "bob@new.example.org"
    assert client.post("/notices/address/", {"address": new}).status_code == 302
    run_queue()
    assert post.receivers == [new]
    bob_reads.refresh_from_db()
    assert bob_reads.email == BOB
    found = re.search(r"\S+(/notices/address/\S+)", text_of(post.messages[0]))
    assert found is not None
    link = urlsplit(found[0]).path
    assert signed_in(alice).get(link).status_code == 404
    assert new in client.get(link).content.decode()
    assert client.post(link).status_code == 302
    bob_reads.refresh_from_db()
    assert bob_reads.email == new
    assert client.get(link).status_code == 404
    assert client.post("/notices/stop/" + link.split("/")[-2] + "/").status_code == 404


def test_an_address_is_not_a_way_to_fill_a_strangers_mailbox(
    post: PostOffice, project: Project, bob_reads: User
) -> None:
    client = signed_in(bob_reads)
    for number in range(mailing.ADDRESSES_PER_HOUR):
        client.post("/notices/address/", {"address": f"victim{number}@example.org"})
    answer = client.post("/notices/address/", {"address": "victim@example.org"})
    assert answer.status_code == 422
    assert "Try again in an hour" in answer.content.decode()
    assert Mail.objects.filter(kind=MailKind.ADDRESS).count() == mailing.ADDRESSES_PER_HOUR


@pytest.mark.django_db
def test_a_mail_that_was_begun_and_never_ended_is_closed_and_not_taken_again(bob: User) -> None:
    past = timezone.now() - timedelta(seconds=1)
    facts = {"address": "bob@example.com", "due_at": past, "begun_at": past}
    mail = Mail.objects.create(user=bob, **facts)
    assert mailing.take() is None
    mail.refresh_from_db()
    assert (mail.due_at, mail.ok) == (None, None)
    assert mail.done_at is not None
    assert "may have arrived and is not sent again" in mail.said
