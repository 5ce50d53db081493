"""One decode pass over a clip for everything: is it whole, what is in it, what does it look like."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av

from jobs.quality import criteria, faces, prompt_match, sound
from jobs.quality.analysis import analyse
from jobs.quality.decoding import Decoded, decode
from jobs.quality.opening import Opened, opened
from jobs.quality.pictures import Pictures
from jobs.quality.report import Checked, Event, Finding, Ordered, Seen, VideoFacts
from jobs.quality.samples import Sampler

# A header's frame rate that is further from what was counted is not believed.
_RATE_SHARE = 0.02
# What is beyond it is a slip of whoever wrote the header.
_WIDEST_PIXEL = 4


def verify(path: Path, ordered: Ordered, clip_model: Path | None = None) -> Checked:
    """Decode the whole file and say what it is and how good; raises NotPlayable with a sentence for
    people.

    `clip_model` is the folder of a CLIP model, None where this site has none.
    """
    began = time.process_time()
    with opened(path) as video:
        looking = _Looking(video, ordered, clip_model)
        decoded = decode(video, looking.see, looking.hear)
        checked = looking.judged(_facts(video, decoded), _since_the_first(decoded))
    return replace(checked, seconds=round(time.process_time() - began, 3))


class _Looking:
    """Everything that takes its share of the frames and of the sound as they go by."""

    def __init__(self, video: Opened, ordered: Ordered, clip_model: Path | None) -> None:
        self._video, self._ordered, self._clip_model = video, ordered, clip_model
        self._told_s = video.told_s or ordered.duration_s or 0.0
        self._fps = float(video.pictures.average_rate or video.pictures.guessed_rate or 24)
        self._sampler: Sampler | None = None
        self._pictures = Pictures(self._told_s)
        self._listener = sound.Listener()
        self._broken = False

    def see(self, frame: av.VideoFrame, at_s: float) -> None:
        """Take one frame as it is shown; nothing more once that has gone wrong."""
        if self._broken:
            return
        try:
            self._take(frame, at_s)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  Whether the file is whole is for the decoder to say.
            traceback.print_exc()
            self._broken = True

    def _take(self, frame: av.VideoFrame, at_s: float) -> None:
        if self._sampler is None:
            wanted = self._clip_model is not None
            self._sampler = Sampler(frame.width, frame.height, self._fps, self._told_s, wanted)
        self._pictures.see(frame, at_s, self._sampler.see(frame, at_s))

    def hear(self, frame: av.AudioFrame) -> None:
        """Take one piece of the sound."""
        self._listener.hear(frame)

    def judged(self, facts: VideoFacts, sound_damaged_at_s: float | None) -> Checked:
        """Everything that was seen and heard, judged against the order, and its pictures."""
        filmstrip, tiles = self._pictures.filmstrip(facts.duration_s)
        poster = self._pictures.poster()
        return replace(
            self._measured(facts, sound_damaged_at_s), poster=poster, filmstrip=filmstrip, tiles=tiles
        )

    def _measured(self, facts: VideoFacts, sound_damaged_at_s: float | None) -> Checked:
        if self._broken:
            return _unmeasured(facts)
        try:
            return self._measure(facts, sound_damaged_at_s)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001  The file is whole and was paid: a fault of ours must not end it.
            traceback.print_exc()
            return _unmeasured(facts)

    def _measure(self, facts: VideoFacts, sound_damaged_at_s: float | None) -> Checked:
        assert self._sampler is not None  # noqa: S101  Decoding refuses a file without a single frame.
        ordered, samples = self._ordered, self._sampler.samples()
        heard = self._listener.heard(facts.duration_s, facts.begins_s)
        meant = sound.meaning(heard.seen, ordered.sound_wanted)
        matched = prompt_match.match(samples.clip_frames, ordered.prompt, self._clip_model)
        damaged = _damaged_sound(sound_damaged_at_s)
        found = analyse(samples, facts, ordered, faces.watch(samples, ordered), meant, damaged, matched.seen)
        return Checked(
            facts=facts,
            verdict=found.verdict,
            measures=found.measures,
            unmeasured=found.unmeasured,
            findings=found.findings,
            parts=found.parts,
            criteria=criteria.judge(
                ordered, facts, found.findings, found.measures, matched.parts, found.unmeasured
            ),
            prompt_parts=matched.parts,
            model_mark=matched.mark,
            peaks=heard.peaks,
        )


def _damaged_sound(at_s: float | None) -> Seen:
    if at_s is None:
        return Seen()
    return Seen(events=(Event(kind="sound_damaged", severity="suspect", start_s=at_s, end_s=at_s),))


def _unmeasured(facts: VideoFacts) -> Checked:
    """What is said of a whole clip on which the measures broke down: people have to look."""
    finding = Finding(
        kind="not_measured",
        severity="suspect",
        start_s=0.0,
        end_s=facts.duration_s,
        sentence="could not be measured: the checks broke down on this clip",
    )
    return Checked(facts=facts, verdict="suspect", findings=(finding,))


def _facts(video: Opened, decoded: Decoded) -> VideoFacts:
    context = video.pictures.codec_context
    rate = _rate(video, decoded)
    width, height = _shown_size(video, decoded)
    return VideoFacts(
        container=video.demuxer,
        codec=context.codec.canonical_name,
        pixel_format=context.pix_fmt or "",
        width=width,
        height=height,
        frames=decoded.frames,
        fps_num=rate.numerator,
        fps_den=rate.denominator,
        duration_s=round(decoded.duration_s, 3),
        has_audio=decoded.sound_frames > 0,
        sound_codec=video.sound.codec_context.codec.canonical_name
        if video.sound and decoded.sound_frames
        else "",
        index_late=video.index_late,
        fragmented=video.fragmented,
        rotation=decoded.rotation,
        mirrored=decoded.mirrored,
        begins_s=round(decoded.begins_s, 3),
        other_pictures=video.other_pictures,
        put_together=video.put_together,
    )


def _shown_size(video: Opened, decoded: Decoded) -> tuple[int, int]:
    """Width and height on a screen, whose pixels are square: those of a file may be wide or narrow."""
    pixel = video.pictures.sample_aspect_ratio or Fraction(1)
    if not 1 / _WIDEST_PIXEL <= pixel <= _WIDEST_PIXEL:
        return decoded.width, decoded.height
    return round(decoded.width * (1 / pixel if decoded.rotation % 180 else pixel)), decoded.height


def _since_the_first(decoded: Decoded) -> float | None:
    """When the sound was first found damaged, in seconds from the first picture."""
    at_s = decoded.sound_damaged_at_s
    return None if at_s is None else max(0.0, at_s - decoded.begins_s)


def _rate(video: Opened, decoded: Decoded) -> Fraction:
    """Frames per second: what the file says where that is so, else what was counted."""
    told = video.pictures.average_rate or Fraction(0)
    counted = decoded.frames / decoded.duration_s
    if abs(float(told) - counted) <= _RATE_SHARE * counted:
        return Fraction(told)
    return Fraction(counted).limit_denominator(1001)
