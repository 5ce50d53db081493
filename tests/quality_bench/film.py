"""A clip before it is a file: any frame of it on demand, and the writing of the file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]
AnyFloats = NDArray[np.floating[Any]]
# The long side for which all distances in the scenes are written.
DRAWN_FOR = 1280


@dataclass(frozen=True)
class Size:
    """Pixels. `unit` is the length of one pixel of the drawing board in pixels of this size."""

    width: int
    height: int

    @property
    def unit(self) -> float:
        return max(self.width, self.height) / DRAWN_FOR


HD = Size(1280, 720)


@dataclass(frozen=True)
class Film:
    """`at` gives any frame; the same number always gives the same picture (RGB)."""

    size: Size
    fps: int
    count: int
    at: Callable[[int], Picture]

    @property
    def seconds(self) -> float:
        return self.count / self.fps

    def showing(self, at: Callable[[int], Picture]) -> Film:
        """The same film with other pictures."""
        return replace(self, at=at)

    def played(self, order: Callable[[int], int]) -> Film:
        """The same pictures in another order: `order` says which one a frame shows."""
        return self.showing(lambda index: self.at(order(index)))


def as_picture(values: Any) -> Picture:
    """Any array in the range of a picture's grey levels."""
    picture: Picture = np.clip(values, 0, 255).astype(np.uint8)
    return picture


def write(film: Film, path: Path, encoding: Mapping[str, str]) -> None:
    """Encode as H.264 in an MP4; the file appears only when it is whole."""
    part = path.with_suffix(".part")
    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=film.fps)
        stream.width, stream.height, stream.pix_fmt = film.size.width, film.size.height, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.options = dict(encoding)
        for index in range(film.count):
            frame = av.VideoFrame.from_ndarray(film.at(index), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    part.rename(path)
