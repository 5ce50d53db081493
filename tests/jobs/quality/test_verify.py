"""The whole answer for one clip: facts, findings against the order, pictures."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.quality.report import Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.clips import held, write_clip


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
