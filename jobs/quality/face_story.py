"""What becomes of the main face, sample by sample.

The detector knows frontal faces only. Where it sees none any more, that alone says nothing: a head turns, a
hand passes, the light goes. So the place is looked at before a face is called lost: does what stands there
still look like the face, is it the side of a head, does it stand on its head, did it change from one sample
to the next into something else that then stays, or did it dissolve into what is behind it?
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from jobs.quality.face_find import Box, Finder, Grey
from jobs.quality.face_looks import Look, blend, found_again, likeness, look_of, patch_of
from jobs.quality.face_tracks import Track

# seen: a face from the front. held: no longer found, but it looks as before. turned: the side of a head.
# other: something stands there that is not this face. overturned: the face stands on its head.
# lost: nothing of it is there. out: beyond the edge, too small, too large, or too dark to tell.
State = Literal["before", "seen", "held", "turned", "other", "overturned", "lost", "out"]

_REFERENCE_SAMPLES = 6
HELD, _GOOD = 0.5, 0.8
_HEAD = 0.25
# Below the first a head became something else; above the second that something stays what it is.
_BROKEN, _STEADY = 0.5, 0.7
_PEEKS = 6
_DARK = 14.0
_SMALL_SHARE, _LARGE_SHARE = 0.075, 0.55
_EDGE = 0.55
# After this many samples a dissolve must have ended; so many of them must be blends not yet complete.
_DISSOLVES, _LEAST_BLENDS, _HALF, _ENDED = 9, 2, 0.5, 0.9


@dataclass
class Story:
    """Per sample its state, how much it looks like the face at first (None when it was not looked at), where
    it is, and how well the head there continues that of the sample before (1 while a face is seen). `steps`
    are the likenesses of each seen face with the one before.
    """

    states: list[State]
    likenesses: list[float | None]
    boxes: list[Box]
    continues: list[float]
    reference: Look
    steps: list[float] = field(default_factory=list)


def tell(frames: Sequence[Grey], boxes: dict[int, Box], finder: Finder) -> Story:
    """The story of one face whose boxes are known for some samples."""
    return _Teller(frames, boxes, finder).tell()


def one_face(tracks: Sequence[Track]) -> dict[int, Box]:
    """The boxes of the main track and of those that continue it: the same face, lost and found again, is
    never seen twice at a time.
    """
    main = max(tracks, key=lambda track: track.weight)
    boxes = dict(main.boxes)
    for track in tracks:
        if not any(track.first <= at <= track.last for at in boxes):
            boxes |= track.boxes
    return boxes


class _Teller:
    def __init__(self, frames: Sequence[Grey], boxes: dict[int, Box], finder: Finder) -> None:
        self.frames, self.known, self.finder = frames, boxes, finder
        seen = sorted(boxes)
        self.first = seen[0]
        early = [look_of(frames[at], boxes[at]) for at in seen[:_REFERENCE_SAMPLES]]
        self.reference: Look = np.mean(early, axis=0)
        count = len(frames)
        self.story = Story(
            ["before"] * count, [None] * count, [boxes[self.first]] * count, [1.0] * count, self.reference
        )

    def tell(self) -> Story:
        at = self.first
        while at < len(self.frames):
            if at in self.known:
                self._see(at)
                at += 1
            else:
                end = next((later for later in range(at, len(self.frames)) if later in self.known), None)
                self._gap(at, end if end is not None else len(self.frames))
                at = end if end is not None else len(self.frames)
        return self.story

    def _see(self, at: int) -> None:
        box = self.known[at]
        self._put(at, "seen", box, likeness(self.frames[at], box, self.reference))
        if self.story.states[at - 1] == "seen" and at > self.first:
            before = patch_of(self.frames[at - 1], self.known[at - 1])
            self.story.steps.append(found_again(self.frames[at], box, before, room=4)[0])

    def _put(self, at: int, state: State, box: Box, like: float | None = None) -> None:
        self.story.states[at], self.story.boxes[at], self.story.likenesses[at] = state, box, like

    def _gap(self, start: int, end: int) -> None:
        """The samples from `start` to before `end`, in which the detector sees no face."""
        self._walk(start, end)
        self._peek(start, end)
        if "overturned" in self.story.states[start:end]:
            return
        lost_from = self._broken(start, end)
        if lost_from is None:
            lost_from = self._dissolved(start, end)
        if lost_from is None:
            return
        for at in range(lost_from, end):
            if self.story.states[at] != "out":
                self.story.states[at] = "lost"

    def _walk(self, start: int, end: int) -> None:
        """Follow whatever stands where the face was."""
        box, pace = self.known[start - 1], self._pace(start)
        gone = False
        for at in range(start, end):
            head = patch_of(self.frames[at - 1], box.grown(_HEAD))
            expected = box.moved(*pace)
            score, followed = found_again(self.frames[at], expected.grown(_HEAD), head)
            self.story.continues[at] = score
            box = followed.grown(-_HEAD / (1 + 2 * _HEAD)) if score >= _BROKEN else expected
            gone = gone or self._beyond(at, box)
            if gone:
                self._put(at, "out", box)
            else:
                like = likeness(self.frames[at], box, self.reference)
                self._put(at, "held" if like >= HELD else "other", box, like)

    def _last_good(self, start: int) -> int:
        """The last sample before which still looked like the face: one that is half gone is no measure."""
        seen = [at for at in self.known if at < start]
        good = [at for at in seen if (self.story.likenesses[at] or 0.0) >= _GOOD]
        return max(good or seen)

    def _pace(self, start: int) -> tuple[float, float]:
        """How far the face moved per sample before it was no longer seen."""
        seen = [at for at in range(max(self.first, start - 3), start) if at in self.known]
        if len(seen) < 2:
            return 0.0, 0.0
        early, late = self.known[seen[0]].middle, self.known[seen[-1]].middle
        span = seen[-1] - seen[0]
        return (late[0] - early[0]) / span, (late[1] - early[1]) / span

    def _beyond(self, at: int, box: Box) -> bool:
        """Whether a face there could not be seen: at the edge, too small or large, or in the dark."""
        height, width = self.frames[at].shape
        across, down = box.middle
        reach = box.side * _EDGE
        edge = not (reach < across < width - reach and reach < down < height - reach)
        sized = _SMALL_SHARE < box.side / max(width, height) < _LARGE_SHARE
        return edge or not sized or float(patch_of(self.frames[at], box).mean()) < _DARK

    def _peek(self, start: int, end: int) -> None:
        """Look for the side of a head and for an overturned face, in a few samples of the gap."""
        open_to = [at for at in range(start, end) if self.story.states[at] == "other"]
        looks = open_to[:: max(1, len(open_to) // _PEEKS)][:_PEEKS]
        for name, look in (("overturned", self.finder.upside_down), ("turned", self.finder.from_the_side)):
            hits = sum(look(self.frames[at], self.story.boxes[at]) for at in looks)
            if hits and 2 * hits >= len(looks):
                for at in open_to:
                    self.story.states[at] = "overturned" if name == "overturned" else "turned"
                return

    def _broken(self, start: int, end: int) -> int | None:
        """The sample at which the head was suddenly replaced by something that then stays as it is."""
        for at in range(start, end):
            steady = at + 1 == end or self.story.continues[at + 1] >= _STEADY
            if self.story.continues[at] < _BROKEN and steady:
                return at
        return None

    def _dissolved(self, start: int, end: int) -> int | None:
        """The sample from which on more is seen of what comes after than of the face, if it dissolved."""
        good = self._last_good(start)
        after = min(end - 1, start + _DISSOLVES)
        if self.story.states[after] not in {"other", "turned"}:
            return None
        old = patch_of(self.frames[good], self.known[good])
        new = patch_of(self.frames[after], self.story.boxes[after])
        shares = {
            at: blend(patch_of(self.frames[at], self.story.boxes[at]), old, new)
            for at in range(good + 1, after)
        }
        blends = {at: share for at, share in shares.items() if share is not None and share < _ENDED}
        if len(blends) < _LEAST_BLENDS:
            return None
        return max(start, min((at for at, share in blends.items() if share >= _HALF), default=start))
