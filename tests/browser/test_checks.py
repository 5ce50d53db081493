"""What the checks saw, in the browser: findings on the timeline, peaks of the sound, the wall of clips."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from reviewapp.models import Clip, QualityReport, ReviewDecision, Shot, User
from tests.browser.conftest import WIDTHS, Open, axe_check, counted, fits, overflow
from tests.reviewapp.review_world import clip_bytes, finding, in_review

pytestmark = pytest.mark.django_db(transaction=True)

FINDINGS = [
    finding("info", 0.0, 0.5, "fades in", kind="fade"),
    finding("suspect", 0.5, 0.5, "something jumps at 0.5 s", kind="jump"),
    finding("reject", 1.0, 1.5, "frozen from 1.0 s to 1.5 s"),
]
FILMS = "[...document.querySelectorAll('.brick__film')]"


def open_wall(page: Page) -> None:
    page.keyboard.press("w")
    expect(page.locator("#wall")).to_be_visible()


# --- findings ---


def test_keys_go_from_fault_to_fault_and_the_panel_and_the_line_say_which(
    enter: Open, shot: Shot, alice: User
) -> None:
    page = enter(in_review(shot, alice, 1, findings=FINDINGS)[0])
    words, lit = page.locator("[data-lane-words]"), page.locator("#qc .finding.is-lit")
    for key, frame, sentence in (
        ("x", 12, "something jumps"),
        ("x", 24, "frozen from"),
        ("x", 12, "something jumps"),
        ("z", 24, "frozen from"),
    ):
        page.keyboard.press(key)
        assert counted(page) == frame
        expect(words).to_contain_text(sentence)
        expect(lit).to_have_count(1)
        expect(lit).to_contain_text(sentence[1:])
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("The next finding")


def test_the_sentence_of_a_finding_goes_with_its_mark_when_the_window_changes(
    enter: Open, shot: Shot, alice: User
) -> None:
    page = enter(in_review(shot, alice, 1, findings=FINDINGS)[0])
    page.keyboard.press("z")
    expect(page.locator("[data-lane-words]")).to_contain_text("frozen from")
    page.set_viewport_size({"width": 390, "height": WIDTHS[390]})
    page.wait_for_function(
        "() => document.querySelector('[data-lane-words]').getBoundingClientRect().right <= innerWidth"
    )
    assert overflow(page) == 0


def test_a_time_that_was_rounded_down_leads_to_the_frame_it_was_rounded_from(
    enter: Open, shot: Shot, alice: User
) -> None:
    nineteenth = finding("reject", round(19 / 24, 2), round(31 / 24, 2), "frozen from 0.8 s to 1.3 s")
    page = enter(in_review(shot, alice, 1, findings=[nineteenth])[0])
    page.keyboard.press("x")
    assert counted(page) == 19
    page.keyboard.press("Home")
    row = page.locator("#qc .finding--reject")
    row.get_by_role("button", name="Go to").click()
    assert counted(page) == 19
    row.get_by_role("button", name="Loop").click()
    expect(page.locator("[data-range-words]")).to_have_text("f 19–30")


def test_a_moment_is_drawn_otherwise_than_a_range_and_each_says_its_sentence(
    enter: Open, shot: Shot, alice: User
) -> None:
    page = enter(in_review(shot, alice, 1, findings=FINDINGS)[0])
    expect(page.locator(".find--moment")).to_have_count(1)
    expect(page.locator(".find--range")).to_have_count(2)
    frozen = page.get_by_role("button", name="frozen from 1.0 s to 1.5 s", exact=True)
    frozen.hover()
    expect(page.locator("[data-lane-words]")).to_have_text("frozen from 1.0 s to 1.5 s")
    frozen.click()
    assert counted(page) == 24
    # One stop of the Tab key for all of them; the arrows go between.
    assert page.locator("#lane .find[tabindex='0']").count() == 1
    page.locator("#lane .find[tabindex='0']").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-lane-words]")).to_have_text("something jumps at 0.5 s")


def test_a_finding_is_looped_by_its_second_button_and_by_shift(enter: Open, shot: Shot, alice: User) -> None:
    page = enter(in_review(shot, alice, 1, findings=FINDINGS)[0])
    row = page.locator("#qc .finding--reject")
    row.get_by_role("button", name="Go to").click()
    expect(page.locator("[data-range-words]")).to_be_hidden()
    row.get_by_role("button", name="Go to").click(modifiers=["Shift"])
    expect(page.locator("[data-range-words]")).to_have_text("f 24–35")
    page.wait_for_function("() => window.retake.player.playing")
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    # A moment is looped with half a second around it.
    page.locator("#qc .finding--suspect").get_by_role("button", name="Loop").click()
    expect(page.locator("[data-range-words]")).to_have_text("f 0–23")


def test_thirty_findings_fit_every_window(enter: Open, shot: Shot, alice: User) -> None:
    severities = ("reject", "suspect", "info")
    told = [
        finding(severities[number % 3], number / 20, number / 20 + number % 2 / 2, f"jump {number} " * 12)
        for number in range(30)
    ]
    page = enter(in_review(shot, alice, 2, findings=told)[0])
    # Without this the drawer of the notes slides for a moment when the window changes.
    page.emulate_media(reduced_motion="reduce")
    fits(page, "room-thirty-findings")
    expect(page.locator("#lane .find")).to_have_count(30)


# --- the sound ---


def test_the_peaks_of_the_sound_stand_under_the_timeline_and_nothing_where_there_is_none(
    enter: Open, shot: Shot, alice: User
) -> None:
    loud, silent = in_review(shot, alice, 2)
    Clip.objects.filter(candidate=loud).update(has_audio=True, peaks=[0.0, 0.5, 1.0])
    page = enter(loud)
    expect(page.locator("#wave")).to_be_visible()
    assert (
        page.locator("#wave path").get_attribute("d") == "M0 9.6h1v0.8h-1zM1 5.0h1v10.0h-1zM2 0.0h1v20.0h-1z"
    )
    page.keyboard.press("2")
    expect(page.locator("#slate .slate__line")).to_contain_text(silent.slot_label)
    expect(page.locator("#wave")).to_be_hidden()


# --- the wall ---


def test_the_wall_plays_every_open_clip_in_step_and_a_number_chooses_one(
    enter: Open, shot: Shot, alice: User
) -> None:
    rows = in_review(shot, alice, 3, content=clip_bytes(96))
    page = enter(rows[0])
    open_wall(page)
    expect(page.locator(".brick")).to_have_count(3)
    expect(page.locator(".brick").first).to_contain_text("Passes the checks")
    page.wait_for_function(f"() => {FILMS}.every((film) => !film.paused && film.currentTime > 0.2)")
    assert page.evaluate(f"{FILMS}.every((film) => film.muted)")
    page.keyboard.press(" ")
    page.wait_for_function(f"() => {FILMS}.every((film) => film.paused && !film.seeking)")
    for _ in range(2):
        times = page.evaluate(f"{FILMS}.map((film) => film.currentTime)")
        assert times == pytest.approx([(counted(page) + 0.5) / 24] * 3, abs=0.001)
        page.keyboard.press("ArrowRight")
        page.wait_for_function(f"() => {FILMS}.every((film) => !film.seeking)")
    stood = counted(page)
    page.keyboard.press("2")
    expect(page.locator("#wall")).to_be_hidden()
    expect(page.locator("#slate .slate__line")).to_contain_text("c02")
    assert stood > 0


def test_on_the_wall_nothing_is_decided_and_escape_leads_back(enter: Open, shot: Shot, alice: User) -> None:
    rows = in_review(shot, alice, 2)
    page = enter(rows[0])
    open_wall(page)
    for key in ("a", "n", "r", "s"):
        page.keyboard.press(key)
    expect(page.locator("#reject")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#wall")).to_be_hidden()
    expect(page.locator("#slate .slate__line")).to_contain_text("c01")
    assert page.locator(".brick").count() == 0
    assert not ReviewDecision.objects.exists()


def test_nothing_of_the_walls_clips_is_fetched_before_it_plays_and_small_motion_keeps_it_still(
    enter: Open, shot: Shot, alice: User
) -> None:
    rows = in_review(shot, alice, 3)
    page = enter(rows[0])
    page.emulate_media(reduced_motion="reduce")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    open_wall(page)
    page.wait_for_timeout(300)
    assert page.evaluate(f"{FILMS}.every((film) => film.paused && film.poster)")
    assert not [address for address in fetched if ".mp4" in address]
    page.keyboard.press(" ")
    page.wait_for_function(f"() => {FILMS}.every((film) => film.currentTime > 0.1)")


def test_a_clip_without_a_second_has_no_wall(enter: Open, shot: Shot, alice: User) -> None:
    page = enter(in_review(shot, alice, 1)[0])
    expect(page.get_by_role("button", name="Wall")).to_have_count(0)
    page.keyboard.press("w")
    expect(page.locator("#wall")).to_be_hidden()


def test_a_wall_of_eight_fits_every_window(enter: Open, shot: Shot, alice: User) -> None:
    page = enter(in_review(shot, alice, 8, content=clip_bytes(8))[0])
    QualityReport.objects.update(verdict="reject")
    page.emulate_media(reduced_motion="reduce")
    open_wall(page)
    columns = {}
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) == 0
        lefts = page.evaluate(
            "[...document.querySelectorAll('.brick')].map((one) => one.getBoundingClientRect().left)"
        )
        columns[width] = len(set(lefts))
        axe_check(page)
    assert columns == {1440: 4, 1024: 2, 390: 2}
