"""Small real films in every container and codec, and the tools to break them on purpose."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from numpy.typing import NDArray

from jobs.quality.report import NotPlayable, Ordered
from jobs.quality.verify import verify

RATE = 24
SOUND_RATE = 48000


def moving(index: int, width: int, height: int) -> NDArray[np.uint8]:
    """A gradient with a bright box that crosses it: what is broken on purpose is broken alike each time."""
    rows, columns = np.mgrid[0:height, 0:width]
    bands = [columns * 200 // width, rows * 200 // height, (rows + columns) * 100 // width]
    picture = np.stack(bands, axis=-1).astype(np.uint8)
    left = int(index * 0.015 * width) % (width * 3 // 4)
    picture[height // 3 : height // 2, left : left + width // 6] = 235
    return picture


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(NotPlayable) as refused:
        verify(path, Ordered())
    return str(refused.value)


def refusal_of(folder: Path, content: bytes) -> str:
    """The sentence with which a file of these bytes is refused, whose name says that it is an MP4."""
    path = folder / "clip.mp4"
    path.write_bytes(content)
    return refusal(path)


def film(
    path: Path,
    *,
    frames: int = 24,
    size: tuple[int, int] = (160, 90),
    codec: str = "libx264",
    pixels: str = "yuv420p",
    pixel: Fraction = Fraction(1),
    sound: str = "",
    sound_s: float | None = None,
    pts: Callable[[int], int] = lambda index: index * 100,
    form: str | None = None,
    codec_options: dict[str, str] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a film; `pts` gives each frame's time in 1/2400 s, `pixel` how wide a pixel is, `sound` names a
    codec for a tone that is as long as the pictures unless `sound_s` says otherwise.
    """
    with av.open(str(path), "w", format=form, options=options or {}) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.codec_context.time_base = Fraction(1, 2400)
        if pixel != 1:
            stream.codec_context.sample_aspect_ratio = pixel
        stream.options = {**(codec_options if codec_options is not None else _QUICK.get(codec, {}))}
        tone = container.add_stream(sound, rate=SOUND_RATE, layout="mono") if sound else None
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(moving(index, *size), format="rgb24")
            frame.pts, frame.time_base = pts(index), Fraction(1, 2400)
            container.mux(stream.encode(frame.reformat(format=pixels) if pixels != "rgb24" else frame))
        container.mux(stream.encode(None))
        if tone is not None:
            assert isinstance(tone, av.AudioStream)
            add_tone(container, tone, frames / RATE if sound_s is None else sound_s)
    return path


_QUICK = {
    "libx264": {"preset": "veryfast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libsvtav1": {"preset": "12"},
}


def add_tone(container: av.container.OutputContainer, track: av.AudioStream, seconds: float) -> None:
    """Fill a sound track of any codec with a tone of 440 Hz."""
    context = track.codec_context
    if not context.is_open:
        context.open()
    fit = av.AudioResampler(context.format, context.layout, SOUND_RATE, context.frame_size or 1024)
    wave = np.sin(np.arange(int(seconds * SOUND_RATE)) * 440 * 2 * np.pi / SOUND_RATE) * 16000
    piece = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None, :], format="s16", layout="mono")
    piece.sample_rate, piece.pts, piece.time_base = SOUND_RATE, 0, Fraction(1, SOUND_RATE)
    for ready in [*fit.resample(piece), *fit.resample(None)]:
        container.mux(track.encode(ready))
    container.mux(track.encode(None))


def two_films(path: Path, second: Disposition) -> Path:
    """Write a file with two tracks of three pictures each; the second one is small, and used as told."""
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        for size, how in (((160, 90), Disposition.default), ((80, 46), second)):
            stream = container.add_stream("libx264", rate=RATE)
            assert isinstance(stream, av.VideoStream)
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            stream.disposition = how
        for stream in container.streams.video:
            for index in range(3):
                picture = av.VideoFrame.from_ndarray(
                    moving(index, stream.width, stream.height), format="rgb24"
                )
                container.mux(stream.encode(picture.reformat(format="yuv420p")))
            container.mux(stream.encode(None))
    return path


def one_picture_often(path: Path, frames: int, side: int = 16) -> Path:
    """Write a film of one picture, encoded once and shown over and over."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        first = next(iter(stream.encode(av.VideoFrame(side, side, "yuv420p"))))
        for index in range(frames):
            packet = av.Packet(bytes(first))
            packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, RATE), True
            packet.pts = packet.dts = index
            container.mux(packet)
    return path


def with_index_first(path: Path, **how: object) -> bytes:
    """The bytes of a film whose index stands before its pictures."""
    return film(path, options={"movflags": "+faststart"}, **how).read_bytes()  # type: ignore[arg-type]


def patched(content: bytes, box: bytes, offset: int, new: bytes, *, which: int = 0) -> bytes:
    """The film with some bytes of a box replaced; the offset counts from behind the box's name."""
    at = -1
    for _ in range(which + 1):
        at = content.index(box, at + 1)
    at += 4 + offset
    return content[:at] + new + content[at + len(new) :]


def box(name: bytes, body: bytes) -> bytes:
    """One box of an MP4."""
    return struct.pack(">I4s", 8 + len(body), name) + body


def flipped(content: bytes, count: int, seed: int = 1) -> bytes:
    """The film with some bytes of its pictures turned over; those of its index are left whole."""
    broken = bytearray(content)
    random = np.random.default_rng(seed)
    for at in random.integers(*pictures_in(content), count):
        broken[at] ^= 0xFF
    return bytes(broken)


def pictures_in(content: bytes) -> tuple[int, int]:
    """Where the pictures of an MP4 begin and end; of other containers the second and third quarter."""
    at = content.find(b"mdat")
    if at < 0:
        return len(content) // 4, len(content) * 3 // 4
    return at + 4, at - 4 + int.from_bytes(content[at - 4 : at], "big")
