"""A part of the picture that stops dead while time goes on.

Things come to rest one after the other, and slow down before they do. Where many places that were all moving
stop in one frame, and stand without the least change, a part of the picture is no longer drawn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Event
from jobs.quality.scene import Floats, Mask, Scene

# Places are 4x4 pixels of the quarter copy: 20x11 of a wide picture.
_PLACE = 4
_MOVING, _STANDING = 1.0, 0.35
_BEFORE_S, _AFTER_S = 0.4, 0.5
_MOVED_SHARE, _STOOD_SHARE = 0.7, 0.95
_LEAST_PLACES, _LEAST_SHARE, _TIMES_USUAL = 4, 0.35, 4.0
_CALMER_SHARE, _AWAY_FROM_MOMENTS_S = 0.6, 0.1
_ONE_WAY, _MOSTLY_FADED = 0.9, 0.6


def stopped_parts(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """Stretches in which a part stands still; not those in which the whole picture does."""
    changes = place_changes(scene.samples.quarters)
    before, after = (max(4, round(seconds * scene.fps)) for seconds in (_BEFORE_S, _AFTER_S))
    count = len(changes)
    if count < before + after + 2:
        return []
    flat = changes.reshape(count, -1)
    stops = _stops(flat, before, after)
    together = stops.sum(axis=1) + np.concatenate(([0], stops.sum(axis=1)[:-1]))
    moving = _recent_share(flat > _MOVING, before) >= _MOVED_SHARE
    usual = np.median(together[before : count - after])
    found: list[Event] = []
    last = -1
    for frame in range(before + 1, count - after):
        many = together[frame] >= max(_LEAST_PLACES, _TIMES_USUAL * usual)
        if frame <= last or not many or together[frame] < _LEAST_SHARE * moving[frame - 2].sum():
            continue
        if not _apart(scene, frame, moments) or not _calmer(flat, frame, float(together[frame])):
            continue
        places = stops[frame] | stops[frame - 1]
        if _fades(scene, places.reshape(changes.shape[1:]), frame, before):
            continue
        last = _until(flat[:, places], frame)
        found.append(_event(scene, places.reshape(changes.shape[1:]), frame - 1, last))
    return found


def place_changes(quarters: NDArray[np.uint8]) -> Floats:
    """The mean change of each place from the frame before, one map per frame; the first is 0."""
    count, height, width = quarters.shape
    rows, columns = height // _PLACE, width // _PLACE
    found = np.zeros((count, rows, columns), np.float32)
    for frame in range(1, count):
        change = np.abs(quarters[frame].astype(np.int16) - quarters[frame - 1])
        found[frame] = _place_means(change[None])[0]
    return found


def _place_means(pictures: NDArray[np.int16]) -> Floats:
    count, height, width = pictures.shape
    rows, columns = height // _PLACE, width // _PLACE
    cut = pictures[:, : rows * _PLACE, : columns * _PLACE]
    means = cut.reshape(count, rows, _PLACE, columns, _PLACE).mean(axis=(2, 4), dtype=np.float32)
    return np.asarray(means, np.float32)


def _recent_share(mask: Mask, span: int) -> Floats:
    """For each frame the share of it and the frames before, `span` in all, in which each place is true."""
    sums = np.cumsum(mask.astype(np.float32), axis=0)
    recent = sums.copy()
    recent[span:] -= sums[:-span]
    return np.asarray(recent / span, np.float32)


def _stops(flat: Floats, before: int, after: int) -> Mask:
    """Where a place that was moving until the frame before stands from this one on."""
    moved = _recent_share(flat > _MOVING, before)
    stood = _recent_share(flat < _STANDING, after)
    stops = np.zeros(flat.shape, np.bool_)
    # The last change is as strong as those before it: what comes to rest by itself slows down.
    recent = np.asarray(_recent_strength(flat, before))
    abrupt = flat[before:-after] > 0.5 * recent[before:-after]
    stops[before + 1 : len(flat) - after + 1] = (
        (moved[before:-after] >= _MOVED_SHARE) & abrupt & (stood[before + after :] >= _STOOD_SHARE)
    )
    return stops


def _recent_strength(flat: Floats, span: int) -> Floats:
    sums = np.cumsum(flat, axis=0, dtype=np.float64)
    recent = sums.copy()
    recent[span:] -= sums[:-span]
    return np.asarray(recent / span, np.float32)


def _calmer(flat: Floats, frame: int, stopped: float) -> bool:
    """Less moves afterwards: where a thing leaves some places, it comes to as many others."""
    active = (flat > _MOVING).sum(axis=1)
    before, after = active[frame - 5 : frame - 1].mean(), active[frame + 1 : frame + 5].mean()
    return bool(before - after > _CALMER_SHARE * stopped)


def _fades(scene: Scene, places: Mask, frame: int, before: int) -> bool:
    """Whether most of the places only grew lighter, or darker, before they stood: a title that has come in, a
    fade that has ended. What moves changes a place both ways.
    """
    recent = scene.samples.quarters[frame - before - 1 : frame].astype(np.int16)
    steps = _place_means(np.diff(recent, axis=0))[:, places]
    one_way = np.abs(steps.sum(axis=0)) > _ONE_WAY * np.abs(steps).sum(axis=0)
    return bool(one_way.mean() > _MOSTLY_FADED)


def _apart(scene: Scene, frame: int, moments: tuple[float, ...]) -> bool:
    """Not at a cut, and not where the whole picture stands."""
    at_s = scene.starts_s(frame)
    if any(abs(at_s - moment) < _AWAY_FROM_MOMENTS_S for moment in moments):
        return False
    middle = frame + 4
    return not scene.bad[frame] and not any(start - 2 <= middle < end for start, end in scene.held)


def _until(places: Floats, frame: int) -> int:
    """The frame in which half of the places move again."""
    moves = (places[frame:] > _MOVING).mean(axis=1) >= 0.5
    return frame + int(moves.argmax()) if moves.any() else len(places)


def _event(scene: Scene, places: Mask, start: int, end: int) -> Event:
    down, right = np.nonzero(places)
    rows, columns = places.shape
    return Event(
        kind="part_frozen",
        severity="suspect",
        start_s=scene.starts_s(start),
        end_s=scene.ends_s(min(end, len(scene.times))),
        value=float(places.mean()),
        place=(round(float(right.mean() + 0.5) / columns, 2), round(float(down.mean() + 0.5) / rows, 2)),
    )
