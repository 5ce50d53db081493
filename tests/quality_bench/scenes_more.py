"""Good clips that checks like to take for faulty ones, and other shapes and speeds."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tests.quality_bench.camera import Studio, grainy, lay, lit, view, wandering
from tests.quality_bench.film import Film, Picture, Size, as_picture
from tests.quality_bench.scenes import (
    Scene,
    fast_thing,
    hand_held,
    pan,
    shallow_focus,
    thing_crosses,
    three_things,
    tilt,
    zoom,
)
from tests.quality_bench.scenes_drawn import (
    cartoon,
    confetti,
    fireworks,
    neon,
    on_threes,
    snow,
    time_lapse,
    waving_hand,
)


def whip_pan(studio: Studio) -> Film:
    """A calm view, a swing to another part of the same place in a third of a second, and calm again."""
    plate, size = studio.plate("landscape", "town", cover=2.4), studio.size
    middle, lasts = studio.between(0.4, 0.6) * studio.count, 0.16 * studio.fps

    def place(index: float) -> float:
        return -420 + 840 / (1 + math.exp(-(index - middle) / lasts)) + 0.6 * index

    def at(index: int) -> Picture:
        views = [view(plate, size, place(index + part / 16)) for part in range(8)]
        return as_picture(np.mean(views, axis=0))

    return studio.film(at)


def small_mover(studio: Studio) -> Film:
    """A camera on its tripod; only a small thing far away moves."""
    size, unit = studio.size, studio.size.unit
    ground = view(studio.plate("town", "landscape", "coffee"), size)
    thing, speed = studio.sprite(studio.between(36, 60)), studio.between(1.2, 2.2)
    x, y = studio.between(250, 500), size.height * studio.between(0.3, 0.7)
    return studio.film(lambda i: lay(ground, thing, (x + speed * i) * unit, y))


def fade_out(studio: Studio) -> Film:
    """A slow fade to black at the end."""
    scene, lasts = pan(studio), studio.between(0.8, 1.2) * studio.fps
    return scene.showing(lambda i: lit(scene.at(i), min(1.0, (scene.count - 1 - i) / lasts)))


def letterboxed(studio: Studio) -> Film:
    """A wide film with black bars above and below from the first frame to the last."""
    scene, bar = hand_held(studio), int(studio.size.height * 0.12)

    def at(index: int) -> Picture:
        picture = scene.at(index).copy()
        picture[:bar] = picture[-bar:] = 0
        return picture

    return scene.showing(at)


def walking(studio: Studio) -> Film:
    """A phone in the hand of somebody who walks: it bobs with every step and wanders."""
    plate, size = studio.plate("landscape", "town", "gravel"), studio.size
    x, y = (wandering(studio.random, studio.count, 4.0, 15) for _ in range(2))
    steps = studio.between(1.6, 2.0)

    def at(index: int) -> Picture:
        step = 2 * math.pi * steps * index / studio.fps
        return view(
            plate,
            size,
            x[index] + 8 * math.sin(step / 2),
            y[index] + 11 * abs(math.sin(step / 2)),
            1.02 + 0.0009 * index,
            0.5 * math.sin(step / 2),
        )

    return studio.film(at)


def sun_comes_out(studio: Studio) -> Film:
    """The light grows by a third in two seconds and turns warmer."""
    scene, middle = thing_crosses(studio), studio.between(0.4, 0.6) * studio.count

    def at(index: int) -> Picture:
        share = 1 / (1 + math.exp(-(index - middle) / (0.4 * studio.fps)))
        return lit(scene.at(index), np.array([0.78, 0.78, 0.8]) + share * np.array([0.3, 0.26, 0.18]))

    return scene.showing(at)


def still_life(studio: Studio) -> Film:
    """A picture at rest that was asked for, with the grain of film."""
    scene = shallow_focus(studio)
    picture, seed = scene.at(0), studio.seed
    return scene.showing(lambda i: grainy(picture, 1.2, np.random.default_rng([seed, 4, i])))


def upright(studio: Studio) -> Film:
    return hand_held(replace(studio, size=Size(studio.size.height, studio.size.width)))


def full_hd(studio: Studio) -> Film:
    """Half again as wide and high."""
    large = Size(studio.size.width * 3 // 2, studio.size.height * 3 // 2)
    return three_things(replace(studio, size=large, seconds=min(5.0, studio.seconds)))


def sixteen_a_second(studio: Studio) -> Film:
    return zoom(replace(studio, fps=16))


def sixty_a_second(studio: Studio) -> Film:
    fast = replace(studio, fps=60, seconds=min(5.0, studio.seconds))
    return (tilt, pan, fast_thing)[int(studio.random.integers(3))](fast)


FURTHER: dict[str, Scene] = {
    "waving-hand": waving_hand,
    "confetti": confetti,
    "fireworks": fireworks,
    "neon": neon,
    "whip-pan": whip_pan,
    "time-lapse": time_lapse,
    "cartoon": cartoon,
    "on-threes": on_threes,
    "small-mover": small_mover,
    "fade-out": fade_out,
    "letterboxed": letterboxed,
    "snow": snow,
    "walking": walking,
    "sun-comes-out": sun_comes_out,
    "still-life": still_life,
    "upright": upright,
    "full-hd": full_hd,
    "16-a-second": sixteen_a_second,
    "60-a-second": sixty_a_second,
}
