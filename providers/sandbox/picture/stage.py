"""The background of a clip as video planes, and the view of it that a camera sees."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from providers.sandbox.picture.backdrops import BACKDROPS
from providers.sandbox.picture.colours import RGB
from providers.sandbox.picture.draw import Floats
from providers.sandbox.picture.ground import Ground
from providers.sandbox.picture.land import Land
from providers.sandbox.picture.mood import mood_of
from providers.sandbox.picture.moves import Camera
from providers.sandbox.picture.plan import ScenePlan
from providers.sandbox.picture.sprites import Plane, planes_of

View = tuple[Plane, Plane, Plane]
# The rows at the foot of the frame pass by this much faster than the horizon.
NEAR = 0.9
# Given a size, the first frame of the clip as colours from 0 to 1.
Picture = Callable[[int, int], Floats]


class Stage:
    """The planes of the whole background; `see` cuts out what the frame shows."""

    def __init__(
        self, plan: ScenePlan, width: int, height: int, camera: Camera, picture: Picture | None
    ) -> None:
        self.width, self.height, self.frames = width, height, plan.frames
        across, down = camera.room(plan.frames)
        across = int(across * (1.0 if picture else 1 + NEAR))
        wide, tall = (width + across + 3) // 2 * 2, (height + down + 3) // 2 * 2
        if picture is None:
            rgb, self.ground, self.light = _painted(plan, wide, tall, tall - height)
        else:
            rgb, self.ground, self.light = picture(wide, tall), Ground(1.0, shadows=0.0), (1.0, 1.0, 1.0)
        self.planes = _to_planes(rgb)

    def see(self, x: int, y: int) -> View:
        """The planes of one frame, free to be drawn on. `x` and `y` are the camera's offsets."""
        y = min(y, self.planes[0].shape[0] - self.height) // 2 * 2
        views = []
        for index, plane in enumerate(self.planes):
            half = 1 if index == 0 else 2
            rows, columns = self.height // half, self.width // half
            view = np.empty((rows, columns), np.uint8)
            flat = rows if self.ground.horizon >= 1 else int(self.ground.horizon * rows)
            top = y // half
            start = min(x // half, plane.shape[1] - columns)
            view[:flat] = plane[top : top + flat, start : start + columns]
            self._near(view, plane, flat, top, x / half)
            views.append(view)
        return views[0], views[1], views[2]

    def _near(self, view: Plane, plane: Plane, first: int, top: int, x: float) -> None:
        """The ground: nearer rows pass by faster, as they do from a moving car."""
        rows, columns = view.shape
        if first >= rows or not x:
            view[first:] = plane[top + first : top + rows, int(x) : int(x) + columns]
            return
        shares = 1 + NEAR * (np.arange(rows - first) / (rows - first))
        starts = np.minimum((x * shares).astype(np.int64), plane.shape[1] - columns)
        for row, start in enumerate(starts.tolist(), first):
            view[row] = plane[top + row, start : start + columns]


def _painted(plan: ScenePlan, wide: int, tall: int, base: int) -> tuple[Floats, Ground, RGB]:
    mood = mood_of(plan.light, plan.weather, plan.backdrop_colour)
    land = Land(wide, tall, base, np.random.default_rng(plan.seed ^ 0xBAC4), mood)
    ground = BACKDROPS[plan.background](land)
    land.grain(0.007)
    return land.rgb, ground, mood.ambient


def _to_planes(rgb: Floats) -> View:
    """8-bit 4:2:0 planes of an opaque picture with even sides."""
    opaque = np.ones((*rgb.shape[:2], 4), np.float32)
    opaque[..., :3] = np.clip(rgb, 0, 1)
    luma, blue, red, _ = planes_of(opaque)
    small = [(p[::2, ::2] + p[1::2, ::2] + p[::2, 1::2] + p[1::2, 1::2]) / 4 for p in (blue, red)]
    first, second, third = (np.clip(plane + 0.5, 16, 240).astype(np.uint8) for plane in (luma, *small))
    return first, second, third
