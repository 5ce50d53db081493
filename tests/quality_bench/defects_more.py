"""Defects of a part of the picture, of the view, and of what is in it."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np

from tests.quality_bench.camera import Sprite, Studio, lay, view
from tests.quality_bench.defects import Defect, Spoilt, a_place, within
from tests.quality_bench.film import Film, Picture

# --- the file and its transport ---


def broken_blocks(frames: int, count: int) -> Defect:
    """Macroblocks replaced by a colour or by another place's, as after a lost packet."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins = a_place(film, studio, 0.3, 0.6)
        side = max(4, round(16 * film.size.unit))

        def broken(index: int) -> Picture:
            random = np.random.default_rng([studio.seed, 9, index])
            whole = film.at(index)
            picture = whole.copy()
            for _ in range(count):
                y, from_y = (int(value) * side for value in random.integers(0, whole.shape[0] // side, 2))
                x, from_x = (int(value) * side for value in random.integers(0, whole.shape[1] // side - 4, 2))
                wide = int(random.integers(1, 5)) * side
                if random.random() < 0.5:
                    picture[y : y + side, x : x + wide] = random.integers(0, 255, 3)
                else:
                    picture[y : y + side, x : x + wide] = whole[
                        from_y : from_y + side, from_x : from_x + wide
                    ]
            return picture

        return within(film, begins, min(film.count, begins + frames), broken)

    return spoil


def half_corrupted(film: Film, studio: Studio) -> Spoilt:
    """For four frames the lower half is grey mud, as when a slice is lost."""
    begins, top = a_place(film, studio), film.size.height // 2

    def broken(index: int) -> Picture:
        picture = film.at(index).copy()
        smeared = np.repeat(picture[top : top + 1], film.size.height - top, axis=0)
        picture[top:] = cv2.addWeighted(smeared, 0.5, np.full_like(smeared, 128), 0.5, 0)
        return picture

    return within(film, begins, begins + 4, broken)


def torn(film: Film, studio: Studio) -> Spoilt:
    """For three frames everything below a line stands shifted to the side."""
    begins = a_place(film, studio)
    line = int(film.size.height * studio.between(0.3, 0.6))
    aside = int(studio.between(60, 120) * film.size.unit)

    def broken(index: int) -> Picture:
        picture = film.at(index).copy()
        picture[line:] = np.roll(picture[line:], aside, axis=1)
        return picture

    return within(film, begins, begins + 3, broken)


def line_dropouts(film: Film, studio: Studio) -> Spoilt:
    """White and black lines across the picture for half a second, elsewhere in every frame."""
    begins = a_place(film, studio)
    thick = max(1, round(3 * film.size.unit))

    def broken(index: int) -> Picture:
        random = np.random.default_rng([studio.seed, 10, index])
        picture = film.at(index).copy()
        for y in random.integers(0, film.size.height - thick, 8):
            left = int(random.integers(0, film.size.width // 2))
            picture[y : y + thick, left : left + film.size.width // 2] = 255 if random.random() < 0.6 else 0
        return picture

    return within(film, begins, begins + film.fps // 2, broken)


# --- the view ---


def cut_to(other: Film) -> Defect:
    """From one frame to the next another scene."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        at = a_place(film, studio)
        return Spoilt(film.showing(lambda i: _of(film, other, i) if i >= at else film.at(i)), at, at)

    return spoil


def dissolve_to(other: Film) -> Defect:
    """Another scene takes over within three quarters of a second."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        begins, lasts = a_place(film, studio, 0.35, 0.55), round(0.75 * film.fps)

        def at(index: int) -> Picture:
            share = min(1.0, max(0.0, (index - begins) / lasts))
            return cv2.addWeighted(film.at(index), 1 - share, _of(film, other, index), share, 0).astype(
                np.uint8
            )

        return Spoilt(film.showing(at), begins, begins + lasts)

    return spoil


def slideshow(pictures: list[Picture], seconds: float) -> Defect:
    """Other pictures at rest, one after the other."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        held = round(seconds * film.fps)
        shown = film.showing(lambda i: pictures[i // held % len(pictures)])
        return Spoilt(shown, 0, film.count)

    return spoil


def _of(film: Film, other: Film, index: int) -> Picture:
    """The other's picture for this frame; both end together, so that none has to stand still."""
    return other.at(max(0, other.count - film.count + index))


def zoom_pop(film: Film, studio: Studio) -> Spoilt:
    """From one frame to the next everything is a tenth larger, and stays so."""
    at, zoom = a_place(film, studio), studio.between(1.08, 1.14)
    return Spoilt(
        film.showing(lambda i: view(film.at(i), film.size, zoom=zoom) if i >= at else film.at(i)), at, at
    )


def mirrored(film: Film, studio: Studio) -> Spoilt:
    """Left and right change places for a second."""
    begins = a_place(film, studio, 0.3, 0.6)
    return within(film, begins, begins + film.fps, lambda i: film.at(i)[:, ::-1].copy())


def bars(film: Film, studio: Studio) -> Spoilt:
    """Black bars above and below that come and go."""
    begins, high = a_place(film, studio, 0.3, 0.6), int(film.size.height * studio.between(0.1, 0.16))

    def barred(index: int) -> Picture:
        picture = film.at(index).copy()
        picture[:high] = picture[-high:] = 0
        return picture

    return within(film, begins, begins + film.fps, barred)


def part_frozen(film: Film, studio: Studio) -> Spoilt:
    """Half of the picture stands for a second and a half while the other goes on."""
    begins = a_place(film, studio, 0.25, 0.5)
    half = film.size.width // 2
    place = slice(0, half) if studio.random.random() < 0.5 else slice(half, film.size.width)

    def held(index: int) -> Picture:
        picture = film.at(index).copy()
        picture[:, place] = film.at(begins - 1)[:, place]
        return picture

    return within(film, begins, begins + round(1.5 * film.fps), held)


# --- what is in the picture ---


def teleport(thing: Sprite, jump: float) -> Defect:
    """A thing that drifts is suddenly elsewhere, `jump` drawing-board pixels away."""

    def spoil(film: Film, studio: Studio) -> Spoilt:
        at, angle = a_place(film, studio), studio.phase()
        unit = film.size.unit

        def shown(index: int) -> Picture:
            x = film.size.width * 0.5 + (-140 + 1.6 * index) * unit
            y = film.size.height * 0.5 + 40 * unit * math.sin(index / 20)
            if index >= at:
                x, y = x + jump * unit * math.cos(angle), y + jump * 0.5 * unit * math.sin(angle)
            return lay(film.at(index), thing, x, y)

        return Spoilt(film.showing(shown), at, at)

    return spoil


def pops_in(thing: Sprite) -> Defect:
    def spoil(film: Film, studio: Studio) -> Spoilt:
        at = a_place(film, studio)
        shown = _swaying(film, thing, studio)
        return Spoilt(film.showing(lambda i: shown(i) if i >= at else film.at(i)), at, at)

    return spoil


def vanishes(thing: Sprite) -> Defect:
    def spoil(film: Film, studio: Studio) -> Spoilt:
        at = a_place(film, studio)
        shown = _swaying(film, thing, studio)
        return Spoilt(film.showing(lambda i: shown(i) if i < at else film.at(i)), at, at)

    return spoil


def _swaying(film: Film, thing: Sprite, studio: Studio) -> Callable[[int], Picture]:
    x, y = film.size.width * studio.between(0.35, 0.65), film.size.height * studio.between(0.4, 0.6)
    reach = 60 * film.size.unit
    return lambda index: lay(film.at(index), thing, x + reach * math.sin(index / 25), y)


def text_pops_in(film: Film, studio: Studio) -> Spoilt:
    """A line of letters is there from one frame to the next."""
    at, unit = a_place(film, studio), film.size.unit
    words = ("SAMPLE TEXT", "NEWS 24", "NO SIGNAL", "PREVIEW")[int(studio.random.integers(4))]
    corner = (
        int(film.size.width * studio.between(0.05, 0.4)),
        int(film.size.height * studio.between(0.3, 0.9)),
    )

    def lettered(index: int) -> Picture:
        picture = film.at(index).copy()
        for colour, thick in (((0, 0, 0), 12), ((255, 255, 255), 5)):
            cv2.putText(
                picture,
                words,
                corner,
                cv2.FONT_HERSHEY_SIMPLEX,
                2.4 * unit,
                colour,
                max(1, round(thick * unit)),
                cv2.LINE_AA,
            )
        return picture

    return Spoilt(film.showing(lambda i: lettered(i) if i >= at else film.at(i)), at, at)
