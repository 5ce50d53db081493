"""What a browser can be given of a clip, judged from the facts of its file.

What Chromium, Firefox and Safari all play is an MP4 with its index in front, holding H.264 of 8 bits and
4:2:0, and AAC, MP3 or no sound. HEVC, AV1, VP9, ProRes, Opus and 10-bit pictures each fail in one of them
at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from jobs.quality.report import VideoFacts

# As the rows have it: the file as it came, its own pictures in a new container, or an H.264 copy.
Treatment = Literal["original", "remux", "copy"]

_PIXELS: Final = {"yuv420p", "yuvj420p"}
_MP4: Final = {"mp4", "mov"}
# By so much of a frame a file may begin later than a player does.
_LATE_FRAMES: Final = 0.1
# The first brand of an MP4, at byte 8. Apple's own container has this one, or no brand at all.
_QUICKTIME: Final = b"qt  "


@dataclass(frozen=True, kw_only=True)
class Made:
    """A copy that was read again: its frames, and its seconds up to the end of the last of them."""

    frames: int
    duration_s: float


def treatment(facts: VideoFacts, brand: bytes) -> Treatment:
    """What has to be done with such a file so that browsers play it. `brand` as `brand_of` has it."""
    turned = facts.rotation or facts.mirrored
    if facts.codec != "h264" or facts.pixel_format not in _PIXELS or turned or facts.put_together:
        return "copy"
    if facts.has_audio and facts.sound_codec != "aac" and not facts.sound_codec.startswith("mp3"):
        return "copy"
    is_mp4 = facts.container in _MP4 and brand not in {b"", _QUICKTIME}
    # The room counts frames from a player's zero.
    begins_late = facts.begins_s * facts.fps >= _LATE_FRAMES
    # Not every browser knows which of several tracks is switched on.
    changed = facts.index_late or facts.fragmented or begins_late or facts.other_pictures
    return "original" if is_mp4 and not changed else "remux"


def brand_of(path: Path) -> bytes:
    """The first brand of an MP4; empty where there is none, as in old QuickTime files and other kinds."""
    with path.open("rb") as file:
        head = file.read(12)
    return head[8:12] if head[4:8] == b"ftyp" else b""
