"""The landscapes, each painted as one wide picture, and the list of all backgrounds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from providers.sandbox.picture.backdrops_away import plain, room, sky, space, underwater
from providers.sandbox.picture.colours import RGB, darker, lighter, lit, mix
from providers.sandbox.picture.ground import Ground
from providers.sandbox.picture.land import Floats, Land


def sea(land: Land) -> Ground:
    mood, horizon = land.mood, land.row(0.50)
    land.sky(horizon)
    land.clouds(land.row(0.02), horizon - 4, 0.45)
    for distance, tall in ((0.95, 0.07), (0.7, 0.035)):
        rise = np.clip(land.profile(4, 5) - 0.50, 0, 1) * 2.4
        land.ridge(horizon + 2 - rise * tall * land.frame * 2, (0.30, 0.38, 0.42), distance, grain=0.0)
    deep = mix(lit((0.06, 0.30, 0.42), mood.ambient), mood.sky_top, 0.25)
    land.gradient(horizon, land.h, mix(deep, mood.sky_low, 0.72), deep, 0.55)
    _waves(land, int(horizon), mood.sky_low)
    if mood.sun_size:
        x = mood.sun_at[0] * land.w
        depth = np.clip((land.rows[int(horizon) :] - horizon) / land.frame, 0, 1)
        path = np.exp(-(((land.columns[None, :] - x) / (land.w * (0.035 + 0.16 * depth))) ** 2)) * 0.6
        path = path * np.clip(land.noise(path.shape[0], land.w / 60, 60, 3) * 2.6 - 0.7, 0, 1)
        land.blend(int(horizon), np.asarray(path, np.float32), mood.sun)
    return Ground(0.50, water=0.50, shadows=0.0)


def _waves(land: Land, first: int, bright: RGB) -> None:
    """Streaks that widen towards the viewer."""
    height = land.h - first
    far, near = (
        land.noise(height, land.w / 40, height / 3, 3),
        land.noise(height, land.w / 130, height / 9, 3),
    )
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    swell = far * (1 - t) + near * t - 0.5
    land.blend(first, np.clip(swell * 2.2, 0, 0.5), lighter(bright, 0.15))
    land.blend(first, np.clip(-swell * 2.0, 0, 0.45), darker(bright, 0.7))


def mountains(land: Land) -> Ground:
    horizon = land.row(0.66)
    land.sky(horizon)
    land.clouds(land.row(0.0), land.row(0.45), 0.35)
    layers = (
        (0.95, 0.34, 0.44, (0.40, 0.48, 0.60)),
        (0.72, 0.44, 0.28, (0.30, 0.42, 0.50)),
        (0.45, 0.56, 0.18, (0.20, 0.38, 0.36)),
    )
    for distance, top, tall, colour in layers:
        sharp = 1 - np.abs(land.profile(6 if distance > 0.9 else 8, 6) * 2 - 1)
        land.ridge(land.row(top) + (0.75 - sharp) * tall * land.frame, colour, distance, foot=0.3, grain=0.10)
    land.ridge(
        land.row(0.74) - land.profile(3, 3) * 0.10 * land.frame,
        (0.30, 0.52, 0.24),
        0.12,
        foot=0.3,
        grain=0.16,
    )
    return Ground(0.74)


def field(land: Land) -> Ground:
    horizon = land.row(0.58)
    land.sky(horizon)
    land.clouds(land.row(0.0), land.row(0.50), 0.5)
    land.ridge(land.row(0.54) - land.profile(4, 4) * 0.12 * land.frame, (0.36, 0.52, 0.50), 0.85, grain=0.03)
    _treeline(land, 0.575, 0.05, (0.16, 0.36, 0.22), 0.55)
    land.ridge(land.row(0.62) - land.profile(3, 2) * 0.07 * land.frame, (0.52, 0.66, 0.28), 0.35, grain=0.08)
    land.ridge(
        land.row(0.72) - land.profile(2.4, 2) * 0.08 * land.frame,
        (0.36, 0.60, 0.24),
        0.10,
        foot=0.4,
        grain=0.2,
    )
    _blades(land, 0.74, (0.26, 0.50, 0.18))
    return Ground(0.66, shadows=0.42)


def _blades(land: Land, top: float, colour: RGB) -> None:
    """Grass, as fine upright noise that grows towards the viewer."""
    first = int(land.row(top))
    height = land.h - first
    blades = land.noise(height, land.w / 5, height / 26, 2)
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    tone = lit(colour, land.mood.ambient)
    land.blend(first, np.clip((blades - 0.5) * 1.7 * t, 0, 0.6), lighter(tone, 0.22))
    land.blend(first, np.clip((0.5 - blades) * 1.7 * t, 0, 0.6), darker(tone, 0.5))


def _treeline(land: Land, foot: float, tall: float, colour: RGB, distance: float) -> None:
    crowns = np.maximum(land.profile(land.w / 26, 2), land.profile(land.w / 60, 2))
    land.ridge(land.row(foot) - crowns * tall * land.frame, colour, distance, foot=0.06, grain=0.12)


def forest(land: Land) -> Ground:
    land.sky(land.row(0.8))
    land.gradient(0, land.row(0.8), mix(land.mood.sky_low, (0.62, 0.76, 0.62), 0.35), land.mood.haze)
    for distance, foot, tall in ((0.85, 0.66, 0.62), (0.55, 0.70, 0.66), (0.22, 0.75, 0.74)):
        _pines(land, foot, tall, (0.10, 0.27, 0.19), distance)
    land.ridge(
        land.row(0.78) - land.profile(3, 3) * 0.07 * land.frame,
        (0.24, 0.38, 0.17),
        0.12,
        foot=0.35,
        grain=0.3,
    )
    _blades(land, 0.80, (0.18, 0.34, 0.14))
    x = 0.35 * land.w + 0.3 * land.w * float(land.random.random())
    for shift, share in ((0.0, 0.17), (0.13, 0.11), (-0.14, 0.12)):
        lean = (land.columns[None, :] - (x + shift * land.w)) - (land.rows - land.base) * 0.45
        ray = np.exp(-((lean / (0.028 * land.w)) ** 2)) * np.clip(
            1.15 - (land.rows - land.base) / (0.8 * land.frame), 0, 1
        )
        land.blend(
            0, np.asarray(ray * share * (1 - 0.7 * land.mood.stars), np.float32), lighter(land.mood.sun, 0.3)
        )
    return Ground(0.78)


def _pines(land: Land, foot: float, tall: float, colour: RGB, distance: float) -> None:
    line: Floats = np.full(land.w, land.row(foot), np.float32)
    spacing = 46 + 70 * (1 - distance)
    jag = land.profile(land.w / 7, 1) * 16 * land.frame / 720
    x = -20.0
    while x < land.w + 40:
        height = tall * land.frame * (0.55 + 0.45 * float(land.random.random()))
        half = height * (0.15 + 0.05 * float(land.random.random()))
        slope = np.abs(land.columns - x) / half
        peak = land.row(foot) - height * np.clip(1 - slope, 0, 1) ** 0.9
        steps = (np.mod(slope * 9, 1.0) - 0.5) * 20 * land.frame / 720 * np.clip(1 - slope, 0, 1)
        line = np.minimum(line, np.where(slope < 1, peak + steps, line)).astype(np.float32)
        x += spacing * land.frame / 720 * (0.6 + 0.9 * float(land.random.random()))
    land.ridge(line + jag * 0.4, colour, distance, foot=0.5, grain=0.14)


def snow(land: Land) -> Ground:
    land.sky(land.row(0.62))
    white: RGB = (0.93, 0.95, 0.98)
    sharp = 1 - np.abs(land.profile(6, 6) * 2 - 1)
    land.ridge(
        land.row(0.40) + (0.7 - sharp) * 0.34 * land.frame, (0.66, 0.74, 0.84), 0.75, foot=0.3, grain=0.06
    )
    _pines(land, 0.64, 0.20, (0.30, 0.42, 0.46), 0.6)
    land.ridge(land.row(0.64) - land.profile(3, 2) * 0.07 * land.frame, white, 0.25, grain=0.02)
    _pines(land, 0.72, 0.26, (0.20, 0.33, 0.36), 0.25)
    land.ridge(land.row(0.74) - land.profile(2, 2) * 0.08 * land.frame, white, 0.05, foot=0.5, grain=0.03)
    return Ground(0.70, shadows=0.25)


def desert(land: Land) -> Ground:
    land.sky(land.row(0.56))
    land.clouds(land.row(0.05), land.row(0.42), 0.12)
    for distance, top, cells, colour in (
        (0.9, 0.56, 4, (0.86, 0.66, 0.46)),
        (0.5, 0.62, 3, (0.90, 0.66, 0.38)),
        (0.15, 0.74, 2, (0.93, 0.68, 0.36)),
    ):
        line = land.row(top) - land.profile(cells, 2) * 0.15 * land.frame
        land.ridge(line, colour, distance, foot=0.22, grain=0.03)
        lee = np.clip(np.gradient(line) * 3.2, 0, 1)[None, :]
        first = max(0, int(line.min()) - 1)
        below = np.clip(1 - (land.rows[first:] - line[None, :]) / (0.20 * land.frame), 0, 1)
        inside = np.clip(land.rows[first:] - line[None, :] + 0.5, 0, 1)
        shade = lit(darker(colour, 0.45), land.mood.ambient)
        land.blend(first, np.asarray(lee * below * inside * 0.65 * (1 - 0.5 * distance), np.float32), shade)
    return Ground(0.70)


def city(land: Land) -> Ground:
    land.sky(land.row(0.80))
    land.clouds(land.row(0.02), land.row(0.5), 0.3)
    land.boxes(land.row(0.80), 0.62, (0.50, 0.55, 0.64), 0.95, (44, 96))
    land.boxes(land.row(0.81), 0.48, (0.42, 0.46, 0.56), 0.6, (60, 130))
    land.boxes(land.row(0.82), 0.30, (0.34, 0.36, 0.44), 0.25, (80, 170))
    land.gradient(
        land.row(0.82),
        land.h,
        lit((0.50, 0.50, 0.53), land.mood.ambient),
        lit((0.36, 0.36, 0.39), land.mood.ambient),
    )
    _pavement(land, 0.82)
    return Ground(0.80)


def street(land: Land) -> Ground:
    land.sky(land.row(0.64))
    land.boxes(land.row(0.66), 0.55, (0.56, 0.52, 0.52), 0.7, (70, 130))
    land.boxes(land.row(0.68), 0.40, (0.62, 0.48, 0.42), 0.3, (110, 220))
    mood = land.mood
    land.gradient(
        land.row(0.67),
        land.row(0.72),
        lit((0.62, 0.60, 0.58), mood.ambient),
        lit((0.50, 0.49, 0.48), mood.ambient),
    )
    asphalt = lit((0.32, 0.33, 0.36), mood.ambient)
    land.gradient(land.row(0.72), land.h, mix(asphalt, mood.haze, 0.18), darker(asphalt, 0.18))
    _pavement(land, 0.67)
    y, dash = int(land.row(0.885)), max(8, int(0.12 * land.frame))
    for x in range(-dash, land.w, dash * 2):
        land.rgb[y : y + max(2, land.frame // 110), max(0, x) : x + dash] = np.array(
            lit((0.88, 0.84, 0.70), mood.ambient), np.float32
        )
    return Ground(0.74)


def _pavement(land: Land, top: float) -> None:
    first = int(land.row(top))
    speck = land.noise(land.h - first, land.w / 9, 26, 3) - 0.5
    land.rgb[first:] *= (1 + speck * 0.28)[..., None]
    if land.mood.lamps > 0.5:
        for _ in range(5):
            x, reach = float(land.random.random()) * land.w, 0.07 * land.w
            pool = (
                np.exp(-(((land.columns[None, :] - x) / reach) ** 2))
                * np.linspace(0.35, 0.05, land.h - first, dtype=np.float32)[:, None]
            )
            land.blend(first, np.asarray(pool, np.float32), (1.0, 0.78, 0.46))


BACKDROPS: dict[str, Callable[[Land], Ground]] = {
    function.__name__: function
    for function in (
        sea,
        mountains,
        field,
        forest,
        snow,
        desert,
        city,
        street,
        room,
        plain,
        space,
        underwater,
        sky,
    )
}
