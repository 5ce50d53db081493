"""Large pictures that a camera can move over: photographs from scikit-image's wheel, and painted ones.

A small photograph that is merely enlarged is blurred all over, which would be a defect of its own. So it is
enlarged in steps with its edges drawn together again, and gets fine detail where it has texture.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
import skimage

from tests.quality_bench.film import Floats, Picture, Size, as_picture

_FOLDER = Path(skimage.__file__).parent / "data"
PHOTOGRAPHS = {
    "astronaut": "astronaut.png",
    "cat": "chelsea.png",
    "coffee": "coffee.png",
    "rocket": "rocket.jpg",
    "motorcycle": "motorcycle_left.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "brick": "brick.png",
    "galaxies": "hubble_deep_field.jpg",
    "retina": "retina.jpg",
    "tissue": "ihc.png",
    "coins": "coins.png",
}
# Even textures that may be laid side by side, mirrored, without looking wrong.
_TILED = {"grass", "gravel", "brick", "tissue"}
# What is to be seen stands in the upper part.
_FROM_THE_TOP = {"astronaut"}
_STEP = 1.5


@lru_cache
def photograph(name: str) -> Picture:
    """One of the bundled photographs in RGB, at its own size."""
    read = cv2.imread(str(_FOLDER / PHOTOGRAPHS[name]))
    assert read is not None, name
    return np.ascontiguousarray(read[:, :, ::-1], dtype=np.uint8)


@lru_cache(maxsize=24)
def plate(name: str, size: Size, cover: float, seed: int) -> Picture:
    """A picture `cover` times as large as the frame, with edges as narrow as a camera's."""
    random = np.random.default_rng([seed, len(name)])
    wanted = Size(int(size.width * cover) + 2, int(size.height * cover) + 2)
    if name in PAINTED:
        return PAINTED[name](wanted, random)
    picture = photograph(name)
    if name in _TILED:
        wide = np.concatenate((picture, picture[:, ::-1]), axis=1)
        picture = np.concatenate((wide, wide[::-1]), axis=0)
        # Larger, and not its middle: there it is its own mirror image.
        picture = _enlarged(picture, Size(round(wanted.width * 1.5), round(wanted.height * 1.5)))
        picture = picture[: round(wanted.height * 1.1), : round(wanted.width * 1.1)]
    else:
        picture = _enlarged(picture, wanted)
    picture = picture[: wanted.height] if name in _FROM_THE_TOP else picture
    return _detailed(_cropped(picture, wanted, random), random)


def _enlarged(picture: Picture, wanted: Size) -> Picture:
    """Grown until it covers the wanted size."""
    while True:
        height, width = picture.shape[:2]
        factor = max(wanted.width / width, wanted.height / height)
        step = min(_STEP, factor)
        grown = (max(1, round(width * step)), max(1, round(height * step)))
        way = cv2.INTER_CUBIC if step > 1 else cv2.INTER_AREA
        picture = cv2.resize(picture, grown, interpolation=way).astype(np.uint8)
        if step > 1:
            picture = _edges_drawn_together(picture)
        if factor <= _STEP:
            return picture


def _edges_drawn_together(picture: Picture) -> Picture:
    """Sharpened without halos: no pixel leaves the range of its neighbours."""
    floats = picture.astype(np.float32)
    sharp = floats + 1.2 * (floats - cv2.GaussianBlur(floats, (0, 0), 1.4))
    around = np.ones((3, 3), np.uint8)
    return np.clip(sharp, cv2.erode(picture, around), cv2.dilate(picture, around)).astype(np.uint8)


def _cropped(picture: Picture, wanted: Size, random: np.random.Generator) -> Picture:
    """A part of the wanted size; a photograph keeps its middle, where its subject is."""
    spare_x, spare_y = picture.shape[1] - wanted.width, picture.shape[0] - wanted.height
    left, top = (max(0, int(spare * (0.5 + random.uniform(-0.1, 0.1)))) for spare in (spare_x, spare_y))
    return np.ascontiguousarray(picture[top : top + wanted.height, left : left + wanted.width])


def _detailed(picture: Picture, random: np.random.Generator) -> Picture:
    """Fine grain of the surface, stronger where the picture has texture."""
    height, width = picture.shape[:2]
    drawn = random.normal(0, 1, (height, width)).astype(np.float32)
    grain = np.asarray(cv2.GaussianBlur(drawn, (0, 0), 0.9), np.float32)
    grain /= grain.std()
    grey = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 2)
    texture = cv2.GaussianBlur(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), (0, 0), 6)
    strength = np.clip(texture * 1.4, 0.6, 6)
    return as_picture(picture + (grain * strength)[..., None])


def cloudy(height: int, width: int, cell: float, random: np.random.Generator, octaves: int = 5) -> Floats:
    """Noise of many scales, mean 0 and spread 1; `cell` is the size of its largest lumps in pixels."""
    total = np.zeros((height, width), np.float32)
    for octave in range(octaves):
        across = max(2, int(width / cell * 2**octave)), max(2, int(height / cell * 2**octave))
        field = random.normal(0, 1, (across[1] + 2, across[0] + 2)).astype(np.float32)
        total += cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC) * 0.55**octave
    even: Floats = (total - total.mean()) / total.std()
    return even


def _landscape(wanted: Size, random: np.random.Generator) -> Picture:
    """Sky, ridges one behind the other, firs, and a meadow."""
    height, width = wanted.height, wanted.width
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    picture = np.array([95, 150, 215], np.float32) * (1 - down) + np.array([225, 225, 215], np.float32) * down
    clouds = np.clip(cloudy(height, width, width / 5, random) - 0.2, 0, 1.5)[..., None]
    picture = np.broadcast_to(picture, (height, width, 3)) + clouds * 45
    canvas = as_picture(picture)
    for ridge in range(4):
        base = height * (0.42 + 0.13 * ridge)
        line = base - cloudy(1, width, width / (3 + ridge), random)[0] * height * (0.075 - 0.012 * ridge)
        tone = np.array([105, 128, 150]) * (1 - ridge / 4) + np.array([58, 92, 40]) * ridge / 4
        surface = cloudy(height, width, width / (20 + 15 * ridge), random)[..., None] * (5 + 5 * ridge)
        below = np.arange(height)[:, None] > line[None, :]
        canvas[below] = np.clip(tone + surface, 0, 255)[below].astype(np.uint8)
        _firs(canvas, line, ridge, random)
    return canvas


def _firs(canvas: Picture, line: Floats, ridge: int, random: np.random.Generator) -> None:
    width = canvas.shape[1]
    for x in random.integers(0, width, 30 + 25 * ridge):
        tall = int(width * (0.008 + 0.012 * ridge) * random.uniform(0.6, 1.4)) + 3
        foot = int(line[x]) + int(random.uniform(0, tall * 2))
        tone = tuple(
            int(value) for value in np.array([30, 60, 30]) * random.uniform(0.6, 1.5) + 20 * (3 - ridge)
        )
        for layer in range(3):
            top, half = foot - tall + layer * tall // 4, tall // 6 * (layer + 1)
            corners = np.array([[x, top], [x - half, top + tall // 2], [x + half, top + tall // 2]])
            cv2.fillPoly(canvas, [corners], tone, cv2.LINE_AA)


def _town(wanted: Size, random: np.random.Generator) -> Picture:
    """House fronts with windows under a bright sky."""
    height, width = wanted.height, wanted.width
    canvas = np.empty((height, width, 3), np.uint8)
    canvas[:] = np.linspace(190, 235, height)[:, None, None].astype(np.uint8)
    x = -20
    while x < width:
        wide, tall = int(width * random.uniform(0.07, 0.15)), int(height * random.uniform(0.45, 0.9))
        tone = random.uniform(70, 200, 3)
        wall = as_picture(tone + cloudy(tall, wide, 40, random)[..., None] * 7)
        left, right = max(0, x), min(width, x + wide)
        if right > left:
            canvas[height - tall :, left:right] = wall[:, left - x : right - x]
            _windows(canvas, left, right, height - tall, tuple(tone * 0.45), random)
        x += wide
    return canvas


def _windows(
    canvas: Picture, left: int, right: int, top: int, tone: tuple[float, ...], random: np.random.Generator
) -> None:
    height, width = canvas.shape[:2]
    across, down = max(14, width // 70), max(18, height // 26)
    for y in range(top + down // 2, height - down, down):
        for x in range(left + across // 3, right - across, across):
            lit = (240.0, 225.0, 160.0) if random.random() < 0.15 else tone
            corner = (x + across * 2 // 3, y + down * 2 // 3)
            cv2.rectangle(canvas, (x, y), corner, lit, -1)
            cv2.rectangle(canvas, (x, y), corner, (225, 225, 220), 1)


def _garden(wanted: Size, random: np.random.Generator) -> Picture:
    """Flowers with petals before leaves."""
    height, width = wanted.height, wanted.width
    leaves = cloudy(height, width, width / 30, random)[..., None] * 16
    canvas = as_picture(np.array([62, 105, 48]) + leaves)
    for _ in range(900):
        x, y = int(random.uniform(0, width)), int(random.uniform(0, height))
        long = width * random.uniform(0.006, 0.02)
        tone = tuple(random.uniform(0.5, 1.4) * np.array([70.0, 125.0, 55.0]))
        axes = (int(long) + 1, int(long / 4) + 1)
        cv2.ellipse(canvas, (x, y), axes, random.uniform(0, 180), 0, 360, tone, -1, cv2.LINE_AA)
    for _ in range(70):
        _flower(canvas, random)
    return canvas


def _flower(canvas: Picture, random: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    x, y = random.uniform(0, width), random.uniform(0, height)
    size, petals = width * random.uniform(0.01, 0.04), int(random.integers(5, 10))
    tone = random.choice(np.array([[235, 90, 110], [250, 225, 90], [245, 245, 240], [150, 95, 210]]))
    for petal in range(petals):
        turn = 2 * np.pi * petal / petals
        middle = (int(x + size * 0.7 * np.cos(turn)), int(y + size * 0.7 * np.sin(turn)))
        shade = tuple(float(value) for value in tone * random.uniform(0.8, 1.02))
        axes = (int(size * 0.6) + 1, int(size * 0.28) + 1)
        cv2.ellipse(canvas, middle, axes, float(np.degrees(turn)), 0, 360, shade, -1, cv2.LINE_AA)
        cv2.ellipse(canvas, middle, axes, float(np.degrees(turn)), 0, 360, (90, 60, 60), 1, cv2.LINE_AA)
    cv2.circle(canvas, (int(x), int(y)), int(size * 0.35) + 1, (190, 140, 40), -1, cv2.LINE_AA)


PAINTED: dict[str, Callable[[Size, np.random.Generator], Picture]] = {
    "landscape": _landscape,
    "town": _town,
    "garden": _garden,
}
