"""The light of a clip: stretches without a picture, flicker, pumping, flashes, drifts of light and hue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jobs.quality.levels import Stretch
from jobs.quality.report import Event, Seen
from jobs.quality.scene import LEAST_FRAMES, TOO_SHORT, Floats, Mask, Scene
from jobs.quality.series import moving_mean, runs, smoothed

_FADE_S, _FADE_LUMA, _FADE_SPREAD = 1.0, 60.0, 0.5
# The share of a swing that a difference of levels is: dark parts are kept from counting for much.
_DARK = 24.0
_FLICKER_SPAN_S, _FLICKER_PCT, _FLICKER_REJECT_PCT, _FLICKER_LEVELS = 0.75, 1.2, 4.0, 0.9
# A frame belongs to a flicker that swings by this share of the strongest.
_SWINGING = 0.5
_LEAST_TURNS, _TURNS_PER_S = 3, 3.0
_PUMP_SPAN_S, _PUMP_PCT, _PUMP_TURNS, _PUMP_ALIKE = 2.0, 4.0, 3, 0.6
# WCAG 2: a flash is a pair of opposing changes of 10 % of the full luminance, the darker below 80 %, over a
# quarter of the view; more than three within a second can harm.
_FLASH_SWING, _FLASH_DARKER, _FLASH_AREA, _MOST_FLASHES = 0.10, 0.80, 0.25, 3.0


def watch(scene: Scene, moments: tuple[float, ...]) -> Seen:
    """Everything about the light. `moments` are seconds of sudden changes, which are no flicker."""
    levels = scene.samples.levels
    measures: dict[str, float | None] = {
        "black_share": float(scene.black.mean()),
        "blank_share": float(scene.blank.mean()),
        "mean_luma": float(levels.luma.mean()),
    }
    events = [*_without_picture(scene), *_very_dark(scene)]
    flashes, more = _flashes(scene)
    measures["flashes_per_s"] = flashes
    events += more
    flicker = _flicker(scene, moments)
    measures["flicker_pct"] = None if flicker is None else flicker.pct
    unmeasured = {"flicker_pct": TOO_SHORT} if flicker is None else {}
    if flicker is not None and flicker.event is not None:
        events.append(flicker.event)
    else:
        events += _pumping(scene, moments)
    return Seen(measures=measures, unmeasured=unmeasured, events=tuple(events))


def _without_picture(scene: Scene) -> list[Event]:
    found = []
    for kind, mask in (("black", scene.black), ("blank", scene.blank)):
        for start, end in runs(mask):
            fades = _fades(scene, *_whole_gap(scene, start, end))
            found.append(
                Event(
                    kind="fade" if fades else kind,
                    severity="info" if fades else "reject",
                    start_s=scene.starts_s(start),
                    end_s=scene.ends_s(end),
                    value=(end - start) / scene.fps,
                )
            )
    return found


def _whole_gap(scene: Scene, start: int, end: int) -> Stretch:
    """The stretch without a picture around one of its kinds: a fade may end dark and then black."""
    return next(run for run in runs(scene.bad) if run[0] <= start and end <= run[1])


def _fades(scene: Scene, start: int, end: int) -> bool:
    """A short stretch without a picture at an end of the clip belongs to a fade, when the picture beside it
    is dark or pale as well.
    """
    levels, count = scene.samples.levels, len(scene.times)
    if (end - start) / scene.fps > _FADE_S or scene.bad.all():
        return False
    if start == 0 and end < count - 3:
        beside = end + 1
    elif end == count and start > 3:
        beside = start - 2
    else:
        return False
    faint = levels.spread[beside] < _FADE_SPREAD * float(np.median(levels.spread[~scene.bad]))
    return bool(faint or levels.luma[start:end].mean() < levels.luma[beside] < _FADE_LUMA)


def _very_dark(scene: Scene) -> list[Event]:
    if not scene.dark or scene.bad.all():
        return []
    luma = float(scene.samples.levels.luma[~scene.bad].mean())
    return [_whole(scene, "very_dark", luma)]


def _whole(scene: Scene, kind: str, value: float) -> Event:
    end = scene.ends_s(len(scene.times))
    return Event(kind=kind, severity="info", start_s=scene.starts_s(0), end_s=end, value=value)


def blocks_of(scene: Scene) -> Floats:
    """The light of each frame in 16x9 parts (9x16 of an upright clip), one row per frame."""
    quarters = scene.samples.quarters
    side = max(1, max(quarters.shape[1:]) // 16)
    count, rows, columns = quarters.shape[0], quarters.shape[1] // side, quarters.shape[2] // side
    cut = quarters[:, : rows * side, : columns * side].reshape(count, rows, side, columns, side)
    return np.asarray(cut.mean(axis=(2, 4), dtype=np.float32).reshape(count, -1), np.float32)


@dataclass(frozen=True)
class _Flicker:
    pct: float
    event: Event | None


def _flicker(scene: Scene, moments: tuple[float, ...]) -> _Flicker | None:
    """How much the brightness of most of the picture goes back and forth: % of it, worst 0.75 s.

    The second difference passes steady fades and pans; taken of each part and then the median of all, it
    passes whatever moves or burns in a part of the picture.
    """
    frames = scene.flow.frames
    light = blocks_of(scene)[frames]
    if len(light) < LEAST_FRAMES + 2:
        return None
    swings = light[1:-1] - (light[:-2] + light[2:]) / 2
    relative = np.median(swings / (light[1:-1] + _DARK), axis=1)
    in_levels = np.abs(np.median(swings, axis=1))
    bad, moving = scene.bad[frames], scene.moving
    usable = ~(bad[:-2] | bad[1:-1] | bad[2:]) & ~near(moving[1:-1], moments, 0.12)
    if usable.sum() < LEAST_FRAMES:
        return None
    relative, in_levels, times = relative[usable], in_levels[usable], moving[1:-1][usable]
    span = min(len(relative), max(8, round(scene.fps * _FLICKER_SPAN_S)))
    power = np.sqrt(moving_mean(relative**2, span))
    worst = int(power.argmax())
    pct = float(power[worst]) * 100
    seen = float(np.sqrt(np.mean(in_levels[worst : worst + span] ** 2)))
    if pct <= _FLICKER_PCT or seen <= _FLICKER_LEVELS:
        return _Flicker(pct, None)
    first, last = _liveliest(relative**2 - (_SWINGING * power[worst]) ** 2)
    start, end = float(times[first]), float(times[last])
    if not _back_and_forth(scene, light, start, end):
        return _Flicker(pct, None)
    event = Event(
        kind="flicker",
        severity="reject" if pct > _FLICKER_REJECT_PCT else "suspect",
        start_s=start,
        end_s=end,
        value=pct,
        facts={"hz": _pitch(scene, start, end)},
    )
    return _Flicker(pct, event)


def _back_and_forth(scene: Scene, light: Floats, start_s: float, end_s: float) -> bool:
    """Whether the light keeps turning round: a fade goes one way, however unevenly, and lightning is over."""
    inside = np.flatnonzero((scene.moving >= start_s) & (scene.moving <= end_s))
    steps = np.median(np.diff(np.log(light[inside] + _DARK), axis=0), axis=1)
    strong = steps[np.abs(steps) > 0.3 * np.abs(steps).max(initial=0)]
    turns = int((np.sign(strong[1:]) != np.sign(strong[:-1])).sum())
    least = max(_LEAST_TURNS, _TURNS_PER_S * (end_s - start_s))
    return turns >= least and abs(float(steps.sum())) < 0.5 * float(np.abs(steps).sum())


def _liveliest(beyond: NDArray[np.floating]) -> tuple[int, int]:
    """The first and last place of the stretch with the greatest sum: where most lies above 0."""
    sums = np.concatenate(([0.0], np.cumsum(beyond, dtype=np.float64)))
    gained = sums - np.minimum.accumulate(sums)
    end = int(gained.argmax())
    return int(sums[:end].argmin()), end - 1


def _pitch(scene: Scene, start_s: float, end_s: float) -> float:
    """How often a second the brightness swings in a stretch: the strongest frequency of what is left when
    slow changes are taken off.
    """
    luma = scene.samples.levels.luma[(scene.times >= start_s) & (scene.times <= end_s)].astype(np.float64)
    if len(luma) < 8:
        return 0.0
    swing = (luma - smoothed(luma, 9)) * np.hanning(len(luma))
    strength = np.abs(np.fft.rfft(swing))
    return float(np.fft.rfftfreq(len(luma), 1 / scene.fps)[int(strength.argmax())])


def near(times: NDArray[np.float64], moments: tuple[float, ...], reach_s: float) -> Mask:
    """Which of the times lie within reach of a moment."""
    if not moments:
        return np.zeros(len(times), np.bool_)
    return np.asarray((np.abs(times[:, None] - np.array(moments)) < reach_s).any(axis=1), np.bool_)


def _pumping(scene: Scene, moments: tuple[float, ...]) -> list[Event]:
    """Exposure that breathes: the light of the whole goes up and down a few times, slower than a flicker.

    The light is followed along the motion, so that a bright thing that comes into view changes nothing.
    """
    gains = np.nan_to_num(np.log(np.clip(scene.flow.gain.astype(np.float64), 0.2, 5.0)))
    gains[near(scene.moving, moments, 0.12)] = 0
    span = max(1, round(_PUMP_SPAN_S * scene.fps))
    if len(gains) < span:
        return []
    path = smoothed(np.cumsum(gains), 3)
    swing = path - smoothed(path, min(len(path) - 1, round(1.2 * scene.fps)) | 1)
    power = np.sqrt(moving_mean(swing**2, span))
    worst = int(power.argmax())
    pct = float(power[worst]) * 100
    if pct <= _PUMP_PCT:
        return []
    on = np.flatnonzero(power > 0.5 * power[worst])
    inside = swing[on[0] : on[-1] + span]
    strong = np.sign(inside[np.abs(inside) > 0.6 * power[worst]])
    turns = int((strong[1:] != strong[:-1]).sum())
    first, last = on[0], min(len(swing), on[-1] + span)
    if turns < _PUMP_TURNS or not _as_one(scene, swing, first, last):
        return []
    times = scene.moving
    return [
        Event(
            kind="pumping",
            severity="suspect",
            start_s=float(times[first]),
            end_s=float(times[last - 1]),
            value=pct,
        )
    ]


def _as_one(scene: Scene, swing: NDArray[np.float64], first: int, last: int) -> bool:
    """Whether most of the picture swings alike, as under one exposure; lamps light up a part each."""
    light = np.log(blocks_of(scene)[scene.flow.frames[first:last]].astype(np.float64) + _DARK)
    own = light - light.mean(axis=0)
    along = swing[first:last] - swing[first:last].mean()
    parts = along @ own / float(along @ along)
    usual = float(np.median(parts))
    return bool((np.abs(parts - usual) < 0.5 * abs(usual)).mean() > _PUMP_ALIKE)


def _flashes(scene: Scene) -> tuple[float, list[Event]]:
    """The most flashes within a second, by the definition of WCAG 2."""
    light = (blocks_of(scene) / 255.0) ** 2.2
    swings = _swings(light)
    times = scene.times[[frame for frame, _ in swings]]
    if len(times) == 0:
        return 0.0, []
    within = np.array([int(((times >= start) & (times < start + 1)).sum()) for start in times]) / 2
    per_s = float(within.max())
    if per_s <= _MOST_FLASHES:
        return per_s, []
    too_many = times[within > _MOST_FLASHES]
    event = Event(
        kind="photosensitive",
        severity="reject",
        start_s=float(too_many[0]),
        end_s=float(times[times < too_many[-1] + 1][-1]),
        value=per_s,
    )
    return per_s, [event]


def _swings(light: Floats) -> list[tuple[int, int]]:
    """Frames in which enough of the picture has swung far enough since its last turn, and the way (1, -1)."""
    lowest, highest = light[0].copy(), light[0].copy()
    found: list[tuple[int, int]] = []
    way = 0
    for frame in range(1, len(light)):
        now = light[frame]
        up = (now - lowest > _FLASH_SWING) & (lowest < _FLASH_DARKER)
        down = (highest - now > _FLASH_SWING) & (now < _FLASH_DARKER)
        turned = 1 if up.mean() > _FLASH_AREA and way != 1 else 0
        turned = -1 if down.mean() > _FLASH_AREA and way != -1 else turned
        if turned:
            way = turned
            found.append((frame, way))
            lowest, highest = now.copy(), now.copy()
        else:
            # Forgetting what lies far back: a sunrise is no flash.
            lowest = np.minimum(lowest * 0.97 + now * 0.03, now)
            highest = np.maximum(highest * 0.97 + now * 0.03, now)
    return found
