"""What every scene is put together from: a camera over a plate, things laid on it, grain, and the light."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tests.quality_bench.film import AnyFloats, Film, Floats, Picture, Size, as_picture
from tests.quality_bench.plates import photograph, plate

BROAD = ("landscape", "town", "garden", "coffee", "motorcycle", "rocket", "cat", "galaxies", "gravel")
THINGS = ("cat", "coffee", "motorcycle", "rocket", "garden", "coins", "town")


def stream(seed: int, name: str) -> np.random.Generator:
    """A source of chance of its own for every name, so that a new clip changes no other."""
    return np.random.default_rng([seed, *name.encode()])


@dataclass(frozen=True)
class Sprite:
    """A thing cut out: its picture and how opaque it is."""

    picture: Picture
    opacity: Floats


@dataclass(frozen=True)
class Studio:
    """Where one scene is drawn: the size of the frame, the length, and its own chance."""

    seed: int
    size: Size
    fps: int
    seconds: float
    random: np.random.Generator

    @property
    def count(self) -> int:
        return round(self.fps * self.seconds)

    def film(self, at: object) -> Film:
        assert callable(at)
        return Film(self.size, self.fps, self.count, at)

    def plate(self, *names: str, cover: float = 1.6) -> Picture:
        """One of the named pictures, drawn by chance."""
        return plate(self.any_of(names), self.size, cover, self.seed)

    def sprite(self, long: float, *names: str) -> Sprite:
        """A round thing `long` drawing-board pixels across."""
        return sprite(self.any_of(names or THINGS), max(8, round(long * self.size.unit)), self.seed)

    def any_of(self, names: tuple[str, ...]) -> str:
        return names[int(self.random.integers(len(names)))]

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def phase(self) -> float:
        return self.between(0, 2 * math.pi)


def view(
    picture: Picture, size: Size, dx: float = 0.0, dy: float = 0.0, zoom: float = 1.0, turn: float = 0.0
) -> Picture:
    """What a camera sees of a plate, `dx`, `dy` drawing-board pixels from its middle, `turn` in degrees."""
    middle = (picture.shape[1] / 2 + dx * size.unit, picture.shape[0] / 2 + dy * size.unit)
    matrix = cv2.getRotationMatrix2D(middle, turn, zoom)
    matrix[:, 2] += np.array([size.width / 2 - middle[0], size.height / 2 - middle[1]])
    return warped(picture, matrix, size)


def warped(picture: Picture, matrix: object, size: Size) -> Picture:
    return cv2.warpAffine(
        picture,
        np.asarray(matrix, np.float32),
        (size.width, size.height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT,
    ).astype(np.uint8)


def shifted(picture: Picture, dx: float, dy: float) -> Picture:
    """Moved by a part of a pixel or more; what comes in at the edge is a mirror of what goes out."""
    size = Size(picture.shape[1], picture.shape[0])
    return warped(picture, [[1, 0, dx], [0, 1, dy]], size)


def sprite(name: str, pixels: int, seed: int) -> Sprite:
    """The middle of a picture, cut out round."""
    if name in ("garden", "town", "landscape"):
        whole = plate(name, Size(pixels, pixels), 1.0, seed)
    else:
        whole = photograph(name)
    side = min(whole.shape[:2])
    top, left = (whole.shape[0] - side) // 2, (whole.shape[1] - side) // 2
    way = cv2.INTER_AREA if pixels < side else cv2.INTER_CUBIC
    square = cv2.resize(whole[top : top + side, left : left + side], (pixels, pixels), interpolation=way)
    rows, columns = np.mgrid[0:pixels, 0:pixels]
    away = np.hypot(columns - pixels / 2, rows - pixels / 2)
    opacity = np.clip((pixels / 2 - 1 - away) / 2, 0, 1).astype(np.float32)
    return Sprite(square.astype(np.uint8), opacity)


def lay(
    picture: Picture, thing: Sprite, x: float, y: float, *, turn: float = 0.0, scale: float = 1.0
) -> Picture:
    """The picture with the thing's middle at (x, y) in pixels; only the touched part is computed."""
    height, width = picture.shape[:2]
    side = thing.picture.shape[0]
    reach = side * scale * 0.72 + 2
    left, top = max(0, math.floor(x - reach)), max(0, math.floor(y - reach))
    right, bottom = min(width, math.ceil(x + reach)), min(height, math.ceil(y + reach))
    if right - left < 2 or bottom - top < 2:
        return picture
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), turn, scale)
    matrix[:, 2] += np.array([x - left - side / 2, y - top - side / 2])
    place = (right - left, bottom - top)
    over = cv2.warpAffine(thing.picture, matrix, place, flags=cv2.INTER_LINEAR)
    opacity = cv2.warpAffine(thing.opacity, matrix, place, flags=cv2.INTER_LINEAR)[..., None]
    done = picture.copy()
    under = picture[top:bottom, left:right]
    done[top:bottom, left:right] = (under * (1 - opacity) + over * opacity + 0.5).astype(np.uint8)
    return done


def grainy(picture: Picture, sigma: float, random: np.random.Generator) -> Picture:
    """With the grain of a sensor or of film, in grey levels; its lumps are two pixels wide."""
    height, width = picture.shape[:2]
    coarse = random.normal(0, sigma * 1.4, (height // 2, width // 2)).astype(np.float32)
    grain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
    return as_picture(picture + grain[..., None])


def lit(picture: Picture, gain: object, offset: float = 0.0) -> Picture:
    """Brighter or darker by a factor, one for all channels or one for each."""
    return as_picture(picture * np.asarray(gain, np.float32) + offset)


def remapped(picture: Picture, dx: AnyFloats, dy: AnyFloats) -> Picture:
    """Every pixel fetched from `dx`, `dy` pixels away."""
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    across, down = (columns + dx).astype(np.float32), (rows + dy).astype(np.float32)
    fetched = cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return fetched.astype(np.uint8)


def wandering(random: np.random.Generator, count: int, reach: float, calm: int) -> list[float]:
    """A hand's path over `count` frames: a walk of `reach` pixels of spread a step, smoothed over `calm`."""
    steps = np.cumsum(random.normal(0, 1, count + 2 * calm))
    window = np.hanning(calm)
    smooth = np.convolve(steps, window / window.sum(), "same")[calm : calm + count]
    return [float(away) for away in ((smooth - smooth[0]) * reach).astype(np.float32)]
