"""One decode pass over a clip for everything: is it whole, what is in it, what does it look like."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.video.reformatter import VideoReformatter

from jobs.quality import container, measures
from jobs.quality.pictures import Pictures
from jobs.quality.report import Checked, Finding, NotPlayable, Ordered, VideoFacts
from jobs.quality.scan import GREY_SIDE, Scan

# Bounds on what libav reads and decodes before a single limit of ours can be checked.
_OPEN_OPTIONS = {"protocol_whitelist": "file", "probesize": "5000000", "analyzeduration": "5000000"}
_OPEN_TIMEOUT_S = 20.0


@dataclass
class _Counted:
    """What the decode pass counted beside the scan. `trimmed` packets are hidden by an edit list and no
    loss.
    """

    damaged: int = 0
    damaged_at: float = 0.0
    trimmed: int = 0
    broke: str = ""


def verify(path: Path, ordered: Ordered, clip_model: Path | None = None) -> Checked:
    """Decode the whole file and say what it is and how good; raises NotPlayable with a sentence for
    people.
    """
    began = time.process_time()
    form = container.container_of(path)
    if form == "mov":
        container.check_boxes(path)
    try:
        opened = av.open(str(path), format=form, options=_OPEN_OPTIONS, timeout=_OPEN_TIMEOUT_S)
    except (av.FFmpegError, OSError) as error:
        raise NotPlayable(f"The file cannot be opened as a video ({type(error).__name__}).") from None
    with opened:
        checked = _verify_open(opened, form, ordered)
    return replace(checked, seconds=round(time.process_time() - began, 3))


def _verify_open(opened: InputContainer, form: str, ordered: Ordered) -> Checked:
    stream = _picture_track(opened)
    rate = stream.average_rate or stream.guessed_rate or Fraction(24)
    told_s = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    if told_s > container.MAX_SECONDS:
        raise NotPlayable(
            f"The video is {told_s:.0f} s long, and the limit is {container.MAX_SECONDS:.0f} s."
        )
    scan, pictures = Scan(fps=float(rate)), Pictures(told_s or ordered.duration_s or 5.0)
    counted = _decode(opened, stream, scan, pictures)
    _must_be_whole(counted, len(scan.times), stream.frames)
    facts = VideoFacts(
        container=form,
        codec=stream.codec_context.name,
        pixel_format=stream.codec_context.pix_fmt or "",
        width=stream.codec_context.width,
        height=stream.codec_context.height,
        frames=len(scan.times),
        fps_num=rate.numerator,
        fps_den=rate.denominator,
        duration_s=round(scan.times[-1] - scan.times[0] + float(1 / rate), 3),
        has_audio=bool(opened.streams.audio),
    )
    return _judge(scan, facts, ordered, counted, pictures)


def _judge(scan: Scan, facts: VideoFacts, ordered: Ordered, counted: _Counted, pictures: Pictures) -> Checked:
    figures = measures.measure(scan)
    found = measures.findings(scan, figures, facts, ordered)
    if counted.damaged:
        at = round(counted.damaged_at, 2)
        frames = "1 damaged frame" if counted.damaged == 1 else f"{counted.damaged} damaged frames"
        found.append(
            Finding(
                kind="damaged",
                severity="reject",
                start_s=at,
                end_s=at,
                sentence=f"{frames}, first at {at:.1f} s",
            )
        )
    filmstrip, tiles = pictures.filmstrip()
    return Checked(
        facts=facts,
        verdict=measures.verdict_of(found),
        measures=figures,
        findings=tuple(found),
        poster=pictures.poster(),
        filmstrip=filmstrip,
        tiles=tiles,
    )


def _picture_track(opened: InputContainer) -> av.VideoStream:
    if not opened.streams.video:
        raise NotPlayable("The file has no picture track.")
    stream = opened.streams.video[0]
    context = stream.codec_context
    if not context.width or not context.height:
        raise NotPlayable("The file's picture track cannot be read.")
    container.check_size(context.width, context.height)
    # One thread: two save little on clips of this size, and each costs its own picture buffers.
    context.thread_count = 1
    return stream


def _decode(opened: InputContainer, stream: av.VideoStream, scan: Scan, pictures: Pictures) -> _Counted:
    counted = _Counted()
    width, height = stream.codec_context.width, stream.codec_context.height
    scale = min(1.0, GREY_SIDE / max(width, height))
    grey_size = max(20, round(width * scale / 2) * 2), max(20, round(height * scale / 2) * 2)
    reformatter = VideoReformatter()
    try:
        for packet in opened.demux(stream):
            counted.trimmed += bool(packet.size and packet.is_discard)
            for frame in packet.decode():
                if (frame.width, frame.height) != (width, height):
                    counted.broke = "the picture's size changes inside the clip"
                    return counted
                _see(frame, scan, pictures, counted, reformatter, grey_size)
                if len(scan.times) > container.MAX_FRAMES:
                    raise NotPlayable(f"The video has more frames than the limit of {container.MAX_FRAMES}.")
    except av.FFmpegError as error:
        counted.broke = f"decoding stopped after {len(scan.times)} frames ({type(error).__name__})"
    scan.finish()
    return counted


def _see(
    frame: av.VideoFrame,
    scan: Scan,
    pictures: Pictures,
    counted: _Counted,
    reformatter: VideoReformatter,
    size: tuple[int, int],
) -> None:
    at_s = len(scan.times) / scan.fps if frame.pts is None else frame.time
    if frame.is_corrupt:
        counted.damaged_at = counted.damaged_at if counted.damaged else at_s
        counted.damaged += 1
    small = reformatter.reformat(frame, size[0], size[1], format="gray", interpolation="AREA")
    grey = small.to_ndarray().astype(np.uint8, copy=False)
    scan.see(grey, at_s)
    pictures.see(frame, at_s, grey)


def _must_be_whole(counted: _Counted, frames: int, promised: int) -> None:
    if not frames:
        raise NotPlayable("No picture of the file could be decoded.")
    if counted.broke:
        raise NotPlayable(f"The file is damaged: {counted.broke}.")
    promised -= counted.trimmed
    # One frame of tolerance: some encoders count a last frame that is never shown.
    if promised > 0 and frames < promised - 1:
        raise NotPlayable(f"The file is damaged: only {frames} of {promised} frames can be decoded.")
