"""The clips themselves: the file, and whether words and faults really change the picture."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from providers.sandbox.picture import source
from providers.sandbox.picture.backdrops import BACKDROPS
from providers.sandbox.picture.clip import render
from providers.sandbox.picture.compose import Composer, drawing_size, times
from providers.sandbox.picture.parse import read
from providers.sandbox.picture.plan import ScenePlan, Thing, plan
from providers.sandbox.picture.planted import PlantedFault
from providers.sandbox.picture.sprites import DRAWINGS
from providers.sandbox.picture.words import BACKGROUNDS, THINGS

Grey = NDArray[np.uint8]


def small(prompt: str = "A red boat", seed: int = 1, seconds: float = 2.0) -> ScenePlan:
    """A scene without faults, in a size that is quick to make."""
    return replace(plan(prompt, seed, "gen4.5", 320, 180, seconds), faults=())


def one_ball(**values: object) -> ScenePlan:
    """A red ball alone in front of a grey sky."""
    ball = Thing("ball", "red", 1, "still", "medium", 0.5, 0.5, 0.3, 0.3)
    scene = replace(
        small(), background="sky", light="day", weather="fog", camera="static", backdrop_colour=""
    )
    return replace(scene, things=(replace(ball, **values),))  # type: ignore[arg-type]


def frames(path: Path) -> list[Grey]:
    """The luma of every frame."""
    with av.open(str(path)) as opened:
        return [frame.to_ndarray(format="gray").astype(np.uint8) for frame in opened.decode(video=0)]


def redness(scene: ScenePlan, moment_s: float) -> NDArray[np.bool_]:
    """Where the picture is red at a moment."""
    view, _ = Composer(scene).frame(0, moment_s)
    return np.asarray(view[2] > 160, np.bool_)


def centre(mask: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(columns.mean() / mask.shape[1]), float(rows.mean() / mask.shape[0])


def test_it_writes_a_whole_h264_file_of_the_asked_size_rate_and_length(tmp_path: Path) -> None:
    told: list[float] = []
    path = tmp_path / "clip.mp4"
    render(plan("A boat", 1, "gen4.5", 322, 182, 2.0), path, told.append)
    with av.open(str(path)) as opened:
        stream = opened.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert (stream.width, stream.height) == (322, 182)
        assert stream.average_rate == 24
        assert sum(1 for _ in opened.decode(video=0)) == 48
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert told == sorted(told)
    assert 0 <= told[0] < told[-1] <= 1
    assert list(tmp_path.iterdir()) == [path]


def test_it_makes_the_same_bytes_again_and_other_ones_for_another_seed(tmp_path: Path) -> None:
    clips = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        render(small(seed=seed, seconds=0.5), tmp_path / f"{name}.mp4")
        clips.append((tmp_path / f"{name}.mp4").read_bytes())
    assert clips[0] == clips[1]
    assert clips[0] != clips[2]


def test_it_draws_very_large_clips_smaller_and_in_the_same_shape() -> None:
    assert drawing_size(1280, 720) == (1280, 720)
    width, height = drawing_size(3840, 2160)
    assert width < 1500
    assert width / height == pytest.approx(16 / 9, rel=0.01)


def test_it_can_draw_every_word_it_knows() -> None:
    assert set(THINGS) == set(DRAWINGS)
    assert set(BACKGROUNDS) <= set(BACKDROPS)


@pytest.mark.parametrize("name", sorted(DRAWINGS))
def test_it_knows_each_thing_by_its_own_name(name: str) -> None:
    assert read(f"a {name}").things == [name]


def test_it_paints_the_subject_in_the_asked_colour() -> None:
    red, _ = Composer(one_ball()).frame(0, 0.0)
    blue, _ = Composer(one_ball(colour="blue")).frame(0, 0.0)
    middle = (slice(40, 50), slice(75, 85))
    assert red[2][middle].mean() > 160 > 130 > blue[2][middle].mean()
    assert blue[1][middle].mean() > 150 > 120 > red[1][middle].mean()


@pytest.mark.parametrize(
    ("motion", "axis", "sign"), [("left", 0, -1), ("right", 0, 1), ("rises", 1, -1), ("falls", 1, 1)]
)
def test_it_moves_the_subject_where_it_was_told(motion: str, axis: int, sign: int) -> None:
    scene = one_ball(motion=motion)
    moved = centre(redness(scene, 2.0))[axis] - centre(redness(scene, 0.0))[axis]
    assert moved * sign > 0.08
    assert abs(centre(redness(scene, 2.0))[1 - axis] - centre(redness(scene, 0.0))[1 - axis]) < 0.06


def test_it_keeps_still_what_shall_stand_still() -> None:
    scene = one_ball()
    assert centre(redness(scene, 2.0)) == pytest.approx(centre(redness(scene, 0.0)), abs=0.01)


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_it_shows_as_many_as_were_asked_for(count: int) -> None:
    seen = redness(one_ball(count=count, scale=0.13), 0.0).any(axis=0).astype(int)
    assert int((np.diff(seen, prepend=0) == 1).sum()) == count


def test_it_puts_the_subject_at_its_place() -> None:
    assert centre(redness(one_ball(x=0.24), 0.0))[0] < 0.3
    assert centre(redness(one_ball(x=0.76), 0.0))[0] > 0.7


def test_it_moves_the_background_under_a_panning_camera(tmp_path: Path) -> None:
    scene = replace(
        small("mountains", seconds=1.0),
        camera="pan right",
        background="city",
        things=one_ball(scale=0.05).things,
    )
    render(scene, tmp_path / "pan.mp4")
    render(replace(scene, camera="static"), tmp_path / "static.mp4")

    def change(name: str) -> float:
        seen = frames(tmp_path / f"{name}.mp4")
        return float(np.abs(seen[-1].astype(int) - seen[0]).mean())

    assert change("pan") > 4 * change("static")


def test_it_gets_dark_at_night_and_white_in_fog() -> None:
    def light(**values: str) -> float:
        return float(Composer(replace(one_ball(), background="field", **values)).frame(0, 0.0)[0][0].mean())  # type: ignore[arg-type]

    assert light(light="night", weather="") < 0.6 * light(light="day", weather="")


@pytest.mark.parametrize("background", sorted(BACKDROPS))
@pytest.mark.parametrize("weather", ["", "rain", "snow", "fog"])
def test_it_paints_every_background_in_every_weather(background: str, weather: str) -> None:
    view, _ = Composer(replace(small(), background=background, weather=weather)).frame(3, 0.2)
    assert [plane.shape for plane in view] == [(180, 320), (90, 160), (90, 160)]
    assert view[0].std() > 2


def test_it_plants_a_freeze_a_black_stretch_and_flicker_where_the_truth_says(tmp_path: Path) -> None:
    moving = replace(small(seconds=2.0), things=one_ball(motion="right", speed="fast").things)
    for kind in ("freeze", "black", "flicker"):
        render(replace(moving, faults=(PlantedFault(kind, 0.5, 1.5),)), tmp_path / f"{kind}.mp4")
    held = frames(tmp_path / "freeze.mp4")[14:35]
    frozen = [np.abs(after.astype(int) - before).max() for before, after in pairwise(held)]
    assert max(frozen) <= 12
    black = [frame.mean() for frame in frames(tmp_path / "black.mp4")]
    assert max(black[13:35]) < 20 < min(black[:11] + black[38:])
    light = np.array([frame.mean() for frame in frames(tmp_path / "flicker.mp4")])
    assert np.abs(np.diff(light[14:34])).min() > 5 * np.abs(np.diff(light[:11])).max()


def test_it_stops_the_subject_and_throws_it_where_those_are_the_faults() -> None:
    stop = [moment for _, moment, _ in times(replace(small(), faults=(PlantedFault("stop", 0.5, 1.5),)))]
    assert len(set(stop[12:36])) == 1
    assert stop[-1] > stop[30]
    thrown = [shift for _, _, shift in times(replace(small(), faults=(PlantedFault("jump", 1.0, 1.0),)))]
    assert set(thrown[:24]) == {0.0}
    assert abs(thrown[24]) > 0.2


def test_it_begins_with_the_picture_it_was_given(tmp_path: Path) -> None:
    render(one_ball(x=0.3), tmp_path / "first.mp4")
    scene = replace(small(seconds=0.5), camera="static", things=one_ball(x=0.9).things)
    render(scene, tmp_path / "clip.mp4", image=tmp_path / "first.mp4")
    given, made = frames(tmp_path / "first.mp4")[0].astype(int), frames(tmp_path / "clip.mp4")[0]
    assert np.abs(given - made).mean() < 8


def test_it_makes_a_clip_over_in_the_asked_size_and_length(tmp_path: Path) -> None:
    render(one_ball(), tmp_path / "source.mp4")
    wide = replace(small(seconds=3.0), width=480, height=270, light="night")
    render(wide, tmp_path / "over.mp4", video=tmp_path / "source.mp4")
    made = frames(tmp_path / "over.mp4")
    assert len(made) == 72
    assert made[0].shape == (270, 480)
    assert made[0].mean() < 0.8 * frames(tmp_path / "source.mp4")[0].mean()


def test_it_says_that_bytes_are_no_picture(tmp_path: Path) -> None:
    (tmp_path / "no.png").write_bytes(b"not a picture" * 50)
    with pytest.raises(source.UnreadableSource):
        source.check(tmp_path / "no.png")
