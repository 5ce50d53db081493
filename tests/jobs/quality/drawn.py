"""Drawn frames that go straight into the sampler: what the measures see of a file, without encoding one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.quality.samples import Sampler, Samples
from jobs.quality.scene import Scene, scene_of

Picture = NDArray[np.uint8]
WIDTH, HEIGHT, FPS = 320, 180, 24


@cache
def wide(seed: int = 1, width: int = 3 * WIDTH) -> Picture:
    """A wide textured picture in colour, as a camera would pan over."""
    random = np.random.default_rng(seed)
    grain = np.empty((HEIGHT, width, 3), np.float32)
    for channel in range(3):
        coarse, fine = (
            cv2.GaussianBlur(random.normal(0, 1, (HEIGHT, width)).astype(np.float32), (0, 0), sigma)
            for sigma in (12, 2)
        )
        grain[..., channel] = 32 * coarse / coarse.std() + 14 * fine / fine.std()
    return np.clip(grain + 128, 40, 215).astype(np.uint8)


def pan(index: float, speed: float = 1.0) -> Picture:
    """The view after so many frames of a steady pan, `speed` pixels each."""
    left = index * speed
    shift = np.array([[1, 0, -left], [0, 1, 0]], np.float32)
    return np.asarray(cv2.warpAffine(wide(), shift, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR), np.uint8)


def with_thing(picture: Picture, x: float, y: float = 90, radius: int = 14) -> Picture:
    """A bright disc with a dark ring on a picture."""
    drawn = picture.copy()
    middle = round(x), round(y)
    cv2.circle(drawn, middle, radius, (20, 20, 30), -1)
    cv2.circle(drawn, middle, radius - 4, (240, 235, 60), -1)
    return drawn


def flat(value: int) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), value, np.uint8)


def samples_of(frames: Iterable[Picture], fps: float = FPS) -> Samples:
    """What the decode pass keeps of these frames."""
    sampler = None
    for index, picture in enumerate(frames):
        if sampler is None:
            height, width = picture.shape[:2]
            sampler = Sampler(width, height, fps, 5.0, False)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
        sampler.see(frame, index / fps)
    assert sampler is not None
    return sampler.samples()


def scene(draw: Callable[[int], Picture], frames: int = 60, fps: float = FPS) -> Scene:
    """A drawn clip as the measures look at it."""
    return scene_of(samples_of((draw(index) for index in range(frames)), fps))
