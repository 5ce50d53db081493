"""The catalogue, the offer beside a form and a shot's pictures in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import FilePayload, Page, expect
from pytest_django.live_server_helper import LiveServer

from reviewapp.models import Shot, ShotInput, User
from tests.browser.conftest import WIDTHS, axe_check, overflow, shot
from tests.providers.sandbox.orders import png

pytestmark = [pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], None]


def _look(page: Page, name: str) -> None:
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, width
        axe_check(page)
    shot(page, name)
    page.set_viewport_size({"width": 1440, "height": 900})


def test_models_are_sifted_compared_and_opened_by_keys_alone(
    page: Page, live_server: LiveServer, sign_in: SignIn, charlie: User
) -> None:
    sign_in(charlie)
    page.goto(live_server.url + reverse("model-list"))
    _look(page, "models")
    page.get_by_label("Edits a clip").focus()
    page.keyboard.press("Space")
    expect(page.locator("#runway-gen4-5")).to_have_count(0)
    expect(page.locator("#runway-aleph2")).to_be_visible()
    assert "need=edit" in page.url
    page.get_by_label("A 5 s clip for at most").focus()
    page.keyboard.type("0.01")
    expect(page.get_by_role("heading", name="No model can do all of that")).to_be_visible()
    page.get_by_label("A 5 s clip for at most").fill("")
    summary = page.locator("#runway-aleph2 summary")
    summary.focus()
    assert not page.locator("#runway-aleph2 .model__more").is_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#runway-aleph2 .model__more")).to_contain_text("Where the figures come from")
    _look(page, "model-open")


def test_the_heading_stays_in_sight_while_the_table_scrolls(
    page: Page, live_server: LiveServer, sign_in: SignIn, charlie: User
) -> None:
    sign_in(charlie)
    page.set_viewport_size({"width": 1440, "height": 600})
    page.goto(live_server.url + reverse("model-list") + "?retired=on")
    table = page.locator(".models__scroll")
    table.evaluate("element => element.scrollTop = 400")
    top = table.bounding_box()
    heading = page.locator(".catalogue thead th").first.bounding_box()
    assert top is not None
    assert heading is not None
    assert 0 <= heading["y"] - top["y"] <= 2


def test_the_form_follows_the_chosen_model_and_counts_while_one_types(
    page: Page, live_server: LiveServer, sign_in: SignIn, make_shot: Callable[..., Shot], alice: User
) -> None:
    make_shot()
    sign_in(alice)
    page.goto(live_server.url + reverse("shot-new", args=["harbour"]))
    expect(page.get_by_label("Negative prompt")).to_be_hidden()
    page.get_by_label("Prompt", exact=True).fill("🚤" * 501)
    expect(page.locator("#prompt-count")).to_contain_text("over by 2.")
    page.get_by_label("Prompt", exact=True).fill("A red boat.")
    expect(page.locator("#prompt-count")).to_contain_text("11 of 1,000 characters.")
    page.get_by_label("Model").select_option("runway/veo3.1_fast")
    expect(page.get_by_label("Negative prompt")).to_be_visible()
    expect(page.locator("#offer")).to_contain_text("makes clips of 4, 6 or 8 s")
    page.get_by_label("Seconds").select_option("6")
    expect(page.locator("#offer")).to_contain_text(
        "Veo 3.1 Fast (through Runway) can make this: $0.90 a clip."
    )
    # What was typed for one model stays in sight under another that has no use for it.
    page.get_by_label("Negative prompt").fill("cats")
    page.get_by_label("Model").select_option("runway/gen4.5")
    expect(page.locator("#offer")).to_contain_text("has no negative prompt. Say it in the prompt")
    expect(page.get_by_label("Negative prompt")).to_have_value("cats")
    page.get_by_label("Model").select_option("policy:cheapest")
    expect(page.locator("#offer")).to_contain_text("models can make this")
    _look(page, "offer")


def test_the_focus_stays_in_the_list_that_was_changed(
    page: Page, live_server: LiveServer, sign_in: SignIn, make_shot: Callable[..., Shot], alice: User
) -> None:
    made = make_shot()
    sign_in(alice)
    page.goto(live_server.url + reverse("shot-edit", args=["harbour", made.code]))
    seconds = page.get_by_label("Seconds")
    seconds.focus()
    with page.expect_response("**/offer/"):
        page.keyboard.press("ArrowDown")
    expect(page.locator("#offer")).to_contain_text("$0.72 a clip")
    expect(page.get_by_label("Seconds")).to_be_focused()
    expect(page.get_by_label("Seconds")).to_have_value("6")


def test_a_new_projects_form_follows_its_model(
    page: Page, live_server: LiveServer, sign_in: SignIn, charlie: User
) -> None:
    sign_in(charlie)
    page.goto(live_server.url + reverse("project-new"))
    page.get_by_label("Name").fill("Out to Sea")
    page.get_by_label("Model").select_option("policy:fastest")
    expect(page.locator("#offer")).to_contain_text("The shortest time")
    _look(page, "new-project")
    page.get_by_role("button", name="Make the project").click()
    expect(page.get_by_role("heading", name="No shots yet")).to_be_visible()


def test_pictures_are_added_put_in_order_and_removed(
    page: Page, live_server: LiveServer, sign_in: SignIn, make_shot: Callable[..., Shot], alice: User
) -> None:
    made = make_shot(routing="cheapest")
    sign_in(alice)
    page.goto(live_server.url + reverse("shot-detail", args=["harbour", made.code]))
    page.get_by_text("Add a picture or clip…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Use as").select_option("reference")
    long = "a-picture-of-the-heroine-" * 6
    page.get_by_label("Picture or clip").set_input_files(
        [
            FilePayload(name=f"{long}.png", mimeType="image/png", buffer=png(90, 160)),
            FilePayload(name="two.png", mimeType="image/png", buffer=png(160, 90)),
        ]
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#toasts")).to_contain_text("2 reference pictures are there")
    expect(page.locator(".input img")).to_have_count(2)
    assert (
        page.locator(".input img").nth(1).evaluate("image => image.decode().then(() => image.naturalWidth)")
    )
    _look(page, "inputs")
    page.get_by_role("button", name="Move two.png to the front").click()
    expect(page.locator(".input__name").first).to_have_text("two.png")
    page.get_by_role("button", name="Remove two.png").click()
    expect(page.locator(".input img")).to_have_count(1)
    page.get_by_text("Add a picture or clip…").click()
    page.get_by_label("Picture or clip").set_input_files(
        FilePayload(name="notes.txt", mimeType="text/plain", buffer=b"not a picture")
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#inputs .field__error")).to_contain_text("notes.txt: This file is no picture")
    _look(page, "inputs-wrong")
    assert ShotInput.objects.filter(removed_at=None).count() == 1
