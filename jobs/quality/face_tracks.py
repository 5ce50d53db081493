"""Following faces from sample to sample.

Faces are looked for in the whole picture once a second and from there followed forwards and backwards with
the cheap search near them, so that a clip without faces costs little and a face that comes between two
searches is known from its first sample on.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from jobs.quality.face_find import Box, Finder, Found, Grey

SEARCH_EVERY = 6
# In a crowd the largest are followed; more would cost much and say nothing more.
_MOST = 6
# Samples for which a face that is not seen is still waited for where it should be.
_PATIENCE = 2
_CLOSE, _CLOSE_PER_MISS, _GROWTH = 0.55, 0.15, 1.6
# A face is believed when it was seen this often, in this share of its own stretch, with these votes.
_LEAST_SEEN, _LEAST_SHARE, _LEAST_VOTES = 4, 0.6, 5.0
_LOOKS, _AGREEMENT = 6, 0.8


@dataclass
class Track:
    """Where one face is, by the number of the sample, and the votes for it."""

    boxes: dict[int, Box]
    votes: int

    @property
    def first(self) -> int:
        return min(self.boxes)

    @property
    def last(self) -> int:
        return max(self.boxes)

    @property
    def weight(self) -> float:
        """How much of the clip's faces this one is: seen often and large."""
        return sum(box.side for box in self.boxes.values())


@dataclass(frozen=True)
class Tracks:
    """The faces that are believed to be faces, in the order in which they appear, and how many others were
    followed for a while without being believed.
    """

    believed: list[Track]
    doubtful: int


def follow_all(frames: Sequence[Grey], finder: Finder) -> Tracks:
    """Follow every face of the samples."""
    tracks: list[Track] = []
    for index in _searched(len(frames)):
        largest_first = sorted(finder.everywhere(frames[index]), key=lambda found: -found.box.side)
        for found in largest_first:
            if len(tracks) < _MOST and not any(_covers(track, index, found.box) for track in tracks):
                track = _follow(frames, finder, index, found)
                if not _joined(tracks, track):
                    tracks.append(track)
    believed = [track for track in tracks if _believed(track) and _agreed(frames, finder, track)]
    doubtful = sum(len(track.boxes) >= _LEAST_SEEN for track in tracks) - len(believed)
    return Tracks(sorted(believed, key=lambda track: track.first), doubtful)


def _searched(count: int) -> list[int]:
    """The samples in which the whole picture is searched: every sixth and the last."""
    return sorted({*range(0, count, SEARCH_EVERY), count - 1}) if count else []


def _follow(frames: Sequence[Grey], finder: Finder, index: int, found: Found) -> Track:
    # The search near a face is the finer one: its box is the one to keep, as for all others.
    found = _nearest(finder.near(frames[index], found.box), found.box, 1) or found
    track = Track({index: found.box}, found.votes)
    for way in (1, -1):
        for at, seen in _walk(frames, finder, index, found.box, way):
            track.boxes[at] = seen.box
            track.votes += seen.votes
    return track


def _walk(
    frames: Sequence[Grey], finder: Finder, index: int, box: Box, way: int
) -> Iterator[tuple[int, Found]]:
    """The face in the samples after (`way` 1) or before (-1) one, until it is gone for some samples."""
    right = down = 0.0
    missed = 0
    at = index + way
    while 0 <= at < len(frames) and missed <= _PATIENCE:
        steps = missed + 1
        expected = box.moved(right * steps, down * steps)
        seen = _nearest(finder.near(frames[at], expected), expected, steps)
        if seen is None:
            missed += 1
        else:
            new_right, new_down = ((seen.box.middle[axis] - box.middle[axis]) / steps for axis in (0, 1))
            right, down = (right + new_right) / 2, (down + new_down) / 2
            box, missed = seen.box, 0
            yield at, seen
        at += way


def _nearest(found: Sequence[Found], expected: Box, steps: int) -> Found | None:
    reach = _CLOSE + _CLOSE_PER_MISS * steps
    near = [one for one in found if distance(one.box, expected) < reach and _like_sized(one.box, expected)]
    return min(near, key=lambda one: distance(one.box, expected), default=None)


def distance(one: Box, other: Box) -> float:
    """Between the middles, in sides of the second box."""
    return math.dist(one.middle, other.middle) / other.side


def _covers(track: Track, index: int, box: Box) -> bool:
    known = track.boxes.get(index)
    if known is None:
        # In a gap of the track the face counts as known where it was last.
        before = [at for at in track.boxes if abs(at - index) <= _PATIENCE]
        known = track.boxes[min(before, key=lambda at: abs(at - index))] if before else None
    return known is not None and _one_place(box, known)


def _one_place(one: Box, other: Box) -> bool:
    return distance(one, other) < _CLOSE and _like_sized(one, other)


def _like_sized(one: Box, other: Box) -> bool:
    return 1 / _GROWTH < one.side / other.side < _GROWTH


def _joined(tracks: Sequence[Track], new: Track) -> bool:
    """Whether the new track turned out to be a known one, met on the way: then it is taken into that."""
    for track in tracks:
        shared = track.boxes.keys() & new.boxes.keys()
        if any(_one_place(new.boxes[at], track.boxes[at]) for at in shared):
            track.boxes = new.boxes | track.boxes
            track.votes += round(new.votes * (1 - len(shared) / len(new.boxes)))
            return True
    return False


def _believed(track: Track) -> bool:
    seen = len(track.boxes)
    steady = seen >= _LEAST_SHARE * (track.last - track.first + 1)
    return seen >= _LEAST_SEEN and steady and track.votes >= _LEAST_VOTES * seen


def _agreed(frames: Sequence[Grey], finder: Finder, track: Track) -> bool:
    """Whether a second cascade and the eyes agree, on some samples spread over the track."""
    seen = sorted(track.boxes)
    looks = seen[:: max(1, len(seen) // (_LOOKS - 1))][:_LOOKS]
    return bool(np.mean([finder.agreement(frames[at], track.boxes[at]) for at in looks]) >= _AGREEMENT)
