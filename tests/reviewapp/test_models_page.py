"""The page of all models: what each can do, what a clip costs, whether a key is here, and its filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from providers import catalog
from providers.catalog import Model
from reviewapp import model_words
from reviewapp.models import ProviderKey, User
from reviewapp.views.models import ModelRow
from tests.cast import sandbox_key, signed_in

WHERE = "/models/"


def shown(answer: Any) -> dict[str, ModelRow]:
    """The rows of the page by the model's whole name."""
    return {
        f"{row.model.vendor}/{row.model.id}": row for group in answer.context["groups"] for row in group.rows
    }


def ask(person: User, **filters: str | list[str]) -> Any:
    return signed_in(person).get(WHERE, filters)


def row_of(answer: Any, anchor: str) -> str:
    """One model's part of the page: its row and its details."""
    page = str(answer.content.decode())
    return page[page.index(f'id="{anchor}"') :].split('<tbody class="')[0]


def real_key(provider: str, **fields: object) -> ProviderKey:
    return ProviderKey.objects.create(name=f"Studio {provider}", provider=provider, **fields)


def test_everybody_who_is_signed_in_reads_it_and_finds_it_in_the_menu(charlie: User) -> None:
    page = signed_in(charlie).get(reverse("project-list")).content.decode()
    assert f'href="{WHERE}"' in page
    assert ask(charlie).status_code == 200
    assert Client().get(WHERE).status_code == 302


def test_it_lists_every_living_model_below_its_vendor(charlie: User) -> None:
    answer = ask(charlie)
    living = {f"{model.vendor}/{model.id}" for model in catalog.models() if not model.is_retired()}
    assert set(shown(answer)) == living
    for group in answer.context["groups"]:
        assert {row.model.vendor for row in group.rows} == {group.vendor.name}
        assert group.vendor.label in answer.content.decode()


def test_a_row_says_what_the_model_can_do_and_what_five_seconds_cost(charlie: User) -> None:
    row = row_of(ask(charlie), "runway-gen4-5")
    for words in (
        "Runway Gen-4.5",
        "<li>words</li><li>first frame</li>",
        "2 to 10 s",
        "720p",
        "1,000 chars",
        "$0.12/s",
        "$0.60",
        "an emoji counts as two",
        "runwayml 5.24.0",
        "2026-11-01",
    ):
        assert words in row, words


def test_a_length_that_is_not_made_is_priced_at_the_one_next_to_it(charlie: User) -> None:
    row = shown(ask(charlie))["runway/veo3.1_fast"]
    assert row.compared_s == 6
    # Without sound 6 s at $0.10, with sound 6 s at $0.15.
    assert [str(cost) for cost in row.costs or ()] == ["0.60", "0.90"]
    assert "for 6 s" in ask(charlie, need="last").content.decode()


def _makes(need: str, model: Model) -> bool:
    match need:
        case "text":
            return "text" in model.modes
        case "image":
            return any(name == "image" and not mode.links_only for name, mode in model.modes.items())
        case "last":
            return any(mode.last_frame and not mode.links_only for mode in model.modes.values())
        case "references":
            return any(mode.max_references for mode in model.modes.values())
        case "edit":
            return "video" in model.modes
        case "sound":
            return model.audio in ("optional", "always")
        case _:
            sizes = [size for mode in model.modes.values() for size in mode.sizes]
            return any(size.tier == "4k" or size.width * size.height > 8_000_000 for size in sizes)


@pytest.mark.parametrize("need", ["text", "image", "last", "references", "edit", "sound", "4k"])
def test_each_need_leaves_exactly_the_models_that_meet_it(charlie: User, need: str) -> None:
    expected = {
        f"{model.vendor}/{model.id}"
        for model in catalog.models()
        if not model.is_retired() and _makes(need, model)
    }
    assert set(shown(ask(charlie, need=need))) == expected


def test_needs_are_met_together(charlie: User) -> None:
    both = set(shown(ask(charlie, need=["text", "last"])))
    assert "runway/veo3.1" in both
    assert not {"runway/gen4.5", "runway/aleph2"} & both


def test_a_highest_price_counts_for_what_is_needed(charlie: User) -> None:
    silent = shown(ask(charlie, most="0.60"))
    assert {"runway/gen4.5", "runway/veo3.1_fast"} <= set(silent)
    # With sound it costs $0.90.
    assert "runway/veo3.1_fast" not in shown(ask(charlie, most="0.60", need="sound"))
    assert "runway/gen4.5" not in shown(ask(charlie, most="0.59"))


def test_retired_models_are_shown_when_asked_for_with_day_and_successor(charlie: User) -> None:
    answer = ask(charlie, retired="on")
    assert set(shown(answer)) == {f"{model.vendor}/{model.id}" for model in catalog.models()}
    row = row_of(answer, "runway-gen4-aleph")
    assert "Retired by its vendor on 2026-07-30" in row
    assert "Use Runway Aleph 2" in row
    assert "still serves the format" in row


def test_own_hardware_has_no_price_and_passes_every_price(charlie: User) -> None:
    free = [model for model in catalog.models() if catalog.vendor(model.vendor).free]
    page = ask(charlie).content.decode()
    rows = shown(ask(charlie, most="0"))
    assert {f"{model.vendor}/{model.id}" for model in free} == set(rows)
    assert all(model_words.price_words(model) == "your own hardware: no price" for model in free)
    assert ("your own hardware: no price" in page) == bool(free)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({}, "ready"),
        ({"paused_reason": "refused"}, "paused"),
        ({"enabled": False}, "none"),
        ({"resting_until": timezone.now() + timedelta(hours=1)}, "paused"),
    ],
)
def test_it_says_whether_a_key_can_be_used_here(charlie: User, fields: dict[str, Any], word: str) -> None:
    assert shown(ask(charlie))["runway/gen4.5"].key.word == "none"
    real_key("runway", **fields)
    assert shown(ask(charlie))["runway/gen4.5"].key.word == word
    usable = set(shown(ask(charlie, usable="on")))
    assert ("runway/gen4.5" in usable) == (word == "ready")


def test_the_sandbox_is_called_the_sandbox(charlie: User) -> None:
    sandbox_key(f"{settings.SANDBOX_URL}/runway")
    assert shown(ask(charlie))["runway/gen4.5"].key.word == "sandbox"


def test_a_retired_model_is_usable_only_where_a_key_leads_to_another_host(charlie: User) -> None:
    key = real_key("runway")
    asked = {"retired": "on", "usable": "on"}
    assert "runway/gen3a_turbo" not in shown(ask(charlie, **asked))
    key.base_url = "https://gateway.example.com/v1"
    key.save()
    assert "runway/gen3a_turbo" in shown(ask(charlie, **asked))


def test_only_admins_read_the_names_of_keys(charlie: User, dana: User) -> None:
    real_key("runway")
    assert "Studio runway" not in ask(charlie).content.decode()
    page = ask(dana).content.decode()
    assert "Studio runway" in page
    # Where none can be used, an admin is led to where one is added.
    assert f'<a href="{reverse("key-list")}">add or enable a key</a>' in page
    assert "add or enable a key" not in ask(charlie).content.decode()


def test_what_leaves_nothing_says_so_and_how_to_go_on(charlie: User) -> None:
    page = ask(charlie, need=["edit", "4k", "last"], most="0.01").content.decode()
    assert "No model can do all of that" in page
    assert "Show all models" in page


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        ({"most": "cheap"}, "Write an amount in US dollars"),
        ({"most": "-1"}, "never below zero"),
        ({"need": "love"}, "“love” is nothing that models are told apart by"),
    ],
)
def test_a_filter_that_cannot_be_read_is_said_and_left_out(
    charlie: User, filters: dict[str, str], words: str
) -> None:
    answer = ask(charlie, **filters)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert "runway/gen4.5" in shown(answer)


def test_a_script_gets_the_table_alone(charlie: User) -> None:
    page = signed_in(charlie).get(WHERE, {"need": "edit"}, headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="models"')
    assert "Runway Aleph 2" in page
    assert "Runway Gen-4.5" not in page
