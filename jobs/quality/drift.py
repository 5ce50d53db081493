"""Brightness or hue that creeps away over a clip.

Pictures a second apart are laid over each other along the camera's motion, and each place is compared with
itself: what comes into view changes nothing, and a thing that moves changes a few places only.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Event, Severity
from jobs.quality.samples import SMALL_HEIGHT, SMALL_WIDTH
from jobs.quality.scene import Floats, Scene

_STEP_S, _END_S = 1.0, 1.0
_LIGHT, _HUE, _ONE_WAY = 0.30, 0.08, 0.7
_DARK, _PALE, _LEAST_PLACES = 24, 240, 60
# In a picture that fades, rounding alone shifts the weakest colour a little.
_OF_LIGHT = 0.35


def watch(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """The drifts of a clip without sudden changes. Light may grow on purpose; a hue hardly ever does."""
    step = max(1, round(_STEP_S * scene.fps))
    frames = np.arange(0, len(scene.times), step)
    if moments or len(frames) < 4 or scene.bad[frames[1:-1]].any():
        return []
    changes = [_change(scene, int(first), int(last)) for first, last in pairwise(frames)]
    known = np.array([change for change in changes if change is not None])
    if len(known) < 3:
        return []
    light = known.mean(axis=1)
    hue = known - light[:, None]
    most = int(np.abs(hue.sum(axis=0)).argmax())
    # Fades at both ends are no drift.
    found = _event(scene, "light_drift", light[1:-1], _LIGHT, "info")
    least = max(_HUE, _OF_LIGHT * abs(float(light.sum())))
    return [*found, *_event(scene, "hue_drift", hue[:, most], least, "suspect")]


def _event(
    scene: Scene, kind: str, steps: NDArray[np.float64], least: float, severity: Severity
) -> list[Event]:
    total = float(steps.sum())
    if abs(total) < least or abs(total) < _ONE_WAY * float(np.abs(steps).sum()):
        return []
    start, end = scene.starts_s(0), scene.ends_s(len(scene.times))
    return [Event(kind=kind, severity=severity, start_s=start, end_s=end, value=total)]


def _change(scene: Scene, first: int, last: int) -> Floats | None:
    """How far each colour has changed between two frames, as a logarithm; None when too little is in both."""
    down, right, inside = _came_from(scene, first, last)
    before = scene.samples.small[first][down, right].astype(np.float32)
    after = scene.samples.small[last].astype(np.float32)
    seen = inside & (before.min(axis=2) > _DARK) & (after.min(axis=2) > _DARK)
    seen &= (before.max(axis=2) < _PALE) & (after.max(axis=2) < _PALE)
    if seen.sum() < _LEAST_PLACES:
        return None
    return np.asarray(np.median(np.log(after[seen] / before[seen]), axis=0), np.float32)


def _came_from(
    scene: Scene, first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Where each place of a small picture was in an earlier one, and whether it was in view."""
    flow = scene.flow
    between = (flow.frames > first) & (flow.frames <= last)
    across, along, growth, turn = (float(value) for value in np.nansum(flow.camera[between], axis=0))
    rows, columns = np.mgrid[0:SMALL_HEIGHT, 0:SMALL_WIDTH].astype(np.float64)
    x = (columns + 0.5) * flow.width / SMALL_WIDTH - flow.width / 2
    y = (rows + 0.5) * flow.height / SMALL_HEIGHT - flow.height / 2
    right = (x + across + growth * x - turn * y + flow.width / 2) * SMALL_WIDTH / flow.width
    down = (y + along + growth * y + turn * x + flow.height / 2) * SMALL_HEIGHT / flow.height
    inside = (right >= 0) & (right < SMALL_WIDTH) & (down >= 0) & (down < SMALL_HEIGHT)
    return (
        np.clip(down, 0, SMALL_HEIGHT - 1).astype(np.int64),
        np.clip(right, 0, SMALL_WIDTH - 1).astype(np.int64),
        inside,
    )
