"""Standing still: freezes, stills, slideshows, uneven repeats, parts that stop, motion that runs back."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.quality import backwards, part_still, stillness
from jobs.quality.report import Event
from tests.jobs.quality.drawn import FPS, Picture, flat, pan, scene, wide, with_thing


def held(index: int, first: int, last: int) -> int:
    return first if first <= index <= last else index


def told(events: tuple[Event, ...]) -> list[tuple[str, str]]:
    return [(event.kind, event.severity) for event in events]


@pytest.mark.parametrize(
    ("first", "last", "severity"), [(20, 31, "suspect"), (15, 42, "reject"), (42, 59, "reject")]
)
def test_a_freeze_is_as_grave_as_it_is_long_or_late(first: int, last: int, severity: str) -> None:
    (event,) = stillness.watch(scene(lambda i: pan(held(i, first, last))), 0).events
    assert (event.kind, event.severity) == ("frozen", severity)
    assert event.start_s == pytest.approx(first / FPS, abs=0.05)
    assert event.end_s == pytest.approx((last + 1) / FPS, abs=0.05)


def test_slow_motion_is_not_a_freeze() -> None:
    assert stillness.watch(scene(lambda i: pan(i, 0.06), 90), 0).events == ()


def test_a_small_thing_that_moves_before_a_plain_ground_is_not_a_freeze() -> None:
    seen = stillness.watch(scene(lambda i: with_thing(flat(120), 60 + i * 0.6, radius=7)), 0)
    assert seen.events == ()


def test_nothing_moves_though_there_is_grain() -> None:
    def grainy(index: int) -> Picture:
        grain = np.random.default_rng(index).normal(0, 5, wide().shape)[:, :320]
        return np.clip(pan(0) + grain, 0, 255).astype(np.uint8)

    seen = stillness.watch(scene(grainy), 0)
    assert told(seen.events) == [("still", "reject")]
    assert seen.measures["change_over_clip"] == pytest.approx(1, abs=1.5)


def test_pictures_that_stand_one_after_the_other_are_a_slideshow() -> None:
    seen = stillness.watch(scene(lambda i: pan(i // 24 * 300)), 0)
    assert told(seen.events) == [("slideshow", "reject")]


def test_each_picture_shown_twice_is_a_remark() -> None:
    seen = stillness.watch(scene(lambda i: pan(i // 2 * 3)), 0)
    assert told(seen.events) == [("low_frame_rate", "info")]
    assert seen.measures["effective_fps"] == pytest.approx(12, abs=0.6)


def test_pictures_repeated_here_and_there_stutter() -> None:
    shown = np.cumsum(np.random.default_rng(3).random(60) > 0.35)
    seen = stillness.watch(scene(lambda i: pan(int(shown[i]) * 2)), 0)
    assert ("uneven_cadence", "suspect") in told(seen.events)


def test_a_clip_of_a_moment_has_no_measure_of_change() -> None:
    seen = stillness.watch(scene(pan, 8), 0)
    for name in ("change_over_clip", "effective_fps", "cadence_even"):
        assert seen.measures[name] is None
        assert seen.unmeasured[name]


def test_a_pan_that_slows_down_and_rests_is_no_freeze() -> None:
    way = np.concatenate((np.arange(30.0), 30 + 4 * (1 - np.exp(-np.arange(60) / 4))))
    assert stillness.watch(scene(lambda i: pan(way[i], 2), 90), 0).events == ()


def test_a_small_thing_that_comes_to_rest_at_the_end_is_a_remark() -> None:
    seen = stillness.watch(scene(lambda i: with_thing(pan(0), 60 + 2 * min(i, 40), radius=9)), 0)
    assert told(seen.events) == [("frozen", "info")]
    stopped = stillness.watch(scene(lambda i: with_thing(pan(0), 60 + 2 * held(i, 20, 39), radius=9)), 0)
    assert told(stopped.events) == [("frozen", "suspect")]


def test_a_freeze_begins_with_the_first_of_its_pictures_though_they_are_drawn_anew() -> None:
    def redrawn(index: int) -> Picture:
        picture = pan(held(index, 24, 50), 2).astype(np.int16)
        # An encoder that takes a while to find the picture: a little too bright at first.
        return np.clip(picture + (24 <= index < 31), 0, 255).astype(np.uint8)

    (event,) = stillness.watch(scene(redrawn, 70), 0).events
    assert event.start_s == pytest.approx(1.0, abs=0.05)


def test_a_stretch_in_which_pictures_are_shown_longer_stutters() -> None:
    def shown(index: int) -> int:
        return 30 + (index - 30) // 4 * 4 if 30 <= index < 62 else index

    (event,) = stillness.watch(scene(lambda i: pan(shown(i)), 96), 0).events
    assert event.kind == "uneven_cadence"
    assert event.start_s == pytest.approx(30 / FPS, abs=0.2)
    assert event.end_s == pytest.approx(62 / FPS, abs=0.2)


def test_a_title_that_has_come_in_stands_and_is_no_fault() -> None:
    def title(index: int) -> Picture:
        picture = pan(0).astype(np.float32)
        share = min(1.0, max(0, index - 12) / 14)
        picture[60:110, 60:260] = picture[60:110, 60:260] * (1 - share) + 235 * share
        return with_thing(picture.astype(np.uint8), 20 + 2 * index, 150)

    assert part_still.stopped_parts(scene(title, 70), ()) == []


def test_a_part_that_stops_dead_while_the_rest_moves_is_found() -> None:
    def half(index: int) -> Picture:
        picture = pan(index, 2)
        picture[:90] = pan(held(index, 24, 47), 2)[:90]
        return picture

    (event,) = part_still.stopped_parts(scene(half, 70), ())
    assert event.kind == "part_frozen"
    assert event.start_s == pytest.approx(1.0, abs=0.1)
    assert event.end_s == pytest.approx(2.0, abs=0.15)
    assert event.place is not None
    assert event.place[1] < 0.5


def test_a_thing_that_slows_down_and_rests_has_not_stopped_dead() -> None:
    def resting(index: int) -> Picture:
        return with_thing(pan(0), 60 + 120 * (1 - np.exp(-index / 9)))

    assert part_still.stopped_parts(scene(resting, 70), ()) == []


def test_motion_that_runs_back_at_full_speed_is_found() -> None:
    (event,) = backwards.turns(scene(lambda i: pan(40 - abs(30 - i), 2)), ())
    assert event.start_s == pytest.approx(30 / FPS, abs=0.1)


def test_a_ball_that_bounces_is_no_clip_that_runs_back() -> None:
    bouncing = scene(lambda i: with_thing(pan(0), 40 + 4 * (40 - abs(30 - i)), radius=30))
    assert backwards.turns(bouncing, ()) == []


def test_a_swing_slows_down_before_it_turns() -> None:
    assert backwards.turns(scene(lambda i: pan(40 + 25 * np.sin(i / 8), 1)), ()) == []


def test_a_hand_that_trembles_does_not_run_back() -> None:
    way = np.cumsum(np.where(np.arange(90) // 10 % 2, -1.0, 1.0)) * 2.5 + np.cumsum(np.arange(90) % 31 // 12)
    assert backwards.turns(scene(lambda i: pan(60 + way[i]), 90), ()) == []
