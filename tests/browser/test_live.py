"""What moves by itself, in a real Chromium: one line for all tabs, polls without it; push and receivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reviewapp import live, receivers
from reviewapp.models import EventKind, HookStyle, OutgoingDelivery, Project, Shot, Status, User
from reviewapp.views import live as line
from tests.browser.conftest import axe_check, overflow
from tests.browser.conftest import shot as picture
from tests.patience import wait_for
from tests.reviewapp.stages import asked

SOONER_MS = 15_000


@pytest.fixture
def hub(settings: Settings, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[live.Hub]:
    settings.LIVE_LISTENERS = 8
    monkeypatch.setattr(live, "TICK_S", 0.05)
    monkeypatch.setattr(line, "BEAT_S", 0.5)
    hub = live.Hub()
    monkeypatch.setattr(line, "hub", hub)
    yield hub
    hub.stop()
    wait_for("the end of the thread that reads for nobody", lambda: hub._thread is None)


def is_up(page: Page) -> None:
    expect(page.locator("html[data-live-up='1']")).to_be_attached()


def test_three_tabs_share_one_line_and_each_is_told_at_once(
    hub: live.Hub,
    context: BrowserContext,
    page: Page,
    live_server: LiveServer,
    sign_in: Callable[[User], None],
    shot: Shot,
    bob: User,
) -> None:
    clip = asked(shot, bob)[0]
    sign_in(bob)
    tabs = [page, context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(live_server.url + reverse("shot-list", args=["harbour"]))
    for tab in tabs:
        is_up(tab)
    assert len(hub.listeners) == 1
    # The polls rest by now, for half a minute each: only the line can tell of this sooner.
    page.wait_for_timeout(2500)
    clip.move(Status.SUBMITTING)
    for tab in tabs:
        expect(tab.locator(".shot__machine")).to_contain_text("Submitting", timeout=SOONER_MS)
    # The tab that held the line is closed; another takes it.
    tabs[0].close()
    is_up(tabs[1])
    page_two = tabs[1]
    page_two.wait_for_timeout(600)
    assert len(hub.listeners) >= 1
    clip.move(Status.GENERATING)
    expect(page_two.locator(".shot__machine")).to_contain_text("Generating", timeout=SOONER_MS)


def test_without_a_line_the_page_polls(
    page: Page, live_server: LiveServer, sign_in: Callable[[User], None], shot: Shot, bob: User
) -> None:
    clip = asked(shot, bob)[0]
    sign_in(bob)
    page.goto(live_server.url + reverse("shot-list", args=["harbour"]))
    clip.move(Status.SUBMITTING)
    expect(page.locator(".shot__machine")).to_contain_text("Submitting")


def test_push_says_what_stands_in_the_way_and_shows_what_is_pushed(
    context: BrowserContext,
    page: Page,
    live_server: LiveServer,
    sign_in: Callable[[User], None],
    alice: User,
) -> None:
    sign_in(alice)
    # A name of this machine counts as a safe place, as https does.
    address = live_server.url
    page.goto(address + reverse("notice-choices"))
    place = page.locator("#push")
    expect(place).to_have_attribute("data-state", "off")
    axe_check(page)
    picture(page, "push-off")
    assert overflow(page) <= 0
    # The worker is what shows a message; the browser's own service is not needed for that.
    context.grant_permissions(["notifications"], origin=address)
    page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready)")
    session = context.new_cdp_session(page)
    found: list[dict[str, Any]] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")

    def registered() -> bool:
        # Events of the browser are heard while something else is waited for.
        page.wait_for_timeout(50)
        return bool(found)

    wait_for("the worker's registration", registered)
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": address,
            "registrationId": found[0]["registrationId"],
            "data": '{"title": "The Harbour", "body": "4 clips are ready.", "tag": "t", "url": "/p/"}',
        },
    )
    shown: list[str] = []

    def look() -> bool:
        # Asked for and read in one go: what was there a moment ago may be on its way to the screen.
        shown[:] = page.evaluate(
            "async () => {"
            "  const [one] = await (await navigator.serviceWorker.ready).getNotifications();"
            "  return one ? [one.title, one.body, one.data.url, one.tag] : [];"
            "}"
        )
        return bool(shown)

    wait_for("the message on the screen", look)
    assert shown == ["The Harbour", "4 clips are ready.", "/p/", "t"]


def test_receivers_can_be_kept_with_the_keyboard(
    page: Page,
    live_server: LiveServer,
    sign_in: Callable[[User], None],
    project: Project,
    alice: User,
) -> None:
    sign_in(alice)
    page.goto(live_server.url + reverse("receiver-list", args=["harbour"]))
    axe_check(page)
    picture(page, "receivers-none")
    page.keyboard.press("n")
    page.get_by_label("Name").fill("Studio bot " * 7)
    page.get_by_label("Address").fill("http://192.168.0.1/x")
    page.keyboard.press("Enter")
    expect(page.locator(".field__error")).to_contain_text("Only https:// is allowed")
    axe_check(page)
    picture(page, "receiver-wrong")
    assert page.get_by_label("Address").input_value() == ""
    page.get_by_label("Address").fill("https://hooks.example.org/in/secret")
    page.keyboard.press("Enter")
    secret = page.get_by_label("Signing secret").input_value()
    assert secret.startswith("whsec_")
    axe_check(page)
    picture(page, "receiver-secret")
    page.get_by_role("link", name="I have copied it").click()
    hook = project.outgoing_hooks.get()
    receivers.add(
        alice,
        project,
        name="Chat",
        style=HookStyle.SLACK,
        url="https://chat.example.org/x",
        kinds=EventKind.values,
    )
    page.get_by_role("button", name="Send a test to Studio bot").click()
    expect(page.locator(f"#receiver-{hook.pk}")).to_contain_text("Being sent")
    OutgoingDelivery.objects.update(
        tries=1, due_at=None, done_at="2026-01-01T00:00Z", ok=False, said="404 " + "no_such_channel_" * 12
    )
    expect(page.locator(f"#receiver-{hook.pk}")).to_contain_text("Given up")
    page.reload()
    axe_check(page)
    picture(page, "receivers")
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflow(page) <= 0
