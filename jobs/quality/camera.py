"""The motion of the whole and of its parts: how lively it is, shaking, jumps of the view, melting shapes.

A hand that holds a camera drifts: what it does in one frame it still does in the next. A shake that was added
frame by frame turns back each time. The correlation of the path with itself one frame later tells the two
apart, where the strength of the motion cannot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from jobs.quality.light import near
from jobs.quality.report import Event, Seen
from jobs.quality.scene import TOO_SHORT, Floats, Scene
from jobs.quality.series import moving_mean, smoothed

Doubles = NDArray[np.float64]

_LEAST_STEPS = 10
_LEAST_TEXTURE = 0.1
_FITS, _TRIMMED = 0.3, 0.95
_JITTER_PCT, _JITTER_CORR = 0.16, -0.25
_SHAKE_PCT, _SHAKE_CORR, _SHAKE_RIGID = 0.35, -0.35, 0.6
_SURE_IN_THE_DARK_PCT, _SURE_IN_THE_DARK_PX = 0.6, 1.0
_JUMP_PCT, _JUMP_TIMES = 0.6, 9.0
_WOBBLE_PX, _WOBBLE_CORR, _WOBBLE_SPAN_S, _LEAST_PARTS = 0.8, -0.2, 0.5, 20
# Parts that bend this far each frame need only not drift as one.
_MELTS_PX, _MELTS_CORR = 1.2, -0.02
_CALM = "No part of the picture bends for long."
_DARK = "The clip is too dark for its small motions to be told from noise."
_NO_FIT = "Too little of the picture follows one motion."
_PLAIN = "The picture has too little texture to follow its parts."


def watch(scene: Scene, moments: tuple[float, ...]) -> Seen:
    """Everything about motion. `moments` are seconds of sudden changes that have a reason already."""
    if not scene.enough:
        names = ("motion_pct_s", "warp_residual", "jitter_pct", "shake_corr", "wobble_px", "wobble_corr")
        return Seen(measures=dict.fromkeys(names), unmeasured=dict.fromkeys(names, TOO_SHORT))
    lively = float(np.nanmedian(scene.flow.liveliest / scene.step))
    measures: dict[str, float | None] = {
        "motion_pct_s": lively * scene.fps / _long_side(scene) * 100,
        "warp_residual": float(np.nanmedian(scene.flow.residual)),
    }
    shaken, melted = _shake(scene, moments), _wobble(scene)
    return Seen(
        measures={**measures, **shaken.measures, **melted.measures},
        unmeasured={**shaken.unmeasured, **melted.unmeasured},
        events=(*shaken.events, *melted.events),
    )


def _long_side(scene: Scene) -> int:
    return max(scene.flow.width, scene.flow.height)


@dataclass(frozen=True, kw_only=True)
class _Path:
    """The camera's velocity per frame, whether it is known, and its acceleration where that can be trusted
    (one row less at both ends). Shift, growth and turn are told by how far they move the picture, in pixels.
    """

    velocity: Doubles
    known: NDArray[np.bool_]
    jolt: Doubles
    trusted: NDArray[np.bool_]


def _path(scene: Scene) -> _Path:
    flow = scene.flow
    reach = np.hypot(flow.width, flow.height) / 4
    velocity = flow.camera.astype(np.float64) / scene.step[:, None] * (1, 1, reach, reach)
    known = ~np.isnan(velocity[:, 0])
    velocity = np.where(known[:, None], velocity, 0)
    turned = velocity[1:-1] - (velocity[:-2] + velocity[2:]) / 2
    fits = np.nan_to_num(flow.rigid[1:-1]) > _FITS
    return _Path(
        velocity=velocity,
        known=known,
        jolt=turned,
        trusted=fits & known[1:-1] & known[:-2] & known[2:],
    )


def _shake(scene: Scene, moments: tuple[float, ...]) -> Seen:
    path = _path(scene)
    strength = np.hypot(path.jolt[:, 0], path.jolt[:, 1])
    if path.trusted.sum() <= _LEAST_STEPS:
        return _not_known("jitter_pct", "shake_corr", reason=_NO_FIT)
    # On a bare gradient a change of light looks like motion.
    if float(scene.flow.textured.mean()) < _LEAST_TEXTURE:
        return _not_known("jitter_pct", "shake_corr", reason=_PLAIN)
    calm = np.sort(strength[path.trusted])
    # A single jolt is a jump of the view and not a shake.
    calm = calm[: max(8, int(len(calm) * _TRIMMED))]
    jitter = float(np.sqrt((calm**2).mean())) / _long_side(scene) * 100
    corr = _one_frame_later(path)
    if scene.dark and jitter < _SURE_IN_THE_DARK_PCT:
        unknown = _not_known("jitter_pct", "shake_corr", reason=_DARK)
        return replace(unknown, events=tuple(_view_jumps(scene, path, moments)))
    measures = {"jitter_pct": jitter, "shake_corr": corr}
    if jitter > _JITTER_PCT and corr < _JITTER_CORR:
        rigid = float(np.nanmedian(scene.flow.rigid))
        shakes = jitter > _SHAKE_PCT and corr < _SHAKE_CORR and rigid > _SHAKE_RIGID
        event = Event(
            kind="jitter",
            severity="reject" if shakes else "suspect",
            start_s=scene.starts_s(0),
            end_s=scene.ends_s(len(scene.times)),
            value=jitter,
        )
        return Seen(measures=measures, events=(event,))
    return Seen(measures=measures, events=tuple(_view_jumps(scene, path, moments)))


def _not_known(*names: str, reason: str) -> Seen:
    return Seen(measures=dict.fromkeys(names), unmeasured=dict.fromkeys(names, reason))


def _one_frame_later(path: _Path) -> float:
    """The correlation of the shift, freed of its slow part, with itself one frame later."""
    quick = np.stack(
        [path.velocity[:, axis] - smoothed(path.velocity[:, axis], 9) for axis in (0, 1)], axis=1
    )
    both = path.known[1:] & path.known[:-1]
    later, earlier = quick[1:][both], quick[:-1][both]
    power = float((later**2).sum() + (earlier**2).sum()) / 2 + 1e-6
    return float((later * earlier).sum() / power)


def _view_jumps(scene: Scene, path: _Path, moments: tuple[float, ...]) -> list[Event]:
    """Single frames in which the whole view is thrown: to the side, nearer, or round."""
    strength = np.sqrt((path.jolt**2).sum(axis=1))
    usual = float(np.median(strength[path.trusted])) + 0.15
    percent = strength / _long_side(scene) * 100
    thrown = path.trusted & (percent > _JUMP_PCT) & (strength > _JUMP_TIMES * usual)
    times = scene.moving[1:-1]
    thrown &= ~near(times, moments, 0.15)
    found: list[Event] = []
    for row in np.flatnonzero(thrown):
        at_s = float(times[row])
        # What is thrown is felt in the frames on both sides as well, half as much.
        if strength[row] < strength[max(0, row - 2) : row + 3].max():
            continue
        if found and at_s - found[-1].start_s < 0.2:
            continue
        found.append(
            Event(
                kind="camera_jump",
                severity="suspect",
                start_s=at_s,
                end_s=at_s,
                value=float(percent[row]),
            )
        )
    return found


def _wobble(scene: Scene) -> Seen:
    """Parts of the picture that go back and forth although the camera does not: shapes that melt."""
    local = scene.flow.local
    bent = np.linalg.norm(local[1:-1] - (local[:-2] + local[2:]) / 2, axis=3)
    bent = np.where(scene.flow.textured[1:-1], bent, np.nan).reshape(len(bent), -1)
    known = (~np.isnan(bent)).sum(axis=1) > _LEAST_PARTS
    if known.sum() <= 12:
        return _not_known("wobble_px", "wobble_corr", reason=_PLAIN)
    typical = np.full(len(bent), np.nan)
    typical[known] = np.nanpercentile(bent[known], 40, axis=1)
    typical[~known] = np.median(typical[known])
    span = max(6, int(scene.fps * _WOBBLE_SPAN_S))
    if len(typical) < span:
        return _not_known("wobble_px", "wobble_corr", reason=TOO_SHORT)
    worst = float(moving_mean(typical, span).max())
    if scene.dark and worst < _SURE_IN_THE_DARK_PX:
        return _not_known("wobble_px", "wobble_corr", reason=_DARK)
    bending = typical > max(0.35, 0.5 * worst)
    lasting = np.convolve(bending, np.ones(span) / span, "same") > 0.6
    rows = np.flatnonzero(lasting)
    if len(rows) <= 6:
        calm = _not_known("wobble_corr", reason=_CALM)
        return replace(calm, measures={"wobble_px": worst, **calm.measures})
    first, last = int(rows[0]) + 1, int(rows[-1]) + 1
    corr = _turns_back(local[first : last + 1])
    measures = {"wobble_px": worst, "wobble_corr": corr}
    strong = worst > _MELTS_PX and corr < _MELTS_CORR
    if not strong and (worst <= _WOBBLE_PX or corr >= _WOBBLE_CORR):
        return Seen(measures=measures)
    event = Event(
        kind="wobble",
        severity="suspect",
        start_s=float(scene.moving[first]),
        end_s=float(scene.moving[last]),
        value=worst,
    )
    return Seen(measures=measures, events=(event,))


def _turns_back(local: Floats) -> float:
    """The correlation of the parts' motion with itself one frame later."""
    own = np.nan_to_num(local - np.nanmean(local, axis=0))
    power = float((own * own).sum()) * (len(own) - 1) / len(own) + 1e-6
    return float((own[1:] * own[:-1]).sum() / power)
