"""Making what browsers play of a clip: a new container for its own pictures, or an H.264 copy of them.

These run in the guarded child, which may write into the folder of the copy alone. What they give back was
read from the finished copy: as many frames as the original has, each at its own time, so that a frame's
number means the same picture in both.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.container import OutputContainer

from jobs.media.pictures import Reshaper
from jobs.media.plays import Made
from jobs.media.sound import Sound
from jobs.quality.opening import Opened, opened
from jobs.quality.report import NotPlayable

# Short sides in pixels. A copy is never larger than its original.
COPY_LINES: Final = 720
SMALL_LINES: Final = 480
# What a frame's time may be off in a copy: some containers know thousandths of a second only.
_SLACK_S: Final = Fraction(2, 1000)


@dataclass(frozen=True)
class _Shown:
    """When each frame of a file is shown, in seconds from the first, and how long the last one stays;
    `begins_s` is when a player shows the first.
    """

    times: Sequence[Fraction]
    last_s: Fraction
    begins_s: Fraction = Fraction(0)


def remux(path: Path, into: Path, *, sound: bool) -> Made:
    """The file's own pictures, and its sound if wanted, in an MP4 with the index in front whose first picture
    is shown at once. Raises NotPlayable where the container cannot take them.
    """
    original = _shown(path)
    decoded = iter(_decoding_times(path))
    with _reading(path) as source, _writing(into) as target:
        wanted = [source.pictures, *([source.sound] if sound and source.sound else [])]
        tracks = {stream.index: target.add_stream_from_template(stream) for stream in wanted}
        for packet in source.container.demux(wanted):
            is_picture = packet.stream_index == source.pictures.index
            if packet.size and is_picture:
                packet.dts = next(decoded, packet.dts)
            if packet.size and packet.dts is not None and _is_wanted(packet, original.begins_s, is_picture):
                packet.stream = tracks[packet.stream_index]
                target.mux(packet)
    return _checked(into, original)


def _is_wanted(packet: av.Packet[Any], begins_s: Fraction, is_picture: bool) -> bool:
    """Move a packet to where the first picture is at zero; False for sound from before that picture."""
    if begins_s <= 0 or packet.pts is None or packet.dts is None or not packet.time_base:
        return True
    earlier = round(begins_s / packet.time_base)
    packet.pts, packet.dts = packet.pts - earlier, packet.dts - earlier
    return is_picture or packet.pts >= 0


def copy(path: Path, into: Path) -> Made:
    """An H.264 copy of at most 720 lines, with the sound as AAC. Raises NotPlayable."""
    return _encoded(path, into, lines=COPY_LINES, crf=23, sound=True)


def small(path: Path, into: Path) -> Made:
    """A copy of at most 480 lines without sound, for walls that play many at once. Raises NotPlayable."""
    return _encoded(path, into, lines=SMALL_LINES, crf=26, sound=False)


def _encoded(path: Path, into: Path, *, lines: int, crf: int, sound: bool) -> Made:
    first = _first_frame(path)
    with _reading(path) as source, _writing(into) as target:
        film = _Film(target, source, Reshaper(first, source.pictures, lines, into.parent), crf)
        heard = source.sound if sound else None
        voice = Sound(target, heard, _begin(first)) if heard else None
        for packet in source.container.demux([source.pictures, *([heard] if heard else [])]):
            if voice is not None and packet.stream_index != source.pictures.index:
                voice.take(packet)
            else:
                film.take(packet)
        film.end()
        if voice is not None:
            voice.end()
    return _checked(into, film.shown)


class _Film:
    """Writes the picture track of a copy, each frame at the time that it has in the original."""

    def __init__(self, target: OutputContainer, source: Opened, reshaper: Reshaper, crf: int) -> None:
        self._target, self._reshaper = target, reshaper
        self._rate, self._tick = _pace(source)
        self._pts: list[int] = []
        self._last_s = 1 / self._rate
        self._track = target.add_stream("libx264", rate=self._rate)
        context = self._track.codec_context
        context.width, context.height, context.pix_fmt = reshaper.width, reshaper.height, "yuv420p"
        context.time_base, context.thread_count = self._tick, 1
        # A key frame at least once a second: a step back decodes no more than that.
        context.gop_size = max(1, round(self._rate))
        reshaper.tag(context)
        self._track.options = {"preset": "veryfast", "crf": str(crf), "profile": "high"}

    @property
    def shown(self) -> _Shown:
        """What of the original was written."""
        return _Shown([(pts - self._pts[0]) * self._tick for pts in self._pts], self._last_s)

    def take(self, packet: av.Packet[Any]) -> None:
        for frame in packet.decode():
            if isinstance(frame, av.VideoFrame):
                self._write(frame)

    def end(self) -> None:
        self._target.mux(self._track.encode(None))

    def _write(self, frame: av.VideoFrame) -> None:
        length = frame.duration or max(1, round(1 / self._rate / self._tick))
        earliest = self._pts[-1] + 1 if self._pts else 0
        # A frame without a time, or with that of the one before, is shown as soon as it can be.
        pts = earliest if frame.pts is None else max(frame.pts, earliest) if self._pts else frame.pts
        self._pts.append(pts)
        self._last_s = length * self._tick
        frame.pts = pts
        made = self._reshaper.shape(frame)
        made.pts, made.duration = pts - self._pts[0], length
        self._target.mux(self._track.encode(made))


@contextmanager
def _reading(path: Path) -> Iterator[Opened]:
    with opened(path) as source:
        try:
            yield source
        except (av.FFmpegError, ValueError) as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                # No fault of the clip: another time there is room.
                raise
            raise NotPlayable(f"No copy of the clip could be made ({type(error).__name__}).") from error


@contextmanager
def _writing(into: Path) -> Iterator[OutputContainer]:
    with av.open(str(into), "w", format="mp4", options={"movflags": "+faststart"}) as opened:
        yield opened


def _pace(source: Opened) -> tuple[Fraction, Fraction]:
    """Frames per second, and the seconds in one tick of the picture track's clock."""
    pictures = source.pictures
    rate = pictures.average_rate or pictures.guessed_rate or Fraction(24)
    return Fraction(rate), pictures.time_base or Fraction(1, 90_000)


def _first_frame(path: Path) -> av.VideoFrame:
    with _reading(path) as source:
        for frame in source.container.decode(source.pictures):
            if isinstance(frame, av.VideoFrame):
                return frame
    raise NotPlayable("No picture of the clip could be decoded.")


def _begin(first: av.VideoFrame) -> Fraction:
    return Fraction(0) if first.pts is None or first.time_base is None else first.pts * first.time_base


def _decoding_times(path: Path) -> list[int]:
    """When each picture is decoded, in ticks, where the file itself says only when it is shown, as Matroska
    does; empty where it says both.
    """
    with _reading(path) as source:
        told = [(one.pts, one.dts) for one in source.container.demux(source.pictures) if one.size]
    shown = [pts for pts, _ in told if pts is not None]
    if len(shown) < len(told) or all(dts is not None for _, dts in told):
        return []
    # In the order in which they are shown, and so much earlier that none is decoded after it is shown.
    earlier = max(at - pts for at, pts in zip(sorted(shown), shown, strict=True))
    return [at - earlier for at in sorted(shown)]


def _shown(path: Path) -> _Shown:
    """When the frames of a file are shown, without decoding them."""
    with _reading(path) as source:
        rate, tick = _pace(source)
        packets = [one for one in source.container.demux(source.pictures) if one.pts is not None]
        shown = sorted((one.pts or 0, one.duration or 0) for one in packets if not one.is_discard)
    if not shown:
        raise NotPlayable("The copy shows no picture.")
    first = shown[0][0]
    return _Shown([(pts - first) * tick for pts, _ in shown], shown[-1][1] * tick or 1 / rate, first * tick)


def _checked(made: Path, original: _Shown) -> Made:
    """Read a copy again; raises NotPlayable when it does not show what the original shows when it does."""
    shown = _shown(made)
    if len(shown.times) != len(original.times):
        raise NotPlayable(f"The copy has {len(shown.times)} frames and not {len(original.times)}.")
    pairs = zip(shown.times, original.times, strict=True)
    if any(abs(mine - its) > _SLACK_S for mine, its in pairs):
        raise NotPlayable("The copy shows its frames at other times.")
    if shown.begins_s > _SLACK_S:
        raise NotPlayable("The copy does not begin at once.")
    _first_frame(made)
    return Made(frames=len(shown.times), duration_s=float(shown.times[-1] + shown.last_s))
