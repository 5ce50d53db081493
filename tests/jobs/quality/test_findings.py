"""From a real file to its findings: the whole way through decoding and judging."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from jobs.quality.report import Checked, Finding, Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.clips import held, write_clip

ORDER = Ordered(duration_s=5, width=640, height=360)


def of_kind(checked: Checked, kind: str) -> list[Finding]:
    return [finding for finding in checked.findings if finding.kind == kind]


def test_a_good_clip_passes_without_a_word(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "good.mp4"), ORDER)
    assert (checked.verdict, checked.findings) == ("pass", ())
    parts = {part.name: part.value for part in checked.parts}
    assert (parts["steady_light"], parts["motion"]) == (1, 1)


def test_a_black_stretch_is_named_with_its_seconds(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "black.mp4", black=range(48, 72)), ORDER)
    (black,) = checked.findings
    assert (black.kind, black.severity, black.sentence) == ("black", "reject", "black from 2.0 s to 3.0 s")
    assert checked.measures["black_share"] == pytest.approx(24 / 120)


def test_a_frozen_stretch_is_named_with_its_seconds(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "frozen.mp4", at=held(43, 83)), ORDER)
    (frozen,) = checked.findings
    assert frozen.sentence == "frozen from 1.8 s to 3.5 s"
    assert (frozen.severity, checked.verdict) == ("reject", "reject")


def test_a_clip_in_which_nothing_moves_gets_one_reason(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "still.mp4", at=lambda index: 0)
    assert [finding.sentence for finding in verify(path, ORDER).findings] == [
        "nothing moves in the whole clip"
    ]


def test_a_still_that_was_asked_for_is_no_fault(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "still.mp4", at=lambda index: 0, frames=60)
    wanted = Ordered(width=640, height=360, still_wanted=True)
    assert verify(path, wanted).verdict == "pass"


def test_flicker_is_found_and_a_slow_fade_is_not(tmp_path: Path) -> None:
    flickering = write_clip(tmp_path / "flicker.mp4", light=lambda index: 0.88 if index % 4 < 2 else 1.0)
    fading = write_clip(tmp_path / "fade.mp4", frames=60, light=lambda index: 1 - index / 150)
    (flicker,) = verify(flickering, ORDER).findings
    assert (flicker.kind, flicker.severity) == ("flicker", "reject")
    assert verify(fading, Ordered()).verdict == "pass"


def test_a_difference_from_the_order_is_a_finding(tmp_path: Path) -> None:
    upright = verify(write_clip(tmp_path / "upright.mp4", width=360, height=640, frames=60), ORDER)
    assert {finding.kind for finding in upright.findings} == {"wrong_shape", "wrong_length"}


def test_each_measure_is_a_number_or_has_its_reason(tmp_path: Path) -> None:
    for frames in (6, 48):
        checked = verify(write_clip(tmp_path / f"{frames}.mp4", frames=frames), Ordered())
        unknown = {name for name, value in checked.measures.items() if value is None}
        assert unknown == set(checked.unmeasured)
        assert all(math.isfinite(value) for value in checked.measures.values() if value is not None)
        assert all(reason.strip() for reason in checked.unmeasured.values())


def test_a_clip_of_six_frames_is_too_short_to_judge(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "short.mp4", frames=6), Ordered())
    assert [finding.kind for finding in checked.findings if finding.severity != "info"] == ["too_short"]
    assert checked.measures["motion_pct_s"] is None
    assert checked.measures["flicker_pct"] is None
