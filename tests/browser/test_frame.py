"""The frame and the admin's room in a real browser: by mouse, by keys, on a phone, without a session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from reviewapp.models import AuditEntry, Project, ProviderKey, User
from tests.browser.conftest import axe_check, fits, shot
from tests.cast import PASSWORD, make_person

pytestmark = [pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], None]
LONG = "Runway, the account of the second unit in Wellington that nobody remembers the owner of"


def _key(name: str, **facts: object) -> ProviderKey:
    key = ProviderKey(name=name, provider="runway", **facts)
    key.set_credentials({"api_key": "key_0123456789abcdef"})
    key.save()
    return key


@pytest.fixture
def keys(db: None) -> None:
    now = timezone.now()
    _key(LONG, base_url="https://a-gateway-with-a-very-long-name.studio.example.com/v1/format")
    _key("Works", checked_at=now, check_ok=True, check_sentence="The key works; 1,250 credits are left.")
    _key("Paused", paused_reason="Runway answered 401: the key was revoked.", check_ok=False, checked_at=now)
    _key("Off", enabled=False)


def _open(page: Page, server: LiveServer, path: str) -> None:
    page.goto(server.url + path)


def test_signing_in_with_the_keyboard_alone(page: Page, live_server: LiveServer, dana: User) -> None:
    _open(page, live_server, "/site/people/")
    expect(page.get_by_label("Sign-in name")).to_be_focused()
    page.keyboard.type("dana")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="People", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    # A busy browser follows the link a moment after the key.
    page.wait_for_function("location.hash !== ''")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Add a person")).to_be_focused()


def test_the_sign_in_page_can_be_used_by_everyone(page: Page, live_server: LiveServer, dana: User) -> None:
    _open(page, live_server, "/sign-in/")
    axe_check(page)
    shot(page, "sign-in")


def test_the_locked_page_says_how_long(
    page: Page, live_server: LiveServer, dana: User, settings: Settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 1
    _open(page, live_server, "/sign-in/")
    page.get_by_label("Sign-in name").fill("dana")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_text("15 minutes")).to_be_visible()
    axe_check(page)
    shot(page, "locked")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/site/people/", "people"),
        ("/site/people/?q=nobody", "people-none"),
        ("/site/people/new/", "person-add"),
        ("/site/keys/", "keys"),
        ("/site/keys/new/", "key-add"),
        ("/site/costs/", "costs"),
        ("/site/audit/", "audit"),
        ("/password/", "password"),
        ("/no-such-page", "404"),
    ],
)
def test_every_page_of_the_room_passes_axe_and_fits_every_width(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    dana: User,
    project: Project,
    keys: None,
    path: str,
    name: str,
) -> None:
    User.objects.create(
        username="x" * 60, first_name="Wolfeschlegelstein" * 3, email=f"{'y' * 50}@example.com"
    )
    AuditEntry.record(dana, "changed key", LONG, f"name {LONG} > {LONG}; secret replaced")
    sign_in(dana)
    _open(page, live_server, path)
    fits(page, name)


def test_a_person_page_and_a_wrong_form_pass_axe(
    page: Page, live_server: LiveServer, sign_in: SignIn, dana: User, project: Project, bob: User
) -> None:
    sign_in(dana)
    _open(page, live_server, f"/site/people/{bob.pk}/")
    axe_check(page)
    shot(page, "person")
    _open(page, live_server, "/site/keys/new/")
    page.get_by_label("Name").fill("Studio")
    page.get_by_label("Address").fill("http://10.0.0.1")
    page.get_by_label("Key", exact=True).fill("key_0123456789abcdef")
    page.get_by_role("button", name="Store the key").click()
    expect(page.get_by_label("Name")).to_have_value("Studio")
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    axe_check(page)
    shot(page, "key-wrong")


def test_testing_a_key_shows_the_answer_when_it_comes(
    page: Page, live_server: LiveServer, sign_in: SignIn, dana: User
) -> None:
    key = _key("Studio")
    sign_in(dana)
    _open(page, live_server, "/site/keys/")
    page.get_by_role("button", name="Test Studio").click()
    expect(page.get_by_text("Testing")).to_be_visible()
    ProviderKey.objects.filter(pk=key.pk).update(
        checked_at=timezone.now(), check_ok=True, check_sentence="The key works; 1,250 credits are left."
    )
    expect(page.get_by_text("1,250 credits are left")).to_be_visible()
    # The row was swapped under the hand of whoever used the keyboard.
    expect(page.get_by_role("button", name="Test Studio")).to_be_focused()


def test_on_a_phone_the_menu_is_folded_and_opens(
    page: Page, live_server: LiveServer, sign_in: SignIn, dana: User
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(dana)
    _open(page, live_server, "/site/people/")
    expect(page.get_by_role("link", name="Audit")).to_be_hidden()
    page.get_by_label("Main menu").click()
    shot(page, "menu")
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_role("heading", name="Audit log")).to_be_visible()


def test_keys_click_real_buttons_rest_while_typing_and_can_be_switched_off(
    page: Page, live_server: LiveServer, sign_in: SignIn, dana: User
) -> None:
    sign_in(dana)
    _open(page, live_server, "/site/people/")
    page.keyboard.press("/")
    expect(page.get_by_label("Find a person")).to_be_focused()
    page.keyboard.type("n?")
    expect(page).to_have_url(f"{live_server.url}/site/people/")
    page.get_by_role("heading", name="People", level=1).click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Add a person")
    axe_check(page)
    shot(page, "help")
    page.get_by_label("Single-letter keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page).to_have_url(f"{live_server.url}/site/people/")
    page.get_by_label("Help and keys").click()
    page.get_by_label("Single-letter keys are on").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page).to_have_url(f"{live_server.url}/site/people/new/")


def test_a_session_that_ended_is_told_and_takes_nothing_away(
    page: Page, live_server: LiveServer, sign_in: SignIn, dana: User
) -> None:
    _key("Studio")
    sign_in(dana)
    _open(page, live_server, "/site/keys/")
    dana.set_password("another-long-password-2")
    dana.save()
    page.get_by_role("button", name="Test Studio").click()
    dialog = page.get_by_role("dialog", name="You have been signed out")
    expect(dialog).to_be_visible()
    axe_check(page)
    shot(page, "signed-out")
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in in a new tab").click()
    other = opened.value
    other.get_by_label("Sign-in name").fill("dana")
    other.get_by_label("Password").fill("another-long-password-2")
    other.get_by_role("button", name="Sign in", exact=True).click()
    other.wait_for_load_state()
    # The token of the old page is stale by now; the request takes the current one from the cookie.
    page.get_by_role("button", name="Test Studio").click()
    expect(page.get_by_text("Testing")).to_be_visible()


def test_a_page_that_asks_by_itself_tells_of_the_ended_session_once(
    page: Page, live_server: LiveServer, sign_in: SignIn, dana: User
) -> None:
    _key("Studio", check_asked_at=timezone.now())
    sign_in(dana)
    _open(page, live_server, "/site/keys/")
    dana.set_password("another-long-password-2")
    dana.save()
    dialog = page.get_by_role("dialog", name="You have been signed out")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Stay here").click()
    # By the time of the second refusal the page has dealt with the first.
    for _ in range(2):
        page.wait_for_event("response", lambda answer: answer.url.endswith("/row/") and answer.status == 401)
    expect(dialog).to_be_hidden()


def test_a_toast_can_be_closed(page: Page, live_server: LiveServer, sign_in: SignIn, dana: User) -> None:
    alice = make_person("alice")
    sign_in(dana)
    _open(page, live_server, f"/site/people/{alice.pk}/")
    page.get_by_role("button", name="Make site admin").click()
    toast = page.get_by_text("Alice is now an admin of this site.")
    expect(toast).to_be_visible()
    axe_check(page)
    shot(page, "toast")
    page.get_by_label("Close this message").click()
    expect(toast).to_be_hidden()
