"""What backgrounds are made of: skies, clouds, ridges, water, trees and houses far away."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from providers.sandbox.picture.colours import RGB, darker, lit, mix
from providers.sandbox.picture.mood import Mood

Floats = NDArray[np.float32]


class Land:
    """A wide picture being painted: `h` and `w` are its size, `base` is the row of the frame's top."""

    def __init__(self, width: int, height: int, base: int, random: np.random.Generator, mood: Mood) -> None:
        self.w, self.h, self.base = width, height, base
        self.frame = height - base
        self.random = random
        self.mood = mood
        self.rgb: Floats = np.zeros((height, width, 3), np.float32)
        self.rows: Floats = np.arange(height, dtype=np.float32)[:, None]
        self.columns: Floats = np.arange(width, dtype=np.float32)

    def row(self, share: float) -> float:
        """The row that lies at a share of the frame's height."""
        return self.base + share * self.frame

    def gradient(self, top: float, bottom: float, upper: RGB, lower: RGB, bend: float = 1.0) -> None:
        first, last = max(0, int(top)), min(self.h, int(bottom) + 1)
        t = np.clip((self.rows[first:last] - top) / max(1.0, bottom - top), 0, 1) ** bend
        self.rgb[first:last] = (np.array(upper, np.float32) * (1 - t) + np.array(lower, np.float32) * t)[
            :, None, :
        ]

    def blend(self, first: int, cover: Floats, colour: RGB | Floats) -> None:
        """Lay a colour over the rows from `first` on, as strongly as `cover` says."""
        band = self.rgb[first : first + cover.shape[0]]
        band += (np.asarray(colour, np.float32) - band) * cover[..., None]

    def noise(self, height: int, cells_x: float, cells_y: float, octaves: int = 4) -> Floats:
        """Smooth noise about 0.5, from 0 to 1."""
        total: Floats = np.zeros((height, self.w), np.float32)
        weight, whole = 1.0, 0.0
        for _ in range(octaves):
            gx, gy = max(2, int(cells_x)), max(2, int(cells_y))
            grid = self.random.random((gy + 1, gx + 1), dtype=np.float32)
            total += np.float32(weight) * _spread(_spread(grid, self.w, 1), height, 0)
            whole, weight = whole + weight, weight * 0.5
            cells_x, cells_y = min(cells_x * 2, self.w / 3), min(cells_y * 2, height / 3)
        return total / np.float32(whole)

    def profile(self, cells: float, octaves: int = 4) -> Floats:
        """A wandering line, one value per column, 0 to 1."""
        return np.asarray(self.noise(2, cells, 2, octaves)[0], np.float32)

    def sky(self, horizon: float) -> None:
        mood = self.mood
        self.gradient(0, horizon, mood.sky_top, mood.sky_low, 1.15)
        self.rgb[int(horizon) :] = np.array(mood.sky_low, np.float32)
        if mood.stars > 0:
            self.starfield(horizon, mood.stars)
        if mood.sun_size:
            x, y = mood.sun_at
            self.disc(
                x * self.w,
                self.base * 0.5 + y * (horizon - self.base * 0.5),
                mood.sun_size * self.frame,
                mood.sun,
            )

    def starfield(self, horizon: float, share: float) -> None:
        count = int(240 * share)
        xs, ys = (
            self.random.integers(2, self.w - 2, count),
            self.random.integers(2, max(3, int(horizon * 0.85)), count),
        )
        power = (self.random.random(count, dtype=np.float32) ** 3 * 0.8 + 0.12) * np.float32(share)
        for dx, dy, part in ((0, 0, 1.0), (1, 0, 0.35), (-1, 0, 0.35), (0, 1, 0.35), (0, -1, 0.35)):
            np.add.at(
                self.rgb, (np.clip(ys + dy, 0, self.h - 1), xs + dx), (power * np.float32(part))[:, None]
            )

    def disc(self, x: float, y: float, radius: float, colour: RGB) -> None:
        """A sun or moon with its glow."""
        far = np.hypot(self.columns[None, :] - x, self.rows - y)
        halo = np.clip(1 - far / (radius * 9), 0, 1) ** 2.2 * 0.55
        self.blend(0, np.asarray(halo, np.float32), colour)
        self.blend(0, np.asarray(np.clip(radius - far + 0.5, 0, 1), np.float32), mix(colour, (1, 1, 1), 0.4))

    def clouds(self, top: float, bottom: float, amount: float, cells: float = 5) -> None:
        """Soft heaps, brighter above than below."""
        first, last = max(0, int(top)), min(self.h, int(bottom))
        height = last - first
        field = self.noise(height, cells, cells * 0.9, 5)
        fade = np.clip(np.sin(np.linspace(0, np.pi, height, dtype=np.float32)), 0, 1)[:, None] ** 0.7
        cover = np.clip((field - (0.62 - 0.22 * amount)) * 5.0, 0, 1) * fade
        below = np.clip(cover - np.roll(cover, -max(2, height // 26), 0) + 0.55, 0, 1)[..., None]
        bright = np.array(mix(self.mood.sky_low, lit((1.0, 1.0, 1.0), self.mood.ambient), 0.62), np.float32)
        dim = np.array(mix(self.mood.sky_top, self.mood.haze, 0.65), np.float32)
        self.blend(first, np.asarray(cover * 0.85, np.float32), dim + (bright - dim) * below)

    def ridge(
        self,
        line: NDArray[np.floating[Any]],
        colour: RGB,
        distance: float,
        foot: float = 0.18,
        grain: float = 0.05,
    ) -> None:
        """Everything below a line of rows. `distance`, 0 to 1, fades it into the haze, most at its foot."""
        mood = self.mood
        first = max(0, int(line.min()) - 1)
        rows = self.rows[first:]
        cover = np.clip(rows - line[None, :] + 0.5, 0, 1)
        surface = np.array(
            mix(lit(colour, mood.ambient), mood.haze, distance * mood.haziness * 1.2), np.float32
        )
        deep = np.array(
            mix(lit(darker(colour, 0.25), mood.ambient), mood.haze, distance * mood.haziness + foot * 0.6),
            np.float32,
        )
        t = np.clip((rows - line[None, :]) / (foot * self.frame + 1), 0, 1)[..., None]
        paint = surface + (deep - surface) * t
        if grain:
            paint = paint * (1 + grain * 2 * (self.noise(rows.shape[0], 36, 18, 3) - 0.5))[..., None]
        self.blend(first, np.asarray(cover, np.float32), np.asarray(paint, np.float32))

    def boxes(
        self, horizon: float, tallest: float, colour: RGB, distance: float, wide: tuple[int, int]
    ) -> None:
        """A row of buildings with lit windows."""
        x, mood = -int(self.random.integers(0, 40)), self.mood
        unit = self.frame / 720
        tone = mix(lit(colour, mood.ambient), mood.haze, distance * mood.haziness)
        while x < self.w:
            width = int(self.random.integers(*wide) * unit)
            top = int(horizon - tallest * self.frame * (0.35 + 0.65 * float(self.random.random()) ** 1.5))
            shade = mix(tone, darker(tone, 0.3), float(self.random.random()))
            left, right, low = max(0, x), min(self.w, x + width), int(horizon) + 1
            if right > left:
                fall = np.linspace(0, 1, max(1, low - top), dtype=np.float32)[:, None, None]
                mixed = (
                    np.array(shade, np.float32) * (1 - 0.45 * fall)
                    + np.array(mood.haze, np.float32) * 0.45 * fall
                )
                self.rgb[top:low, left:right] = mixed
                self.rgb[top:low, right - max(1, (right - left) // 4) : right] *= 0.88
                self._windows(left, right, top, low, distance, unit)
            x += width + int(self.random.integers(-6, 10) * unit)

    def _windows(self, left: int, right: int, top: int, low: int, distance: float, unit: float) -> None:
        step_x, step_y = max(6, int(17 * unit)), max(8, int(22 * unit))
        glass = np.array(mix(self.mood.sky_low, (0.25, 0.3, 0.38), 0.5), np.float32)
        lamp = np.array((1.0, 0.82, 0.48), np.float32)
        for y in range(top + step_y, low - step_y, step_y):
            for x in range(left + step_x // 2, right - step_x, step_x):
                lit_up = float(self.random.random()) < 0.12 + 0.34 * self.mood.lamps
                share = (0.85 - 0.4 * distance) if lit_up and self.mood.lamps else 0.30 - 0.2 * distance
                pane = self.rgb[y : y + step_y // 2, x : x + step_x // 2]
                pane += ((lamp if lit_up and self.mood.lamps else glass) - pane) * np.float32(share)

    def grain(self, strength: float) -> None:
        """A little texture that is fixed to the scene: it also keeps soft gradients free of bands."""
        speck = self.random.standard_normal((self.h, self.w), dtype=np.float32)
        self.rgb += (speck * np.float32(strength))[..., None]


def _spread(grid: Floats, size: int, axis: int) -> Floats:
    """A coarse grid carried to `size` points along one axis, with smooth steps between its own.

    Written out rather than as a product of matrices: those round differently when their library splits them
    over threads, and the same scene must give the same bytes.
    """
    place = np.linspace(0, grid.shape[axis] - 1, size, endpoint=False, dtype=np.float64)
    left = place.astype(np.int64)
    t = place - left
    t = (t * t * (3 - 2 * t)).astype(np.float32)
    share = t[None, :] if axis else t[:, None]
    before, after = np.take(grid, left, axis), np.take(grid, left + 1, axis)
    return np.asarray(before + (after - before) * share, np.float32)
