"""A clip that the project's retention has taken away, in the browser: no broken player anywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from reviewapp import retakes
from reviewapp.models import Clip, Shot, User
from tests.browser.conftest import axe_check, overflow, shot
from tests.reviewapp.review_world import arrive, in_review, rejected, retake_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_removed_clip_says_so_in_its_room_beside_its_retake_and_on_its_shot(
    page: Page, live_server: LiveServer, sign_in: Callable[[User], None], make_shot: Callable[..., Shot],
    alice: User, bob: User,
) -> None:  # fmt: skip
    scene = make_shot()
    first, _ = in_review(scene, alice, 2)
    version, replacement = retake_of(rejected(first, bob))
    retakes.send_now(version, bob)
    new = arrive(replacement)
    first.clip.file.delete(save=False)
    first.clip.filmstrip.delete(save=False)
    Clip.objects.filter(candidate=first).update(
        removed_at=timezone.now(), file="", filmstrip="", filmstrip_tiles=0
    )
    sign_in(alice)

    page.goto(live_server.url + reverse("review-room", args=[first.uid]))
    words = page.locator("[data-none-words]")
    expect(words).to_contain_text("as the project's retention says")
    expect(page.get_by_role("heading", name="The clip was removed")).to_be_visible()
    assert overflow(page) == 0
    axe_check(page)
    shot(page, "removed-room")

    page.goto(live_server.url + reverse("review-room", args=[new.uid]))
    expect(page.get_by_text("old clip removed").first).to_be_visible()
    page.wait_for_function("document.querySelector('video[data-current]').readyState >= 2")
    expect(page.locator(".pane--old")).to_be_hidden()
    axe_check(page)
    shot(page, "removed-beside")

    page.goto(live_server.url + reverse("shot-detail", args=[scene.project.slug, scene.code]))
    expect(page.get_by_text("as the project's retention says").first).to_be_visible()
    assert overflow(page) == 0
    axe_check(page)
    shot(page, "removed-shot")

    page.goto(live_server.url + reverse("project-settings", args=[scene.project.slug]))
    field = page.get_by_label("Days that clips nobody chose are kept")
    field.fill("30")
    shot(page, "removed-settings")
    axe_check(page)
    page.get_by_role("button", name="Save the settings").click()
    scene.project.refresh_from_db()
    assert scene.project.retention_days == 30
