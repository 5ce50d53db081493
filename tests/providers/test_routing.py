"""The pick of a provider: what sifts, what ranks, and the sentence that says why."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import catalog
from providers.contract import GenerationRequest, Media
from providers.routing import POLICIES, NoProvider, Offer, Record, pick_provider, pick_round

BOAT = GenerationRequest(model="", prompt="A red boat crosses the harbour.", duration_s=5.0)
GEN = ("runway", "gen4.5")  # $0.60 for five seconds
KLING = ("kling", "kling-2.6")  # $0.21, not in 4K
OMNI = ("kling", "kling-3.0-omni")  # $0.63, also in 4K
GOOGLE = ("gemini", "gemini-omni-1.2-flash")  # $0.35, also in 4K


def offer(maker: tuple[str, str], **facts: Any) -> Offer:
    ratings, seconds = facts.pop("ratings", None), facts.pop("usual_seconds", None)
    model = catalog.model(*maker)
    model = replace(model, ratings=model.ratings if ratings is None else ratings)
    model = replace(model, usual_seconds=seconds or model.usual_seconds)
    return Offer(vendor=maker[0], model=model, **facts)


def picked(policy: str, *offers: Offer, request: GenerationRequest = BOAT, aspect: str = "16:9") -> str:
    return pick_provider(request, policy, offers, aspect=aspect).model.id


# --- what each policy takes ---


def test_the_cheapest_is_taken_and_the_sentence_names_its_price_and_how_many_there_were() -> None:
    choice = pick_provider(BOAT, "cheapest", [offer(GEN), offer(KLING), offer(OMNI)], aspect="16:9")
    assert (choice.vendor, choice.price_usd) == ("kling", Decimal("0.21"))
    assert choice.why == "Kling 2.6 at $0.21: the cheapest of 3 models that make 5 s in 16:9."


def test_the_cheapest_in_4k_is_asked_for_4k_and_priced_for_it() -> None:
    choice = pick_provider(BOAT, "cheapest_4k", [offer(KLING), offer(OMNI), offer(GOOGLE)], aspect="16:9")
    assert choice.model.id == GOOGLE[1]
    assert (choice.request.width, choice.request.height) == (3840, 2160)
    assert choice.price_usd > pick_provider(BOAT, "cheapest", [offer(GOOGLE)], aspect="16:9").price_usd
    assert "in 4K" in choice.why
    assert any(why == "Kling 2.6 makes no 4K in 16:9." for _, _, why in choice.passed)


@pytest.mark.parametrize(
    ("policy", "trait"), [("best_physics", "physics"), ("best_character_consistency", "character")]
)
def test_the_best_rated_is_taken_until_the_projects_own_verdicts_say_otherwise(
    policy: str, trait: str
) -> None:
    good, other = offer(GEN, ratings={trait: 5}), offer(KLING, ratings={trait: 4})
    first = pick_provider(BOAT, policy, [good, other], aspect="16:9")
    assert first.model.id == GEN[1]
    assert "too few decisions yet, so the catalogue's rating" in first.why
    faulty = replace(good, record=Record(decided=20, physics_faults=12, character_faults=12))
    second = pick_provider(BOAT, policy, [faulty, other], aspect="16:9")
    assert second.model.id == KLING[1]


def test_faults_of_another_kind_do_not_move_a_rating() -> None:
    good = offer(GEN, ratings={"physics": 5}, record=Record(decided=20, approved=8, character_faults=12))
    choice = pick_provider(BOAT, "best_physics", [good, offer(KLING, ratings={"physics": 4})], aspect="16:9")
    assert choice.model.id == GEN[1]
    assert "0 of 20 clips decided here had a fault of that kind" in choice.why


def test_the_fastest_goes_by_what_was_measured_here_once_enough_was() -> None:
    slow = offer(GEN, usual_seconds=60.0, seconds=300.0, measured=4)
    usual = offer(KLING, usual_seconds=90.0)
    assert picked("fastest", slow, usual) == GEN[1]
    measured = replace(slow, measured=5)
    assert picked("fastest", measured, usual) == KLING[1]
    told = pick_provider(BOAT, "fastest", [replace(measured, seconds=20.0), usual], aspect="16:9").why
    assert "about 20 s a clip (the median of 5 clips made here)" in told


def test_the_fastest_counts_the_clips_that_wait_before_it() -> None:
    busy = offer(GEN, usual_seconds=40.0, load=7, places=4)
    idle = offer(KLING, usual_seconds=60.0, load=0, places=4)
    assert picked("fastest", busy, idle) == KLING[1]


def test_a_round_is_spread_over_the_providers_in_the_order_of_their_prices() -> None:
    offers = [offer(GEN), offer(KLING), offer(OMNI), offer(GOOGLE)]
    round_ = pick_round(BOAT, "spread", offers, 5, aspect="16:9")
    assert [choice.vendor for choice in round_] == ["kling", "gemini", "runway", "kling", "gemini"]
    assert round_[3].model.id == OMNI[1], "the second clip of a provider goes to another of its models"
    assert "clip 2 of a round spread over 3 providers" in round_[1].why


def test_what_was_picked_before_counts_for_the_spread() -> None:
    offers = [offer(GEN), offer(KLING)]
    assert pick_provider(BOAT, "spread", offers, aspect="16:9", taken=[KLING]).vendor == "runway"


def test_the_most_approved_per_dollar_is_taken() -> None:
    dear = offer(GEN, record=Record(decided=21, approved=20))
    cheap = offer(GOOGLE, record=Record(decided=21, approved=13))
    choice = pick_provider(BOAT, "best_approved", [dear, cheap], aspect="16:9")
    assert choice.model.id == GOOGLE[1]
    assert choice.why.startswith("Gemini Omni 1.2 Flash: 62 % of 21 clips approved here at $0.35")
    better = replace(dear, record=Record(decided=200, approved=190))
    worse = replace(cheap, record=Record(decided=200, approved=20))
    assert picked("best_approved", better, worse) == GEN[1]


def test_one_lucky_clip_decides_nothing() -> None:
    lucky = offer(GEN, ratings={"physics": 4, "character": 4}, record=Record(decided=1, approved=1))
    steady = offer(GOOGLE, ratings={"physics": 4, "character": 4}, record=Record(decided=40, approved=26))
    assert picked("best_approved", lucky, steady) == GOOGLE[1]


def test_without_decisions_the_catalogue_speaks_and_the_sentence_says_so() -> None:
    choice = pick_provider(BOAT, "best_approved", [offer(GEN), offer(GOOGLE)], aspect="16:9")
    assert "too few decisions yet, so the catalogue's order" in choice.why


def test_equals_are_parted_by_price_then_load_then_the_catalogues_order() -> None:
    rated = {"physics": 4}
    assert picked("best_physics", offer(GEN, ratings=rated), offer(KLING, ratings=rated)) == KLING[1]
    twins = [offer(("kling", "kling-2.6"), load=3), offer(("kling", "kling-v2-6"), load=1)]
    assert picked("cheapest", *twins) == "kling-v2-6"
    assert picked("cheapest", *(replace(twin, load=0) for twin in twins)) == "kling-2.6"


# --- what sifts ---


def refusals(policy: str, *offers: Offer, request: GenerationRequest = BOAT, aspect: str = "16:9") -> str:
    with pytest.raises(NoProvider) as caught:
        pick_provider(request, policy, offers, aspect=aspect)
    return str(caught.value)


def test_a_model_that_cannot_make_the_length_or_the_shape_is_passed_over() -> None:
    # Veo makes 4, 6 or 8 seconds, and a shot of five is a shot of five.
    assert picked("cheapest", offer(("veo", "veo-3.1-lite-generate-001")), offer(GEN)) == GEN[1]
    assert picked("cheapest", offer(KLING), offer(GEN), aspect="16:9") == KLING[1]
    assert "cannot make the shape 4:3" in refusals("cheapest", offer(GEN), aspect="4:3")


def test_each_model_gets_its_own_size_for_the_shape_and_what_a_shot_starts_from_counts() -> None:
    image = replace(BOAT, first_frame=Media(data=b"x", content_type="image/png"))
    choice = pick_provider(image, "cheapest", [offer(GEN)], aspect="4:3")
    assert (choice.request.width, choice.request.height) == (1104, 832)
    assert "edits a clip" in refusals("cheapest", offer(("runway", "aleph2")), request=image)


def test_a_clip_to_edit_is_priced_by_its_own_length_and_none_is_asked_for() -> None:
    edit = replace(BOAT, source_video=Media(data=b"x", content_type="video/mp4"))
    aleph = offer(("runway", "aleph2"))
    choice = pick_provider(edit, "cheapest", [aleph, offer(GEN)], aspect="16:9", source_s=9.2)
    assert choice.model.id == "aleph2"
    assert choice.request.duration_s is None
    assert (choice.seconds, choice.price_usd) == (9.2, Decimal("2.80"))


@pytest.mark.parametrize(
    "wish",
    [
        {"prompt": "x" * 1001},
        {"negative_prompt": "no people"},
        {"audio": True},
        {"references": (Media(url="https://example.org/a.png"),)},
        {"last_frame": Media(url="https://example.org/a.png")},
    ],
)
def test_what_a_model_cannot_express_keeps_it_out(wish: dict[str, Any]) -> None:
    request = replace(BOAT, **wish)
    assert "Runway Gen-4.5" in refusals("cheapest", offer(GEN), request=request)
    # The same offer takes the request without the wish, so it was the wish.
    assert picked("cheapest", offer(GEN)) == GEN[1]


def test_no_key_no_pick_and_every_reason_is_told_once() -> None:
    keyless = [offer(maker, ready=False, why_not="Kling: there is no key.") for maker in (KLING, OMNI)]
    words = refusals("cheapest", *keyless, offer(GEN, left_usd=Decimal("0.59")))
    assert words.count("Kling: there is no key.") == 1
    assert "Runway Gen-4.5 costs $0.60 a clip and the budget has $0.59 left." in words


def test_what_the_budget_cannot_pay_is_passed_over_for_what_it_can() -> None:
    dear = offer(GEN, ratings={"physics": 5}, left_usd=Decimal("0.50"))
    cheap = offer(KLING, ratings={"physics": 1}, left_usd=Decimal("0.50"))
    assert picked("best_physics", dear, cheap) == KLING[1]


def test_a_retired_model_is_picked_only_where_another_host_still_serves_it() -> None:
    retired = ("runway", "veo3")
    request = replace(BOAT, duration_s=8.0)
    assert "switched off" in refusals("cheapest", offer(retired), request=request)
    assert picked("cheapest", offer(retired, even_retired=True), request=request) == "veo3"


@pytest.mark.parametrize("policy", POLICIES)
def test_a_provider_that_rests_is_waited_for_only_when_nobody_else_is_left(policy: str) -> None:
    resting = offer(GOOGLE, rests="Google rests until 12:00: it is down.")
    other = offer(OMNI)
    choice = pick_provider(BOAT, policy, [resting, other], aspect="16:9")
    assert choice.model.id == OMNI[1]
    assert (*GOOGLE, resting.rests) in choice.passed
    alone = pick_provider(BOAT, policy, [resting], aspect="16:9")
    assert (alone.model.id, alone.rests) == (GOOGLE[1], resting.rests)
    assert resting.rests in alone.why


def test_a_full_account_is_passed_over_where_time_decides_and_waited_for_where_money_does() -> None:
    full, free = offer(KLING, load=3, places=3, usual_seconds=10.0), offer(GEN, load=2, places=3)
    assert picked("spread", full, free) == GEN[1]
    assert picked("fastest", full, free) == GEN[1]
    assert picked("cheapest", full, free) == KLING[1]
    assert picked("spread", full, replace(free, load=3)) == KLING[1], "all full: the first in turn waits"


# --- always ---

_MAKERS = [GEN, KLING, OMNI, GOOGLE, ("runway", "aleph2"), ("runcrate", "seedance")]


@given(
    policy=st.sampled_from(sorted(POLICIES)),
    facts=st.lists(
        st.tuples(
            st.booleans(),
            st.sampled_from(("", "It rests.")),
            st.integers(0, 4),
            st.integers(0, 30),
            st.data(),
        ),
        min_size=1,
        max_size=len(_MAKERS),
    ),
)
def test_it_always_picks_somebody_able_or_says_why_not_and_twice_the_same(
    policy: str, facts: list[tuple[bool, str, int, int, Any]]
) -> None:
    offers = [
        offer(
            maker,
            ready=ready,
            why_not="No key.",
            rests=rests,
            load=load,
            places=3,
            record=Record(decided=decided, approved=data.draw(st.integers(0, decided))),
        )
        for maker, (ready, rests, load, decided, data) in zip(_MAKERS, facts, strict=False)
    ]
    refused: tuple[tuple[str, str, str], ...] = ()
    try:
        choice = pick_provider(BOAT, policy, offers, aspect="16:9")
    except NoProvider as nobody:
        refused = nobody.passed
    if refused:
        assert {maker[:2] for maker in refused} == {(one.vendor, one.model.id) for one in offers}
        return
    chosen = next(one for one in offers if one.model is choice.model)
    assert chosen.ready
    assert catalog.check_request(choice.request, choice.vendor) == ()
    assert choice.why.startswith(choice.model.label)
    assert len(choice.why) <= 400
    assert pick_provider(BOAT, policy, offers, aspect="16:9") == choice


def test_of_many_reasons_those_of_providers_that_could_be_asked_are_told_first() -> None:
    keyless = [
        offer((m.vendor, m.id), ready=False, why_not=f"No key for {m.label}.")
        for m in catalog.models()
        if m.vendor == "kling"
    ]
    words = refusals("cheapest", *keyless, offer(GEN), aspect="5:4")
    assert words.index("Runway Gen-4.5 cannot make the shape 5:4") < words.index("No key for")
    assert words.endswith("more reasons like these.")
    assert len(words) < 700
