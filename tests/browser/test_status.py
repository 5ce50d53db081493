"""The status page in a real browser: one machine and twelve, all well and hardly anything."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from reviewapp.models import Heartbeat, User
from tests.browser.conftest import fits
from tests.cast import sandbox_key

pytestmark = [pytest.mark.django_db(transaction=True)]

EVERYTHING = ("web", "watch", "cluster:submit", "cluster:media", "cluster:notify")
LONG = "render-node-of-the-second-unit-with-a-name-that-nobody-can-remember.studio.example.com"


def _alive(host: str, *kinds: str, age_s: float = 1) -> None:
    at = timezone.now() - timedelta(seconds=age_s)
    for pid, kind in enumerate(kinds, start=4711):
        detail = "1 at work, 0 taken ahead" if kind.startswith("cluster:") else ""
        facts = {"kind": kind, "host": host[:60], "pid": pid, "at": at, "detail": detail}
        Heartbeat.objects.create(name=f"{kind}@{host[:60]}:{pid}", since=at - timedelta(hours=3), **facts)


def test_the_status_fits_every_window_and_renews_itself(
    page: Page, live_server: LiveServer, sign_in: Callable[[User], None], dana: User
) -> None:
    _alive("studio", *EVERYTHING)
    sign_in(dana)
    page.goto(f"{live_server.url}/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Status").click()
    expect(page.get_by_text("All is well.")).to_be_visible()
    fits(page, "status-well")
    for number in range(10):
        _alive(f"render-{number}", *EVERYTHING[number % 3 :], age_s=45 if number == 4 else 1)
    _alive(LONG, "cluster:media", age_s=300)
    sandbox_key("http://127.0.0.1:1/runway").pause("Runway refuses the key (401). Nothing was spent.")
    expect(page.get_by_text("12 machines")).to_be_visible()
    fits(page, "status-twelve")
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=2))
    page.reload()
    expect(page.get_by_text("The site cannot do its work.")).to_be_visible()
    fits(page, "status-ill")
