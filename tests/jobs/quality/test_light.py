"""The light: stretches without a picture, flicker, pumping, flashes, drifts."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from jobs.quality import drift, light
from jobs.quality.report import Event
from tests.jobs.quality.drawn import FPS, Picture, flat, pan, scene


def lit(index: int, gain: float) -> Picture:
    return np.asarray(np.clip(pan(index).astype(np.float32) * gain, 0, 255), np.uint8)


def kinds(events: tuple[Event, ...] | list[Event]) -> list[str]:
    return [event.kind for event in events]


def test_a_steady_clip_has_no_event_of_light() -> None:
    seen = light.watch(scene(pan), ())
    assert seen.events == ()
    assert seen.measures["black_share"] == 0
    assert seen.measures["flicker_pct"] == pytest.approx(0, abs=0.5)


@pytest.mark.parametrize("shift", [20, 35])
def test_a_black_stretch_is_found_where_it_is(shift: int) -> None:
    seen = light.watch(scene(lambda i: flat(0) if shift <= i < shift + 6 else pan(i)), ())
    (black,) = seen.events
    assert (black.kind, black.severity) == ("black", "reject")
    assert black.start_s == pytest.approx(shift / FPS, abs=0.01)
    assert black.end_s == pytest.approx((shift + 6) / FPS, abs=0.01)
    assert seen.measures["black_share"] == pytest.approx(0.1)


def test_a_dark_night_with_lights_is_not_black() -> None:
    def night(index: int) -> Picture:
        picture = flat(4)
        picture[40:44, 60 + index : 64 + index] = 200
        return picture

    assert "black" not in kinds(light.watch(scene(night, 30), ()).events)


def test_one_plain_colour_is_no_picture() -> None:
    seen = light.watch(scene(lambda i: flat(130) if i > 40 else pan(i)), ())
    assert kinds(seen.events) == ["blank"]


def test_a_fade_from_and_to_black_is_a_remark() -> None:
    def faded(index: int) -> Picture:
        return lit(index, min(1.0, index / 12, (59 - index) / 12))

    found = light.watch(scene(faded), ()).events
    assert {(event.kind, event.severity) for event in found} == {("fade", "info")}


def test_flicker_is_told_with_its_pitch_and_its_seconds() -> None:
    seen = light.watch(scene(lambda i: lit(i, 0.94 + 0.12 * (i % 4 < 2) if 24 <= i < 60 else 1.0), 84), ())
    (event,) = seen.events
    assert event.kind == "flicker"
    assert event.start_s == pytest.approx(1.0, abs=0.2)
    assert event.end_s == pytest.approx(2.5, abs=0.2)
    assert event.facts["hz"] == pytest.approx(6, abs=0.7)


def test_half_the_picture_that_flickers_is_a_thing_and_no_flicker() -> None:
    def fire(index: int) -> Picture:
        picture = pan(index)
        picture[100:] = np.clip(picture[100:] * (0.8 if index % 2 else 1.0), 0, 255).astype(np.uint8)
        return picture

    assert "flicker" not in kinds(light.watch(scene(fire), ()).events)


def test_brightness_that_breathes_is_pumping() -> None:
    seen = light.watch(scene(lambda i: lit(i, 1 + 0.15 * np.sin(2 * np.pi * 1.2 * i / FPS)), 96), ())
    assert kinds(seen.events) == ["pumping"]


def test_a_lamp_that_swells_is_no_pumping() -> None:
    rows, columns = np.mgrid[0:180, 0:320]
    lamp = np.exp(-(((columns - 100) / 90) ** 2) - ((rows - 90) / 90) ** 2)[..., None]

    def club(index: int) -> Picture:
        lit = 0.4 + lamp * (0.5 + 0.5 * np.sin(2 * np.pi * index / FPS))
        return np.asarray(np.clip(pan(0) * lit, 0, 255), np.uint8)

    assert kinds(light.watch(scene(club, 96), ()).events) == []


def test_a_fade_that_goes_in_steps_does_not_flicker() -> None:
    def faded(index: int) -> Picture:
        return lit(index, 0.1 + 0.9 * min(1.0, (index - index % 3 * 0.6) / 54))

    assert "flicker" not in kinds(light.watch(scene(faded), ()).events)


def test_more_than_three_strong_flashes_a_second_may_harm() -> None:
    seen = light.watch(scene(lambda i: lit(i, 1.5 if i % 6 < 3 else 0.6)), ())
    flashes = [event for event in seen.events if event.kind == "photosensitive"]
    assert [event.severity for event in flashes] == ["reject"]
    assert seen.measures["flashes_per_s"] == pytest.approx(4, abs=0.5)


def test_a_hue_that_creeps_is_found_while_the_camera_moves() -> None:
    def warmer(index: int) -> Picture:
        way = np.array([1 + index / 600, 1.0, 1 - index / 600], np.float32)
        return np.asarray(np.clip(pan(index) * way, 0, 255), np.uint8)

    assert kinds(drift.watch(scene(warmer, 110), ())) == ["hue_drift"]
    assert drift.watch(scene(pan, 110), ()) == []


def test_colours_that_turn_round_the_circle_drift_though_their_mean_stays() -> None:
    def turned(index: int) -> Picture:
        colours = cv2.cvtColor(pan(index), cv2.COLOR_RGB2HSV).astype(np.int16)
        colours[..., 0] = (colours[..., 0] + index // 6) % 180
        return np.asarray(cv2.cvtColor(colours.astype(np.uint8), cv2.COLOR_HSV2RGB), np.uint8)

    (event,) = drift.watch(scene(turned, 110), ())
    assert event.kind == "hue_drift"
    assert abs(event.value or 0) == pytest.approx(32, abs=8)


def test_a_part_that_grows_warmer_is_no_drift_of_the_whole() -> None:
    def warmer(index: int) -> Picture:
        picture = pan(index).astype(np.float32)
        picture[:, :200] *= np.array([1 + index / 600, 1.0, 1 - index / 600], np.float32)
        return np.asarray(np.clip(picture, 0, 255), np.uint8)

    assert drift.watch(scene(warmer, 110), ()) == []


def test_a_flame_in_the_dark_may_change_its_colour() -> None:
    def flame(index: int) -> Picture:
        picture = flat(12)
        picture[60:130, 100:190] = pan(index)[60:130, 100:190] * np.array([1.0, 0.8 - index / 400, 0.4])
        return picture

    assert drift.watch(scene(flame, 110), ()) == []


def test_too_few_frames_say_nothing_about_flicker() -> None:
    seen = light.watch(scene(pan, 8), ())
    assert seen.measures["flicker_pct"] is None
    assert "fewer than 12 frames" in seen.unmeasured["flicker_pct"]
