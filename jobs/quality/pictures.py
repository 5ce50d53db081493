"""Poster and filmstrip, made from frames of the one decode pass."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

TILES = 12
TILE_WIDTH, TILE_HEIGHT = 160, 90
POSTER_SIDE = 1280
# The JPEG quantiser of FFmpeg's encoder, 2 (best) to 31: 5 is visually clean.
JPEG_QUALITY = 5


class Pictures:
    """Collects tiles and the clearest poster as the frames go by; holds a dozen small pictures and one
    large.
    """

    def __init__(self, duration_s: float) -> None:
        self._step = max(duration_s, 0.01) / TILES
        self._tiles: list[NDArray[np.uint8]] = []
        self._poster: av.VideoFrame | None = None
        self._best = -1.0
        self._small, self._large = VideoReformatter(), VideoReformatter()

    def see(self, frame: av.VideoFrame, at_s: float, grey: NDArray[np.uint8]) -> None:
        """Look at one frame; keep it when its tile's moment has come (the middle of each twelfth)."""
        if len(self._tiles) >= TILES or at_s + 1e-6 < (len(self._tiles) + 0.5) * self._step:
            return
        worth = _worth(grey, len(self._tiles))
        self._tiles.append(self._tile(frame))
        if worth > self._best:
            self._best, self._poster = worth, self._poster_of(frame)

    def filmstrip(self) -> tuple[bytes, int]:
        """One row of tiles as a JPEG, and how many there are."""
        if not self._tiles:
            return b"", 0
        sheet = av.VideoFrame.from_ndarray(np.concatenate(self._tiles, axis=1), format="rgb24")
        return encode_jpeg(sheet.reformat(format="yuvj420p")), len(self._tiles)

    def poster(self) -> bytes:
        """The clearest of the tiles' frames as a JPEG of at most 1280 pixels on its long side."""
        return b"" if self._poster is None else encode_jpeg(self._poster)

    def _tile(self, frame: av.VideoFrame) -> NDArray[np.uint8]:
        width, height = fitted(frame.width, frame.height, TILE_WIDTH, TILE_HEIGHT)
        small = self._small.reformat(frame, width, height, format="rgb24", interpolation="AREA").to_ndarray()
        tile: NDArray[np.uint8] = np.zeros((TILE_HEIGHT, TILE_WIDTH, 3), np.uint8)
        top, left = (TILE_HEIGHT - height) // 2, (TILE_WIDTH - width) // 2
        tile[top : top + height, left : left + width] = small
        return tile

    def _poster_of(self, frame: av.VideoFrame) -> av.VideoFrame:
        scale = min(1.0, POSTER_SIDE / max(frame.width, frame.height))
        width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
        return self._large.reformat(frame, width, height, format="yuvj420p", interpolation="AREA")


def fitted(width: int, height: int, most_wide: int, most_high: int) -> tuple[int, int]:
    """The even size of a picture scaled to fit into a box."""
    scale = min(most_wide / width, most_high / height)
    return max(2, int(width * scale / 2) * 2), max(2, int(height * scale / 2) * 2)


def _worth(grey: NDArray[np.uint8], tile: int) -> float:
    """How well a frame stands for its clip: much detail, not dark, and rather from the first two thirds."""
    picture = grey.astype(np.float32)
    detail = float(np.abs(np.diff(picture, axis=0)).mean() + np.abs(np.diff(picture, axis=1)).mean())
    if picture.mean() < 24 or picture.std() < 8:
        detail *= 0.2
    return detail * (1.1 if 1 <= tile < TILES * 2 // 3 else 1.0)


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
