"""The keys in a real browser: every vendor's form, every state of a key, the banner on every page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from providers import catalog
from reviewapp.models import Project, ProviderKey, Shot, User
from tests.browser.conftest import axe_check, fits, overflow
from tests.browser.conftest import shot as picture
from tests.reviewapp.stages import reviewed

pytestmark = [pytest.mark.django_db(transaction=True)]

LONG = "Google Veo, the account of the second unit in Wellington that nobody remembers the owner of"


def _key(name: str, provider: str, **facts: object) -> ProviderKey:
    key = ProviderKey(name=name, provider=provider, **facts)
    key.set_credentials({"api_key": "key_0123456789abcdef"})
    key.save()
    return key


def _every_state() -> None:
    now = timezone.now()
    for vendor in catalog.vendors():
        _key(f"{vendor.label}, studio", vendor.name)
    gateway = "https://a-gateway-with-a-very-long-name.studio.example.com/v1/format"
    _key(LONG, "veo", base_url=gateway, budget_usd=Decimal("12000"), daily_budget_usd=Decimal(40))
    works = "The key works. 1,250 credits are left, worth $12.50. Limits: gen4.5 at once 2, gen4.5 a day 50."
    _key("Works", "runway", checked_at=now, check_ok=True, check_sentence=works, last_used_at=now)
    _key("Off", "runway", enabled=False)
    rest = {"resting_until": now + timedelta(minutes=4), "resting_reason": "Kling asks for a pause (429)."}
    _key("Resting", "kling", **rest)
    ProviderKey.objects.create(name="Runway (environment)", provider="runway", from_environment=True)
    ProviderKey.objects.create(
        name="fal (environment)", provider="fal", from_environment=True, budget_usd=Decimal(100)
    )
    _key("Paused", "kling").pause("Kling refuses the key (401). Nothing was spent.")


def test_the_keys_can_be_used_by_everyone_in_every_state(
    page: Page,
    live_server: LiveServer,
    sign_in: Callable[[User], None],
    dana: User,
    shot_to_see: Shot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RETAKE_KEY_FAL_API_KEY", "fal-0123456789:abcdef0123456789")
    sign_in(dana)
    page.goto(f"{live_server.url}/site/keys/")
    picture(page, "keys-none")
    _every_state()
    page.reload()
    expect(page.get_by_role("complementary", name="Paused keys")).to_contain_text("Kling refuses the key")
    fits(page, "keys-every")
    _choose_and_store_by_keyboard(page, live_server)
    for key in ProviderKey.objects.filter(name__in=["fal (environment)", "Paused", LONG]):
        page.goto(f"{live_server.url}/site/keys/{key.pk}/")
        fits(page, f"key-{key.provider}-edit")
    page.goto(f"{live_server.url}/review/")
    bottom = page.evaluate("document.querySelector('main').getBoundingClientRect().bottom")
    assert bottom == pytest.approx(900, abs=1)
    axe_check(page)
    picture(page, "room-with-banner")
    page.set_viewport_size({"width": 390, "height": 844})
    page.reload()
    assert overflow(page) == 0


def _choose_and_store_by_keyboard(page: Page, server: LiveServer) -> None:
    page.goto(f"{server.url}/site/keys/new/")
    for vendor in catalog.vendors():
        page.get_by_label("Provider").select_option(vendor.name)
        expect(page.locator("input[name=provider]")).to_have_value(vendor.name)
        fits(page, f"key-add-{vendor.name}")
    page.get_by_label("Name").fill("Kept")
    page.get_by_label("Provider").select_option("kling")
    expect(page.get_by_label("Access key")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Kept")
    page.get_by_label("Access key").focus()
    page.keyboard.type("access-0123456789")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Enter API key, or Access key and Secret key.")).to_be_visible()
    fits(page, "key-add-wrong")
    page.get_by_label("Access key").fill("access-0123456789")
    page.get_by_label("Secret key").fill("secret-0123456789")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kept is stored.")).to_be_visible()


@pytest.fixture
def shot_to_see(project: Project, shot: Shot, alice: User) -> Shot:
    reviewed(shot, alice)
    return shot
