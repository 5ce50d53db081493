"""Pictures that stand still when they should not: freezes, clips in which nothing moves, slideshows, and an
uneven rhythm of repeated frames.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from jobs.quality.levels import Stretch
from jobs.quality.report import Event, Seen, Severity
from jobs.quality.scene import TOO_SHORT, Mask, Scene

_FROZEN_S, _FROZEN_REJECT_S, _FROZEN_END_REJECT_S = 0.4, 1.0, 0.6
_SLIDESHOW_SHARE = 0.55
_REDRAWN_MEAN, _REDRAWN_BLOCK = 1.5, 8.0
_ANOTHER_PICTURE = 6.0
_LEAST_ELSEWHERE, _STOPS_SHARE = 3, 0.35
# Rain and flames average out over time and move all the same, so the liveliest flow must be low as well.
_STILL_LEVELS = 3.0
_PIECE_S = 0.4
_ONCE_EACH = 0.67
_REPEATS, _LEAST_GAPS, _EVEN, _SLOW_LEVELS = 0.18, 8, 0.8, 0.5


def watch(scene: Scene, cuts: int) -> Seen:
    """Everything about standing still. `cuts` is how many hard cuts the clip has."""
    change = _change_over_clip(scene)
    seen = ~scene.bad
    frozen = np.zeros(len(scene.times), np.bool_)
    for start, end in scene.held:
        frozen[start:end] = True
    share = float(frozen[seen].mean()) if seen.any() else None
    measures: dict[str, float | None] = {"frozen_share": share, "change_over_clip": change}
    unmeasured = {}
    if share is None:
        unmeasured["frozen_share"] = "No frame of the clip shows a picture."
    if change is None:
        unmeasured["change_over_clip"] = "The clip is too short to compare its beginning with its end."
    rhythm = _cadence(scene, frozen)
    measures |= rhythm.measures
    unmeasured |= rhythm.unmeasured
    if share is not None and share > _SLIDESHOW_SHARE and (cuts or _slides(scene)):
        events = [_whole(scene, "slideshow", share)]
    elif change is not None and change < _STILL_LEVELS:
        events = [_whole(scene, "still", change)]
    else:
        events = [*_frozen(scene), *rhythm.events]
    return Seen(measures=measures, unmeasured=unmeasured, events=tuple(events))


def _whole(scene: Scene, kind: str, value: float, severity: Severity = "reject") -> Event:
    end = scene.ends_s(len(scene.times))
    return Event(kind=kind, severity=severity, start_s=scene.starts_s(0), end_s=end, value=value)


def _change_over_clip(scene: Scene) -> float | None:
    """The largest change of any place between averages of 0.4 s, in levels: grain falls out, motion does
    not.
    """
    frames = np.flatnonzero(~scene.bad)
    span = max(3, round(_PIECE_S * scene.fps))
    if len(frames) < 2 * span:
        return None
    quarters = scene.samples.quarters
    starts = range(0, len(frames) - span + 1, span)
    pieces = [quarters[frames[start : start + span]].mean(axis=0, dtype=np.float32) for start in starts]
    return max(_worst_places(piece, pieces[0]) for piece in pieces[1:])


def _worst_places(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.sort(np.abs(one - other), axis=None)[-4:].mean())


def _frozen(scene: Scene) -> list[Event]:
    found = []
    for start, end in _joined(scene):
        length = (end - start) / scene.fps
        if length < _FROZEN_S or not _stops(scene, start, end):
            continue
        at_end = end >= len(scene.times) - 1 and length >= _FROZEN_END_REJECT_S
        found.append(
            Event(
                kind="frozen",
                severity="reject" if length >= _FROZEN_REJECT_S or at_end else "suspect",
                start_s=scene.starts_s(start),
                end_s=scene.ends_s(end),
                value=length,
            )
        )
    return found


def _slides(scene: Scene) -> bool:
    """Whether a picture that stands is followed at once by another one that stands."""
    change = scene.samples.levels.change
    return any(
        second[0] - first[1] <= 2 and float(change[first[1] : second[0] + 1].max()) > _ANOTHER_PICTURE
        for first, second in pairwise(scene.held)
    )


def _stops(scene: Scene, start: int, end: int) -> bool:
    """Whether less changes in the stretch than elsewhere: where all is slow, slowness is no freeze."""
    change = scene.samples.levels.change
    elsewhere = ~scene.bad
    elsewhere[0] = False
    for first, last in scene.held:
        elsewhere[first : last + 1] = False
    if elsewhere.sum() < _LEAST_ELSEWHERE:
        # All is held, and yet something has changed over the clip: it creeps.
        return False
    inside = float(np.median(change[start + 1 : end]))
    return inside < _STOPS_SHARE * float(np.median(change[elsewhere]))


def _joined(scene: Scene) -> list[Stretch]:
    """Stretches that follow on each other and show the same picture, drawn anew by the encoder in between."""
    joined: list[Stretch] = []
    levels = scene.samples.levels
    for start, end in scene.held:
        follows = bool(joined) and joined[-1][1] == start
        if follows and levels.change[start] < _REDRAWN_MEAN and levels.worst[start] < _REDRAWN_BLOCK:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined


def _evenness(repeated: Mask, gaps: NDArray[np.int64]) -> float:
    """How regularly pictures are repeated, 0 to 1: each twice, three or four times, or else the share of the
    commonest gap between new ones.
    """
    each = round(1 / max(0.2, float((~repeated).mean())))
    if each < 2 or len(repeated) <= each:
        return float(np.unique(gaps, return_counts=True)[1].max() / len(gaps))
    # A picture that the encoder draws anew is a miss in two places and no more.
    return float((repeated[each:] == repeated[:-each]).mean())


def _cadence(scene: Scene, frozen: NDArray[np.bool_]) -> Seen:
    """How many frames a second show something new, and how evenly they come.

    Drawn films often show each picture twice or three times, which is even; repeats here and there stutter.
    """
    if not scene.enough:
        unmeasured = {"effective_fps": TOO_SHORT, "cadence_even": TOO_SHORT}
        return Seen(measures={"effective_fps": None, "cadence_even": None}, unmeasured=unmeasured)
    repeats = float(scene.repeated[1:].mean())
    shown = scene.fps * (1 - repeats)
    moving = ~frozen & ~scene.bad
    gaps = np.diff(np.flatnonzero(~scene.repeated & moving))
    if repeats <= _REPEATS or len(gaps) <= _LEAST_GAPS:
        return Seen(measures={"effective_fps": shown, "cadence_even": 1.0})
    even = _evenness(scene.repeated[moving], gaps)
    measures = {"effective_fps": shown, "cadence_even": even}
    if even >= _EVEN:
        each_twice = shown < _ONCE_EACH * scene.fps
        events = (_whole(scene, "low_frame_rate", shown, "info"),) if each_twice else ()
        return Seen(measures=measures, events=events)
    changes = scene.samples.levels.change
    lively = changes[(changes > 0.2) & moving]
    if lively.size == 0 or float(np.median(lively)) < _SLOW_LEVELS:
        return Seen(measures=measures)
    return Seen(measures=measures, events=(_whole(scene, "uneven_cadence", 1 - even, "suspect"),))
