"""Good clips whose motion is drawn: hands, sparks, flakes, clouds, and cartoons."""

from __future__ import annotations

import math

import cv2
import numpy as np

from tests.quality_bench.camera import Sprite, Studio, grainy, lay, lit, view
from tests.quality_bench.film import DRAWN_FOR, Film, Picture, as_picture
from tests.quality_bench.plates import cloudy


def waving_hand(studio: Studio) -> Film:
    """A hand that waves three times a second, blurred by its own motion as a shutter of 1/48 s leaves it."""
    size, unit = studio.size, studio.size.unit
    ground = view(studio.plate("town", "landscape", "garden"), size)
    hand = _hand(round(260 * unit))
    often, phase = studio.between(2.2, 3.2), studio.phase()
    at_x, at_y = size.width * studio.between(0.4, 0.6), size.height * 0.55

    def place(index: float) -> tuple[float, float, float]:
        swing = math.sin(2 * math.pi * often * index / studio.fps + phase)
        return at_x + 95 * unit * swing, at_y + 18 * unit * abs(swing), -25 * swing

    def at(index: int) -> Picture:
        total = np.zeros((size.height, size.width, 3), np.float32)
        for part in range(4):
            x, y, turn = place(index + part / 8)
            total += lay(ground, hand, x, y, turn=turn)
        return grainy(as_picture(total / 4), 1.2, np.random.default_rng([studio.seed, 3, index]))

    return studio.film(at)


def _hand(pixels: int) -> Sprite:
    colour, mask = (
        np.full((pixels, pixels, 3), (208, 160, 135), np.uint8),
        np.zeros((pixels, pixels), np.uint8),
    )
    palm = (pixels // 2, int(pixels * 0.66))
    cv2.ellipse(mask, palm, (int(pixels * 0.2), int(pixels * 0.24)), 0, 0, 360, 255, -1, cv2.LINE_AA)
    for finger in range(5):
        turn = math.radians(-150 + 28 * finger)
        tip = (int(palm[0] + pixels * 0.52 * math.cos(turn)), int(palm[1] + pixels * 0.52 * math.sin(turn)))
        cv2.line(mask, palm, tip, 255, max(2, pixels // 11), cv2.LINE_AA)
        cv2.line(colour, palm, tip, (176, 122, 100), max(1, pixels // 60), cv2.LINE_AA)
    shade = np.linspace(1.08, 0.85, pixels)[:, None, None]
    return Sprite(lit(colour, shade), (mask / 255).astype(np.float32))


def confetti(studio: Studio) -> Film:
    """A few hundred pieces of paper that fall and tumble."""
    size, unit = studio.size, studio.size.unit
    ground = lit(view(studio.plate("town", "landscape", "coffee"), size), 0.8)
    pieces = studio.random.uniform(0, 1, (260, 7))

    def at(index: int) -> Picture:
        picture, t = ground.copy(), index / studio.fps
        for x, y, speed, spin, red, green, blue in pieces:
            fallen = (y * 800 + t * (90 + 110 * speed)) % 800 - 40
            across = (x * 1280 + 30 * math.sin(t * 2 + 9 * spin)) % 1280
            box = (
                (across * unit, fallen * unit),
                (16 * unit, (3 + 9 * abs(math.sin(t * 5 * spin))) * unit),
                360 * spin * t,
            )
            corners = cv2.boxPoints(box).astype(np.int32)
            cv2.fillPoly(picture, [corners], (60 + 195 * red, 60 + 195 * green, 60 + 195 * blue), cv2.LINE_AA)
        return picture

    return studio.film(at)


def fireworks(studio: Studio) -> Film:
    """Bursts of sparks in a dark sky, one after the other, that rise, open and die away."""
    size, unit = studio.size, studio.size.unit
    ground = lit(view(studio.plate("town", "landscape"), size), 0.2)
    bursts = [
        (
            second * 0.75 + studio.between(0, 0.3),
            studio.between(0.2, 0.8),
            studio.between(0.2, 0.5),
            studio.random.uniform(0.3, 1, 3),
            studio.random.normal(0, 1, (70, 2)),
        )
        for second in range(math.ceil(studio.seconds / 0.75))
    ]

    def at(index: int) -> Picture:
        picture, t = ground.copy(), index / studio.fps
        for begins, x, y, tone, ways in bursts:
            age = t - begins
            if not 0 <= age < 1.6:
                continue
            glow = max(0.0, 1 - age / 1.6)
            colour = tuple(float(min(255, value)) for value in 400 * tone * glow)
            for way in ways * 130 * (1 - math.exp(-2.2 * age)):
                spark = (
                    int(size.width * x + way[0] * unit),
                    int(size.height * y + (way[1] + 45 * age**2) * unit),
                )
                cv2.circle(picture, spark, max(1, round(3 * unit)), colour, -1, cv2.LINE_AA)
        return picture

    return studio.film(at)


def neon(studio: Studio) -> Film:
    """A street at night under a sign that goes on and off every second and a half; the camera moves."""
    plate, size, unit = studio.plate("brick", "town"), studio.size, studio.size.unit
    x, speed, period = studio.between(0.3, 0.5), studio.between(0.4, 0.9), studio.between(1.3, 1.8)
    middle_y = int(size.height * 0.4)

    def at(index: int) -> Picture:
        picture = lit(view(plate, size, -40 + speed * index), 0.45)
        bright = 1 / (1 + math.exp(-14 * math.sin(2 * math.pi * index / studio.fps / period)))
        left = int((x * DRAWN_FOR - speed * index) * unit)
        colour = (40 + 215 * bright, 30 + 60 * bright, 60 + 120 * bright)
        for inset in (0, 26):
            corners = (
                (left + int(inset * unit), middle_y - int((60 - inset) * unit)),
                (left + int((300 - inset) * unit), middle_y + int((60 - inset) * unit)),
            )
            cv2.rectangle(picture, *corners, colour, max(2, round(7 * unit)), cv2.LINE_AA)
        return picture

    return studio.film(at)


def time_lapse(studio: Studio) -> Film:
    """Clouds that rush over land at rest."""
    size = studio.size
    ground = view(studio.plate("landscape"), size)
    horizon = int(size.height * 0.42)
    clouds = cloudy(horizon * 2, size.width * 2, size.width / 3, studio.random)
    speed = studio.between(4, 7) * size.unit
    far = np.linspace(1, 0.2, horizon, dtype=np.float32)[:, None, None]

    def at(index: int) -> Picture:
        matrix = np.array([[1, 0, -speed * index], [0, 1, -0.15 * speed * index]], np.float32)
        seen = cv2.warpAffine(clouds, matrix, (size.width, horizon), borderMode=cv2.BORDER_REFLECT)
        cover = np.clip(seen * 0.5 + 0.4, 0, 1)[..., None] * far
        picture = ground.copy()
        picture[:horizon] = (np.array([70, 120, 195]) * (1 - cover) + 240 * cover).astype(np.uint8)
        return picture

    return studio.film(at)


def cartoon(studio: Studio) -> Film:
    """Flat colours and outlines, no texture; a ball with eyes hops across."""
    size, unit = studio.size, studio.size.unit
    ground = np.empty((size.height, size.width, 3), np.uint8)
    ground[:] = studio.random.choice(np.array([[140, 205, 245], [250, 215, 150], [190, 225, 180]]))
    hill = (int(size.width * studio.between(0.3, 0.7)), int(size.height * 1.25))
    cv2.ellipse(
        ground,
        hill,
        (int(size.width * 0.7), int(size.height * 0.6)),
        0,
        0,
        360,
        (95, 165, 80),
        -1,
        cv2.LINE_AA,
    )
    cv2.circle(
        ground,
        (int(size.width * 0.82), int(size.height * 0.2)),
        int(60 * unit),
        (255, 240, 120),
        -1,
        cv2.LINE_AA,
    )
    speed, often = studio.between(3, 5), studio.between(1.2, 1.8)

    def at(index: int) -> Picture:
        picture = ground.copy()
        hop = abs(math.sin(math.pi * often * index / studio.fps))
        x, y = (140 + speed * index) * unit, size.height * 0.72 - 160 * unit * hop
        axes = (int(70 * unit * (1.1 - 0.1 * hop)), int(70 * unit * (0.88 + 0.12 * hop)))
        cv2.ellipse(picture, (int(x), int(y)), axes, 0, 0, 360, (225, 80, 70), -1, cv2.LINE_AA)
        cv2.ellipse(
            picture, (int(x), int(y)), axes, 0, 0, 360, (40, 20, 20), max(2, round(4 * unit)), cv2.LINE_AA
        )
        for side in (-1, 1):
            eye = (int(x + (18 + 22 * side) * unit), int(y - 16 * unit))
            cv2.circle(picture, eye, int(14 * unit), (255, 255, 255), -1, cv2.LINE_AA)
            cv2.circle(
                picture, (eye[0] + int(4 * unit), eye[1]), int(6 * unit), (20, 20, 30), -1, cv2.LINE_AA
            )
        return picture

    return studio.film(at)


def on_threes(studio: Studio) -> Film:
    """Drawn animation in which every picture is held for three frames."""
    drawn = cartoon(studio)
    return drawn.played(lambda index: index // 3 * 3)


def snow(studio: Studio) -> Film:
    """Flakes of three distances before a still view."""
    size, unit = studio.size, studio.size.unit
    ground = view(studio.plate("landscape", "town"), size)
    flakes = studio.random.uniform(0, 1, (300, 4))

    def at(index: int) -> Picture:
        picture = ground.copy()
        for x, y, near, sway in flakes:
            fallen = (y * 740 + index * (1.5 + 4 * near)) % 740 - 10
            across = (x * 1280 + 12 * math.sin(index / 14 + 6 * sway)) % 1280
            cv2.circle(
                picture,
                (int(across * unit), int(fallen * unit)),
                max(1, round((1 + 3 * near) * unit)),
                (245, 246, 250),
                -1,
                cv2.LINE_AA,
            )
        return picture

    return studio.film(at)
