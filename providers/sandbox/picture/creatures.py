"""The things that can be drawn: who walks and what flutters."""

from __future__ import annotations

import itertools

from providers.sandbox.picture.colours import RGB, darker, lighter, mix
from providers.sandbox.picture.draw import Pad
from providers.sandbox.picture.things import CREAM, INK

SKIN: RGB = (0.87, 0.66, 0.52)


def person(pad: Pad, colour: RGB) -> None:
    """Someone walking in a coat of the colour."""
    trousers: RGB = (0.20, 0.22, 0.30)
    pad.paint(pad.line((-0.02, 0.28), (-0.22, 0.62), 0.075, 0.055), darker(trousers, 0.25))
    pad.paint(pad.line((-0.22, 0.62), (-0.30, 0.88), 0.055, 0.04), darker(trousers, 0.25))
    pad.paint(pad.line((-0.32, 0.91), (-0.20, 0.92), 0.038), INK)
    pad.paint(pad.line((-0.08, -0.30), (-0.26, 0.06), 0.06, 0.045), darker(colour, 0.32))
    pad.paint(pad.line((0.03, 0.28), (0.16, 0.60), 0.08, 0.06), trousers)
    pad.paint(pad.line((0.16, 0.60), (0.14, 0.90), 0.058, 0.042), trousers)
    pad.paint(pad.line((0.12, 0.92), (0.27, 0.92), 0.038), INK)
    coat = [
        (-0.13, -0.40),
        (0.10, -0.42),
        (0.18, -0.20),
        (0.19, 0.10),
        (0.25, 0.44),
        (0.0, 0.48),
        (-0.25, 0.43),
        (-0.18, 0.06),
        (-0.18, -0.22),
    ]
    pad.paint(pad.curve(coat), colour, low=darker(colour, 0.30), rim=0.26)
    pad.paint(pad.line((0.04, -0.28), (0.20, 0.02), 0.062, 0.05), darker(colour, 0.08))
    pad.paint(pad.line((0.20, 0.02), (0.33, 0.14), 0.05, 0.04), darker(colour, 0.08))
    pad.paint(pad.ellipse(0.35, 0.16, 0.045, 0.045), SKIN)
    pad.paint(pad.line((0.0, -0.46), (0.01, -0.36), 0.055), darker(SKIN, 0.14))
    pad.paint(pad.ellipse(0.03, -0.60, 0.145, 0.165), SKIN, low=darker(SKIN, 0.18), rim=0.2)
    hair: RGB = (0.22, 0.14, 0.10)
    pad.paint(
        pad.curve(
            [
                (0.14, -0.70),
                (0.06, -0.80),
                (-0.08, -0.77),
                (-0.16, -0.62),
                (-0.13, -0.46),
                (-0.05, -0.52),
                (-0.02, -0.66),
            ]
        ),
        hair,
    )
    pad.paint(pad.box(-0.01, -0.395, 0.13, 0.05, 0.045), mix(colour, CREAM, 0.75), rim=0.25)


def _face(pad: Pad, x: float, y: float) -> None:
    for side in (-1, 1):
        pad.paint(pad.ellipse(x + side * 0.085, y, 0.035, 0.045), INK, light=0.0)
        pad.paint(pad.ellipse(x + side * 0.085 + 0.01, y - 0.015, 0.012, 0.012), CREAM, light=0.0)
    pad.paint(pad.ellipse(x, y + 0.09, 0.03, 0.022), (0.30, 0.14, 0.14), light=0.0)


def cat(pad: Pad, colour: RGB) -> None:
    tail = [(-0.58, 0.26), (-0.78, 0.06), (-0.76, -0.22), (-0.60, -0.42)]
    for start, end in itertools.pairwise(tail):
        pad.paint(pad.line(start, end, 0.062), darker(colour, 0.10), rim=0.1)
    for x, dark in ((-0.36, 0.3), (0.22, 0.3), (-0.50, 0.08), (0.34, 0.08)):
        pad.paint(
            pad.line((x, 0.36), (x + 0.02, 0.84), 0.085, 0.065),
            darker(colour, dark),
            low=darker(colour, dark + 0.15),
        )
    body = [
        (-0.66, 0.34),
        (-0.50, 0.06),
        (-0.10, 0.04),
        (0.26, -0.02),
        (0.46, 0.16),
        (0.42, 0.48),
        (0.0, 0.54),
        (-0.46, 0.56),
    ]
    pad.paint(pad.curve(body), colour, low=darker(colour, 0.30), rim=0.24)
    for side in (-1, 1):
        ear = [(0.46 + side * 0.24, -0.26), (0.46 + side * 0.21, -0.62), (0.46 + side * 0.03, -0.42)]
        pad.paint(pad.polygon(ear, 0.015), darker(colour, 0.06))
        inner = [(0.46 + side * 0.20, -0.32), (0.46 + side * 0.185, -0.52), (0.46 + side * 0.08, -0.40)]
        pad.paint(pad.polygon(inner), (0.88, 0.62, 0.60), rim=0.0)
    pad.paint(pad.ellipse(0.46, -0.16, 0.29, 0.26), lighter(colour, 0.06), low=darker(colour, 0.16), rim=0.22)
    pad.paint(pad.ellipse(0.47, -0.04, 0.12, 0.085), lighter(colour, 0.55), soft=0.05, rim=0.0)
    _face(pad, 0.47, -0.18)


def fox(pad: Pad, colour: RGB) -> None:
    pad.paint(
        pad.curve([(-0.44, 0.28), (-0.70, 0.02), (-0.94, 0.10), (-0.90, 0.34), (-0.66, 0.46), (-0.46, 0.42)]),
        colour,
        low=darker(colour, 0.2),
    )
    pad.paint(pad.curve([(-0.94, 0.10), (-0.80, 0.10), (-0.78, 0.30), (-0.90, 0.34)]), CREAM, rim=0.15)
    for x, dark in ((-0.30, 0.45), (0.26, 0.45), (-0.42, 0.25), (0.36, 0.25)):
        pad.paint(pad.line((x, 0.36), (x + 0.02, 0.84), 0.07, 0.048), darker(colour, dark), low=INK)
    body = [
        (-0.56, 0.30),
        (-0.40, 0.08),
        (0.0, 0.10),
        (0.30, 0.0),
        (0.48, 0.18),
        (0.40, 0.46),
        (0.0, 0.46),
        (-0.42, 0.50),
    ]
    pad.paint(pad.curve(body), colour, low=darker(colour, 0.24), rim=0.22)
    pad.paint(pad.curve([(0.34, 0.06), (0.52, 0.14), (0.42, 0.44), (0.28, 0.34)]), CREAM, soft=0.04, rim=0.1)
    for side in (-1, 1):
        ear = [(0.48 + side * 0.24, -0.22), (0.48 + side * 0.24, -0.66), (0.48 + side * 0.02, -0.36)]
        pad.paint(pad.polygon(ear, 0.015), darker(colour, 0.12))
        pad.paint(
            pad.polygon(
                [(0.48 + side * 0.20, -0.34), (0.48 + side * 0.215, -0.54), (0.48 + side * 0.09, -0.37)]
            ),
            INK,
            rim=0.0,
        )
    pad.paint(
        pad.curve(
            [
                (0.18, -0.22),
                (0.36, -0.42),
                (0.60, -0.42),
                (0.78, -0.22),
                (0.58, 0.06),
                (0.50, 0.14),
                (0.40, 0.06),
            ]
        ),
        colour,
        low=darker(colour, 0.1),
        rim=0.16,
    )
    pad.paint(pad.curve([(0.24, -0.12), (0.44, -0.10), (0.49, 0.12), (0.38, 0.04)]), CREAM, rim=0.1)
    pad.paint(pad.curve([(0.74, -0.12), (0.55, -0.10), (0.50, 0.12), (0.60, 0.04)]), CREAM, rim=0.1)
    _face(pad, 0.49, -0.14)
    pad.paint(pad.ellipse(0.495, 0.08, 0.045, 0.036), INK)


def butterfly(pad: Pad, colour: RGB) -> None:
    for side in (-1, 1):
        upper = [
            (side * 0.05, -0.06),
            (side * 0.34, -0.62),
            (side * 0.82, -0.66),
            (side * 0.80, -0.16),
            (side * 0.40, 0.08),
        ]
        lower = [
            (side * 0.05, 0.06),
            (side * 0.46, 0.08),
            (side * 0.66, 0.36),
            (side * 0.44, 0.66),
            (side * 0.16, 0.36),
        ]
        for wing, tone in ((lower, darker(colour, 0.14)), (upper, colour)):
            pad.paint(pad.curve(wing, 0.03), darker(colour, 0.62), rim=0.1)
            pad.paint(pad.curve(wing, -0.04), tone, low=lighter(tone, 0.25), rim=0.2)
        pad.paint(pad.ellipse(side * 0.60, -0.42, 0.09, 0.08), lighter(colour, 0.7), alpha=0.85)
        pad.paint(pad.line((side * 0.02, -0.26), (side * 0.16, -0.52), 0.012), INK, rim=0.0)
    pad.paint(pad.ellipse(0.0, 0.02, 0.055, 0.34), INK, light=0.2)
