"""The sound of a copy: AAC of one or two channels, as far from the pictures as it was in the original."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Final

import av
from av.container import OutputContainer
from av.filter import Graph

_RATE: Final = 48_000


class Sound:
    """Writes one sound track to a copy whose pictures begin at `begins_s` of the original's time.

    Silence fills what is missing at the beginning and in gaps; what lies before the first picture is cut off.
    """

    def __init__(self, target: OutputContainer, source: av.AudioStream, begins_s: Fraction) -> None:
        self._target = target
        # Two channels made of one would be quieter than the one is in a player.
        self._layout = "mono" if source.codec_context.layout.nb_channels == 1 else "stereo"
        self._first = round(begins_s * _RATE)
        self._track = target.add_stream("aac", rate=_RATE, layout=self._layout)
        self._graph: Graph | None = None

    def take(self, packet: av.Packet[Any]) -> None:
        """One packet of the track. A damaged one is left out: the pictures do not wait for it."""
        try:
            frames = packet.decode()
        except av.FFmpegError:
            return
        for frame in frames:
            if isinstance(frame, av.AudioFrame) and frame.pts is not None:
                self._graph = self._graph or self._made_for(frame)
                self._graph.push(frame)
                self._write(self._graph)

    def end(self) -> None:
        """Write what is still on its way."""
        if self._graph is not None:
            self._graph.push(None)
            self._write(self._graph)
        self._target.mux(self._track.encode(None))

    def _made_for(self, frame: av.AudioFrame) -> Graph:
        graph = Graph()
        graph.threads = 1
        heard = graph.add_abuffer(
            format=frame.format.name,
            sample_rate=frame.sample_rate,
            layout=frame.layout.name,
            time_base=frame.time_base,
        )
        even = graph.add("aresample", f"{_RATE}:async=1:first_pts={self._first}")
        form = graph.add("aformat", f"sample_fmts=fltp:sample_rates={_RATE}:channel_layouts={self._layout}")
        graph.link_nodes(heard, even, form, graph.add("abuffersink")).configure()
        return graph

    def _write(self, graph: Graph) -> None:
        while True:
            try:
                frame = graph.pull()
            except (BlockingIOError, EOFError):
                return
            if isinstance(frame, av.AudioFrame):
                frame.pts = (frame.pts or 0) - self._first
                self._target.mux(self._track.encode(frame))
