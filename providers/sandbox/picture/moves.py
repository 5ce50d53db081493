"""Where everything is at a moment: the paths of things and the path of the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass

from providers.sandbox.picture.plan import ScenePlan, Thing

_PER_SECOND = {"slow": 0.05, "medium": 0.105, "fast": 0.22}
_RATE = {"slow": 0.55, "medium": 1.0, "fast": 2.0}
WALKERS = frozenset({"person", "cat", "fox"})
# How far things lean from side to side while they travel, in radians.
_ROLL = {
    "boat": 0.05,
    "bird": 0.06,
    "fish": 0.06,
    "car": 0.006,
    "person": 0.012,
    "cat": 0.01,
    "fox": 0.01,
    "ball": 0.0,
}


@dataclass(frozen=True)
class Pose:
    """A place in the frame (0 to 1), a turn in radians, stretches, and the height over the ground."""

    x: float
    y: float
    angle: float = 0.0
    wide: float = 1.0
    tall: float = 1.0
    lift: float = 0.0


def pose(thing: Thing, index: int, seconds: float, duration_s: float) -> Pose:
    """Where one of the things is. All of one kind move alike, each a little later."""
    rate = _RATE[thing.speed]
    t, wave = seconds, 2 * math.pi * (thing.phase + 0.19 * index)
    x, y = thing.x + _beside(thing, index), thing.y + _above(thing, index)
    travel = min(1.1, _PER_SECOND[thing.speed] * duration_s)
    along = travel * (t / max(0.1, duration_s) - 0.5)
    bob = 0.006 * math.sin(2.1 * t + wave)
    if thing.motion in {"left", "right"}:
        step = abs(math.sin(4.2 * rate**0.5 * t + wave)) * 0.014 if thing.name in WALKERS else bob
        roll = math.sin(1.7 * t + wave) * _ROLL.get(thing.name, 0.03)
        sign = 1 if thing.motion == "right" else -1
        return _alive(thing, Pose(x + sign * along, y - step, roll), t, wave)
    return _alive(thing, _other(thing, Pose(x, y + bob), t, along, wave, rate), t, wave)


def _other(thing: Thing, at: Pose, t: float, along: float, wave: float, rate: float) -> Pose:
    x, y, beat = at.x, at.y, 2 * math.pi * t * rate
    match thing.motion:
        case "rises":
            return Pose(x + 0.008 * math.sin(t + wave), y - along * 1.15, 0.04 * math.sin(t + wave))
        case "falls":
            return Pose(
                x + 0.02 * math.sin(1.6 * t + wave), y + along * 1.15, 0.25 * math.sin(1.3 * t + wave)
            )
        case "bounces":
            hop = abs(math.sin(beat * 0.45 + wave))
            squash = 0.10 * max(0.0, 0.25 - hop) / 0.25
            return Pose(x + along * 0.35, thing.y - 0.26 * hop, 0.0, 1 + squash, 1 - squash, 0.26 * hop)
        case "spins":
            return Pose(x, y, beat * 0.22)
        case "orbits":
            return Pose(x + 0.17 * math.cos(beat * 0.2 + wave), y + 0.13 * math.sin(beat * 0.2 + wave))
        case "zigzags":
            swing = abs((t * rate * 0.55 + thing.phase) % 1.0 * 2 - 1) * 2 - 1
            return Pose(x + along * 0.9, y + 0.11 * swing, 0.16 * swing)
        case "approaches" | "recedes":
            share = 0.5 + along * 0.9 if thing.motion == "approaches" else 0.5 - along * 0.9
            size = 0.62 + 0.72 * share
            return Pose(x, y + 0.08 * (share - 0.5), 0.0, size, size)
        case "sways":
            return Pose(x + 0.012 * math.sin(1.3 * t + wave), y, 0.13 * math.sin(1.3 * t * rate + wave))
        case _:
            return Pose(x, y + 0.002 * math.sin(1.9 * t + wave), 0.018 * math.sin(1.5 * t + wave))


def _alive(thing: Thing, at: Pose, t: float, wave: float) -> Pose:
    """Wings beat, whatever else a thing does."""
    if thing.name == "bird":
        return Pose(at.x, at.y, at.angle, at.wide, at.tall * (0.86 + 0.16 * math.sin(9 * t + wave)), at.lift)
    if thing.name == "butterfly":
        return Pose(at.x, at.y, at.angle, at.wide * (0.72 + 0.28 * math.cos(11 * t + wave)), at.tall, at.lift)
    return at


def _beside(thing: Thing, index: int) -> float:
    if thing.count == 1:
        return 0.0
    step = min(thing.scale * 0.60, 0.78 / (thing.count - 1))
    return (index - (thing.count - 1) / 2) * step


def _above(thing: Thing, index: int) -> float:
    if thing.count == 1:
        return 0.0
    return thing.scale * (0.20 if index % 2 else -0.20) + 0.03 * math.sin(index * 2.4 + thing.phase * 6)


@dataclass(frozen=True)
class Camera:
    """How far a scene's camera travels: whole pixels a frame, because half pixels shimmer."""

    pan: int
    tilt: int
    zoom_from: float
    zoom_to: float
    shake: float

    def room(self, frames: int) -> tuple[int, int]:
        """How much larger than the frame the background must be, for the slowest rows."""
        steady = math.ceil(self.shake * 2)
        return abs(self.pan) * frames + steady, abs(self.tilt) * frames + steady

    def at(self, frame: int, frames: int) -> tuple[int, int, float]:
        """Offsets of the view in the background, and the share of the frame that is shown."""
        x = self.pan * frame if self.pan > 0 else -self.pan * (frames - 1 - frame)
        y = self.tilt * frame if self.tilt > 0 else -self.tilt * (frames - 1 - frame)
        t = frame / max(1, frames - 1)
        eased = t * t * (3 - 2 * t)
        if self.shake:
            x += round(self.shake * (1 + 0.6 * math.sin(frame * 0.13) + 0.4 * math.sin(frame * 0.31 + 1)))
            y += round(self.shake * (1 + 0.5 * math.sin(frame * 0.17 + 2) + 0.5 * math.sin(frame * 0.37)))
        return x, y, self.zoom_from + (self.zoom_to - self.zoom_from) * eased


def camera_of(plan: ScenePlan, width: int, height: int) -> Camera:
    """The camera of a plan for frames of the given size."""
    quick = 2 if plan.camera_fast else 1
    pan = max(1, min(2 * quick, int(0.34 * width / plan.frames), round(2 * quick * width / 1280)))
    tilt = max(1, min(quick, int(0.34 * height / plan.frames)))
    far = 0.74 if plan.camera_fast else 0.80
    shake = 7 * height / 720
    return {
        "static": Camera(0, 0, 1.0, 1.0, 0.0),
        "pan left": Camera(-pan, 0, 1.0, 1.0, 0.0),
        "pan right": Camera(pan, 0, 1.0, 1.0, 0.0),
        "tilt up": Camera(0, -tilt, 1.0, 1.0, 0.0),
        "tilt down": Camera(0, tilt, 1.0, 1.0, 0.0),
        "push in": Camera(0, 0, 1.0, far, 0.0),
        "pull out": Camera(0, 0, far, 1.0, 0.0),
        "handheld": Camera(0, 0, 1.0, 1.0, shake),
    }[plan.camera]
