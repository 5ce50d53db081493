"""What a file is, judged from its bytes alone, before any decoder sees it.

The box layout is that of ISO/IEC 14496-12. Only sizes and counts are read, never the payload, and the number
of boxes looked at is bounded, so that a hostile file costs no more than a good one.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from jobs.quality.report import NotPlayable

MAX_BYTES = 2 << 30
MAX_SIDE = 8192
MAX_PIXELS = 4096 * 2304
MAX_SECONDS = 180.0
MAX_FRAMES = 180 * 60
MAX_BOXES = 20_000
_TOP_BOXES = {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp"}
_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl"}
_TEXTS = (
    ("<!doctype html", "A web page was saved instead of a video."),
    ("<html", "A web page was saved instead of a video."),
    ("<", "An XML text was saved instead of a video."),
    ("{", "A JSON answer was saved instead of a video."),
    ("[", "A JSON answer was saved instead of a video."),
    ("#extm3u", "The file is a playlist and holds no video itself."),
    ("ffconcat", "The file is a playlist and holds no video itself."),
)
_MAGICS = (
    (b"PK\x03\x04", "The file is an archive, not a video."),
    (b"\x1f\x8b", "The file is an archive, not a video."),
    (b"\x89PNG", "The file is a picture, not a video."),
    (b"\xff\xd8\xff", "The file is a picture, not a video."),
    (b"GIF8", "The file is a picture, not a video."),
)


@dataclass
class Track:
    """One track of an MP4: its kind (`vide`, `soun`), the picture size in its header and its number of
    samples.
    """

    kind: str = ""
    width: int = 0
    height: int = 0
    samples: int = 0
    last_chunk: int = 0


@dataclass
class Boxes:
    """What the boxes of an MP4 say. `cut` is true when a box reaches beyond the end of the file."""

    index: bool = False
    fragments: bool = False
    cut: bool = False
    tracks: list[Track] = field(default_factory=list)
    looked_at: int = 0


def container_of(path: Path) -> str:
    """The demuxer to force, `mov` or `matroska`; raises NotPlayable for anything else.

    The demuxer is never left to guess: a text file in FFmpeg's own playlist format can make it read other
    files of this machine and hand them out as a clip.
    """
    size = path.stat().st_size
    if size == 0:
        raise NotPlayable("The file is empty.")
    if size > MAX_BYTES:
        raise NotPlayable(f"The file is larger than the limit of {MAX_BYTES >> 30} GB.")
    with path.open("rb") as file:
        head = file.read(1024)
    # No first box is long enough to fill the highest of its four length bytes; a text would.
    if head[:1] == b"\x00" and head[4:8] in _TOP_BOXES:
        return "mov"
    if head[:4] == b"\x1aE\xdf\xa3":
        return "matroska"
    raise NotPlayable(_what_it_is(head))


def _what_it_is(head: bytes) -> str:
    for magic, sentence in _MAGICS:
        if head.startswith(magic):
            return sentence
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    if "<html" in text[:600]:
        return _TEXTS[0][1]
    for start, sentence in _TEXTS:
        if text.startswith(start):
            return sentence
    return "The file is in no video format that this app knows."


def check_boxes(path: Path) -> None:
    """Raise NotPlayable when the boxes of an MP4 already show that the file is cut off or beyond the
    limits.
    """
    size, found = path.stat().st_size, Boxes()
    with path.open("rb") as file:
        _walk(file, 0, size, found, None)
    if not found.index and not found.fragments:
        raise NotPlayable("The file has no index: the download stopped early.")
    for track in found.tracks:
        if track.kind == "vide":
            check_size(track.width, track.height)
            if track.samples > MAX_FRAMES:
                raise NotPlayable(f"The video has {track.samples} frames, and the limit is {MAX_FRAMES}.")
    if found.cut or any(track.last_chunk >= size for track in found.tracks):
        raise NotPlayable("The file is cut off: it ends before its own index says it should.")


def check_size(width: int, height: int) -> None:
    """Raise NotPlayable for a picture beyond the limits."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise NotPlayable(f"The picture of {width}x{height} is larger than the limit.")


def _boxes(file: BinaryIO, start: int, end: int, found: Boxes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start and end of the payload) of each box between two offsets."""
    position = start
    while position + 8 <= end and found.looked_at < MAX_BOXES:
        found.looked_at += 1
        file.seek(position)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        header = 8
        if length == 1 and len(head) == 16:
            length, header = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = end - position
        if length < header or position + length > end:
            found.cut = True
        if length < header:
            return
        yield kind, position + header, min(position + length, end)
        position += length


def _walk(file: BinaryIO, start: int, end: int, found: Boxes, track: Track | None, depth: int = 0) -> None:
    for kind, body, stop in _boxes(file, start, end, found):
        if kind == b"moov":
            found.index = True
        elif kind == b"moof":
            found.fragments = True
        elif kind == b"trak":
            track = Track()
            found.tracks.append(track)
        elif track is not None:
            _read_track_box(file, kind, body, stop, track)
        if kind in _CONTAINERS and depth < 8:
            _walk(file, body, stop, found, track, depth + 1)


def _read_track_box(file: BinaryIO, kind: bytes, body: int, stop: int, track: Track) -> None:
    file.seek(body)
    if kind == b"tkhd":
        head = file.read(min(stop - body, 200))
        if len(head) >= 8:
            width, height = struct.unpack(">II", head[-8:])
            track.width, track.height = max(track.width, width >> 16), max(track.height, height >> 16)
    elif kind == b"hdlr":
        track.kind = file.read(12)[8:12].decode("latin1")
    elif kind == b"stsd":
        entry = file.read(44)
        # The size inside the sample entry of a picture track; what it means for sound is another thing.
        if len(entry) >= 44 and track.kind == "vide":
            width, height = struct.unpack(">HH", entry[40:44])
            track.width, track.height = max(track.width, width), max(track.height, height)
    elif kind == b"stsz":
        track.samples = int.from_bytes(file.read(12)[8:12], "big")
    elif kind in {b"stco", b"co64"}:
        count, width = int.from_bytes(file.read(8)[4:8], "big"), 4 if kind == b"stco" else 8
        if count:
            file.seek(body + 8 + (count - 1) * width, os.SEEK_SET)
            track.last_chunk = int.from_bytes(file.read(width), "big")
