"""Frames turned as the file says they are shown: a phone's film lies on its side inside the file."""

from __future__ import annotations

import struct
from typing import Any, Final

import av
from av.filter import Graph

# By how many degrees, against the clock, a frame is turned for the screen; whether it is mirrored as well.
_TURNS: Final = {
    (90, False): [("transpose", "cclock")],
    (180, False): [("hflip", ""), ("vflip", "")],
    (270, False): [("transpose", "clock")],
    (0, True): [("vflip", "")],
    (90, True): [("transpose", "clock_flip")],
    (180, True): [("hflip", "")],
    (270, True): [("transpose", "cclock_flip")],
}


class Upright:
    """Turns every frame of a clip by the same quarter turns, and mirrors it where the file says so; a clip
    that stands upright costs nothing.
    """

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self.rotation = 0
        self.mirrored = False

    def turned(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame as it is shown, with its own time and marks. The first one decides for all."""
        if self._graph is None:
            self.rotation, self.mirrored = _told(frame)
            self._graph = self._made(frame)
        if not self.rotation and not self.mirrored:
            return frame
        self._graph.push(frame)
        turned = self._graph.pull()
        assert isinstance(turned, av.VideoFrame)  # noqa: S101  The graph has pictures at both ends.
        return turned

    def _made(self, frame: av.VideoFrame) -> Graph:
        graph = Graph()
        last = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        for name, how in _TURNS.get((self.rotation, self.mirrored), []):
            step = graph.add(name, how) if how else graph.add(name)
            last.link_to(step)
            last = step
        last.link_to(graph.add("buffersink"))
        graph.configure()
        return graph


def _told(frame: av.VideoFrame) -> tuple[int, bool]:
    """The turn against the clock in degrees, and whether the picture is mirrored."""
    told: Any = frame.side_data.get("DISPLAYMATRIX")
    if told is None:
        return 0, False
    matrix = struct.unpack("9i", bytes(told))
    area = matrix[0] * matrix[4] - matrix[1] * matrix[3]
    if not area:
        # Some programs leave the matrix empty.
        return 0, False
    return round(frame.rotation / 90) * 90 % 360, area < 0
