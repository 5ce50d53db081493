"""Colour or light that steps from one frame to the next in most of the picture, and stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from jobs.quality.report import Event
from jobs.quality.scene import Floats, Scene
from jobs.quality.series import likeness

_HUE, _HUE_LASTS, _HUE_AREA, _GOES_ON, _SAME_SHAPES = 0.045, 0.05, 0.5, 0.5, 0.8
# In logarithms: a seventh brighter or darker, hardly any change just before and after, nine tenths of it to
# last, and the same way in most of the picture.
_LIGHT, _CALM, _LIGHT_LASTS, _LIGHT_AREA = 0.13, 0.2, 0.9, 0.75
_AROUND: Final = 4
_AWAY_FROM_CUTS_S, _APART_S, _SAME_MOMENT_S = 0.2, 0.3, 0.1


def with_steps(scene: Scene, moments: Sequence[Event]) -> list[Event]:
    """The moments with the steps among them; a step takes the place of a jump or flash of its moment."""
    steps = _steps(scene, [event.start_s for event in moments if event.kind == "hard_cut"])
    kept = [
        event
        for event in moments
        if event.kind == "hard_cut"
        or all(abs(event.start_s - step.start_s) >= _SAME_MOMENT_S for step in steps)
    ]
    return [*kept, *steps]


def _steps(scene: Scene, cuts: Sequence[float]) -> list[Event]:
    small = scene.samples.small.astype(np.float32)
    means = small.mean(axis=(1, 2))
    hue = np.log((means + 8) / (means.mean(axis=1, keepdims=True) + 8))
    light = np.log(means.mean(axis=1) + 8)
    found: list[Event] = []
    for frame in range(_AROUND, len(small) - _AROUND):
        at_s = scene.starts_s(frame)
        busy = any(abs(second - at_s) < _AWAY_FROM_CUTS_S for second in cuts)
        if busy or scene.bad[frame - _AROUND : frame + _AROUND].any():
            continue
        if any(abs(step.start_s - at_s) < _APART_S for step in found):
            continue
        if _hue_steps(hue, frame) and _most_hues(small, frame):
            found.append(_step("colour_jump", at_s, float(np.abs(hue[frame] - hue[frame - 1]).max())))
        elif _light_steps(light, frame) and _most_lights(small, frame):
            found.append(_step("light_jump", at_s, float(light[frame] - light[frame - 1])))
    return found


def _step(kind: str, at_s: float, value: float) -> Event:
    return Event(kind=kind, severity="suspect", start_s=at_s, end_s=at_s, value=value)


def _hue_steps(hue: Floats, frame: int) -> bool:
    before, after = hue[frame - _AROUND : frame], hue[frame : frame + _AROUND]
    lasting = float(np.abs(after.mean(axis=0) - before.mean(axis=0)).max())
    now = float(np.abs(hue[frame] - hue[frame - 1]).max())
    earlier = float(np.abs(hue[frame - 1] - hue[frame - 2]).max())
    # A fade that begins goes on: a step is alone.
    later = float(np.abs(np.diff(after, axis=0)).max())
    return lasting > _HUE_LASTS and now > _HUE and now > 5 * earlier + 0.01 and later < _GOES_ON * now


def _most_hues(small: Floats, frame: int) -> bool:
    """Whether most of the picture has changed its hue: a thing that jumps shifts the mean as well."""
    after, before = (
        np.log((picture + 8) / (picture.mean(axis=2, keepdims=True) + 8))
        for picture in (small[frame], small[frame - 1])
    )
    changed = (np.abs(after - before).max(axis=2) > 0.03).mean() > _HUE_AREA
    # Where the shapes are others as well, it is the view that has changed.
    return bool(changed and likeness(small[frame].mean(axis=2), small[frame - 1].mean(axis=2)) > _SAME_SHAPES)


def _light_steps(light: Floats, frame: int) -> bool:
    """One step, alone in its moment: flicker, lightning and a fade change before or after it as well."""
    now = float(light[frame] - light[frame - 1])
    if abs(now) < _LIGHT:
        return False
    around = np.diff(light[frame - _AROUND : frame + _AROUND])
    others = np.delete(around, _AROUND - 1)
    lasting = float(light[frame : frame + _AROUND].mean() - light[frame - _AROUND : frame].mean())
    return bool(np.abs(others).max() < _CALM * abs(now)) and lasting / now > _LIGHT_LASTS


def _most_lights(small: Floats, frame: int) -> bool:
    """Whether most of the picture has stepped by much the same: a scene that changes does not."""
    after, before = small[frame].mean(axis=2), small[frame - 1].mean(axis=2)
    usable = (before > 16) & (after > 16) & (before < 240) & (after < 240)
    if usable.mean() < 0.3:
        return False
    change = np.log(after[usable] / before[usable])
    usual = float(np.median(change))
    return bool((np.abs(change - usual) < 0.4 * abs(usual)).mean() > _LIGHT_AREA)
