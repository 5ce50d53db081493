"""What is heard in a clip, and what it means for a shot that wants sound or silence."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from jobs.quality.report import Event
from jobs.quality.sound import BROKEN, NO_SOUND, PEAKS, Heard, Listener, meaning

RATE = 48000
Wave = NDArray[np.float32]


def tone(seconds: float, loud: float = 0.3, hertz: float = 440) -> Wave:
    wave = loud * np.sin(np.arange(round(seconds * RATE)) * hertz * 2 * np.pi / RATE)
    return wave.astype(np.float32)


def silence(seconds: float) -> Wave:
    return np.zeros(round(seconds * RATE), np.float32)


def frames(wave: Wave, *, starts_s: float = 0.0) -> Iterator[av.AudioFrame]:
    for start in range(0, len(wave), 1024):
        frame = av.AudioFrame.from_ndarray(wave[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = start + round(starts_s * RATE)
        yield frame


def heard(*waves: Wave, duration_s: float = 4.0, starts_s: float = 0.0) -> Heard:
    listener = Listener()
    for frame in frames(np.concatenate(waves), starts_s=starts_s):
        listener.hear(frame)
    return listener.heard(duration_s)


def told(events: tuple[Event, ...]) -> list[tuple[str, str, float, float]]:
    return [(one.kind, one.severity, round(one.start_s, 1), round(one.end_s, 1)) for one in events]


def test_an_even_tone_is_loud_and_nothing_else() -> None:
    found = heard(tone(4))
    assert found.seen.events == ()
    assert found.seen.measures["sound_rms_dbfs"] == pytest.approx(-13.5, abs=0.3)
    assert found.seen.measures["sound_silent_share"] == 0
    assert found.seen.measures["sound_clipped_share"] == 0


def test_a_clip_without_sound_is_not_measured_and_not_zero() -> None:
    found = Listener().heard(4)
    assert set(found.seen.measures.values()) == {None}
    assert set(found.seen.unmeasured.values()) == {NO_SOUND}
    assert found.peaks is None


def test_a_silent_stretch_is_named_with_its_seconds() -> None:
    found = heard(tone(1), silence(1.5), tone(1.5))
    assert told(found.seen.events) == [("sound_silent", "suspect", 1.0, 2.5)]
    assert found.seen.measures["sound_silent_share"] == pytest.approx(1.5 / 4, abs=0.01)


def test_sound_from_before_the_first_picture_is_left_out() -> None:
    listener = Listener()
    loud = np.clip(tone(1, loud=3.0), -1, 1)
    for frame in frames(np.concatenate([loud, tone(1), silence(1.5), tone(1.5)])):
        listener.hear(frame)
    found = listener.heard(4, begins_s=1)
    assert told(found.seen.events) == [("sound_silent", "suspect", 1.0, 2.5)]
    assert found.peaks is not None
    assert max(found.peaks) < 0.9


def test_a_breath_is_no_silent_stretch() -> None:
    assert heard(tone(2), silence(0.6), tone(1.4)).seen.events == ()


def test_quiet_sound_is_not_silence() -> None:
    assert heard(tone(4, loud=0.004)).seen.measures["sound_silent_share"] == 0


def test_sound_that_ends_before_the_picture_is_named() -> None:
    (short,) = heard(tone(2.5)).seen.events
    assert short.kind == "sound_short"
    assert short.value == pytest.approx(2.5, abs=0.05)


def test_a_wave_cut_off_at_full_scale_is_named_with_its_seconds() -> None:
    loud = np.clip(tone(1, loud=2.5), -1, 1)
    found = heard(tone(2), loud, tone(1))
    assert told(found.seen.events) == [("sound_clipped", "suspect", 2.0, 3.0)]
    assert found.seen.measures["sound_clipped_share"] == pytest.approx(0.18, abs=0.02)


@pytest.mark.parametrize("hertz", [40, 440, 9000])
def test_a_wave_that_only_reaches_full_scale_is_not_cut_off(hertz: float) -> None:
    assert heard(tone(4, loud=0.999, hertz=hertz)).seen.measures["sound_clipped_share"] == 0


def test_peaks_follow_the_loudness_over_the_length_of_the_clip() -> None:
    found = heard(tone(1, loud=0.8), duration_s=4, starts_s=2)
    assert found.peaks is not None
    assert len(found.peaks) == PEAKS
    assert max(found.peaks[:118]) == 0
    assert found.peaks[150] == pytest.approx(0.8, abs=0.05)
    assert max(found.peaks[182:]) == 0


@pytest.mark.parametrize("sample", [np.nan, np.inf])
def test_samples_that_are_no_numbers_leave_the_sound_unmeasured(sample: float) -> None:
    wave = tone(1)
    wave[2000:2100] = sample
    assert heard(wave, duration_s=1).seen.unmeasured["sound_rms_dbfs"] == BROKEN


def test_a_frame_that_cannot_be_read_leaves_the_sound_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = Listener()
    good, bad = list(frames(tone(0.04)))
    listener.hear(good)
    # Layouts change in the middle of broken tracks: the resampler then refuses the frame.
    other = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), format="fltp", layout="stereo")
    other.sample_rate, other.pts, other.time_base = 44100, 1024, Fraction(1, 44100)
    listener.hear(other)
    listener.hear(bad)
    found = listener.heard(4)
    assert set(found.seen.unmeasured.values()) == {BROKEN}
    assert found.peaks is None


def test_what_was_cut_off_before_a_codec_is_still_seen(tmp_path: Path) -> None:
    path = tmp_path / "loud.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=RATE, layout="mono")
        assert isinstance(stream, av.AudioStream)
        for frame in frames(np.clip(tone(2, loud=3), -1, 1)):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    listener = Listener()
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            listener.hear(frame)
    found = listener.heard(2)
    assert {event.kind for event in found.seen.events} == {"sound_clipped"}


def test_nothing_said_makes_every_event_a_remark() -> None:
    seen = heard(tone(1), silence(3)).seen
    assert {event.severity for event in meaning(seen, None).events} == {"info"}


def test_a_shot_that_wants_sound_is_told_of_silence_once() -> None:
    assert told(meaning(heard(tone(1), silence(1.5), tone(1.5)).seen, True).events) == [
        ("sound_silent", "suspect", 1.0, 2.5)
    ]
    for nothing in (heard(silence(4)).seen, Listener().heard(4).seen):
        assert [event.kind for event in meaning(nothing, True).events] == ["sound_missing"]


def test_a_shot_that_wants_silence_is_told_of_sound_once() -> None:
    loud = heard(tone(1), silence(1.5), tone(1.5)).seen
    assert [(one.kind, one.severity) for one in meaning(loud, False).events] == [
        ("sound_unwanted", "suspect")
    ]
    for nothing in (heard(silence(4)).seen, Listener().heard(4).seen):
        assert meaning(nothing, False).events == ()
