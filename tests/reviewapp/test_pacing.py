"""When a job is asked about next: bounds that always hold, and what the plan reaches."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.pacing import LEARNED, LONGEST_GAP_S, UNKNOWN_SECONDS, Plan, plan_for

seconds = st.floats(min_value=0.1, max_value=3000, allow_nan=False)
known = st.lists(seconds, max_size=60)
usual = st.none() | st.floats(min_value=1, max_value=600)
least = st.floats(min_value=0.1, max_value=60)


@given(known, usual, least, st.floats(min_value=0, max_value=100_000), st.none() | st.floats(0, 1))
def test_a_wait_is_never_below_the_vendors_wish_and_never_above_the_longest(
    durations: list[float], usual_s: float | None, least_s: float, elapsed: float, progress: float | None
) -> None:
    wait = plan_for(durations, usual_s, least_s).delay(elapsed, progress)
    assert least_s <= wait <= max(least_s, LONGEST_GAP_S)


@given(known, usual, least)
def test_the_moments_rise_by_the_vendors_least_gap(
    durations: list[float], usual_s: float | None, least_s: float
) -> None:
    moments = (0.0, *plan_for(durations, usual_s, least_s).moments)
    assert all(later - sooner >= least_s * 0.999 for sooner, later in pairwise(moments))


@given(st.lists(seconds, max_size=LEARNED - 1), usual, st.floats(min_value=1, max_value=3000))
def test_an_unknown_model_is_asked_before_a_quarter_more_has_passed(
    durations: list[float], usual_s: float | None, elapsed: float
) -> None:
    # Plans are made in steps of a 150th of the usual time.
    step = (usual_s or UNKNOWN_SECONDS) / 150
    assert plan_for(durations, usual_s, 0.5).delay(elapsed) <= max(1.0, elapsed / 4) + step + 0.01


@given(st.lists(st.floats(min_value=20, max_value=600), min_size=LEARNED, max_size=50), seconds)
def test_a_job_that_was_asked_about_is_asked_again_before_it_has_taken_half_as_long_again(
    durations: list[float], elapsed: float
) -> None:
    plan = plan_for(durations, None, 2.0)
    elapsed = max(elapsed, plan.moments[0])
    step = max(4 * sorted(durations)[len(durations) // 2], 1.3 * max(durations)) / 600
    assert plan.delay(elapsed) <= max(5.0, elapsed / 2) + step + 0.01


def test_a_progress_bar_moves_the_next_poll_only_so_far() -> None:
    plan = Plan((10.0, 30.0), 2.0)
    assert plan.delay(10, 0.01) == 20
    assert plan.delay(10, 0.1) == 40
    assert plan.delay(10, 0.9) == 10
    # Stuck at the end, it costs no poll every two seconds.
    assert plan.delay(400, 0.999) >= 20


def _played(draw: Callable[[], float], jobs: int = 150) -> tuple[float, float, float]:
    """Polls a job, the mean wait, and the polls of a fixed loop, on durations learned as the watcher does."""
    learned = [draw() for _ in range(50)]
    polls, waits, plain = [], [], []
    for _ in range(jobs):
        plan, took, at, last, count = plan_for(learned, None, 2.0), draw(), 0.0, 0.0, 0
        while at < took:
            last, at, count = at, at + plan.delay(at), count + 1
        polls.append(count)
        waits.append(at - took)
        plain.append(took // 5 + 1)
        learned = [*learned[1:], (last + at) / 2]
    return statistics.mean(polls), statistics.mean(waits), statistics.mean(plain)


@pytest.mark.parametrize(("mean_s", "sd_s"), [(60, 5), (120, 12), (40, 2)])
def test_it_costs_about_a_third_of_the_fixed_loop_at_the_same_wait(mean_s: float, sd_s: float) -> None:
    chance = random.Random(7)
    polls, wait, plain = _played(lambda: max(5.0, chance.gauss(mean_s, sd_s)))
    assert polls <= 0.37 * plain
    assert wait <= 2.75


def test_a_model_that_becomes_twice_as_slow_or_fast_is_followed_within_some_jobs() -> None:
    chance = random.Random(3)
    learned = [chance.gauss(60, 3) for _ in range(50)]
    for mean_s in (30, 120):
        waits = []
        for _ in range(40):
            plan, took, at, last = plan_for(learned, None, 2.0), chance.gauss(mean_s, 3), 0.0, 0.0
            while at < took:
                last, at = at, at + plan.delay(at)
            waits.append(at - took)
            learned = [*learned[1:], (last + at) / 2]
        assert max(waits) < 60
        assert statistics.mean(waits[20:]) < 3.5
