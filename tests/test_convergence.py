"""Does the loop converge? The sandbox's own truth plays the clip, a simulated reviewer says what is wrong with it.

Three ways to the next prompt are counted in rounds until approval: the refiner, the same prompt again, and the
reviewer's remark appended as it was typed. Nothing is rendered: a plan already says what would be seen.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

from providers.sandbox.picture.plan import Heard, ScenePlan, plan
from reviewapp.refine import Feedback, Limits, refine

SHOTS, MOST_ROUNDS, SECONDS = 240, 8, 6.0
LIMITS = Limits(1000, "chars", negative_prompt=False, duration_s=SECONDS)
MODELS = ("gen4_turbo", "veo-3", "kling-v2", "sora-2")
SUBJECTS = {
    "boat": ("drifts", ("on a lake", "at sea")),
    "car": ("drives", ("on a street", "through a desert")),
    "bird": ("flies", ("over mountains", "above a field")),
    "balloon": ("floats", ("over mountains", "above a field")),
    "fox": ("walks", ("in a forest", "across a snowy field")),
}
COLOURS = ("red", "blue", "green", "yellow", "purple", "white")
CAMERAS = {
    "The camera stays still.": "static",
    "The camera pans left.": "pan left",
    "The camera pushes in.": "push in",
    "Static camera.": "static",
}
LIGHTS = ("at night", "at dusk", "at golden hour")
WEATHERS = ("in thick fog", "in the rain", "in falling snow")
SIDES = ("from left to right", "from right to left")
SAYS = {"day": "day", "night": "night", "dusk": "dusk", "golden": "golden hour", "dark": "dark", "bright": "daylight"}
CAMERA_SEEN = {
    "static": "is static",
    "pan left": "pans left",
    "pan right": "pans right",
    "push in": "pushes in",
    "pull out": "pulls out",
    "tilt up": "tilts up",
    "tilt down": "tilts down",
    "handheld": "is shaky",
}
CAMERA_WISHED = {"static": "be static", "pan left": "pan left", "push in": "push in"}


@dataclass(frozen=True)
class Shot:
    prompt: str
    seed: int
    model: str


def shots() -> list[Shot]:
    chance = random.Random(20)
    return [Shot(_brief(chance), number * 1000, MODELS[number % len(MODELS)]) for number in range(SHOTS)]


def _brief(chance: random.Random) -> str:
    """A prompt of two to five instructions, worded as producers word them: one sentence and a camera."""
    thing = chance.choice(sorted(SUBJECTS))
    verb, places = SUBJECTS[thing]
    asked = chance.sample(["colour", "count", "direction", "light", "weather", "camera"], chance.randint(2, 5))
    many = "count" in asked
    number = chance.choice(["two", "three"]) if many else "a"
    colour = f"{chance.choice(COLOURS)} " if "colour" in asked else ""
    name = {"fox": "foxes"}.get(thing, f"{thing}s") if many else thing
    going = {"drifts": "drift", "drives": "drive", "flies": "fly", "floats": "float", "walks": "walk"}[verb] if many else verb
    words = [number.capitalize(), f"{colour}{name}", going]
    words += [chance.choice(SIDES)] if "direction" in asked else []
    words += [chance.choice(places)]
    words += [chance.choice(LIGHTS)] if "light" in asked else []
    words += [chance.choice(WEATHERS)] if "weather" in asked else []
    camera = f" {chance.choice(sorted(CAMERAS))}" if "camera" in asked else ""
    return f"{' '.join(words)}.{camera}"


def remarks(scene: ScenePlan) -> list[str]:
    """What a reviewer types about the first two things that are wrong; nothing where all is as asked."""
    wrong = [_disobeyed(one) for one in scene.heard if not one.obeyed]
    faults = [_fault(fault.kind, fault.start_s, scene.things[0].name) for fault in scene.faults]
    return [one for one in [*wrong, *faults] if one][:2]


def _disobeyed(one: Heard) -> str:
    many = f"{one.subject}s" if one.subject != "fox" else "foxes"
    match one.kind:
        case "colour":
            return f"the {one.subject} is {one.shown}, it should be {one.asked}"
        case "count":
            return f"i see {one.shown} {many}, should be {one.asked}"
        case "motion" if one.asked in {"left", "right"} and one.shown in {"left", "right"}:
            return f"{one.subject} goes {one.shown}, should go {one.asked}"
        case "motion":
            return f"the {one.subject} is not moving"
        case "light":
            return f"its {SAYS.get(one.shown, one.shown)} but i asked for {SAYS.get(one.asked, one.asked)}"
        case "weather":
            return {"fog": "theres no fog", "rain": "it is not raining", "snow": "it isnt snowing"}[one.asked]
        case "camera":
            return f"camera {CAMERA_SEEN[one.shown]}, should {CAMERA_WISHED[one.asked]}"
        case "background":
            return f"the background is a {one.shown}, it should be a {one.asked}"
        case "thing":
            return f"where is the {one.subject}??"
        case _:
            return f"the {one.kind} is {one.shown}, should be {one.asked}"


def _fault(kind: str, start: float, thing: str) -> str:
    when = "at the start" if start < SECONDS / 3 else ("at the end" if start > SECONDS * 2 / 3 else "halfway")
    return {
        "freeze": f"freezes {when}",
        "flicker": f"flickers {when}",
        "black": f"goes black {when}",
        "jump": f"jerky, the {thing} jumps {when}",
        "stop": f"the {thing} stops moving {when}",
        "blur": f"blurry {when}",
    }[kind]


def rounds(shot: Shot, following: Callable[[str, list[str], int], str]) -> int:
    """Clips until the reviewer approves; the cap where they never do."""
    prompt = shot.prompt
    for number in range(1, MOST_ROUNDS + 1):
        wrong = remarks(plan(prompt, shot.seed + number, shot.model, 1280, 720, SECONDS))
        if not wrong:
            return number
        prompt = following(prompt, wrong, number)
    return MOST_ROUNDS


def refined(prompt: str, wrong: list[str], number: int) -> str:
    notes = [Feedback(f"{number}.{index}", text=text, order=index) for index, text in enumerate(wrong)]
    return refine(prompt, "", notes, LIMITS).prompt


def appended(prompt: str, wrong: list[str], _number: int) -> str:
    return f"{prompt} {'. '.join(wrong)}."


def again(prompt: str, _wrong: list[str], _number: int) -> str:
    return prompt


def test_a_refined_prompt_reaches_approval_in_fewer_rounds() -> None:
    cast = shots()
    by_refining, by_asking_again, by_appending = (
        mean(rounds(shot, way) for shot in cast) for way in (refined, again, appended)
    )
    print(
        f"\nmean rounds to approval over {SHOTS} shots (cap {MOST_ROUNDS}): refined {by_refining:.2f}, "
        f"the same prompt again {by_asking_again:.2f}, the remark appended {by_appending:.2f}"
    )
    assert by_refining <= 0.6 * by_asking_again
    assert by_refining <= 0.8 * by_appending
