"""The whole answer for one clip: facts, findings against the order, pictures."""

from __future__ import annotations

import math
from pathlib import Path

import av
import pytest

from jobs.quality.report import Event, Ordered, Seen
from jobs.quality.samples import Sampler
from jobs.quality.verify import verify
from tests.jobs.quality.clips import held, write_clip
from tests.jobs.quality.films import film


def test_it_counts_frames_and_length_from_the_decoded_pictures(tmp_path: Path) -> None:
    facts = verify(write_clip(tmp_path / "good.mp4", frames=72), Ordered()).facts
    assert (facts.width, facts.height, facts.frames, facts.fps, facts.has_audio) == (640, 360, 72, 24, False)
    assert facts.duration_s == pytest.approx(3.0, abs=0.001)


def test_a_good_clip_has_measures_parts_and_pictures(tmp_path: Path) -> None:
    checked = verify(
        write_clip(tmp_path / "good.mp4", frames=72), Ordered(duration_s=3, width=640, height=360)
    )
    assert checked.verdict in {"pass", "suspect"}
    assert checked.tiles == 12
    assert checked.poster.startswith(b"\xff\xd8")
    assert checked.filmstrip.startswith(b"\xff\xd8")
    assert checked.parts
    assert checked.seconds > 0
    # Whatever could not be measured says why.
    assert {name for name, value in checked.measures.items() if value is None} <= set(checked.unmeasured)


def test_what_is_seen_in_the_one_pass_reaches_the_findings(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "stuck.mp4", frames=96, at=held(24, 72))
    [frozen] = [finding for finding in verify(path, Ordered()).findings if finding.kind == "frozen"]
    assert frozen.start_s == pytest.approx(1.0, abs=0.1)
    assert frozen.end_s == pytest.approx(3.0, abs=0.1)


def test_a_difference_from_the_order_reaches_the_findings(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "good.mp4", frames=48)
    kinds = {finding.kind for finding in verify(path, Ordered(duration_s=5, width=360, height=640)).findings}
    assert {"wrong_shape", "wrong_length"} <= kinds


def test_a_whole_clip_on_which_the_measures_break_down_goes_to_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*seen: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("jobs.quality.verify.analyse", broken)
    checked = verify(write_clip(tmp_path / "good.mp4", frames=24), Ordered())
    assert (checked.verdict, checked.facts.frames, checked.tiles) == ("suspect", 24, 12)
    assert [finding.kind for finding in checked.findings] == ["not_measured"]


def test_what_comes_to_no_number_is_not_measured_and_an_event_without_one_is_a_breakdown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_clip(tmp_path / "good.mp4", frames=24)
    seen = Seen(measures={"edge_px": math.inf, "noise_sigma": math.nan, "blockiness": 1.0})
    monkeypatch.setattr("jobs.quality.detail.judge", lambda *looks: seen)
    checked = verify(path, Ordered())
    told = [(checked.measures[name], checked.unmeasured.get(name)) for name in seen.measures]
    assert told == [*[(None, "The measure came to no number.")] * 2, (1.0, None)]
    event = Event(kind="noisy", severity="suspect", start_s=0.0, end_s=1.0, value=math.nan)
    monkeypatch.setattr("jobs.quality.detail.judge", lambda *looks: Seen(events=(event,)))
    assert [finding.kind for finding in verify(path, Ordered()).findings] == ["not_measured"]


def test_a_whole_clip_of_which_a_frame_cannot_be_measured_goes_to_people(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Sampler.see

    def broken(self: Sampler, frame: av.VideoFrame, at_s: float) -> object:
        if at_s > 0.5:
            raise av.ArgumentError(22, "no such form of pixels")
        return seen(self, frame, at_s)

    monkeypatch.setattr(Sampler, "see", broken)
    checked = verify(write_clip(tmp_path / "good.mp4", frames=24), Ordered())
    assert (checked.verdict, checked.facts.frames) == ("suspect", 24)
    assert [finding.kind for finding in checked.findings] == ["not_measured"]


def test_the_sound_is_heard_in_the_same_pass(tmp_path: Path) -> None:
    path = film(tmp_path / "clip.mp4", frames=48, sound="aac")
    checked = verify(path, Ordered(sound_wanted=False))
    assert checked.measures["sound_rms_dbfs"] == pytest.approx(-9.0, abs=2)
    assert checked.peaks is not None
    assert max(checked.peaks) == pytest.approx(0.5, abs=0.1)
    assert "sound_unwanted" in {finding.kind for finding in checked.findings}
    assert "sound_unwanted" not in {finding.kind for finding in verify(path, Ordered()).findings}


def test_a_clip_without_sound_has_no_peaks_and_says_why(tmp_path: Path) -> None:
    checked = verify(film(tmp_path / "clip.mp4"), Ordered(sound_wanted=True))
    assert checked.peaks is None
    assert checked.unmeasured["sound_rms_dbfs"] == "The clip has no sound."
    assert "sound_missing" in {finding.kind for finding in checked.findings}


@pytest.mark.parametrize("rests", [True, False])
def test_acceptance_criteria_are_answered_from_the_same_pass(tmp_path: Path, rests: bool) -> None:
    path = write_clip(tmp_path / "clip.mp4", frames=48, at=held(0, 47 if rests else 0))
    lines = ("silent", "5 s long", "a still: nothing moves", "no cut", "the mood is right")
    criteria = verify(path, Ordered(acceptance=lines, still_wanted=True)).criteria
    states = [criterion.state for criterion in criteria]
    assert states == ["met", "unmet", "met" if rests else "unmet", "met", "person"]
