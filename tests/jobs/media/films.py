"""Real video files whose every frame shows its own number, in any container and codec a test needs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
_BITS = 8


def numbered(number: int, width: int, height: int) -> Picture:
    """A picture whose upper half shows a number in eight black and white squares, over a grey that moves."""
    picture = np.full((height, width, 3), 90, np.uint8)
    side = width // _BITS
    for bit in range(_BITS):
        picture[: height // 2, bit * side : (bit + 1) * side] = 235 if number >> bit & 1 else 16
    left = number * 7 % (width - 20)
    picture[height * 3 // 4 :, left : left + 20] = (200, 60, 30)
    return picture


def number_in(frame: av.VideoFrame) -> int:
    """The number that a frame of any size shows."""
    grey = frame.reformat(format="gray").to_ndarray()
    row, side = grey[frame.height // 4], frame.width // _BITS
    return sum(int(row[bit * side + side // 2] > 125) << bit for bit in range(_BITS))


def write_film(
    path: Path,
    *,
    frames: int = 30,
    rate: Fraction | int = 24,
    times: Sequence[int] | None = None,
    size: tuple[int, int] = (320, 180),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    tags: tuple[int, int, int] | None = None,
    turned: int = 0,
    sound: str = "",
    sound_from_s: float = 0.0,
    encoder: dict[str, str] | None = None,
    container: dict[str, str] | None = None,
) -> Path:
    """Write numbered frames. `times` are thousandths of a second, one for each frame; `tags` are the numbers
    of matrix, primaries and curve; `turned` is by how many degrees a player turns the picture.
    """
    with av.open(str(path), "w", options=container or {}) as target:
        track = target.add_stream(codec, rate=rate)
        assert isinstance(track, av.VideoStream)
        track.width, track.height, track.pix_fmt = *size, pixels
        context = track.codec_context
        if times is not None:
            context.time_base = Fraction(1, 1000)
        if tags is not None:
            context.colorspace, context.color_primaries, context.color_trc = tags
        if turned:
            track.set_display_rotation(turned)
        track.options = {"preset": "ultrafast"} if codec in {"libx264", "libx265"} else {}
        track.options |= encoder or {}
        voice = target.add_stream(sound, rate=48_000, layout="stereo") if sound else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(number, *size), format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[number], Fraction(1, 1000)
            target.mux(track.encode(frame))
        target.mux(track.encode(None))
        if isinstance(voice, av.AudioStream):
            _write_tone(target, voice, frames / Fraction(rate), sound_from_s)
    return path


def _write_tone(
    target: av.container.OutputContainer, voice: av.AudioStream, until_s: Fraction, from_s: float
) -> None:
    """A click of 10 ms every half second and a quiet tone between them."""
    count = int((until_s - Fraction(from_s)) * 48_000) // 1024
    at = (np.arange(count * 1024) + round(from_s * 48_000)) / 48_000
    wave = np.where(at % 0.5 < 0.01, 0.9, 0.02) * np.sin(at * 440 * 2 * np.pi)
    for block in range(count):
        piece = wave[block * 1024 : (block + 1) * 1024].astype(np.float32)
        frame = av.AudioFrame.from_ndarray(np.stack([piece, piece]), format="fltp", layout="stereo")
        frame.sample_rate, frame.time_base = 48_000, Fraction(1, 48_000)
        frame.pts = block * 1024 + round(from_s * 48_000)
        target.mux(voice.encode(frame))
    target.mux(voice.encode(None))


def seen(path: Path) -> tuple[list[float], list[int]]:
    """The frames of a file as a player shows them: their seconds from the first frame, and their numbers."""
    with av.open(str(path)) as source:
        frames = [(float(frame.time), number_in(frame)) for frame in source.decode(video=0)]
    return [at - frames[0][0] for at, _ in frames], [number for _, number in frames]


def clicks(path: Path) -> list[float]:
    """When the sound clicks, in seconds from the first picture."""
    with av.open(str(path)) as source:
        first = next(source.decode(video=0)).time or 0.0
    plain = av.AudioResampler(format="fltp", layout="mono", rate=48_000)
    with av.open(str(path)) as source:
        heard = [piece for frame in source.decode(audio=0) for piece in plain.resample(frame)]
    # Each piece at its own time: there may be gaps between them.
    loud = np.concatenate(
        [
            np.flatnonzero(np.abs(one.to_ndarray()[0]) > 0.4) / 48_000 + (one.time or 0.0) - first
            for one in heard
        ]
    )
    return [float(at) for at, before in zip(loud, [-1.0, *loud], strict=False) if at - before > 0.2]
