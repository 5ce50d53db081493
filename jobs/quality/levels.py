"""What is known of every frame after the pass: its light, how it differs from the one before, and where the
picture is held.

Levels are 0 to 255 of the grey copy of 320 pixels.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Stretch = tuple[int, int]

BLOCK = 10
# The same frame again, as an encoder leaves it. The mean alone would pass over a small thing that moves.
REPEATED_MEAN, REPEATED_BLOCK = 0.12, 1.5
# A held picture: this little change in the mean and in the worst block of 10x10, after any number of frames.
_HELD_MEAN, _HELD_BLOCK = 0.45, 4.0
# A held picture stays as near to its first frame as an encoder leaves it; one that creeps grows away from it,
# in both halves of the run, by more than this in the worst block.
_CREEPS = 0.35


@dataclass(frozen=True, kw_only=True)
class Levels:
    """One row per frame: `luma` the mean, `spread` its standard deviation, `bright` the level that 99.8 % of
    the picture stays under, `change` the mean difference from the frame before and `worst` that of the block
    of 10x10 which changed most (0 for the first). `holds` are the stretches of at least three frames that
    show one picture (the end exclusive).
    """

    luma: NDArray[np.float32]
    spread: NDArray[np.float32]
    bright: NDArray[np.float32]
    change: NDArray[np.float32]
    worst: NDArray[np.float32]
    holds: tuple[Stretch, ...]


@dataclass
class LevelWatch:
    """Collects the levels frame by frame; holds two pictures."""

    _luma: list[float] = field(default_factory=list)
    _spread: list[float] = field(default_factory=list)
    _bright: list[float] = field(default_factory=list)
    _change: list[float] = field(default_factory=list)
    _worst: list[float] = field(default_factory=list)
    _holds: list[Stretch] = field(default_factory=list)
    _before: Grey | None = None
    _held: Grey | None = None
    _held_from: int = 0
    _away: list[float] = field(default_factory=list)

    def see(self, grey: Grey) -> bool:
        """Take one frame in; true when it is the frame before again."""
        mean, spread = (float(value[0][0]) for value in cv2.meanStdDev(grey))
        self._luma.append(mean)
        self._spread.append(spread)
        self._bright.append(float(np.percentile(grey[::3, ::3], 99.8)) if mean < 40 else 255.0)
        before, self._before = self._before, grey
        changed = (0.0, 0.0) if before is None else _change(before, grey)
        mean_change, worst = changed
        self._change.append(mean_change)
        self._worst.append(worst)
        # While something moves, the picture that might be held is the one before: known already.
        self._watch_hold(grey, changed if self._held is before else None)
        return len(self._luma) > 1 and mean_change < REPEATED_MEAN and worst < REPEATED_BLOCK

    def levels(self) -> Levels:
        """Everything seen."""
        holds = [*self._holds, *self._run_until(len(self._luma))]
        rows = (self._luma, self._spread, self._bright, self._change, self._worst)
        luma, spread, bright, change, worst = (np.array(row, np.float32) for row in rows)
        return Levels(luma=luma, spread=spread, bright=bright, change=change, worst=worst, holds=tuple(holds))

    def _watch_hold(self, grey: Grey, known: tuple[float, float] | None) -> None:
        # Against the first frame of the run: slow motion adds up and leaves it, a held picture never does.
        if self._held is not None:
            mean, worst = known or _change(self._held, grey)
            if mean <= _HELD_MEAN and worst <= _HELD_BLOCK:
                self._away.append(worst)
                return
        now = len(self._luma) - 1
        self._holds += self._run_until(now)
        self._held, self._held_from, self._away = grey, now, []

    def _run_until(self, end: int) -> list[Stretch]:
        if end - self._held_from < 3 or _creeps(self._away):
            return []
        return [(self._held_from, end)]


def _creeps(away: list[float]) -> bool:
    """Whether a run of small differences from its first frame keeps growing: slow motion, not a freeze."""
    third = len(away) // 3
    if third < 2:
        return False
    first, middle, last = (float(np.mean(part)) for part in (away[:third], away[third:-third], away[-third:]))
    return middle - first > _CREEPS and last - middle > _CREEPS


def _change(before: Grey, after: Grey) -> tuple[float, float]:
    """Mean difference of two pictures and that of the block of 10x10 with most, in levels."""
    change = np.asarray(cv2.absdiff(before, after), np.float32)
    return float(change.mean()), float(block_means(change).max())


def block_means(picture: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over blocks of 10x10 pixels; a rest at the right and lower edge is left out."""
    rows, columns = picture.shape[0] // BLOCK, picture.shape[1] // BLOCK
    cut = picture[: rows * BLOCK, : columns * BLOCK]
    return np.asarray(cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
