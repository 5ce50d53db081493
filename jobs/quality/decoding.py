"""The one decode pass: every frame is seen once, counted, and handed on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import av

from jobs.quality.limits import check_frame, check_frames, check_seconds
from jobs.quality.opening import Opened
from jobs.quality.report import NotPlayable
from jobs.quality.upright import Upright

See = Callable[[av.VideoFrame, float], None]
Hear = Callable[[av.AudioFrame], None]
# Codecs whose hidden frames come in packets of their own, so that packets say nothing about frames.
_HIDDEN_FRAMES = {"vp8"}
_SOON_S = 1e-6
# By how much a whole file may be shorter than it says: some write a length that their last frame lacks.
_SHORTER_S, _SHORTER_SHARE = 0.5, 0.05


@dataclass
class Decoded:
    """What was counted. `packets` are those of the picture track but for the `trimmed`, which an edit list
    hides and which are no loss. Damaged sound is told and no refusal: some encoders begin with a packet that
    cannot be decoded, and the pictures are what was paid for.

    Seconds count from the first picture, but for `begins_s`, at which a player shows that one, and for those
    of the sound: both count from a player's zero, which no file begins before. `width` and `height` are as
    shown, `rotation` is by how many degrees a frame was turned against the clock.
    """

    frames: int = 0
    packets: int = 0
    trimmed: int = 0
    damaged: int = 0
    damaged_at_s: float = 0.0
    sound_frames: int = 0
    sound_end_s: float = 0.0
    sound_damaged_at_s: float | None = None
    width: int = 0
    height: int = 0
    rotation: int = 0
    mirrored: bool = False
    begins_s: float = 0.0
    last_s: float = 0.0
    end_s: float = 0.0

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last one."""
        return self.end_s


def decode(opened: Opened, see: See, hear: Hear) -> Decoded:
    """Decode a whole file; `see` takes each frame as it is shown and its second, `hear` each piece of sound.
    Raises NotPlayable for a file that is damaged or beyond the limits.
    """
    reading = _Pass(opened, see, hear)
    tracks = [track for track in (opened.pictures, opened.sound) if track is not None]
    try:
        for packet in opened.container.demux(tracks):
            if packet.stream.index == opened.pictures.index:
                reading.take_pictures(packet)
            else:
                reading.take_sound(packet)
    except MemoryError:
        raise
    except av.FFmpegError:
        raise _stopped(reading.counted) from None
    _must_be_whole(reading.counted, opened)
    return reading.counted


class _Pass:
    """What has to be known from one packet to the next."""

    def __init__(self, opened: Opened, see: See, hear: Hear) -> None:
        self._see, self._hear = see, hear
        self._frame_s = float(1 / (opened.pictures.average_rate or opened.pictures.guessed_rate or 24))
        self._upright = Upright()
        self._coded = (0, 0)
        self._first_s = 0.0
        self.counted = Decoded()

    def take_pictures(self, packet: av.Packet[Any]) -> None:
        counted = self.counted
        hidden = bool(packet.size and packet.is_discard)
        counted.trimmed += hidden
        counted.packets += bool(packet.size) and not hidden
        frames = packet.decode()
        # A packet of which a part is missing gives a frame that does not always say so of itself.
        torn = packet.is_corrupt and not any(frame.is_corrupt for frame in frames)
        if torn:
            self._mark_damaged(counted.last_s)
        for frame in frames:
            if isinstance(frame, av.VideoFrame):
                self._take_frame(frame)

    def take_sound(self, packet: av.Packet[Any]) -> None:
        counted = self.counted
        try:
            frames = packet.decode()
        except av.FFmpegError:
            frames = []
            if counted.sound_damaged_at_s is None:
                counted.sound_damaged_at_s = float((packet.pts or 0) * (packet.time_base or 0))
        for frame in frames:
            if isinstance(frame, av.AudioFrame):
                counted.sound_frames += 1
                counted.sound_end_s = (frame.time or 0.0) + frame.samples / frame.sample_rate
                check_seconds(counted.sound_end_s)
                self._hear(frame)

    def _take_frame(self, frame: av.VideoFrame) -> None:
        counted = self.counted
        at_s = self._second_of(frame)
        if frame.is_corrupt:
            self._mark_damaged(at_s)
        if not counted.frames:
            check_frame(frame.width, frame.height)
            self._coded = frame.width, frame.height
        elif (frame.width, frame.height) != self._coded:
            raise NotPlayable(f"The file is damaged: the picture's size changes at {at_s:.1f} s.")
        shown = self._upright.turned(frame)
        if not counted.frames:
            counted.width, counted.height = shown.width, shown.height
            counted.rotation, counted.mirrored = self._upright.rotation, self._upright.mirrored
        counted.frames += 1
        counted.last_s = at_s
        lasts_s = float(frame.duration * frame.time_base) if frame.duration and frame.time_base else 0.0
        counted.end_s = at_s + (lasts_s or self._frame_s)
        check_frames(counted.frames)
        check_seconds(counted.duration_s)
        self._see(shown, at_s)

    def _second_of(self, frame: av.VideoFrame) -> float:
        counted = self.counted
        if frame.time is None:
            return counted.last_s + self._frame_s if counted.frames else 0.0
        if not counted.frames:
            self._first_s = frame.time
            counted.begins_s = max(0.0, frame.time)
            return 0.0
        at_s = frame.time - self._first_s
        if at_s < counted.last_s - _SOON_S:
            raise NotPlayable(f"The file is damaged: its pictures are out of order at {at_s:.1f} s.")
        return at_s

    def _mark_damaged(self, at_s: float) -> None:
        if not self.counted.damaged:
            self.counted.damaged_at_s = at_s
        self.counted.damaged += 1


def _stopped(counted: Decoded) -> NotPlayable:
    if not counted.frames:
        return NotPlayable("No picture of the file could be decoded.")
    return NotPlayable(
        f"The file is damaged: decoding stopped at {counted.end_s:.1f} s, after {_frames(counted.frames)}."
    )


def _must_be_whole(counted: Decoded, opened: Opened) -> None:
    if not counted.frames:
        raise NotPlayable("No picture of the file could be decoded.")
    promised = max(opened.frames_told - counted.trimmed, 0)
    if opened.pictures.codec_context.name not in _HIDDEN_FRAMES:
        promised = max(promised, counted.packets)
    # One frame of tolerance: some encoders count a last frame that is never shown.
    if counted.frames < promised - 1:
        raise NotPlayable(f"The file is damaged: only {counted.frames} of {promised} frames can be decoded.")
    if counted.damaged:
        first = f"the first at {counted.damaged_at_s:.1f} s"
        at = f"at {counted.damaged_at_s:.1f} s" if counted.damaged == 1 else first
        raise NotPlayable(f"The file is damaged: {_frames(counted.damaged)} cannot be decoded cleanly, {at}.")
    if counted.frames > 1 and counted.last_s < _SOON_S:
        raise NotPlayable("All pictures of the file are shown at the same moment, so it has no length.")
    # Of damaged sound nobody knows how much there was.
    heard = counted.sound_damaged_at_s is None
    _must_be_as_long_as_told(counted, opened.whole_s if heard else opened.told_s)


def _must_be_as_long_as_told(counted: Decoded, told_s: float) -> None:
    there_s = max(counted.begins_s + counted.end_s, counted.sound_end_s)
    hidden = counted.trimmed > 0
    if not hidden and there_s < told_s - max(_SHORTER_S, _SHORTER_SHARE * told_s):
        raise NotPlayable(
            f"The file is damaged: it ends at {there_s:.1f} s, and its own index says {told_s:.1f} s."
        )


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
