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
        rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
        self._rows, self._columns = rows, columns
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
        across, down = motion[..., 0], motion[..., 1]
        lengths = cv2.magnitude(across, down).ravel()
        most = max(1, lengths.size // 20)
        residual, gain = self._unexplained(before, smooth, across, down)
        camera, rigid = self._fit.fit(motion)
        blocks = _in_blocks(residual)
        return _Row(
            frame=frame,
            residual=float(residual.mean()),
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

    def _unexplained(self, before: Grey, smooth: Grey, across: Floats, down: Floats) -> tuple[Grey, float]:
        """What is left when the frame before is moved along and its light matched; and the light's ratio."""
        height, width = self._shape
        from_x, from_y = self._columns + across, self._rows + down
        moved: cv2.typing.MatLike = cv2.remap(
            before, from_x, from_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        gain = _gain(smooth[::6, ::6].astype(np.float32), moved[::6, ::6].astype(np.float32))
        if abs(gain - 1) > 0.01 and 0.5 < gain < 2:
            moved = cv2.convertScaleAbs(moved, alpha=gain, beta=_DARK * gain - _DARK)
        left = cv2.erode(cv2.absdiff(smooth, moved), np.ones((2, 2), np.uint8))
        # What has just come into view has nothing to be compared with.
        left[(from_x < 1) | (from_x > width - 2) | (from_y < 1) | (from_y > height - 2)] = 0
        return np.asarray(left, np.uint8), gain

    def _off_the_middle(self, earlier: Grey, middle: Grey, after: Grey) -> float:
        """How far a frame is from what its neighbours foretell halfway between them, in levels."""
        half = self._flow.calc(after, earlier, None) / 2  # type: ignore[call-overload]
        across, down = half[..., 0], half[..., 1]
        edge = cv2.BORDER_REPLICATE
        first = cv2.remap(
            earlier, self._columns + across, self._rows + down, cv2.INTER_LINEAR, borderMode=edge
        )
        second = cv2.remap(
            after, self._columns - across, self._rows - down, cv2.INTER_LINEAR, borderMode=edge
        )
        between = cv2.addWeighted(first, 0.5, second, 0.5, 0)
        return float(cv2.norm(middle, between, cv2.NORM_L1)) / after.size


class CameraFit:
    """A shift, growth and turn of the whole picture, fitted so that what moves on its own weighs little."""

    def __init__(self, width: int, height: int) -> None:
        rows, columns = np.mgrid[_BORDER : height - _BORDER : _GRID, _BORDER : width - _BORDER : _GRID]
        self._at = rows, columns
        self._x = (columns - width / 2).ravel().astype(np.float64)
        self._y = (rows - height / 2).ravel().astype(np.float64)
        part_x = (np.arange(COLUMNS) + 0.5) * width / COLUMNS - width / 2
        part_y = (np.arange(ROWS) + 0.5) * height / ROWS - height / 2
        self._part_x, self._part_y = np.meshgrid(part_x, part_y)

    def fit(self, motion: Floats) -> tuple[Floats, float]:
        """Shift right, shift down, growth, turn; and the share of the picture within a pixel of it."""
        found = motion[self._at].astype(np.float64)
        across, down = found[..., 0].ravel(), found[..., 1].ravel()
        weight = np.ones(len(across))
        solved = np.zeros(4)
        off = np.zeros(len(across))
        for _ in range(3):
            solved = self._solve(across, down, weight)
            x, y = self._moved(solved)
            off = np.hypot(across - x, down - y)
            weight = 1 / (1 + (off / (np.median(off) * 1.5 + 0.05)) ** 2) ** 2
        return solved.astype(np.float32), float((off < 1.0).mean())

    def rest(self, motion: Floats, camera: Floats) -> Floats:
        """The motion that the camera does not explain, in 16x9 parts."""
        parts = np.asarray(cv2.resize(motion, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)
        across, down, growth, turn = (float(value) for value in camera)
        parts[..., 0] -= across + growth * self._part_x - turn * self._part_y
        parts[..., 1] -= down + growth * self._part_y + turn * self._part_x
        return parts

    def _moved(self, solved: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        across, down, growth, turn = solved
        return across + growth * self._x - turn * self._y, down + growth * self._y + turn * self._x

    def _solve(
        self, across: NDArray[np.float64], down: NDArray[np.float64], weight: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Weighted least squares of the four figures, by its normal equations."""
        x, y, whole = self._x, self._y, weight.sum()
        sum_x, sum_y, square = weight @ x, weight @ y, weight @ (x * x + y * y)
        left = np.array(
            [
                [whole, 0, sum_x, -sum_y],
                [0, whole, sum_y, sum_x],
                [sum_x, sum_y, square, 0],
                [-sum_y, sum_x, 0, square],
            ]
        )
        right = np.array(
            [
                weight @ across,
                weight @ down,
                weight @ (x * across + y * down),
                weight @ (x * down - y * across),
            ]
        )
        return np.asarray(np.linalg.solve(left + np.eye(4) * 1e-9, right), np.float64)


def _in_the_light_of(after: Grey, before: Grey) -> Grey:
    """The earlier picture in the light of the later one, where light alone tells most of it apart."""
    ratios = (after[::6, ::6] + np.float32(_DARK)) / (before[::6, ::6] + np.float32(_DARK))
    gain = float(np.median(ratios))
    alike = np.abs(ratios / gain - 1) < _SAME_LIGHT
    if abs(gain - 1) < _NO_CHANGE or alike.mean() < _MOST:
        return before
    gain = float(ratios[alike].mean())
    return np.asarray(cv2.convertScaleAbs(before, alpha=gain, beta=_DARK * gain - _DARK), np.uint8)


def _gain(after: Floats, before: Floats) -> float:
    """The ratio of light between two pictures of the same, by those parts that agree on it."""
    ratios = (after + _DARK) / (before + _DARK)
    typical = float(np.median(ratios))
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
