"""A clip as the measures look at it: which frames show a picture, which repeat one, and the motion between
those that show something new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.quality.flow import Flow
from jobs.quality.levels import REPEATED_BLOCK, REPEATED_MEAN, Stretch
from jobs.quality.samples import Samples

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]

# Fewer frames than this say nothing about motion or light.
LEAST_FRAMES = 12
TOO_SHORT = f"The clip has fewer than {LEAST_FRAMES} frames that show something new."
# Black is dark and without texture: a night scene has bright points or some spread.
_BLACK_LUMA, _BLACK_BRIGHT, _BLACK_SPREAD = 20.0, 30.0, 2.2
_BLANK_SPREAD, _BLANK_COLOUR_SPREAD, _BLANK_RANGE = 3.0, 4.0, 16
_DARK_LUMA = 22.0
# A frame this small a share of the usual change is a repeat, whatever noise the encoder added.
_REPEAT_SHARE, _CHANGING = 0.06, 0.2
_HELD_LEAST_S = 0.34


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`black`, `blank` and `repeated` have one row per frame; `flow` one per new picture, `step` frames after
    the one before. `held` are the stretches (the end exclusive) in which a picture stands still long enough
    to be noticed. `dark` when most of the clip is, so that small motion cannot be told from noise.
    """

    samples: Samples
    black: Mask
    blank: Mask
    repeated: Mask
    held: tuple[Stretch, ...]
    flow: Flow
    step: Floats
    dark: bool

    @property
    def bad(self) -> Mask:
        """The frames without a picture."""
        return self.black | self.blank

    @property
    def fps(self) -> float:
        return self.samples.fps

    @property
    def times(self) -> NDArray[np.float64]:
        return self.samples.times

    @property
    def moving(self) -> NDArray[np.float64]:
        """The seconds of the new pictures, one per row of `flow`."""
        return self.samples.times[self.flow.frames]

    @property
    def enough(self) -> bool:
        """Whether there are enough new pictures to speak of motion."""
        return int((~np.isnan(self.flow.residual)).sum()) >= LEAST_FRAMES

    @property
    def length_s(self) -> float:
        return self.ends_s(len(self.times)) - self.starts_s(0)

    def starts_s(self, frame: int) -> float:
        """The second at which a frame begins to be shown."""
        return float(self.times[frame])

    def ends_s(self, end: int) -> float:
        """The second at which the frame before `end` has been shown."""
        return float(self.times[end - 1] + 1 / self.fps)


def scene_of(samples: Samples) -> Scene:
    """Sort the frames of a clip."""
    levels = samples.levels
    colour_spread = samples.small.astype(np.float32).std(axis=(1, 2)).max(axis=1)
    black = (levels.luma < _BLACK_LUMA) & (levels.bright < _BLACK_BRIGHT) & (levels.spread < _BLACK_SPREAD)
    # A small thing before a plain ground hardly shows in any spread.
    empty = np.ptp(samples.quarters, axis=(1, 2)) < _BLANK_RANGE
    blank = ~black & empty & (levels.spread < _BLANK_SPREAD) & (colour_spread < _BLANK_COLOUR_SPREAD)
    bad = black | blank
    least = max(3, int(_HELD_LEAST_S * samples.fps))
    held = tuple((a, b) for a, b in levels.holds if b - a >= least and not bad[a:b].all())
    repeated = _repeated(samples, held)
    rows = ~repeated[samples.flow.frames]
    rows[0] = True
    flow = _some_rows(samples.flow, rows, bad)
    step = np.ones(len(flow.frames), np.float32)
    step[1:] = np.diff(flow.frames)
    seen = levels.luma[~bad]
    return Scene(
        samples=samples,
        black=black,
        blank=blank,
        repeated=repeated,
        held=held,
        flow=flow,
        step=step,
        dark=bool(seen.size == 0 or (seen < _DARK_LUMA).mean() > 0.5),
    )


def _repeated(samples: Samples, held: tuple[Stretch, ...]) -> Mask:
    """Frames that show the one before again, outside of stretches that stand still anyway."""
    change, worst = samples.levels.change, samples.levels.worst
    changing, lively = change[change > _CHANGING], worst[worst > REPEATED_BLOCK]
    mean_limit = max(REPEATED_MEAN, _REPEAT_SHARE * float(np.median(changing)) if changing.size else 0.0)
    worst_limit = max(REPEATED_BLOCK, _REPEAT_SHARE * float(np.median(lively)) if lively.size else 0.0)
    repeated: Mask = (change < mean_limit) & (worst < worst_limit)
    repeated[0] = False
    for start, end in held:
        repeated[start + 1 : end] = False
    return repeated


def _some_rows(flow: Flow, rows: Mask, bad: Mask) -> Flow:
    """The rows of new pictures; what is seen against a frame without a picture says nothing."""
    frames = flow.frames[rows]
    unsure = bad[frames].copy()
    unsure[1:] |= bad[frames[:-1]]
    names = ("residual", "liveliest", "camera", "rigid", "local", "gain")
    kept = {name: getattr(flow, name)[rows].copy() for name in names}
    for values in kept.values():
        values[unsure] = np.nan
    maps = flow.maps[rows].copy()
    maps[unsure] = 0
    return replace(flow, frames=frames, maps=maps, textured=flow.textured[rows], **kept)
