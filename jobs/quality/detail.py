"""Fine detail at native size: how wide edges are, how plainly compression blocks show, how grainy it is.

Sharpness is told by the width of clear edges, never by the amount of gradient: texture and compression noise
raise every gradient, and a starved encoding would count as sharper than its source.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.quality import doubled
from jobs.quality.doubled import Echoes
from jobs.quality.report import Event, Seen
from jobs.quality.series import runs

# An edge of a thing counts for no more than a block's edge can, and steps of less than the second hardly.
# What one line steps more than the others is not seen below the third: a sky is coded in blocks nobody finds.
_BLOCK, _BLOCK_STEP, _UNSEEN_STEP, _UNSEEN_MORE = 8, 10, 0.4, 0.25
# A clear edge: at least this contrast (levels) in its neighbourhood and this slope (levels per pixel).
_EDGE_CONTRAST, _EDGE_SLOPE, _LEAST_EDGES = 40, 1.5, 40
_LOOKED_AT = 1280
# What Sobel's filter makes of a slope of one level per pixel.
_SOBEL = 8
_TILE_ROWS, _TILE_COLUMNS = 36, 40
_PLAIN_LEVELS, _LEAST_PLAIN, _SPECK_LEVELS, _SPECKLED = 24, 0.05, 40, 0.1
_OFF_LEVELS, _AROUND, _CROWDED = 20, 15, 0.16
_SOFT_PX, _BLOCKY, _NOISY = 5.4, 1.14, 6.0
_SOFTER, _A_LITTLE_SOFTER, _LEAST_SHARP, _LEAST_TREND, _TIMES_USUAL = 1.45, 1.2, 3, 5, 2.5
_NO_EDGES = "The picture has too few clear edges to tell how sharp they are."
_NO_PICTURE = "No frame of the clip shows a picture."


@dataclass(frozen=True, kw_only=True)
class Detail:
    """The fine detail of one frame. `edge_px` is None without enough clear edges (an empty sky), `echoes`
    without enough texture.
    """

    at_s: float
    edge_px: float | None
    blockiness: float
    noise: float
    speckle: float
    echoes: Echoes | None = None


def look_at(luma: NDArray[np.uint8], at_s: float) -> Detail:
    """Measure one frame's native brightness plane."""
    return Detail(
        at_s=at_s,
        edge_px=_edge_width(luma),
        blockiness=_blockiness(luma),
        noise=_noise(luma),
        speckle=_speckle(luma),
        echoes=doubled.echoes_of(luma),
    )


def _edge_width(luma: NDArray[np.uint8]) -> float | None:
    """Contrast over slope at the steepest clear edges, in pixels; the sharpest tenth speaks for the frame.

    Of a picture wider than 1280, in pixels of one of that size: it is looked at as large as others are.
    """
    smooth = cv2.GaussianBlur(luma, (0, 0), 0.7)
    right = cv2.Sobel(smooth, cv2.CV_16S, 1, 0, ksize=3).astype(np.float32)
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1, ksize=3).astype(np.float32)
    # Whole numbers: which of two equal slopes is the steepest must not depend on how a root was rounded.
    square = right * right + down * down
    around = np.ones((21, 21), np.uint8)
    contrast = cv2.subtract(cv2.dilate(smooth, around), cv2.erode(smooth, around))
    steepest = square >= cv2.dilate(square, np.ones((9, 9), np.uint8))
    clear = np.flatnonzero(steepest & (contrast > _EDGE_CONTRAST) & (square > (_SOBEL * _EDGE_SLOPE) ** 2))
    if len(clear) < _LEAST_EDGES:
        return None
    slope = np.sqrt(square.ravel()[clear]) / _SOBEL
    width = float(np.percentile(contrast.ravel()[clear] / slope, 10))
    return width * min(1.0, float(_LOOKED_AT / max(luma.shape)))


def _blockiness(luma: NDArray[np.uint8]) -> float:
    """How much more the picture steps on one line in eight than elsewhere, across and along; 1 without
    blocks.
    """
    across = np.minimum(cv2.absdiff(luma[:, 1:], luma[:, :-1]), _BLOCK_STEP)
    along = np.minimum(cv2.absdiff(luma[1:], luma[:-1]), _BLOCK_STEP)
    return (_on_the_grid(_means(across, 0)) + _on_the_grid(_means(along, 1))) / 2


def _means(steps: NDArray[np.uint8], axis: int) -> NDArray[np.float64]:
    sums = cv2.reduce(steps, axis, cv2.REDUCE_SUM, dtype=cv2.CV_32S)
    return np.asarray(sums.ravel() / steps.shape[axis], np.float64)


def _on_the_grid(steps: NDArray[np.float64]) -> float:
    whole = steps[: len(steps) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    if not len(whole):
        return 1.0
    # A block's edge may fall between two lines, and the bands of a plain gradient stand on several.
    lines = np.sort(whole.mean(axis=0))
    more = max(0.0, float(lines[-1] - lines[-3]) - _UNSEEN_MORE)
    return 1 + more / float(lines[-3] + _UNSEEN_STEP)


def _noise(luma: NDArray[np.uint8]) -> float:
    """The spread of the noise in levels on the smoothest third of the picture (Immerkaer 1996, "Fast noise
    variance estimation").
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    rough = np.abs(cv2.filter2D(luma, cv2.CV_16S, kernel))
    rows, columns = rough.shape[0] // _TILE_ROWS, rough.shape[1] // _TILE_COLUMNS
    if not rows or not columns:
        return float(rough.mean() * np.sqrt(np.pi / 2) / 6)
    cut = rough[: rows * _TILE_ROWS, : columns * _TILE_COLUMNS]
    tiles = np.sort(
        cv2.resize(cut.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA), axis=None
    )
    return float(tiles[: max(4, len(tiles) // 3)].mean() * np.sqrt(np.pi / 2) / 6)


def _speckle(luma: NDArray[np.uint8]) -> float:
    """Stars, rain and sparks are bright alone, and dust is dark; only a fault is both in the same measure.
    Its specks are alone: leaves and tiles are bright and dark all over.
    """
    plain = cv2.medianBlur(np.ascontiguousarray(luma), 5)
    around = np.ones((5, 5), np.uint8)
    level = cv2.subtract(cv2.dilate(plain, around), cv2.erode(plain, around)) < _PLAIN_LEVELS
    off = (cv2.absdiff(luma, plain) > _OFF_LEVELS).astype(np.uint8) * 255
    flat = level & (cv2.blur(off, (_AROUND, _AROUND)) < 255 * _CROWDED)
    pixels = np.count_nonzero(flat)
    if pixels < _LEAST_PLAIN * flat.size:
        return 0.0
    bright = np.count_nonzero((cv2.subtract(luma, plain) > _SPECK_LEVELS) & flat)
    dark = np.count_nonzero((cv2.subtract(plain, luma) > _SPECK_LEVELS) & flat)
    return 2 * min(bright, dark) / pixels


def judge(details: tuple[Detail, ...], end_s: float, cuts: tuple[float, ...] = ()) -> Seen:
    """What the frames with a picture say together; `end_s` is where the clip ends. Each side of a cut is
    another picture, whose sharpness is its own.
    """
    sharp = [(one.at_s, one.edge_px) for one in details if one.edge_px is not None]
    edge = float(np.median([width for _, width in sharp])) if len(sharp) >= _LEAST_SHARP else None
    blockiness = float(np.mean([one.blockiness for one in details])) if details else None
    noise = float(np.median([one.noise for one in details])) if details else None
    trend, events = _softening(sharp, end_s, cuts)
    measures = {"edge_px": edge, "soften_ratio": trend, "blockiness": blockiness, "noise_sigma": noise}
    reasons = {"edge_px": _NO_EDGES, "soften_ratio": _NO_EDGES}
    reasons |= {"blockiness": _NO_PICTURE, "noise_sigma": _NO_PICTURE}
    if details:
        limits = (("soft", edge, _SOFT_PX), ("blocky", blockiness, _BLOCKY), ("noisy", noise, _NOISY))
        for kind, value, limit in limits:
            if value is not None and value > limit:
                events.append(_event(kind, details[0].at_s, end_s, value))
        events += _some_time(details, end_s, noise or 0.0)
        looks = [
            doubled.Look(one.at_s, one.echoes, one.edge_px)
            for one in details
            if one.echoes is not None and one.edge_px is not None
        ]
        events += doubled.watch(looks, cuts, end_s)
    unmeasured = {name: reasons[name] for name, value in measures.items() if value is None}
    return Seen(measures=measures, unmeasured=unmeasured, events=tuple(events))


def _softening(
    sharp: list[tuple[float, float]], end_s: float, cuts: tuple[float, ...]
) -> tuple[float | None, list[Event]]:
    """How many times wider the edges get than where they are sharp, and the stretches in which they do."""
    ratios: list[float] = []
    found: list[Event] = []
    for begin, stop in pairwise((float("-inf"), *sorted(cuts), float("inf"))):
        shot = [(at_s, width) for at_s, width in sharp if begin <= at_s < stop]
        if len(shot) < _LEAST_TREND:
            continue
        times, widths = (np.array(row) for row in zip(*shot, strict=True))
        between = doubled.borders(list(times), min(stop, end_s))
        usual = float(np.percentile(widths, 20))
        ratios.append(float(np.minimum(widths[1:], widths[:-1]).max() / usual))
        for start, end in runs(widths > _A_LITTLE_SOFTER * usual):
            # A lens goes out of focus little by little: told from where it begins to.
            if (widths[start:end] > _SOFTER * usual).sum() >= 2:
                worst = float(widths[start:end].max() / usual)
                found.append(_event("goes_soft", between[start], between[end], worst))
    return max(ratios, default=None), found


def _some_time(details: tuple[Detail, ...], end_s: float, usual_noise: float) -> list[Event]:
    """What spoils the fine detail for a while: specks, and noise in a clip that is clean otherwise."""
    between = doubled.borders([one.at_s for one in details], end_s)
    noise = np.array([one.noise for one in details])
    specks = np.array([one.speckle * 100 for one in details])
    burst = (noise > max(_NOISY, _TIMES_USUAL * usual_noise)) & (usual_noise <= _NOISY)
    kinds = (("speckled", specks, specks > _SPECKLED), ("noisy", noise, burst))
    return [
        _event(kind, between[start], between[end], float(values[start:end].max()))
        for kind, values, mask in kinds
        for start, end in runs(mask)
    ]


def _event(kind: str, start_s: float, end_s: float, value: float) -> Event:
    return Event(kind=kind, severity="suspect", start_s=start_s, end_s=end_s, value=value)
