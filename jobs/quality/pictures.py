"""Poster and filmstrip, made from frames of the one decode pass."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

TILE_EVERY_S = 0.5
LEAST_TILES, MOST_TILES = 12, 60
TILE_WIDTH, TILE_HEIGHT = 160, 90
POSTER_SIDE = 1280
# A poster is taken from so much of the clip: what comes late gives its end away.
POSTER_SHARE = 0.6
DARK_LEVELS, FLAT_LEVELS = 24.0, 8.0
# The JPEG quantiser of FFmpeg's encoder, 2 (best) to 31: 5 is visually clean.
JPEG_QUALITY = 5


@dataclass(frozen=True)
class _Tile:
    at_s: float
    picture: NDArray[np.uint8]


@dataclass
class _Shown:
    """The frame on the screen, and its tile once one is due."""

    frame: av.VideoFrame
    grey: Grey
    tile: NDArray[np.uint8] | None = None


class Pictures:
    """Collects tiles and the clearest poster as the frames go by; holds small pictures, the poster's frame
    and the one on the screen.

    `told_s` is the length the file says it has. What it has is known at the end, and `filmstrip` spreads its
    tiles over that.
    """

    def __init__(self, told_s: float) -> None:
        self._step = told_s / tiles_for(told_s) if told_s > 0 else TILE_EVERY_S
        self._told_s = told_s
        self._tiles: list[_Tile] = []
        self._due_s = self._step / 2
        self._shown: _Shown | None = None
        self._poster: av.VideoFrame | None = None
        self._best = (False, False, -1.0)
        self._small, self._large = VideoReformatter(), VideoReformatter()

    def see(self, frame: av.VideoFrame, at_s: float, grey: Grey) -> None:
        """Take one frame in, shown at a second of the clip, with its small grey copy."""
        # A tile shows what is on the screen at its moment, however long the frame before lasts.
        self._take_until(at_s)
        self._shown = _Shown(frame, grey)

    def filmstrip(self, duration_s: float) -> tuple[bytes, int]:
        """One row of tiles spread evenly over the clip's length, as a JPEG, and how many there are."""
        self._take_until(max(duration_s, self._due_s + 1e-3))
        if not self._tiles:
            return b"", 0
        count = tiles_for(duration_s)
        times = np.array([tile.at_s for tile in self._tiles])
        chosen = [int(np.abs(times - (place + 0.5) * duration_s / count).argmin()) for place in range(count)]
        row = np.concatenate([self._tiles[index].picture for index in chosen], axis=1)
        sheet = av.VideoFrame.from_ndarray(row, format="rgb24")
        return encode_jpeg(sheet.reformat(format="yuvj420p", threads=1)), count

    def poster(self) -> bytes:
        """The clearest of the tiles' frames as a JPEG of at most 1280 pixels on its long side."""
        return b"" if self._poster is None else encode_jpeg(self._poster_of(self._poster))

    def _take_until(self, at_s: float) -> None:
        shown = self._shown
        while shown is not None and self._due_s < at_s - 1e-6:
            if shown.tile is None:
                shown.tile = self._tile(shown.frame)
                self._consider(shown)
            self._tiles.append(_Tile(self._due_s, shown.tile))
            self._due_s += self._step
            self._thin()

    def _thin(self) -> None:
        """Of a clip that is much longer than it says, every second tile is let go."""
        if len(self._tiles) > 4 * MOST_TILES:
            self._tiles = self._tiles[::2]
            self._step *= 2

    def _consider(self, shown: _Shown) -> None:
        early = self._due_s <= POSTER_SHARE * self._told_s
        worth = (not _is_dark(shown.grey), early, _detail(shown.grey))
        if worth > self._best:
            self._best, self._poster = worth, shown.frame

    def _tile(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        width, height = fitted(frame.width, frame.height, TILE_WIDTH, TILE_HEIGHT)
        small = self._small.reformat(
            frame, width, height, format="rgb24", interpolation="AREA", threads=1
        ).to_ndarray()
        tile: NDArray[np.uint8] = np.zeros((TILE_HEIGHT, TILE_WIDTH, 3), np.uint8)
        top, left = (TILE_HEIGHT - height) // 2, (TILE_WIDTH - width) // 2
        tile[top : top + height, left : left + width] = small
        return tile

    def _poster_of(self, frame: av.VideoFrame) -> av.VideoFrame:
        scale = min(1.0, POSTER_SIDE / max(frame.width, frame.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
        return self._large.reformat(frame, width, height, format="yuvj420p", interpolation="AREA", threads=1)


def tiles_for(duration_s: float) -> int:
    """How many tiles a clip of this length has: one each half second, within bounds."""
    return min(MOST_TILES, max(LEAST_TILES, math.ceil(duration_s / TILE_EVERY_S - 1e-6)))


def fitted(width: int, height: int, most_wide: int, most_high: int) -> tuple[int, int]:
    """The even size of a picture scaled to fit into a box."""
    scale = min(most_wide / width, most_high / height)
    return max(2, int(width * scale / 2) * 2), max(2, int(height * scale / 2) * 2)


def _is_dark(grey: Grey) -> bool:
    return bool(grey.mean() < DARK_LEVELS or grey.std() < FLAT_LEVELS)


def _detail(grey: Grey) -> float:
    picture = grey.astype(np.float32)
    return float(np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean())


def encode_jpeg(frame: av.VideoFrame) -> bytes:
    """A full-range yuvj420p frame as the bytes of a JPEG file."""
    encoder = av.CodecContext.create("mjpeg", "w")
    if not isinstance(encoder, av.VideoCodecContext):
        raise TypeError("the MJPEG encoder is missing from this build of FFmpeg")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base, encoder.qmin, encoder.qmax = Fraction(1, 25), JPEG_QUALITY, JPEG_QUALITY
    frame.pts = 0
    packets = [*encoder.encode(frame), *encoder.encode(None)]
    return b"".join(bytes(packet) for packet in packets)
