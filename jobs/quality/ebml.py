"""What the elements of a Matroska or WebM file say, read in plain Python before any decoder sees it.

The layout is that of RFC 8794 and RFC 9559. As with boxes, only sizes and numbers are read, and how many is
bounded.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from jobs.quality.limits import check_seconds, check_size
from jobs.quality.report import NotPlayable

MAX_ELEMENTS = 60_000
# The header is some forty bytes long, and what describes the tracks some hundreds.
MAX_HEAD_BYTES = 4096
MAX_TRACKS_BYTES = 4 << 20
MAX_DEPTH = 8
_HEADER, _SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x1A45DFA3, 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675
_TRACK, _VIDEO, _ENCODINGS, _ENCODING, _ENCRYPTION = 0xAE, 0xE0, 0x6D80, 0x6240, 0x5035
_WIDTH, _HEIGHT, _DURATION, _TICK = 0xB0, 0xBA, 0x4489, 0x2AD7B1
_HOLDERS = {_SEGMENT, _INFO, _TRACKS, _TRACK, _VIDEO, _ENCODINGS, _ENCODING}
_BOMB = "The file's index is built as no video's is, so it is not opened."
_CONTRADICTS = "The file's index contradicts itself: a part of it is larger than the whole."


@dataclass
class Elements:
    """What the elements say so far."""

    width: int = 0
    height: int = 0
    duration: float = 0.0
    tick_ns: int = 1_000_000
    encrypted: bool = False
    cut: bool = False
    clusters: int = 0
    looked_at: int = 0


def read(file: BinaryIO, size: int) -> Elements:
    """Look through the elements; raises NotPlayable when they already show that the file is cut off, beyond
    the limits, locked, or built to do harm.
    """
    found = Elements()
    _walk(file, 0, size, found, 0)
    if found.encrypted:
        raise NotPlayable("The video is locked (encrypted), so nobody here could watch it.")
    check_size(found.width, found.height)
    check_seconds(found.duration * found.tick_ns / 1e9)
    if found.cut:
        raise NotPlayable("The file is cut off: it ends before its own index says it should.")
    if not found.clusters:
        raise NotPlayable("The file holds no pictures: the download stopped early.")
    return found


def _walk(file: BinaryIO, start: int, end: int, found: Elements, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotPlayable(_BOMB)
    for name, body, stop in _elements(file, start, end, found, depth):
        if name == _HEADER and stop - body > MAX_HEAD_BYTES:
            raise NotPlayable(_BOMB)
        if name in {_INFO, _TRACKS} and stop - body > MAX_TRACKS_BYTES:
            raise NotPlayable(_BOMB)
        if name in _HOLDERS:
            _walk(file, body, stop, found, depth + 1)
        elif name == _CLUSTER:
            found.clusters += 1
        else:
            _take(file, name, body, stop, found)


def _take(file: BinaryIO, name: int, body: int, stop: int, found: Elements) -> None:
    if name == _ENCRYPTION:
        found.encrypted = True
    if name not in {_WIDTH, _HEIGHT, _DURATION, _TICK} or stop - body > 8:
        return
    file.seek(body)
    value = file.read(stop - body)
    if name == _WIDTH:
        found.width = max(found.width, int.from_bytes(value, "big"))
    elif name == _HEIGHT:
        found.height = max(found.height, int.from_bytes(value, "big"))
    elif name == _TICK:
        found.tick_ns = int.from_bytes(value, "big")
    elif len(value) in {4, 8}:
        told = float(struct.unpack(">f" if len(value) == 4 else ">d", value)[0])
        # Some recorders write that there is no end.
        found.duration = told if math.isfinite(told) else 0.0


def _elements(
    file: BinaryIO, start: int, end: int, found: Elements, depth: int
) -> Iterator[tuple[int, int, int]]:
    """(name, start and end of the payload) of each element between two offsets."""
    position = start
    while position < end:
        found.looked_at += 1
        if found.looked_at > MAX_ELEMENTS:
            raise NotPlayable(_BOMB)
        file.seek(position)
        head = file.read(12)
        name_length = _length_of(head[0]) if head else 9
        if name_length > 4 or len(head) <= name_length:
            return
        size_length = _length_of(head[name_length])
        name = int.from_bytes(head[:name_length], "big")
        value = head[name_length : name_length + size_length]
        if size_length > 8 or len(value) < size_length:
            found.cut |= depth < 2
            return
        length = int.from_bytes(value, "big") & ((1 << 7 * size_length) - 1)
        body = position + name_length + size_length
        if length == (1 << 7 * size_length) - 1:
            # A length that was not known when it was written lasts until what holds it ends. What is inside
            # a cluster of this kind is passed over one by one, as its neighbours.
            yield name, min(body, end), end
            if name != _CLUSTER:
                return
            position = body
            continue
        if body + length > end:
            if depth > 1 and not found.cut:
                raise NotPlayable(_CONTRADICTS)
            found.cut = True
        yield name, min(body, end), min(body + length, end)
        position = body + length


def _length_of(first: int) -> int:
    """How many bytes a number takes, as the zeros before its first one say; 9 when there is none."""
    return 9 - first.bit_length()
