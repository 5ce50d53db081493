"""The files of a finished video: the clip, a still of its middle, and a sheet of stills."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from starlette.responses import Response

from providers.sandbox.job import Job
from providers.sandbox.links import clip_answer

# A sheet of so many stills across and down, each so wide.
ACROSS, DOWN, STILL_WIDTH = 5, 2, 160


async def file_of(job: Job, variant: str) -> Response | None:
    """The file's bytes, or None where there is none; the stills are drawn from the clip itself."""
    clip = clip_answer(job)
    if clip is None or variant == "video":
        return clip
    draw, kind = STILLS[variant]
    # Decoding a clip takes a while, and the server has others to answer.
    return Response(await asyncio.to_thread(draw, Path(job.clip)), media_type=kind)


def _thumbnail(clip: Path) -> bytes:
    return _encoded(_stills(clip, 1)[0], "libwebp", "webp", "yuv420p")


def _sheet(clip: Path) -> bytes:
    """The clip's stills in reading order, at equal distances."""
    stills = _stills(clip, ACROSS * DOWN)
    height = max(2, round(STILL_WIDTH * stills[0].height / stills[0].width / 2) * 2)
    small = [frame.reformat(STILL_WIDTH, height, "rgb24").to_ndarray() for frame in stills]
    rows = [np.hstack(small[n : n + ACROSS]) for n in range(0, len(small), ACROSS)]
    sheet: Any = np.ascontiguousarray(np.vstack(rows))
    return _encoded(av.VideoFrame.from_ndarray(sheet, format="rgb24"), "mjpeg", "mjpeg", "yuvj420p")


def _stills(clip: Path, count: int) -> list[av.VideoFrame]:
    """The frame in the middle of each of so many equal parts; only those are kept in memory."""
    with av.open(str(clip)) as source:
        total = source.streams.video[0].frames
        wanted = [(2 * part + 1) * total // (2 * count) for part in range(count)]
        kept = {n: frame for n, frame in enumerate(source.decode(video=0)) if n in set(wanted)}
    return [kept[n] for n in wanted]


def _encoded(frame: av.VideoFrame, codec: str, container: str, pixels: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as target:
        stream: Any = target.add_stream(codec, rate=1)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, pixels
        picture = frame.reformat(format=pixels)
        picture.pts = 0
        target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return buffer.getvalue()


STILLS: dict[str, tuple[Callable[[Path], bytes], str]] = {
    "thumbnail": (_thumbnail, "image/webp"),
    "spritesheet": (_sheet, "image/jpeg"),
}
VARIANTS = ("video", *STILLS)
