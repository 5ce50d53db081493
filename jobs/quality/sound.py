"""What is heard in a clip: how loud it is, where it is silent, where it is cut off at full scale.

The sound is heard once, as it is decoded: its peaks at its own rate, where clipping shows, and the rest on a
copy of 8 kHz in one channel. A second of the clip costs 800 bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from statistics import fmean
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Event, Seen

NO_SOUND = "The clip has no sound."
BROKEN = "The sound could not be read."
RATE, BLOCKS_HZ = 8000, 50
PEAKS = 240
_BLOCK = RATE // BLOCKS_HZ
# Below this a listener at ordinary loudness hears nothing; the floor stands for digital silence.
SILENT_DBFS, FLOOR_DBFS = -60.0, -96.0
# A wave is cut off when this many samples in a row stand flat at full scale; a codec bends what was flat, but
# leaves it above full scale.
_FULL, _BEYOND, _FLAT_RUN = 0.985, 1.0, 6
_FLAT = 3e-5
_SILENT_LEAST_S, _CLIPPED_LEAST_S, _SHORT_LEAST_S = 1.0, 0.06, 0.5
# Loud sound that was not cut off lies above full scale here and there after a codec: up to 0.5 % of it.
_SOME_CLIPPED = 0.006
_JOIN_S = 0.5

_MEASURES = (
    "sound_rms_dbfs",
    "sound_peak_dbfs",
    "sound_silent_share",
    "sound_clipped_share",
    "sound_seconds",
)
Floats = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What was heard; `peaks` are 240 values, 0 to 1, evenly over the clip's length, None without sound."""

    seen: Seen
    peaks: tuple[float, ...] | None = None


class Listener:
    """Takes the frames of one sound track as they are decoded. A frame that cannot be read ends the
    listening and never the check: `heard` then says so.
    """

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
        self._pieces: list[Floats] = []
        self._cut_off: list[tuple[float, float]] = []
        self._cut_off_samples = self._samples = 0
        self._starts_s: float | None = None
        self._broken = False

    def hear(self, frame: av.AudioFrame) -> None:
        """Take one piece of the sound."""
        if self._broken:
            return
        try:
            self._hear(frame)
        except (av.FFmpegError, ValueError, NotImplementedError):
            self._broken = True

    def heard(self, duration_s: float, begins_s: float = 0.0) -> Heard:
        """Everything heard, over the length of the clip in seconds; `begins_s` is when its first picture is
        shown, and what is heard before that is left out.
        """
        if not self._broken:
            self._end()
        if self._broken:
            return _nothing(BROKEN)
        if not self._pieces or duration_s <= 0:
            return _nothing(NO_SOUND)
        wave = np.concatenate(self._pieces)
        starts = max(0.0, self._starts_s or 0.0) - begins_s
        wave, starts = wave[max(0, round(-starts * RATE)) :], max(0.0, starts)
        if not len(wave):
            return _nothing(NO_SOUND)
        blocks = _Blocks.of(wave, starts)
        clipped = self._cut_off_samples / max(1, self._samples)
        harsh = self._clipped(clipped, begins_s)
        events = (*_silences(blocks, duration_s), *harsh, *_ends_early(blocks, duration_s))
        peaks = _peaks(wave, starts, duration_s)
        return Heard(seen=Seen(measures=_measures(wave, blocks, clipped), events=events), peaks=peaks)

    def _hear(self, frame: av.AudioFrame) -> None:
        at_s = frame.time if frame.time is not None else self._samples / max(1, frame.sample_rate)
        if self._starts_s is None:
            self._starts_s = at_s
        waves = _waves(frame)
        if not np.isfinite(waves).all():
            raise ValueError("the sound has samples that are no numbers")
        cut = cut_off(waves)
        self._samples += waves.shape[1]
        self._cut_off_samples += int(cut.sum())
        if cut.any():
            places = np.flatnonzero(cut)
            first, last = (at_s + float(place) / frame.sample_rate for place in (places[0], places[-1]))
            self._cut_off.append((first, last))
        self._pieces += [
            np.asarray(one.to_ndarray()[0], np.float32) for one in self._resampler.resample(frame)
        ]

    def _end(self) -> None:
        try:
            rest = self._resampler.resample(None) if self._pieces else []
            self._pieces += [np.asarray(one.to_ndarray()[0], np.float32) for one in rest]
        except (av.FFmpegError, ValueError):
            self._broken = True

    def _clipped(self, share: float, begins_s: float) -> list[Event]:
        """Stretches in which the wave is cut off, joined over short gaps; a few samples are not heard."""
        if share < _SOME_CLIPPED:
            return []
        joined: list[tuple[float, float]] = []
        heard = [(start - begins_s, end - begins_s) for start, end in self._cut_off if end > begins_s]
        for start, end in heard:
            if joined and start - joined[-1][1] < _JOIN_S:
                joined[-1] = (joined[-1][0], end)
            else:
                joined.append((start, end))
        return [
            Event(kind="sound_clipped", severity="suspect", start_s=start, end_s=end, value=round(share, 4))
            for start, end in joined
            if end - start >= _CLIPPED_LEAST_S
        ]


def meaning(seen: Seen, sound_wanted: bool | None) -> Seen:
    """What was heard, as grave as it is for this shot; `sound_wanted` as in `report.Ordered`.

    Nothing said: every event is `info`. Sound wanted: events stay as they are, and no sound at all, or
    nothing but silence, is one suspect `sound_missing`. Silence wanted: silence is no event, and anything
    audible is one suspect `sound_unwanted`.
    """
    silent = _is_silent(seen)
    whole = _whole(seen)
    if sound_wanted is None:
        return replace(seen, events=tuple(replace(event, severity="info") for event in seen.events))
    if sound_wanted:
        return replace(seen, events=(_over("sound_missing", whole),) if silent else seen.events)
    return replace(seen, events=() if silent is not False else (_over("sound_unwanted", whole),))


def _is_silent(seen: Seen) -> bool | None:
    """Whether nothing can be heard; None when the sound could not be read."""
    if seen.unmeasured.get("sound_rms_dbfs") == BROKEN:
        return None
    share = seen.measures.get("sound_silent_share")
    return share is None or share >= 1.0


def _whole(seen: Seen) -> float:
    return seen.measures.get("sound_seconds") or 0.0


def _over(kind: str, end_s: float) -> Event:
    return Event(kind=kind, severity="suspect", start_s=0.0, end_s=end_s)


@dataclass(frozen=True)
class _Blocks:
    """Loudness in dBFS of every fiftieth of a second, from `starts_s` on."""

    loudness: NDArray[np.float64]
    starts_s: float

    @classmethod
    def of(cls, wave: Floats, starts_s: float) -> _Blocks:
        whole = np.pad(wave, (0, -len(wave) % _BLOCK)).reshape(-1, _BLOCK)
        power = (whole.astype(np.float64) ** 2).mean(axis=1)
        return cls(_decibels(np.sqrt(power)), starts_s)

    @property
    def silent(self) -> list[bool]:
        return [bool(loudness < SILENT_DBFS) for loudness in self.loudness]

    def at(self, block: int) -> float:
        return self.starts_s + block / BLOCKS_HZ

    @property
    def ends_s(self) -> float:
        return self.at(len(self.loudness))


def cut_off(waves: Floats) -> NDArray[np.bool_]:
    """Which samples of a frame (channels, samples; -1 to 1) belong to a wave cut off at full scale."""
    level = np.abs(waves[:, 1:])
    flat = (level >= _FULL) & (np.abs(np.diff(waves, axis=1)) <= _FLAT) | (level >= _BEYOND)
    marks: NDArray[np.bool_] = np.zeros(waves.shape[1], np.bool_)
    run = _FLAT_RUN - 1
    if flat.shape[1] < run:
        return marks
    windows = np.lib.stride_tricks.sliding_window_view(flat, run, axis=1)
    held: NDArray[np.bool_] = np.any(np.all(windows, axis=2), axis=0)
    for shift in range(_FLAT_RUN):
        marks[shift : shift + len(held)] |= held
    return marks


def _waves(frame: av.AudioFrame) -> Floats:
    """The samples at their own rate, one row per channel, full scale at 1."""
    values: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        values = values.reshape(-1, frame.layout.nb_channels).T
    waves: Floats = values.astype(np.float32)
    if values.dtype == np.uint8:
        waves = (waves - np.float32(128)) / np.float32(128)
    elif np.issubdtype(values.dtype, np.integer):
        waves = waves / np.float32(2 ** (8 * values.dtype.itemsize - 1))
    return waves


def _measures(wave: Floats, blocks: _Blocks, clipped: float) -> dict[str, float | None]:
    rms = float(np.sqrt((wave.astype(np.float64) ** 2).mean()))
    return {
        "sound_rms_dbfs": round(float(_decibels(np.array([rms]))[0]), 1),
        "sound_peak_dbfs": round(float(_decibels(np.abs(wave).max(keepdims=True))[0]), 1),
        "sound_silent_share": round(fmean(blocks.silent), 4),
        "sound_clipped_share": round(clipped, 5),
        "sound_seconds": round(len(wave) / RATE, 3),
    }


def _decibels(level: NDArray[Any]) -> NDArray[np.float64]:
    least = 10 ** (FLOOR_DBFS / 20)
    return 20 * np.log10(np.maximum(level.astype(np.float64), least))


def _silences(blocks: _Blocks, duration_s: float) -> list[Event]:
    """Silent stretches of a second and more in a clip in which something is heard; a clip that is silent
    throughout is one.
    """
    if all(blocks.silent):
        return [Event(kind="sound_silent", severity="suspect", start_s=0.0, end_s=duration_s)]
    found = []
    place = 0
    for silent, group in groupby(blocks.silent):
        length = len(list(group))
        if silent and length >= _SILENT_LEAST_S * BLOCKS_HZ:
            start, end = blocks.at(place), min(duration_s, blocks.at(place + length))
            found.append(Event(kind="sound_silent", severity="suspect", start_s=start, end_s=end))
        place += length
    return found


def _ends_early(blocks: _Blocks, duration_s: float) -> list[Event]:
    """A track that ends before the picture does; one that only grows silent is a silent stretch."""
    ends_s = blocks.ends_s
    if duration_s - ends_s < _SHORT_LEAST_S:
        return []
    return [Event(kind="sound_short", severity="suspect", start_s=ends_s, end_s=duration_s, value=ends_s)]


def _peaks(wave: Floats, starts_s: float, duration_s: float) -> tuple[float, ...]:
    """The loudest sample of each 240th of the clip."""
    edges = np.linspace(0, duration_s, PEAKS + 1)
    places = np.clip(((edges - starts_s) * RATE).round().astype(int), 0, len(wave))
    level = np.abs(wave)
    return tuple(
        round(min(1.0, float(level[start:end].max())), 3) if end > start else 0.0
        for start, end in pairwise(places)
    )


def _nothing(why: str) -> Heard:
    return Heard(seen=Seen(measures=dict.fromkeys(_MEASURES), unmeasured=dict.fromkeys(_MEASURES, why)))
