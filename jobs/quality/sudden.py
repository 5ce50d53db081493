"""What happens from one frame to the next: cuts, flashes, jumps of a thing. Steps of colour and light, and
blocks that stay broken, are told apart from them.

A sudden change is sorted by what comes after it: the picture returns (a flash), it is another one (a cut),
or one place of it is different for good (something jumped, appeared or went). Fast hands and balls change a
place quickly too, but that place is busy before and after; a jump is alone in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

import numpy as np

from jobs.quality import broken
from jobs.quality.flow import BLOCK
from jobs.quality.report import Event, Seen
from jobs.quality.samples import QUARTER
from jobs.quality.scene import TOO_SHORT, Floats, Scene
from jobs.quality.series import likeness, runs, usual_around
from jobs.quality.steps import with_steps

_APART_S = 0.2
_CUT_LIKENESS, _CUT_SURE_LIKENESS, _CUT_AREA = 0.80, 0.6, 0.45
_CUT_LEVELS, _OUT_OF = 6.0, 2.2
_FLASH_LUMA, _LOCAL_LEVELS, _LOCAL_AREA = 12.0, 12.0, 0.75
_MOST_SPOTS, _SPOT_LEVELS, _SPOTS_APART, _OTHER_SHAPES = 40, 12.0, 5, 0.2
_MOVED_LEVELS, _AT_ONCE = 20.0, 0.7
# Where something moved this far per frame shortly before or after (shares of the long side), it moved on; and
# with less where it rested otherwise.
_MOVES_ON, _BURSTS = 0.0075, 0.004
# A place that changes so often goes on and off by itself, as a neon sign does.
_BLINKS, _SAME_PLACE = 3, 0.15
_WIDE_HOT = 6.0

Kind = Literal["hard_cut", "flash", "jump"]


@dataclass(frozen=True, kw_only=True)
class Sudden:
    """`seen` for the report; `moments` are the seconds that other measures must keep away from, `cuts` those
    of the hard cuts.
    """

    seen: Seen
    moments: tuple[float, ...]
    cuts: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class _Changes:
    """What the rules look at, one row per new picture: `change` of the whole in levels and of the worst
    blocks (`worst`), and the share of the picture that changed beyond its motion (`extent`).
    """

    change: Floats
    usual_change: Floats
    worst: Floats
    usual_worst: Floats
    extent: Floats


def watch(scene: Scene) -> Sudden:
    """Find and sort the sudden changes."""
    changes = _changes(scene)
    events = with_steps(scene, _with_blinks(_moments(scene, changes)))
    moments = tuple(event.start_s for event in events)
    moments += tuple(
        second
        for mask in (scene.black, scene.blank)
        for start, end in runs(mask)
        for second in (scene.starts_s(start), scene.ends_s(end))
    )
    events += broken.watch(scene, changes.worst) if scene.enough else []
    cuts = tuple(event.start_s for event in events if event.kind == "hard_cut")
    measures: dict[str, float | None] = {
        "cuts": float(len(cuts)),
        "pop_score": _pop(changes) if scene.enough else None,
    }
    unmeasured = {} if scene.enough else {"pop_score": TOO_SHORT}
    seen = Seen(measures=measures, unmeasured=unmeasured, events=tuple(events))
    return Sudden(seen=seen, moments=moments, cuts=cuts)


def _changes(scene: Scene) -> _Changes:
    flow = scene.flow
    maps = flow.maps.astype(np.float32)
    flat = maps.reshape(len(maps), -1)
    most = min(4, flat.shape[1])
    worst = np.sort(flat, axis=1)[:, -most:].mean(axis=1)
    worst[np.isnan(flow.residual)] = np.nan
    pictures = [scene.samples.quarters[frame].astype(np.int16) for frame in flow.frames]
    steps = [float(np.abs(after - before).mean()) for before, after in pairwise(pictures)]
    change = np.array([0.0, *steps], np.float32)
    return _Changes(
        change=change,
        usual_change=usual_around(change, 8),
        worst=worst,
        usual_worst=usual_around(worst, 10),
        extent=(flat > _WIDE_HOT).mean(axis=1),
    )


def _pop(changes: _Changes) -> float:
    """The worst place of the clip against its neighbours in time: how far the most sudden one stands out."""
    return float(np.nanmax(changes.worst / (changes.usual_worst + 4)))


def _moments(scene: Scene, changes: _Changes) -> list[Event]:
    found: list[Event] = []
    last_s = float("-inf")
    for row in range(2, len(scene.flow.frames) - 1):
        kind = _kind(scene, changes, row)
        if kind is None:
            continue
        at_s, before_s, last_s = float(scene.moving[row]), last_s, float(scene.moving[row])
        if at_s - before_s >= _APART_S:
            found.append(_moment(scene, changes, row, kind))
    return found


def _with_blinks(events: list[Event]) -> list[Event]:
    """Jumps that come again and again in one place are told once, as a light that blinks."""
    found: list[Event] = []
    for event in events:
        same = [other for other in events if _same_place(event, other)]
        if len(same) < _BLINKS:
            found.append(event)
        elif event is same[0]:
            found.append(replace(event, kind="blinks", severity="info", end_s=same[-1].end_s))
    return found


def _same_place(one: Event, other: Event) -> bool:
    if one.place is None or other.place is None:
        return False
    return all(abs(a - b) < _SAME_PLACE for a, b in zip(one.place, other.place, strict=True))


def _moment(scene: Scene, changes: _Changes, row: int, kind: Kind) -> Event:
    at_s = float(scene.moving[row])
    place = None
    if kind == "jump":
        place = scene.flow.hottest(row)
    return Event(
        kind=kind,
        severity="reject" if kind == "hard_cut" else "suspect",
        start_s=at_s,
        end_s=at_s,
        value=float((changes.worst if kind == "jump" else changes.change)[row]),
        place=place,
    )


def _kind(scene: Scene, changes: _Changes, row: int) -> Kind | None:
    frames, luma = scene.flow.frames, scene.samples.levels.luma
    frame, before = int(frames[row]), int(frames[row - 1])
    if scene.bad[frame] or scene.bad[before]:
        return None
    change, usual = float(changes.change[row]), float(changes.usual_change[row])
    darkest = min(float(luma[frame]), float(luma[before]))
    # In the dark a cut is a matter of few levels, and so is everything around it.
    in_the_dark = darkest < 30 and change > 2.5 and change > 4 * usual + 1
    whole = change > 3 * usual + 2 and (change > 6 or in_the_dark)
    worst = float(changes.worst[row])
    measured = scene.enough and not np.isnan(worst)
    local = measured and worst > _LOCAL_LEVELS and worst > 3 * float(changes.usual_worst[row]) + 5
    if not whole and not local:
        return None
    return _sorted_by_what_follows(scene, changes, row, whole=whole, local=local)


def _sorted_by_what_follows(
    scene: Scene, changes: _Changes, row: int, *, whole: bool, local: bool
) -> Kind | None:
    frames, luma = scene.flow.frames, scene.samples.levels.luma
    pictures = scene.samples.small
    before = pictures[frames[row - 1]].mean(axis=2, dtype=np.float32)
    now = pictures[frames[row]].mean(axis=2, dtype=np.float32)
    last = len(frames) - 1
    after = [pictures[frames[min(last, row + n)]].mean(axis=2, dtype=np.float32) for n in (1, 2, 3, 5)]
    brighter = abs(float(luma[frames[row]]) - float(luma[frames[row - 1]]))
    back = min(float(np.abs(before - picture).mean()) for picture in after)
    if brighter > _FLASH_LUMA and back < 0.4 * float(np.abs(before - now).mean()) + 1:
        return "flash"
    # A view that is swept round changes ever faster before it is another one; a cut comes out of nothing.
    whole = whole and float(changes.change[row]) > _OUT_OF * float(
        changes.change[max(1, row - 4) : row].max()
    )
    alike = max(likeness(before, picture) for picture in after[1:])
    extent = float(changes.extent[row]) if scene.enough else 1.0
    if whole and alike < _CUT_LIKENESS and extent > _CUT_AREA:
        return "hard_cut"
    if local and extent < _LOCAL_AREA and _jumps(scene, changes, row):
        return "jump"
    # Before a plain ground a thing alone decides how alike two pictures are, so most of them must differ.
    differs = float((np.abs(before - now) > _CUT_LEVELS).mean()) > _CUT_AREA
    return "hard_cut" if whole and differs and alike < _CUT_SURE_LIKENESS else None


def _jumps(scene: Scene, changes: _Changes, row: int) -> bool:
    """Whether one place is different for good, or a thing has gone from one place and come to another."""
    spots = [spot for spot in _spots(scene, row) if not _moves_on(scene, row, spot)]
    if not spots:
        return False
    alone = [spot for spot in spots if _alone(scene, row, spot)]
    if sum(float(scene.flow.maps[row][spot]) > _MOVED_LEVELS for spot in alone) >= 2:
        return True
    return spots[0] in alone and _lasts(scene, row, spots[0])


def _spots(scene: Scene, row: int) -> list[tuple[int, int]]:
    """The hottest places that lie apart, the worst first; those at the edges are no place to judge."""
    heat = scene.flow.maps[row].astype(np.float32)
    rows, columns = heat.shape
    found: list[tuple[int, int]] = []
    for flat in np.argsort(heat, axis=None)[::-1][:_MOST_SPOTS]:
        down, right = divmod(int(flat), columns)
        if heat[down, right] < _SPOT_LEVELS:
            break
        if all(max(abs(down - y), abs(right - x)) >= _SPOTS_APART for y, x in found):
            found.append((down, right))
    return [spot for spot in found if 1 <= spot[0] < rows - 1 and 2 <= spot[1] < columns - 2]


def _moves_on(scene: Scene, row: int, spot: tuple[int, int]) -> bool:
    """Whether a thing moves fast there around this moment: a wing that beats, an eye that opens."""
    local = scene.flow.local
    rows, columns = scene.flow.maps.shape[1:]
    down, right = spot[0] * local.shape[1] // rows, spot[1] * local.shape[2] // columns
    place = np.s_[max(0, down - 1) : down + 2, max(0, right - 1) : right + 2]
    long_side = max(scene.flow.width, scene.flow.height)

    def fastest(*away: int) -> list[float]:
        near = [row + n for n in away if 1 <= row + n < len(local)]
        return [0.0, *(float(np.linalg.norm(local[other][place], axis=2).max()) for other in near)]

    beside = np.nanmax(fastest(-1, 1))
    bursts = beside > _BURSTS * long_side and beside > 3 * np.nanmedian(fastest(-5, -4, -3, 3, 4, 5))
    return bool(bursts or np.nanmax([beside, *fastest(-3, -2, 2, 3)]) > _MOVES_ON * long_side)


def _alone(scene: Scene, row: int, spot: tuple[int, int]) -> bool:
    """The place is hot in this frame and quiet in those around."""
    maps = scene.flow.maps
    down, right = spot
    place = np.s_[max(0, down - 2) : down + 3, max(0, right - 2) : right + 3]
    around = max(
        float(maps[other][place].max()) if 1 <= other < len(maps) else 0.0
        for other in (row + n for n in (-4, -3, -2, -1, 2, 3, 4))
    )
    return float(maps[row][spot]) >= 2.2 * around + 8


def _lasts(scene: Scene, row: int, spot: tuple[int, int]) -> bool:
    """The place looks different afterwards, in its shapes and not only its light, and came to it in this one
    frame: what walks in or out does it little by little.
    """
    looks = _looks(scene, row, *spot)

    def apart(one: int, other: int) -> float:
        return float(np.abs(looks[one] - looks[other]).mean())

    # A thing that moves and vanishes leaves a place at rest, and one that appears may move on at once.
    lasting, quieter, livelier = apart(3, -3), *sorted((apart(-1, -4), apart(4, 1)))
    if lasting <= max(1.4 * quieter, 0.9 * livelier) + 5 or apart(0, -1) < _AT_ONCE * lasting:
        return False
    shapes = max(_beyond_light(looks[-3], looks[3]), _beyond_light(looks[3], looks[-3]))
    return shapes > _OTHER_SHAPES * lasting


def _beyond_light(before: Floats, after: Floats) -> float:
    """What is left of the difference of two looks when the light of one is matched to the other's."""
    own = before - before.mean()
    slope = float((own * (after - after.mean())).sum() / max(1e-3, float((own * own).sum())))
    return float(np.abs(after - after.mean() - slope * own).mean())


def _looks(scene: Scene, row: int, down: int, right: int) -> dict[int, Floats]:
    """The place around a block of the map, in the new pictures around a row."""
    reach = slice(max(0, (down * BLOCK - 6) // QUARTER), (down * BLOCK + 16) // QUARTER + 1)
    across = slice(max(0, (right * BLOCK - 6) // QUARTER), (right * BLOCK + 16) // QUARTER + 1)
    frames, quarters = scene.flow.frames, scene.samples.quarters
    last = len(frames) - 1
    return {
        n: quarters[frames[min(last, max(0, row + n))], reach, across].astype(np.float32)
        for n in range(-4, 5)
    }
