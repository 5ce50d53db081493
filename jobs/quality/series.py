"""Small tools on rows of figures, one per frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The stretches in which a mask is true, the end exclusive."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], mask.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def usual_around(values: Floats, reach: int) -> Floats:
    """For each place the median of its neighbours up to `reach` away, without itself and the two beside it.

    What is not a number does not count; without any neighbour the answer is 0.
    """
    padded = np.pad(values.astype(np.float32), reach, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).copy()
    windows[:, reach - 1 : reach + 2] = np.nan
    # Without this, a place that has no neighbours at all would raise a warning.
    lonely = np.isnan(windows).all(axis=1)
    windows[lonely] = 0
    return np.asarray(np.nanmedian(windows, axis=1), np.float32)


def middle(values: NDArray[Any]) -> Any:
    """The median of a row of numbers, for where it is asked often and numpy's own checks would cost more."""
    half = len(values) // 2
    parted = np.partition(values, half)
    return parted[half] if len(values) % 2 else (parted[:half].max() + parted[half]) / 2


def moving_mean(values: NDArray[np.floating], span: int) -> NDArray[np.float64]:
    """Means over windows of `span` that lie inside; shorter than the row by `span` - 1."""
    # Of a clip of less than a frame a second, a stretch can be shorter than a frame.
    span = max(1, span)
    sums = np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))
    return np.asarray((sums[span:] - sums[:-span]) / span, np.float64)


def smoothed(values: NDArray[np.floating], span: int) -> NDArray[np.float64]:
    """The running mean over an odd span, as long as the row; the ends are held."""
    return moving_mean(np.pad(values, span // 2, mode="edge"), span)


def likeness(first: NDArray[np.generic], second: NDArray[np.generic]) -> float:
    """The normalised correlation of two pictures, -1 to 1; 1 for two plain ones of the same level."""
    one = first.astype(np.float32) - first.mean(dtype=np.float32)
    other = second.astype(np.float32) - second.mean(dtype=np.float32)
    power = float(np.sqrt((one * one).sum() * (other * other).sum()))
    if power > 1e-3:
        return float((one * other).sum() / power)
    return 1.0 if abs(float(first.mean()) - float(second.mean())) < 1 else 0.0
