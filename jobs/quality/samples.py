"""The copies that one decode pass takes of a clip, so that no native frame is kept.

All measures but those of fine detail work on a grey copy of 320 pixels on the long side. That copy is handed
on and let go: what has to be known of every frame is kept as small pictures and as figures, so that memory
hardly grows with the length of a clip.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from jobs.quality.detail import Detail, look_at
from jobs.quality.flow import Flow, FlowPass
from jobs.quality.levels import Levels, LevelWatch

Grey = NDArray[np.uint8]

GREY_SIDE = 320
SMALL_WIDTH, SMALL_HEIGHT = 32, 18
QUARTER = 4
FACE_SIDE, FACE_HZ = 480, 6.0
DETAIL_HZ = 2.0
CLIP_SIDE, CLIP_FRAMES = 224, 8
_SOON_S = 1e-6


@dataclass(frozen=True, kw_only=True)
class Samples:
    """What the decode pass kept: one row per frame in `times` (s), `small` (RGB, 32x18), `quarters` (the grey
    copy at a quarter of its size) and `levels`, one per new picture in `flow`; `details` twice a second,
    `face_frames` six times a second with their second; `clip_frames` evenly spread, only when asked for.
    """

    fps: float
    width: int
    height: int
    times: NDArray[np.float64]
    small: NDArray[np.uint8]
    quarters: NDArray[np.uint8]
    levels: Levels
    flow: Flow
    details: tuple[Detail, ...]
    face_frames: tuple[tuple[float, Grey], ...]
    clip_frames: tuple[NDArray[np.uint8], ...] = ()


class Sampler:
    """Takes its copies frame by frame; `see` is called once for each frame in the order they are shown.

    `fps` is what the file says and serves until the frames' own times are known; `duration_s` spreads the
    frames for the prompt match, which are taken only with `clip_frames`.
    """

    def __init__(self, width: int, height: int, fps: float, duration_s: float, clip_frames: bool) -> None:
        self._size = width, height
        self._fps, self._duration_s, self._wants_clip_frames = fps, duration_s, clip_frames
        scale = min(1.0, GREY_SIDE / max(width, height))
        self._grey_size = _even(width * scale, 20), _even(height * scale, 20)
        self._scalers = {name: VideoReformatter() for name in ("colour", "grey", "small", "face", "clip")}
        self._levels, self._flow = LevelWatch(), FlowPass(*self._grey_size, fps)
        self._times: list[float] = []
        self._small: list[NDArray[np.uint8]] = []
        self._quarters: list[Grey] = []
        self._details: list[Detail] = []
        self._face_frames: list[tuple[float, Grey]] = []
        self._clip_frames: list[NDArray[np.uint8]] = []
        self._next_detail_s = self._next_face_s = float("-inf")

    def see(self, frame: av.VideoFrame, at_s: float) -> Grey:
        """Take one frame in, shown at a second of the clip; gives its grey copy of 320 pixels."""
        copy = self._scaled("colour", frame, self._grey_size, "yuv420p")
        grey = self._pixels("grey", copy, self._grey_size, "gray")
        self._small.append(self._pixels("small", copy, (SMALL_WIDTH, SMALL_HEIGHT), "rgb24"))
        self._quarters.append(quarter_of(grey))
        self._times.append(at_s)
        self._flow.see(grey, repeated=self._levels.see(grey))
        if at_s + _SOON_S >= self._next_detail_s:
            self._details.append(look_at(native_luma(frame), at_s))
            self._next_detail_s = at_s + 1 / DETAIL_HZ
        if at_s + _SOON_S >= self._next_face_s:
            self._face_frames.append((at_s, self._pixels("face", frame, self._face_size(), "gray")))
            self._next_face_s = at_s + 1 / FACE_HZ
        if self._wants_clip_frames:
            self._take_clip_frame(frame, at_s)
        return grey

    def samples(self) -> Samples:
        """Everything taken. Needs one frame at least."""
        times = np.array(self._times, np.float64)
        return Samples(
            fps=_rate(times, self._fps),
            width=self._size[0],
            height=self._size[1],
            times=times,
            small=np.stack(self._small),
            quarters=np.stack(self._quarters),
            levels=self._levels.levels(),
            flow=self._flow.flow(),
            details=tuple(self._details),
            face_frames=tuple(self._face_frames),
            clip_frames=tuple(self._clip_frames),
        )

    def _take_clip_frame(self, frame: av.VideoFrame, at_s: float) -> None:
        step = self._duration_s / CLIP_FRAMES
        if len(self._clip_frames) >= CLIP_FRAMES or at_s + _SOON_S < (len(self._clip_frames) + 0.5) * step:
            return
        scale = CLIP_SIDE / min(self._size)
        width, height = (max(CLIP_SIDE, round(side * scale)) for side in self._size)
        self._clip_frames.append(self._pixels("clip", frame, (width, height), "rgb24", "BICUBIC"))

    def _face_size(self) -> tuple[int, int]:
        scale = min(1.0, FACE_SIDE / max(self._size))
        return _even(self._size[0] * scale, 2), _even(self._size[1] * scale, 2)

    def _scaled(
        self, name: str, frame: av.VideoFrame, size: tuple[int, int], form: str, how: str = "AREA"
    ) -> av.VideoFrame:
        return self._scalers[name].reformat(
            frame, size[0], size[1], format=form, interpolation=how, threads=1
        )

    def _pixels(
        self, name: str, frame: av.VideoFrame, size: tuple[int, int], form: str, how: str = "AREA"
    ) -> NDArray[np.uint8]:
        return self._scaled(name, frame, size, form, how).to_ndarray().astype(np.uint8, copy=False)


def quarter_of(grey: Grey) -> Grey:
    """The grey copy at a quarter of its size: fine grain falls out, shapes stay."""
    height, width = grey.shape
    small = cv2.resize(grey, (width // QUARTER, height // QUARTER), interpolation=cv2.INTER_AREA)
    return small.astype(np.uint8, copy=False)


def native_luma(frame: av.VideoFrame) -> Grey:
    """The brightness plane at full size; of the usual 8-bit formats without a copy."""
    if frame.format.name not in {"yuv420p", "yuvj420p", "yuv422p", "yuv444p", "nv12"}:
        return frame.to_ndarray(format="gray").astype(np.uint8, copy=False)
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)
    luma: Grey = rows[:, : plane.width]
    return luma


def _even(side: float, least: int) -> int:
    return max(least, round(side / 2) * 2)


def _rate(times: NDArray[np.float64], told: float) -> float:
    """Frames per second by the commonest distance between frames: a header's average can be anything."""
    if len(times) < 3:
        return told
    step = float(np.median(np.diff(times)))
    return 1 / step if step > 0 else told
