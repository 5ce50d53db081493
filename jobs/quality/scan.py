"""The measures, fed frame by frame with the small grey copy, so that memory does not grow with the clip.

Levels are 0 to 255 of the grey copy (320 pixels on the long side). The thresholds were fitted on planted
faults: a night scene is not black, and a camera that creeps by 0.02 % a frame is not frozen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

GREY_SIDE = 320
BLOCK = 10
FROZEN_MEAN, FROZEN_BLOCK = 0.45, 4.0
FROZEN_LEAST_S = 0.34
BLACK_MEAN, BLACK_BRIGHT, BLACK_SPREAD = 20.0, 30.0, 2.2
# Motion below this gradient (levels per pixel, after blurring) cannot be told from noise.
_TEXTURE = 4.0
Stretch = tuple[int, int]


@dataclass
class Scan:
    """What one pass over the frames has seen so far. Stretches are frame ranges, the end exclusive."""

    fps: float
    times: list[float] = field(default_factory=list)
    luma: list[float] = field(default_factory=list)
    black: list[bool] = field(default_factory=list)
    frozen: list[Stretch] = field(default_factory=list)
    motion: list[float] = field(default_factory=list)
    blocks: list[Floats] = field(default_factory=list)
    _held: Grey | None = None
    _held_from: int = 0
    _blurred: Floats | None = None

    def see(self, grey: Grey, at_s: float) -> None:
        """Take one frame in."""
        mean = float(grey.mean())
        self.times.append(at_s)
        self.luma.append(mean)
        self.black.append(_is_black(grey, mean))
        self.blocks.append(block_means(grey))
        self._watch_freeze(grey)
        self._watch_motion(grey)

    def finish(self) -> None:
        """Close a freeze that lasts until the last frame."""
        self._close_run(len(self.times))

    def _watch_freeze(self, grey: Grey) -> None:
        # Against the first frame of the run: slow motion adds up and leaves it, a freeze never does.
        if self._held is not None and same_picture(self._held, grey):
            return
        now = len(self.times) - 1
        self._close_run(now)
        self._held, self._held_from = grey, now

    def _close_run(self, end: int) -> None:
        if end - self._held_from >= max(3, int(FROZEN_LEAST_S * self.fps)):
            self.frozen.append((self._held_from, end))

    def _watch_motion(self, grey: Grey) -> None:
        blurred = _shrunk(grey, 4)
        if self._blurred is not None:
            self.motion.append(speed(self._blurred, blurred))
        self._blurred = blurred


def same_picture(held: Grey, grey: Grey) -> bool:
    """True while a frame shows what the held one shows: no change in the mean and none in the worst block."""
    change = np.abs(grey.astype(np.int16) - held)
    return bool(change.mean() <= FROZEN_MEAN and block_means(change).max() <= FROZEN_BLOCK)


def block_means(picture: NDArray[np.generic]) -> Floats:
    """Means over blocks of 10x10 pixels; a rest at the right and lower edge is left out."""
    return _shrunk(picture, BLOCK)


def _shrunk(picture: NDArray[np.generic], side: int) -> Floats:
    rows, columns = picture.shape[0] // side, picture.shape[1] // side
    cut = picture[: rows * side, : columns * side].reshape(rows, side, columns, side)
    means: Floats = cut.mean(axis=(1, 3), dtype=np.float32)
    return means


def _is_black(grey: Grey, mean: float) -> bool:
    # The costly percentile is taken of dark frames only. A night scene has bright points or texture.
    if mean >= BLACK_MEAN or grey.std() >= BLACK_SPREAD:
        return False
    return bool(np.percentile(grey, 99.8) < BLACK_BRIGHT)


def speed(before: Floats, after: Floats) -> float:
    """How fast the liveliest twentieth of the picture moves, in pictures' long sides per frame.

    Normal flow: the change over time divided by the change over space, summed over patches of 5x5 pixels of
    an 80-pixel copy. It needs no search and understates motion of more than about 3 % of the picture per
    frame, which is why it is used as a figure for "how lively" and never to track anything. A patch without
    texture counts as still.
    """
    middle = (before + after) / 2
    down, right = np.gradient(middle)
    slope = np.hypot(down, right)
    change = np.abs(after - before)
    moved = _shrunk(change * slope, 5) / (_shrunk(slope * slope, 5) + _TEXTURE)
    flat = np.sort(moved, axis=None)
    liveliest = flat[-max(1, flat.size // 20) :]
    return float(liveliest.mean() / max(before.shape))
