"""A second picture that shines through the first: ghosting, as of a frame blended with an older one.

What is doubled repeats itself at one distance, everywhere in the picture. The cepstrum (Bogert, Healy and
Tukey 1963) shows such an echo as a peak at that distance. Bricks and fences repeat themselves as well, but
they do so all the time: what counts is an echo that comes or goes within one shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.quality.report import Event
from jobs.quality.series import runs

Echoes = NDArray[np.float16]
Floats = NDArray[np.float32]

# Tiles of a copy with this long side; echoes are looked for up to a third of a tile away.
_SIDE, _TILE, _FARTHEST, _NEAREST = 640, 128, 44, 4
_LEAST_SPREAD, _LEAST_TILES = 4.0, 4
# Levels squared under which a frequency is nothing but noise.
_FLOOR = 3e3
_LEAST_LOOKS, _LEAST_DOUBLED = 5, 2
_SURE, _STRONG, _WEAK, _AS_SOFT, _BLURRED = 25.0, 0.125, 0.4, 0.95, 2.2


def echoes_of(luma: NDArray[np.uint8]) -> Echoes | None:
    """How much one frame's brightness plane repeats itself at each distance: down 0 to 44, right -44 to 44
    pixels of the copy. None where too little of it has any texture.
    """
    found = [echo for tile in _tiles(luma) if (echo := _cepstrum(tile)) is not None]
    if len(found) < _LEAST_TILES:
        return None
    mean = np.mean(found, axis=0)
    return np.concatenate(
        (mean[: _FARTHEST + 1, -_FARTHEST:], mean[: _FARTHEST + 1, : _FARTHEST + 1]), axis=1
    ).astype(np.float16)


def _tiles(luma: NDArray[np.uint8]) -> list[Floats]:
    height, width = luma.shape
    share = min(1.0, _SIDE / max(height, width))
    size = max(_TILE, round(width * share)), max(_TILE, round(height * share))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    downs, rights = (
        np.linspace(0, side - _TILE, max(1, round(side / _TILE))).astype(int) for side in small.shape
    )
    return [small[y : y + _TILE, x : x + _TILE].astype(np.float32) for y in downs for x in rights]


def _cepstrum(tile: Floats) -> Floats | None:
    seen = np.asarray((tile - tile.mean()) * _window(), np.float32)
    if float(seen.std()) < _LEAST_SPREAD:
        return None
    waves = cv2.dft(seen, flags=cv2.DFT_COMPLEX_OUTPUT)
    power = np.log(waves[..., 0] ** 2 + waves[..., 1] ** 2 + _FLOOR)
    # The power is the same both ways round, so this is its own inverse.
    again = cv2.dft((power - power.mean()).astype(np.float32), flags=cv2.DFT_COMPLEX_OUTPUT | cv2.DFT_SCALE)
    return np.asarray(again[..., 0], np.float32)


@cache
def _window() -> Floats:
    side = np.hanning(_TILE).astype(np.float32)
    return np.asarray(np.outer(side, side), np.float32)


@cache
def _away() -> Floats:
    """How far each place of the echoes is from none."""
    down, right = np.mgrid[: _FARTHEST + 1, -_FARTHEST : _FARTHEST + 1]
    return np.asarray(np.hypot(down, right), np.float32)


@cache
def _far_enough() -> NDArray[np.bool_]:
    return np.asarray((_away() >= _NEAREST) & (_away() <= _FARTHEST), np.bool_)


@dataclass(frozen=True)
class Look:
    """What is looked at of one frame; `edge_px` as in `detail.Detail`."""

    at_s: float
    echoes: Echoes
    edge_px: float


def watch(looks: Sequence[Look], cuts: tuple[float, ...], end_s: float) -> list[Event]:
    """The stretches in which the picture is doubled, from looks in the order of their seconds."""
    found: list[Event] = []
    for begin, stop in pairwise((float("-inf"), *sorted(cuts), float("inf"))):
        shot = [look for look in looks if begin <= look.at_s < stop]
        if len(shot) >= _LEAST_LOOKS:
            found += _in_shot(shot, end_s)
    return found


def _in_shot(shot: Sequence[Look], end_s: float) -> list[Event]:
    far = np.stack([look.echoes for look in shot])[:, _far_enough()].astype(np.float32)
    beyond = np.asarray(far - np.median(far, axis=0), np.float32)
    beyond -= _all_round(beyond)
    doubled = _stands_out(beyond)
    between = borders([look.at_s for look in shot], end_s)
    edges = np.array([look.edge_px for look in shot])
    return [
        Event(
            kind="ghosting",
            severity="suspect",
            start_s=between[start],
            end_s=between[end],
            value=float(beyond[start:end].max()),
        )
        for start, end in runs(doubled)
        # What comes into view stays there; a fault comes and goes.
        if start > 0
        and end < len(shot)
        and end - start >= _LEAST_DOUBLED
        and _at_once(beyond, start, end)
        # A pattern that only the sharper part of a clip shows is none that came; blur has echoes of its own.
        and _AS_SOFT < np.median(edges[start:end]) / np.median(np.delete(edges, np.s_[start:end])) < _BLURRED
    ]


def _all_round(beyond: Floats) -> Floats:
    """What each look has at a distance in all directions: blur shows all round, a double in one."""
    away = _away()[_far_enough()].round().astype(int)
    rings = np.zeros_like(beyond)
    for distance in np.unique(away):
        ring = away == distance
        rings[:, ring] = np.median(beyond[:, ring], axis=1)[:, None]
    return rings


def _stands_out(beyond: Floats) -> NDArray[np.bool_]:
    """The looks whose greatest value is strong, and far out of all the others."""
    middles = np.median(beyond, axis=1)
    spreads = 1.48 * np.median(np.abs(beyond - middles[:, None]), axis=1) + 1e-4
    highest = beyond.max(axis=1)
    return np.asarray((highest > _STRONG) & (highest - middles > _SURE * spreads), np.bool_)


def _at_once(beyond: Floats, start: int, end: int) -> bool:
    """Whether the echo is weak in the looks beside: a pattern that comes into view grows stronger."""
    inside = beyond[start:end].max(axis=0)
    place = int(inside.argmax())
    beside = [beyond[look, place] for look in (start - 1, end) if 0 <= look < len(beyond)]
    return bool(max(beside, default=0.0) < _WEAK * inside[place])


def borders(times: Sequence[float], end_s: float) -> list[float]:
    """From when until when each look speaks for the clip: halfway to the looks beside it."""
    return [float(times[0]), *(float(one + other) / 2 for one, other in pairwise(times)), end_s]
