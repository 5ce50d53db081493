"""Pictures that are spoilt for a moment: a part that is broken in a frame or three and whole again, lines
torn across, black bars that come and go.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jobs.quality import lost_part
from jobs.quality.light import near
from jobs.quality.report import Event, Seen
from jobs.quality.scene import Floats, Mask, Scene
from jobs.quality.series import runs

_LONGEST = 3
_SPOILT_LEVELS, _ALIKE, _LEAST_AREA, _TIMES_USUAL = 14, 0.35, 0.04, 3.0
_RUSHING = 9.0
_LINE_LEVELS, _LINE_SHARE, _LEAST_LINE_FRAMES, _FLASH_LEVELS = 4.0, 0.85, 2, 8.0
# What the view may move up or down, as a share of the picture's height.
_SHAKEN = 0.002
# A row is held against those three further up and down.
_LEAST_ROWS = 6
_BAR_LEVEL, _BAR_RANGE, _LEAST_BAR, _BAR_FRAMES = 24.0, 10.0, 2, 4


def watch(scene: Scene, moments: tuple[float, ...]) -> Seen:
    """Everything that is spoilt for a moment. `moments` have a reason already."""
    lines = _lines(scene, moments)
    lost = lost_part.watch(scene)
    return Seen(events=(*lines, *lost, *(() if lines else _glitches(scene, moments)), *_bars(scene)))


def _glitches(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """Places that differ from the pictures before and after, which are alike there.

    A fast thing does that as well, but frame after frame: a fault is alone in its moment.
    """
    quarters = scene.samples.quarters
    found: list[Event] = []
    for length in range(1, _LONGEST + 1):
        area, middle = _spoilt(quarters, length)
        lonely = (area > _LEAST_AREA) & (area > _TIMES_USUAL * _most_around(area, length) + 0.01)
        lonely &= ~near(scene.times, moments, 0.2) & ~scene.bad
        for start, _ in runs(lonely):
            at_s = scene.starts_s(start)
            if any(abs(at_s - event.start_s) < 0.3 for event in found):
                continue
            found.append(
                Event(
                    kind="glitch",
                    severity="suspect",
                    start_s=at_s,
                    end_s=scene.ends_s(min(len(quarters), start + length)),
                    value=float(area[start]),
                    place=(round(float(middle[start, 0]), 2), round(float(middle[start, 1]), 2)),
                )
            )
    return found


def _most_around(area: Floats, length: int) -> Floats:
    """The most that is spoilt in the six frames before a fault would begin and the six after its end."""
    reach = 6 + length
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(area, reach), 2 * reach + 1).copy()
    windows[:, reach - length : reach + length + 1] = 0
    return np.asarray(windows.max(axis=1), np.float32)


def _spoilt(quarters: NDArray[np.uint8], length: int) -> tuple[Floats, Floats]:
    """For each frame that would begin a fault of so many frames: the share that is spoilt, and its middle."""
    count, rows, columns = quarters.shape
    area, middle = np.zeros(count, np.float32), np.full((count, 2), 0.5, np.float32)
    for start in range(1, count - length):
        before = quarters[start - 1].astype(np.int16)
        after = quarters[start + length].astype(np.int16)
        apart = np.abs(before - after)
        # While the whole view rushes by, a place may look the same again by chance.
        if apart.mean() > _RUSHING:
            continue
        spoilt: Mask = np.ones((rows, columns), np.bool_)
        for frame in (start, start + length - 1):
            now = quarters[frame].astype(np.int16)
            off = np.minimum(np.abs(now - before), np.abs(now - after))
            spoilt &= (off > _SPOILT_LEVELS) & (apart < _ALIKE * off)
        area[start] = spoilt.mean()
        if area[start] > _LEAST_AREA:
            down, right = np.nonzero(spoilt)
            middle[start] = (right.mean() + 0.5) / columns, (down.mean() + 0.5) / rows
    return area, middle


def _lines(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """Rows that are off from one side of the picture to the other, against both frames around them."""
    quarters = scene.samples.quarters
    if len(quarters) < 3 or quarters.shape[1] < _LEAST_ROWS:
        return []
    broken = np.zeros(len(quarters), np.bool_)
    for frame in range(1, len(quarters) - 1):
        before, now, after = (quarters[frame + n].astype(np.int16) for n in (-1, 0, 1))
        off = now - (before + after) / 2
        # Against the rows beside it: light that changes over the picture is no line.
        beside = (np.roll(off, 3, axis=0) + np.roll(off, -3, axis=0)) / 2
        beside[:3], beside[-3:] = off[3:6], off[-6:-3]
        off = off - beside
        way = np.sign(np.median(off, axis=1))[:, None]
        whole = (off * way > _LINE_LEVELS).mean(axis=1) > _LINE_SHARE
        # A band of many rows is light that moves, or a thing as wide as the picture.
        broken[frame] = 0 < int(whole.sum()) <= max(6, len(whole) // 6)
    luma = scene.samples.levels.luma
    broken &= ~(_shaken(scene) | near(scene.times, moments, 0.06))
    broken[1:-1] &= np.abs(luma[1:-1] - (luma[:-2] + luma[2:]) / 2) < _FLASH_LEVELS
    # The last picture before black is off from it in every row.
    broken &= ~np.convolve(scene.bad, np.ones(3), "same").astype(np.bool_)
    frames = np.flatnonzero(broken)
    if len(frames) < _LEAST_LINE_FRAMES:
        return []
    start, end = int(frames[0]), int(frames[-1]) + 1
    return [
        Event(
            kind="broken_lines",
            severity="suspect",
            start_s=scene.starts_s(start),
            end_s=scene.ends_s(end),
            value=float(len(frames)),
        )
    ]


def _shaken(scene: Scene) -> Mask:
    """The frames to or from which the view moves up or down: the lines of a floor go with it."""
    moved = np.zeros(len(scene.times), np.bool_)
    down = np.abs(np.nan_to_num(scene.flow.camera[:, 1]))
    moved[scene.flow.frames] = down > _SHAKEN * scene.flow.height
    return np.asarray(moved | np.append(moved[1:], False), np.bool_)


def _bars(scene: Scene) -> list[Event]:
    """Black bars on two opposite sides that are not there all the time."""
    quarters = scene.samples.quarters
    usable = ~scene.bad & (scene.samples.levels.luma > _BAR_LEVEL)
    found: list[Event] = []
    for axis in (1, 2):
        depth = np.where(usable, _bar_depth(quarters, axis), -1)
        seen = depth[usable]
        if not len(seen) or seen.max() - seen.min() < _LEAST_BAR:
            continue
        half = (int(seen.max()) + int(seen.min())) / 2
        stretches = [run for run in runs(usable & (depth > half)) if run[1] - run[0] >= _BAR_FRAMES]
        for start, end in stretches:
            comes = start if start > 0 else end
            at_s = scene.starts_s(min(comes, len(quarters) - 1))
            found.append(
                Event(kind="bars", severity="suspect", start_s=at_s, end_s=at_s, value=float(seen.max()))
            )
    return found[:1]


def _bar_depth(quarters: NDArray[np.uint8], axis: int) -> NDArray[np.int64]:
    """How many rows (axis 1) or columns (axis 2) are black from both edges inward."""
    across = 3 - axis
    dark = quarters.max(axis=across) < _BAR_LEVEL
    dark &= np.ptp(quarters, axis=across) < _BAR_RANGE
    first = np.where(dark.all(axis=1), 0, (~dark).argmax(axis=1))
    last = np.where(dark.all(axis=1), 0, (~dark[:, ::-1]).argmax(axis=1))
    return np.asarray(np.minimum(first, last), np.int64)
