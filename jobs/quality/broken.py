"""Places that stay unlike what the motion foretells for some frames in a row.

Motion too fast to be followed leaves such places as well, and so does lightning. Broken data begins from one
frame to the next, in a picture that was followed well until then, and leaves the light of the whole alone.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from jobs.quality.report import Event
from jobs.quality.scene import Floats, Scene
from jobs.quality.series import runs

_HOT: Final = 7.0
_LEVELS, _SPREAD = 13.0, 0.4
_LEAST_FRAMES: Final = 3
_AT_ONCE, _BEFORE, _RUSHING, _LIGHT, _REST_LEVELS = 2.5, 4, 0.03, 0.15, 3.0


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
        if wide and not _breaks(scene, heat, start, end):
            continue
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


def _breaks(scene: Scene, heat: Floats, start: int, end: int) -> bool:
    """Whether what is hot came at once, without a rush before it and without a change of light or a fade,
    which leave no part of the picture as it was. The first blocks that break may be few.
    """
    if start < 2 or (heat[start - 1 : start + 1] < _AT_ONCE * heat[start - 2 : start]).all():
        return False
    before = scene.flow.liveliest[max(1, start - _BEFORE) : start]
    if float(np.median(scene.flow.maps[start:end, 1:-1, 1:-1])) > _REST_LEVELS:
        return False
    rushes = float(np.nanmedian(before)) > _RUSHING * max(scene.flow.width, scene.flow.height)
    return not rushes and bool((np.abs(scene.flow.gain[start:end] - 1) < _LIGHT).all())


def _spread(scene: Scene, row: int) -> float:
    """The share of the picture that the box around all hot blocks takes."""
    down, right = np.nonzero(scene.flow.maps[row] > _HOT)
    if not len(down):
        return 0.0
    rows, columns = scene.flow.maps.shape[1:]
    return float((np.ptp(down) + 1) / rows * (np.ptp(right) + 1) / columns)
