"""From a file to an opened video: size, first bytes, index, and only then a decoder told the format."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import av
from av.container import InputContainer
from av.stream import Disposition

from jobs.quality import boxes, ebml
from jobs.quality.limits import MAX_PIXELS, check_bytes, check_seconds, check_size
from jobs.quality.report import NotPlayable
from jobs.quality.sniff import HEAD_BYTES, Demuxer, demuxer_of

# Bounds on what libav reads and decodes before a limit of ours is asked; no protocol has this name, so that
# no file names another one to be read.
_OPTIONS: Final = {
    "protocol_whitelist": "none",
    "probesize": "5000000",
    "analyzeduration": "5000000",
    "max_pixels": str(MAX_PIXELS),
    "max_streams": "16",
}
# The decoder of HEVC passes over damage in silence unless it is told to stop there: of 40 clips with three
# bytes turned over it let 22 through, and 8 when told; with twenty bytes 2, and none.
_STRICT: Final = {"hevc": {"err_detect": "explode"}}


@dataclass(frozen=True, kw_only=True)
class Opened:
    """An opened file, its one picture track, its first sound track, and what its index told.

    `told_s` is the length in seconds that the file says its pictures have, `whole_s` that of all it holds;
    0 when it says none, as `frames_told` is, the number of pictures that its index shows. `other_pictures`
    when there are tracks of pictures that are not to be shown; `put_together` when what is shown is several
    stretches of a track one after the other.
    """

    container: InputContainer
    pictures: av.VideoStream
    sound: av.AudioStream | None
    demuxer: Demuxer
    index_late: bool
    fragmented: bool
    other_pictures: bool
    put_together: bool
    frames_told: int
    told_s: float
    whole_s: float


@contextmanager
def opened(path: Path) -> Iterator[Opened]:
    """Open a file for the one decode pass; raises NotPlayable with a sentence for people."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        check_bytes(size)
        demuxer = demuxer_of(file.read(HEAD_BYTES))
        told = boxes.read(file, size) if demuxer == "mov" else boxes.Boxes()
        if demuxer == "matroska":
            ebml.read(file, size)
        file.seek(0)
        try:
            # The open file and no name: what reads it has no way to ask for another.
            container = av.open(file, format=demuxer, options=dict(_OPTIONS), io_open=_refuse)
        except (av.FFmpegError, OSError, ValueError):
            raise NotPlayable("The file cannot be opened as a video: its index cannot be read.") from None
        with container:
            assert isinstance(container, InputContainer)  # noqa: S101  It was opened for reading.
            yield _described(container, demuxer, told)


def _refuse(url: str, flags: int, options: dict[str, str]) -> NoReturn:
    raise PermissionError("a clip may name no other file")


def _described(container: InputContainer, demuxer: Demuxer, told: boxes.Boxes) -> Opened:
    pictures = _picture_track(container)
    # A track for which there is no decoder has no context.
    sound = next((track for track in container.streams.audio if _context(track)), None)
    whole_s = container.duration / av.time_base if container.duration else 0.0
    # What else is in a file, chapters or the track of a clock, may last as long as it likes.
    known = [_seconds(track) for track in (pictures, sound) if track is not None and track.duration]
    whole_s = max(known, default=whole_s)
    check_seconds(whole_s)
    return Opened(
        container=container,
        pictures=pictures,
        sound=sound,
        demuxer=demuxer,
        index_late=told.index_late and not told.fragments,
        fragmented=told.fragments,
        other_pictures=len(_films(container)) > 1,
        frames_told=_frames_told(pictures, told),
        put_together=any(track.stretches > 1 for track in told.tracks if track.kind),
        told_s=_seconds(pictures) or whole_s,
        whole_s=whole_s,
    )


def _frames_told(pictures: av.VideoStream, told: boxes.Boxes) -> int:
    """In the decoder's own figure what an edit list leaves out counts as well: it says nothing then."""
    track = told.tracks[pictures.index] if pictures.index < len(told.tracks) else boxes.Track()
    one_and_a_half_s = 1.5 * track.media_s / max(1, pictures.frames)
    leaves_out = bool(track.stretches) and _seconds(pictures) < track.media_s - one_and_a_half_s
    return 0 if leaves_out else pictures.frames


def _seconds(track: av.VideoStream | av.AudioStream) -> float:
    return float(track.duration * track.time_base) if track.duration and track.time_base else 0.0


def _picture_track(container: InputContainer) -> av.VideoStream:
    tracks = _films(container)
    if not tracks:
        raise NotPlayable("The file has no picture track.")
    if len(tracks) > 1:
        # What a file switches off, such as small pictures of itself, is no second film.
        tracks = [track for track in tracks if track.disposition & Disposition.default] or tracks
    if len(tracks) > 1:
        raise NotPlayable(f"The file has {len(tracks)} picture tracks, and a player would show only one.")
    context = _context(tracks[0])
    if context is None or not context.width or not context.height:
        raise NotPlayable("The file's picture track cannot be read.")
    check_size(context.width, context.height)
    context.options = {"max_pixels": _OPTIONS["max_pixels"]} | _STRICT.get(context.name, {})
    # One thread: two save little on clips of this size, and each costs its own picture buffers.
    context.thread_count = 1
    return tracks[0]


def _films(container: InputContainer) -> list[av.VideoStream]:
    return [track for track in container.streams.video if not track.disposition & Disposition.attached_pic]


def _context(track: av.VideoStream | av.AudioStream) -> Any:
    return getattr(track, "codec_context", None)
