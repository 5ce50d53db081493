"""Good clips as they are filmed: cameras that move, things that move, light and weather."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from tests.quality_bench.camera import (
    BROAD,
    Studio,
    grainy,
    lay,
    lit,
    remapped,
    view,
    wandering,
    warped,
)
from tests.quality_bench.film import Film, Picture, as_picture

Scene = Callable[[Studio], Film]


def pan(studio: Studio) -> Film:
    plate, size = studio.plate("landscape", "town", "garden"), studio.size
    speed, begin, phase = studio.between(1.2, 2.6), studio.between(-280, -180), studio.phase()
    return studio.film(
        lambda i: view(plate, size, begin + speed * i, 15 * math.sin(i / 60 + phase)),
    )


def zoom(studio: Studio) -> Film:
    plate, size, speed = studio.plate(*BROAD), studio.size, studio.between(0.001, 0.002)
    return studio.film(lambda i: view(plate, size, zoom=1 + speed * i))


def thing_crosses(studio: Studio) -> Film:
    size, unit = studio.size, studio.size.unit
    ground = view(studio.plate("coffee", "landscape", "gravel", "town"), size)
    thing, speed, phase = studio.sprite(studio.between(180, 260)), studio.between(3.5, 6), studio.phase()
    return studio.film(
        lambda i: lay(
            ground,
            thing,
            (150 + speed * i * 24 / studio.fps) * unit,
            size.height * (0.5 + 0.16 * math.sin(i / 28 + phase)),
        )
    )


def fast_pan(studio: Studio) -> Film:
    plate, size = studio.plate("motorcycle", "landscape", "town", cover=2.0), studio.size
    turns, speed = int(studio.count * 0.5), studio.between(7, 10)
    return studio.film(
        lambda i: view(plate, size, -420 + speed * min(i, turns) + 1.2 * max(0, i - turns)),
    )


def water(studio: Studio) -> Film:
    size, first, second = studio.size, studio.phase(), studio.phase()
    base = view(studio.plate("landscape", "town", "rocket"), size)
    deep = int(size.height * studio.between(0.3, 0.4))
    mirror = base[size.height - 2 * deep : size.height - deep][::-1].copy()
    rows, columns = np.mgrid[0:deep, 0 : size.width].astype(np.float32) / size.unit

    def at(index: int) -> Picture:
        t = index / studio.fps
        dx = 6 * np.sin(rows / 9 + t * 5 + first) + 3 * np.sin(columns / 40 + t * 3)
        dy = 4 * np.sin(rows / 14 + t * 6 + columns / 90 + second)
        picture = base.copy()
        picture[size.height - deep :] = remapped(mirror, dx * size.unit, dy * size.unit)
        return picture

    return studio.film(at)


def night(studio: Studio) -> Film:
    plate, size, seed = studio.plate("rocket", "town", "motorcycle"), studio.size, studio.seed
    speed, dim = studio.between(0.7, 1.4), studio.between(0.14, 0.2)
    return studio.film(
        lambda i: grainy(
            lit(view(plate, size, -80 + speed * i), dim), 2.0, np.random.default_rng([seed, 1, i])
        )
    )


def empty_sky(studio: Studio) -> Film:
    size, unit = studio.size, studio.size.unit
    rows, columns = np.mgrid[0 : size.height, 0 : size.width].astype(np.float32) / unit
    share = rows[..., None] / rows.max()
    blue = np.array([120, 160, 220], np.float32) + share * np.array([70, 50, 20], np.float32)
    bird, speed, phase = studio.sprite(70), studio.between(3, 5), studio.phase()

    def at(index: int) -> Picture:
        haze = 6 * np.sin(columns / 210 + index / 50) + 5 * np.sin(rows / 90 + index / 70 + phase)
        sky = as_picture(blue + haze[..., None])
        return lay(sky, bird, (100 + speed * index) * unit, (300 + 60 * math.sin(index / 20)) * unit)

    return studio.film(at)


def talking_head(studio: Studio) -> Film:
    plate, size = studio.plate("astronaut", cover=1.3), studio.size
    phases = [studio.phase() for _ in range(3)]
    # Where the mouth is in the view below, as shares of the plate's width and height.
    mouth_x = plate.shape[1] * 0.44
    mouth_y = plate.shape[0] * 0.5
    rows, columns = np.mgrid[0 : plate.shape[0], 0 : plate.shape[1]].astype(np.float32)
    wide, tall = plate.shape[1] * 0.035, plate.shape[1] * 0.015
    near = np.exp(-(((columns - mouth_x) / wide) ** 2 + ((rows - mouth_y) / tall) ** 2) / 2)
    still = np.zeros_like(near)

    def at(index: int) -> Picture:
        t = index / studio.fps
        speaking = remapped(plate, still, 6 * size.unit * near * np.sin(t * 9 + phases[0]))
        dx, dy = 5 * math.sin(t * 1.1 + phases[1]), 3.5 * math.sin(t * 1.7 + phases[2])
        return view(speaking, size, dx, dy, 1 + 0.006 * math.sin(t * 0.9))

    return studio.film(at)


def shallow_focus(studio: Studio) -> Film:
    size, unit = studio.size, studio.size.unit
    clear = view(studio.plate("garden", "town", "landscape"), size)
    blurred = as_picture(cv2.GaussianBlur(clear, (0, 0), 14 * unit))
    thing, speed, phase = (
        studio.sprite(420, "coffee", "cat", "garden"),
        studio.between(0.3, 0.7),
        studio.phase(),
    )
    return studio.film(
        lambda i: lay(
            warped(blurred, [[1, 0, i * speed * unit], [0, 1, 0]], size),
            thing,
            size.width * 0.55 + 25 * unit * math.sin(i / 30 + phase),
            size.height * 0.53 + 18 * unit * math.cos(i / 25),
        )
    )


def hand_held(studio: Studio) -> Film:
    plate, size, drift = studio.plate(*BROAD), studio.size, studio.between(-0.6, 0.6)
    x, y = (wandering(studio.random, studio.count, 3.0, 23) for _ in range(2))
    return studio.film(
        lambda i: view(plate, size, x[i] + i * drift, y[i], 1.02, 0.25 * math.sin(i / 31)),
    )


def fast_thing(studio: Studio) -> Film:
    size, unit = studio.size, studio.size.unit
    street, car = view(studio.plate("brick", "town", "gravel"), size), studio.sprite(300)
    speed = studio.between(8, 11)
    return studio.film(lambda i: lay(street, car, (-100 + speed * i) * unit, size.height * 0.6))


def fade_in(studio: Studio) -> Film:
    scene, lasts = pan(studio), studio.between(0.4, 0.7) * studio.fps
    return scene.showing(lambda i: lit(scene.at(i), min(1.0, i / lasts)))


def on_twos(studio: Studio) -> Film:
    plate, size, unit = studio.plate("garden", "cat", "landscape"), studio.size, studio.size.unit
    thing, speed = studio.sprite(150), studio.between(3, 5)
    drawn = studio.film(
        lambda i: lay(
            view(plate, size, -60 + i * 0.8),
            thing,
            (250 + i * speed) * unit,
            size.height * (0.35 + 0.12 * math.sin(i / 13)),
        )
    )
    return drawn.played(lambda i: i // 2 * 2)


def tripod_grain(studio: Studio) -> Film:
    size, unit, seed = studio.size, studio.size.unit, studio.seed
    ground = view(studio.plate("motorcycle", "town", "landscape"), size)
    thing, x = studio.sprite(120), studio.between(0.6, 0.8)
    return studio.film(
        lambda i: grainy(
            lay(
                ground,
                thing,
                size.width * x + 18 * unit * math.sin(i / 16),
                size.height * 0.33 + 9 * unit * math.sin(i / 11),
            ),
            3.0,
            np.random.default_rng([seed, 2, i]),
        )
    )


def rain(studio: Studio) -> Film:
    size, unit = studio.size, studio.size.unit
    ground = lit(view(studio.plate("landscape", "town", "garden"), size), 0.75)
    drops = studio.random.uniform(0, 1, (420, 3))

    def at(index: int) -> Picture:
        picture = ground.copy()
        for x, y, speed in drops:
            fallen = (y * 864 + index * (22 + 26 * speed)) % 864 - 60
            across = (x * 1280 + index * 1.5) % 1280
            top = (int(across * unit), int(fallen * unit))
            foot = (int((across + 2) * unit), int((fallen + 18 + 14 * speed) * unit))
            cv2.line(picture, top, foot, (205, 210, 220), 1, cv2.LINE_AA)
        return picture

    return studio.film(at)


def slow_dolly(studio: Studio) -> Film:
    plate, size = studio.plate("coffee", "landscape", "garden", "town"), studio.size
    return studio.film(lambda i: view(plate, size, zoom=1 + 0.00018 * i))


def tilt(studio: Studio) -> Film:
    plate, size = studio.plate("grass", "gravel", "brick", "tissue", cover=1.9), studio.size
    speed = studio.between(2, 3)
    return studio.film(lambda i: view(plate, size, 30 * math.sin(i / 50), -200 + speed * i))


def turning_stars(studio: Studio) -> Film:
    plate, size, speed = studio.plate("galaxies"), studio.size, studio.between(0.04, 0.08)
    return studio.film(lambda i: view(plate, size, zoom=1 + 0.0008 * i, turn=i * speed))


def three_things(studio: Studio) -> Film:
    plate, size, unit = studio.plate("landscape", "town"), studio.size, studio.size.unit
    things = [studio.sprite(170, name) for name in ("cat", "coffee", "garden")]
    speeds = [studio.between(1.8, 4.5) for _ in things]

    def at(index: int) -> Picture:
        picture = view(plate, size, -60 + index * 0.9)
        for place, thing in enumerate(things):
            x = (150 + place * 430 + index * speeds[place]) % 1580 - 150
            y = size.height * (0.7 - 0.08 * place) + 14 * unit * math.sin(index / 5 + place)
            picture = lay(picture, thing, x * unit, y)
        return picture

    return studio.film(at)


def fire(studio: Studio) -> Film:
    size = studio.size
    ground = lit(view(studio.plate("brick", "gravel", "town"), size), 0.35).astype(np.float32)
    phases = [studio.phase() for _ in range(3)]
    across, down = 160, round(160 * size.height / size.width)
    rows, columns = np.mgrid[0:down, 0:across].astype(np.float32)
    heat = np.clip((np.arange(size.height) / size.unit - 200) / 500, 0, 1).astype(np.float32)[:, None]

    def at(index: int) -> Picture:
        flames = np.zeros((down, across), np.float32)
        for phase, (wide, tall, speed) in zip(
            phases, ((13, 9, 0.9), (7, 5, 1.7), (29, 17, 0.5)), strict=True
        ):
            flicker = np.sin((rows + index * speed * 1.2) / tall + np.sin(columns / 11 + index / 9))
            flames += np.sin(columns / wide + phase) * flicker
        large = cv2.resize(flames, (size.width, size.height), interpolation=cv2.INTER_CUBIC)
        glow = np.clip((large + 0.4) * 90, 0, 200) * heat
        return as_picture(ground + glow[..., None] * np.array([1, 0.55, 0.15]))

    return studio.film(at)


FILMED: dict[str, Scene] = {
    "pan": pan,
    "zoom": zoom,
    "thing-crosses": thing_crosses,
    "fast-pan": fast_pan,
    "water": water,
    "night": night,
    "empty-sky": empty_sky,
    "talking-head": talking_head,
    "shallow-focus": shallow_focus,
    "hand-held": hand_held,
    "fast-thing": fast_thing,
    "fade-in": fade_in,
    "on-twos": on_twos,
    "tripod-grain": tripod_grain,
    "rain": rain,
    "slow-dolly": slow_dolly,
    "tilt": tilt,
    "turning-stars": turning_stars,
    "three-things": three_things,
    "fire": fire,
}
