"""Whether a face is there, stays there and stays itself.

Faces from the front are known only: profiles, masks, drawings and animals are "no face measured" and no
fault. Severities are those for a shot that asks for a person; the verdict lowers them where it does not. That
no face is there at all is no event: it is a count of 0, and a fault only where a person is wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from statistics import fmean

import cv2
import numpy as np

from jobs.quality.face_find import Box, Finder, Grey, finder
from jobs.quality.face_looks import found_again, likeness, patch_of
from jobs.quality.face_story import Story, one_face, tell
from jobs.quality.face_tracks import Track, Tracks, follow_all
from jobs.quality.report import Event, Ordered, Seen, Severity
from jobs.quality.samples import FACE_HZ, Samples

NO_DETECTOR = "This OpenCV has no face detector."
NO_FACE = "No steady face is in the picture."
TOO_SHORT = "The clip is too short to follow a face."
_KEYS = ("face_present", "face_steadiness", "face_min_likeness", "face_tracks")
_LEAST_SAMPLES = 6

LOST_LEAST_S, LOST_REJECT_S = 0.3, 0.6
# Shorter losses count only when the face goes and comes so often; then they are told as one.
_FLICKERS = 2
# A head that turns far looks like itself by 0.42 and more; a face that was exchanged does so by less, or
# falls to less than a half between two samples.
_UNLIKE, _UNLIKE_AT_ONCE, _DROP = 0.4, 0.5, 0.3
_UNLIKE_SEEN, _UNLIKE_UNSEEN = 3, 4
# A face that comes back as itself may have been covered: shortly by anything, longer while its head stays.
_BACK, _CALM = 0.6, 0.7
_PASSED, _COVERED = 5, 9
_LATER, _CROWD, _SAME, _THERE_BEFORE = 3, 3, 0.6, 0.6
_DARK = 25.0
_TOUCH_S = 0.2

Stretch = tuple[int, int]


def watch(samples: Samples, ordered: Ordered) -> Seen:
    """What becomes of the faces of a clip. That nobody is there is made sure of for a shot that asks for a
    person or has criteria; to others it says nothing, and the second look costs as much as the first.
    """
    return follow(samples.face_frames, sure_of_none=bool(ordered.person_wanted or ordered.acceptance))


def follow(face_frames: Sequence[tuple[float, Grey]], *, sure_of_none: bool = True) -> Seen:
    """Follow the faces through grey pictures, six a second, each with its second.

    face_present: share of the samples in which the main face is there, of those in which it could be;
    face_steadiness: mean likeness of the face with itself a sixth of a second before; face_min_likeness: the
    least likeness with the face of the first second; face_tracks: how many faces were followed, 0 only where
    nothing looked like a face, which is looked into only with `sure_of_none`. Events are face_lost (`value`
    in s; facts `never_returns` and `times`, how often), face_changes (`value` the least likeness; fact
    `upside_down`) and extra_face (fact `same_face`: it looks like the first one).
    """
    detector = finder()
    if detector is None:
        return _nothing(NO_DETECTOR)
    if len(face_frames) < _LEAST_SAMPLES:
        return _nothing(TOO_SHORT)
    times = [at_s for at_s, _grey in face_frames]
    frames = [grey for _at_s, grey in face_frames]
    tracks = follow_all(frames, detector)
    if not tracks.believed:
        return _no_face(frames, tracks, detector) if sure_of_none else _nothing(NO_FACE)
    boxes = one_face(tracks.believed)
    story = tell(frames, boxes, detector)
    clock = _Clock(times, frames[0].shape)
    events = _one_cause([*_lost(story, clock), *_changes(story, clock)])
    events += _extra(frames, tracks.believed, story, clock)
    return Seen(measures=_measures(story, len(tracks.believed)), events=tuple(events))


class _Clock:
    """Seconds and places of samples."""

    def __init__(self, times: Sequence[float], shape: tuple[int, ...]) -> None:
        step = float(np.median(np.diff(times))) if len(times) > 1 else 1 / FACE_HZ
        self.times = [*times, times[-1] + step]
        self.height, self.width = shape[:2]

    def event(
        self,
        kind: str,
        severity: Severity,
        stretch: Stretch,
        box: Box,
        *,
        value: float | None = None,
        facts: Mapping[str, float | bool | str],
    ) -> Event:
        across, down = box.middle
        return Event(
            kind=kind,
            severity=severity,
            start_s=self.times[stretch[0]],
            end_s=self.times[stretch[1]],
            value=value,
            place=(min(1.0, max(0.0, across / self.width)), min(1.0, max(0.0, down / self.height))),
            facts=facts,
        )

    def length(self, stretch: Stretch) -> float:
        return self.times[stretch[1]] - self.times[stretch[0]]


def _measures(story: Story, tracks: int) -> dict[str, float | None]:
    could = [state for state in story.states if state not in {"before", "out"}]
    there = sum(state in {"seen", "held", "turned"} for state in could)
    likenesses = [
        like
        for state, like in zip(story.states, story.likenesses, strict=True)
        if like is not None and state in {"seen", "held", "other", "overturned"}
    ]
    return {
        "face_present": there / len(could),
        "face_steadiness": fmean(story.steps) if story.steps else None,
        "face_min_likeness": max(0.0, min(likenesses)),
        "face_tracks": float(tracks),
    }


def _one_cause(events: Sequence[Event]) -> list[Event]:
    """Of a change and a loss that touch each other the longer one, over the time of both."""
    kept: list[Event] = []
    for event in sorted(events, key=lambda event: (event.start_s, event.end_s)):
        if kept and event.kind != kept[-1].kind and event.start_s - kept[-1].end_s < _TOUCH_S:
            before = kept.pop()
            longer = max(before, event, key=lambda one: one.end_s - one.start_s)
            event = replace(longer, start_s=before.start_s, end_s=max(before.end_s, event.end_s))
        kept.append(event)
    return kept


def _lost(story: Story, clock: _Clock) -> Iterator[Event]:
    """The face is not there though it could be: a loss of 0.3 s and more, or many short ones."""
    losses = list(_runs(state == "lost" for state in story.states))
    long = [loss for loss in losses if clock.length(loss) >= LOST_LEAST_S]
    if len(losses) >= _FLICKERS and len(long) < len(losses):
        whole = losses[0][0], losses[-1][1]
        yield _loss(story, clock, whole, sum(map(clock.length, losses)), float(len(losses)))
        return
    for loss in long:
        yield _loss(story, clock, loss, clock.length(loss), 1.0)


def _loss(story: Story, clock: _Clock, stretch: Stretch, length_s: float, times: float) -> Event:
    never_returns = not {"seen", "held"} & set(story.states[stretch[1] :])
    severity: Severity = "reject" if length_s >= LOST_REJECT_S or never_returns else "suspect"
    facts = {"never_returns": never_returns, "times": times}
    box = story.boxes[max(0, stretch[0] - 1)]
    return clock.event("face_lost", severity, stretch, box, value=round(length_s, 2), facts=facts)


def _changes(story: Story, clock: _Clock) -> Iterator[Event]:
    """Stretches in which what stands there is not the face of the first second."""
    for start, end in _runs(_unlike(story, at) for at in range(len(story.states))):
        if _is_change(story, start, end):
            likenesses = [like for like in story.likenesses[start:end] if like is not None]
            overturned = story.states[start:end].count("overturned") * 2 > end - start
            least = round(max(0.0, min(likenesses)), 2)
            facts = {"upside_down": overturned}
            place = story.boxes[start]
            yield clock.event("face_changes", "suspect", (start, end), place, value=least, facts=facts)


def _unlike(story: Story, at: int) -> bool:
    like = story.likenesses[at]
    if like is None or story.states[at] in {"lost", "out", "turned", "before"}:
        return False
    return story.states[at] == "overturned" or like < _UNLIKE_AT_ONCE


def _is_change(story: Story, start: int, end: int) -> bool:
    """Whether a stretch of little likeness is more than a head that turned or was covered for a moment."""
    states = story.states[start:end]
    if states.count("overturned") >= _UNLIKE_SEEN:
        return True
    before = [like for like in story.likenesses[max(0, start - 2) : start] if like is not None]
    likenesses = [like for like in story.likenesses[start:end] if like is not None]
    at_once = bool(before) and max(before) - min(likenesses[:2]) >= 2 * _DROP
    limit = _UNLIKE_AT_ONCE if at_once else _UNLIKE
    far = [state for state, like in zip(states, likenesses, strict=True) if like < limit]
    if far.count("seen") >= _UNLIKE_SEEN:
        return True
    return len(far) >= _longest_excused(story, start, end)


def _longest_excused(story: Story, start: int, end: int) -> int:
    """From how many samples on a stretch in which no face is seen from the front is a change."""
    after = story.likenesses[end] if end < len(story.likenesses) else None
    if after is None or after < _BACK:
        return _UNLIKE_UNSEEN
    return _COVERED if fmean(story.continues[start:end]) >= _CALM else _PASSED


def _extra(frames: Sequence[Grey], tracks: Sequence[Track], story: Story, clock: _Clock) -> Iterator[Event]:
    """Faces that were not there and do not come in over the edge, while the main face is seen."""
    if sum(track.first <= _LATER for track in tracks) >= _CROWD:
        return
    for track in tracks:
        start, box = track.first, track.boxes[track.first]
        beside = [
            at for at in track.boxes if story.states[at] == "seen" and story.boxes[at] != track.boxes[at]
        ]
        if start == 0 or story.states[start - 1] == "before" or len(beside) < _LATER:
            continue
        same = likeness(frames[start], box, story.reference) >= _SAME
        if same or not (_at_edge(box, clock) or _there_before(frames, start, box)):
            facts = {"same_face": same}
            yield clock.event("extra_face", "suspect", (start, track.last + 1), box, facts=facts)


def _seen_elsewhere(story: Story, at: int, face: Box) -> bool:
    return story.states[at] == "seen" and story.boxes[at] != face


def _at_edge(box: Box, clock: _Clock) -> bool:
    across, down = box.middle
    return not (box.side < across < clock.width - box.side and box.side < down < clock.height - box.side)


def _there_before(frames: Sequence[Grey], start: int, box: Box) -> bool:
    """Whether the head was there a sample before its face was seen: it only turned to the camera."""
    head = box.grown(0.25)
    score, _box = found_again(frames[start - 1], head, patch_of(frames[start], head))
    return score >= _THERE_BEFORE


def _no_face(frames: Sequence[Grey], tracks: Tracks, detector: Finder) -> Seen:
    """No face was followed. Only where there was light to see and nothing at all looks like a face, the count
    is 0; elsewhere a face may be there that these cascades do not know.
    """
    seen = _nothing(NO_FACE)
    looks = [frames[len(frames) // 4], frames[len(frames) * 3 // 4]]
    dark = fmean(float(cv2.mean(grey)[0]) for grey in looks) < _DARK
    if dark or tracks.doubtful or any(detector.hint(grey) for grey in looks):
        return seen
    unmeasured = {key: why for key, why in seen.unmeasured.items() if key != "face_tracks"}
    return Seen(measures={**seen.measures, "face_tracks": 0.0}, unmeasured=unmeasured)


def _nothing(why: str) -> Seen:
    return Seen(measures=dict.fromkeys(_KEYS), unmeasured=dict.fromkeys(_KEYS, why))


def _runs(marks: Iterator[bool]) -> Iterator[Stretch]:
    """Stretches of True, the end exclusive."""
    for true, group in groupby(enumerate(marks), key=lambda pair: pair[1]):
        if true:
            places = [at for at, _mark in group]
            yield places[0], places[-1] + 1
