"""The frames of a clip, one after the other: background, water, things with their shadows, weather, lens."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from providers.sandbox.picture.moves import Pose, camera_of, pose
from providers.sandbox.picture.plan import ScenePlan, Thing
from providers.sandbox.picture.sprites import Plane, Sprite, blit, shadow
from providers.sandbox.picture.stage import Picture, Stage, View
from providers.sandbox.picture.weather import Falling, Glitter

AIRBORNE = frozenset(
    ["bird", "balloon", "kite", "moon", "star", "rocket", "lantern", "butterfly", "leaf", "fish"]
)
# Clips larger than this are drawn smaller and enlarged: nobody reviews a sandbox at 4K for its detail.
MOST_PIXELS = 1280 * 720 * 1.1


def drawing_size(width: int, height: int) -> tuple[int, int]:
    """The even size at which a clip of the given size is drawn."""
    share = min(1.0, (MOST_PIXELS / (width * height)) ** 0.5)
    return max(32, round(width * share / 2) * 2), max(32, round(height * share / 2) * 2)


class Composer:
    """Draws any frame of a plan. `frame` is given the times of the camera and of the things apart, because
    some faults stop only one of them."""

    def __init__(self, plan: ScenePlan, picture: Picture | None = None) -> None:
        self.plan = plan
        self.width, self.height = drawing_size(plan.width, plan.height)
        self.camera = camera_of(plan, self.width, self.height)
        self.stage = Stage(plan, self.width, self.height, self.camera, picture)
        random = np.random.default_rng(plan.seed ^ 0xF411)
        self.short = min(self.width, self.height)
        self.things = () if picture else plan.things
        self.sprites = [self._sprite(thing) for thing in self.things]
        self.feet = [sprite.foot() for sprite in self.sprites]
        kinds = [plan.weather] if plan.weather in {"rain", "snow"} else []
        self.falling = [Falling(self.width, self.height, kind, random) for kind in (*kinds, "motes")]
        water = self.stage.ground.water
        self.glitter = Glitter.make(self.width, int((1 - water) * self.height), random) if water < 1 else None
        # A given picture is shown as it is; it has its own light at the edges.
        self.vignette = None if picture else _vignette(self.width, self.height)

    def _sprite(self, thing: Thing) -> Sprite:
        return Sprite.draw(thing.name, thing.colour, int(thing.scale * self.short), self.stage.light)

    def frame(self, number: int, moment_s: float, shift: float = 0.0) -> tuple[View, float]:
        """The planes of a frame and the share of them that the lens shows."""
        x, y, zoom = self.camera.at(number, self.plan.frames)
        view = self.stage.see(x, y)
        if self.glitter is not None:
            self.glitter.play(view[0][int(self.stage.ground.water * self.height) :], number)
        follow = (
            0.0
            if not self.camera.pan
            else (x - self.camera.room(self.plan.frames)[0] / 2) / self.width * 0.35
        )
        lift = (y - self.camera.room(self.plan.frames)[1] / 2) / self.height if self.camera.tilt else 0.0
        order = sorted(range(len(self.things)), key=lambda index: (self.things[index].scale > 0.5, -index))
        for index in order:
            self._draw(view, index, moment_s, shift - follow, -lift)
        for falling in self.falling:
            falling.fall(view[0], number)
        if self.vignette is not None:
            view[0][...] -= np.minimum(self.vignette, (view[0] - np.minimum(view[0], 16)) >> 2)
        return view, zoom

    def _draw(self, view: View, index: int, moment_s: float, dx: float, dy: float) -> None:
        thing, sprite = self.things[index], self.sprites[index]
        for number in range(thing.count):
            at = pose(thing, number, moment_s, self.plan.duration_s)
            size = thing.scale * self.short
            x, y = (at.x + dx) * self.width, (self._standing(thing, at) + dy) * self.height
            left = thing.motion == "left"
            if thing.name not in AIRBORNE:
                self._under(view, sprite, at, (x, y), size, left=left)
            planes = sprite.pose(at.angle, at.wide, at.tall, left=left)
            blit(view, planes, x - planes.shape[2] / 2, y - planes.shape[1] / 2)

    def _standing(self, thing: Thing, at: Pose) -> float:
        """The height of the middle: what does not fly is set down on the ground, however large it is."""
        horizon = self.stage.ground.horizon
        if thing.name in AIRBORNE or horizon >= 1 or thing.motion in {"rises", "falls"}:
            return at.y
        half = self.feet[self.things.index(thing)] * thing.scale * self.short / self.height
        foot = at.y + half + at.lift
        lowest = horizon + (0.10 if thing.name != "boat" else 0.12)
        return at.y + max(0.0, lowest - foot) - max(0.0, foot - 0.97)

    def _under(
        self, view: View, sprite: Sprite, at: Pose, middle: tuple[float, float], size: float, *, left: bool
    ) -> None:
        """A shadow on land, a mirror image on water."""
        ground, (x, y) = self.stage.ground, middle
        foot = y + size * sprite.foot() * at.tall + at.lift * self.height
        if ground.water < 1:
            planes = sprite.pose(-at.angle, at.wide, 0.7, left=left, mirrored=True)
            fade = np.linspace(0.42, 0.0, planes.shape[1], dtype=np.float32)[None, :, None]
            blit(view, planes * fade, x - planes.shape[2] / 2, foot - size * 0.26)
        elif ground.shadows and ground.horizon < 1:
            share = max(0.5, 1 - 1.5 * at.lift)
            dark = shadow(
                int(size * 1.05 * at.wide * share), int(size * 0.20 * share), ground.shadows * share * 1.5
            )
            blit(view, dark, x - dark.shape[2] / 2 + size * 0.05, foot - dark.shape[1] / 2)


def _vignette(width: int, height: int) -> Plane:
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return np.asarray(np.clip((np.hypot(x, y * 0.9) - 0.62) * 34, 0, 30), np.uint8)


def times(plan: ScenePlan) -> Iterator[tuple[int, float, float]]:
    """For each frame: which moment the camera is at, which the things are at, and how far they are thrown."""
    stopped = {fault.kind: fault for fault in plan.faults}
    freeze, stop, jump = stopped.get("freeze"), stopped.get("stop"), stopped.get("jump")
    for frame in range(plan.frames):
        seconds = frame / plan.fps
        if freeze and freeze.start_s <= seconds < freeze.end_s:
            seconds = freeze.start_s
        number = min(frame, round(seconds * plan.fps))
        moment = seconds
        if stop and seconds >= stop.start_s:
            moment = stop.start_s + max(0.0, seconds - stop.end_s)
        thrown = 0.0
        if jump and seconds >= jump.start_s:
            thrown = 0.24 if plan.things[0].x < 0.5 else -0.24
        yield number, moment, thrown
