"""What goes wrong with a clip, planted in a good one: time and light first, then the whole picture."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from tests.quality_bench.camera import Studio, lit, remapped, shifted
from tests.quality_bench.film import Film, Picture, as_picture


@dataclass(frozen=True)
class Spoilt:
    """A film with one defect and the frames in which it is to be seen: from `begins` until before `ends`.

    A defect that happens between two frames has its first frame as both.
    """

    film: Film
    begins: int
    ends: int


Defect = Callable[[Film, Studio], Spoilt]


def everywhere(film: Film, at: Callable[[int], Picture]) -> Spoilt:
    return Spoilt(film.showing(at), 0, film.count)


def within(film: Film, begins: int, ends: int, changed: Callable[[int], Picture]) -> Spoilt:
    """`changed` shows the frames of the stretch, the film itself all others."""
    spoilt = film.showing(lambda i: changed(i) if begins <= i < ends else film.at(i))
    return Spoilt(spoilt, begins, ends)


def a_place(film: Film, studio: Studio, low: float = 0.35, high: float = 0.65) -> int:
    """A frame by chance between two shares of the film."""
    return int(
        studio.random.integers(int(low * film.count), max(int(low * film.count) + 1, int(high * film.count)))
    )


# --- time ---


def freeze(seconds: float) -> Defect:
    """The picture stands, then everything goes on from where it stood."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        lasts = round(seconds * film.fps)
        begins = a_place(film, studio, 0.25, 0.85 - lasts / film.count)
        order = film.played(lambda i: i if i < begins else max(begins - 1, i - lasts))
        return Spoilt(order, begins, begins + lasts)

    return spoil


def freeze_at_the_end(seconds: float) -> Defect:
    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins = film.count - round(seconds * film.fps)
        return Spoilt(film.played(lambda i: min(i, begins - 1)), begins, film.count)

    return spoil


def uneven(film: Film, studio: Studio) -> Spoilt:
    """Frames repeated and others left out by chance."""
    order: list[int] = []
    source = 0
    while len(order) < film.count:
        twice = studio.random.random() < 0.35
        order += [min(film.count - 1, source)] * (2 if twice else 1)
        source += 2 if twice else 1
    return Spoilt(film.played(lambda i: order[i]), 0, film.count)


def duplicated(film: Film, studio: Studio) -> Spoilt:
    """Every fourth frame is the one before it once more, as a careless change of frame rate leaves it."""
    return Spoilt(film.played(lambda i: i - 1 if i % 4 == 3 else i), 0, film.count)


def jump_back(frames: int) -> Defect:
    def spoil(film: Film, studio: Studio) -> Spoilt:
        at = a_place(film, studio)
        return Spoilt(film.played(lambda i: i if i < at else i - frames), at, at)

    return spoil


def reversed_stretch(film: Film, studio: Studio) -> Spoilt:
    """A second of the film runs backwards."""
    lasts = film.fps
    begins = a_place(film, studio, 0.3, 0.6)
    ends = min(film.count, begins + lasts)
    return Spoilt(film.played(lambda i: begins + ends - 1 - i if begins <= i < ends else i), begins, ends)


def at_rest(grain: float) -> Defect:
    """One picture for the whole length, with or without grain over it."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        from tests.quality_bench.camera import grainy

        picture, seed = film.at(film.count // 2), studio.seed
        if not grain:
            return everywhere(film, lambda i: picture)
        return everywhere(film, lambda i: grainy(picture, grain, np.random.default_rng([seed, 5, i])))

    return spoil


# --- light and colour ---


def black(frames: int | None = None) -> Defect:
    """Black for so many frames, a second without a number."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins, dark = a_place(film, studio, 0.3, 0.7), int(studio.random.integers(0, 6))
        picture = np.full((film.size.height, film.size.width, 3), dark, np.uint8)
        return within(film, begins, begins + (frames or film.fps), lambda i: picture)

    return spoil


def plain(film: Film, studio: Studio) -> Spoilt:
    return everywhere(film, lambda i: _green(film))


def green_tail(film: Film, studio: Studio) -> Spoilt:
    """The green of an empty picture buffer, to the end."""
    begins = a_place(film, studio, 0.6, 0.8)
    return within(film, begins, film.count, lambda i: _green(film))


def _green(film: Film) -> Picture:
    picture = np.zeros((film.size.height, film.size.width, 3), np.uint8)
    picture[..., 1] = 135
    return picture


def flicker(share: float, hz: float, *, stretch: bool = False) -> Defect:
    """The light swings by `share` up and down, `hz` times a second; `stretch` for two seconds only."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins = a_place(film, studio, 0.2, 0.45) if stretch else 0
        ends = min(film.count, begins + 2 * film.fps) if stretch else film.count
        phase = studio.phase()

        def swing(index: int) -> float:
            if hz > film.fps / 2 - 1:
                return 1 if index % 2 else -1
            return math.copysign(1, math.sin(2 * math.pi * hz * index / film.fps + phase))

        return within(film, begins, ends, lambda i: lit(film.at(i), 1 + share * swing(i)))

    return spoil


def unsteady(share: float) -> Defect:
    """The light of every frame is off by chance."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        gains = 1 + studio.random.normal(0, share, film.count)
        return everywhere(film, lambda i: lit(film.at(i), gains[i]))

    return spoil


def pumping(film: Film, studio: Studio) -> Spoilt:
    """The light breathes: a fifth up and down, one and a half times a second."""
    phase = studio.phase()
    return everywhere(
        film, lambda i: lit(film.at(i), 1 + 0.2 * math.sin(2 * math.pi * 1.5 * i / film.fps + phase))
    )


def strobe(film: Film, studio: Studio) -> Spoilt:
    """Six white flashes a second for two seconds."""
    begins = a_place(film, studio, 0.2, 0.5)
    period = film.fps // 6
    return within(
        film,
        begins,
        min(film.count, begins + 2 * film.fps),
        lambda i: lit(film.at(i), 0.3, 180) if (i - begins) % period < period // 2 else film.at(i),
    )


def flash(frames: int) -> Defect:
    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins = a_place(film, studio)
        return within(film, begins, begins + frames, lambda i: lit(film.at(i), 0.3, 190))

    return spoil


def colour_jump(film: Film, studio: Studio) -> Spoilt:
    """From one frame to the next everything is warmer, or colder."""
    at = a_place(film, studio)
    tint = ((1.25, 0.95, 0.7), (0.72, 0.98, 1.3))[int(studio.random.integers(2))]
    return Spoilt(film.showing(lambda i: lit(film.at(i), tint) if i >= at else film.at(i)), at, at)


def hue_drift(film: Film, studio: Studio) -> Spoilt:
    """All colours turn slowly into others."""
    turn = studio.between(60, 90) * (1 if studio.random.random() < 0.5 else -1)

    def at(index: int) -> Picture:
        colours = cv2.cvtColor(film.at(index), cv2.COLOR_RGB2HSV).astype(np.int16)
        colours[..., 0] = (colours[..., 0] + round(turn * index / film.count)) % 180
        return cv2.cvtColor(colours.astype(np.uint8), cv2.COLOR_HSV2RGB).astype(np.uint8)

    return everywhere(film, at)


# --- the whole picture ---


def blur(sigma: float, *, stretch: bool = False) -> Defect:
    """Out of focus by `sigma` drawing-board pixels, throughout or for a third of the film."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins = a_place(film, studio, 0.3, 0.5) if stretch else 0
        ends = begins + round(0.35 * film.count) if stretch else film.count
        return within(film, begins, ends, lambda i: _soft(film.at(i), sigma * film.size.unit))

    return spoil


def goes_soft(film: Film, studio: Studio) -> Spoilt:
    """Slowly out of focus from the first third on."""
    begins = a_place(film, studio, 0.35, 0.45)
    worst = studio.between(4.5, 6.0) * film.size.unit

    def at(index: int) -> Picture:
        sigma = worst * (index - begins) / (film.count - begins)
        return _soft(film.at(index), sigma) if sigma > 0.2 else film.at(index)

    # One can see it once the blur is a pixel and a half.
    seen = begins + round((film.count - begins) * 1.5 * film.size.unit / worst)
    return Spoilt(film.showing(at), seen, film.count)


def _soft(picture: Picture, sigma: float) -> Picture:
    return cv2.GaussianBlur(picture, (0, 0), sigma).astype(np.uint8)


def noise(sigma: float) -> Defect:
    """Fine coloured noise in every frame."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        def at(index: int) -> Picture:
            random = np.random.default_rng([studio.seed, 6, index])
            picture = film.at(index)
            return as_picture(picture + random.normal(0, sigma, picture.shape))

        return everywhere(film, at)

    return spoil


def salt_and_pepper(film: Film, studio: Studio) -> Spoilt:
    """Two pixels in a hundred are white or black."""

    def at(index: int) -> Picture:
        drawn = np.random.default_rng([studio.seed, 7, index]).random(film.at(0).shape[:2])
        picture = film.at(index).copy()
        picture[drawn < 0.01], picture[drawn > 0.99] = 0, 255
        return picture

    return everywhere(film, at)


def shake(pixels: float) -> Defect:
    """The view is off by chance in every frame, with this spread in drawing-board pixels."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        offsets = studio.random.normal(0, pixels * film.size.unit, (film.count, 2))
        return everywhere(film, lambda i: shifted(film.at(i), *offsets[i]))

    return spoil


def melting(film: Film, studio: Studio) -> Spoilt:
    """Shapes bend by chance, otherwise in every frame, as in clips of early models."""
    begins = a_place(film, studio, 0.2, 0.45)
    ends = begins + round(0.4 * film.count)
    height, width = film.size.height, film.size.width
    reach = 5 * film.size.unit

    def bent(index: int) -> Picture:
        random = np.random.default_rng([studio.seed, 8, index])
        dx, dy = (
            cv2.resize(
                random.normal(0, reach, (6, 10)).astype(np.float32),
                (width, height),
                interpolation=cv2.INTER_CUBIC,
            )
            for _ in range(2)
        )
        return remapped(film.at(index), dx.astype(np.float32), dy.astype(np.float32))

    return within(film, begins, ends, bent)


def ghosting(film: Film, studio: Studio) -> Spoilt:
    """The picture of a fifth of a second ago shines through."""
    begins = a_place(film, studio, 0.2, 0.4)
    late = max(3, film.fps // 5)

    def double(index: int) -> Picture:
        return cv2.addWeighted(film.at(index), 0.55, film.at(max(0, index - late)), 0.45, 0).astype(np.uint8)

    return within(film, begins, begins + 2 * film.fps, double)
