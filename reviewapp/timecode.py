"""Frames, seconds and timecode, in integers and fractions only: floating point is what puts notes one frame
off.

A frame is a 0-based integer, a rate is an exact fraction of frames per second. People may see frames counted
from another base (0, 1 or the film habit 1001), and ranges that include their last frame.
"""

from __future__ import annotations

import re
from fractions import Fraction

DISPLAY_BASES = (0, 1, 1001)
# Containers and people round the NTSC rates; these are the exact ones they mean.
_NTSC = {
    "23.98": Fraction(24000, 1001),
    "23.976": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "47.95": Fraction(48000, 1001),
    "47.952": Fraction(48000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}
_TIMECODE = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)([:;])(\d{2,3})")


def parse_rate(text: str) -> Fraction:
    """The exact rate of "24000/1001", "25" or "23.976". Raises ValueError for anything that is not a rate."""
    text = text.strip()
    if text in _NTSC:
        return _NTSC[text]
    if re.fullmatch(r"\d{1,9}(?:/\d{1,9}|\.\d{1,6})?", text) is None:
        raise ValueError(f"{text!r} is not a frame rate such as 24, 23.976 or 24000/1001.")
    try:
        rate = Fraction(text)
    except ZeroDivisionError:
        raise ValueError(f"{text!r} divides by zero and is no frame rate.") from None
    return _checked(rate)


def _checked(rate: Fraction) -> Fraction:
    if rate <= 0:
        raise ValueError(f"A frame rate is above zero, not {rate}.")
    return rate


def nominal(rate: Fraction) -> int:
    """The whole number that a timecode's frames count up to: 24 for 24000/1001. At least 1."""
    return max(1, int(_checked(rate) + Fraction(1, 2)))


def frame_to_seconds(frame: int, rate: Fraction) -> Fraction:
    """The middle of the frame in seconds. A player that seeks to a frame's edge may show its neighbour."""
    _natural(frame)
    return (frame + Fraction(1, 2)) / _checked(rate)


def seconds_to_frame(seconds: Fraction | int, rate: Fraction) -> int:
    """The frame on screen at that moment; a frame owns its first instant and not its last."""
    if seconds < 0:
        raise ValueError(f"A clip has no moment before its start, so {seconds} s is none.")
    return int(seconds * _checked(rate))


def _natural(frame: int) -> None:
    if frame < 0:
        raise ValueError(f"Frames count from 0, so {frame} is none.")


def may_drop(rate: Fraction) -> bool:
    """Whether drop-frame timecode exists for the rate: only 29.97 and 59.94 have it."""
    return rate in (Fraction(30000, 1001), Fraction(60000, 1001))


def _dropped_per_minute(rate: Fraction) -> int:
    if not may_drop(rate):
        raise ValueError(f"Drop-frame timecode exists for 29.97 and 59.94 only, not for {rate}.")
    return nominal(rate) // 15


def format_timecode(frame: int, rate: Fraction, *, drop_frame: bool = False) -> str:
    """HH:MM:SS:FF. Drop-frame is written with a semicolon; it skips numbers, never frames."""
    _natural(frame)
    base = nominal(rate)
    if drop_frame:
        frame = _with_skipped_numbers(frame, base, _dropped_per_minute(rate))
    seconds, frames = divmod(frame, base)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    width = max(2, len(str(base - 1)))
    return f"{hour:02}:{minute:02}:{second:02}{';' if drop_frame else ':'}{frames:0{width}}"


def _with_skipped_numbers(frame: int, base: int, dropped: int) -> int:
    """The count that shows on the label: each minute but every tenth skips its first numbers."""
    per_minute = 60 * base - dropped
    per_ten = 10 * 60 * base - 9 * dropped
    tens, rest = divmod(frame, per_ten)
    first_minute = 60 * base
    later_minutes = 0 if rest < first_minute else 1 + (rest - first_minute) // per_minute
    return frame + dropped * (9 * tens + later_minutes)


def parse_timecode(text: str, rate: Fraction) -> int:
    """The frame of a timecode. A semicolon means drop-frame. Raises ValueError for labels that do not
    exist."""
    match = _TIMECODE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a timecode such as 00:00:03:11.")
    hour, minute, second, frames = (int(match[index]) for index in (1, 2, 3, 5))
    base = nominal(rate)
    if frames >= base:
        raise ValueError(f"{text!r} has frame {frames}, but a second at this rate ends at frame {base - 1}.")
    minutes = 60 * hour + minute
    frame = (60 * minutes + second) * base + frames
    if match[4] == ":":
        return frame
    dropped = _dropped_per_minute(rate)
    if minute % 10 and second == 0 and frames < dropped:
        raise ValueError(f"{text!r} is a number that drop-frame timecode skips.")
    return frame - dropped * (minutes - minutes // 10)


def display_frame(frame: int, base: int = 0) -> int:
    """The number people see for the frame, counted from their base."""
    _natural(frame)
    return frame + base


def frame_from_display(shown: int, base: int = 0) -> int:
    """The frame people mean by the number they see."""
    if shown < base:
        raise ValueError(f"Frames are counted from {base} here, so {shown} is none.")
    return shown - base


def format_range(start: int, stop: int, base: int = 0) -> str:
    """A half-open range as people read it, with its last frame: (12, 49) is "12–48"; one frame is "12"."""
    if stop <= start:
        raise ValueError(f"A range holds at least one frame, and {start} to {stop} holds none.")
    first, last = display_frame(start, base), display_frame(stop - 1, base)
    return str(first) if first == last else f"{first}–{last}"


def parse_range(text: str, base: int = 0) -> tuple[int, int]:
    """The half-open range of "12–48", "12-48" or "12". Raises ValueError when it is none."""
    match = re.fullmatch(r"\s*(\d{1,9})(?:\s*[–-]\s*(\d{1,9}))?\s*", text)
    if match is None:
        raise ValueError(f"{text!r} is not a frame or a range such as 12–48.")
    start = frame_from_display(int(match[1]), base)
    stop = frame_from_display(int(match[2] or match[1]), base) + 1
    if stop <= start:
        raise ValueError(f"{text!r} ends before it starts.")
    return start, stop
