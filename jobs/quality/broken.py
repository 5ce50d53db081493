"""Places that stay unlike what the motion foretells for some frames in a row."""

from __future__ import annotations

from typing import Final

import numpy as np

from jobs.quality.report import Event
from jobs.quality.scene import Floats, Scene
from jobs.quality.series import runs

_HOT: Final = 7.0
_LEVELS, _SPREAD = 13.0, 0.4
_LEAST_FRAMES: Final = 3


def watch(scene: Scene, worst: Floats) -> list[Event]:
    """Stretches in which the worst blocks (`worst`, levels, one per new picture) stay hot: over much of the
    picture they are broken data, in one place a shape that the motion does not explain.
    """
    base = float(np.nanpercentile(worst, 30))
    heat = np.nan_to_num(worst)
    hot, warm = heat > max(_LEVELS, 4 * base + 6), heat > max(_LEVELS, 2.5 * base + 4)
    found = []
    for start, end in runs(warm):
        if end - start < _LEAST_FRAMES or not hot[start:end].any():
            continue
        wide = float(np.median([_spread(scene, row) for row in range(start, end)])) > _SPREAD
        found.append(
            Event(
                kind="corruption" if wide else "breaks_up",
                severity="suspect" if wide else "info",
                start_s=float(scene.moving[start]),
                end_s=float(scene.moving[end - 1]),
                value=float(np.nanmax(worst[start:end])),
                place=None if wide else scene.flow.hottest(start),
            )
        )
    return found


def _spread(scene: Scene, row: int) -> float:
    """The share of the picture that the box around all hot blocks takes."""
    down, right = np.nonzero(scene.flow.maps[row] > _HOT)
    if not len(down):
        return 0.0
    rows, columns = scene.flow.maps.shape[1:]
    return float((np.ptp(down) + 1) / rows * (np.ptp(right) + 1) / columns)
