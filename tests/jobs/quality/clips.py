"""Real video files, made where a test needs one."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
FPS = 24


@cache
def _gradient(width: int, height: int) -> Picture:
    rows, columns = np.mgrid[0:height, 0:width]
    bands = [columns * 200 / width, rows * 200 / height, (rows + columns) * 100 / width]
    # Without a little grain the gradient has bands as regular as the blocks of a starved encoding.
    grain = np.random.default_rng(0).normal(0, 1.5, (height, width, 1))
    return np.asarray(np.clip(np.stack(bands, axis=-1) + grain, 0, 255), np.uint8)


def moving(index: int, width: int, height: int) -> Picture:
    """A gradient with a bright box that swings across it, 1.5 % of the width per frame at the fastest."""
    picture = _gradient(width, height).copy()
    left = round((1 - np.cos(index * 0.04)) / 2 * width * 0.75)
    picture[height // 3 : height // 2, left : left + width // 6] = 235
    return picture


def held(first: int, last: int) -> Callable[[int], int]:
    """A frame counter that stands still from the first to the last frame named."""
    return lambda index: first if first <= index <= last else index


def write_clip(
    path: Path,
    *,
    frames: int = 120,
    width: int = 640,
    height: int = 360,
    at: Callable[[int], int] = lambda index: index,
    black: range = range(0),
    codec: str = "libx264",
    light: Callable[[int], float] = lambda index: 1.0,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a clip of moving pictures; `at` says which picture a frame shows, `light` how bright it is."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream(codec, rate=FPS)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        if codec == "libx264":
            stream.options = {"preset": "veryfast"}
        for index in range(frames):
            picture = moving(at(index), width, height)
            if index in black:
                picture = np.zeros_like(picture)
            if light(index) != 1:
                picture = (picture * light(index)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path, seconds: int = 2) -> Path:
    """Write an MP4 that holds a tone and no picture."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000)
        assert isinstance(stream, av.AudioStream)
        for block in range(seconds * 48000 // 1024):
            wave = np.sin((np.arange(1024) + block * 1024) * 440 * 2 * np.pi / 48000)
            frame = av.AudioFrame.from_ndarray(wave.astype(np.float32)[None, :], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48000, block * 1024, Fraction(1, 48000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
