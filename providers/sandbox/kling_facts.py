"""What Kling's models take and cost, as its pages say it; held against the catalogue by a test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

HD, FULL, ULTRA = "720p", "1080p", "4k"
ASPECTS = ("16:9", "9:16", "1:1")
PIXELS = {HD: 1280 * 720, FULL: 1920 * 1080, ULTRA: 3840 * 2160}
MODE_TIERS = {"std": HD, "pro": FULL, "4k": ULTRA}
LONG = range(3, 16)
SHORT = (5, 10)
TEXT, IMAGE, OMNI = "text-to-video", "image-to-video", "omni-video"
TEXT2, IMAGE2, MULTI2 = "text2video", "image2video", "multi-image2video"


@dataclass(frozen=True)
class Facts:
    """One model. `units` are hundredths of a unit for each second by resolution: silent, with sound, with a
    clip to edit; None where it is not made. `kinds` are the parts of the path under which it is reached.
    """

    kinds: tuple[str, ...]
    units: Mapping[str, tuple[int, int | None, int | None]]
    seconds: range | tuple[int, ...] = SHORT
    limit: int = 2500
    audio: tuple[str, ...] = ()
    multi_shot: bool = False
    last_frame: tuple[str, ...] = ()
    last_alone: bool = False
    last_silent: bool = False
    last_seconds: tuple[int, ...] = ()
    last_bare: bool = False
    cfg_scale: bool = False
    modes: tuple[str, ...] = field(default=("std", "pro"))
    # Of a model with one resolution only, whatever the mode says.
    only: str = ""


_V3 = {HD: (60, 90, None), FULL: (80, 120, None), ULTRA: (300, 300, None)}
_26 = {HD: (30, None, None), FULL: (50, 100, None)}
_25 = {HD: (30, None, None), FULL: (50, None, None)}
_OLD = {HD: (40, None, None), FULL: (70, None, None)}

NEW: dict[str, Facts] = {
    "kling-3.0": Facts(
        (TEXT, IMAGE), _V3, LONG, 3072, ("native", "off"), multi_shot=True, last_frame=(HD, FULL, ULTRA)
    ),
    "kling-3.0-turbo": Facts((TEXT, IMAGE), {HD: (80, 80, None), FULL: (100, 100, None)}, LONG),
    "kling-3.0-omni": Facts(
        (OMNI,),
        {HD: (60, 80, 90), FULL: (80, 100, 120), ULTRA: (300, 300, 300)},
        LONG,
        3072,
        ("native", "original", "off"),
        multi_shot=True,
        last_frame=(HD, FULL, ULTRA),
    ),
    "kling-o1": Facts(
        (OMNI,),
        {HD: (60, None, 90), FULL: (80, None, 120)},
        range(3, 11),
        audio=("original", "off"),
        last_frame=(HD, FULL),
        last_bare=True,
    ),
    "kling-2.6": Facts((TEXT, IMAGE), _26, audio=("native", "off"), last_frame=(FULL,), last_silent=True),
    "kling-2.5-turbo": Facts((TEXT, IMAGE), _25, last_frame=(FULL,)),
}
# The names of the newer standard that the service also answers to.
ALIASES = {"kling-v3-omni": "kling-3.0-omni"}
LEGACY: dict[str, Facts] = {
    "kling-v1": Facts((TEXT2, IMAGE2), {HD: (20, None, None)}, last_frame=(HD,), last_seconds=(5,), only=HD),
    "kling-v1-5": Facts((IMAGE2,), _OLD, last_frame=(FULL,), last_alone=True, cfg_scale=True),
    "kling-v1-6": Facts((TEXT2, IMAGE2, MULTI2), _OLD, last_frame=(FULL,), last_alone=True, cfg_scale=True),
    "kling-v2-master": Facts((TEXT2, IMAGE2), {HD: (200, None, None)}, only=HD),
    "kling-v2-1-master": Facts((TEXT2, IMAGE2), {FULL: (200, None, None)}, only=FULL),
    "kling-v2-1": Facts((IMAGE2,), _OLD, last_frame=(FULL,)),
    "kling-v2-5-turbo": Facts((TEXT2, IMAGE2), _25, last_frame=(FULL,)),
    "kling-v2-6": Facts((TEXT2, IMAGE2), _26, audio=("on", "off"), last_frame=(FULL,), last_silent=True),
    "kling-v3": Facts(
        (TEXT2, IMAGE2),
        _V3,
        LONG,
        audio=("on", "off"),
        multi_shot=True,
        last_frame=(HD, FULL, ULTRA),
        modes=("std", "pro", "4k"),
    ),
}


def units(facts: Facts, tier: str, *, sound: bool, clip: bool) -> int | None:
    """Hundredths of a unit for a second; None where it is not made so."""
    silent, loud, edit = facts.units[tier]
    return edit if clip else loud if sound else silent
