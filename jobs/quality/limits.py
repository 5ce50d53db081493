"""What a clip may be at most, and the sentences for what is beyond it."""

from __future__ import annotations

from jobs.quality.report import NotPlayable

MAX_BYTES = 2 << 30
MIN_SIDE = 16
MAX_SIDE = 8192
MAX_PIXELS = 4096 * 2304
MAX_SECONDS = 180.0
MAX_FRAMES = 180 * 60


def check_bytes(size: int) -> None:
    """Raise NotPlayable for an empty file and for one beyond the limit."""
    if size == 0:
        raise NotPlayable("The file is empty.")
    if size > MAX_BYTES:
        raise NotPlayable(f"The file is larger than the limit of {MAX_BYTES >> 30} GB.")


def check_size(width: int, height: int) -> None:
    """Raise NotPlayable for a picture beyond the limits."""
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise NotPlayable(f"The picture of {width}x{height} is larger than the limit.")


def check_frame(width: int, height: int) -> None:
    """Raise NotPlayable for a decoded picture beyond the limits, or too small to show anything."""
    check_size(width, height)
    if min(width, height) < MIN_SIDE:
        raise NotPlayable(f"The picture of {width}x{height} is too small to show anything.")


def check_frames(frames: int) -> None:
    """Raise NotPlayable for more frames than the limit."""
    if frames > MAX_FRAMES:
        raise NotPlayable(f"The video has {frames} frames, and the limit is {MAX_FRAMES}.")


def check_seconds(seconds: float) -> None:
    """Raise NotPlayable for a length beyond the limit."""
    if seconds > MAX_SECONDS:
        raise NotPlayable(f"The video is {seconds:.0f} s long, and the limit is {MAX_SECONDS:.0f} s.")
