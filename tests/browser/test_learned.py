"""What the checks have learned, in a real browser: with nothing, with much, at every width, for every eye."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from jobs.learn import learn
from reviewapp import review
from reviewapp.models import Candidate, MeasuredFix, Project, RankModel, ReviewDecision, Shot, User
from reviewapp.notes import Feedback
from tests.browser.conftest import WIDTHS, SignIn, axe_check, fits
from tests.cast import run_queue
from tests.reviewapp.report_stage import report, round_of
from tests.reviewapp.test_learning import likes_grain

pytestmark = [pytest.mark.django_db(transaction=True)]

Look = Callable[[str], Page]


@pytest.fixture
def look(page: Page, live_server: LiveServer, sign_in: SignIn, project: Project, alice: User) -> Look:
    """Alice's way to a page of the project, by its name among the addresses."""
    sign_in(alice)

    def go(name: str) -> Page:
        page.goto(live_server.url + reverse(name, args=[project.slug]))
        return page

    return go


def much(project: Project, clip: Candidate, rejected: Candidate) -> None:
    """Many trainings, and many measured fixes of the clip that came for a rejected one; some with long
    names.
    """
    Candidate.objects.filter(pk=clip.pk).update(replaces=rejected)
    rejected.decisions.update(retake=clip.version)
    kinds = ("flicker", "soft", "a_kind_with_a_name_that_is_as_long_as_names_of_kinds_are")
    changes = ("added", "added_negative", "again", "edited", "moved", "replaced")
    model = {"project": project, "candidate": clip, "provider": "runway", "model": "gen4.5"}
    MeasuredFix.objects.bulk_create(
        MeasuredFix(complaint=f"finding:{kind}", change=change, solved=bool(solved), **model)
        for kind in kinds
        for solved, change in enumerate(changes)
    )
    figures = {"judged": 40, "loss": 0.61, "rules_loss": 0.6, "right": 0.7, "rules_right": 0.71}
    facts = {
        "project": project,
        "checker_version": "1",
        "decisions": 1200,
        "approved": 300,
        "figures": figures,
    }
    why = "1200 decisions, and no better than the rules on unseen shots (log loss 0.610 against 0.600)."
    RankModel.objects.bulk_create(RankModel(number=number, why=why, **facts) for number in range(100, 130))


def test_an_empty_page_says_what_will_be_there(look: Look) -> None:
    page = look("project-settings")
    page.get_by_role("link", name="What was learned").click()
    expect(page.get_by_role("heading", name="The rules stand alone")).to_be_visible()
    expect(page.locator("main")).to_contain_text("No retake has come back yet")
    fits(page, "learned-empty")


def test_a_full_page_fits_and_can_be_read(
    look: Look, project: Project, make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    learn()
    much(project, *Candidate.objects.all()[:2])
    RankModel.objects.filter(active=True).update(number=130)
    Project.objects.update(auto_approve_score=0.9)
    ReviewDecision.objects.filter(pk__in=ReviewDecision.objects.values("pk")[:3]).update(by=None)
    page = look("project-learned")
    expect(page.get_by_role("heading", name="Training 130 corrects the score")).to_be_visible()
    expect(page.locator("main")).to_contain_text("11 earlier trainings are kept and not listed.")
    fits(page, "learned")
    page.set_viewport_size({"width": 390, "height": WIDTHS[390]})
    tables = page.evaluate(
        "[...document.querySelectorAll('.table-scroll')].map((one) => one.scrollWidth - one.clientWidth)"
    )
    assert tables == [0, 0, 0]


def test_a_finding_is_accepted_and_counted_again_by_the_keyboard_alone(
    look: Look, live_server: LiveServer, make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob, shots=10)
    [row] = round_of(make_shot(), alice, report(0.7, "suspect", ["noisy", "a_kind_with_a_very_long_name"]))
    [broken] = round_of(make_shot(), alice, report(0.7, "reject", ["black:reject"]))
    review.reject(broken, bob, broken.revision, Feedback(text="It is black."))
    page = look("project-learned")
    page.get_by_role("button", name="Treat as a remark from now on: noisy").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("“noisy” is a remark from now on.")).to_be_visible()
    run_queue()
    expect(page.locator("#finding-noisy")).to_contain_text("A remark")
    fits(page, "accepting")
    # The next Tab goes on where the button stood: through the table to its first button.
    for _ in range(2):
        page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Count it again: noisy")).to_be_focused()
    page.goto(f"{live_server.url}/review/{row.uid}/")
    page.get_by_text("1 remark, no fault").click()
    expect(page.get_by_text("Remark, accepted in this project").last).to_be_visible()
    axe_check(page)
    look("project-learned")
    page.get_by_role("button", name="Count it again: noisy").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("“noisy” counts again.")).to_be_visible()
    run_queue()
    assert Candidate.objects.whole().get(pk=row.pk).quality.findings == row.quality.findings


def test_the_settings_of_the_policy_fit_and_say_what_is_wrong_where_it_is(look: Look) -> None:
    page = look("project-settings")
    page.get_by_label("Share of these that people see all the same").fill("2")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.locator("#id_audit_share_error")).to_have_text("At most 1.")
    fits(page, "policy-settings")
