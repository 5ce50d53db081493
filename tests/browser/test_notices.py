"""The bell and its pages in a real browser: by keys alone, on a phone, with nothing and with much to tell."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reviewapp import notices
from reviewapp.models import Event, EventKind, MailTiming, Notice, Project, Shot, User
from tests.browser.conftest import fits

pytestmark = [pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], None]
LONG = "The Harbour at the End of the World and Everything That Sailed from It in One Long Winter"


def _tell(person: User, project: Project, made: Shot, count: int) -> None:
    words = f"{made.code} needs a producer: {'Wolfeschlegelsteinhausenberger' * 3} and all else."
    rows = [
        Event(kind=kind, project=project, shot=made, sentence=words, repeats=uuid4().hex)
        for _, kind in zip(range(count), EventKind.values * count, strict=False)
    ]
    told = Event.objects.bulk_create(rows)
    Notice.objects.bulk_create(Notice(event=event, user=person) for event in told)


def test_the_bell_leads_to_the_notices_by_keys_alone(
    page: Page, live_server: LiveServer, sign_in: SignIn, project: Project, shot: Shot, bob: User
) -> None:
    _tell(bob, project, shot, 1)
    sign_in(bob)
    page.goto(f"{live_server.url}/p/")
    bell = page.get_by_role("link", name="Notices, 1 new")
    bell.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Notices", level=1)).to_be_visible()
    # A new one is heard of without a reload, and the focus stays where it is.
    _tell(bob, project, shot, 2)
    page.get_by_role("link", name="Notices, 1 new").focus()
    page.wait_for_function("window.htmx")
    page.evaluate("htmx.trigger('.bell-slot', 'retake:live')")
    expect(page.get_by_role("link", name="Notices, 3 new")).to_be_focused()
    page.get_by_role("link", name=f"{shot.code} needs").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(shot.code)
    expect(page.get_by_role("link", name="Notices", exact=True)).to_be_visible()


def test_the_pages_fit_every_width_and_pass_axe(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    project: Project,
    shot: Shot,
    dana: User,
    settings: Settings,
) -> None:
    sign_in(dana)
    page.goto(f"{live_server.url}/notices/")
    fits(page, "notices-none")
    Project.objects.update(name=LONG)
    _tell(dana, project, shot, 120)
    page.goto(f"{live_server.url}/notices/")
    fits(page, "notices")
    page.goto(f"{live_server.url}/notices/choices/")
    fits(page, "choices-no-mail")
    settings.MAIL_SERVER, settings.SITE_URL = object(), "https://retake.example.org"
    User.objects.filter(pk=dana.pk).update(email=f"{'d' * 60}@{'long-' * 8}name.example.org")
    notices.choose(dana, project, mail=MailTiming.DAILY, push=False, muted=[EventKind.KEY_FAILING])
    page.goto(f"{live_server.url}/notices/choices/")
    page.get_by_label("New address").fill("nobody@")
    page.get_by_role("button", name="Send a link").click()
    expect(page.get_by_label("New address")).to_have_attribute("aria-invalid", "true")
    fits(page, "choices")
    page.goto(f"{live_server.url}/notices/choices/{project.slug}/")
    fits(page, "choices-project")
