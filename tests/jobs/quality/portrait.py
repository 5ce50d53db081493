"""Moving pictures of one photographed face (the portrait that scikit-image brings along), in grey and six a
second, as the checks see them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import skimage
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Samples = tuple[tuple[float, Grey], ...]
HZ = 6
WIDTH, HEIGHT = 480, 270
# The middle of the face in the photograph, and how wide and high head and face are around it.
FACE = (224, 112)
_HEAD, _FEATURES = (95, 120), (46, 60)


@cache
def photograph() -> Grey:
    picture: Grey = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    return _grey(picture)


@cache
def cat() -> Grey:
    picture: Grey = skimage.data.chelsea()  # type: ignore[no-untyped-call]
    return _grey(picture)


@cache
def strangers() -> NDArray[np.uint8]:
    """A hundred faces of other people, 25 pixels wide."""
    folder = Path(os.fspath(skimage.__file__)).parent / "data"
    faces: NDArray[np.float64] = np.load(folder / "lfw_subset.npy")[:100]
    return _bytes(np.clip(faces * 255, 0, 255))


@cache
def empty_room() -> Grey:
    """The photograph without the head: what stood behind it goes on."""
    small = cv2.resize(photograph(), (256, 256))
    hole = np.zeros_like(small)
    cv2.ellipse(hole, (111, 48), (44, 54), 0, 0, 360, 255, -1)
    filled = cv2.inpaint(small, hole, 5, cv2.INPAINT_TELEA)
    return _bytes(cv2.resize(filled, (512, 512)))


def blended(one: Grey, other: Grey, share: float, area: tuple[int, int] = _FEATURES) -> Grey:
    """The second picture laid over the face of the first, softly at the rim."""
    rows, columns = np.mgrid[0:512, 0:512]
    far = ((columns - FACE[0]) / area[0]) ** 2 + ((rows - FACE[1]) / area[1]) ** 2
    mask = np.exp(-(far**2)) * share
    return _bytes(one * (1 - mask) + other * mask)


def with_the_face_of(stranger: int, share: float = 1.0) -> Grey:
    side = 130
    face = cv2.resize(strangers()[stranger], (side, side), interpolation=cv2.INTER_CUBIC)
    other = photograph().copy()
    left, top = FACE[0] - side // 2, FACE[1] - side // 2 + 3
    other[top : top + side, left : left + side] = face
    return blended(photograph(), other, share)


def melted(strength: float, phase: float) -> Grey:
    rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
    right = columns + strength * (np.sin(rows / 17 + phase) + 0.6 * np.sin(columns / 23 + phase))
    down = rows + strength * np.sin(columns / 14 + phase)
    bent = cv2.remap(
        photograph(), right.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    )  # fmt: skip
    return blended(photograph(), _bytes(bent), 1.0, _HEAD)


def overturned() -> Grey:
    turn = cv2.getRotationMatrix2D(FACE, 180, 1)
    return blended(photograph(), _bytes(cv2.warpAffine(photograph(), turn, (512, 512))), 1.0, (60, 75))


def turned(degrees: float) -> Grey:
    """The head as a cylinder, turned about its axis."""
    rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
    radius = 95
    place = np.clip((columns - FACE[0]) / radius, -1, 1)
    angle = np.clip(np.arcsin(place) + np.radians(degrees), -np.pi / 2, np.pi / 2)
    source = np.where(np.abs(place) < 1, FACE[0] + radius * np.sin(angle), columns)
    head = cv2.remap(photograph(), source.astype(np.float32), rows, cv2.INTER_LINEAR)
    return blended(photograph(), _bytes(head), 1.0, (85, 110))


def covered() -> Grey:
    """A hand before the face."""
    picture = photograph().copy()
    cv2.ellipse(picture, (FACE[0], FACE[1] + 8), (40, 52), 15, 0, 360, 150, -1)
    for finger in range(4):
        cv2.line(picture, (196 + finger * 18, 100), (192 + finger * 19, 48), 140 + 6 * finger, 15)
    return _bytes(cv2.GaussianBlur(picture, (0, 0), 1.2))


def shown(
    at: Callable[[int], Grey],
    *,
    samples: int = 24,
    middle: Callable[[int], float] = lambda index: 236 + index,
    light: float = 1.0,
    mirrored: bool = False,
) -> Samples:
    """What the decode pass would hand on of a clip in which the camera moves over the pictures."""
    frames = [_framed(at(index), middle(index), light, mirrored, index) for index in range(samples)]
    return sampled(frames)


def sampled(frames: list[Grey]) -> Samples:
    return tuple((index / HZ, frame) for index, frame in enumerate(frames))


def panned(picture: Grey, samples: int = 24) -> Samples:
    """A picture of anything, with the camera moving over it."""
    scale = max(WIDTH / picture.shape[1], HEIGHT / picture.shape[0]) * 1.2
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return sampled([_bytes(large[:HEIGHT, index : index + WIDTH]) for index in range(samples)])


def _framed(picture: Grey, middle: float, light: float, mirrored: bool, index: int) -> Grey:
    scale = 1.1 * WIDTH / 512
    move = np.array([[scale, 0, WIDTH / 2 - middle * scale], [0, scale, HEIGHT / 2 - 150 * scale]])
    frame = cv2.warpAffine(picture, move, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE) * light
    grain = np.random.default_rng(index).normal(0, 1.2, frame.shape)
    noisy = np.clip(frame + grain, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(noisy[:, ::-1]) if mirrored else noisy


def _grey(colour: NDArray[np.uint8]) -> Grey:
    return _bytes(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY))


def _bytes(picture: NDArray[np.generic]) -> Grey:
    return picture.astype(np.uint8)
