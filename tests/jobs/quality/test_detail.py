"""Fine detail at native size."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from jobs.quality.detail import Detail, judge, look_at

Luma = NDArray[np.uint8]
SHARP = Detail(at_s=0.0, edge_px=3.0, blockiness=1.0, noise=1.0, speckle=0.0)


def board() -> Luma:
    rows, columns = np.mgrid[0:360, 0:640]
    return np.where((rows // 37 + columns // 41) % 2, 200, 60).astype(np.uint8)


def row(**values: list[float]) -> tuple[Detail, ...]:
    ((name, figures),) = values.items()
    told: list[dict[str, Any]] = [{name: figure} for figure in figures]
    return tuple(replace(SHARP, at_s=at / 2, **one) for at, one in enumerate(told))


def test_edges_get_wider_with_blur_and_not_with_noise() -> None:
    sharp = look_at(cv2.GaussianBlur(board(), (0, 0), 0.8).astype(np.uint8), 0).edge_px
    soft = look_at(cv2.GaussianBlur(board(), (0, 0), 3).astype(np.uint8), 0).edge_px
    noise = np.random.default_rng(0).normal(0, 6, board().shape)
    noisy = look_at(np.clip(cv2.GaussianBlur(board(), (0, 0), 3) + noise, 0, 255).astype(np.uint8), 0)
    assert sharp is not None
    assert soft is not None
    assert noisy.edge_px is not None
    assert sharp < 4 < 5 < soft
    assert noisy.edge_px > 4.5


def test_an_empty_sky_has_no_sharpness() -> None:
    sky = np.tile(np.linspace(90, 160, 360).astype(np.uint8)[:, None], (1, 640))
    assert look_at(sky, 0).edge_px is None
    seen = judge((replace(SHARP, edge_px=None),) * 6, 3.0)
    assert seen.measures["edge_px"] is None
    assert "too few clear edges" in seen.unmeasured["edge_px"]


def test_noise_is_told_in_levels() -> None:
    noise = np.random.default_rng(0).normal(0, 9, (360, 640))
    assert look_at(np.clip(120 + noise, 0, 255).astype(np.uint8), 0).noise == pytest.approx(9, rel=0.15)


def test_blocks_of_eight_are_told_from_a_picture_without() -> None:
    random = np.random.default_rng(1)
    smooth = cv2.GaussianBlur(random.normal(0, 60, (360, 640)), (0, 0), 6) * 4 + 120
    blocks = cv2.resize(
        cv2.resize(smooth, (80, 45), interpolation=cv2.INTER_AREA),
        (640, 360),
        interpolation=cv2.INTER_NEAREST,
    )
    plain, blocky = (look_at(np.clip(one, 0, 255).astype(np.uint8), 0) for one in (smooth, blocks))
    assert plain.blockiness < 1.2 < 2 < blocky.blockiness


def test_specks_are_both_bright_and_dark() -> None:
    random = np.random.default_rng(2)
    where = random.random((360, 640))
    stars = np.where(where < 0.004, 250, 110).astype(np.uint8)
    specks = np.where(where < 0.002, 250, np.where(where < 0.004, 0, 110)).astype(np.uint8)
    assert look_at(stars, 0).speckle == 0
    assert look_at(specks, 0).speckle == pytest.approx(0.004, rel=0.2)


def test_tiles_and_leaves_are_no_specks() -> None:
    tiles = np.where(np.indices((360, 640)).sum(axis=0) % 3 == 0, 190, 80).astype(np.uint8)
    picture = np.full((360, 640), 130, np.uint8)
    picture[100:260] = tiles[100:260]
    picture[40:60, ::3], picture[41:61, 1::3] = 220, 40
    assert look_at(picture, 0).speckle < 0.001


def test_sharpness_is_that_of_the_picture_as_large_as_others_are() -> None:
    small = cv2.GaussianBlur(board(), (0, 0), 0.8).astype(np.uint8)
    large = cv2.resize(small, (1920, 1080)).astype(np.uint8)
    assert judge(tuple(look_at(large, at / 2) for at in range(4)), 2.0).events == ()


def test_a_clip_is_soft_blocky_noisy_or_speckled_beyond_its_limit() -> None:
    for name, bad, kind in (
        ("edge_px", 6.0, "soft"),
        ("blockiness", 1.6, "blocky"),
        ("noise", 8.0, "noisy"),
        ("speckle", 0.004, "speckled"),
    ):
        assert [event.kind for event in judge(row(**{name: [bad] * 6}), 3.0).events] == [kind]
    assert judge((SHARP,) * 6, 3.0).events == ()


def test_going_out_of_focus_is_told_with_its_seconds_and_not_across_a_cut() -> None:
    widths = row(edge_px=[3.0, 3.0, 3.0, 3.0, 3.0, 5.5, 5.6, 5.5, 5.6, 5.5])
    (event,) = judge(widths, 5.0).events
    assert (event.kind, event.start_s, event.end_s) == ("goes_soft", 2.25, 5.0)
    assert judge(widths, 5.0, (2.5,)).events == ()


def test_a_sky_whose_blocks_nobody_sees_is_not_blocky() -> None:
    rows, columns = np.mgrid[0:360, 0:640]
    # A fifth of a level on the lines of the code's grid and nothing else, as a coded gradient has it.
    sky = (110 + columns // 8 * 0.21 + rows // 8 * 0.21).astype(np.uint8)
    assert judge((look_at(sky, 0.0),) * 4, 2.0).events == ()


def test_noise_that_comes_and_goes_is_told_with_its_seconds() -> None:
    burst = row(noise=[1.0, 1.0, 1.0, 14.0, 13.0, 1.0, 1.0, 1.0])
    (event,) = judge(burst, 4.0).events
    assert (event.kind, event.start_s, event.end_s) == ("noisy", 1.25, 2.25)
    # In a clip that is grainy anyway, more grain here and there is the same thing.
    assert len(judge(row(noise=[8.0, 9.0, 8.0, 21.0, 8.0, 9.0]), 3.0).events) == 1


@cache
def ground() -> Luma:
    """Sharp shapes of all sizes."""
    random = np.random.default_rng(5)
    drawn = np.full((360, 800), 90, np.uint8)
    for _ in range(900):
        x, y, wide, high = (int(value) for value in random.integers((0, 0, 3, 3), (800, 360, 40, 40)))
        cv2.ellipse(drawn, (x, y), (wide, high), 0, 0, 360, int(random.integers(20, 235)), -1, cv2.LINE_AA)
    return drawn


def view(index: int) -> Luma:
    return np.ascontiguousarray(ground()[:, index * 9 :][:, :640])


def doubled(luma: Luma, away: int) -> Luma:
    return cv2.addWeighted(luma, 0.6, np.roll(luma, away, axis=1), 0.4, 0).astype(np.uint8)


@pytest.mark.parametrize("until", [4, 6])
def test_a_picture_that_is_doubled_for_a_while_is_told_with_its_seconds(until: int) -> None:
    looks = [view(at) if not 2 <= at < until else doubled(view(at), 14) for at in range(10)]
    events = judge(tuple(look_at(luma, at / 2) for at, luma in enumerate(looks)), 5.0).events
    told = [(event.kind, event.start_s, event.end_s) for event in events]
    assert told == [("ghosting", 0.75, until / 2 - 0.25)]


def test_a_pattern_that_is_there_all_the_time_is_no_double() -> None:
    fence = tuple(look_at(doubled(view(at), 14), at / 2) for at in range(6))
    assert "ghosting" not in [event.kind for event in judge(fence, 3.0).events]
    panned = tuple(look_at(view(at), at / 2) for at in range(6))
    assert "ghosting" not in [event.kind for event in judge(panned, 3.0).events]


def test_a_clip_without_a_picture_has_no_detail() -> None:
    seen = judge((), 3.0)
    assert set(seen.measures) == set(seen.unmeasured)
