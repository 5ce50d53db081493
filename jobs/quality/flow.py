"""How the picture moves from frame to frame: dense optical flow on the grey copy, reduced to figures as the
frames go by.

The flow is DIS (Kroeger et al. 2016, "Fast Optical Flow using Dense Inverse Search", as in OpenCV). The copy
is blurred first: without that, fine texture that is sampled anew in each frame hides everything else.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from jobs.quality.series import middle

Grey = NDArray[np.uint8]
Floats = NDArray[np.float32]

# More than this many times a second motion is not looked at: a clip of 60 frames is taken every second one.
_MOST_HZ = 31.0
BLOCK = 10
COLUMNS, ROWS = 16, 9
_GRID, _BORDER = 12, 8
_SMOOTHNESS_EVERY = 8
_DARK = 8.0
_SAME_LIGHT, _NO_CHANGE, _MOST = 0.03, 0.003, 0.6


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One row per frame that shows something new, `frames` their places in the clip. The first, and one after
    a gap, has NaN: it has nothing to be compared with.

    `residual` is what the motion does not explain, mean in levels, and `maps` the same in blocks of 10x10
    pixels. `liveliest` is the mean length of the largest twentieth of the flow, pixels of the copy. `camera`
    is the motion of the whole: shift right and down (pixels), growth and turn (per pixel from the middle);
    `rigid` the share of the picture that follows it within a pixel. `local` is the rest of the motion and
    `textured` where there is enough to see it, both in 16x9 parts. `gain` is the light against the frame
    before, after the motion. `smoothness` are differences from the frame in between as its neighbours
    foretell it, in levels.
    """

    width: int
    height: int
    frames: NDArray[np.int64]
    residual: Floats
    maps: NDArray[np.float16]
    liveliest: Floats
    camera: Floats
    rigid: Floats
    local: Floats
    textured: NDArray[np.bool_]
    gain: Floats
    smoothness: Floats

    def hottest(self, row: int) -> tuple[float, float]:
        """The middle of the block that the motion explains least, 0 to 1 from the left and from the top."""
        rows, columns = self.maps.shape[1:]
        down, right = divmod(int(self.maps[row].argmax()), columns)
        return round((right + 0.5) / columns, 2), round((down + 0.5) / rows, 2)


@dataclass(frozen=True, kw_only=True)
class _Row:
    frame: int
    residual: float
    map: NDArray[np.float16]
    liveliest: float
    camera: Floats
    rigid: float
    local: Floats
    textured: NDArray[np.bool_]
    gain: float


class FlowPass:
    """Follows the motion through a clip; holds three pictures and one row of figures per frame."""

    def __init__(self, width: int, height: int, fps: float) -> None:
        self._shape = height, width
        self._every = max(1, int(np.ceil(fps / _MOST_HZ)))
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(1)
        # Each pixel's own place, right and down, as `cv2.remap` takes it.
        self._places = np.ascontiguousarray(np.mgrid[0:height, 0:width][::-1].transpose(1, 2, 0), np.float32)
        self._fit = CameraFit(width, height)
        self._count = 0
        self._before: Grey | None = None
        self._earlier: Grey | None = None
        self._found: list[_Row] = []
        self._smoothness: list[float] = []

    def see(self, grey: Grey, *, repeated: bool) -> None:
        """Take one frame in; one that repeats the frame before shows no motion and is passed over."""
        frame, self._count = self._count, self._count + 1
        if self._before is not None and (repeated or frame % self._every):
            return
        smooth = np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8)
        self._found.append(self._row(frame, self._before, smooth))
        if (
            self._earlier is not None
            and self._before is not None
            and len(self._found) % _SMOOTHNESS_EVERY == 0
        ):
            self._smoothness.append(self._off_the_middle(self._earlier, self._before, smooth))
        self._earlier, self._before = self._before, smooth

    def flow(self) -> Flow:
        """Everything seen. Needs one frame at least."""
        found = self._found
        height, width = self._shape

        def floats(name: str) -> Floats:
            return np.array([getattr(row, name) for row in found], np.float32)

        return Flow(
            width=width,
            height=height,
            frames=np.array([row.frame for row in found], np.int64),
            residual=floats("residual"),
            maps=np.stack([row.map for row in found]),
            liveliest=floats("liveliest"),
            camera=floats("camera"),
            rigid=floats("rigid"),
            local=floats("local"),
            textured=np.stack([row.textured for row in found]),
            gain=floats("gain"),
            smoothness=np.array(self._smoothness, np.float32),
        )

    def _row(self, frame: int, before: Grey | None, smooth: Grey) -> _Row:
        textured = _textured(smooth)
        if before is None:
            return self._nothing_before(frame, textured)
        # On a bare gradient a change of light looks like motion, so the light is matched first.
        motion = self._flow.calc(smooth, _in_the_light_of(smooth, before), None)  # type: ignore[call-overload]
        lengths = cv2.magnitude(*cv2.split(motion)).ravel()
        most = max(1, lengths.size // 20)
        residual, gain = self._unexplained(before, smooth, motion)
        camera, rigid = self._fit.fit(motion)
        blocks = _in_blocks(residual)
        return _Row(
            frame=frame,
            residual=cv2.mean(residual)[0],
            map=blocks.astype(np.float16),
            liveliest=float(np.partition(lengths, -most)[-most:].mean()),
            camera=camera,
            rigid=rigid,
            local=self._fit.rest(motion, camera),
            textured=textured,
            gain=gain,
        )

    def _nothing_before(self, frame: int, textured: NDArray[np.bool_]) -> _Row:
        height, width = self._shape
        nan = float("nan")
        return _Row(
            frame=frame,
            residual=nan,
            map=np.zeros((height // BLOCK, width // BLOCK), np.float16),
            liveliest=nan,
            camera=np.full(4, nan, np.float32),
            rigid=nan,
            local=np.full((ROWS, COLUMNS, 2), nan, np.float32),
            textured=textured,
            gain=nan,
        )

    def _unexplained(self, before: Grey, smooth: Grey, motion: Floats) -> tuple[Grey, float]:
        """What is left when the frame before is moved along and its light matched; and the light's ratio."""
        height, width = self._shape
        came_from = self._places + motion
        moved = _moved(before, came_from)
        gain = _gain(smooth[::6, ::6].astype(np.float32), moved[::6, ::6].astype(np.float32))
        if abs(gain - 1) > 0.01 and 0.5 < gain < 2:
            moved = np.asarray(cv2.convertScaleAbs(moved, alpha=gain, beta=_DARK * gain - _DARK), np.uint8)
        left = cv2.erode(cv2.absdiff(smooth, moved), np.ones((2, 2), np.uint8))
        # What has just come into view has nothing to be compared with.
        in_view = cv2.inRange(came_from, (1, 1), (width - 2, height - 2))
        return np.asarray(cv2.bitwise_and(left, in_view), np.uint8), gain

    def _off_the_middle(self, earlier: Grey, between: Grey, after: Grey) -> float:
        """How far a frame is from what its neighbours foretell halfway between them, in levels."""
        half = self._flow.calc(after, earlier, None) / 2  # type: ignore[call-overload]
        foretold = cv2.addWeighted(
            _moved(earlier, self._places + half), 0.5, _moved(after, self._places - half), 0.5, 0
        )
        return float(cv2.norm(between, foretold, cv2.NORM_L1)) / after.size


class CameraFit:
    """A shift, growth and turn of the whole picture, fitted so that what moves on its own weighs little."""

    def __init__(self, width: int, height: int) -> None:
        self._at = slice(_BORDER, height - _BORDER, _GRID), slice(_BORDER, width - _BORDER, _GRID)
        rows, columns = np.mgrid[self._at]
        self._x = (columns - width / 2).ravel()
        self._y = (rows - height / 2).ravel()
        self._known = np.stack([np.ones(self._x.size), self._x, self._y, self._x**2 + self._y**2])
        part_x = (np.arange(COLUMNS) + 0.5) * width / COLUMNS - width / 2
        part_y = (np.arange(ROWS) + 0.5) * height / ROWS - height / 2
        self._part_x, self._part_y = np.meshgrid(part_x, part_y)

    def fit(self, motion: Floats) -> tuple[Floats, float]:
        """Shift right, shift down, growth, turn; and the share of the picture within a pixel of it."""
        found = motion[self._at].reshape(-1, 2).T.astype(np.float64)
        across, down = found
        x, y = self._x, self._y
        sought = np.stack([across, down, x * across + y * down, x * down - y * across])
        solved = self._solved(sought, np.ones(x.size))
        for _ in range(2):
            off = self._off(found, solved)
            weight = 1 / (1 + (off / (middle(off) * 1.5 + 0.05)) ** 2) ** 2
            solved = self._solved(sought, weight)
        return np.array(solved, np.float32), float((self._off(found, solved) < 1.0).mean())

    def rest(self, motion: Floats, camera: Floats) -> Floats:
        """The motion that the camera does not explain, in 16x9 parts."""
        parts = np.asarray(cv2.resize(motion, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)
        across, down, growth, turn = (float(value) for value in camera)
        parts[..., 0] -= across + growth * self._part_x - turn * self._part_y
        parts[..., 1] -= down + growth * self._part_y + turn * self._part_x
        return parts

    def _off(self, found: NDArray[np.float64], solved: tuple[float, ...]) -> NDArray[np.float64]:
        """How far the motion found at each place is from that of the whole, in pixels."""
        across, down, growth, turn = solved
        right = found[0] - across - growth * self._x + turn * self._y
        below = found[1] - down - growth * self._y - turn * self._x
        return np.asarray(np.sqrt(right * right + below * below), np.float64)

    def _solved(self, sought: NDArray[np.float64], weight: NDArray[np.float64]) -> tuple[float, ...]:
        """Weighted least squares of the four figures, by its normal equations."""
        whole, sum_x, sum_y, square = (float(value) for value in self._known @ weight)
        right, down, grown, turned = (float(value) for value in sought @ weight)
        spread = square - (sum_x**2 + sum_y**2) / whole + 1e-9
        growth = (grown - (sum_x * right + sum_y * down) / whole) / spread
        turn = (turned - (sum_x * down - sum_y * right) / whole) / spread
        across = (right - sum_x * growth + sum_y * turn) / whole
        return across, (down - sum_y * growth - sum_x * turn) / whole, growth, turn


def _moved(picture: Grey, came_from: Floats) -> Grey:
    """A picture each of whose pixels comes from another place of it; its edges go on outside."""
    moved = cv2.remap(picture, came_from, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(moved, np.uint8)


def _in_the_light_of(after: Grey, before: Grey) -> Grey:
    """The earlier picture in the light of the later one, where light alone tells most of it apart."""
    ratios = (after[::6, ::6] + np.float32(_DARK)) / (before[::6, ::6] + np.float32(_DARK))
    gain = float(middle(ratios.ravel()))
    alike = np.abs(ratios / gain - 1) < _SAME_LIGHT
    if abs(gain - 1) < _NO_CHANGE or alike.mean() < _MOST:
        return before
    gain = float(ratios[alike].mean())
    return np.asarray(cv2.convertScaleAbs(before, alpha=gain, beta=_DARK * gain - _DARK), np.uint8)


def _gain(after: Floats, before: Floats) -> float:
    """The ratio of light between two pictures of the same, by those parts that agree on it."""
    ratios = (after + _DARK) / (before + _DARK)
    typical = float(middle(ratios.ravel()))
    agreeing = ratios[np.abs(ratios - typical) < 0.1]
    return float(agreeing.mean()) if agreeing.size else typical


def _textured(smooth: Grey) -> NDArray[np.bool_]:
    fine = cv2.convertScaleAbs(cv2.Laplacian(smooth, cv2.CV_16S)).astype(np.float32)
    means = np.asarray(cv2.resize(fine, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA))
    return np.asarray(means > 1.0, np.bool_)


def _in_blocks(residual: Grey) -> Floats:
    """Means over blocks of 10x10; the outermost say nothing, since the picture is entered there."""
    rows, columns = residual.shape[0] // BLOCK, residual.shape[1] // BLOCK
    means = np.asarray(
        cv2.resize(residual.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA), np.float32
    )
    means[[0, -1]] = 0
    means[:, [0, -1]] = 0
    return means
