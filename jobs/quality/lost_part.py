"""A part of the picture that is one plain or smeared band for a while, as when a slice of the data is lost.

Its rows all look alike, from one side of the picture to the other. They come from one frame to the next while
the rest goes on as before, and go again: a sky that is plain all the time, and a cut to one, do neither.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Event
from jobs.quality.scene import Scene

_ALIKE, _LEAST_BAND, _MOST_S = 4, 0.2, 1.5
# The rest changes this much less than the band, and the picture that comes back is this much nearer.
_REST, _BACK = 0.3, 0.5


def watch(scene: Scene) -> list[Event]:
    """The stretches in which a band is lost, lying or standing."""
    found: list[Event] = []
    for axis in (1, 2):
        pictures = scene.samples.quarters.swapaxes(1, axis)
        bands = _bands(pictures)
        lengths = bands[:, 1] - bands[:, 0]
        least = max(2, round(_LEAST_BAND * pictures.shape[1]))
        for start in range(1, len(pictures) - 1):
            if scene.bad[start] or lengths[start] - lengths[start - 1] < least:
                continue
            if found and scene.starts_s(start) < found[-1].end_s:
                continue
            end = _comes_back(pictures, start, slice(*bands[start]), round(_MOST_S * scene.fps))
            if end is not None:
                middle = float(bands[start].mean() / pictures.shape[1])
                found.append(_event(scene, start, end, (0.5, middle) if axis == 1 else (middle, 0.5)))
    return found


def _event(scene: Scene, start: int, end: int, place: tuple[float, float]) -> Event:
    return Event(
        kind="part_lost",
        severity="suspect",
        start_s=scene.starts_s(start),
        end_s=scene.ends_s(end),
        value=(end - start) / scene.fps,
        place=place,
    )


def _bands(pictures: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The longest run of rows alike in each picture: its first row and the one after its last."""
    steps = np.abs(np.diff(pictures.astype(np.int16), axis=1)).max(axis=2) <= _ALIKE
    best = np.zeros((len(pictures), 2), np.int64)
    run = np.zeros(len(pictures), np.int64)
    for row in range(steps.shape[1]):
        run = np.where(steps[:, row], run + 1, 0)
        longer = run > best[:, 1] - best[:, 0] - 1
        longer &= run > 0
        best[longer] = np.stack((row + 1 - run[longer], np.full(int(longer.sum()), row + 2)), axis=1)
    return best


def _comes_back(pictures: NDArray[np.uint8], start: int, band: slice, most: int) -> int | None:
    """The frame in which the picture is whole again; None when the rest changed too, or it is never whole."""
    before, now = (pictures[frame].astype(np.int16) for frame in (start - 1, start))
    change = np.abs(now - before).mean(axis=1)
    rest = np.delete(change, band)
    if len(rest) and rest.mean() > _REST * change[band].mean():
        return None
    lost = float(change[band].mean())
    for frame in range(start + 1, min(len(pictures), start + most)):
        if np.abs(pictures[frame, band].astype(np.int16) - before[band]).mean() < _BACK * lost:
            return frame
    return None
