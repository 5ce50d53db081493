"""The backgrounds without a landscape: indoors, in the water, in the air and beyond."""

from __future__ import annotations

import numpy as np

from providers.sandbox.picture.colours import NAMED, darker, lighter, lit, mix
from providers.sandbox.picture.ground import Ground
from providers.sandbox.picture.land import Land


def room(land: Land) -> Ground:
    mood = land.mood
    hue = list(NAMED.values())[int(land.random.integers(0, 9))]
    wall = lit(mix((0.84, 0.80, 0.74), hue, 0.10), mood.ambient)
    land.gradient(0, land.row(0.74), darker(wall, 0.14), wall)
    left, wide = int(land.w * (0.10 + 0.1 * float(land.random.random()))), int(0.30 * land.frame)
    top, low = int(land.row(0.10)), int(land.row(0.52))
    frame_colour = np.array(lit((0.95, 0.93, 0.90), mood.ambient), np.float32)
    land.rgb[top - 8 : low + 8, left - 8 : left + wide + 8] = frame_colour
    t = np.linspace(0, 1, low - top, dtype=np.float32)[:, None, None]
    land.rgb[top:low, left : left + wide] = (
        np.array(mood.sky_top, np.float32) * (1 - t) + np.array(lighter(mood.sky_low, 0.2), np.float32) * t
    )
    land.rgb[(top + low) // 2 - 3 : (top + low) // 2 + 3, left : left + wide] = frame_colour
    land.rgb[top:low, left + wide // 2 - 3 : left + wide // 2 + 3] = frame_colour
    beam = (land.columns[None, :] - left - wide * 0.5) - (land.rows - top) * 0.9
    fall = np.exp(-((beam / (0.22 * land.frame)) ** 2)) * np.clip((land.rows - top) / land.frame, 0, 1)
    land.blend(0, np.asarray(fall * 0.34 * (1 - 0.6 * mood.stars), np.float32), lighter(mood.sun, 0.2))
    table = lit((0.56, 0.38, 0.25), mood.ambient)
    land.gradient(land.row(0.74), land.h, lighter(table, 0.16), darker(table, 0.30))
    first = int(land.row(0.74))
    veins = land.noise(land.h - first, 6, (land.h - first) / 3, 3) - 0.5
    land.rgb[first:] *= (1 + veins * 0.34)[..., None]
    land.rgb[first : first + 3] *= 1.25
    return Ground(0.76, shadows=0.5)


def plain(land: Land) -> Ground:
    """A studio: one sweep of soft colour."""
    mood = land.mood
    hue = mix(mood.sky_top, list(NAMED.values())[int(land.random.integers(0, 9))], 0.3)
    wall = mix(mood.sky_low, hue, 0.35)
    land.gradient(0, land.row(0.72), darker(wall, 0.16), wall)
    land.gradient(land.row(0.72), land.h, wall, darker(wall, 0.26), 0.7)
    far = np.hypot(
        (land.columns[None, :] - land.w * 0.42) / land.w, (land.rows - land.row(0.40)) / land.frame
    )
    land.blend(0, np.asarray(np.clip(0.62 - far, 0, 1) ** 1.5 * 0.8, np.float32), lighter(wall, 0.55))
    return Ground(0.74, shadows=0.5)


def space(land: Land) -> Ground:
    land.gradient(0, land.h, (0.02, 0.02, 0.06), (0.05, 0.04, 0.12))
    for colour, share in (((0.36, 0.18, 0.52), 0.75), ((0.10, 0.34, 0.52), 0.6), ((0.72, 0.32, 0.36), 0.3)):
        cloud = np.clip(land.noise(land.h, 3, 2.4, 5) * 2.6 - 1.15, 0, 1)
        land.blend(0, np.asarray(cloud * share * 0.6, np.float32), colour)
    for share in (1.0, 1.6):
        land.starfield(land.h, share)
    radius, x, y = 0.55 * land.frame, 0.16 * land.w, land.row(1.20)
    far = np.hypot(land.columns[None, :] - x, land.rows - y)
    tone = list(NAMED.values())[int(land.random.integers(3, 9))]
    land.blend(
        0,
        np.asarray(np.clip(1 - (far - radius) / (0.06 * land.frame), 0, 1) ** 2 * 0.5, np.float32),
        lighter(tone, 0.4),
    )
    light = np.clip((radius - far) / radius * 2.2, 0, 1)[..., None]
    bands = 0.85 + 0.3 * land.noise(land.h, 3, 30, 3)[..., None]
    paint = (
        np.array(lighter(tone, 0.2), np.float32) * (1 - light)
        + np.array(darker(tone, 0.7), np.float32) * light
    ) * bands
    land.blend(0, np.asarray(np.clip(radius - far + 0.5, 0, 1), np.float32), paint)
    return Ground(1.0, shadows=0.0)


def underwater(land: Land) -> Ground:
    mood = land.mood
    top, low = lit((0.24, 0.66, 0.74), mood.ambient), lit((0.02, 0.18, 0.32), mood.ambient)
    land.gradient(0, land.h, top, low, 0.8)
    for _ in range(7):
        x, wide = (
            float(land.random.random()) * land.w * 1.3 - 0.1 * land.w,
            (0.015 + 0.03 * float(land.random.random())) * land.w,
        )
        lean = land.columns[None, :] - x + (land.rows - land.base) * 0.35
        ray = np.exp(-((lean / (wide * (1 + (land.rows - land.base) / land.frame))) ** 2)) * np.clip(
            1 - (land.rows - land.base) / land.frame, 0, 1
        )
        land.blend(0, np.asarray(ray * 0.30, np.float32), lighter(top, 0.5))
    land.ridge(
        land.row(0.86) - land.profile(4, 4) * 0.16 * land.frame,
        lit((0.10, 0.32, 0.38), mood.ambient),
        0.0,
        grain=0.1,
    )
    land.ridge(
        land.row(0.94) - land.profile(3, 3) * 0.07 * land.frame,
        lit((0.60, 0.58, 0.44), mood.ambient),
        0.0,
        foot=0.2,
        grain=0.12,
    )
    return Ground(0.95, shadows=0.15)


def sky(land: Land) -> Ground:
    land.sky(land.row(1.0))
    land.clouds(land.row(0.05), land.row(0.6), 0.4, 4)
    land.clouds(land.row(0.35), land.row(1.0), 0.75, 4)
    land.clouds(land.row(0.66), land.row(1.25), 1.0, 3)
    return Ground(1.0, shadows=0.0)
