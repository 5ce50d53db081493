"""Pictures as a CLIP model wants them, by its own `preprocessor_config.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from jobs.quality.clip_folder import ClipUnavailable

Picture = NDArray[np.uint8]
Numbers = NDArray[np.float64]


def _triangle(x: Numbers) -> Numbers:
    slope: Numbers = np.clip(1 - np.abs(x), 0, None)
    return slope


def _cubic(x: Numbers) -> Numbers:
    """Keys' cubic with a = -0.5, the one that image libraries call bicubic when they reduce."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


# The numbers that the file uses for a way to resize: the kernel and how far it reaches.
_KERNELS: Final[Mapping[int, tuple[Callable[[Numbers], Numbers], float]]] = {
    2: (_triangle, 1.0),
    3: (_cubic, 2.0),
}


def prepare(frames: Sequence[Picture], told: Mapping[str, Any]) -> NDArray[np.float32]:
    """RGB frames as one batch of (frame, channel, row, column), resized, cropped and normalised.

    Raises ClipUnavailable where the file asks for what cannot be done.
    """
    try:
        return np.stack([_one(frame, told) for frame in frames])
    except (KeyError, TypeError, ValueError) as error:
        raise ClipUnavailable(
            "The CLIP model's preprocessor_config.json does not say how to prepare a picture."
        ) from error


def _one(frame: Picture, told: Mapping[str, Any]) -> NDArray[np.float32]:
    picture = frame
    if told.get("do_resize", True):
        picture = resize(frame, *_size(frame, told["size"]), int(told.get("resample", 3)))
    if told.get("do_center_crop", True):
        picture = _crop(picture, *_sides(told.get("crop_size", told.get("size"))))
    values = picture.astype(np.float32)
    if told.get("do_rescale", True):
        values *= np.float32(told.get("rescale_factor", 1 / 255))
    if told.get("do_normalize", True):
        values -= np.asarray(told["image_mean"], np.float32)
        values /= np.asarray(told["image_std"], np.float32)
    return np.ascontiguousarray(values.transpose(2, 0, 1))


def _size(frame: Picture, wanted: Any) -> tuple[int, int]:
    """Height and width to resize to: `shortest_edge` keeps the shape, a height and a width do not."""
    if isinstance(wanted, Mapping) and "shortest_edge" not in wanted:
        return _sides(wanted)
    short = int(wanted["shortest_edge"] if isinstance(wanted, Mapping) else wanted)
    height, width = frame.shape[:2]
    if width <= height:
        return short * height // width, short
    return short, short * width // height


def _sides(wanted: Any) -> tuple[int, int]:
    if isinstance(wanted, Mapping):
        if "shortest_edge" in wanted:
            return int(wanted["shortest_edge"]), int(wanted["shortest_edge"])
        return int(wanted["height"]), int(wanted["width"])
    return int(wanted), int(wanted)


def _crop(picture: Picture, height: int, width: int) -> Picture:
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    if top < 0 or left < 0:
        raise ValueError("the crop is larger than the picture")
    return picture[top : top + height, left : left + width]


def resize(picture: Picture, height: int, width: int, way: int) -> Picture:
    """Resize with the kernel stretched when it reduces, so that nothing flickers in fine patterns."""
    if picture.shape[:2] == (height, width):
        return picture
    if way not in _KERNELS:
        raise ValueError(f"no way {way} to resize")
    down = _weights(picture.shape[0], height, way)
    across = _weights(picture.shape[1], width, way)
    # Rounded between the two passes, as the libraries do that the models were trained with.
    narrow = _grey_levels(np.einsum("ow,hwc->hoc", across, picture, optimize=True))
    return _grey_levels(np.einsum("oh,hwc->owc", down, narrow, optimize=True))


def _grey_levels(values: Numbers) -> Picture:
    return np.clip(np.floor(values + 0.5), 0, 255).astype(np.uint8)


def _weights(old: int, new: int, way: int) -> Numbers:
    """What every old line gives to every new one; each new line's weights add up to 1."""
    kernel, reach = _KERNELS[way]
    scale = max(old / new, 1.0)
    middles = (np.arange(new) + 0.5) * old / new
    first = np.floor(middles - reach * scale + 0.5).clip(0)
    last = np.floor(middles + reach * scale + 0.5).clip(None, old)
    lines = np.arange(old)
    inside = (lines >= first[:, None]) & (lines < last[:, None])
    weights = kernel((lines + 0.5 - middles[:, None]) / scale) * inside
    shares: Numbers = weights / weights.sum(axis=1, keepdims=True)
    return shares
