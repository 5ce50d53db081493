"""Brightness or hue that creeps away over a clip.

Pictures a second apart are laid over each other along the camera's motion, and each place is compared with
itself: what comes into view changes nothing, and a thing that moves changes a few places only. A hue creeps
in two ways: one colour grows at the cost of the others, or all colours turn round the circle by the same
angle, which leaves their means as they are.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Event, Severity
from jobs.quality.samples import SMALL_HEIGHT, SMALL_WIDTH
from jobs.quality.scene import Scene

_STEP_S, _END_S = 1.0, 1.0
_LIGHT, _HUE, _ONE_WAY = 0.30, 0.1, 0.7
_DARK, _PALE = 24, 240
# In a picture that fades, rounding alone shifts the weakest colour a little.
_OF_LIGHT = 0.35
_EVERYWHERE, _STEADY, _LEAST_SHARE = 0.8, 1.4, 0.25
# Degrees over the clip; how much the places agree on it (1 all), and the least colour that has a hue.
_TURN, _AGREE, _COLOURED = 12.0, 0.8, 8.0


def watch(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """The drifts of a clip without sudden changes. Light may grow on purpose; a hue hardly ever does."""
    step = max(1, round(_STEP_S * scene.fps))
    frames = np.arange(0, len(scene.times), step)
    if moments or len(frames) < 4 or scene.bad[frames[1:-1]].any():
        return []
    pairs = [(int(first), int(last)) for first, last in pairwise(frames)]
    turned = _hue_turns(scene, pairs)
    changes = [_change(scene, *pair) for pair in pairs]
    known = [change for change in changes if change is not None]
    if len(known) < 3:
        return turned
    light = np.array([change.light for change in known])
    hue = np.array([change.hue for change in known])
    most = int(np.abs(hue.sum(axis=0)).argmax())
    # Fades at both ends are no drift.
    found = _event(scene, "light_drift", light[1:-1], _LIGHT, "info")
    least = max(_HUE, _OF_LIGHT * abs(float(light.sum())))
    return [*found, *(turned or _event(scene, "hue_drift", hue[:, most], least, "suspect"))]


def _event(
    scene: Scene, kind: str, steps: NDArray[np.float64], least: float, severity: Severity
) -> list[Event]:
    total = float(steps.sum())
    if abs(total) < least or abs(total) < _ONE_WAY * float(np.abs(steps).sum()):
        return []
    # What creeps goes at one pace; lamps and flames that change come by the same sum in leaps.
    if float(np.abs(steps).max()) > _STEADY * abs(total) / len(steps):
        return []
    start, end = scene.starts_s(0), scene.ends_s(len(scene.times))
    return [Event(kind=kind, severity=severity, start_s=start, end_s=end, value=total)]


def _hue_turns(scene: Scene, pairs: Sequence[tuple[int, int]]) -> list[Event]:
    """All colours together, turned in each second by much the same angle."""
    turns = [turn for pair in pairs if (turn := _hue_turn(scene, *pair)) is not None]
    if len(turns) < max(3, len(pairs) // 2):
        return []
    return _event(scene, "hue_drift", np.array(turns), _TURN, "suspect")


def _hue_turn(scene: Scene, first: int, last: int) -> float | None:
    """By how many degrees the hues have turned between two frames; None where too little has a hue or the
    places do not agree.
    """
    down, right, inside = _came_from(scene, first, last)
    before = _colours(scene.samples.small[first][down, right])
    after = _colours(scene.samples.small[last])
    strength = np.minimum(np.abs(before), np.abs(after))
    seen = inside & (strength > _COLOURED)
    if seen.mean() < _LEAST_SHARE:
        return None
    turned = (np.conj(before) * after / np.maximum(np.abs(before) * np.abs(after), 1e-6))[seen]
    mean = complex(np.average(turned, weights=strength[seen]))
    return math.degrees(cmath.phase(mean)) if abs(mean) > _AGREE else None


def _colours(picture: NDArray[np.uint8]) -> NDArray[np.complex128]:
    """Each place's colour as a number: its hue is the angle, how strong it is the length."""
    red, green, blue = (picture[..., channel].astype(np.float64) for channel in range(3))
    return np.asarray(red - (green + blue) / 2 + 1j * math.sqrt(0.75) * (green - blue), np.complex128)


@dataclass(frozen=True)
class _Change:
    """How far the light has changed between two frames, and each colour beyond it, as logarithms."""

    light: float
    hue: NDArray[np.float64]


def _change(scene: Scene, first: int, last: int) -> _Change | None:
    """What has changed between two frames; None when too little is in both."""
    down, right, inside = _came_from(scene, first, last)
    before = scene.samples.small[first][down, right].astype(np.float64)
    after = scene.samples.small[last].astype(np.float64)
    seen = inside & (before.min(axis=2) > _DARK) & (after.min(axis=2) > _DARK)
    seen &= (before.max(axis=2) < _PALE) & (after.max(axis=2) < _PALE)
    # In the dark only flames and lamps are left, which change as they please.
    if seen.mean() < _LEAST_SHARE:
        return None
    ratios = np.log(after[seen] / before[seen])
    lights = ratios.mean(axis=1)
    hues = ratios - lights[:, None]
    hue = np.median(hues, axis=0)
    # A hue that drifts does so everywhere; a thing that grows shifts some places one way, some the other.
    hue[(hues * np.sign(hue) > 0).mean(axis=0) < _EVERYWHERE] = 0
    return _Change(float(np.median(lights)), hue)


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
