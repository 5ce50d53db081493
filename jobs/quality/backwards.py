"""Motion that turns round from one frame to the next and takes the same way back.

A pendulum does so as well, but it slows down before it turns. Here the pictures on both sides of the turn are
the same ones in the opposite order, at full speed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from jobs.quality.light import near
from jobs.quality.report import Event
from jobs.quality.scene import Scene

# A hand's tremor takes its way back for less long.
_REACH_S, _LEAST_REACH = 0.6, 8
_ALIKE, _LEAST_TRAVEL, _FULL_SPEED, _LEAST_AREA = 0.3, 2.5, 0.6, 0.4


def turns(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """The moments at which a clip begins to run backwards, or forwards again. `moments` have another
    reason.
    """
    quarters = scene.samples.quarters[scene.flow.frames]
    bad = scene.bad[scene.flow.frames] | near(scene.moving, moments, 0.1)
    reach = max(_LEAST_REACH, round(_REACH_S * len(quarters) / max(scene.length_s, 1e-3)))
    found: list[Event] = []
    for row in range(reach + 1, len(quarters) - reach - 1):
        if bad[row - 1 : row + 2].any():
            continue
        if not any(_turns_at(quarters, row, gap, reach) for gap in (0, 1)):
            continue
        at_s = float(scene.moving[row])
        if not found or at_s - found[-1].start_s > 0.2:
            found.append(Event(kind="runs_back", severity="suspect", start_s=at_s, end_s=at_s))
    return found


def _turns_at(quarters: NDArray[np.uint8], row: int, gap: int, reach: int) -> bool:
    """Whether the pictures after `row` are those before it in the opposite order; with a `gap` of 1 the
    picture of the turn is shown twice.
    """
    first = row - gap
    travel = _apart(quarters, row + reach, row)
    # A ball that bounces off a wall takes its way back as well; the whole picture does not.
    change = np.abs(quarters[row + reach].astype(np.int16) - quarters[row])
    if travel < _LEAST_TRAVEL or (change > _LEAST_TRAVEL).mean() < _LEAST_AREA:
        return False
    mirrored = max(_apart(quarters, row + n, first - n) for n in (2, 4, reach // 2, reach))
    if mirrored > _ALIKE * travel:
        return False
    speeds = [_apart(quarters, row + n, row + n - 1) for n in range(1, _LEAST_REACH + 1)]
    return speeds[0] > _FULL_SPEED * float(np.median(speeds))


def _apart(quarters: NDArray[np.uint8], one: int, other: int) -> float:
    return float(np.abs(quarters[one].astype(np.int16) - quarters[other]).mean())
