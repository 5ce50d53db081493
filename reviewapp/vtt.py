"""A filmstrip's index as WebVTT, which players read to show a picture of the moment under the pointer."""

from __future__ import annotations

from typing import Final

from reviewapp.models import Clip

TILE_WIDTH: Final = 160
TILE_HEIGHT: Final = 90


def index_of(clip: Clip) -> str:
    """One cue for each tile: the seconds it stands for, and where it lies in the picture beside this file."""
    step = clip.duration_s / clip.filmstrip_tiles
    cues = [
        f"{_clock(tile * step)} --> {_clock((tile + 1) * step)}\n"
        f"filmstrip.jpg#xywh={tile * TILE_WIDTH},0,{TILE_WIDTH},{TILE_HEIGHT}\n"
        for tile in range(clip.filmstrip_tiles)
    ]
    return "\n".join(["WEBVTT\n", *cues])


def _clock(seconds: float) -> str:
    thousandths = round(seconds * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
