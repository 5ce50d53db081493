"""From a plan to a file: H.264 in MP4 with the index in front, the way the vendors deliver."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from providers.sandbox.picture.compose import Composer, times
from providers.sandbox.picture.plan import ScenePlan
from providers.sandbox.picture.source import footage, still
from providers.sandbox.picture.stage import View

Told = Callable[[float], None]
# Without the look ahead and its macroblock tree: with them, x264 was seen to encode the very same frames to
# different bytes now and then, and a sandbox must be repeatable.
_OPTIONS: dict[str, object] = {
    "preset": "veryfast",
    "crf": "21",
    "x264-params": "threads=1:sync-lookahead=0:rc-lookahead=0:mbtree=0",
}


def render(
    plan: ScenePlan,
    target: Path,
    told: Told | None = None,
    *,
    image: Path | None = None,
    video: Path | None = None,
) -> None:
    """Write the clip to `target`; `told` hears the share that is done, 0 to 1.

    `image` is a first frame to start from, `video` a clip to make over; both are files.
    """
    # A reader never meets half a file: it gets its name when it is whole.
    part = target.with_suffix(".part")
    frames = _from_video(plan, video) if video else _composed(plan, image)
    with av.open(str(part), "w", format="mp4", options={"movflags": "+faststart"}) as output:
        stream = output.add_stream("libx264", rate=plan.fps)
        stream.width, stream.height, stream.pix_fmt = plan.width, plan.height, "yuv420p"
        stream.options = {**_OPTIONS}
        # Encoding on several threads would make the bytes depend on the machine.
        stream.codec_context.thread_count = 1
        stream.codec_context.color_range, stream.codec_context.colorspace = 1, 1
        stream.codec_context.color_primaries, stream.codec_context.color_trc = 1, 1
        for number, frame in enumerate(frames):
            frame.pts = number
            output.mux(stream.encode(frame))
            if told and number % 6 == 0:
                told(number / plan.frames)
        output.mux(stream.encode())
    os.replace(part, target)


def _composed(plan: ScenePlan, image: Path | None) -> Iterator[av.VideoFrame]:
    composer = Composer(plan, still(image) if image else None)
    lens = _Lens(plan)
    for index, (number, moment, thrown) in enumerate(times(plan)):
        view, zoom = composer.frame(number, moment, thrown)
        yield lens.see(_spoilt(plan, view, index), zoom, index)


def _from_video(plan: ScenePlan, video: Path) -> Iterator[av.VideoFrame]:
    """The source again, in the asked size, with the light of the plan and its faults."""
    lens = _Lens(plan)
    gain = {"night": 0.5, "dark": 0.62, "dusk": 0.78, "bright": 1.14}.get(plan.light, 1.0)
    for index, view in enumerate(footage(video, plan.width, plan.height, plan.frames, plan.fps)):
        scale = np.clip((np.arange(256) - 16) * gain + 16, 16, 235).astype(np.uint8)
        yield lens.see(_spoilt(plan, (scale[view[0]], view[1], view[2]), index), 1.0, index)


def _spoilt(plan: ScenePlan, view: View, index: int) -> View:
    """Faults of light: black stretches and flicker."""
    seconds = index / plan.fps
    for fault in plan.faults:
        if not fault.start_s <= seconds < fault.end_s:
            continue
        if fault.kind == "black":
            view[0][...], view[1][...], view[2][...] = 16, 128, 128
        elif fault.kind == "flicker":
            gain = 1 + (0.09 if index % 2 else -0.07)
            table = np.clip((np.arange(256) - 16) * gain + 16, 16, 235).astype(np.uint8)
            view[0][...] = table[view[0]]
    return view


class _Lens:
    """Crops for the zoom, enlarges to the asked size, and blurs where that is the fault."""

    def __init__(self, plan: ScenePlan) -> None:
        self.plan = plan
        self.blurs = [fault for fault in plan.faults if fault.kind == "blur"]
        self.scaler = VideoReformatter()

    def see(self, view: View, zoom: float, index: int) -> av.VideoFrame:
        width, height = self.plan.width, self.plan.height
        if zoom < 1.0:
            view = _cropped(view, zoom)
        frame = _frame(view)
        seconds = index / self.plan.fps
        if any(fault.start_s <= seconds < fault.end_s for fault in self.blurs):
            frame = self.scaler.reformat(
                frame, max(16, width // 22 * 2), max(16, height // 22 * 2), interpolation="AREA"
            )
        if (frame.width, frame.height) != (width, height):
            frame = self.scaler.reformat(frame, width, height, interpolation="BILINEAR")
        return frame


def _cropped(view: View, share: float) -> View:
    height, width = view[0].shape
    rows, columns = round(height * share / 4) * 4, round(width * share / 4) * 4
    top, left = (height - rows) // 4 * 2, (width - columns) // 4 * 2
    first, second, third = (
        plane[top // half : (top + rows) // half, left // half : (left + columns) // half]
        for plane, half in zip(view, (1, 2, 2), strict=True)
    )
    return first, second, third


def _frame(view: View) -> av.VideoFrame:
    height, width = view[0].shape
    flat = np.concatenate([np.ascontiguousarray(plane).reshape(-1) for plane in view])
    frame = av.VideoFrame.from_ndarray(flat.reshape(height * 3 // 2, width), format="yuv420p")
    frame.colorspace, frame.color_range = 1, 1
    return frame
