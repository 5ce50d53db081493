"""Drawing by signed distances: smooth edges without supersampling, soft shading almost for free.

Coordinates run from -1 to 1, to the right and downwards. Distances are in the same unit; below 0 is inside.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from providers.sandbox.picture.colours import RGB, darker, lighter

Floats = NDArray[np.float32]
Point = tuple[float, float]


class Pad:
    """A square picture of premultiplied colour and opacity, painted from back to front."""

    def __init__(self, side: int) -> None:
        axis = (np.arange(side, dtype=np.float32) + 0.5) * (2 / side) - 1
        self.side = side
        self.x: Floats = np.broadcast_to(axis[None, :], (side, side))
        self.y: Floats = np.broadcast_to(axis[:, None], (side, side))
        self.rgba: Floats = np.zeros((side, side, 4), np.float32)
        self.pixel = 2 / side

    def paint(
        self,
        distance: Floats,
        colour: RGB,
        *,
        low: RGB | None = None,
        rim: float = 0.22,
        light: float = 0.28,
        alpha: float = 1.0,
        soft: float = 0.0,
    ) -> None:
        """Fill a shape: brighter towards the upper left, darker at its rim, `low` at its foot."""
        edge = max(self.pixel, soft)
        rows, columns = _extent(distance < edge)
        d, x, y = distance[rows, columns], self.x[rows, columns], self.y[rows, columns]
        if d.size == 0:
            return
        cover = np.clip(0.5 - d / edge, 0, 1) * np.float32(alpha)
        inside = d < 0
        deep = float(-d.min()) or self.pixel
        top, bottom = float(y[inside].min(initial=1)), float(y[inside].max(initial=-1))
        fall = np.clip((y - top) / max(bottom - top, 1e-3), 0, 1)[..., None]
        upper = np.array(lighter(colour, light * 0.55), np.float32)
        lower = np.array(low or darker(colour, light), np.float32)
        paint = upper + (lower - upper) * fall
        # A rim that falls off with depth makes a flat shape look like a body.
        body = np.clip(-d / (deep * 0.75 + 1e-6), 0, 1)
        tilt = np.clip(0.5 - (x + y) * 0.35, 0, 1)
        paint = paint * (1 - 0.8 * rim + rim * (0.55 * body + 0.45 * tilt))[..., None]
        self._over(rows, columns, paint, cover)

    def glow(self, x: float, y: float, radius: float, colour: RGB, alpha: float) -> None:
        """A soft light with no edge."""
        reach = np.clip(1 - np.hypot(self.x - x, self.y - y) / radius, 0, 1) ** 2
        rows, columns = _extent(reach > 0.003)
        flat = np.broadcast_to(np.array(colour, np.float32), (*reach[rows, columns].shape, 3))
        self._over(rows, columns, flat, (reach[rows, columns] * alpha).astype(np.float32))

    def _over(self, rows: slice, columns: slice, paint: Floats, cover: Floats) -> None:
        under = self.rgba[rows, columns]
        under *= (1 - cover)[..., None]
        under[..., :3] += paint * cover[..., None]
        under[..., 3] += cover

    def ellipse(self, x: float, y: float, a: float, b: float, turn: float = 0.0) -> Floats:
        dx, dy = self._turned(x, y, turn)
        return np.asarray((np.hypot(dx / a, dy / b) - 1) * min(a, b), np.float32)

    def box(self, x: float, y: float, a: float, b: float, round_: float = 0.0, turn: float = 0.0) -> Floats:
        """Half sizes `a` and `b`, corners of radius `round_`."""
        dx, dy = self._turned(x, y, turn)
        qx, qy = np.abs(dx) - (a - round_), np.abs(dy) - (b - round_)
        outside = np.hypot(np.maximum(qx, 0), np.maximum(qy, 0))
        return np.asarray(outside + np.minimum(np.maximum(qx, qy), 0) - round_, np.float32)

    def line(self, start: Point, end: Point, width: float, to: float | None = None) -> Floats:
        """A stroke with round ends; `to` is its width at the end where it tapers."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        px, py = self.x - start[0], self.y - start[1]
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy + 1e-9), 0, 1)
        wide = width if to is None else width + (to - width) * along
        return np.asarray(np.hypot(px - along * dx, py - along * dy) - wide, np.float32)

    def polygon(self, points: Sequence[Point], round_: float = 0.0) -> Floats:
        """The distance to a closed polygon."""
        corners = np.array(points, np.float32)
        low, high = corners.min(axis=0) - 0.1 - round_, corners.max(axis=0) + 0.1 + round_
        rows = slice(*np.searchsorted(self.y[:, 0], (low[1], high[1])))
        columns = slice(*np.searchsorted(self.x[0], (low[0], high[0])))
        far: Floats = np.full(self.x.shape, 1.0, np.float32)
        far[rows, columns] = _polygon(self.x[rows, columns], self.y[rows, columns], corners) - round_
        return far

    def curve(self, points: Sequence[Point], round_: float = 0.0) -> Floats:
        """A closed smooth outline through the points."""
        return self.polygon(_smooth(points), round_)

    def _turned(self, x: float, y: float, turn: float) -> tuple[Floats, Floats]:
        dx, dy = self.x - x, self.y - y
        if not turn:
            return dx, dy
        cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
        return dx * cos + dy * sin, dy * cos - dx * sin


def _extent(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if rows.size == 0:
        return slice(0, 0), slice(0, 0)
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _polygon(x: Floats, y: Floats, corners: Floats) -> Floats:
    nearest: Floats = np.full(x.shape, 1e9, np.float32)
    inside = np.zeros(x.shape, np.bool_)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ex, ey, px, py = bx - ax, by - ay, x - ax, y - ay
        along = np.clip((px * ex + py * ey) / (ex * ex + ey * ey + 1e-12), 0, 1)
        np.minimum(nearest, (px - along * ex) ** 2 + (py - along * ey) ** 2, out=nearest)
        if ay != by:
            crossing = ((ay > y) != (by > y)) & (px < ex * (y - ay) / ey)
            inside ^= crossing
    return np.asarray(np.sqrt(nearest) * np.where(inside, -1, 1), np.float32)


def _smooth(points: Sequence[Point], steps: int = 5) -> list[Point]:
    """Catmull-Rom through the points."""
    p = np.array(points, np.float64)
    before, after, next_ = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    found: list[Point] = []
    for a, b, c, d in zip(before, p, after, next_, strict=True):
        for step in range(steps):
            t = step / steps
            q = 0.5 * (
                2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            )
            found.append((float(q[0]), float(q[1])))
    return found
