"""Finding faces with the cascades that OpenCV 4 brings along. They know frontal faces of people only.

OpenCV 5 has neither the classifier nor its files, so it is asked for both: without them there is no finder,
and every measure of faces is "not measured".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

_FRONTAL, _SECOND = "haarcascade_frontalface_alt2.xml", "haarcascade_frontalface_default.xml"
_EYE, _PROFILE = "haarcascade_eye.xml", "haarcascade_profileface.xml"
# The first cascade knows nothing below 20 pixels. The shares are of the picture's long side.
_LEAST = 20
_LEAST_SHARE, _MOST_SHARE = 1 / 16, 0.6
# Near a known face the picture is brought to the size at which that face is this wide.
_NEAR_SIDE, _CLOSE_SIDE = 44, 160
_NEAR_ROOM, _CLOSE_ROOM = 0.7, 0.35
_NEIGHBOURS = 3


class Box(NamedTuple):
    """A square around a face: its upper left corner and its side, in pixels of the face frames."""

    x: float
    y: float
    side: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.side / 2, self.y + self.side / 2

    def grown(self, share: float) -> Box:
        """The same square with a margin of a share of its side."""
        margin = self.side * share
        return Box(self.x - margin, self.y - margin, self.side + 2 * margin)

    def moved(self, right: float, down: float) -> Box:
        return Box(self.x + right, self.y + down, self.side)


class Found(NamedTuple):
    """A face that the first cascade reports, and how many of its windows agree."""

    box: Box
    votes: int


@cache
def finder() -> Finder | None:
    """The cascades, loaded once; None where this OpenCV has none."""
    folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
    paths = [folder / name for name in (_FRONTAL, _SECOND, _EYE, _PROFILE)]
    if not hasattr(cv2, "CascadeClassifier") or not all(path.is_file() for path in paths):
        return None
    return Finder(*(cv2.CascadeClassifier(str(path)) for path in paths))


@dataclass(frozen=True)
class Finder:
    """Four cascades: faces from the front, the same again, an eye, faces from the side."""

    frontal: Any
    second: Any
    eye: Any
    profile: Any

    def everywhere(self, grey: Grey) -> list[Found]:
        """Faces in the whole picture, from a sixteenth of its long side on."""
        side = max(grey.shape)
        least = max(_LEAST, round(side * _LEAST_SHARE))
        return _search(self.frontal, _even(grey), 1.2, least, side * _MOST_SHARE)

    def near(self, grey: Grey, box: Box) -> list[Found]:
        """Faces of about the same size around a known one."""
        return self._around(grey, box, lambda patch: patch, self.frontal)

    def from_the_side(self, grey: Grey, box: Box) -> bool:
        """Whether a face turned to either side is near the box."""
        return any(self._around(grey, box, turn, self.profile) for turn in (lambda patch: patch, _mirrored))

    def hint(self, grey: Grey) -> bool:
        """Whether anything at all might be a face: a small one, or one from the side on a smaller copy."""
        if _search(self.frontal, _even(grey), 1.15, _LEAST, max(grey.shape) / 6, 2):
            return True
        small = _even(_resized(grey, 0.5))
        return any(
            _search(self.profile, np.ascontiguousarray(side), 1.2, _LEAST, max(small.shape))
            for side in (small, _mirrored(small))
        )

    def upside_down(self, grey: Grey, box: Box) -> bool:
        """Whether a face stands on its head in or near the box."""
        return bool(self._around(grey, box, _overturned, self.frontal))

    def agreement(self, grey: Grey, box: Box) -> float:
        """How much else sees a face there, enlarged: 1 for the second cascade, 0.5 for each eye."""
        patch, _corner = _cut(grey, box.grown(_CLOSE_ROOM))
        if min(patch.shape) < 12:
            return 0.0
        share = _CLOSE_SIDE / patch.shape[1]
        close = _even(_resized(patch, share))
        side = box.side * share
        face = _search(self.second, close, 1.1, side * 0.6, side * 1.5, 2)
        eyes = _search(
            self.eye, close[int(len(close) * 0.15) : int(len(close) * 0.6)], 1.1, side * 0.1, side * 0.4, 2
        )
        return float(bool(face)) + 0.5 * min(2, len(eyes))

    def _around(self, grey: Grey, box: Box, turn: Callable[[Grey], Grey], cascade: Any) -> list[Found]:
        patch, (left, top) = _cut(grey, box.grown(_NEAR_ROOM))
        share = min(1.5, _NEAR_SIDE / box.side)
        if min(patch.shape) * share < _LEAST + 4:
            return []
        side = box.side * share
        small = np.ascontiguousarray(turn(_even(_resized(patch, share))))
        found = _search(cascade, small, 1.1, max(_LEAST, side * 0.65), side * 1.55)
        return [one._replace(box=one.box.moved(left, top)) for one in _scaled(found, 1 / share)]


def _search(
    cascade: Any, grey: Grey, step: float, least: float, most: float, votes: int = _NEIGHBOURS
) -> list[Found]:
    if min(grey.shape) < least:
        return []
    boxes, counts = cascade.detectMultiScale2(
        grey, step, votes, minSize=(round(least),) * 2, maxSize=(round(most) + 1,) * 2
    )
    rows: Sequence[Any] = boxes if len(boxes) else ()
    return [
        Found(Box(float(row[0]), float(row[1]), float(row[2])), int(count))
        for row, count in zip(rows, counts if len(rows) else (), strict=True)
    ]


def _scaled(found: list[Found], by: float) -> list[Found]:
    return [Found(Box(*(by * value for value in one.box)), one.votes) for one in found]


def _cut(grey: Grey, box: Box) -> tuple[Grey, tuple[int, int]]:
    """The part of the picture in the box, and its corner."""
    left, top = max(0, int(box.x)), max(0, int(box.y))
    patch = grey[top : max(top, int(box.y + box.side)), left : max(left, int(box.x + box.side))]
    return patch, (left, top)


def _resized(grey: Grey, share: float) -> Grey:
    if share == 1.0:
        return grey
    how = cv2.INTER_AREA if share < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, None, fx=share, fy=share, interpolation=how).astype(np.uint8, copy=False)


def _even(grey: Grey) -> Grey:
    return cv2.equalizeHist(grey).astype(np.uint8, copy=False)


def _mirrored(grey: Grey) -> Grey:
    return grey[:, ::-1]


def _overturned(grey: Grey) -> Grey:
    return grey[::-1]
