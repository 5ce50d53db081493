"""What the checks see, with the second at which it begins and ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from jobs.quality.report import Checked, Finding, Ordered
from jobs.quality.scan import Floats, speed
from jobs.quality.verify import verify
from tests.jobs.quality.clips import held, write_clip

ORDER = Ordered(duration_s=5, width=640, height=360)


def of_kind(checked: Checked, kind: str) -> list[Finding]:
    return [finding for finding in checked.findings if finding.kind == kind]


def test_a_good_clip_passes_without_a_word(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "good.mp4"), ORDER)
    assert (checked.verdict, checked.findings) == ("pass", ())
    assert checked.score is not None
    assert checked.score > 0.9


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
    assert frozen.start_s == pytest.approx(43 / 24, abs=0.05)
    assert frozen.end_s == pytest.approx(84 / 24, abs=0.05)


def test_a_short_freeze_only_raises_a_doubt(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "short.mp4", at=held(40, 52)), ORDER)
    assert [finding.severity for finding in of_kind(checked, "frozen")] == ["suspect"]
    assert checked.verdict == "suspect"


def test_a_freeze_at_the_end_weighs_more(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "end.mp4", at=held(103, 119)), ORDER)
    assert [finding.severity for finding in of_kind(checked, "frozen")] == ["reject"]


def test_slow_motion_is_not_a_freeze(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "slow.mp4", at=lambda index: index // 3), ORDER)
    assert of_kind(checked, "frozen") == []


def test_a_clip_in_which_nothing_moves_gets_one_reason(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "still.mp4", at=lambda index: 0)
    assert [finding.sentence for finding in verify(path, ORDER).findings] == ["nothing moves"]


def test_rain_over_a_scene_at_rest_is_motion(tmp_path: Path) -> None:
    def rain(index: int) -> int:
        # The box jumps to and fro between two places: averaged over time the picture never changes.
        return (index * 7) % 10

    path = write_clip(tmp_path / "rain.mp4", at=rain)
    assert of_kind(verify(path, ORDER), "still") == []


def test_a_still_that_was_asked_for_is_no_fault(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "still.mp4", at=lambda index: 0)
    wanted = Ordered(duration_s=5, width=640, height=360, still_wanted=True)
    assert verify(path, wanted).verdict == "pass"


def test_flicker_is_found_and_a_slow_fade_is_not(tmp_path: Path) -> None:
    flickering = write_clip(tmp_path / "flicker.mp4", light=lambda index: 0.8 if index % 2 else 1.0)
    fading = write_clip(tmp_path / "fade.mp4", light=lambda index: 1 - index / 200)
    assert [finding.severity for finding in of_kind(verify(flickering, ORDER), "flicker")] == ["reject"]
    assert of_kind(verify(fading, ORDER), "flicker") == []


def test_a_fade_from_black_is_only_mentioned(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "fade.mp4", light=lambda index: min(1.0, max(0.0, (index - 12) / 24)))
    found = verify(path, ORDER).findings
    assert [(finding.kind, finding.severity) for finding in found] == [("fade", "info")]


def test_a_wrong_shape_is_a_doubt_and_another_size_a_remark(tmp_path: Path) -> None:
    upright = verify(write_clip(tmp_path / "upright.mp4", width=360, height=640), ORDER)
    (shape,) = upright.findings
    assert (shape.severity, shape.sentence) == ("suspect", "wrong shape: asked for 640x360, got 360x640")
    small = verify(write_clip(tmp_path / "small.mp4", width=320, height=180), ORDER)
    assert [(finding.kind, finding.severity) for finding in small.findings] == [("other_size", "info")]
    assert small.verdict == "pass"


@pytest.mark.parametrize(("frames", "wrong"), [(120, False), (112, False), (100, True), (140, True)])
def test_a_wrong_length_is_a_doubt_beyond_eight_percent(tmp_path: Path, frames: int, wrong: bool) -> None:
    checked = verify(write_clip(tmp_path / "clip.mp4", frames=frames), ORDER)
    assert bool(of_kind(checked, "wrong_length")) == wrong


def test_what_cannot_be_measured_is_none_and_not_zero(tmp_path: Path) -> None:
    checked = verify(write_clip(tmp_path / "short.mp4", frames=6), Ordered())
    assert checked.measures["motion_pct_s"] is None
    assert checked.measures["flicker_pct"] is None
    assert checked.score is None


def test_motion_grows_with_the_speed_and_is_told_in_long_sides() -> None:
    rows, columns = np.mgrid[0:45, 0:80].astype(np.float32)

    def seen_from(left: float) -> Floats:
        waves: Floats = 128 + 60 * np.sin((columns + left) / 4) + 20 * np.cos(rows / 5)
        return waves

    still, slow, fast = (speed(seen_from(0), seen_from(pixels)) for pixels in (0, 0.25, 1))
    assert still == 0
    assert slow == pytest.approx(0.25 / 80, rel=0.25)
    assert fast == pytest.approx(1 / 80, rel=0.25)


def test_poster_and_filmstrip_are_jpegs_of_the_clip(tmp_path: Path) -> None:
    import av

    checked = verify(write_clip(tmp_path / "good.mp4"), ORDER)
    (tmp_path / "strip.jpg").write_bytes(checked.filmstrip)
    (tmp_path / "poster.jpg").write_bytes(checked.poster)
    sizes = []
    for name in ("strip.jpg", "poster.jpg"):
        with av.open(str(tmp_path / name)) as opened:
            frame = next(opened.decode(video=0))
            sizes.append((frame.width, frame.height))
    assert sizes == [(12 * 160, 90), (640, 360)]
    assert checked.tiles == 12


def test_an_upright_clip_stands_inside_its_tiles(tmp_path: Path) -> None:
    import av

    checked = verify(write_clip(tmp_path / "upright.mp4", width=360, height=640, frames=48), Ordered())
    (tmp_path / "strip.jpg").write_bytes(checked.filmstrip)
    with av.open(str(tmp_path / "strip.jpg")) as opened:
        tile = next(opened.decode(video=0)).to_ndarray(format="rgb24")[:, :160]
    assert tile[:, :40].max() < 20
    assert tile[:, 60:100].mean() > 30
