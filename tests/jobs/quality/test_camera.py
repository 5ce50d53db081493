"""Motion of the whole and of its parts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from jobs.quality import camera, published
from jobs.quality.report import Event
from tests.jobs.quality.drawn import FPS, HEIGHT, WIDTH, Picture, flat, pan, scene


def told(events: tuple[Event, ...]) -> list[str]:
    return [event.kind for event in events]


def shifted(picture: Picture, x: float, y: float, scale: float = 1.0) -> Picture:
    matrix = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), 0, scale)
    matrix[:, 2] += np.array([x, y])
    moved = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REFLECT)
    return np.asarray(moved, np.uint8)


def test_the_speed_of_a_pan_is_told_in_long_sides_a_second() -> None:
    seen = camera.watch(scene(lambda i: pan(i, 2), 30), ())
    assert seen.measures["motion_pct_s"] == pytest.approx(2 / WIDTH * FPS * 100, rel=0.1)
    assert seen.events == ()


def test_where_nothing_bends_there_is_no_likeness_of_bending() -> None:
    seen = camera.watch(scene(lambda i: pan(i, 2), 30), ())
    assert seen.measures["wobble_px"] == pytest.approx(0, abs=0.3)
    assert seen.measures["wobble_corr"] is None
    assert seen.unmeasured["wobble_corr"] == "No part of the picture bends for long."


def test_a_shake_in_every_frame_is_a_shake() -> None:
    thrown = np.random.default_rng(4).normal(0, 2, (48, 2))
    seen = camera.watch(scene(lambda i: shifted(pan(i), *thrown[i]), 48), ())
    assert told(seen.events) == ["jitter"]
    assert seen.measures["shake_corr"] is not None
    assert seen.measures["shake_corr"] < -0.25


def test_a_hand_that_holds_the_camera_drifts_and_does_not_shake() -> None:
    walk = np.cumsum(np.random.default_rng(4).normal(0, 1, (70, 2)), axis=0)
    hand = np.stack([np.convolve(walk[:, axis], np.hanning(13) / 6, "same") for axis in (0, 1)], axis=1)
    seen = camera.watch(scene(lambda i: shifted(pan(0), *hand[i + 8]), 48), ())
    assert told(seen.events) == []
    assert seen.measures["shake_corr"] is not None
    assert seen.measures["shake_corr"] > 0


def test_a_view_that_is_nearer_from_one_frame_on_has_jumped() -> None:
    seen = camera.watch(scene(lambda i: shifted(pan(i), 0, 0, 1.08 if i >= 30 else 1.0), 50), ())
    assert [(event.kind, round(event.start_s * FPS)) for event in seen.events] == [("camera_jump", 30)]


def test_shapes_that_bend_anew_in_each_frame_melt() -> None:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)

    def melting(index: int) -> Picture:
        random = np.random.default_rng(index)
        bends = [cv2.resize(random.normal(0, 2.2, (6, 10)).astype(np.float32), (WIDTH, HEIGHT)) for _ in "xy"]
        view = pan(index)
        return np.asarray(cv2.remap(view, columns + bends[0], rows + bends[1], cv2.INTER_LINEAR), np.uint8)

    seen = camera.watch(scene(lambda i: melting(i) if 16 <= i < 40 else pan(i), 56), ())
    assert "wobble" in told(seen.events)
    wobble = next(event for event in seen.events if event.kind == "wobble")
    assert wobble.start_s == pytest.approx(16 / FPS, abs=0.35)


def test_few_frames_and_plain_pictures_have_reasons_and_no_figures() -> None:
    few = camera.watch(scene(pan, 8), ())
    assert few.measures["motion_pct_s"] is None
    assert "fewer than 12 frames" in few.unmeasured["motion_pct_s"]

    def plain(index: int) -> Picture:
        return np.asarray(cv2.circle(flat(120), (40 + 2 * index, 90), 8, (240, 240, 80), -1), np.uint8)

    seen = camera.watch(scene(plain, 30), ())
    assert seen.measures["wobble_px"] is None
    assert "too little texture" in seen.unmeasured["wobble_px"]


def test_published_measures_are_given_beside_and_have_reasons_too() -> None:
    seen = published.watch(scene(lambda i: pan(i, 6), 72))
    assert seen.events == ()
    assert seen.measures["vb_dynamic"] == pytest.approx(1.0, abs=0.2)
    assert 0.9 < (seen.measures["vb_smoothness"] or 0) < 1
    few = published.watch(scene(pan, 8))
    assert (few.measures["vb_smoothness"], few.measures["vb_dynamic"]) == (None, None)
    assert few.unmeasured["vb_smoothness"]
