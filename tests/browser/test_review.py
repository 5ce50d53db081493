"""The review room in a real browser: keys only, right frames, nothing lost, arrivals without a reload."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from reviewapp.models import Candidate, Draft, Project, PromptVersion, ReviewDecision, Shot, Status, User
from reviewapp.retakes import release_hold
from reviewapp.review import approve
from tests.browser.conftest import Open, SignIn, axe_check, counted, overflow
from tests.reviewapp.review_world import BITS, arrive, clip_bytes, in_review, rejected, retake_of

pytestmark = [pytest.mark.django_db(transaction=True)]

# The number that is painted into the shown frame, read back from the film itself.
READ_FRAME = """(bits) => {
  const film = window.retake.player.film;
  const canvas = document.createElement("canvas");
  canvas.width = film.videoWidth; canvas.height = film.videoHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(film, 0, 0);
  const side = Math.floor(film.videoWidth / (bits + 2));
  let number = 0;
  for (let bit = 0; bit < bits; bit++) {
    const [red] = pen.getImageData(bit * side + side / 2, side / 4, 1, 1).data;
    if (red > 128) number |= 1 << bit;
  }
  return number;
}"""


@pytest.fixture(autouse=True)
def money_for_twenty_shots(project: Project) -> None:
    Project.objects.update(budget_usd=Decimal(400))


def painted(page: Page) -> int:
    page.wait_for_function(
        "() => !window.retake.player.film.seeking && window.retake.player.film.readyState >= 2"
    )
    page.wait_for_timeout(60)
    return int(page.evaluate(READ_FRAME, BITS))


def test_twenty_shots_are_reviewed_with_the_keys_alone(
    enter: Open, make_shot: Callable[..., Shot], alice: User
) -> None:
    rows = [in_review(make_shot(), alice, 1)[0] for _ in range(20)]
    page = enter(rows[0])
    for number, row in enumerate(rows):
        expect(page.locator("#slate .slate__line")).to_contain_text(row.shot.code)
        page.wait_for_function("() => !document.body.classList.contains('is-busy')")
        if number % 2:
            page.keyboard.press("r")
            expect(page.locator("#reject")).to_be_visible()
            page.keyboard.press("4")
            page.keyboard.press("Enter")
        else:
            page.keyboard.press("a")
        if row is not rows[-1]:
            expect(page.locator("#slate .slate__line")).not_to_contain_text(row.shot.code)
    page.wait_for_url("**/review/")
    assert ReviewDecision.objects.filter(verdict="approve").count() == 10
    assert ReviewDecision.objects.filter(verdict="reject").count() == 10


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001)])
def test_the_counter_and_the_picture_agree_on_the_frame(
    fps: Fraction, enter: Open, shot: Shot, alice: User
) -> None:
    page = enter(in_review(shot, alice, 1, content=clip_bytes(60, fps))[0])
    walk = (
        ["ArrowRight"] * 5 + ["ArrowLeft"] * 2 + ["Shift+ArrowRight"] * 3 + ["Shift+ArrowLeft", "ArrowRight"]
    )
    at = 0
    for key in walk:
        page.keyboard.press(key)
        at += (10 if "Shift" in key else 1) * (1 if "Right" in key else -1)
        assert (counted(page), painted(page)) == (at, at)
    for key, frame in (("End", 59), ("ArrowRight", 59), ("Home", 0), ("ArrowLeft", 0)):
        page.keyboard.press(key)
        assert (counted(page), painted(page)) == (frame, frame)


def test_stopping_stands_on_the_frame_that_is_counted(enter: Open, shot: Shot, alice: User) -> None:
    page = enter(in_review(shot, alice, 1, content=clip_bytes(120))[0])
    for _ in range(3):
        before = counted(page)
        page.keyboard.press(" ")
        page.wait_for_function("(before) => window.retake.player.frame > before + 6", arg=before)
        page.keyboard.press("k")
        assert painted(page) == counted(page) > 0
        page.keyboard.press("ArrowRight")
        assert painted(page) == counted(page)


def test_a_range_loops_inside_itself_and_backwards_is_stepped(enter: Open, shot: Shot, alice: User) -> None:
    page = enter(in_review(shot, alice, 1, content=clip_bytes(120))[0])
    page.evaluate("window.retake.player.seek(20)")
    page.keyboard.press("i")
    page.evaluate("window.retake.player.seek(30)")
    page.keyboard.press("o")
    expect(page.locator("[data-range-words]")).to_have_text("f 20–30")
    page.keyboard.press(" ")
    seen = []
    for _ in range(25):
        page.wait_for_timeout(40)
        seen.append(counted(page))
    page.keyboard.press("k")
    assert 20 <= min(seen) <= max(seen) <= 30
    page.keyboard.press("Escape")
    expect(page.locator("[data-range-words]")).to_be_hidden()
    page.keyboard.press("End")
    page.keyboard.press("j")
    page.wait_for_function("() => window.retake.player.frame < 115")
    page.keyboard.press("k")
    assert painted(page) == counted(page) < 119


def test_the_project_counts_from_where_it_wants(enter: Open, shot: Shot, alice: User) -> None:
    Project.objects.update(frame_base=1001)
    page = enter(in_review(shot, alice, 1)[0])
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-counter-sub]")).to_have_text("f 1002 / 48")
    page.keyboard.press("t")
    expect(page.locator("[data-counter]")).to_have_text("f 1002")
    page.keyboard.press("t")
    expect(page.locator("[data-counter]")).to_have_text("0.04 s")


def test_a_rejection_shows_the_next_prompt_before_and_after_and_goes_on(
    enter: Open, shot: Shot, alice: User
) -> None:
    first, second = in_review(shot, alice, 2)
    page = enter(first)
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.locator("#reject-error")).to_contain_text("Say what is wrong")
    page.keyboard.press("r")
    page.keyboard.type("It should rain.")
    expect(page.locator("#preview ins")).to_contain_text("rain")
    assert (
        page.locator("#preview ins").evaluate("one => getComputedStyle(one).textDecorationLine")
        == "underline"
    )
    page.keyboard.press("Enter")
    expect(page.locator("#slate .slate__line")).to_contain_text("c02")
    expect(page.locator("#retake-card")).to_contain_text(re.compile(r"Sending v002 in\s*\d+ s"))
    expect(page.locator("#retake-card ins")).to_contain_text("rain")
    expect(page.locator("#toasts")).to_contain_text("rejected")
    version = PromptVersion.objects.get(number=2)
    page.locator(f'#retake-card [data-ask="{version.asked_by.get().notes.get().pk}"]').hover()
    expect(page.locator("#retake-card ins.is-lit")).to_contain_text("rain")
    page.keyboard.press("u")
    expect(page.locator("#toasts")).to_contain_text("Nothing was sent and nothing was spent")
    expect(page.locator("#slate .slate__line")).to_contain_text("c01")
    # The words are a draft again.
    page.keyboard.press("r")
    expect(page.locator("#reject-text")).to_have_value("It should rain.")
    assert Candidate.objects.get(version=version).status == Status.CANCELLED
    assert second.pk


def test_the_text_can_be_changed_while_the_countdown_stands(enter: Open, shot: Shot, alice: User) -> None:
    page = enter(in_review(shot, alice, 2)[0])
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#retake-card")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator("#edit-text")).to_be_focused()
    page.locator("#edit-text").fill("A red boat 🚤 in the rain.")
    expect(page.locator("[data-length]")).to_have_text("26")
    # What is refused comes back counted as it stands in the field.
    page.locator("#edit-text").fill("x" * 1100)
    page.keyboard.press("Enter")
    expect(page.locator("#retake-error")).to_contain_text("100 over")
    expect(page.locator("[data-length]")).to_have_text("1100")
    page.locator("#edit-text").fill("A red boat 🚤 in the rain.")
    page.keyboard.press("Enter")
    expect(page.locator("#retake-card [data-countdown]")).to_be_visible()
    assert PromptVersion.objects.get(number=2).text == "A red boat 🚤 in the rain."
    expect(page.locator("#toasts [data-kind=decision]")).to_be_visible()
    page.keyboard.press("g")
    expect(page.locator("#retake-card")).to_contain_text("Being sent")
    # Its promise is kept, so the message that made it goes.
    expect(page.locator("#toasts [data-kind=decision]")).to_have_count(0)


def test_a_retake_arrives_without_a_reload_and_opens_beside_the_old_clip(
    enter: Open, shot: Shot, alice: User, bob: User
) -> None:
    first, second = in_review(shot, alice, 2)
    _, held = retake_of(rejected(second, bob, "It should rain."))
    page = enter(first)
    page.evaluate("window.sameDocument = true; window.retake.player.play()")
    release_hold(held)
    arrive(held)
    toast = page.locator("#toasts .toast--arrived")
    expect(toast).to_contain_text("SQ010_SH0010 v002_c01 has arrived")
    expect(page.locator("#announce")).to_contain_text("v002_c01 has arrived")
    assert page.evaluate("!window.retake.player.film.paused"), "the arrival must not stop what is playing"
    expect(page.locator("nav .count").first).to_contain_text("2")
    expect(page.locator("#queue .shot--mine")).to_contain_text("back to you")
    page.keyboard.press("Enter")
    expect(page.locator("#slate .slate__line")).to_contain_text("v002")
    expect(page.locator("[data-old-label]")).to_have_text("v001_c02 rejected")
    expect(page.locator("[data-now-label]")).to_have_text("v002_c01 now")
    page.wait_for_function("() => document.querySelector('[data-film=old]').readyState >= 2")
    page.keyboard.press("k")
    page.evaluate("window.retake.player.seek(24)")
    page.wait_for_function(
        "() => window.retake.player.frame === 24 && Math.abs("
        "window.retake.player.film.currentTime - window.retake.player.oldFilm.currentTime) < 0.001"
    )
    page.keyboard.press("[")
    expect(page.locator("#screen")).to_have_attribute("data-mode", "old")
    page.keyboard.press("]")
    expect(page.locator("#screen")).to_have_attribute("data-mode", "new")
    assert page.evaluate("window.sameDocument")


def test_what_has_been_looked_at_is_not_announced_any_more_and_checks_keep_the_focus(
    enter: Open, shot: Shot, alice: User, bob: User
) -> None:
    first, second = in_review(shot, alice, 2)
    page = enter(second)
    page.keyboard.press("r")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#retake-card")).to_be_visible()
    held = Candidate.objects.get(replaces=second)
    release_hold(held)
    arrive(held)
    expect(page.locator("#toasts .toast--arrived")).to_be_visible()
    page.locator("#queue .shot--mine").click()
    expect(page.locator("#slate .slate__line")).to_contain_text("v002")
    expect(page.locator("#toasts .toast--arrived")).to_have_count(0)
    expect(page.locator("#retake-card")).to_have_count(0)
    unsolved = page.locator(".check [value='0']")
    unsolved.focus()
    page.keyboard.press("Enter")
    expect(unsolved).to_have_attribute("aria-pressed", "true")
    expect(unsolved).to_be_focused()
    assert first.pk


def test_a_draft_survives_a_reload_even_when_the_server_was_away(
    enter: Open, shot: Shot, alice: User
) -> None:
    row = in_review(shot, alice, 1)[0]
    page = enter(row)
    page.keyboard.press("r")
    page.keyboard.press("3")
    page.keyboard.press("r")
    page.keyboard.type("The scarf changes colour.")
    expect(page.locator("[data-kept]")).to_have_text("Draft saved")
    assert Draft.objects.get().tags == ["continuity"]
    page.route("**/draft/", lambda route: route.abort())
    page.keyboard.type(" Twice.")
    expect(page.locator("[data-kept]")).to_have_text("Kept in this browser")
    page.unroute("**/draft/")
    page = enter(row)
    page.keyboard.press("r")
    expect(page.locator("#reject-text")).to_have_value("The scarf changes colour. Twice.")
    expect(page.locator("[data-digit='3']")).to_be_checked()
    expect(page.locator("[data-kept]")).to_have_text("Draft saved")
    assert Draft.objects.get().text == "The scarf changes colour. Twice."


def test_a_draft_about_a_range_is_about_that_range_after_an_undo_and_after_a_reload(
    enter: Open, shot: Shot, alice: User
) -> None:
    row = in_review(shot, alice, 2)[0]
    page = enter(row)
    for key in ("Shift+ArrowRight", "i", "Shift+ArrowRight", "o", "r", "r"):
        page.keyboard.press(key)
    page.keyboard.type("The scarf changes colour.")
    expect(page.locator("[data-scope-words]")).to_have_text("Range 10–20")
    page.keyboard.press("Enter")
    expect(page.locator("#slate .slate__line")).to_contain_text("c02")
    page.keyboard.press("u")
    expect(page.locator("#slate .slate__line")).to_contain_text("c01")
    page.keyboard.press("r")
    expect(page.locator("[data-scope-words]")).to_have_text("Range 10–20")
    assert counted(page) == 10
    page.route("**/draft/", lambda route: route.abort())
    page.keyboard.press("3")
    expect(page.locator("[data-kept]")).to_have_text("Kept in this browser")
    page.unroute("**/draft/")
    Draft.objects.all().delete()
    page = enter(row)
    page.keyboard.press("r")
    expect(page.locator("[data-scope-words]")).to_have_text("Range 10–20")
    expect(page.locator("[name=scope][value=here]")).to_be_checked()
    expect(page.locator("[data-kept]")).to_have_text("Draft saved")
    draft = Draft.objects.get()
    assert (draft.frame_in, draft.frame_out) == (10, 20)


def test_a_decision_on_a_page_out_of_date_says_who_was_first_and_keeps_the_words(
    enter: Open, shot: Shot, alice: User
) -> None:
    row = in_review(shot, alice, 2)[0]
    page = enter(row)
    page.route("**/review/updates/**", lambda route: route.fulfill(status=204))
    page.keyboard.press("r")
    page.keyboard.press("r")
    page.keyboard.type("Too dark.")
    approve(row, alice, row.revision)
    page.keyboard.press("Enter")
    expect(page.locator("#reject-error")).to_contain_text("Alice moved")
    expect(page.locator("#reject-text")).to_have_value("Too dark.")
    page.get_by_role("link", name="Look again").click()
    expect(page.locator("#panel")).to_contain_text("Your words, not sent")
    expect(page.locator("#panel")).to_contain_text("Too dark.")
    assert ReviewDecision.objects.count() == 1


def test_keys_rest_while_a_field_is_written_in_and_can_be_switched_off(
    enter: Open, shot: Shot, alice: User
) -> None:
    page = enter(in_review(shot, alice, 1)[0])
    page.keyboard.press("c")
    page.keyboard.type("aaa rrr uuu 123")
    expect(page.locator("#note-text")).to_have_value("aaa rrr uuu 123")
    page.keyboard.press("Enter")
    expect(page.locator("#clip-notes .note")).to_contain_text("aaa rrr uuu 123")
    expect(page.locator(".line__dot")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("Reject")
    expect(page.locator("#help")).to_contain_text("Ten frames on")
    page.get_by_label("Single-letter keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    page.keyboard.press("r")
    page.wait_for_timeout(200)
    assert not ReviewDecision.objects.exists()
    expect(page.locator("#reject")).to_be_hidden()


def test_a_file_that_cannot_be_played_says_so_and_offers_the_original(
    page: Page, live_server: LiveServer, sign_in: SignIn, shot: Shot, alice: User
) -> None:
    row = in_review(shot, alice, 1, content=b"no film at all" * 100)[0]
    sign_in(alice)
    page.goto(f"{live_server.url}/review/{row.uid}/")
    expect(page.get_by_role("heading", name="The clip could not be played")).to_be_visible()
    expect(page.locator("[data-download]")).to_have_attribute("href", re.compile(r"original\?download$"))


def test_the_next_clip_is_there_at_once(enter: Open, make_shot: Callable[..., Shot], alice: User) -> None:
    rows = [in_review(make_shot(), alice, 1)[0] for _ in range(9)]
    page = enter(rows[0])
    page.evaluate(
        """() => {
          window.waits = [];
          for (const film of window.retake.player.films) {
            const seen = () => {
              if (film === window.retake.player.film && window.pressed && window.from !== film.dataset.src) {
                window.waits.push(performance.now() - window.pressed);
                window.pressed = 0;
              }
              film.requestVideoFrameCallback(seen);
            };
            film.requestVideoFrameCallback(seen);
          }
          window.addEventListener("keydown", () => {
            window.pressed = performance.now();
            window.from = window.retake.player.film.dataset.src;
          }, true);
        }"""
    )
    for row in rows[:-1]:
        expect(page.locator("#slate .slate__line")).to_contain_text(row.shot.code)
        page.wait_for_function("() => window.retake.player.idle().some((film) => film.readyState >= 3)")
        page.keyboard.press("a")
        page.wait_for_function("() => window.pressed === 0")
    waits = sorted(page.evaluate("window.waits"))
    print(f"keypress to first frame: {[round(wait) for wait in waits]} ms")
    # The goal is 100 ms; a machine that runs other tests beside this one is given more. What makes it so is
    # that the next clip was decoded before the key, which is waited for above.
    assert waits[len(waits) // 2] < 2000


def test_everyone_can_use_the_room(enter: Open, shot: Shot, alice: User, bob: User) -> None:
    finding = {"kind": "freeze", "severity": "suspect", "start_s": 1.0, "end_s": 1.5, "sentence": "frozen"}
    first, second = in_review(shot, alice, 2, findings=[finding])
    _, held = retake_of(rejected(second, bob, "It should rain.", frame_in=3, frame_out=9))
    release_hold(held)
    back = arrive(held)
    page = enter(back)
    axe_check(page)
    page.keyboard.press("r")
    page.keyboard.press("1")
    expect(page.locator("#preview .bill")).to_be_visible()
    page.wait_for_timeout(200)
    axe_check(page)
    page.keyboard.press("Enter")
    expect(page.locator("#retake-card")).to_be_visible()
    axe_check(page)
    assert first.pk


def test_a_phone_has_the_decision_in_two_taps(enter: Open, page: Page, shot: Shot, alice: User) -> None:
    rows = in_review(shot, alice, 3)
    page = enter(rows[0])
    page.set_viewport_size({"width": 390, "height": 844})
    assert overflow(page) == 0
    axe_check(page)
    page.locator("#decide [data-act=reject]").click()
    page.locator(".reason", has_text="motion").click()
    page.locator(".reject__send").click()
    expect(page.locator("#slate .slate__line")).to_contain_text("c02")
    assert overflow(page) == 0
    page.locator("#decide").get_by_role("button", name="Approve").click()
    page.wait_for_url("**/review/")
    assert ReviewDecision.objects.count() == 2
