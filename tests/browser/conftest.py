"""A real Chromium against a real server: where it is found, how it starts, what is asked of every page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as site_settings
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from reviewapp.models import Candidate, Project, User
from tests.cast import signed_in

SignIn = Callable[[User], None]
Open = Callable[[Candidate], Page]
# What is expected is waited for as long as a busy machine may take; when it comes, nothing waits.
expect.set_options(timeout=30_000)

WIDTHS = {1440: 900, 1024: 768, 390: 844}


def _chromium() -> str | None:
    named = os.environ.get("RETAKE_CHROMIUM")
    return named or next(
        (path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None
    )


def pytest_configure(config: pytest.Config) -> None:
    # Playwright keeps an event loop running, which Django takes for asynchronous code; these tests are not.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


# What begins last should not be what the others wait for.
LONGEST = ("test_review", "test_producer", "test_loop", "test_checks", "test_frame", "test_models")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a browser, leave it out where none is, and begin with the longest."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
    here = Path(__file__).parent
    mine = [item for item in items if here in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
    if _chromium() is None and os.environ.get("CI") != "true":
        for item in mine:
            item.add_marker(
                pytest.mark.skip(reason="no Chromium here; install it or name it in RETAKE_CHROMIUM")
            )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = _chromium()
    if path is None:
        pytest.fail("There is no Chromium here, and on CI the browser tests must run.")
    return browser_type_launch_args | {
        "executable_path": path,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    }


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A page whose console must stay clean: a refused inline script or a broken one fails the test."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # Answers of 4xx are part of what is tested; the browser and htmx report each as an error of its own.
        expected = ("Failed to load resource", "Response Status Error Code 4")
        if message.type == "error" and not message.text.startswith(expected):
            complaints.append(message.text)

    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    assert complaints == []


@pytest.fixture
def sign_in(context: BrowserContext, live_server: LiveServer) -> SignIn:
    """Give this browser the session of a person."""

    def give(person: User) -> None:
        session = signed_in(person).cookies[site_settings.SESSION_COOKIE_NAME].value
        context.add_cookies(
            [{"name": site_settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}]
        )

    return give


@pytest.fixture
def enter(page: Page, live_server: LiveServer, sign_in: SignIn, bob: User, project: Project) -> Open:
    """Bob's way into the room of a clip, with the picture loaded."""
    sign_in(bob)
    page.set_viewport_size({"width": 1440, "height": WIDTHS[1440]})

    def go(candidate: Candidate) -> Page:
        page.goto(f"{live_server.url}/review/{candidate.uid}/")
        page.wait_for_function("() => window.retake && window.retake.player.film.readyState >= 2")
        return page

    return go


def counted(page: Page) -> int:
    """The frame that the room's player says it stands on."""
    return int(page.evaluate("window.retake.player.frame"))


def axe_check(page: Page, *, within: str | None = None) -> None:
    """Fail when axe finds anything that keeps people from using the page."""
    results = Axe().run(page, context=within)
    assert results.violations_count == 0, results.generate_report()


def shot(page: Page, name: str) -> None:
    """Pictures of the page at the three widths, into the folder that RETAKE_SHOTS names, if it does."""
    folder = os.environ.get("RETAKE_SHOTS")
    if not folder:
        return
    was = page.viewport_size
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=Path(folder) / f"{name}-{width}.png")
    if was:
        page.set_viewport_size(was)


def overflow(page: Page) -> int:
    """How many pixels the page is wider than its window; anything above 0 is a page that scrolls sideways."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def fits(page: Page, name: str) -> None:
    """The page fits every window, and axe finds nothing in the widest and the narrowest."""
    axe_check(page)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) == 0, f"{name} scrolls sideways at {width}"
    axe_check(page)
    shot(page, name)
    page.set_viewport_size({"width": 1440, "height": 900})
