"""From an accepted Runway body to a job: the clip's size and length, its price, and what it starts from."""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping
from typing import Any

from providers.sandbox import order
from providers.sandbox.job import Job
from providers.sandbox.order import Order, Source, even, size_of
from providers.sandbox.runway_rules import facts
from providers.sandbox.store import Store

VENDOR = "runway"
FIRST_IMAGE = ("promptImage", "promptImage.0.uri")
SOURCE_VIDEO = ("videoUri", "promptVideo")


def job_of(
    endpoint: str, body: Mapping[str, Any], media: Mapping[str, bytes], secret: str, store: Store
) -> Job:
    """The job that this body orders. Its input files are written to the store's folder."""
    model = body["model"]
    video = next((media[name] for name in SOURCE_VIDEO if media.get(name)), b"")
    source = Source(video) if endpoint == "video_to_video" else None
    seconds, size = _seconds(model, body, source), _size(body, source)
    ordered = Order(
        vendor=VENDOR,
        secret=secret,
        id=str(uuid.uuid4()),
        mode=endpoint,
        model=model,
        prompt=body.get("promptText") or _shots(body),
        size=size,
        seconds=seconds,
        estimated=estimate(model, body, seconds, size),
        negative=body.get("negativePrompt", ""),
        seed=body.get("seed"),
        image=next((media[name] for name in FIRST_IMAGE if media.get(name)), b""),
        video=video,
    )
    return order.job_of(ordered, store)


def estimate(model: str, body: Mapping[str, Any], seconds: float, size: tuple[int, int]) -> int:
    """Whole credits, rounded up; other files than MP4 cost five credits a second more."""
    price = facts()["models"][model]
    named = str(body.get("resolution") or body.get("ratio", "")).lower().removeprefix("auto_")
    by_name, steps = price.get("credits_by_resolution", {}), price.get("credits_by_megapixels", [])
    if named in by_name:
        rate = by_name[named]
    elif steps:
        rate = next(rate for most, rate in steps if size[0] * size[1] / 1e6 < most)
    else:
        rate = price["credits_per_second"]
    if body.get("audio") is False:
        rate = price.get("silent_credits_per_second", rate)
    if body.get("outputFormat", "mp4") not in {"mp4", "mov"}:
        rate += 5
    whole: int = max(price["least_credits"], math.ceil(rate * seconds))
    return whole


def _seconds(model: str, body: Mapping[str, Any], source: Source | None) -> float:
    seconds = body.get("duration")
    if isinstance(seconds, int | float):
        return float(seconds)
    if source is not None:
        return round(min(30.0, max(1.0, source.seconds)), 3)
    shots = _list(body.get("providerSettings"), "multiPrompt")
    return float(sum(shot["duration"] for shot in shots) or facts()["models"][model]["default_seconds"])


def _size(body: Mapping[str, Any], source: Source | None) -> tuple[int, int]:
    """Pixels, both even as H.264 wants them. `ratio` of aleph2 is taken and ignored, as the vendor does."""
    ratio = body.get("targetAspectRatio") or (body.get("ratio") if body["model"] != "aleph2" else None)
    width, _, height = str(ratio or "").partition(":")
    resolution = str(body.get("resolution", ""))
    if not (width.isdecimal() and height.isdecimal()):
        if source is not None:
            return even(*source.size)
        return size_of("16:9", resolution or str(ratio or "").removeprefix("auto_"))
    if int(width) < 100:
        return size_of(str(ratio), resolution)
    return even(int(width), int(height))


def _shots(body: Mapping[str, Any]) -> str:
    return " ".join(shot["prompt"] for shot in _list(body.get("providerSettings"), "multiPrompt"))


def _list(settings: object, name: str) -> list[Any]:
    found = settings.get(name) if isinstance(settings, Mapping) else None
    return found if isinstance(found, list) else []
