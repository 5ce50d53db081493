"""Push in browsers: a push service over real HTTP takes the message, and the browser's own key opens it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from jobs.push import send_push
from reviewapp import events, push
from reviewapp.models import EventKind, Membership, Notice, PushSubscription, Shot, User
from reviewapp.views.push import browser_words
from tests.cast import run_queue, signed_in
from tests.jobs.post_box import Box, Post, post_box

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class Browser:
    """What a browser keeps of a subscription: its private key and the shared secret."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen bytes ok"

    @property
    def facts(self) -> dict[str, str]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {"endpoint": self.endpoint, "p256dh": text(point), "auth": text(self.auth)}

    def opens(self, post: Post) -> dict[str, str]:
        packed = http_ece.decrypt(post.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        told: dict[str, str] = json.loads(packed)
        return told


@pytest.fixture
def box(settings: Settings) -> Iterator[Box]:
    with post_box() as made:
        settings.PRIVATE_HOSTS = [made.host]
        settings.PUSH_CONTACT = "https://retake.example.org/contact"
        yield made


def switch_on(person: User, browser: Browser) -> Client:
    page = signed_in(person)
    answer = page.post(
        reverse("push-subscribe"), browser.facts, headers={"HX-Request": "true", "User-Agent": CHROME}
    )
    assert answer.status_code == 200, answer.content
    assert "Chrome on Linux" in answer.content.decode()
    return page


def tell(shot: Shot, name: str = "one") -> None:
    events.tell(EventKind.SHOT_ESCALATED, f"{shot.code} needs a producer.", repeats=name, shot=shot)


def test_only_the_browser_can_read_it_and_only_we_can_have_sent_it(box: Box, shot: Shot, alice: User) -> None:
    browser = Browser(f"{box.url}/push/alice")
    switch_on(alice, browser)
    tell(shot)
    run_queue()
    [post] = box.posts
    assert browser.opens(post) == {
        "title": "The Harbour",
        "body": "SQ010_SH0010 needs a producer.",
        "url": "/p/harbour/shots/SQ010_SH0010/",
        "tag": post.headers["topic"],
    }
    assert b"SQ010" not in post.body
    assert (post.headers["content-encoding"], post.headers["urgency"]) == ("aes128gcm", "normal")
    assert 0 < int(post.headers["ttl"]) <= 12 * 3600
    assert len(post.headers["topic"]) == 32
    token, key = (part.split("=", 1)[1] for part in post.headers["authorization"].split(" ")[1].split(","))
    assert key == push.public_key()
    point = urlsafe_b64decode(key + "=" * (-len(key) % 4))
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    claims = jwt.decode(token, public, algorithms=["ES256"], audience=box.url)
    assert claims["sub"] == "https://retake.example.org/contact"
    notice = Notice.objects.get(user=alice)
    assert (notice.push_due_at, bool(notice.pushed_at)) == (None, True)


def test_a_browser_that_the_service_has_forgotten_is_removed(box: Box, shot: Shot, alice: User) -> None:
    switch_on(alice, Browser(f"{box.url}/push/old"))
    box.answers.append((410, "", {}))
    tell(shot)
    run_queue()
    assert not PushSubscription.objects.exists()
    assert Notice.objects.get(user=alice).push_due_at is None


def test_only_the_browser_that_was_not_reached_is_tried_again(box: Box, shot: Shot, alice: User) -> None:
    for name in ("desk", "phone"):
        switch_on(alice, Browser(f"{box.url}/push/{name}"))
    box.answers += [(503, "", {"Retry-After": "300"}), (201, "", {})]
    tell(shot)
    run_queue()
    unreached = PushSubscription.objects.get(failures=1)
    notice = Notice.objects.get(user=alice)
    assert notice.push_due_at is not None
    assert 290 < (notice.push_due_at - timezone.now()).total_seconds() <= 300
    Notice.objects.update(push_due_at=timezone.now())
    push.wake_due()
    run_queue()
    assert len(box.posts) == 3
    assert box.posts[2].path == "/" + unreached.endpoint.split("/", 3)[3]
    unreached.refresh_from_db()
    assert unreached.failures == 0


def test_it_is_given_up_and_a_browser_that_never_answers_is_forgotten(
    box: Box, shot: Shot, alice: User
) -> None:
    switch_on(alice, Browser(f"{box.url}/push/dead"))
    box.answers += [(500, "", {})] * 20
    tell(shot)
    run_queue()
    for _ in range(5):
        Notice.objects.update(push_due_at=timezone.now())
        send_push()
    assert (len(box.posts), Notice.objects.get(user=alice).push_due_at) == (6, None)
    PushSubscription.objects.update(failures=push.MOST_FAILURES - 1)
    tell(shot, "two")
    run_queue()
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("why", ["seen", "old", "left", "switched off"])
def test_what_need_not_be_pushed_any_more_is_not(why: str, box: Box, shot: Shot, alice: User) -> None:
    switch_on(alice, Browser(f"{box.url}/push/alice"))
    tell(shot)
    if why == "seen":
        Notice.objects.update(seen_at=timezone.now())
    elif why == "old":
        Notice.objects.get().event.__class__.objects.update(at=timezone.now() - timedelta(hours=13))
    elif why == "left":
        Membership.objects.all().delete()
    else:
        User.objects.update(is_active=False)
    run_queue()
    assert box.posts == []
    assert Notice.objects.get().push_due_at is None


def test_a_browsers_word_leads_to_no_private_place(
    box: Box, shot: Shot, alice: User, settings: Settings
) -> None:
    port = box.host.rpartition(":")[2]
    good = Browser("https://push.example.org/x").facts
    page = signed_in(alice)
    for wrong in (
        {"endpoint": f"http://push.example.org:{port}/x"},
        {"endpoint": "https://192.168.1.1/x"},
        {"endpoint": "https://user:word@push.example.org/x"},
        {"endpoint": "file:///etc/passwd"},
        {"endpoint": ""},
        {"p256dh": text(b"\x04" + bytes(64))},
        {"auth": text(b"short")},
    ):
        assert page.post(reverse("push-subscribe"), good | wrong).status_code == 422, wrong
    assert not PushSubscription.objects.exists()
    settings.PRIVATE_HOSTS = []
    PushSubscription.objects.create(
        user=alice, **Browser(f"https://push.example.org:{port}/x").facts, browser="Rebound"
    )
    tell(shot)

    async def rebound(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    send_push(rebound)
    assert box.posts == []


def test_browsers_are_ones_own(box: Box, alice: User, bob: User) -> None:
    browser = Browser(f"{box.url}/push/shared")
    page = switch_on(alice, browser)
    row = PushSubscription.objects.get()
    signed_in(bob).post(reverse("push-remove", args=[row.pk]))
    signed_in(bob).post(reverse("push-unsubscribe"), {"endpoint": browser.endpoint})
    assert PushSubscription.objects.get().user == alice
    # Whoever signs in at the same browser and switches it on is told there, and nobody else.
    switch_on(bob, browser)
    assert PushSubscription.objects.get().user == bob
    page = signed_in(bob)
    page.post(reverse("push-remove", args=[PushSubscription.objects.get().pk]))
    assert not PushSubscription.objects.exists()


def test_the_worker_stands_at_the_root_for_everyone(db: None) -> None:
    answer = Client().get("/sw.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    assert b"showNotification" in answer.content
    assert "worker-src 'self'" in answer["Content-Security-Policy"]


def test_a_browser_is_named_as_people_name_it() -> None:
    assert browser_words(CHROME) == "Chrome on Linux"
    assert (
        browser_words("Mozilla/5.0 (Windows NT 10.0; rv:133.0) Gecko/20100101 Firefox/133.0")
        == "Firefox on Windows"
    )
    assert browser_words("") == "A browser"
