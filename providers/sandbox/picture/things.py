"""The things that can be drawn, seen from the side and facing right: what floats, drives, flies and swims."""

from __future__ import annotations

import itertools
import math

from providers.sandbox.picture.colours import RGB, darker, lighter, mix
from providers.sandbox.picture.draw import Pad

INK: RGB = (0.10, 0.10, 0.13)
CREAM: RGB = (0.96, 0.93, 0.86)
GLASS: RGB = (0.62, 0.78, 0.88)
WOOD: RGB = (0.50, 0.34, 0.22)


def boat(pad: Pad, colour: RGB) -> None:
    """A folded paper boat."""
    pad.paint(pad.polygon([(-0.30, 0.30), (0.02, -0.72), (0.34, 0.30)]), lighter(colour, 0.10), rim=0.10)
    pad.paint(pad.polygon([(0.02, -0.72), (0.34, 0.30), (0.06, 0.30)]), darker(colour, 0.16), rim=0.05)
    hull = [(-0.92, -0.02), (-0.34, 0.26), (0.36, 0.26), (0.92, -0.06), (0.52, 0.62), (-0.50, 0.62)]
    pad.paint(pad.polygon(hull, 0.015), colour, low=darker(colour, 0.34), rim=0.12)
    pad.paint(pad.polygon([(-0.92, -0.02), (-0.34, 0.26), (-0.50, 0.62)]), lighter(colour, 0.16), rim=0.06)
    pad.paint(pad.polygon([(0.92, -0.06), (0.36, 0.26), (0.52, 0.62)]), darker(colour, 0.24), rim=0.06)
    pad.paint(pad.line((-0.34, 0.27), (0.36, 0.27), 0.012), lighter(colour, 0.5), alpha=0.7)


def car(pad: Pad, colour: RGB) -> None:
    cabin = [(-0.52, -0.06), (-0.36, -0.38), (-0.08, -0.46), (0.20, -0.40), (0.46, -0.06), (0.0, 0.0)]
    pad.paint(pad.curve(cabin), darker(colour, 0.10), rim=0.2)
    pad.paint(
        pad.curve([(-0.42, -0.07), (-0.30, -0.32), (-0.10, -0.37), (-0.07, -0.07)]),
        GLASS,
        low=darker(GLASS, 0.4),
    )
    pad.paint(
        pad.curve([(0.01, -0.07), (0.01, -0.37), (0.17, -0.32), (0.36, -0.07)]), GLASS, low=darker(GLASS, 0.4)
    )
    body = [
        (-0.90, 0.18),
        (-0.86, -0.02),
        (-0.52, -0.09),
        (0.44, -0.09),
        (0.80, 0.00),
        (0.92, 0.16),
        (0.88, 0.30),
        (-0.88, 0.30),
    ]
    pad.paint(pad.curve(body, 0.02), colour, low=darker(colour, 0.42), rim=0.28)
    pad.paint(pad.line((-0.78, 0.02), (0.76, 0.06), 0.010), lighter(colour, 0.6), alpha=0.55)
    pad.paint(pad.ellipse(0.83, 0.12, 0.055, 0.05), (1.0, 0.93, 0.70), light=0.05)
    pad.paint(pad.box(-0.87, 0.10, 0.03, 0.05, 0.02), (0.85, 0.12, 0.10))
    for x in (-0.52, 0.52):
        pad.paint(pad.ellipse(x, 0.30, 0.21, 0.21), INK, light=0.1)
        pad.paint(pad.ellipse(x, 0.30, 0.11, 0.11), (0.66, 0.68, 0.72), rim=0.5)
        pad.paint(pad.ellipse(x, 0.30, 0.04, 0.04), (0.28, 0.29, 0.32))


def bird(pad: Pad, colour: RGB) -> None:
    back = [(-0.10, 0.02), (-0.30, -0.40), (-0.52, -0.66), (-0.20, -0.52), (0.16, -0.06)]
    pad.paint(pad.curve(back), darker(colour, 0.30), rim=0.2)
    pad.paint(
        pad.polygon([(-0.42, 0.06), (-0.90, -0.04), (-0.80, 0.10), (-0.92, 0.22), (-0.40, 0.22)], 0.01),
        darker(colour, 0.22),
    )
    body = [
        (-0.58, 0.12),
        (-0.20, -0.06),
        (0.26, -0.10),
        (0.52, -0.14),
        (0.66, 0.00),
        (0.46, 0.20),
        (0.0, 0.32),
        (-0.36, 0.24),
    ]
    pad.paint(pad.curve(body), colour, low=darker(mix(colour, CREAM, 0.3), 0.16), rim=0.24)
    wing = [(0.18, 0.02), (-0.02, -0.40), (-0.06, -0.80), (-0.34, -0.44), (-0.44, -0.10), (-0.30, 0.08)]
    pad.paint(pad.curve(wing), lighter(colour, 0.12), low=darker(colour, 0.26), rim=0.2)
    pad.paint(pad.polygon([(0.62, -0.06), (0.86, 0.02), (0.60, 0.07)], 0.01), (0.96, 0.62, 0.16))
    pad.paint(pad.ellipse(0.50, -0.05, 0.035, 0.035), INK, light=0.0)
    pad.paint(pad.ellipse(0.51, -0.06, 0.012, 0.012), CREAM, light=0.0)


def fish(pad: Pad, colour: RGB) -> None:
    pad.paint(
        pad.curve([(-0.50, 0.0), (-0.92, -0.36), (-0.80, 0.0), (-0.92, 0.36)]),
        darker(colour, 0.14),
        low=lighter(colour, 0.2),
    )
    pad.paint(pad.curve([(-0.20, -0.24), (-0.10, -0.60), (0.30, -0.42), (0.34, -0.20)]), darker(colour, 0.16))
    pad.paint(pad.curve([(-0.05, 0.24), (-0.16, 0.52), (0.14, 0.34)]), darker(colour, 0.16))
    body = [
        (-0.62, 0.0),
        (-0.20, -0.30),
        (0.30, -0.34),
        (0.74, -0.10),
        (0.82, 0.04),
        (0.66, 0.18),
        (0.24, 0.34),
        (-0.24, 0.26),
    ]
    pad.paint(pad.curve(body), colour, low=mix(colour, CREAM, 0.55), rim=0.26)
    for x, tall in ((0.12, 0.26), (-0.16, 0.20), (-0.40, 0.11)):
        pad.paint(
            pad.line((x, -tall), (x - 0.05, tall), 0.03, 0.015), lighter(colour, 0.65), alpha=0.55, rim=0.0
        )
    pad.paint(pad.curve([(0.20, 0.06), (-0.06, 0.16), (0.10, 0.24)]), darker(colour, 0.22), alpha=0.9)
    pad.paint(pad.ellipse(0.52, -0.08, 0.085, 0.085), CREAM, rim=0.1)
    pad.paint(pad.ellipse(0.54, -0.08, 0.05, 0.05), INK, light=0.0)
    pad.paint(pad.ellipse(0.555, -0.10, 0.017, 0.017), CREAM, light=0.0)


def rocket(pad: Pad, colour: RGB) -> None:
    pad.glow(0.0, 0.74, 0.34, (1.0, 0.62, 0.20), 0.85)
    pad.paint(
        pad.curve([(-0.13, 0.50), (0.13, 0.50), (0.07, 0.74), (0.0, 0.96), (-0.07, 0.74)]),
        (1.0, 0.72, 0.24),
        rim=0.0,
    )
    pad.paint(pad.curve([(-0.06, 0.50), (0.06, 0.50), (0.0, 0.76)]), (1.0, 0.95, 0.75), rim=0.0)
    for side in (-1, 1):
        fin = [(side * 0.20, 0.14), (side * 0.46, 0.42), (side * 0.44, 0.62), (side * 0.18, 0.46)]
        pad.paint(pad.polygon(fin, 0.02), darker((0.82, 0.22, 0.18), 0.1 if side < 0 else 0.3))
    hull = [
        (0.0, -0.92),
        (0.20, -0.56),
        (0.27, -0.10),
        (0.20, 0.50),
        (-0.20, 0.50),
        (-0.27, -0.10),
        (-0.20, -0.56),
    ]
    pad.paint(pad.curve(hull), colour, low=darker(colour, 0.2), rim=0.36)
    pad.paint(
        pad.curve([(0.0, -0.92), (0.175, -0.60), (0.0, -0.56), (-0.175, -0.60)]), (0.84, 0.24, 0.20), rim=0.3
    )
    pad.paint(pad.ellipse(0.0, -0.22, 0.13, 0.13), (0.75, 0.77, 0.80), rim=0.4)
    pad.paint(pad.ellipse(0.0, -0.22, 0.09, 0.09), (0.24, 0.46, 0.66), low=(0.10, 0.22, 0.40))


def balloon(pad: Pad, colour: RGB) -> None:
    """A hot-air balloon."""
    for x, foot in ((-0.22, -0.10), (0.22, 0.10)):
        pad.paint(pad.line((x, 0.36), (foot, 0.72), 0.008), (0.35, 0.28, 0.22), rim=0.0)
    skin = [
        (0.0, -0.92),
        (0.44, -0.74),
        (0.62, -0.34),
        (0.48, 0.08),
        (0.17, 0.42),
        (-0.17, 0.42),
        (-0.48, 0.08),
        (-0.62, -0.34),
        (-0.44, -0.74),
    ]
    pad.paint(pad.curve(skin), colour, low=darker(colour, 0.32), rim=0.34)
    for near, far, tone in ((0.36, 0.46, lighter(colour, 0.55)), (0.0, 0.13, lighter(colour, 0.62))):
        for side in (-1, 1) if near else (0,):
            gore = [
                (
                    side * near * (1 - abs(t) ** 2.2)
                    + (far - near) * sign * (1 - abs(t) ** 2.2) * (0.5 if side else 1.0),
                    -0.26 + t * 0.64,
                )
                for sign in (-1, 1)
                for t in ([i / 6 for i in range(-6, 7)] if sign < 0 else [i / 6 for i in range(6, -7, -1)])
            ]
            pad.paint(pad.polygon(gore), tone, low=darker(tone, 0.28), alpha=0.75, rim=0.0)
    pad.paint(pad.box(0.0, 0.80, 0.12, 0.09, 0.03), (0.58, 0.40, 0.24), rim=0.3)
    pad.paint(pad.box(0.0, 0.725, 0.135, 0.02, 0.015), (0.42, 0.27, 0.15))


def kite(pad: Pad, colour: RGB) -> None:
    tail = [(0.0 + 0.10 * math.sin(i * 1.1), 0.42 + i * 0.065) for i in range(9)]
    for start, end in itertools.pairwise(tail):
        pad.paint(pad.line(start, end, 0.011), darker(colour, 0.1), rim=0.0)
    for index in (2, 4, 6):
        x, y = tail[index]
        for side in (-1, 1):
            pad.paint(
                pad.polygon([(x, y), (x + side * 0.09, y - 0.045), (x + side * 0.09, y + 0.045)]),
                lighter(colour, 0.35),
            )
    top, right, low, left, mid = (0.0, -0.88), (0.52, -0.32), (0.0, 0.44), (-0.52, -0.32), (0.0, -0.32)
    pad.paint(pad.polygon([top, right, mid]), darker(colour, 0.08), rim=0.1)
    pad.paint(pad.polygon([top, left, mid]), lighter(colour, 0.22), rim=0.1)
    pad.paint(pad.polygon([low, left, mid]), colour, rim=0.1)
    pad.paint(pad.polygon([low, right, mid]), darker(colour, 0.26), rim=0.1)
    for start, end in ((top, low), (left, right)):
        pad.paint(pad.line(start, end, 0.009), WOOD, rim=0.0)


def ball(pad: Pad, colour: RGB) -> None:
    disc = pad.ellipse(0.0, 0.0, 0.86, 0.86)
    pad.paint(disc, colour, low=darker(colour, 0.52), rim=0.40, light=0.35)
    pad.glow(0.30, 0.60, 0.50, lighter(colour, 0.35), 0.22)
    pad.glow(-0.30, -0.36, 0.55, (1.0, 1.0, 1.0), 0.50)
    pad.glow(-0.34, -0.42, 0.20, (1.0, 1.0, 1.0), 0.75)


def cube(pad: Pad, colour: RGB) -> None:
    top, mid, low = (0.0, -0.82), (0.0, -0.06), (0.0, 0.86)
    left, right = (-0.74, -0.44), (0.74, -0.44)
    low_left, low_right = (-0.70, 0.42), (0.70, 0.42)
    pad.paint(
        pad.polygon([top, right, mid, left], 0.02), lighter(colour, 0.30), low=lighter(colour, 0.10), rim=0.06
    )
    pad.paint(pad.polygon([left, mid, low, low_left], 0.02), colour, low=darker(colour, 0.22), rim=0.08)
    pad.paint(
        pad.polygon([mid, right, low_right, low], 0.02),
        darker(colour, 0.30),
        low=darker(colour, 0.52),
        rim=0.08,
    )
    for end in (left, right, low):
        pad.paint(pad.line(mid, end, 0.012), lighter(colour, 0.55), alpha=0.6, rim=0.0)


def star(pad: Pad, colour: RGB) -> None:
    points = []
    for index in range(10):
        radius, angle = (0.84 if index % 2 == 0 else 0.38), math.pi * index / 5 - math.pi / 2
        points.append((radius * math.cos(angle), radius * math.sin(angle)))
    pad.glow(0.0, 0.0, 1.0, lighter(colour, 0.3), 0.35)
    pad.paint(pad.polygon(points, 0.05), colour, low=darker(colour, 0.24), rim=0.10)
    for index in range(10):
        one, other = points[index], points[(index + 1) % 10]
        tone = lighter(colour, 0.30) if index % 2 else darker(colour, 0.14)
        pad.paint(pad.polygon([(0.0, 0.0), one, other]), tone, rim=0.0, alpha=0.65)


def moon(pad: Pad, colour: RGB) -> None:
    pad.glow(0.0, 0.0, 1.0, lighter(colour, 0.2), 0.45)
    pad.paint(pad.ellipse(0.0, 0.0, 0.66, 0.66), colour, low=darker(colour, 0.16), rim=0.22)
    for x, y, r in (
        (-0.22, -0.2, 0.16),
        (0.2, 0.1, 0.2),
        (-0.1, 0.32, 0.1),
        (0.3, -0.32, 0.08),
        (-0.4, 0.12, 0.07),
    ):
        pad.paint(
            pad.ellipse(x, y, r, r * 0.92),
            darker(colour, 0.14),
            low=darker(colour, 0.06),
            alpha=0.65,
            soft=0.05,
        )
