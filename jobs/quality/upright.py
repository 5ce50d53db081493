"""Frames turned as the file says they are shown: a phone's film lies on its side inside the file."""

from __future__ import annotations

from typing import Final

import av
from av.filter import Graph

# By how many degrees, against the clock, a frame is turned for the screen.
_TURNS: Final = {
    90: [("transpose", "cclock")],
    180: [("hflip", ""), ("vflip", "")],
    270: [("transpose", "clock")],
}


class Upright:
    """Turns every frame of a clip by the same quarter turns; a clip that stands upright costs nothing."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self.rotation = 0

    def turned(self, frame: av.VideoFrame) -> av.VideoFrame:
        """The frame as it is shown, with its own time and marks. The first one decides for all."""
        if self._graph is None:
            self.rotation = round(frame.rotation / 90) * 90 % 360
            self._graph = self._made(frame)
        if not self.rotation:
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
        for name, how in _TURNS.get(self.rotation, []):
            step = graph.add(name, how) if how else graph.add(name)
            last.link_to(step)
            last = step
        last.link_to(graph.add("buffersink"))
        graph.configure()
        return graph
