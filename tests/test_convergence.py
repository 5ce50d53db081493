"""Does the loop converge?

The sandbox's own truth plays the clip and a simulated reviewer says what is wrong with it. Counted are the
rounds until approval with the refiner, with the same prompt again, and with the remark appended as typed.
Nothing is rendered: a plan already says what would be seen.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

from providers.sandbox.picture.plan import ScenePlan, plan
from reviewapp.refine import Feedback, Limits, refine

SHOTS, MOST_ROUNDS, SECONDS = 120, 8, 6.0
LIMITS = Limits(1000, "chars", negative_prompt=False, duration_s=SECONDS)
MODELS = ("gen4_turbo", "veo-3", "kling-v2", "sora-2")
SUBJECTS = {
    "boat": ("drifts", "drift", ("on a lake", "at sea")),
    "car": ("drives", "drive", ("on a street", "through a desert")),
    "bird": ("flies", "fly", ("over mountains", "above a field")),
    "balloon": ("floats", "float", ("over mountains", "above a field")),
    "fox": ("walks", "walk", ("in a forest", "across a field")),
}
OPENINGS = (
    "A cinematic and carefully composed opening shot for our film in which",
    "The emotional moment everybody has been waiting for, in which",
    "An intimate portrait of a place we come back to later, where",
)
ENDINGS = (
    "with a feeling of longing and the sense that something is about to begin",
    "told with patience, as in the documentaries our client likes so much",
    "so that the audience understands how long the journey has been",
)
COLOURS = ("red", "blue", "green", "yellow", "purple", "white")
CAMERAS = (
    "The whole scene is taken by a camera that is static and never draws attention to itself.",
    "While we take all of this in, the camera pans left and shows us more of the world.",
    "As the tension grows, the camera pushes in and lets us feel what is at stake here.",
)
LIGHTS = ("at night", "at dusk", "at golden hour")
WEATHERS = ("in thick fog", "in the rain", "in falling snow")
SIDES = ("from left to right", "from right to left")
SAYS = {
    "day": "day",
    "night": "night",
    "dusk": "dusk",
    "golden": "golden hour",
    "dark": "dark",
    "bright": "daylight",
}
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
    """A subject with two to five instructions, in the one long sentence in which most briefs are written."""
    thing = chance.choice(sorted(SUBJECTS))
    verb, going, places = SUBJECTS[thing]
    asked = chance.sample(
        ["colour", "count", "motion", "background", "light", "weather", "camera"], chance.randint(2, 5)
    )
    many = "count" in asked
    name = {"fox": "foxes"}.get(thing, f"{thing}s") if many else thing
    words = [chance.choice(OPENINGS), chance.choice(["two", "three"]) if many else "a"]
    words += [chance.choice(COLOURS)] if "colour" in asked else []
    words += [name]
    words += [going if many else verb, chance.choice(SIDES)] if "motion" in asked else ["can be seen"]
    words += [chance.choice(places)] if "background" in asked else []
    words += [chance.choice(LIGHTS)] if "light" in asked else []
    words += [chance.choice(WEATHERS)] if "weather" in asked else []
    camera = f" {chance.choice(CAMERAS)}" if "camera" in asked else ""
    return f"{' '.join(words)}, {chance.choice(ENDINGS)}.{camera}"


Wanted = dict[tuple[str, str], str]


def wanted(shot: Shot) -> Wanted:
    """What the brief asks for; the reviewer holds every later clip against this, whatever its prompt says."""
    scene = plan(shot.prompt, shot.seed, shot.model, 1280, 720, SECONDS)
    return {(one.kind, one.subject): one.asked for one in scene.heard}


def remarks(scene: ScenePlan, brief: Wanted) -> list[str]:
    """What a reviewer types about the first two things that are wrong; nothing where all is as asked."""
    shown = {(one.kind, one.subject): one for one in scene.heard}
    gone = {one.subject for one in scene.heard if one.kind == "thing" and not one.obeyed}
    wrong = [f"where is the {name}??" for name in sorted(gone)]
    for (kind, subject), asked in brief.items():
        seen = shown.get((kind, subject))
        if kind != "thing" and subject not in gone and (seen is None or seen.shown != asked):
            wrong.append(_disobeyed(kind, subject, asked, seen.shown if seen else "something else"))
    wrong += [_fault(fault.kind, fault.start_s, scene.things[0].name) for fault in scene.faults]
    return wrong[:2]


def _disobeyed(kind: str, subject: str, asked: str, shown: str) -> str:
    many = f"{subject}s" if subject != "fox" else "foxes"
    match kind:
        case "colour":
            return f"the {subject} is {shown}, it should be {asked}"
        case "count":
            return f"i see {shown} {many}, should be {asked}"
        case "motion" if asked in {"left", "right"} and shown in {"left", "right"}:
            return f"{subject} goes {shown}, should go {asked}"
        case "motion":
            return f"the {subject} is not moving"
        case "light":
            return f"its {SAYS.get(shown, shown)} but i asked for {SAYS.get(asked, asked)}"
        case "weather":
            return {"fog": "theres no fog", "rain": "it is not raining", "snow": "it isnt snowing"}[asked]
        case "camera":
            return f"camera {CAMERA_SEEN.get(shown, shown)}, should {CAMERA_WISHED[asked]}"
        case "background":
            plain = {
                "sea": "the sea",
                "mountains": "mountains",
                "sky": "the sky",
                "space": "space",
                "snow": "snow",
            }
            shown, asked = (plain.get(name, f"a {name}") for name in (shown, asked))
            return f"the background is {shown}, it should be {asked}"
        case _:
            return f"the {kind} is {shown}, should be {asked}"


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
    prompt, brief = shot.prompt, wanted(shot)
    for number in range(1, MOST_ROUNDS + 1):
        wrong = remarks(plan(prompt, shot.seed + number, shot.model, 1280, 720, SECONDS), brief)
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
    # Measured: 2.97, 4.12 and 5.35 rounds; the margins leave room for the sandbox's vocabulary to change.
    assert by_refining <= 0.8 * by_asking_again
    assert by_refining <= 0.65 * by_appending
