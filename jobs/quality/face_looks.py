"""What a face looks like, as a small picture whose light is evened out, and how alike two of them are.

The evened picture keeps eyes, brows, nose and mouth and drops how the light falls: with it two people differ
clearly (0.45 and less), one person in other light does not (0.7 and more). A head that turns or tilts lies
between.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.quality.face_find import Box, Grey

Look = NDArray[np.float32]

SIDE = 48
# Boxes of one face differ by a few pixels from sample to sample: looks are compared over shifts and tilts.
_MARGIN = 6
# Hair and background reach into the box: what is compared is its middle, from the brows to the chin.
_FEATURES = np.s_[8:46, 8:40]
_TILTS = (-12.0, -6.0, 6.0, 12.0)
_SURE = 0.75
_SPREAD, _FLOOR = 6.0, 6.0


def look_of(grey: Grey, box: Box, *, room: int = 0) -> Look:
    """The face in the box, 48 pixels wide, with its light evened out; `room` more pixels on every side."""
    return _evened(patch_of(grey, box, room=room))


def patch_of(grey: Grey, box: Box, *, room: int = 0, tilt: float = 0.0) -> Look:
    """The same with its own light; `tilt` in degrees."""
    size, share = SIDE + 2 * room, SIDE / box.side
    turn = cv2.getRotationMatrix2D(box.middle, tilt, share)
    turn[:, 2] = turn[:, 2] + size / 2 - np.array(box.middle)
    return cv2.warpAffine(
        grey, turn, (size, size), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
    ).astype(np.float32)


def likeness(grey: Grey, box: Box, reference: Look) -> float:
    """How much the face in the box looks like the reference, at its best shift and tilt: 1 is the same."""
    features = np.ascontiguousarray(reference[_FEATURES])
    best = _best(_middle(_evened(patch_of(grey, box, room=_MARGIN))), features)[0]
    if best >= _SURE:
        return best
    tilted = (_evened(patch_of(grey, box, room=_MARGIN, tilt=tilt)) for tilt in _TILTS)
    return max(best, *(_best(_middle(look), features)[0] for look in tilted))


def found_again(grey: Grey, around: Box, patch: Look, *, room: int = 16) -> tuple[float, Box]:
    """Where near a box the patch fits best, how well (-1 to 1), and the box moved there."""
    score, (right, down) = _best(patch_of(grey, around, room=room), patch)
    share = around.side / SIDE
    return score, around.moved((right - room) * share, (down - room) * share)


def blend(middle: Look, before: Look, after: Look) -> float | None:
    """The share of `after` in a picture that is a blend of two others; None when it is no such blend.

    A face that dissolves is a blend of itself and what comes after; a face that turns or speaks never is.
    """
    columns = np.stack([before.ravel(), after.ravel(), np.ones(before.size, np.float32)], axis=1)
    weights, *_ = np.linalg.lstsq(columns, middle.ravel(), rcond=None)
    left = middle.ravel() - columns @ weights
    explained = 1 - float(left.var() / max(1e-3, middle.var()))
    old, new = float(weights[0]), float(weights[1])
    if explained < 0.9 or min(old, new) < 0.1 or not 0.7 < old + new < 1.3:
        return None
    return new / (old + new)


def _evened(patch: Look) -> Look:
    light = cv2.GaussianBlur(patch, (0, 0), _SPREAD)
    detail = patch - light
    contrast = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), _SPREAD))
    evened: Look = (detail / (contrast + _FLOOR)).astype(np.float32)
    return evened


def _middle(look: Look) -> Look:
    """The part of a look with room in which the features can lie."""
    rows, columns = _FEATURES
    return look[rows.start : rows.stop + 2 * _MARGIN, columns.start : columns.stop + 2 * _MARGIN]


def _best(look: Look, reference: Look) -> tuple[float, tuple[int, int]]:
    scores = cv2.matchTemplate(look, reference, cv2.TM_CCOEFF_NORMED)
    _low, best, _low_at, at = cv2.minMaxLoc(scores)
    return float(best), (int(at[0]), int(at[1]))
