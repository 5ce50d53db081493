"""What the sandbox hears in a prompt, how often it obeys, and which faults it plants."""

from __future__ import annotations

import pytest

from providers.sandbox.picture.plan import ScenePlan, plan
from providers.sandbox.picture.planted import RATES

SEEDS = range(200)
VAGUE = (
    "So there is this sort of wide dreamlike thing where maybe a small boat could perhaps be drifting along "
    "somewhere with a red tint to it and lots of mood and atmosphere and a general feeling of longing "
    "and everything"
)


def scene(prompt: str, seed: int = 1, negative: str = "") -> ScenePlan:
    return plan(prompt, seed, "gen4.5", 1280, 720, 5.0, negative)


def asked(prompt: str, kind: str, subject: str = "") -> str:
    """What the prompt was understood to ask for, obeyed or not."""
    found = [one.asked for one in scene(prompt).heard if one.kind == kind and one.subject == subject]
    assert len(found) <= 1
    return found[0] if found else ""


def obeyed(prompt: str, kind: str, subject: str = "") -> float:
    """The share of 200 seeds that obey one instruction."""
    kept = 0
    for seed in SEEDS:
        one = next(h for h in scene(prompt, seed).heard if (h.kind, h.subject) == (kind, subject))
        kept += one.obeyed
    return kept / len(SEEDS)


@pytest.mark.parametrize(
    ("prompt", "kind", "subject", "value"),
    [
        ("A red paper boat on the sea", "colour", "boat", "red"),
        ("The boat is crimson.", "colour", "boat", "red"),
        ("A white bird over a blue boat", "colour", "boat", "blue"),
        ("A white bird over a blue boat", "colour", "bird", "white"),
        ("A cat under an orange sky", "backdrop colour", "", "orange"),
        ("There are exactly three birds.", "count", "bird", "3"),
        ("A flock of seagulls", "count", "bird", "7"),
        ("Two children walk home", "count", "person", "2"),
        ("A car drives from right to left", "motion", "car", "left"),
        ("The boat moves to the right. The camera pans left.", "motion", "boat", "right"),
        ("The boat moves to the right. The camera pans left.", "camera", "", "pan left"),
        ("The boat drifts right while the camera pushes in", "camera", "", "push in"),
        ("The camera stays still. A ball bounces.", "camera", "", "static"),
        ("The camera stays still. A ball bounces.", "motion", "ball", "bounces"),
        ("A handheld shot of a fox", "camera", "", "handheld"),
        ("A fox walks in the forest while snow is falling", "motion", "fox", "drifts"),
        ("A fox walks in the forest while snow is falling", "weather", "", "snow"),
        ("The scene is set at night. A house.", "light", "", "night"),
        ("A house at golden hour", "light", "", "golden"),
        ("The weather is foggy. A tree.", "weather", "", "fog"),
        ("A slow boat", "speed", "", "slow"),
        ("The lighthouse is on the left side of the frame.", "place", "lighthouse", "left"),
        ("The kite is in the foreground.", "place", "kite", "foreground"),
        ("A huge balloon over the mountains", "size", "balloon", "big"),
        ("A huge balloon over the mountains", "background", "", "mountains"),
        ("A house in the snow", "background", "", "snow"),
        ("Birds over the sea. The sky is pink.", "background", "", "sea"),
        ("Birds over the sea. The sky is pink.", "backdrop colour", "", "pink"),
        ("A boat without rain", "weather", "", "not rain"),
        ("A boat that is not red", "colour", "boat", "not red"),
        ("The camera does not pan right. A boat.", "camera", "", "not pan right"),
        ("A beach with no people", "thing", "person", "none"),
    ],
)
def test_it_hears_what_a_prompt_asks_for(prompt: str, kind: str, subject: str, value: str) -> None:
    assert asked(prompt, kind, subject) == value


def test_it_gives_the_same_scene_for_the_same_prompt_seed_and_model() -> None:
    assert scene("Two red fish", 5) == scene("Two red fish", 5)


def test_it_gives_other_scenes_for_other_seeds() -> None:
    assert len({scene("A boat", seed).things[0].x for seed in range(20)}) == 20


def test_it_shows_what_it_says_it_shows() -> None:
    for seed in SEEDS:
        found = scene("Three green birds fly to the left", seed)
        said = {one.kind: one for one in found.heard}
        if said["thing"].obeyed:
            bird = found.things[0]
            assert bird.name == "bird"
            assert said["colour"].shown == bird.colour
            assert int(said["count"].shown) == bird.count
            assert said["motion"].shown == bird.motion


def test_it_obeys_a_clear_prompt_more_often_than_a_vague_one() -> None:
    assert obeyed("The boat is red.", "colour", "boat") > obeyed(VAGUE, "colour", "boat") + 0.15


def test_it_obeys_an_emphasised_instruction_nearly_always() -> None:
    plain = "A boat drifts past a small village in the morning with a red hull and a few gulls above"
    assert obeyed("The boat must clearly be red throughout.", "colour", "boat") > 0.95
    assert obeyed(plain, "colour", "boat") < 0.9


def test_it_obeys_less_when_another_sentence_says_the_opposite() -> None:
    once = "The boat is red. It is a calm day."
    assert obeyed(once, "colour", "boat") > obeyed(once + " The boat is blue.", "colour", "boat") + 0.05


def test_it_obeys_less_when_a_prompt_goes_on_and_on() -> None:
    short = "The boat is red."
    assert (
        obeyed(short + " And so it goes, quite so." * 90, "colour", "boat")
        < obeyed(short, "colour", "boat") - 0.05
    )


def test_it_leaves_out_what_must_not_be_there_and_sometimes_forgets() -> None:
    shown = sum(
        any(
            thing.name == "person"
            for thing in scene("A quiet beach with a boat and no people at all", seed).things
        )
        for seed in SEEDS
    )
    assert 5 <= shown <= 70


def test_it_takes_a_negative_prompt_as_absence() -> None:
    found = next(
        one for one in scene("A boat on the sea", negative="people, rain").heard if one.kind == "weather"
    )
    assert found.asked == "not rain"


def test_it_plants_faults_in_about_one_clip_of_five_when_the_prompt_is_vague() -> None:
    found = sum(bool(plan(VAGUE, seed, f"m{seed % 8}", 1280, 720, 5.0).faults) for seed in range(600)) / 600
    assert 0.15 < found < 0.32


def test_it_plants_fewer_faults_when_the_prompt_is_clear() -> None:
    clear = "The boat must be red. The camera must stay still."
    assert (
        sum(bool(scene(clear, seed).faults) for seed in range(600))
        < sum(bool(scene(VAGUE, seed).faults) for seed in range(600)) * 0.8
    )


def test_it_freezes_less_when_the_prompt_asks_for_continuous_motion() -> None:
    def freezes(prompt: str) -> int:
        return sum(any(f.kind == "freeze" for f in scene(prompt, seed).faults) for seed in range(800))

    assert freezes("A boat. The boat moves without stopping or stuttering.") * 2 < freezes(
        "A boat. The boat moves."
    )


def test_it_keeps_every_fault_inside_the_clip() -> None:
    for seed in range(400):
        for fault in plan(VAGUE, seed, "gen4.5", 1280, 720, 3.0).faults:
            assert fault.kind in RATES
            assert 0 < fault.start_s <= fault.end_s < 3.0


def test_it_refuses_unsafe_words() -> None:
    assert scene("A celebrity in a boat").refused
    assert not scene("A category of boats").refused


@pytest.mark.parametrize(
    "prompt", ["", "...", "🎬🎬", "a" * 5000, "red " * 900, "no no no not without", "\n\n.\x00"]
)
def test_it_makes_a_scene_of_any_text(prompt: str) -> None:
    found = scene(prompt)
    assert found.things
    assert found.truth()["things"]
