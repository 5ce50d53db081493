"""From an accepted Runway body to a job: the clip's size and length, its price, and what it starts from."""

from __future__ import annotations

import hashlib
import io
import math
import secrets
import time
import uuid
from collections.abc import Mapping
from typing import Any

import av

from providers.sandbox.job import Job
from providers.sandbox.runway_rules import facts
from providers.sandbox.store import Store
from providers.sniff import image_type

VENDOR = "runway"
# The short side of a clip whose model takes names instead of pixels.
SHORT_SIDES = {"480p": 480, "720p": 720, "768p": 768, "1080p": 1080, "2k": 1440}
USUAL_SIZE = (1280, 720)
FIRST_IMAGE = ("promptImage", "promptImage.0.uri")
SOURCE_VIDEO = ("videoUri", "promptVideo")
# Of a source clip whose own length cannot be read.
USUAL_SECONDS = 5.0
SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}


def key_of(secret: str) -> str:
    """A key as it is kept: enough to tell keys apart, and nothing to sign in with."""
    return hashlib.sha256(secret.encode()).hexdigest()[:32]


def job_of(
    endpoint: str, body: Mapping[str, Any], media: Mapping[str, bytes], secret: str, store: Store
) -> Job:
    """The job that this body orders. Its input files are written to the store's folder."""
    job_id = str(uuid.uuid4())
    model = body["model"]
    image = next((media[name] for name in FIRST_IMAGE if media.get(name)), b"")
    video = next((media[name] for name in SOURCE_VIDEO if media.get(name)), b"")
    source = _Source(video) if endpoint == "video_to_video" else None
    seconds = _seconds(model, body, source)
    width, height = _size(body, source)
    seed = body.get("seed")
    origin = store.job_of_clip(hashlib.sha256(video).hexdigest()) if video else None
    prompt = body.get("promptText") or _shots(body)
    return Job(
        id=job_id,
        vendor=VENDOR,
        key=key_of(secret),
        key_last4=secret[-4:],
        mode=endpoint,
        model=model,
        # An edit of one of our own clips changes what that clip was asked to show.
        prompt=f"{origin.prompt} {prompt}".strip() if origin else prompt,
        negative=body.get("negativePrompt", ""),
        seed=secrets.randbelow(2**32) if seed is None else int(seed),
        width=width,
        height=height,
        duration_s=seconds,
        estimated=estimate(model, body, seconds),
        created_at=time.time(),
        image=_kept(store, job_id, image, SUFFIX.get(image_type(image), ".jpg")),
        video=_kept(store, job_id, video, ".mp4"),
    )


def estimate(model: str, body: Mapping[str, Any], seconds: float) -> int:
    """Whole credits, rounded up; other files than MP4 cost five credits a second more."""
    price = facts()["models"][model]
    rate = price["credits_per_second"]
    if body.get("audio") is False:
        rate = price.get("silent_credits_per_second", rate)
    if body.get("outputFormat", "mp4") not in {"mp4", "mov"}:
        rate += 5
    whole: int = max(price["least_credits"], math.ceil(rate * seconds))
    return whole


class _Source:
    """What a clip to edit says of itself; the usual values where it cannot be read."""

    def __init__(self, content: bytes) -> None:
        self.size, self.seconds = USUAL_SIZE, USUAL_SECONDS
        if not content:
            return
        try:
            with av.open(io.BytesIO(content), "r") as clip:
                stream = clip.streams.video[0]
                self.size = stream.width, stream.height
                if clip.duration:
                    self.seconds = clip.duration / 1_000_000
        except (av.FFmpegError, IndexError, ValueError):
            return


def _seconds(model: str, body: Mapping[str, Any], source: _Source | None) -> float:
    seconds = body.get("duration")
    if isinstance(seconds, int | float):
        return float(seconds)
    if source is not None:
        return round(min(30.0, max(1.0, source.seconds)), 3)
    shots = _list(body.get("providerSettings"), "multiPrompt")
    return float(sum(shot["duration"] for shot in shots) or facts()["models"][model]["default_seconds"])


def _size(body: Mapping[str, Any], source: _Source | None) -> tuple[int, int]:
    """Pixels, both even as H.264 wants them. `ratio` of aleph2 is taken and ignored, as the vendor does."""
    ratio = body.get("targetAspectRatio") or (body.get("ratio") if body["model"] != "aleph2" else None)
    width, _, height = str(ratio or "").partition(":")
    if not (width.isdecimal() and height.isdecimal()):
        named = str(ratio or "").removeprefix("auto_") if str(ratio).startswith("auto_") else ""
        short = SHORT_SIDES.get(str(body.get("resolution") or named).lower(), 720)
        if source is not None:
            return _even(*source.size)
        return _even(short * 16 / 9, short)
    across, down = int(width), int(height)
    if across < 100:
        short = SHORT_SIDES.get(str(body.get("resolution", "")).lower(), 720)
        scale = short / min(across, down)
        return _even(across * scale, down * scale)
    return _even(across, down)


def _even(width: float, height: float) -> tuple[int, int]:
    return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)


def _shots(body: Mapping[str, Any]) -> str:
    return " ".join(shot["prompt"] for shot in _list(body.get("providerSettings"), "multiPrompt"))


def _list(settings: object, name: str) -> list[Any]:
    found = settings.get(name) if isinstance(settings, Mapping) else None
    return found if isinstance(found, list) else []


def _kept(store: Store, job_id: str, content: bytes, suffix: str) -> str:
    if not content:
        return ""
    path = store.inputs / f"{job_id}{suffix}"
    path.write_bytes(content)
    return str(path)
