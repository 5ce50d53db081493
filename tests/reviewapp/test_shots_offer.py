"""The form of a shot offers what its model can do, counts the prompt, and says who can make it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from providers import catalog
from reviewapp import choices, inputs
from reviewapp.choices import Choice
from reviewapp.forms.engines import count_words, facts
from reviewapp.models import Project, ProviderKey, Shot, ShotInput, User
from reviewapp.wishes import Wish, makers
from tests.cast import sandbox_key, signed_in
from tests.providers.sandbox.orders import png

BRIEF = {
    "code": "SH9",
    "sequence": "",
    "prompt": "A red boat.",
    "negative_prompt": "",
    "engine": "",
    "duration_s": "5",
    "aspect": "16:9",
    "acceptance": "",
}


def offer(person: User, project: Project, **changes: str) -> str:
    """What the page is told while a producer types."""
    answer = signed_in(person).post(reverse("shot-new-offer", args=[project.slug]), BRIEF | changes)
    assert answer.status_code == 200
    return str(answer.content.decode())


def create(person: User, project: Project, **changes: str) -> Any:
    return signed_in(person).post(reverse("shot-new", args=[project.slug]), BRIEF | changes)


def listed(page: str, name: str) -> str:
    """The options of one list."""
    part = page[page.index(f'<select name="{name}"') :]
    return part[: part.index("</select>")]


# --- the one value ---


@pytest.mark.parametrize(
    ("value", "columns"),
    [
        ("", ("", "", "")),
        ("policy:cheapest", ("cheapest", "", "")),
        ("runway/gen4.5", ("chosen", "runway", "gen4.5")),
        ("fal/fal-ai/kling-video/v2", ("chosen", "fal", "fal-ai/kling-video/v2")),
    ],
)
def test_the_lists_value_is_three_columns_and_back(value: str, columns: tuple[str, str, str]) -> None:
    choice = Choice.read(value)
    assert tuple(choice.columns().values()) == columns
    assert choice.value == value


def test_a_shot_keeps_its_own_model_its_own_policy_or_the_projects(project: Project, alice: User) -> None:
    for code, engine, columns in (
        ("A", "", ("", "", "")),
        ("B", "policy:spread", ("spread", "", "")),
        ("C", "runway/gen4.5", ("chosen", "runway", "gen4.5")),
    ):
        assert create(alice, project, code=code, engine=engine).status_code == 302
        shot = Shot.objects.get(code=code)
        assert (shot.routing, shot.provider, shot.model) == columns
        form = signed_in(alice).get(reverse("shot-edit", args=[project.slug, code])).context["form"]
        assert form["engine"].value() == engine


def test_every_model_on_offer_stands_below_its_vendor_with_its_price(project: Project, alice: User) -> None:
    page = signed_in(alice).get(reverse("shot-new", args=[project.slug])).content.decode()
    part = listed(page, "engine")
    assert "As the project: Runway Gen-4.5" in part
    assert '<option value="policy:cheapest">The cheapest</option>' in part
    for model in choices.on_offer():
        assert f'value="{model.vendor}/{model.id}"' in part
    assert "Runway Gen-4 Turbo · $0.05 a second · starts from a picture · no key here" in part
    assert 'value="runway/veo3"' not in part


def test_a_key_ends_the_remark_that_there_is_none(project: Project, alice: User) -> None:
    sandbox_key(f"{settings.SANDBOX_URL}/runway")
    page = signed_in(alice).get(reverse("shot-new", args=[project.slug])).content.decode()
    assert "Runway Gen-4.5 · $0.12 a second</option>" in listed(page, "engine")


def test_a_retired_model_is_offered_only_where_it_is_chosen_already(shot: Shot, alice: User) -> None:
    Shot.objects.update(provider="runway", model="veo3")
    where = reverse("shot-edit", args=[shot.project.slug, shot.code])
    page = signed_in(alice).get(where).content.decode()
    assert '<option value="runway/veo3" selected>Veo 3 (through Runway) · no longer offered' in page
    answer = signed_in(alice).post(where, BRIEF | {"code": shot.code, "engine": "runway/veo3"})
    (sentence,) = answer.context["form"].errors["engine"]
    assert "switched off by its vendor" in sentence
    assert "Use Veo 3.1 (through Runway)" in sentence


# --- what is offered ---


def test_the_chosen_model_decides_which_lengths_and_shapes_are_offered(project: Project, alice: User) -> None:
    runway = offer(alice, project)
    assert [f'value="{s}"' in listed(runway, "duration_s") for s in (2, 10, 11)] == [True, True, False]
    veo = offer(alice, project, engine="runway/veo3.1_fast", duration_s="6")
    assert [f'value="{s}"' in listed(veo, "duration_s") for s in (4, 6, 8, 10)] == [True, True, True, False]
    # It makes other shapes only from a picture, and there is none.
    assert "21:9" not in listed(runway, "aspect")


def test_a_shots_pictures_count_into_what_is_offered(shot: Shot, alice: User) -> None:
    where = reverse("shot-offer", args=[shot.project.slug, shot.code])
    file = ContentFile(png(1584, 672), name="boat.png")
    inputs.add(shot, ShotInput.Kind.FIRST_FRAME, file, alice)
    page = signed_in(alice).post(where, BRIEF).content.decode()
    assert "21:9" in listed(page, "aspect")


def test_a_model_that_only_fetches_links_is_not_offered_a_shots_pictures(shot: Shot, alice: User) -> None:
    assert facts(catalog.model("luma", "ray-2")).startswith("Takes words. Makes")
    where = reverse("shot-offer", args=[shot.project.slug, shot.code])
    inputs.add(shot, ShotInput.Kind.FIRST_FRAME, ContentFile(png(), name="boat.png"), alice)
    page = signed_in(alice).post(where, BRIEF | {"engine": "luma/ray-2"}).content.decode()
    assert "takes no files of yours" in page
    assert "can make this" not in page


def test_what_is_typed_stays_in_the_list_and_is_marked(project: Project, alice: User) -> None:
    page = offer(alice, project, duration_s="12.5", aspect="7:3")
    assert '<option value="12.5" selected>12.5 s · not offered</option>' in page
    assert '<option value="7:3" selected>7:3 · not offered</option>' in page
    odd = offer(alice, project, duration_s="soon & <later>")
    assert '<option value="soon &amp; &lt;later&gt;" selected>' in odd


def test_an_edit_is_as_long_as_its_clip(project: Project, alice: User) -> None:
    page = offer(alice, project, engine="runway/aleph2")
    assert "as long as the clip it edits" in listed(page, "duration_s")


def test_a_negative_prompt_is_asked_for_only_where_there_is_one(project: Project, alice: User) -> None:
    assert 'data-negative="no"' in offer(alice, project)
    assert 'data-negative="yes"' in offer(alice, project, engine="runway/veo3.1")
    refused = create(alice, project, negative_prompt="cats")
    assert "has no negative prompt" in refused.context["form"].errors["negative_prompt"][0]


def test_it_says_what_a_clip_costs_or_what_stands_in_the_way(project: Project, alice: User) -> None:
    assert "Runway Gen-4.5 can make this: $0.60 a clip." in offer(alice, project)
    assert "can make this" not in offer(alice, project, duration_s="11")
    assert "not of 11 s" in offer(alice, project, duration_s="11")
    assert "Add a first frame" in offer(alice, project, engine="runway/gen4_turbo")


def test_a_policy_says_how_many_models_can_make_it_and_on_how_many_keys(
    project: Project, alice: User
) -> None:
    models = choices.on_offer()
    able = makers(Choice(routing="cheapest"), Wish("A red boat.", "", None, "16:9"), models).able
    page = offer(alice, project, engine="policy:cheapest", duration_s="4")
    assert f"of {len(models)} models can make this; none of them with a usable key here." in page
    assert 0 < len(able) < len(models)
    sandbox_key(f"{settings.SANDBOX_URL}/runway")
    page = offer(alice, project, engine="policy:cheapest", duration_s="4")
    assert "none of them" not in page
    # The lengths and shapes of all together.
    assert all(f'value="{s}"' in listed(page, "duration_s") for s in (2, 4, 8, 10))


def test_a_policy_says_why_no_model_can_make_it(project: Project, alice: User) -> None:
    count = len(choices.on_offer())
    page = offer(alice, project, engine="policy:cheapest", duration_s="900")
    assert f"None of {count} models can make this: " in page
    answer = create(alice, project, engine="policy:cheapest", duration_s="900")
    assert answer.status_code == 422
    assert "do not make clips of this length" in answer.context["form"].errors["duration_s"][0]
    assert not Shot.objects.exists()


def test_every_issue_stands_at_its_own_field_and_nothing_is_lost(project: Project, alice: User) -> None:
    typed = {"prompt": "x" * 1037, "negative_prompt": "cats", "duration_s": "11", "aspect": "7:3"}
    answer = create(alice, project, acceptance="What I typed.", **typed)
    errors = answer.context["form"].errors
    assert set(errors) == {"prompt", "negative_prompt", "duration_s", "aspect"}
    page = answer.content.decode()
    assert "37 over the limit" in errors["prompt"][0]
    assert "over by 37." in page
    assert "What I typed." in page
    assert typed["prompt"] in page


def test_an_unread_field_is_complained_of_once(project: Project, alice: User) -> None:
    answer = create(alice, project, prompt=" ", aspect="wide")
    errors = answer.context["form"].errors
    assert errors["prompt"] == ["The prompt is missing."]
    assert len(errors["aspect"]) == 1


@pytest.mark.parametrize("name", ["shot-new-offer", "shot-offer"])
def test_only_a_producer_is_told(shot: Shot, bob: User, charlie: User, name: str) -> None:
    args = [shot.project.slug, *([shot.code] if name == "shot-offer" else [])]
    assert signed_in(bob).post(reverse(name, args=args), BRIEF).status_code == 403
    assert signed_in(charlie).post(reverse(name, args=args), BRIEF).status_code == 404


# --- the count ---


def _count(prompt: str, value: str) -> tuple[str, int]:
    wish = Wish(prompt, "", None, "16:9")
    return count_words(makers(Choice.read(value), wish, catalog.models()), wish)


@pytest.mark.parametrize(
    ("prompt", "words", "over"),
    [
        ("A boat.", "7 of 1,000 characters.", 0),
        ("x" * 1000, "1,000 of 1,000 characters.", 0),
        ("x" * 1037, "1,037 of 1,000 characters: over by 37.", 37),
        ("🚤" * 2, "4 of 1,000 characters (an emoji counts as two).", 0),
        ("🚤" * 501, "1,002 of 1,000 characters (an emoji counts as two): over by 2.", 2),
        ("é" * 4, "4 of 1,000 characters.", 0),
    ],
)
def test_the_prompt_is_counted_in_the_models_own_unit(prompt: str, words: str, over: int) -> None:
    assert _count(prompt, "runway/gen4.5") == (words, over)


@given(st.text(max_size=300))
def test_the_count_agrees_with_what_the_server_refuses(prompt: str) -> None:
    for model in catalog.models()[:12]:
        value = Choice.of_model(model).value
        assert _count(prompt, value)[1] == catalog.prompt_over(model, prompt)


def test_the_style_text_counts_and_is_said_to(project: Project, alice: User) -> None:
    Project.objects.update(style_text="y" * 100)
    page = offer(alice, project, prompt="x" * 936)
    assert "1,037 of 1,000 characters: over by 37. The project’s style text counts with it." in page


def test_under_a_policy_the_count_says_for_how_many_models_there_is_room(
    project: Project, alice: User
) -> None:
    models = choices.on_offer()
    room = sum(catalog.prompt_over(model, "x" * 3000) == 0 for model in models)
    page = offer(alice, project, engine="policy:cheapest", prompt="x" * 3000)
    assert f"3,000 characters; {room} of {len(models)} models have room for it." in page


def test_the_facts_of_every_model_can_be_said() -> None:
    for model in catalog.models():
        words = facts(model)
        assert words.startswith("Takes ")
        assert words.endswith(".")


# --- the order ---


def test_an_order_by_a_policy_says_who_makes_each_clip_and_why(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    sandbox_key(f"{settings.SANDBOX_URL}/runway")
    first, second = make_shot(duration_s=4), make_shot(duration_s=99)
    asked = {"shot": [str(first.pk), str(second.pk)], "engine": "policy:cheapest"}
    where = reverse("generate", args=[first.project.slug])
    answer = signed_in(alice).get(where, asked)
    page = answer.content.decode()
    (part,) = answer.context["quote"].lines[0].parts
    assert part.clips == 4
    assert f'4 × ${part.each_usd:.2f}</span> {part.label}<span class="parts__why' in page
    # What stands beside it, its name and its price, is not said twice.
    assert part.reason.startswith("The cheapest of ")
    assert f">{part.reason}</span>" in page
    assert "nobody pays" in page
    assert "Left out." in page
    (payer,) = answer.context["payers"]
    assert (payer.provider, payer.clips, payer.usd) == ("runway", 4, answer.context["quote"].total_usd)


def test_a_round_that_is_spread_is_explained_once(shot: Shot, alice: User) -> None:
    for vendor in ("runway", "kling", "fal"):
        sandbox_key(f"{settings.SANDBOX_URL}/{vendor}", provider=vendor, name=vendor)
    asked = {"shot": str(shot.pk), "engine": "policy:spread", "count": "3"}
    answer = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), asked)
    (line,) = answer.context["quote"].lines
    assert len(line.parts) == 3
    assert line.shared_reason.startswith("A round spread over 3 providers")
    assert answer.content.decode().count("spread over 3 providers") == 1


def test_an_order_by_a_policy_without_any_key_says_whom_to_ask_once(shot: Shot, alice: User) -> None:
    for vendor in ("runway", "kling"):
        sandbox_key(f"{settings.SANDBOX_URL}/{vendor}", provider=vendor, name=vendor, enabled=False)
    asked = {"shot": str(shot.pk), "engine": "policy:spread"}
    page = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), asked).content.decode()
    assert "has a usable key here: an admin has to add or enable one." in page
    assert "every key is switched off" not in page


def test_an_order_without_a_key_says_so_beside_its_provider(shot: Shot, alice: User) -> None:
    page = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), {"shot": shot.pk})
    assert "No key for Runway can be used" in page.content.decode()


# --- sentences ---


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("shot-new", {"engine": "nobody/nothing"}),
        ("shot-split", {"code": ""}),
        ("member-add", {"role": "king"}),
        ("project-settings", {"name": "x" * 200, "candidates_per_round": "9"}),
        ("input-add", {"role": "hero"}),
        ("input-use-clip", {"clip": "x"}),
        ("generate", {"count": "some", "shots": "1"}),
    ],
)
def test_no_form_answers_with_the_frameworks_own_words(
    shot: Shot, alice: User, name: str, data: dict[str, str]
) -> None:
    args = [shot.project.slug]
    if name in ("shot-split", "input-add", "input-use-clip"):
        args.append(shot.code)
    answer = signed_in(alice).post(reverse(name, args=args), data)
    assert answer.status_code in (409, 422)
    page = answer.content.decode()
    for words in ("This field is required", "Select a valid choice", "Enter a whole number", "Ensure "):
        assert words not in page


def test_a_line_that_no_model_of_a_policy_can_make_is_summed_up(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    sandbox_key(f"{settings.SANDBOX_URL}/runway")
    shot = make_shot(duration_s=99, routing="cheapest")
    answer = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), {"shot": shot.pk})
    ((_, reasons),) = answer.context["lines"]
    (sentence,) = reasons
    assert sentence.startswith("None of ")
    assert sentence in answer.content.decode()
    # One that could be made, had it a key, says that instead.
    ProviderKey.objects.all().delete()
    Shot.objects.update(duration_s=5)
    answer = signed_in(alice).get(reverse("generate", args=[shot.project.slug]), {"shot": shot.pk})
    assert "has a usable key here" in answer.context["lines"][0][1][0]
