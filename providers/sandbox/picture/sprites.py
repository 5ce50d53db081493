"""Pictures of things as planes of video, ready to be laid over a frame at any fraction of a pixel."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from providers.sandbox.picture import creatures, things, things_more
from providers.sandbox.picture.colours import NAMED, RGB
from providers.sandbox.picture.draw import Floats, Pad

Plane = NDArray[np.uint8]
Drawing = Callable[[Pad, RGB], None]

DRAWINGS: dict[str, Drawing] = {
    **{
        f.__name__: f
        for f in (things.boat, things.car, things.bird, things.fish, things.rocket, things.balloon)
    },
    **{f.__name__: f for f in (things.kite, things.ball, things.cube, things.star, things.moon)},
    **{
        f.__name__: f for f in (things_more.tree, things_more.lighthouse, things_more.house, creatures.person)
    },
    **{f.__name__: f for f in (creatures.cat, creatures.fox, things_more.cup, things_more.flower)},
    **{
        f.__name__: f
        for f in (creatures.butterfly, things_more.lantern, things_more.umbrella, things_more.leaf)
    },
}
# BT.709, limited range, for colours from 0 to 1.
_LUMA = np.array([46.559, 156.629, 15.812], np.float32)
_BLUE = np.array([-25.664, -86.336, 112.0], np.float32)
_RED = np.array([112.0, -101.730, -10.270], np.float32)
_ANGLE_STEP = math.radians(1.5)


def planes_of(rgba: Floats) -> Floats:
    """Premultiplied Y, U, V on the scale of 8-bit video, and opacity, from premultiplied RGBA."""
    rgb, alpha = np.minimum(rgba[..., :3], rgba[..., 3:]), rgba[..., 3]
    found = [
        _weighed(rgb, weights) + zero * alpha for weights, zero in ((_LUMA, 16), (_BLUE, 128), (_RED, 128))
    ]
    return np.ascontiguousarray(np.stack([*found, alpha]), np.float32)


def _weighed(rgb: Floats, weights: Floats) -> Floats:
    return np.asarray(
        rgb[..., 0] * weights[0] + rgb[..., 1] * weights[1] + rgb[..., 2] * weights[2], np.float32
    )


@dataclass
class Sprite:
    """One thing in one size. Poses are made when first asked for."""

    planes: Floats
    _poses: dict[tuple[int, int, int, bool, bool], Floats] = field(default_factory=dict)

    @classmethod
    def draw(cls, name: str, colour: str, side: int, light: RGB) -> Sprite:
        """`side` is the length of the square in pixels; `light` is the ambient colour it stands in."""
        pad = Pad(max(16, side // 2 * 2))
        DRAWINGS[name](pad, NAMED[colour])
        # Things keep more of their own colour than the land does, as if a lamp followed them.
        tint = 0.45 + 0.55 * np.array(light, np.float32)
        pad.rgba[..., :3] *= np.minimum(tint, 1.05)
        return cls(planes_of(pad.rgba))

    def foot(self) -> float:
        """How far the lowest solid row lies below the middle, as a share of the side."""
        rows = np.flatnonzero((self.planes[3] > 0.4).any(axis=1))
        return float((rows[-1] + 1) / self.planes.shape[1] - 0.5) if rows.size else 0.5

    def pose(
        self, angle: float, wide: float, tall: float, *, left: bool = False, mirrored: bool = False
    ) -> Floats:
        """The planes turned by `angle` (radians), stretched, facing left or upside down."""
        key = (round(angle / _ANGLE_STEP), round(wide * 50), round(tall * 50), left, mirrored)
        if key not in self._poses:
            planes = self.planes[:, :, ::-1] if left else self.planes
            planes = planes[:, ::-1] if mirrored else planes
            if key[:3] != (0, 50, 50):
                planes = _turned(planes, key[0] * _ANGLE_STEP, key[1] / 50, key[2] / 50)
            if len(self._poses) > 300:
                self._poses.clear()
            self._poses[key] = np.ascontiguousarray(planes)
        return self._poses[key]


def _turned(planes: Floats, angle: float, wide: float, tall: float) -> Floats:
    """Bilinear resampling about the middle, into a square that holds the result."""
    side = planes.shape[1]
    reach = max(wide, tall) * (abs(math.cos(angle)) + abs(math.sin(angle)) if angle else 1.0)
    out = max(2, math.ceil(side * min(reach, 1.5)) // 2 * 2 + 2)
    axis = np.arange(out, dtype=np.float32) - (out - 1) / 2
    x, y = axis[None, :], axis[:, None]
    cos, sin = math.cos(angle), math.sin(angle)
    u = (x * cos + y * sin) / wide + (side - 1) / 2
    v = (y * cos - x * sin) / tall + (side - 1) / 2
    inside = (u >= 0) & (u < side - 1) & (v >= 0) & (v < side - 1)
    u, v = np.clip(u, 0, side - 1.001), np.clip(v, 0, side - 1.001)
    left, top = u.astype(np.int32), v.astype(np.int32)
    fu, fv = (u - left).astype(np.float32), (v - top).astype(np.float32)
    flat, at = planes.reshape(4, -1), top * side + left
    upper = flat[:, at] * (1 - fu) + flat[:, at + 1] * fu
    lower = flat[:, at + side] * (1 - fu) + flat[:, at + side + 1] * fu
    return np.asarray((upper * (1 - fv) + lower * fv) * inside, np.float32)


def shadow(width: int, height: int, strength: float) -> Floats:
    """A soft dark ellipse."""
    x = np.linspace(-1, 1, max(4, width), dtype=np.float32)[None, :]
    y = np.linspace(-1, 1, max(4, height), dtype=np.float32)[:, None]
    alpha = np.clip(1 - np.hypot(x, y), 0, 1) ** 1.2 * np.float32(strength)
    return np.stack([alpha * 18, alpha * 128, alpha * 128, alpha]).astype(np.float32)


def blit(frame: tuple[Plane, Plane, Plane], planes: Floats, x: float, y: float) -> None:
    """Lay planes over a 4:2:0 frame with their upper left corner at (x, y), fractions included."""
    luma = frame[0]
    height, width = planes.shape[1:]
    # The corner starts on an even pixel, so that luma and chroma share one grid.
    x0, y0 = math.floor(x / 2) * 2, math.floor(y / 2) * 2
    first_x, first_y = max(0, x0), max(0, y0)
    last_x, last_y = (
        min(luma.shape[1], x0 + (width + 4) // 2 * 2),
        min(luma.shape[0], y0 + (height + 4) // 2 * 2),
    )
    if last_x <= first_x or last_y <= first_y:
        return
    placed = _placed(planes, x - x0, y - y0)[:, first_y - y0 : last_y - y0, first_x - x0 : last_x - x0]
    part = luma[first_y:last_y, first_x:last_x]
    part[...] = np.clip(part * (1 - placed[3]) + placed[0] + 0.5, 16, 235).astype(np.uint8)
    small = placed[1:, ::2, ::2] + placed[1:, 1::2, ::2] + placed[1:, ::2, 1::2] + placed[1:, 1::2, 1::2]
    small *= 0.25
    for index in (1, 2):
        half = frame[index][first_y // 2 : last_y // 2, first_x // 2 : last_x // 2]
        half[...] = np.clip(half * (1 - small[2]) + small[index - 1] + 0.5, 16, 240).astype(np.uint8)


def _placed(planes: Floats, x: float, y: float) -> Floats:
    """The planes moved right and down by 0 to 2 pixels, with even sides."""
    height, width = planes.shape[1:]
    column, row = int(x), int(y)
    fx, fy = np.float32(x - column), np.float32(y - row)
    out: Floats = np.zeros((4, (height + 4) // 2 * 2, (width + 4) // 2 * 2), np.float32)
    for down, share_y in ((0, 1 - fy), (1, fy)):
        for across, share_x in ((0, 1 - fx), (1, fx)):
            if share := share_x * share_y:
                room = out[:, row + down : row + down + height, column + across : column + across + width]
                room += planes[:, : room.shape[1], : room.shape[2]] * share
    return out
