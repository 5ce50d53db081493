"""What falls or floats in front of the picture: rain, snow, motes of dust, the glitter of water."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]


class Falling:
    """A wrapping sheet of light marks that slides over the frame; `speed` is pixels a frame, across, down."""

    def __init__(self, width: int, height: int, kind: str, random: np.random.Generator) -> None:
        unit = height / 720
        self.width, self.height = width, height
        count, self.speed = {
            "rain": (420, (-3 * unit, 26 * unit)),
            "snow": (300, (0.8 * unit, 2.6 * unit)),
            "motes": (26, (0.5 * unit, -0.35 * unit)),
        }[kind]
        sheet = np.zeros((height, width), np.float32)
        for _ in range(count):
            x, y = int(random.integers(width)), int(random.integers(height))
            power = 0.35 + 0.65 * float(random.random())
            if kind == "rain":
                _streak(sheet, x, y, round(34 * unit * (0.5 + power)), 46 * power)
            else:
                radius = (1.3 + 2.4 * power) * unit if kind == "snow" else (1.5 + 2.5 * power) * unit
                _dot(sheet, x, y, radius, (150 if kind == "snow" else 30) * power)
        tiled = np.tile(np.clip(sheet, 0, 190).astype(np.uint8), (2, 2))
        self.sheet: Plane = np.ascontiguousarray(tiled)

    def fall(self, luma: Plane, frame: int) -> None:
        """Lighten the frame where the marks are."""
        x = int(-self.speed[0] * frame) % self.width
        y = int(-self.speed[1] * frame) % self.height
        marks = self.sheet[y : y + self.height, x : x + self.width]
        luma += np.minimum(marks, 235 - np.minimum(luma, 235))


def _streak(sheet: NDArray[np.float32], x: int, y: int, length: int, power: float) -> None:
    height, width = sheet.shape
    steps = np.arange(length)
    fade = np.linspace(0.1, 1.0, length, dtype=np.float32) * power
    rows, columns = (y + steps) % height, (x - steps // 9) % width
    np.add.at(sheet, (rows, columns), fade)
    np.add.at(sheet, (rows, (columns + 1) % width), fade * 0.4)


def _dot(sheet: NDArray[np.float32], x: int, y: int, radius: float, power: float) -> None:
    reach = max(2, round(radius * 1.6))
    offset = np.arange(-reach, reach + 1)
    far = np.hypot(offset[None, :], offset[:, None]) / max(radius, 0.8)
    shape = np.clip(1.3 - far, 0, 1) * power
    rows, columns = (y + offset) % sheet.shape[0], (x + offset) % sheet.shape[1]
    sheet[np.ix_(rows, columns)] += shape


class Glitter:
    """Moving light on water: two sheets that slide against each other."""

    def __init__(self, sheets: tuple[Plane, Plane]) -> None:
        self.sheets = sheets

    @classmethod
    def make(cls, width: int, height: int, random: np.random.Generator) -> Glitter:
        sheets = []
        rows = max(2, height)
        for _ in range(2):
            grid = random.random((rows // 3 + 2, width // 9 + 2), dtype=np.float32)
            stretched = np.repeat(np.repeat(grid, 3, 0), 9, 1)[:rows, :width]
            for shift in (1, 2, 4):
                stretched = np.asarray((stretched + np.roll(stretched, shift, 1)) / 2, np.float32)
            sheets.append(np.tile((stretched * 255).astype(np.uint8), (1, 2)))
        return cls((sheets[0], sheets[1]))

    def play(self, water: Plane, frame: int) -> None:
        """Add some light where both sheets are bright, new at every second frame as film often is."""
        width = water.shape[1]
        a, b = (sheet.shape[1] // 2 for sheet in self.sheets)
        one = self.sheets[0][: water.shape[0], frame // 2 % a : frame // 2 % a + width]
        other = self.sheets[1][: water.shape[0], -(frame // 2) * 3 % b : -(frame // 2) * 3 % b + width]
        both = np.minimum(one, other)
        water += np.minimum((both - np.minimum(both, 134)) // 3, 235 - np.minimum(water, 235))
