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
from jobs.quality.series import runs

_FROZEN_S, _FROZEN_REJECT_S, _FROZEN_END_REJECT_S = 0.4, 1.0, 0.6
_SLIDESHOW_SHARE = 0.55
_REDRAWN_MEAN, _REDRAWN_BLOCK = 1.5, 8.0
_ANOTHER_PICTURE = 6.0
_LEAST_ELSEWHERE, _STOPS_SHARE = 3, 0.35
_SAME_MEAN, _SAME_PLACE = 1.2, 5
# Against the usual change: on one side it must go at this pace, and on the other not be slowing down.
_BESIDE, _DEAD, _SLOWING = 3, 0.5, 0.2
_MOVED_LEVELS, _LITTLE = 2, 0.03
# Frames by which a picture is shown longer than the usual one, pictures in a row, and the most of the clip.
_LONGER, _LEAST_LONGER, _SOME_TIME = 2, 4, 0.6
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
    usual = _usual_change(scene)
    if usual is None:
        return []
    found = []
    for held, end in _joined(scene):
        if not _stops(scene, held, end, usual):
            continue
        start, end = _begins(scene, held, usual), _ends(scene, end, usual)
        length, severity = (end - start) / scene.fps, _how_grave(scene, start, end, usual)
        if length < _FROZEN_S or severity is None:
            continue
        found.append(
            Event(
                kind="frozen",
                severity=severity,
                start_s=scene.starts_s(start),
                end_s=scene.ends_s(end),
                value=length,
            )
        )
    return found


def _how_grave(scene: Scene, start: int, end: int, usual: float) -> Severity | None:
    """A fault stops what moves dead, or starts it so; a pan that comes to rest slows down, and is none. A
    small thing that stops or starts once may do so by itself.
    """
    beside = _pace_beside(scene, start, end, usual)
    if not beside or max(beside) < _DEAD or min(beside) < _SLOWING:
        return None
    dead_on_both_sides = len(beside) == 2 and min(beside) >= _DEAD
    if not dead_on_both_sides and not _moves_much(scene, start, end):
        return "info"
    length = (end - start) / scene.fps
    at_end = end >= len(scene.times) - 1 and length >= _FROZEN_END_REJECT_S
    return "reject" if length >= _FROZEN_REJECT_S or at_end else "suspect"


def _slides(scene: Scene) -> bool:
    """Whether a picture that stands is followed at once by another one that stands."""
    change = scene.samples.levels.change
    return any(
        second[0] - first[1] <= 2 and float(change[first[1] : second[0] + 1].max()) > _ANOTHER_PICTURE
        for first, second in pairwise(scene.held)
    )


def _usual_change(scene: Scene) -> float | None:
    """The change from frame to frame where nothing is held; None where all is held, and yet something has
    changed over the clip: it creeps.
    """
    elsewhere = ~scene.bad
    elsewhere[0] = False
    for first, last in scene.held:
        elsewhere[first : last + 1] = False
    if elsewhere.sum() < _LEAST_ELSEWHERE:
        return None
    return float(np.median(scene.samples.levels.change[elsewhere]))


def _stops(scene: Scene, start: int, end: int, usual: float) -> bool:
    """Whether less changes in the stretch than elsewhere: where all is slow, slowness is no freeze."""
    return float(np.median(scene.samples.levels.change[start + 1 : end])) < _STOPS_SHARE * usual


def _begins(scene: Scene, start: int, usual: float) -> int:
    """The first frame that shows the held picture: an encoder may draw it anew for some frames before it
    leaves it alone.
    """
    first = start
    while first > 1 and _same_again(scene, first - 1, first, start, usual):
        first -= 1
    return first


def _ends(scene: Scene, end: int, usual: float) -> int:
    """The end of the frames that show the held picture, drawn anew or not."""
    last = end
    while last < len(scene.times) and _same_again(scene, last, last, end - 1, usual):
        last += 1
    return last


def _same_again(scene: Scene, frame: int, changed: int, held: int, usual: float) -> bool:
    """Whether a frame shows a held picture, but for the little that changed from it or to it."""
    if scene.bad[frame] or scene.samples.levels.change[changed] >= _STOPS_SHARE * usual:
        return False
    off = np.abs(scene.samples.quarters[frame].astype(np.int16) - scene.samples.quarters[held])
    return bool(off.mean() <= _SAME_MEAN and off.max() <= _SAME_PLACE)


def _pace_beside(scene: Scene, start: int, end: int, usual: float) -> list[float]:
    """How fast things go just before and after a stretch, against the usual pace; none beyond the clip.

    What stood while time went on leaps when it is let go.
    """
    change = scene.samples.levels.change
    found = []
    for first, last, border in ((start - _BESIDE + 1, start + 1, start), (end, end + _BESIDE, end)):
        frames = np.arange(max(1, first), min(last, len(change)))
        frames = frames[~(scene.bad[frames] | scene.bad[frames - 1])]
        if len(frames) >= 2:
            leap = change[border] if border in frames else 0.0
            found.append(max(float(np.median(change[frames])), float(leap)) / usual)
    return found


def _moves_much(scene: Scene, start: int, end: int) -> bool:
    """Whether a good part of the picture moves on each side of the stretch."""
    quarters, last = scene.samples.quarters, len(scene.times) - 1
    around = [(start - _BESIDE - 1, start)] if start > _BESIDE else []
    around += [(end - 1, end + _BESIDE)] if end + _BESIDE <= last else []
    return all(
        (np.abs(quarters[one].astype(np.int16) - quarters[other]) > _MOVED_LEVELS).mean() > _LITTLE
        for one, other in around
    )


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


def _stutters(scene: Scene, new: NDArray[np.int64]) -> tuple[Event, ...]:
    """Stretches in which pictures are shown longer, one like the other, than in the rest of the clip."""
    gaps = np.diff(new)
    longer = gaps >= float(np.median(gaps)) + _LONGER
    found = [(int(new[start]), int(new[end])) for start, end in runs(longer) if end - start >= _LEAST_LONGER]
    if sum(end - start for start, end in found) > _SOME_TIME * len(scene.times):
        return ()
    return tuple(
        Event(
            kind="uneven_cadence",
            severity="suspect",
            start_s=scene.starts_s(start),
            end_s=scene.starts_s(end),
            value=float((end - start) / scene.fps),
        )
        for start, end in found
    )


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
    stutters = _stutters(scene, np.flatnonzero(~scene.repeated & moving))
    even = _evenness(scene.repeated[moving], gaps)
    measures = {"effective_fps": shown, "cadence_even": even}
    if even >= _EVEN:
        each_twice = shown < _ONCE_EACH * scene.fps
        events = (_whole(scene, "low_frame_rate", shown, "info"),) if each_twice else stutters
        return Seen(measures=measures, events=events)
    changes = scene.samples.levels.change
    lively = changes[(changes > 0.2) & moving]
    if lively.size == 0 or float(np.median(lively)) < _SLOW_LEVELS:
        return Seen(measures=measures)
    return Seen(measures=measures, events=(_whole(scene, "uneven_cadence", 1 - even, "suspect"),))
