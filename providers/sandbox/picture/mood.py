"""The light of a scene: sky, sun, haze, and the colour that falls on everything."""

from __future__ import annotations

from dataclasses import dataclass, replace

from providers.sandbox.picture.colours import NAMED, RGB, darker, lighter, mix


@dataclass(frozen=True)
class Mood:
    """Colours of a time of day. `ambient` multiplies every surface; `sun` is a place in the sky, 0 to 1."""

    sky_top: RGB
    sky_low: RGB
    ambient: RGB
    haze: RGB
    haziness: float
    sun: RGB
    sun_at: tuple[float, float]
    sun_size: float
    stars: float
    lamps: float


MOODS: dict[str, Mood] = {
    "day": Mood(
        (0.28, 0.54, 0.86),
        (0.80, 0.89, 0.95),
        (1.0, 1.0, 0.98),
        (0.78, 0.87, 0.94),
        0.55,
        (1.0, 0.98, 0.90),
        (0.78, 0.20),
        0.0,
        0.0,
        0.0,
    ),
    "bright": Mood(
        (0.34, 0.64, 0.95),
        (0.90, 0.96, 0.99),
        (1.10, 1.10, 1.06),
        (0.90, 0.95, 0.98),
        0.50,
        (1.0, 1.0, 0.94),
        (0.72, 0.16),
        0.0,
        0.0,
        0.0,
    ),
    "golden": Mood(
        (0.36, 0.44, 0.66),
        (1.0, 0.74, 0.44),
        (1.04, 0.86, 0.70),
        (1.0, 0.74, 0.50),
        0.62,
        (1.0, 0.90, 0.66),
        (0.70, 0.80),
        0.050,
        0.0,
        0.35,
    ),
    "dusk": Mood(
        (0.15, 0.16, 0.36),
        (0.92, 0.50, 0.46),
        (0.66, 0.60, 0.76),
        (0.62, 0.44, 0.56),
        0.62,
        (1.0, 0.66, 0.48),
        (0.34, 0.96),
        0.060,
        0.25,
        0.8,
    ),
    "night": Mood(
        (0.03, 0.05, 0.14),
        (0.14, 0.22, 0.40),
        (0.40, 0.48, 0.72),
        (0.12, 0.18, 0.34),
        0.60,
        (0.92, 0.95, 1.0),
        (0.76, 0.24),
        0.036,
        1.0,
        1.0,
    ),
    "dark": Mood(
        (0.10, 0.11, 0.14),
        (0.26, 0.27, 0.31),
        (0.46, 0.46, 0.50),
        (0.20, 0.21, 0.25),
        0.60,
        (0.6, 0.6, 0.6),
        (0.7, 0.2),
        0.0,
        0.0,
        0.7,
    ),
}


def mood_of(light: str, weather: str, backdrop_colour: str) -> Mood:
    """The mood of a scene, greyed by its weather and tinted by the colour asked for the sky."""
    mood = MOODS[light]
    if weather:
        veil = mix(mood.sky_low, (0.62, 0.65, 0.69), 0.6) if light not in {"night", "dark"} else mood.sky_low
        share = {"rain": 0.62, "snow": 0.55, "fog": 0.72}[weather]
        mood = replace(
            mood,
            sky_top=mix(mood.sky_top, darker(veil, 0.18), share),
            sky_low=mix(mood.sky_low, veil, share),
            ambient=mix(
                mood.ambient, (0.78, 0.80, 0.84) if light not in {"night", "dark"} else mood.ambient, 0.6
            ),
            haze=mix(mood.haze, veil, share),
            haziness=min(0.92, mood.haziness + (0.28 if weather == "fog" else 0.12)),
            sun_size=0.0,
            stars=mood.stars * 0.15,
        )
    if backdrop_colour:
        tint = NAMED[backdrop_colour]
        dim = 0.62 if light in {"night", "dark"} else 0.0
        mood = replace(
            mood,
            sky_top=darker(tint, 0.16 + dim * 0.8),
            sky_low=mix(lighter(tint, 0.34), darker(tint, 0.3), dim),
            haze=mix(mood.haze, lighter(tint, 0.2), 0.5),
        )
    return mood
