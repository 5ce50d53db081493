"""Events on their way to other systems, over real HTTP: signed, in order, again and again, and given up."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from jobs import outward
from jobs.outgoing import send_outgoing
from providers.webhook_signature import check_standard
from reviewapp import events, keyrotation, outgoing, receivers
from reviewapp.models import (
    AuditEntry,
    EventKind,
    HookStyle,
    Notice,
    OutgoingDelivery,
    OutgoingHook,
    Project,
    ProviderKey,
    Shot,
    User,
)
from reviewapp.notices import leads_to
from tests.cast import run_queue, signed_in
from tests.jobs.post_box import Box, post_box

TOKEN = "T0PSECRET-path-token"


@pytest.fixture
def box(settings: Settings) -> Iterator[Box]:
    with post_box() as made:
        settings.PRIVATE_HOSTS = [made.host]
        settings.SITE_URL = "https://retake.example.org"
        yield made


def receiver(
    project: Project, by: User, url: str, style: HookStyle = HookStyle.JSON, **facts: Any
) -> tuple[OutgoingHook, str]:
    kinds = facts.pop("kinds", EventKind.values)
    return receivers.add(by, project, name="Ops", style=style, url=url, kinds=kinds)


def tell(shot: Shot, name: str = "one") -> None:
    events.tell(EventKind.SHOT_ESCALATED, f"{shot.code} needs a producer: {name}.", repeats=name, shot=shot)


def due_again(hook: OutgoingHook) -> None:
    """The time until the next try goes by, and the watcher looks."""
    OutgoingDelivery.objects.filter(hook=hook, done_at=None).update(due_at=timezone.now())
    outgoing.wake_due()
    run_queue()


def test_what_arrives_is_signed_and_says_what_happened(box: Box, shot: Shot, alice: User) -> None:
    _, secret = receiver(shot.project, alice, f"{box.url}/in/{TOKEN}?a=b")
    tell(shot)
    assert run_queue() == 1
    [post] = box.posts
    assert post.path == f"/in/{TOKEN}?a=b"
    assert check_standard(post.headers, post.body, [secret], time.time()).startswith("evt_")
    told = json.loads(post.body)
    event = OutgoingDelivery.objects.get().event
    assert told == {
        "type": "shot_escalated",
        "id": str(event.uid),
        "at": told["at"],
        "project": {"slug": "harbour", "name": "The Harbour"},
        "shot": "SQ010_SH0010",
        "candidate": None,
        "sentence": "SQ010_SH0010 needs a producer: one.",
        "url": "https://retake.example.org/p/harbour/shots/SQ010_SH0010/",
    }
    row = OutgoingDelivery.objects.get()
    assert (row.ok, row.said, row.tries, row.due_at) == (True, "200 ok", 1, None)


def test_a_chat_gets_words_that_cannot_call_everybody(box: Box, shot: Shot, alice: User) -> None:
    receiver(shot.project, alice, f"{box.url}/services/{TOKEN}", HookStyle.SLACK)
    tell(shot, "<!channel> & <https://evil.example|here>")
    run_queue()
    told = json.loads(box.posts[0].body)
    assert told["text"].endswith("&lt;!channel&gt; &amp; &lt;https://evil.example|here&gt;.")
    words = told["blocks"][0]["text"]["text"]
    assert words.startswith("*The Harbour*\n")
    assert words.endswith("<https://retake.example.org/p/harbour/shots/SQ010_SH0010/|Open in Retake>")
    assert "webhook-signature" not in box.posts[0].headers


def test_only_what_was_ticked_and_only_the_own_project(box: Box, shot: Shot, alice: User) -> None:
    other = Project.objects.create(slug="other", name="Other")
    receiver(shot.project, alice, box.url, kinds=["clips_ready"])
    receiver(other, alice, box.url)
    tell(shot)
    assert not OutgoingDelivery.objects.exists()


def test_a_failing_key_is_told_to_the_projects_it_pays_for(box: Box, project: Project, alice: User) -> None:
    elsewhere = Project.objects.create(slug="other", name="Other", provider="kling", model="kling-3.0")
    mine, _ = receiver(project, alice, box.url)
    receiver(elsewhere, alice, box.url)
    key = ProviderKey.objects.create(name="Studio", provider="runway")
    events.key_failing(key, "no credit")
    assert [row.hook for row in OutgoingDelivery.objects.all()] == [mine]


def test_what_is_not_taken_is_tried_again_with_the_same_id_until_it_is(
    box: Box, shot: Shot, alice: User
) -> None:
    hook, secret = receiver(shot.project, alice, box.url)
    box.answers += [
        (500, "sorry", {}),
        (429, "slowly", {"Retry-After": "120"}),
        (302, "", {"Location": "/x"}),
    ]
    tell(shot)
    run_queue()
    waits = []
    for _ in range(3):
        row = OutgoingDelivery.objects.get()
        assert row.due_at is not None
        waits.append(round((row.due_at - timezone.now()).total_seconds()))
        due_again(hook)
    assert [round(wait, -1) for wait in waits] == [0, 120, 600], "a receiver may ask for longer"
    assert len({check_standard(one.headers, one.body, [secret], time.time()) for one in box.posts}) == 1
    assert {one.path for one in box.posts} == {"/"}, "no redirect is followed"
    row.refresh_from_db()
    assert (row.ok, row.tries) == (True, 4)


def test_after_a_day_in_vain_it_is_given_up_and_the_receiver_paused(
    box: Box, shot: Shot, alice: User
) -> None:
    hook, _ = receiver(shot.project, alice, box.url)
    box.answers += [(503, "closed", {})] * 8
    tell(shot)
    run_queue()
    for _ in range(7):
        due_again(hook)
    hook.refresh_from_db()
    row = OutgoingDelivery.objects.get()
    assert (len(box.posts), row.ok, row.due_at) == (8, False, None)
    assert hook.paused_reason == "Paused: nothing was taken for a day. The last answer: 503 closed"
    told = Notice.objects.get(event__kind=EventKind.RECEIVER_STOPPED)
    assert told.user == alice, "a producer of the project"
    assert leads_to(told.event) == reverse("receiver-list", args=["harbour"])
    tell(shot, "while it is paused")
    assert OutgoingDelivery.objects.count() == 1
    # A person switches it on again and sends what was given up.
    page = signed_in(alice)
    page.post(reverse("receiver-enabled", args=["harbour", hook.uid]), {"to": "on"})
    page.post(reverse("delivery-again", args=["harbour", hook.uid, row.pk]))
    run_queue()
    row.refresh_from_db()
    hook.refresh_from_db()
    assert (row.ok, hook.paused_reason, hook.failures) == (True, "", 0)


def test_a_receiver_that_is_gone_is_switched_off(box: Box, shot: Shot, alice: User) -> None:
    hook, _ = receiver(shot.project, alice, box.url)
    box.answers.append((410, "", {}))
    tell(shot)
    run_queue()
    hook.refresh_from_db()
    assert not hook.enabled
    assert "410" in hook.paused_reason


def test_they_arrive_in_order_and_a_success_brings_what_failed(box: Box, shot: Shot, alice: User) -> None:
    receiver(shot.project, alice, box.url)
    box.answers.append((500, "", {}))
    tell(shot, "first")
    run_queue()
    for name in ("second", "third"):
        tell(shot, name)
    run_queue()
    said = [json.loads(post.body)["sentence"].split(": ")[1] for post in box.posts]
    assert said == ["first.", "second.", "first.", "third."]


def test_one_worker_serves_a_receiver_and_a_dead_ones_place_is_taken(
    box: Box, shot: Shot, alice: User
) -> None:
    hook, _ = receiver(shot.project, alice, box.url)
    tell(shot)
    OrmQ.objects.all().delete()
    held = outgoing.hold(hook.pk)
    assert held is not None
    row = outgoing.take(held)
    assert row is not None
    tell(shot, "two")
    run_queue()
    assert box.posts == [], "the other one serves it, and would be overtaken"
    # The other one is killed in the middle of the call; its lease and its claim run out.
    past = timezone.now() - timedelta(seconds=1)
    OutgoingHook.objects.update(busy_until=past)
    OutgoingDelivery.objects.update(due_at=past)
    outgoing.wake_due()
    run_queue()
    said = [json.loads(post.body)["sentence"].split(": ")[1] for post in box.posts]
    assert said == ["one.", "two."]
    outgoing.failed(held, row, "a late word of the dead one")
    assert all(one.ok for one in OutgoingDelivery.objects.all())
    assert OutgoingHook.objects.get().busy_until is None


def test_a_slow_receiver_costs_no_more_than_its_time(
    box: Box, shot: Shot, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outward, "TIMEOUT_S", 0.2)
    box.slow_s = 1.0
    receiver(shot.project, alice, box.url)
    tell(shot)
    run_queue()
    assert "no answer within 0.2 seconds" in OutgoingDelivery.objects.get().said


def test_a_name_that_turns_to_a_private_address_is_never_connected_to(
    box: Box, shot: Shot, alice: User, settings: Settings
) -> None:
    settings.PRIVATE_HOSTS = []
    port = box.host.rpartition(":")[2]
    hook, _ = receiver(shot.project, alice, f"https://hooks.example.org:{port}/x")
    tell(shot)
    OrmQ.objects.all().delete()

    async def rebound(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "127.0.0.1"]

    send_outgoing(hook.pk, rebound)
    assert box.posts == []
    assert "private network" in OutgoingDelivery.objects.get().said


def test_no_secret_shows_anywhere(
    box: Box, shot: Shot, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    page = signed_in(alice)
    facts = {"name": "Ops", "style": "json", "url": f"{box.url}/in/{TOKEN}", "kinds": ["shot_escalated"]}
    made = page.post(reverse("receiver-new", args=["harbour"]), facts)
    secret = made.context["secret"]
    assert secret in made.content.decode()
    again = page.post(reverse("receiver-new", args=["harbour"]), facts | {"name": "OPS"})
    assert (again.status_code, OutgoingHook.objects.count()) == (422, 1)
    assert "Another receiver of this project has this name." in again.content.decode()
    assert made["Cache-Control"] == "no-store"
    hook = OutgoingHook.objects.get()
    box.answers += [(400, f"bad {box.url}/in/{TOKEN} {secret} /in/{TOKEN}", {}), (200, "", {})]
    tell(shot)
    run_queue()
    due_again(hook)
    pages = [page.get(reverse(name, args=args)).content.decode() for name, args in _pages(hook)]
    stored = [str(row) + repr(row) + row.said for row in OutgoingDelivery.objects.all()]
    kept = [hook.url_encrypted, hook.secret_encrypted, repr(hook), repr(outgoing.opened(hook))]
    log = [str(entry) + entry.detail for entry in AuditEntry.objects.all()]
    for place in (*pages, *stored, *kept, *log, caplog.text):
        assert TOKEN not in place
        assert secret not in place
        assert secret.removeprefix("whsec_") not in place


def _pages(hook: OutgoingHook) -> list[tuple[str, list[object]]]:
    return [
        ("receiver-list", ["harbour"]),
        ("receiver-edit", ["harbour", hook.uid]),
        ("project-settings", ["harbour"]),
    ]


def test_a_new_encryption_key_takes_the_receivers_along(
    box: Box, shot: Shot, alice: User, settings: Settings
) -> None:
    hook, secret = receiver(shot.project, alice, f"{box.url}/in/{TOKEN}")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert keyrotation.needing_older_keys() == [str(hook)]
    assert keyrotation.rotate().rotated == 2
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    tell(shot)
    run_queue()
    assert check_standard(box.posts[0].headers, box.posts[0].body, [secret], time.time())
