"""One frame of any picture track as browsers' H.264 has it: upright, square pixels, 8 bits, BT.709."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.filter import Graph

from jobs.media import bright
from jobs.quality.upright import Upright

# The numbers of Rec. ITU-T H.273, as frames carry them.
_BT709, _LIMITED, _FULL = 1, 1, 2
_MATRICES: Final = {
    1: "bt709",
    4: "fcc",
    5: "bt470",
    6: "smpte170m",
    7: "smpte240m",
    9: "bt2020",
    10: "bt2020",
}
_CURVES: Final[dict[int, bright.Curve]] = {16: "pq", 18: "hlg"}
# Where a file does not say how its colours are meant, players take pictures of so many lines for BT.709.
_HD_LINES: Final = 720


class Reshaper:
    """Brings every frame of a copy to one size, upright, in the colours that `tag` writes down."""

    def __init__(self, first: av.VideoFrame, stream: av.VideoStream, lines: int, folder: Path) -> None:
        """`first` says how all frames are meant; `lines` is the most that the short side may have. A table of
        colours may be written into the folder.
        """
        self._upright = Upright()
        upright = self._upright.turned(first)
        pixel = stream.sample_aspect_ratio or Fraction(1)
        turned = self._upright.rotation % 180 == 90
        self.width, self.height = _size(upright, 1 / pixel if turned else pixel, lines)
        self._graph = Graph()
        self._graph.threads = 1
        came = self._graph.add_buffer(
            width=upright.width, height=upright.height, format=upright.format, time_base=upright.time_base
        )
        filters = [*_scaled(first, self.width, self.height, folder), ("setsar", "1"), ("format", "yuv420p")]
        steps = [self._graph.add(name, how) for name, how in [*filters, ("buffersink", "")]]
        self._graph.link_nodes(came, *steps).configure()

    def shape(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame as the copy shows it, with its time."""
        self._graph.vpush(self._upright.turned(frame))
        return self._graph.vpull()

    @staticmethod
    def tag(context: av.VideoCodecContext) -> None:
        """Write the colours down, so that no player has to guess them from the size."""
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED


def _size(upright: av.VideoFrame, pixel: Fraction, lines: int) -> tuple[int, int]:
    """Width and height: even, of square pixels, never more than there were."""
    wide, high = upright.width * pixel, Fraction(upright.height)
    shrink = min(Fraction(1), lines / min(wide, high))
    return max(2, int(wide * shrink) // 2 * 2), max(2, int(high * shrink) // 2 * 2)


def _scaled(first: av.VideoFrame, wide: int, high: int, folder: Path) -> list[tuple[str, str]]:
    words = {"w": str(wide), "h": str(high), "flags": "bicubic+accurate_rnd+full_chroma_int"}
    if not first.format.is_rgb:
        full = first.color_range == _FULL or first.format.name.startswith("yuvj")
        words |= {"in_color_matrix": _matrix(first), "in_range": "pc" if full else "tv"}
    plain = "out_color_matrix=bt709:out_range=tv"
    curve = _CURVES.get(first.color_trc)
    if curve is None:
        return [("scale", f"{_joined(words)}:{plain}")]
    table = folder / "colours.cube"
    bright.write_table(curve, table)
    return [
        ("scale", _joined(words)),
        ("format", "gbrp16"),
        ("lut3d", f"file={_escaped(table)}"),
        ("scale", plain),
    ]


def _escaped(path: Path) -> str:
    """A path as an option of a filter: three characters mean something there."""
    return "".join(f"\\{one}" if one in "\\:'" else one for one in str(path))


def _joined(words: dict[str, str]) -> str:
    return ":".join(f"{name}={value}" for name, value in words.items())


def _matrix(first: av.VideoFrame) -> str:
    unsaid = "bt709" if min(first.width, first.height) >= _HD_LINES else "smpte170m"
    return _MATRICES.get(first.colorspace, unsaid)
