"""Colours by name, and the few sums that are done with them."""

from __future__ import annotations

RGB = tuple[float, float, float]

# Softened on purpose: pure primaries look like a test card.
NAMED: dict[str, RGB] = {
    "red": (0.84, 0.15, 0.14),
    "orange": (0.95, 0.50, 0.12),
    "yellow": (0.97, 0.80, 0.20),
    "green": (0.20, 0.62, 0.28),
    "teal": (0.08, 0.58, 0.58),
    "blue": (0.13, 0.36, 0.84),
    "purple": (0.50, 0.24, 0.72),
    "pink": (0.96, 0.50, 0.66),
    "brown": (0.46, 0.29, 0.17),
    "white": (0.95, 0.94, 0.91),
    "grey": (0.54, 0.55, 0.57),
    "black": (0.11, 0.11, 0.13),
    "gold": (0.90, 0.67, 0.20),
}
_SYNONYMS = {
    "crimson": "red",
    "scarlet": "red",
    "ruby": "red",
    "maroon": "red",
    "burgundy": "red",
    "coral": "orange",
    "amber": "orange",
    "copper": "orange",
    "bronze": "orange",
    "lemon": "yellow",
    "golden": "gold",
    "olive": "green",
    "emerald": "green",
    "mint": "green",
    "lime": "green",
    "turquoise": "teal",
    "cyan": "teal",
    "aqua": "teal",
    "navy": "blue",
    "azure": "blue",
    "indigo": "blue",
    "cobalt": "blue",
    "violet": "purple",
    "lilac": "purple",
    "lavender": "purple",
    "magenta": "pink",
    "rose": "pink",
    "tan": "brown",
    "beige": "white",
    "cream": "white",
    "ivory": "white",
    "silver": "grey",
    "gray": "grey",
}
WORDS: dict[str, str] = {**{name: name for name in NAMED}, **_SYNONYMS}


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`share` 0 gives the first colour, 1 the other."""
    r, g, b = (a + (c - a) * share for a, c in zip(one, other, strict=True))
    return r, g, b


def lighter(colour: RGB, by: float) -> RGB:
    return mix(colour, (1.0, 1.0, 1.0), by)


def darker(colour: RGB, by: float) -> RGB:
    return mix(colour, (0.03, 0.03, 0.08), by)


def lit(colour: RGB, light: RGB) -> RGB:
    """The colour of a surface under a light."""
    return min(1.0, colour[0] * light[0]), min(1.0, colour[1] * light[1]), min(1.0, colour[2] * light[2])
