"""Fine detail at native size."""

from __future__ import annotations

from dataclasses import replace

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
    return tuple(replace(SHARP, at_s=at / 2, **{name: figure}) for at, figure in enumerate(figures))


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
    assert (event.kind, event.start_s, event.end_s) == ("goes_soft", 2.5, 4.5)
    assert judge(widths, 5.0, (2.5,)).events == ()


def test_a_clip_without_a_picture_has_no_detail() -> None:
    seen = judge((), 3.0)
    assert set(seen.measures) == set(seen.unmeasured)
