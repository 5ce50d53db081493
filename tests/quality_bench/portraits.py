"""Clips with one face, good and bad: the portrait that comes with scikit-image, in many guises."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from tests.quality_bench.camera import Sprite, Studio, lay, lit, remapped
from tests.quality_bench.film import Film, Floats, Picture, as_picture
from tests.quality_bench.plates import photograph
from tests.quality_bench.scenes import hand_held, pan, slow_dolly, zoom

# Behind the face: scenes without a second face and without cuts.
BEHIND = (pan, hand_held, zoom, slow_dolly)


@dataclass(frozen=True)
class Guise:
    """How the portrait looks: size on the drawing board, light, how far the head tilts in degrees."""

    long: float = 430
    light: float = 1.0
    mirrored: bool = False
    tilts: float = 0.0
    leaves: bool = False


GUISES = (
    Guise(),
    Guise(mirrored=True),
    Guise(long=330, light=0.8),
    Guise(tilts=7.0),
    Guise(long=560),
    Guise(light=0.55),
)
LEAVING = (Guise(long=330, leaves=True), Guise(long=360, leaves=True, mirrored=True))
# What is drawn for one frame: the portrait as it is then, or None when it is not there.
Shown = Callable[[Sprite, int], Sprite | None]


@dataclass(frozen=True)
class Sitting:
    """One portrait session: what stands behind, the portrait itself and its path."""

    behind: Film
    portrait: Sprite
    tilts: float
    start: float
    speed: float
    phase: float

    def film(self, shown: Shown = lambda portrait, index: portrait, twin_from: int | None = None) -> Film:
        def at(index: int) -> Picture:
            picture = self.behind.at(index)
            portrait = shown(self.portrait, index)
            if portrait is None:
                return picture
            unit = self.behind.size.unit
            x, y = self.start + self.speed * index, 370 + 18 * math.sin(index / 19 + self.phase)
            turn, scale = self.tilts * math.sin(index / 23), 1 + 0.05 * math.sin(index / 31)
            picture = lay(picture, portrait, x * unit, y * unit, turn=turn, scale=scale)
            if twin_from is not None and index >= twin_from:
                picture = lay(picture, portrait, (x - 380) * unit, (y - 10) * unit, turn=-4, scale=0.85)
            return picture

        return self.behind.showing(at)

    @property
    def count(self) -> int:
        return self.behind.count


def sit(studio: Studio, guise: Guise) -> Sitting:
    behind = BEHIND[int(studio.random.integers(len(BEHIND)))](studio)
    portrait = head(round(guise.long * studio.size.unit), studio.random)
    if guise.mirrored:
        portrait = Sprite(portrait.picture[:, ::-1].copy(), portrait.opacity[:, ::-1].copy())
    return Sitting(
        behind,
        Sprite(lit(portrait.picture, guise.light), portrait.opacity),
        guise.tilts,
        studio.between(430, 560),
        13.5 if guise.leaves else studio.between(1.0, 2.6),
        studio.phase(),
    )


def head(pixels: int, random: np.random.Generator) -> Sprite:
    """Head and shoulders, cut out with a soft edge; chance changes its colour a little."""
    cut = photograph("astronaut")[0:300, 90:390]
    grown = as_picture(cv2.resize(cut, (pixels, pixels), interpolation=cv2.INTER_CUBIC))
    rows, columns = np.mgrid[0:pixels, 0:pixels]
    away = np.hypot(columns - pixels / 2, (rows - pixels * 0.45) / 1.08)
    opacity = np.clip((pixels * 0.46 - away) / 8, 0, 1).astype(np.float32)
    return Sprite(lit(grown, 1 + random.uniform(-0.06, 0.06, 3)), opacity)


# --- what goes wrong with a face; `begins` and `ends` are frames ---


def vanishes(sitting: Sitting, begins: int, ends: int) -> Film:
    return sitting.film(lambda portrait, index: None if begins <= index < ends else portrait)


def flickers(sitting: Sitting, begins: int, ends: int, every: int) -> Film:
    """Gone for `every` frames, back for as many, and so on."""

    def shown(portrait: Sprite, index: int) -> Sprite | None:
        gone = begins <= index < ends and (index - begins) // every % 2 == 0
        return None if gone else portrait

    return sitting.film(shown)


def melts(sitting: Sitting, begins: int, ends: int) -> Film:
    """The features run into each other, worst in the middle of the stretch."""
    pixels = sitting.portrait.picture.shape[0]
    rows, columns = np.mgrid[0:pixels, 0:pixels].astype(np.float32) * (430 / pixels)
    middle, spread = (begins + ends) / 2, sitting.count * 0.09

    def shown(portrait: Sprite, index: int) -> Sprite:
        reach = 38 * math.exp(-(((index - middle) / spread) ** 2)) * pixels / 430
        if reach < 0.5:
            return portrait
        dx: Floats = reach * np.sin(rows / 23 + index * 0.55) + 0.6 * reach * np.sin(
            columns / 31 + index * 0.4
        )
        dy: Floats = reach * np.sin(columns / 19 + index * 0.5)
        return Sprite(remapped(portrait.picture, dx, dy), portrait.opacity)

    return sitting.film(shown)


def becomes_a_cat(sitting: Sitting, begins: int) -> Film:
    pixels = sitting.portrait.picture.shape[0]
    cat = cv2.resize(photograph("cat")[0:290, 90:380], (pixels, pixels), interpolation=cv2.INTER_CUBIC)
    rows, columns = np.mgrid[0:pixels, 0:pixels] / pixels
    inside = np.exp(-((((columns - 0.5) / 0.24) ** 2 + ((rows - 0.46) / 0.3) ** 2) ** 2))[..., None]

    def shown(portrait: Sprite, index: int) -> Sprite:
        share = inside * min(1.0, max(0, index - begins) / 6)
        return Sprite(as_picture(portrait.picture * (1 - share) + cat * share), portrait.opacity)

    return sitting.film(shown)


def turns_over(sitting: Sitting, begins: int, ends: int) -> Film:
    """Upside down for a stretch."""

    def shown(portrait: Sprite, index: int) -> Sprite:
        if not begins <= index < ends:
            return portrait
        return Sprite(portrait.picture[::-1].copy(), portrait.opacity[::-1].copy())

    return sitting.film(shown)


def doubles(sitting: Sitting, begins: int) -> Film:
    return sitting.film(twin_from=begins)
