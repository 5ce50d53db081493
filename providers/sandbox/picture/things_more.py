"""The things that can be drawn: what stands, grows and glows."""

from __future__ import annotations

import itertools
import math

from providers.sandbox.picture.colours import RGB, darker, lighter
from providers.sandbox.picture.draw import Pad
from providers.sandbox.picture.things import CREAM, GLASS, INK, WOOD


def tree(pad: Pad, colour: RGB) -> None:
    pad.paint(
        pad.curve([(-0.10, 0.94), (-0.06, 0.40), (-0.10, 0.0), (0.10, 0.0), (0.06, 0.40), (0.13, 0.94)]),
        WOOD,
        low=darker(WOOD, 0.4),
    )
    pad.paint(pad.line((0.02, 0.34), (0.30, 0.02), 0.035, 0.015), WOOD)
    crown = (
        (0.0, -0.10, 0.50, 0.38),
        (-0.34, 0.04, 0.34, 0.28),
        (0.36, 0.02, 0.34, 0.28),
        (-0.20, -0.42, 0.36, 0.32),
        (0.22, -0.44, 0.36, 0.32),
        (0.0, -0.62, 0.30, 0.26),
    )
    for index, (x, y, a, b) in enumerate(crown):
        tone = darker(colour, 0.26 - 0.05 * index)
        pad.paint(pad.ellipse(x, y, a, b), tone, low=darker(tone, 0.36), rim=0.3)
    for index in range(26):
        x, y = (
            0.52 * math.sin(index * 2.4) * (0.5 + index / 52),
            -0.28 + 0.44 * math.cos(index * 1.7) * (0.5 + index / 52),
        )
        pad.paint(pad.ellipse(x, y, 0.085, 0.06), lighter(colour, 0.12), alpha=0.35, soft=0.04)


def lighthouse(pad: Pad, colour: RGB) -> None:
    rock: RGB = (0.40, 0.37, 0.36)
    pad.paint(
        pad.curve([(-0.66, 0.96), (-0.50, 0.72), (-0.20, 0.62), (0.24, 0.64), (0.54, 0.76), (0.70, 0.96)]),
        rock,
        low=darker(rock, 0.4),
    )

    def half(y: float) -> float:
        return 0.13 + 0.10 * (y + 0.48) / 1.14

    pad.paint(
        pad.polygon([(-half(-0.48), -0.48), (half(-0.48), -0.48), (half(0.66), 0.66), (-half(0.66), 0.66)]),
        CREAM,
        rim=0.34,
        low=darker(CREAM, 0.2),
    )
    for top in (-0.36, 0.0, 0.36):
        low = top + 0.18
        stripe = [(-half(top), top), (half(top), top), (half(low), low), (-half(low), low)]
        pad.paint(pad.polygon(stripe), colour, low=darker(colour, 0.2), rim=0.34)
    pad.paint(pad.box(0.0, -0.50, 0.21, 0.025, 0.01), INK, light=0.2)
    pad.paint(pad.box(0.0, -0.62, 0.095, 0.10, 0.02), (1.0, 0.92, 0.62), low=(1.0, 0.80, 0.40), rim=0.1)
    for x in (-0.09, 0.0, 0.09):
        pad.paint(pad.line((x, -0.71), (x, -0.52), 0.008), INK, rim=0.0)
    pad.paint(pad.curve([(-0.16, -0.71), (0.0, -0.92), (0.16, -0.71)]), colour, low=darker(colour, 0.3))
    pad.glow(0.0, -0.62, 0.40, (1.0, 0.92, 0.65), 0.55)
    pad.paint(pad.box(0.0, 0.58, 0.06, 0.09, 0.05), darker(WOOD, 0.3))


def house(pad: Pad, colour: RGB) -> None:
    pad.paint(pad.box(0.40, -0.44, 0.08, 0.22), (0.56, 0.34, 0.28))
    pad.paint(pad.box(0.0, 0.38, 0.66, 0.44, 0.01), colour, low=darker(colour, 0.22), rim=0.10)
    pad.paint(
        pad.polygon([(-0.86, 0.0), (-0.52, -0.56), (0.52, -0.56), (0.86, 0.0)], 0.02),
        (0.45, 0.25, 0.22),
        low=(0.34, 0.17, 0.16),
        rim=0.14,
    )
    for row in range(4):
        y = -0.46 + row * 0.13
        pad.paint(
            pad.line((-0.58 - row * 0.075, y), (0.58 + row * 0.075, y), 0.006),
            (0.25, 0.12, 0.12),
            alpha=0.6,
            rim=0.0,
        )
    pad.paint(pad.box(0.0, 0.02, 0.66, 0.03), darker(colour, 0.5), alpha=0.35, soft=0.06)
    pad.paint(pad.box(0.0, 0.55, 0.13, 0.27, 0.02), WOOD, low=darker(WOOD, 0.3))
    pad.paint(pad.ellipse(0.08, 0.56, 0.018, 0.018), (0.92, 0.76, 0.36))
    for x in (-0.40, 0.40):
        pad.paint(pad.box(x, 0.34, 0.145, 0.165, 0.015), CREAM, light=0.1)
        pad.paint(pad.box(x, 0.34, 0.12, 0.14, 0.01), (1.0, 0.86, 0.54), low=(0.92, 0.66, 0.34), rim=0.1)
        pad.paint(pad.line((x, 0.20), (x, 0.48), 0.010), CREAM, rim=0.0)
        pad.paint(pad.line((x - 0.12, 0.34), (x + 0.12, 0.34), 0.010), CREAM, rim=0.0)


def cup(pad: Pad, colour: RGB) -> None:
    ring = abs(pad.ellipse(0.50, 0.14, 0.25, 0.27)) - 0.055
    pad.paint(ring, darker(colour, 0.12), rim=0.2)
    side = [(-0.56, -0.26), (0.56, -0.26), (0.50, 0.40), (0.36, 0.68), (-0.36, 0.68), (-0.50, 0.40)]
    pad.paint(pad.polygon(side, 0.02), colour, low=darker(colour, 0.26), rim=0.30)
    pad.paint(pad.ellipse(0.0, -0.26, 0.575, 0.135), lighter(colour, 0.35), rim=0.1)
    pad.paint(pad.ellipse(0.0, -0.245, 0.51, 0.10), (0.34, 0.20, 0.12), low=(0.46, 0.29, 0.17), rim=0.3)
    pad.paint(
        pad.line((-0.40, -0.06), (-0.36, 0.44), 0.04, 0.02),
        lighter(colour, 0.7),
        alpha=0.45,
        soft=0.05,
        rim=0.0,
    )
    for x, lean in ((-0.16, 0.06), (0.14, -0.06)):
        for step in range(5):
            y = -0.42 - step * 0.11
            pad.glow(x + lean * math.sin(step * 1.4), y, 0.11, (1.0, 1.0, 1.0), 0.22 - step * 0.035)


def flower(pad: Pad, colour: RGB) -> None:
    green: RGB = (0.26, 0.52, 0.26)
    for start, end in (((0.0, -0.20), (0.05, 0.30)), ((0.05, 0.30), (0.0, 0.95))):
        pad.paint(pad.line(start, end, 0.028), green, rim=0.1)
    pad.paint(
        pad.curve([(0.04, 0.52), (0.20, 0.28), (0.50, 0.22), (0.34, 0.44)]), green, low=darker(green, 0.3)
    )
    pad.paint(
        pad.curve([(0.03, 0.70), (-0.16, 0.44), (-0.46, 0.40), (-0.28, 0.62)]), green, low=darker(green, 0.3)
    )
    for ring, (count, reach, tone) in enumerate(
        ((11, 0.36, darker(colour, 0.16)), (9, 0.26, lighter(colour, 0.08)))
    ):
        for index in range(count):
            angle = 2 * math.pi * (index + ring * 0.5) / count
            x, y = reach * math.cos(angle), -0.38 + reach * math.sin(angle)
            pad.paint(pad.ellipse(x, y, 0.24, 0.105, angle), tone, low=darker(tone, 0.2), rim=0.25)
    pad.paint(pad.ellipse(0.0, -0.38, 0.16, 0.16), (0.93, 0.71, 0.22), low=(0.62, 0.38, 0.14), rim=0.3)


def lantern(pad: Pad, colour: RGB) -> None:
    pad.glow(0.0, 0.05, 1.0, lighter(colour, 0.35), 0.55)
    ring = abs(pad.ellipse(0.0, -0.66, 0.13, 0.13)) - 0.022
    pad.paint(ring, INK, light=0.2)
    skin = [
        (-0.24, -0.46),
        (0.24, -0.46),
        (0.50, -0.14),
        (0.50, 0.24),
        (0.24, 0.54),
        (-0.24, 0.54),
        (-0.50, 0.24),
        (-0.50, -0.14),
    ]
    pad.paint(pad.curve(skin), colour, low=lighter(colour, 0.3), rim=0.36)
    pad.glow(0.0, 0.16, 0.46, (1.0, 0.95, 0.72), 0.8)
    for x in (-0.34, -0.17, 0.0, 0.17, 0.34):
        rib = [(x * 0.55, -0.46), (x * 1.25, -0.14), (x * 1.25, 0.24), (x * 0.55, 0.54)]
        for start, end in itertools.pairwise(rib):
            pad.paint(pad.line(start, end, 0.007), darker(colour, 0.4), alpha=0.55, rim=0.0)
    for y in (-0.50, 0.58):
        pad.paint(pad.box(0.0, y, 0.27, 0.05, 0.025), darker(colour, 0.6))


def umbrella(pad: Pad, colour: RGB) -> None:
    pad.paint(pad.line((0.0, -0.70), (0.0, 0.66), 0.020), WOOD)
    hook = [(0.0, 0.66), (-0.05, 0.78), (-0.15, 0.80), (-0.20, 0.70)]
    for start, end in itertools.pairwise(hook):
        pad.paint(pad.line(start, end, 0.026), WOOD)
    scallops = [(0.84 - i * 0.07, 0.02 - 0.10 * abs(math.sin(i * math.pi / 6))) for i in range(25)]
    dome = [
        (0.84 * math.cos(math.pi - i * math.pi / 16), 0.02 - 0.68 * math.sin(i * math.pi / 16))
        for i in range(17)
    ]
    pad.paint(pad.polygon([*dome, *scallops]), colour, low=darker(colour, 0.28), rim=0.24)
    for x in (-0.42, 0.0, 0.42):
        pad.paint(pad.line((0.0, -0.66), (x, -0.04), 0.010), darker(colour, 0.4), alpha=0.6, rim=0.0)
    pad.paint(
        pad.curve([(-0.40, -0.06), (-0.24, -0.48), (0.0, -0.65), (-0.16, -0.34), (-0.20, -0.06)]),
        lighter(colour, 0.3),
        alpha=0.45,
        rim=0.0,
    )
    pad.paint(pad.ellipse(0.0, -0.70, 0.03, 0.05), GLASS)


def leaf(pad: Pad, colour: RGB) -> None:
    pad.paint(pad.line((-0.50, 0.50), (-0.82, 0.80), 0.03), darker(colour, 0.4))
    blade = [
        (-0.54, 0.54),
        (-0.56, 0.0),
        (-0.20, -0.46),
        (0.36, -0.70),
        (0.82, -0.82),
        (0.72, -0.34),
        (0.48, 0.20),
        (0.02, 0.54),
    ]
    pad.paint(pad.curve(blade), colour, low=darker(colour, 0.22), rim=0.2)
    pad.paint(pad.line((-0.52, 0.52), (0.74, -0.74), 0.022, 0.008), darker(colour, 0.3), rim=0.0)
    for t in (0.15, 0.35, 0.55, 0.72):
        x, y = -0.52 + 1.26 * t, 0.52 - 1.26 * t
        reach = 0.34 * (1 - 0.5 * t)
        pad.paint(
            pad.line((x, y), (x + reach, y + 0.02), 0.012, 0.004), darker(colour, 0.25), alpha=0.7, rim=0.0
        )
        pad.paint(
            pad.line((x, y), (x - 0.02, y - reach), 0.012, 0.004), lighter(colour, 0.25), alpha=0.7, rim=0.0
        )
