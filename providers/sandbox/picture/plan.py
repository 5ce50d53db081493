"""From a prompt to a scene: what is obeyed, what is ignored, which faults are planted."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from providers.sandbox.picture import defaults
from providers.sandbox.picture.parse import Reading, Said, read
from providers.sandbox.picture.planted import PlantedFault, plant
from providers.sandbox.picture.words import BACKGROUNDS, LIGHTS

FPS = 24
# The chance that one mention in an ordinary sentence is not obeyed; everything else multiplies it.
BASE_IGNORED = 0.30
MOST_IGNORED, LEAST_IGNORED = 0.6, 0.015
# Past this many words each further one makes every instruction a little weaker.
LONG_PROMPT = 90


@dataclass(frozen=True)
class Heard:
    """One instruction of the prompt and what became of it. `chance` is the chance it had of being ignored."""

    kind: str
    subject: str
    asked: str
    shown: str
    obeyed: bool
    chance: float


@dataclass(frozen=True)
class Thing:
    """Something in the picture. `x` and `y` are the middle of its place in the frame, 0 to 1; `scale` is a
    share of the frame's shorter side."""

    name: str
    colour: str
    count: int
    motion: str
    speed: str
    x: float
    y: float
    scale: float
    phase: float


@dataclass(frozen=True)
class ScenePlan:
    """Everything the renderer needs, and the truth about how the prompt was followed."""

    width: int
    height: int
    duration_s: float
    fps: int
    seed: int
    background: str
    backdrop_colour: str
    light: str
    weather: str
    camera: str
    camera_fast: bool
    things: tuple[Thing, ...]
    heard: tuple[Heard, ...]
    faults: tuple[PlantedFault, ...]
    refused: bool

    @property
    def frames(self) -> int:
        return max(1, round(self.duration_s * self.fps))

    def truth(self) -> dict[str, Any]:
        """What a bench compares with: instructions heard, obeyed or not, faults with their time ranges."""
        names = ("seed", "background", "backdrop_colour", "light", "weather", "camera", "refused")
        return {
            **{name: getattr(self, name) for name in names},
            "things": [asdict(thing) for thing in self.things],
            "instructions": [asdict(one) for one in self.heard],
            "faults": [asdict(fault) for fault in self.faults],
        }


def plan(
    prompt: str, seed: int, model: str, width: int, height: int, duration_s: float, negative: str = ""
) -> ScenePlan:
    """The scene of one candidate. The same arguments always give the same scene."""
    digest = hashlib.sha256("\x1f".join((prompt, negative, str(seed), model)).encode()).digest()
    own_seed = int.from_bytes(digest[:8], "big")
    reading = read(prompt, negative)
    scene = _Scene(reading, np.random.default_rng(own_seed))
    things = scene.things(width / height)
    faults = plant(reading, scene.unclear(), model, duration_s, np.random.default_rng(own_seed ^ 0x5EED))
    return ScenePlan(
        width=width,
        height=height,
        duration_s=duration_s,
        fps=FPS,
        seed=own_seed,
        background=scene.background(things[0].name),
        backdrop_colour=scene.one("backdrop colour", "", [""], defaults.COLOURS),
        light=scene.one("light", "", defaults.LIGHTS, list(LIGHTS)),
        weather=scene.weather(),
        camera=scene.one("camera", "", defaults.CAMERAS, defaults.OTHER_CAMERAS),
        camera_fast=any(said.kind == "speed" and said.value == "fast" for said in reading.said),
        things=things,
        heard=tuple(scene.heard),
        faults=faults,
        refused=reading.unsafe,
    )


class _Scene:
    """Draws one value after the other and keeps the record of what was obeyed."""

    def __init__(self, reading: Reading, chance: np.random.Generator) -> None:
        self.reading = reading
        self.random = chance
        self.heard: list[Heard] = []

    def unclear(self) -> float:
        """How vague the prompt is: near 0 for short plain instructions, 1 and more for none or a flood."""
        if not self.heard:
            return 1.3
        return min(1.3, float(np.mean([one.chance for one in self.heard])) / 0.26)

    def one(self, kind: str, subject: str, default: list[str], others: list[str]) -> str:
        """The value of one kind: as asked when obeyed, another plausible one when not."""
        said = [one for one in self.reading.said if one.kind == kind and one.subject == subject]
        wanted = [one for one in said if not one.negated]
        excluded = {one.value for one in said if one.negated}
        if not wanted:
            return self._unasked(kind, subject, [one for one in said if one.negated], default, others)
        best = min(reversed(wanted), key=lambda one: one.doubt)
        ignored = self._chance(best, wanted)
        obeyed = bool(self.random.random() >= ignored)
        plausible = [value for value in others if value != best.value and value not in excluded]
        shown = best.value if obeyed or not plausible else self.pick(plausible)
        self.heard.append(Heard(kind, subject, best.value, shown, shown == best.value, round(ignored, 4)))
        return shown

    def _unasked(
        self, kind: str, subject: str, unwanted: list[Said], default: list[str], others: list[str]
    ) -> str:
        shown = self.pick(
            [value for value in default if value not in {one.value for one in unwanted}] or others
        )
        for said in unwanted:
            ignored = self._chance(said, [said])
            obeyed = bool(self.random.random() >= ignored)
            shown = shown if obeyed else said.value
            self.heard.append(Heard(kind, subject, f"not {said.value}", shown, obeyed, round(ignored, 4)))
        return shown

    def _chance(self, best: Said, mentions: list[Said], weight: float = 1.0) -> float:
        # Models seldom get the whole setting wrong; they miss the details in it.
        weight *= 0.6 if best.kind in {"background", "light"} else 1.0
        chance = BASE_IGNORED * best.doubt * weight
        chance *= 0.6 ** (sum(one.value == best.value for one in mentions) - 1)
        if any(one.value != best.value for one in mentions) and best.kind not in {"background", "light"}:
            chance += 0.18
        if self.reading.length > LONG_PROMPT:
            chance *= 1 + (self.reading.length - LONG_PROMPT) / 160
        if not self.reading.things:
            chance *= 1.4
        return min(MOST_IGNORED, max(LEAST_IGNORED, chance))

    def pick(self, values: list[str]) -> str:
        return values[int(self.random.integers(len(values)))]

    def background(self, subject: str) -> str:
        fitting = defaults.BACKGROUND_OF.get(subject, ["plain", "field"])
        return self.one("background", "", fitting, [name for name in BACKGROUNDS if name != "underwater"])

    def weather(self) -> str:
        return self.one("weather", "", [""], ["", "", "fog", "rain"])

    def things(self, aspect: float) -> tuple[Thing, ...]:
        """The main thing and up to two others, each at a place of its own."""
        asked = self.reading.things or [self.pick(["ball", "cube", "star", "lantern"])]
        shown = [(name, self._present(name, main=index == 0)) for index, name in enumerate(asked[:3])]
        shown += [(name, name) for name in self._intruders()]
        present = {name: asked_as for asked_as, name in reversed(shown) if name}
        names = [name for name in dict.fromkeys(name for _, name in shown) if name][:4]
        things = [self._thing(name, present[name], aspect, main=name == names[0]) for name in names]
        return (things[0], *(_aside(thing, things[0], n) for n, thing in enumerate(things[1:])))

    def _present(self, name: str, *, main: bool) -> str:
        """A wanted thing, something else in its stead, or nothing."""
        mentions = [
            one
            for one in self.reading.said
            if one.kind == "thing" and one.subject == name and not one.negated
        ]
        if not mentions:
            return name
        best = min(mentions, key=lambda one: one.doubt)
        ignored = self._chance(best, mentions, weight=0.12 if main else 0.5)
        obeyed = bool(self.random.random() >= ignored)
        other = self.pick(defaults.MISTAKEN_FOR.get(name, ["ball"])) if main else ""
        shown = name if obeyed else other
        self.heard.append(Heard("thing", name, "some", shown or "none", obeyed, round(ignored, 4)))
        return shown

    def _intruders(self) -> list[str]:
        """Things that were to be absent and are there all the same."""
        found = []
        unwanted = {one.subject: one for one in self.reading.said if one.kind == "thing" and one.negated}
        for name, said in unwanted.items():
            if name in self.reading.things:
                continue
            ignored = self._chance(said, [said])
            obeyed = bool(self.random.random() >= ignored)
            found += [] if obeyed else [name]
            self.heard.append(
                Heard("thing", name, "none", "none" if obeyed else "some", obeyed, round(ignored, 4))
            )
        return found

    def _thing(self, name: str, asked_as: str, aspect: float, *, main: bool) -> Thing:
        """A thing as its words say; what stands in for another takes over that one's words."""
        natural = defaults.COLOUR_OF.get(name, defaults.COLOURS)
        colour = self.one("colour", asked_as, natural, defaults.COLOURS)
        usual = [str(defaults.COUNT_OF.get(name, 1))] if main else ["1"]
        count = int(self.one("count", asked_as, usual, [str(n) for n in range(1, 7)]))
        fixed = name in defaults.ROOTED or not main
        motions = ["still"] if fixed else defaults.MOTION_OF.get(name, ["drifts"])
        motion = self.one("motion", asked_as, motions, defaults.MOTIONS)
        speed = self.one("speed", "", ["medium"], ["slow", "fast", "medium"]) if main else "medium"
        place = self.one("place", asked_as, [""], ["left", "right", "centre", "top", "bottom"])
        size = self.one("size", asked_as, [""], ["big", "small"])
        x, y = self._where(name, place, motion)
        scale = defaults.SCALE_OF.get(name, 0.36) * (0.92 + 0.16 * float(self.random.random()))
        scale *= {"foreground": 1.45, "distance": 0.5}.get(place, 1.0) * {"big": 1.4, "small": 0.6}.get(
            size, 1.0
        )
        scale *= (1.0, 0.8, 0.68, 0.6, 0.54, 0.5, 0.46)[min(count, 7) - 1]
        motion = self.pick(["left", "right", "right"]) if motion == "drifts" else motion
        phase = float(self.random.random())
        return Thing(name, colour, count, motion, speed, x, y, scale * min(1.0, aspect + 0.2), phase)

    def _where(self, name: str, place: str, motion: str) -> tuple[float, float]:
        x = 0.5 + 0.16 * (float(self.random.random()) - 0.5)
        y = defaults.HEIGHT_OF.get(name, 0.62) + 0.05 * (float(self.random.random()) - 0.5)
        if motion in {"falls", "rises"}:
            x += 0.1 * (float(self.random.random()) - 0.5)
        x = {"left": 0.24, "right": 0.76, "centre": 0.5}.get(place, x)
        y = {"top": 0.24, "bottom": 0.78, "foreground": min(0.7, y + 0.06), "distance": y - 0.06}.get(
            place, y
        )
        return x, y


def _aside(thing: Thing, main: Thing, number: int) -> Thing:
    """A second thing stands to the side of the first, smaller, unless the prompt gave it a place."""
    if abs(thing.x - main.x) > 0.2:
        return thing
    side = -1 if (thing.phase < 0.5) != bool(number % 2) else 1
    x = min(0.88, max(0.12, main.x + side * (0.29 + 0.05 * number)))
    return replace(thing, x=x, scale=thing.scale * 0.85)
