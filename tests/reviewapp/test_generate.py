"""The order: its quote, what stands in its way, and one click that is carried out once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from reviewapp.models import Candidate, GenerationOrder, Project, Shot, Status, User
from reviewapp.models.projects import BudgetMode
from tests.cast import signed_in
from tests.reviewapp.stages import asked, reviewed


def page_of(project: Project) -> str:
    return reverse("generate", args=[project.slug])


def confirm(answer: Any, **changes: str) -> dict[str, str]:
    """What the button of a quote sends."""
    context = answer.context
    return {
        "shots": context["sendable"],
        "chosen": context["chosen"],
        "token": str(context["token"]),
        "expected": str(context["quote"].total_usd),
        "count": str(context["form"].data["count"]),
        "engine": context["form"].data["engine"],
    } | changes


def test_it_quotes_before_anything_is_sent(make_shot: Callable[..., Shot], alice: User) -> None:
    first, second = make_shot(), make_shot()
    answer = signed_in(alice).get(page_of(first.project), {"shot": [first.pk, second.pk]})
    page = answer.content.decode()
    assert "Generate 8 clips for $4.80" in page
    assert "4 × $0.60" in page
    assert "$40.00" in page
    assert not Candidate.objects.exists()


def test_another_number_or_model_gives_another_quote(shot: Shot, alice: User) -> None:
    Shot.objects.update(duration_s=4)
    client, where = signed_in(alice), reverse("generate-quote", args=[shot.project.slug])
    answer = client.post(where, {"chosen": shot.pk, "count": "2", "engine": "runway/veo3.1_fast"})
    page = answer.content.decode()
    assert "Generate 2 clips for $1.20" in page
    assert "<html" not in page
    assert not Candidate.objects.exists()


def test_confirming_sends_every_clip_and_leads_back_to_the_list(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    first, second = make_shot(), make_shot()
    client = signed_in(alice)
    quote = client.get(page_of(first.project), {"shot": [str(first.pk), str(second.pk)], "count": "3"})
    answer = client.post(page_of(first.project), confirm(quote))
    assert answer.headers["Location"] == reverse("shot-list", args=[first.project.slug])
    assert Candidate.objects.filter(status=Status.QUEUED).count() == 6


def test_a_double_click_sends_once(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    data = confirm(client.get(page_of(shot.project), {"shot": shot.pk}))
    client.post(page_of(shot.project), data)
    again = client.post(page_of(shot.project), data, follow=True)
    assert "sent already" in again.content.decode()
    assert Candidate.objects.count() == 4
    assert GenerationOrder.objects.count() == 1


def test_every_shot_of_a_filter_can_be_ordered_without_ticking(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    for prompt in ("A red boat.", "A red kite.", "A blue boat."):
        make_shot(prompt=prompt)
    answer = signed_in(alice).get(page_of(Project.objects.get()), {"all": "1", "tab": "draft", "q": "red"})
    assert len(answer.context["order"].shots) == 2


def test_it_says_what_keeps_a_shot_out_and_sends_the_rest(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    good, long, held = make_shot(), make_shot(prompt="x" * 1100), make_shot(on_hold=True)
    client = signed_in(alice)
    quote = client.get(page_of(good.project), {"shot": [good.pk, long.pk, held.pk]})
    page = quote.content.decode()
    assert "100 over the limit" in page
    assert "is on hold" in page
    client.post(page_of(good.project), confirm(quote))
    assert set(Candidate.objects.values_list("shot", flat=True)) == {good.pk}


def test_it_points_out_shots_that_have_clips(make_shot: Callable[..., Shot], alice: User) -> None:
    first = make_shot()
    reviewed(first, alice, 2)
    page = signed_in(alice).get(page_of(first.project), {"shot": first.pk}).content.decode()
    assert "clips already" in page
    assert "(2)" in page


def test_a_cap_refuses_with_a_sentence(shot: Shot, alice: User) -> None:
    Project.objects.update(budget_usd=2, budget_mode=BudgetMode.CAP)
    client = signed_in(alice)
    quote = client.get(page_of(shot.project), {"shot": shot.pk})
    assert "$0.40 too much" in quote.content.decode()
    answer = client.post(page_of(shot.project), confirm(quote))
    assert answer.status_code == 409
    assert "the budget has $2.00 left" in answer.content.decode()
    assert not Candidate.objects.exists()


def test_a_warning_asks_for_a_tick(shot: Shot, alice: User) -> None:
    Project.objects.update(budget_usd=2, budget_mode=BudgetMode.WARN)
    client = signed_in(alice)
    quote = client.get(page_of(shot.project), {"shot": shot.pk})
    assert "Go over the project&#x27;s budget by $0.40" in quote.content.decode()
    refused = client.post(page_of(shot.project), confirm(quote))
    assert "Tick the box" in refused.content.decode()
    assert not Candidate.objects.exists()
    client.post(page_of(shot.project), confirm(refused, over="on"))
    assert not Candidate.objects.exists(), "a tick agrees to what the page has named, and to nothing else"
    named = refused.context["price"].mark
    client.post(page_of(shot.project), confirm(refused, over="on", agreed=named))
    assert Candidate.objects.count() == 4


def test_a_price_that_changed_meanwhile_is_shown_before_it_is_paid(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    data = confirm(client.get(page_of(shot.project), {"shot": shot.pk}))
    Shot.objects.update(duration_s=10)
    answer = client.post(page_of(shot.project), data)
    assert answer.status_code == 409
    assert "price has changed" in answer.content.decode()
    assert not Candidate.objects.exists()
    client.post(page_of(shot.project), confirm(answer))
    assert Candidate.objects.count() == 4


@pytest.mark.parametrize("count", ["0", "9", "-1", "many", "1e9"])
def test_a_wrong_number_is_said_at_its_field(shot: Shot, alice: User, count: str) -> None:
    client = signed_in(alice)
    data = confirm(client.get(page_of(shot.project), {"shot": shot.pk}), count=count)
    answer = client.post(page_of(shot.project), data)
    assert answer.status_code == 409
    assert answer.context["form"].errors["count"]
    assert f'value="{count}"' in answer.content.decode()
    assert not Candidate.objects.exists()


def test_a_quote_for_a_wrong_number_says_so_beside_the_button_it_switches_off(
    shot: Shot, alice: User
) -> None:
    client = signed_in(alice)
    data = confirm(client.get(page_of(shot.project), {"shot": shot.pk}), count="9")
    answer = client.post(f"/p/{shot.project.slug}/generate/quote/", data, HTTP_HX_REQUEST="true")
    html = answer.content.decode()
    assert "Ask for 1 to 8 clips of each shot." in html
    assert "disabled" in html


@pytest.mark.parametrize(
    "changes", [{"token": "x"}, {"expected": "cheap"}, {"engine": "nano"}, {"shots": ""}, {"shots": "x,²,-1"}]
)
def test_a_broken_form_sends_nothing(shot: Shot, alice: User, changes: dict[str, str]) -> None:
    client = signed_in(alice)
    data = confirm(client.get(page_of(shot.project), {"shot": shot.pk})) | changes
    assert client.post(page_of(shot.project), data).status_code == 409
    assert not Candidate.objects.exists()


def test_it_never_orders_a_shot_of_another_project(shot: Shot, alice: User) -> None:
    other = Project.objects.create(slug="other", name="Other")
    foreign = Shot.objects.create(project=other, code="X", prompt="x", duration_s=5)
    answer = signed_in(alice).get(page_of(shot.project), {"shot": foreign.pk})
    assert answer.context["order"].shots == []
    assert "No shot is chosen" in answer.content.decode()


def test_a_reviewer_may_not_and_a_stranger_finds_nothing(shot: Shot, bob: User, charlie: User) -> None:
    for where in (page_of(shot.project), reverse("generate-quote", args=[shot.project.slug])):
        data = {"shots": shot.pk, "token": str(uuid.uuid4()), "expected": "2.40", "count": "4"}
        assert signed_in(bob).post(where, data).status_code == 403
        assert signed_in(charlie).post(where, data).status_code == 404
    assert not Candidate.objects.exists()


def test_money_that_was_promised_counts_as_gone(make_shot: Callable[..., Shot], alice: User) -> None:
    first, second = make_shot(), make_shot()
    asked(first, alice, 4)
    answer = signed_in(alice).get(page_of(first.project), {"shot": second.pk})
    assert answer.context["quote"].totals.left == Decimal("37.60")
