"""What the checks have learned, in a real browser: with nothing, with much, at every width, for every eye."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from jobs.learn import learn
from reviewapp.models import Candidate, MeasuredFix, Project, RankModel, ReviewDecision, Shot, User
from tests.browser.conftest import fits
from tests.reviewapp.test_learning import likes_grain

pytestmark = [pytest.mark.django_db(transaction=True)]

SignIn = Callable[[User], None]


def much(project: Project, clip: Candidate) -> None:
    """Many trainings and many measured fixes, some with long names."""
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


def test_an_empty_page_says_what_will_be_there(
    page: Page, live_server: LiveServer, sign_in: SignIn, project: Project, alice: User
) -> None:
    sign_in(alice)
    page.goto(live_server.url + reverse("project-settings", args=[project.slug]))
    page.get_by_role("link", name="What was learned").click()
    expect(page.get_by_role("heading", name="The rules stand alone")).to_be_visible()
    expect(page.locator("main")).to_contain_text("No retake has come back yet")
    fits(page, "learned-empty")


def test_a_full_page_fits_and_can_be_read(
    page: Page,
    live_server: LiveServer,
    sign_in: SignIn,
    project: Project,
    make_shot: Callable[..., Shot],
    alice: User,
    bob: User,
) -> None:
    likes_grain(make_shot, alice, bob)
    learn()
    much(project, Candidate.objects.all()[0])
    RankModel.objects.filter(active=True).update(number=130)
    Project.objects.update(auto_approve_score=0.9)
    ReviewDecision.objects.filter(pk__in=ReviewDecision.objects.values("pk")[:3]).update(by=None)
    sign_in(alice)
    page.goto(live_server.url + reverse("project-learned", args=[project.slug]))
    expect(page.get_by_role("heading", name="Training 130 corrects the score")).to_be_visible()
    expect(page.locator("main")).to_contain_text("11 earlier trainings are kept and not listed.")
    fits(page, "learned")


def test_the_settings_of_the_policy_fit_and_say_what_is_wrong_where_it_is(
    page: Page, live_server: LiveServer, sign_in: SignIn, project: Project, alice: User
) -> None:
    sign_in(alice)
    page.goto(live_server.url + reverse("project-settings", args=[project.slug]))
    page.get_by_label("Share of these that people see all the same").fill("2")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.locator("#id_audit_share_error")).to_have_text("At most 1.")
    fits(page, "policy-settings")
