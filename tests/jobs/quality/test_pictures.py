"""Poster and filmstrip: one row of equal tiles, spread evenly, and the clearest early picture."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from jobs.quality.pictures import MOST_TILES, Pictures, tiles_for
from jobs.quality.report import Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.films import film

Picture = NDArray[np.uint8]


def opened(jpeg: bytes) -> Picture:
    with av.open(io.BytesIO(jpeg), "r", format="jpeg_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24").astype(np.uint8)


def frame_of(picture: Picture) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24").reformat(
        format="yuv420p"
    )


def plain(level: int, size: tuple[int, int] = (320, 180)) -> Picture:
    return np.full((size[1], size[0], 3), level, np.uint8)


def chequered(step: int, low: int = 60, high: int = 200, size: tuple[int, int] = (320, 180)) -> Picture:
    rows, columns = np.mgrid[0 : size[1], 0 : size[0]]
    light = np.where((rows // step + columns // step) % 2, high, low).astype(np.uint8)
    return np.repeat(light[..., None], 3, axis=2)


def collect(pictures: Pictures, look: Callable[[float], Picture], times: list[float]) -> None:
    for at_s in times:
        picture = look(at_s)
        pictures.see(frame_of(picture), at_s, picture[..., 0])


def levels(strip: bytes, tiles: int) -> list[float]:
    sheet = opened(strip)
    return [float(sheet[:, place * 160 + 40 : place * 160 + 120].mean()) for place in range(tiles)]


@pytest.mark.parametrize(
    ("seconds", "tiles"), [(0.04, 12), (1.0, 12), (6.0, 12), (6.3, 13), (10.0, 20), (30.0, 60), (180.0, 60)]
)
def test_there_is_a_tile_each_half_second_within_bounds(seconds: float, tiles: int) -> None:
    assert tiles_for(seconds) == tiles


def test_the_strip_is_one_row_of_equal_tiles(tmp_path: Path) -> None:
    checked = verify(film(tmp_path / "clip.mp4", frames=192), Ordered())
    assert checked.tiles == 16
    assert opened(checked.filmstrip).shape == (90, 16 * 160, 3)


def test_each_tile_shows_the_middle_of_its_stretch() -> None:
    pictures = Pictures(8.0)
    collect(pictures, lambda at_s: plain(int(20 + at_s * 25)), [number / 24 for number in range(192)])
    strip, tiles = pictures.filmstrip(8.0)
    expected = [20 + (place + 0.5) * 0.5 * 25 for place in range(16)]
    assert levels(strip, tiles) == pytest.approx(expected, abs=4)


def test_a_picture_that_stays_fills_every_tile_of_its_time() -> None:
    pictures = Pictures(6.0)
    collect(pictures, lambda at_s: plain(40 if at_s < 3 else 220), [0.0, 0.5, 3.5])
    strip, tiles = pictures.filmstrip(6.0)
    assert [level > 128 for level in levels(strip, tiles)] == [place >= 7 for place in range(12)]


@pytest.mark.parametrize("told_s", [0.0, 0.02, 2.0, 40.0])
def test_a_length_that_was_told_wrongly_does_no_harm(told_s: float) -> None:
    pictures = Pictures(told_s)
    collect(pictures, lambda at_s: plain(int(20 + at_s * 25)), [number / 24 for number in range(192)])
    strip, tiles = pictures.filmstrip(8.0)
    assert tiles == 16
    found = levels(strip, tiles)
    assert all(later >= earlier - 2 for earlier, later in itertools.pairwise(found))
    assert found[-1] - found[0] > 150
    assert len(pictures._tiles) <= 4 * MOST_TILES


@pytest.mark.parametrize(
    ("size", "box"),
    [((320, 180), (0, 0, 160, 90)), ((90, 160), (55, 0, 105, 90)), ((400, 100), (0, 25, 160, 65))],
)
def test_other_shapes_lie_in_the_middle_between_black_bars(
    size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    pictures = Pictures(1.0)
    collect(pictures, lambda at_s: plain(200, size), [0.0, 0.9])
    tile = opened(pictures.filmstrip(1.0)[0])[:, :160, 0]
    left, top, right, bottom = box
    assert tile[top + 2 : bottom - 2, left + 3 : right - 3].min() > 180
    outside = tile.copy()
    outside[max(0, top - 3) : bottom + 3, max(0, left - 3) : right + 3] = 0
    assert outside.max() < 40


def test_the_poster_is_the_clearest_of_the_early_pictures() -> None:
    def look(at_s: float) -> Picture:
        if at_s < 1:
            return chequered(4, 0, 12)  # much detail in the dark
        return chequered(16) if at_s < 2 else chequered(40) if at_s < 4 else chequered(4)

    pictures = Pictures(6.0)
    collect(pictures, look, [number / 12 for number in range(72)])
    poster = opened(pictures.poster())[..., 0].astype(int)
    # A field of 16 pixels: neither the darkness, nor the coarse field, nor the fine one that comes late.
    assert poster.mean() > 100
    assert int((np.abs(np.diff(poster[90])) > 60).sum()) == pytest.approx(320 / 16, abs=2)


def test_a_clip_that_is_dark_until_late_has_its_late_picture() -> None:
    pictures = Pictures(6.0)
    collect(
        pictures, lambda at_s: plain(3) if at_s < 5 else chequered(8), [number / 12 for number in range(72)]
    )
    assert opened(pictures.poster()).mean() > 80


@pytest.mark.parametrize(("size", "expected"), [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280))])
def test_a_poster_is_no_larger_than_a_screen_needs(size: tuple[int, int], expected: tuple[int, int]) -> None:
    pictures = Pictures(1.0)
    collect(pictures, lambda at_s: chequered(60, size=size), [0.0, 0.9])
    pictures.filmstrip(1.0)
    poster = opened(pictures.poster())
    assert (poster.shape[1], poster.shape[0]) == expected


def test_a_film_that_lies_on_its_side_stands_upright_in_its_pictures(tmp_path: Path) -> None:
    plain_path, turned_path = film(tmp_path / "plain.mp4"), tmp_path / "turned.mp4"
    with av.open(str(plain_path)) as source, av.open(str(turned_path), "w") as target:
        track = source.streams.video[0]
        copy = target.add_stream_from_template(track)
        copy.set_display_rotation(90)
        for packet in source.demux(track):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    before = opened(verify(plain_path, Ordered()).poster).astype(int)
    after = opened(verify(turned_path, Ordered()).poster).astype(int)
    # numpy turns against the clock, as the file's own number does.
    assert np.abs(np.rot90(before) - after).mean() < 6
