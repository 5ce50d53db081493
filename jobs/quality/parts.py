"""The parts of the score: each measure brought to 0 (bad) to 1 (good) along a straight line.

A part that could not be measured is None and counts for nothing; it is never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from jobs.quality.report import Ordered, Part

Measures = Mapping[str, float | None]

WEIGHTS: Final[Mapping[str, float]] = {
    "clarity": 0.15,
    "clean": 0.08,
    "steady_light": 0.12,
    "steady_camera": 0.10,
    "shape": 0.10,
    "smooth": 0.10,
    "motion": 0.10,
    "face": 0.15,
    "match": 0.20,
}
# Between these motion is right, in % of the long side a second; the rest is worth less, not nothing.
_SLOW, _FAST = 0.8, 60.0
# A path less correlated than this turns back from frame to frame; above it drifts, as hands do.
_TURNS_BACK = -0.1


def parts_of(measures: Measures, ordered: Ordered) -> tuple[Part, ...]:
    """All parts with their weights. The motion of a shot that asks for a still is none of them."""
    values = {
        "clarity": _ramp(measures.get("edge_px"), 9.0, 3.6),
        "clean": _least(
            _ramp(measures.get("blockiness"), 2.0, 1.1), _ramp(measures.get("noise_sigma"), 14, 2)
        ),
        "steady_light": _ramp(measures.get("flicker_pct"), 4.0, 0.5),
        "steady_camera": _steady(measures),
        "shape": _shape(measures),
        "smooth": _least(
            _ramp(measures.get("warp_residual"), 6.0, 0.8), _ramp(measures.get("cadence_even"), 0.4, 0.85)
        ),
        "motion": _motion(measures.get("motion_pct_s")),
        "face": _face(measures),
        "match": _ramp(measures.get("prompt_match"), 0.18, 0.34),
    }
    return tuple(
        Part(name=name, value=None if values[name] is None else round(values[name] or 0.0, 4), weight=weight)
        for name, weight in WEIGHTS.items()
        if name != "motion" or not ordered.still_wanted
    )


def _ramp(value: float | None, bad: float, good: float) -> float | None:
    """0 at `bad`, 1 at `good`, whichever is larger."""
    return None if value is None else min(1.0, max(0.0, (value - bad) / (good - bad)))


def _least(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else min(one, other)


def _steady(measures: Measures) -> float | None:
    corr = measures.get("shake_corr")
    if corr is not None and corr > _TURNS_BACK:
        return 1.0
    return _ramp(measures.get("jitter_pct"), 0.8, 0.05)


def _shape(measures: Measures) -> float | None:
    wobble = measures.get("wobble_px")
    if (measures.get("wobble_corr") or 0.0) < _TURNS_BACK:
        return _ramp(wobble, 3.0, 0.3)
    drifting = _ramp(wobble, 6.0, 0.3)
    return None if drifting is None else max(0.7, drifting)


def _motion(motion: float | None) -> float | None:
    return _least(_ramp(motion, 0.1, _SLOW), _ramp(motion, _FAST * 4, _FAST))


def _face(measures: Measures) -> float | None:
    """The face is there, and at its worst moment still looks like itself."""
    there = _ramp(measures.get("face_present"), 0.4, 1.0)
    same = _ramp(measures.get("face_min_likeness"), 0.35, 0.7)
    return None if there is None or same is None else there * same
