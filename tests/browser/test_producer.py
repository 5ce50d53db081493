"""The producer's rooms in a real browser: by keys alone, live, at every width, for every eye."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from reviewapp import review
from reviewapp.models import Candidate, Project, Shot, Status, User
from reviewapp.notes import Feedback
from tests.browser.conftest import WIDTHS, axe_check, overflow, shot
from tests.reviewapp.stages import asked, bring, reviewed

pytestmark = [pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], None]
WRONG_LIST = """code,prompt,duration,lens
NEW1,A lighthouse at night.,5,35
BAD CODE,,x,35
SQ010_SH0010,Another boat.,4,50
"""


@pytest.fixture
def show(make_shot: Callable[..., Shot], alice: User) -> Project:
    """A project with a shot in every state that looks different."""
    Project.objects.update(round_cap=1)
    in_review, generating, stuck, lost, approved = (make_shot() for _ in range(5))
    reviewed(in_review, alice, 4)
    bring(asked(generating, alice)[0], Status.GENERATING, progress=0.4)
    for clip in reviewed(stuck, alice, 2):
        review.reject(clip, alice, clip.revision, Feedback(tags=["motion"], text="slower"))
    bring(asked(lost, alice)[0], Status.UNCERTAIN, failure="The answer to the paid call was lost.")
    (clip,) = reviewed(approved, alice)
    review.approve(clip, alice, clip.revision)
    make_shot(code="A_CODE_" + "THAT_IS_AS_LONG_AS_CODES_MAY_BE_AND_NOT_ONE_LETTER_MORE"[:53], sequence="")
    return Project.objects.get()


def _go(page: Page, server: LiveServer, name: str, *args: object) -> None:
    page.goto(server.url + reverse(name, args=args))


PAGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "projects": ("project-list", ()),
    "new-project": ("project-new", ()),
    "settings": ("project-settings", ("harbour",)),
    "shots": ("shot-list", ("harbour",)),
    "shot": ("shot-detail", ("harbour", "SQ010_SH0010")),
    "escalated": ("shot-detail", ("harbour", "SQ010_SH0030")),
    "uncertain": ("shot-detail", ("harbour", "SQ010_SH0040")),
    "edit": ("shot-edit", ("harbour", "SQ010_SH0010")),
    "split": ("shot-split", ("harbour", "SQ010_SH0030")),
    "import": ("shot-import", ("harbour",)),
}


@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits_every_width_and_axe_finds_nothing(
    page: Page, live_server: LiveServer, sign_in: SignIn, show: Project, alice: User, name: str
) -> None:
    sign_in(alice)
    address, args = PAGES[name]
    _go(page, live_server, address, *args)
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, width
        axe_check(page)
    shot(page, name)


def test_a_row_changes_by_itself_and_keeps_choice_focus_and_place(
    page: Page, live_server: LiveServer, sign_in: SignIn, make_shot: Callable[..., Shot], alice: User
) -> None:
    shots = [make_shot() for _ in range(60)]
    sign_in(alice)
    _go(page, live_server, "shot-list", "harbour")
    last = shots[-1]
    page.locator(f"#pick-{last.pk}").check()
    page.locator(f"#pick-{last.pk}").focus()
    scrolled = page.evaluate("[scrollY, document.querySelector('.list').scrollTop]")
    (candidate,) = asked(last, alice)
    expect(page.locator(f"#shot-{last.pk}")).to_contain_text("Queued")
    Candidate.objects.filter(pk=candidate.pk).update(progress=0.4)
    bring(candidate, Status.GENERATING, progress=0.4)
    expect(page.locator(f"#shot-{last.pk}")).to_contain_text("Generating 40%")
    expect(page.locator(f"#pick-{last.pk}")).to_be_checked()
    expect(page.locator(f"#pick-{last.pk}")).to_be_focused()
    expect(page.locator("#tabs")).to_contain_text("Generating 1")
    assert page.evaluate("[scrollY, document.querySelector('.list').scrollTop]") == scrolled


def test_shots_are_chosen_quoted_and_generated_by_keys_alone(
    page: Page, live_server: LiveServer, sign_in: SignIn, make_shot: Callable[..., Shot], alice: User
) -> None:
    first, second = make_shot(), make_shot()
    make_shot()
    sign_in(alice)
    _go(page, live_server, "shot-list", "harbour")
    page.locator(f"#pick-{first.pk}").focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#pick-{second.pk}")).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator("[data-generate]")).to_contain_text("Generate 2 shots…")
    page.keyboard.press("g")
    expect(page.get_by_role("button", name="Generate 8 clips for $4.80")).to_be_visible()
    axe_check(page)
    page.get_by_label("Clips of each shot").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    # The new quote arrives while the button has the focus already, and leaves it there.
    page.locator("#send-order").focus()
    button = page.get_by_role("button", name="Generate 4 clips for $2.40")
    expect(button).to_be_enabled()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("4 clips of 2 shots on the way")
    assert Candidate.objects.count() == 4


def test_a_list_is_pasted_looked_at_and_imported(
    page: Page, live_server: LiveServer, sign_in: SignIn, shot: Shot, alice: User
) -> None:
    sign_in(alice)
    _go(page, live_server, "shot-import", "harbour")
    page.get_by_label("Or paste it here").fill(WRONG_LIST)
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_text("“lens”")).to_be_visible()
    expect(page.get_by_text("The code “BAD CODE”")).to_be_visible()
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert overflow(page) <= 0, width
        axe_check(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the wrong line (CSV)").click()
    assert download.value.suggested_filename == "harbour-wrong-lines.csv"
    page.get_by_role("button", name="Import 2 shots, leave out 1 wrong line").click()
    expect(page.locator("#toasts")).to_contain_text("1 new, 1 changed")
    assert set(Shot.objects.values_list("code", flat=True)) == {"NEW1", "SQ010_SH0010"}


def test_a_project_is_begun_by_keys_alone(
    page: Page, live_server: LiveServer, sign_in: SignIn, charlie: User
) -> None:
    sign_in(charlie)
    _go(page, live_server, "project-list")
    page.keyboard.press("n")
    page.get_by_label("Name").focus()
    page.keyboard.type("Out to Sea")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No shots yet")).to_be_visible()
    axe_check(page)
    assert Project.objects.get().slug == "out-to-sea"


def test_money_can_be_read_and_agreed_to_at_every_width(
    page: Page, live_server: LiveServer, sign_in: SignIn, make_shot: Callable[..., Shot], dana: User
) -> None:
    """Budgets that are nearly or wholly used up, a clip that waits, a retake that waits for a word."""
    first, second = make_shot(), make_shot()
    (made, *_) = reviewed(first, dana, 3)
    (stuck,) = asked(second, dana)
    bring(stuck, Status.FAILED, failure="It did not work.")
    (waits,) = asked(second, dana)
    Project.objects.update(budget_usd=2, daily_budget_usd="1.80", shot_budget_usd=12_000, budget_mode="warn")
    review.reject(made, dana, made.revision, Feedback(text="slower", frame_in=3, frame_out=9))
    Candidate.objects.filter(pk=waits.pk).update(
        short_of="day",
        failure="The project's daily budget, $1.80, has $0.00 left. It goes on after midnight UTC.",
    )
    sign_in(dana)
    retake = Candidate.objects.get(replaces=made)
    addresses = {
        "money-projects": reverse("project-list"),
        "money-shots": reverse("shot-list", args=["harbour"]),
        "money-shot": reverse("shot-detail", args=["harbour", first.code]),
        "money-waits": reverse("shot-detail", args=["harbour", second.code]),
        "money-generate": f"{reverse('generate', args=['harbour'])}?shot={second.pk}",
        "money-costs": reverse("costs"),
    }
    for name, address in addresses.items():
        page.goto(live_server.url + address)
        for width, height in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            assert overflow(page) <= 0, (name, width)
            axe_check(page)
        shot(page, name)
    assert retake.due_at is None
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(live_server.url + reverse("review-room", args=[made.uid]))
    page.locator(".where__money summary").click()
    expect(page.locator(".where__sums")).to_contain_text("Left today")
    axe_check(page)
    page.goto(live_server.url + addresses["money-waits"])
    page.get_by_role("button", name="Send again ($0.60)").click()
    expect(page.get_by_role("heading", name="Go over a budget?")).to_be_visible()
    axe_check(page)
    shot(page, "money-ask")
    page.get_by_role("button", name="Go over it and spend $0.60").click()
    expect(page.get_by_text("is sent again")).to_be_visible()
