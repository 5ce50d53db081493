"""One decode pass over a clip for everything: is it whole, what is in it, what does it look like."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from jobs.quality import measures
from jobs.quality.decoding import Decoded, decode
from jobs.quality.opening import Opened, opened
from jobs.quality.pictures import Pictures
from jobs.quality.report import Checked, Ordered, VideoFacts
from jobs.quality.samples import Sampler
from jobs.quality.scan import Scan

# A header's frame rate that is further from what was counted is not believed.
_RATE_SHARE = 0.02


def verify(path: Path, ordered: Ordered, clip_model: Path | None = None) -> Checked:
    """Decode the whole file and say what it is and how good; raises NotPlayable with a sentence for
    people.

    `clip_model` is the folder of a CLIP model, None where this site has none.
    """
    began = time.process_time()
    with opened(path) as video:
        looking = _Looking(video, ordered)
        decoded = decode(video, looking.see, looking.hear)
        checked = looking.judged(_facts(video, decoded), clip_model)
    return replace(checked, seconds=round(time.process_time() - began, 3))


class _Looking:
    """Everything that takes its share of the frames and of the sound as they go by."""

    def __init__(self, video: Opened, ordered: Ordered) -> None:
        self._video, self._ordered = video, ordered
        self._told_s = video.told_s or ordered.duration_s or 0.0
        self._fps = float(video.pictures.average_rate or video.pictures.guessed_rate or 24)
        self._sampler: Sampler | None = None
        self._pictures = Pictures(self._told_s)
        self._scan = Scan(fps=self._fps)

    def see(self, frame: av.VideoFrame, at_s: float) -> None:
        """Take one frame as it is shown."""
        if self._sampler is None:
            self._sampler = Sampler(frame.width, frame.height, self._fps, self._told_s, False)
        grey = self._sampler.see(frame, at_s)
        self._pictures.see(frame, at_s, grey)
        self._scan.see(grey, at_s)

    def hear(self, frame: av.AudioFrame) -> None:
        """Take one piece of the sound."""

    def judged(self, facts: VideoFacts, clip_model: Path | None) -> Checked:
        """Everything that was seen and heard, judged against the order."""
        self._scan.finish()
        figures = measures.measure(self._scan)
        found = measures.findings(self._scan, figures, facts, self._ordered)
        filmstrip, tiles = self._pictures.filmstrip(facts.duration_s)
        return Checked(
            facts=facts,
            verdict=measures.verdict_of(found),
            measures=figures,
            findings=tuple(found),
            poster=self._pictures.poster(),
            filmstrip=filmstrip,
            tiles=tiles,
        )


def _facts(video: Opened, decoded: Decoded) -> VideoFacts:
    context = video.pictures.codec_context
    rate = _rate(video, decoded)
    return VideoFacts(
        container=video.demuxer,
        codec=context.codec.canonical_name,
        pixel_format=context.pix_fmt or "",
        width=decoded.width,
        height=decoded.height,
        frames=decoded.frames,
        fps_num=rate.numerator,
        fps_den=rate.denominator,
        duration_s=round(decoded.duration_s, 3),
        has_audio=decoded.sound_frames > 0,
        sound_codec=video.sound.codec_context.codec.canonical_name if video.sound and decoded.sound_frames else "",
        index_late=video.index_late,
        fragmented=video.fragmented,
        rotation=decoded.rotation,
    )


def _rate(video: Opened, decoded: Decoded) -> Fraction:
    """Frames per second: what the file says where that is so, else what was counted."""
    told = video.pictures.average_rate or Fraction(0)
    counted = decoded.frames / decoded.duration_s
    if abs(float(told) - counted) <= _RATE_SHARE * counted:
        return Fraction(told)
    return Fraction(counted).limit_denominator(1001)
