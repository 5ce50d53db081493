"""What the boxes of an MP4 or MOV say, read in plain Python before any decoder sees the file.

The layout is that of ISO/IEC 14496-12. Only sizes, counts and places are read, never the pictures, and the
number of boxes looked at is bounded, so that a hostile file costs no more than a good one.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np

from jobs.quality.limits import check_frames, check_size
from jobs.quality.report import NotPlayable

# A clip at the limits in a fragment per frame has 75,600.
MAX_BOXES = 120_000
# Three minutes of plain sound at 48 kHz are 8.6 million samples; the decoder takes 24 bytes for each.
MAX_SAMPLES = 10_000_000
# The index of a clip at the limits takes under 1 MB; a cover picture may lie in it as well.
MAX_INDEX_BYTES = 32 << 20
MAX_DEPTH = 8
_HOLDERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf", b"edts"}
_ENCRYPTED = {b"encv", b"enca", b"drmi", b"drms"}
# What stands on the outermost level of an MP4 or MOV.
_OUTERMOST = {
    *(b"ftyp", b"moov", b"mdat", b"moof", b"mfra", b"free", b"skip", b"wide", b"uuid", b"meta", b"udta"),
    *(b"styp", b"sidx", b"ssix", b"emsg", b"prft", b"pdin", b"pnot", b"PICT", b"jumb"),
}
_KINDS = {b"vide": "vide", b"soun": "soun"}
_CONTRADICTS = "The file's index contradicts itself: a part of it is larger than the whole."
_BOMB = "The file's index is built as no video's is, so it is not opened."


@dataclass
class Track:
    """One track: its kind (`vide`, `soun` or ""), the picture size in its headers, its number of samples.

    `far` is the furthest place in the file that its table of chunks names. `elsewhere` when its samples are
    in another file. It lasts `media_s` seconds, of which its edit list shows so many `stretches`, one after
    the other.
    """

    kind: str = ""
    width: int = 0
    height: int = 0
    samples: int = 0
    far: int = 0
    encrypted: bool = False
    elsewhere: bool = False
    media_s: float = 0.0
    stretches: int = 0


@dataclass
class Boxes:
    """What the boxes say. `cut` when one reaches beyond the end of the file; `index_late` when the index
    stands behind the pictures.
    """

    index: bool = False
    index_late: bool = False
    fragments: bool = False
    cut: bool = False
    tracks: list[Track] = field(default_factory=list)
    pictures_seen: bool = False
    samples_in_fragments: int = 0
    looked_at: int = 0


def read(file: BinaryIO, size: int) -> Boxes:
    """Look through the boxes; raises NotPlayable when they already show that the file is cut off, beyond
    the limits, locked, or built to do harm.
    """
    found = Boxes()
    announced = False
    for kind, body, stop in _boxes(file, 0, size, found):
        if kind == b"mdat":
            found.pictures_seen, announced = True, False
        elif kind == b"moof":
            found.fragments, before = True, found.samples_in_fragments
            _count_fragment(file, body, stop, found)
            announced = found.samples_in_fragments > before
        elif kind == b"sidx":
            found.cut |= _promised_end(file, body, stop) > size
        elif kind == b"moov":
            found.index_late = found.pictures_seen and not found.index
            found.index = True
            if stop - body > MAX_INDEX_BYTES:
                raise NotPlayable(_BOMB)
            if not found.cut:
                _walk(file, body, stop, found, None, 1)
    found.cut |= announced
    _judge(found, size)
    return found


def _count_fragment(file: BinaryIO, start: int, end: int, found: Boxes) -> None:
    for kind, body, stop in _boxes(file, start, end, found):
        if kind == b"traf":
            _count_fragment(file, body, stop, found)
        elif kind == b"trun":
            file.seek(body)
            found.samples_in_fragments += int.from_bytes(file.read(8)[4:8], "big")
            if found.samples_in_fragments > MAX_SAMPLES:
                raise NotPlayable(_BOMB)


def _judge(found: Boxes, size: int) -> None:
    if not found.index:
        if found.fragments:
            raise NotPlayable("The file is a piece of a video: its beginning is missing.")
        raise NotPlayable("The file has no index: the download stopped early.")
    if any(track.encrypted for track in found.tracks):
        raise NotPlayable("The video is locked (encrypted), so nobody here could watch it.")
    if any(track.elsewhere for track in found.tracks):
        raise NotPlayable("The file points to another file instead of holding the pictures itself.")
    pictures = [track for track in found.tracks if track.kind == "vide"]
    for track in pictures:
        check_size(track.width, track.height)
        check_frames(track.samples)
    if found.cut or any(track.far >= size for track in found.tracks):
        raise NotPlayable("The file is cut off: it ends before its own index says it should.")
    if pictures and not found.fragments and not any(track.samples for track in pictures):
        raise NotPlayable("The file's picture track holds no pictures.")


def _boxes(file: BinaryIO, start: int, end: int, found: Boxes) -> Iterator[tuple[bytes, int, int]]:
    """(type, start and end of the payload) of each box between two offsets."""
    position = start
    while position + 8 <= end:
        found.looked_at += 1
        if found.looked_at > MAX_BOXES:
            raise NotPlayable(_BOMB)
        file.seek(position)
        head = file.read(16)
        length, kind = struct.unpack(">I4s", head[:8])
        header = 8
        if length == 1 and len(head) == 16:
            length, header = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = end - position
        broken = length < header or position + length > end
        if broken and (not kind.isascii() if start else kind not in _OUTERMOST):
            # What some programs leave behind the last box is no box; where a box was cut, its name is left.
            return
        if broken and start and not found.cut:
            raise NotPlayable(_CONTRADICTS)
        found.cut |= broken
        if length < header:
            return
        yield kind, position + header, min(position + length, end)
        position += length
    # The next fragment was cut within its first eight bytes.
    found.cut |= found.fragments and not start and position < end


def _walk(file: BinaryIO, start: int, end: int, found: Boxes, track: Track | None, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotPlayable(_BOMB)
    for kind, body, stop in _boxes(file, start, end, found):
        if kind == b"cmov":
            raise NotPlayable("The file's index is packed in a way that browsers do not read.")
        if kind == b"trak":
            track = Track()
            found.tracks.append(track)
        if kind in _HOLDERS:
            _walk(file, body, stop, found, track, depth + 1)
        elif track is not None and kind in _READERS:
            file.seek(body)
            _READERS[kind](file, stop - body, track)


def _header(file: BinaryIO, length: int, track: Track) -> None:
    head = file.read(min(length, 200))
    if len(head) >= 8:
        _size(track, *(side >> 16 for side in struct.unpack(">II", head[-8:])))


def _handler(file: BinaryIO, length: int, track: Track) -> None:
    # MOV files have a second one further inside, for the data and not for the media.
    track.kind = track.kind or _KINDS.get(file.read(min(length, 12))[8:12], "")


def _sample_entry(file: BinaryIO, length: int, track: Track) -> None:
    entry = file.read(min(length, 44))
    track.encrypted |= entry[12:16] in _ENCRYPTED
    # The size inside the sample entry of a picture track; what stands there for sound is another thing.
    if len(entry) == 44 and track.kind == "vide":
        _size(track, *struct.unpack(">HH", entry[40:44]))


def _size(track: Track, width: int, height: int) -> None:
    track.width, track.height = max(track.width, width), max(track.height, height)


def _sample_sizes(file: BinaryIO, length: int, track: Track) -> None:
    head = file.read(min(length, 12)).ljust(12, b"\x00")
    one_size, track.samples = struct.unpack(">II", head[4:12])
    if not one_size and 12 + 4 * track.samples > length:
        raise NotPlayable(_CONTRADICTS)
    if track.samples > MAX_SAMPLES and track.kind != "vide":
        raise NotPlayable(_BOMB)


def _compact_sizes(file: BinaryIO, length: int, track: Track) -> None:
    head = file.read(min(length, 12)).ljust(12, b"\x00")
    bits, track.samples = head[7], int.from_bytes(head[8:12], "big")
    if 12 + bits * track.samples // 8 > length:
        raise NotPlayable(_CONTRADICTS)


def _chunks(width: int) -> Callable[[BinaryIO, int, Track], None]:
    def read_chunks(file: BinaryIO, length: int, track: Track) -> None:
        count = int.from_bytes(file.read(8)[4:8], "big")
        if 8 + count * width > length:
            raise NotPlayable(_CONTRADICTS)
        if count:
            places = np.frombuffer(file.read(count * width), f">u{width}")
            track.far = max(track.far, int(places.max(initial=0)))

    return read_chunks


def _data_references(file: BinaryIO, length: int, track: Track) -> None:
    head = file.read(min(length, 4096))
    position = 8
    while position + 12 <= len(head):
        entry_length, _kind, flags = struct.unpack(">I4sI", head[position : position + 12])
        # The lowest flag says that the samples are in this very file.
        track.elsewhere |= not flags & 1 and track.kind != ""
        position += max(entry_length, 12)


def _media_header(file: BinaryIO, length: int, track: Track) -> None:
    head = file.read(min(length, 32)).ljust(32, b"\x00")
    ticks, whole = struct.unpack(">IQ", head[20:32]) if head[0] == 1 else struct.unpack(">II", head[12:20])
    track.media_s = whole / ticks if ticks else 0.0


def _edits(file: BinaryIO, length: int, track: Track) -> None:
    head = file.read(min(length, 4096))
    wide = head[:1] == b"\x01"
    step, place, size = (20, 16, 8) if wide else (12, 12, 4)
    starts = [head[at : at + size] for at in range(place, len(head) - size + 1, step)]
    # One that begins at -1 is a wait, and shows nothing.
    track.stretches = sum(start != b"\xff" * size for start in starts)


def _promised_end(file: BinaryIO, body: int, stop: int) -> int:
    """Where the last of the fragments ends that a segment index names."""
    file.seek(body)
    head = file.read(min(stop - body, 1 << 20))
    wide = head[:1] == b"\x01"
    start = 28 if wide else 20
    if len(head) < start + 4:
        return 0
    first = int.from_bytes(head[20:28] if wide else head[16:20], "big")
    count = int.from_bytes(head[start + 2 : start + 4], "big")
    rows = head[start + 4 : start + 4 + count * 12]
    sizes = (int.from_bytes(rows[at : at + 4], "big") & 0x7FFFFFFF for at in range(0, len(rows) - 11, 12))
    return stop + first + sum(sizes)


_READERS: dict[bytes, Callable[[BinaryIO, int, Track], None]] = {
    b"tkhd": _header,
    b"hdlr": _handler,
    b"stsd": _sample_entry,
    b"stsz": _sample_sizes,
    b"stz2": _compact_sizes,
    b"stco": _chunks(4),
    b"co64": _chunks(8),
    b"dref": _data_references,
    b"mdhd": _media_header,
    b"elst": _edits,
}
