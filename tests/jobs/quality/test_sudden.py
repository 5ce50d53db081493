"""What happens from one frame to the next."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.quality import spoilt, sudden
from jobs.quality.report import Event
from tests.jobs.quality.drawn import FPS, Picture, flat, pan, scene, wide, with_thing


def told(events: tuple[Event, ...]) -> list[tuple[str, float]]:
    return [(event.kind, round(event.start_s * FPS)) for event in events]


@pytest.mark.parametrize("at", [24, 37])
def test_another_picture_is_a_cut(at: int) -> None:
    def cut(index: int) -> Picture:
        return pan(index) if index < at else wide(2)[:, index : index + 320]

    found = sudden.watch(scene(cut))
    assert told(found.seen.events) == [("hard_cut", at)]
    assert found.seen.measures["cuts"] == 1
    assert found.cuts == pytest.approx((at / FPS,))


def test_a_picture_that_returns_after_white_is_a_flash() -> None:
    def flashed(index: int) -> Picture:
        return np.clip(pan(index) * 0.3 + 190, 0, 255).astype(np.uint8) if index in {30, 31} else pan(index)

    assert told(sudden.watch(scene(flashed)).seen.events) == [("flash", 30)]


def test_a_thing_that_appears_is_told_with_its_place() -> None:
    def popped(index: int) -> Picture:
        return with_thing(pan(index), 240, 60) if index >= 30 else pan(index)

    (event,) = sudden.watch(scene(popped)).seen.events
    assert (event.kind, round(event.start_s * FPS)) == ("jump", 30)
    assert event.place is not None
    assert event.place == pytest.approx((240 / 320, 60 / 180), abs=0.12)


def test_a_thing_that_is_thrown_aside_has_jumped() -> None:
    found = sudden.watch(scene(lambda i: with_thing(pan(i, 0.4), 60 + i + (90 if i >= 30 else 0))))
    assert told(found.seen.events) == [("jump", 30)]


def test_a_fast_thing_before_a_plain_ground_does_not_jump() -> None:
    found = sudden.watch(scene(lambda i: with_thing(flat(140), 30 + (i * 9) % 500, radius=18)))
    assert found.seen.events == ()


def test_a_light_that_goes_on_and_off_blinks() -> None:
    def neon(index: int) -> Picture:
        ground = pan(index, 0.3)
        return with_thing(ground, 160) if index // 9 % 2 else ground

    (event,) = sudden.watch(scene(neon)).seen.events
    assert (event.kind, event.severity) == ("blinks", "info")


def test_colours_that_step_in_most_of_the_picture_are_told() -> None:
    way = np.array([1.25, 0.95, 0.7])

    def stepped(index: int) -> Picture:
        return np.clip(pan(index) * way, 0, 255).astype(np.uint8) if index >= 30 else pan(index)

    assert told(sudden.watch(scene(stepped)).seen.events) == [("colour_jump", 30)]


def test_light_that_steps_and_stays_is_told_and_light_that_grows_is_not() -> None:
    def lit(index: int, light: float) -> Picture:
        return np.asarray(np.clip(pan(index) * light, 0, 255), np.uint8)

    stepped = sudden.watch(scene(lambda i: lit(i, 0.7 if i >= 30 else 1.0))).seen.events
    assert told(stepped) == [("light_jump", 30)]
    assert (stepped[0].value or 0) < 0
    grown = sudden.watch(scene(lambda i: lit(i, 1.0 - 0.3 * min(1.0, max(0, i - 24) / 6)))).seen.events
    assert told(grown) == []


@pytest.mark.parametrize("faint", [False, True])
def test_blocks_that_stay_broken_for_some_frames_are_told(faint: bool) -> None:
    def broken(index: int) -> Picture:
        picture = pan(index)
        if faint and index in (23, 24):
            # The first of them hardly show.
            picture[40:56, 40:88] += 14 if index == 23 else 38
        elif 24 <= index < 34:
            random = np.random.default_rng(index)
            for _ in range(50):
                y, x = (int(random.integers(0, most)) * 8 for most in (22, 36))
                picture[y : y + 8, x : x + 24] = random.integers(0, 255, 3)
        return picture

    (event,) = (event for event in sudden.watch(scene(broken)).seen.events if event.kind == "corruption")
    assert event.start_s == pytest.approx(1.0, abs=0.1)


def test_a_steady_pan_has_nothing_sudden() -> None:
    found = sudden.watch(scene(lambda i: pan(i, 3)))
    assert (found.seen.events, found.moments) == ((), ())
    assert found.seen.measures["cuts"] == 0


def test_few_frames_have_no_measure_of_what_pops() -> None:
    seen = sudden.watch(scene(pan, 8)).seen
    assert seen.measures["pop_score"] is None
    assert seen.unmeasured["pop_score"]


def test_a_part_that_is_torn_for_two_frames_is_told() -> None:
    def torn(index: int) -> Picture:
        picture = pan(index)
        if index in {30, 31}:
            picture[90:] = np.roll(picture[90:], 60, axis=1)
        return picture

    (event,) = spoilt.watch(scene(torn), ()).events
    assert (event.kind, round(event.start_s * FPS)) == ("glitch", 30)
    assert event.place is not None
    assert event.place[1] > 0.5


def test_lines_across_the_picture_are_told_once() -> None:
    def dropped(index: int) -> Picture:
        picture = pan(index)
        if 20 <= index < 40:
            row = (index * 37) % 170
            picture[row : row + 2] = 235
        return picture

    (event,) = spoilt.watch(scene(dropped), ()).events
    assert event.kind == "broken_lines"
    assert event.start_s == pytest.approx(20 / FPS, abs=0.2)


def test_bars_that_come_and_go_are_told_and_bars_that_stay_are_not() -> None:
    def barred(index: int, first: int) -> Picture:
        picture = pan(index)
        if first <= index < 45:
            picture[:24] = picture[-24:] = 0
        return picture

    coming = spoilt.watch(scene(lambda i: barred(i, 20)), ()).events
    assert [(event.kind, round(event.start_s * FPS)) for event in coming] == [("bars", 20)]
    assert spoilt.watch(scene(lambda i: barred(i, 0), 45), ()).events == ()


def test_a_wing_that_beats_and_then_rests_has_not_jumped() -> None:
    def beats(index: int) -> Picture:
        across = 60 + 24 * min(max(0, index - 28), 2)
        return with_thing(pan(0), across + 0.2 * index, radius=20)

    assert "jump" not in [event.kind for event in sudden.watch(scene(beats)).seen.events]


def test_a_view_that_is_swept_round_is_no_cut_and_nothing_broken() -> None:
    way = np.cumsum([1.0] * 24 + [3, 6, 10, 16, 26, 44, 30, 14, 6, 2] + [1.0] * 26)

    def swept(index: int) -> Picture:
        return pan(way[index])

    kinds = {event.kind for event in sudden.watch(scene(swept)).seen.events}
    assert kinds & {"hard_cut", "corruption"} == set()


def test_lightning_breaks_no_blocks() -> None:
    light = dict(zip(range(30, 37), (1.0, 0.45, 0.85, 0.6, 0.35, 0.18, 0.08), strict=True))
    clouds = wide(3)[:, :320].astype(np.float32)

    def storm(index: int) -> Picture:
        picture = pan(index, 0.2) * 0.3 + light.get(index, 0.0) * clouds
        if 30 <= index < 33:
            bolt = np.random.default_rng(index).integers(90, 230, 12)
            picture[np.linspace(0, 150, 12).astype(int)[:, None] + np.arange(16), bolt[:, None]] = 255
            picture[:, 160:176] = 255
        return np.clip(picture, 0, 255).astype(np.uint8)

    suddenly = sudden.watch(scene(storm))
    assert "corruption" not in [event.kind for event in suddenly.seen.events]
    assert spoilt.watch(scene(storm), suddenly.moments).events == ()


def test_a_fade_that_begins_changes_no_colours_at_once() -> None:
    def faded(index: int) -> Picture:
        share = min(1.0, max(0, index - 30) / 16)
        warm = pan(index) * np.array([1.0, 0.8, 0.45])
        return np.asarray(np.clip(warm * (1 - share) + 255 * share, 0, 255), np.uint8)

    assert "colour_jump" not in [event.kind for event in sudden.watch(scene(faded)).seen.events]


def test_a_picture_that_fades_to_white_is_not_broken() -> None:
    def faded(index: int) -> Picture:
        share = min(1.0, max(0, index - 30) / 12)
        bold = np.where(pan(index, 0.1) > 128, 250, 10)
        return np.clip(bold * (1 - share) + 255 * share, 0, 255).astype(np.uint8)

    assert "corruption" not in [event.kind for event in sudden.watch(scene(faded)).seen.events]


def test_lines_of_a_floor_that_a_hand_shakes_are_whole() -> None:
    def floor(index: int) -> Picture:
        picture = pan(index)
        picture[60:84] = (30, 40, 160)
        return np.roll(picture, index % 2 * 4, axis=0)

    assert "broken_lines" not in [event.kind for event in spoilt.watch(scene(floor), ()).events]


@pytest.mark.parametrize("lasts", [4, 14])
def test_a_lost_part_is_told_from_when_until_when(lasts: int) -> None:
    def torn(index: int) -> Picture:
        picture = pan(index)
        if 20 <= index < 20 + lasts:
            picture[88:] = (0, 135, 0) if lasts > 4 else picture[88:89] // 2 + 64
        return picture

    (event,) = (event for event in spoilt.watch(scene(torn), ()).events if event.kind == "part_lost")
    assert (round(event.start_s * FPS), round(event.end_s * FPS)) == (20, 20 + lasts)


def test_a_plain_sky_that_stays_or_comes_with_a_cut_is_not_lost() -> None:
    def sky(index: int) -> Picture:
        picture = pan(index)
        picture[: 90 if index < 30 else 20] = (120, 160, 220)
        return picture if index < 40 else wide(2)[:, :320]

    assert "part_lost" not in [event.kind for event in spoilt.watch(scene(sky), ()).events]
