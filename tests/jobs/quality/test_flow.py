"""Motion reduced to figures: the camera's own, and the median that is asked often."""

from __future__ import annotations

import numpy as np
import pytest

from jobs.quality.flow import CameraFit, Floats
from jobs.quality.series import middle

WIDTH, HEIGHT = 320, 180


def motion(across: float, down: float, growth: float, turn: float) -> Floats:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    x, y = columns - WIDTH / 2, rows - HEIGHT / 2
    moved = across + growth * x - turn * y, down + growth * y + turn * x
    return np.stack(moved, axis=-1).astype(np.float32)


@pytest.mark.parametrize(
    "camera", [(0, 0, 0, 0), (3, -1.5, 0, 0), (0, 0, 0.02, 0), (0, 0, 0, -0.01), (2, 1, -0.01, 0.005)]
)
def test_shift_growth_and_turn_of_the_camera_are_told_apart(camera: tuple[float, ...]) -> None:
    found, rigid = CameraFit(WIDTH, HEIGHT).fit(motion(*camera))
    assert found == pytest.approx(camera, abs=1e-5)
    assert rigid == 1


def test_a_thing_that_moves_by_itself_hardly_turns_the_camera() -> None:
    film = motion(2, 1, 0.01, 0)
    film[60:140, 40:150] += (9, -6)
    fit = CameraFit(WIDTH, HEIGHT)
    found, rigid = fit.fit(film)
    assert found == pytest.approx([2, 1, 0.01, 0], abs=0.02)
    assert 0.75 < rigid < 0.9
    assert np.hypot(*fit.rest(film, found)[5, 5]) == pytest.approx(np.hypot(9, 6), abs=0.3)


@pytest.mark.parametrize("length", [1, 2, 3, 8, 387])
def test_the_quick_median_is_the_median(length: int) -> None:
    values = np.random.default_rng(length).normal(0, 50, length).astype(np.float32)
    assert middle(values) == np.median(values)
