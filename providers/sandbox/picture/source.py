"""Pictures and clips that a request brings along."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from providers.sandbox.picture.draw import Floats
from providers.sandbox.picture.stage import Picture, View


class UnreadableSource(ValueError):
    """The bytes are no picture or clip that can be decoded."""


def still(path: Path) -> Picture:
    """The picture in a file, filling any asked size, its edges cut where the shapes differ."""

    def fill(width: int, height: int) -> Floats:
        frame = _first_frame(path)
        share = max(width / frame.width, height / frame.height)
        wide, tall = max(width, round(frame.width * share)), max(height, round(frame.height * share))
        pixels = frame.reformat(wide, tall, format="rgb24", interpolation="BICUBIC").to_ndarray()
        left, top = (wide - width) // 2, (tall - height) // 2
        return np.asarray(pixels[top : top + height, left : left + width] / 255, np.float32)

    return fill


def _first_frame(path: Path) -> av.VideoFrame:
    try:
        with av.open(str(path)) as opened:
            return next(opened.decode(video=0))
    except (av.FFmpegError, OSError, StopIteration, IndexError) as error:
        raise UnreadableSource(f"no picture could be decoded ({type(error).__name__})") from None


def check(path: Path) -> tuple[int, int]:
    """The size of the first picture in a file. Raises `UnreadableSource`."""
    frame = _first_frame(path)
    return frame.width, frame.height


def footage(path: Path, width: int, height: int, frames: int, fps: int) -> Iterator[View]:
    """The frames of a clip in the asked size; its last one again where it is too short."""
    last: View | None = None
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        rate = float(stream.average_rate or fps)
        shown = 0
        for index, frame in enumerate(itertools.islice(opened.decode(stream), 6000)):
            last = _planes(frame, width, height)
            while shown < frames and shown / fps <= index / rate:
                yield _copy(last)
                shown += 1
            if shown >= frames:
                return
    while last is not None and shown < frames:
        yield _copy(last)
        shown += 1


def _planes(frame: av.VideoFrame, width: int, height: int) -> View:
    flat = frame.reformat(width, height, format="yuv420p").to_ndarray().astype(np.uint8, copy=False)
    quarter = height // 2 * (width // 2)
    rest = flat.reshape(-1)[width * height :]
    luma = flat.reshape(-1)[: width * height].reshape(height, width)
    return (
        luma,
        rest[:quarter].reshape(height // 2, width // 2),
        rest[quarter:].reshape(height // 2, width // 2),
    )


def _copy(view: View) -> View:
    return view[0].copy(), view[1].copy(), view[2].copy()
