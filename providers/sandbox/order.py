"""From what a wire has read to a job: ids in every vendor's form, keys, sizes, input files; taking it."""

from __future__ import annotations

import hashlib
import io
import secrets
import string
import time
from dataclasses import dataclass, field, replace
from typing import Any

import av
from starlette.requests import Request

from providers.sandbox.house import House
from providers.sandbox.job import Job
from providers.sandbox.links import origin
from providers.sandbox.store import Store
from providers.sandbox.traffic import record_of
from providers.sniff import image_type

# The short side of a clip whose vendor takes names instead of pixels.
SHORT_SIDES = {"480p": 480, "720p": 720, "768p": 768, "1080p": 1080, "2k": 1440, "4k": 2160}
USUAL_SIZE = (1280, 720)
# Of a source clip whose own length cannot be read.
USUAL_SECONDS = 5.0
SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
SMALL = string.ascii_lowercase + string.digits


def key_of(vendor: str, secret: str) -> str:
    """A key as it is kept: enough to tell keys and vendors apart, and nothing to sign in with."""
    return f"{vendor}:{hashlib.sha256(secret.encode()).hexdigest()[:32]}"


def hex_id(prefix: str, length: int = 32) -> str:
    """`video_` and hexadecimal digits."""
    return prefix + secrets.token_hex((length + 1) // 2)[:length]


def digits_id(length: int = 18) -> str:
    """Decimal digits without a zero in front."""
    return str(10 ** (length - 1) + secrets.randbelow(9 * 10 ** (length - 1)))


def letters_id(length: int = 12) -> str:
    """Small letters and digits."""
    return "".join(secrets.choice(SMALL) for _ in range(length))


def even(width: float, height: float) -> tuple[int, int]:
    """Pixels, both even as H.264 wants them."""
    return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)


def size_of(ratio: str, resolution: str) -> tuple[int, int]:
    """Pixels of an aspect such as `16:9` and a name such as `720p`; the usual where either is unknown."""
    short = SHORT_SIDES.get(resolution.lower(), 720)
    across, _, down = ratio.partition(":")
    if not (across.isdecimal() and down.isdecimal() and int(across) and int(down)):
        across, down = "16", "9"
    scale = short / min(int(across), int(down))
    return even(int(across) * scale, int(down) * scale)


@dataclass(frozen=True)
class Order:
    """What a wire has read from a creation. `estimated` is whole: the vendor's credits, or millionths of a
    dollar; `token` is the caller's own name of the job; `extra` is what the wire has to remember of it.
    """

    vendor: str
    secret: str
    id: str
    mode: str
    model: str
    prompt: str
    size: tuple[int, int]
    seconds: float
    estimated: int
    negative: str = ""
    seed: int | None = None
    image: bytes = b""
    video: bytes = b""
    token: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def job_of(order: Order, store: Store) -> Job:
    """The job; its input files are written to the store's folder."""
    made = store.job_of_clip(hashlib.sha256(order.video).hexdigest()) if order.video else None
    return Job(
        id=order.id,
        vendor=order.vendor,
        key=key_of(order.vendor, order.secret),
        key_last4=order.secret[-4:],
        mode=order.mode,
        model=order.model,
        # An edit of one of our own clips changes what that clip was asked to show.
        prompt=f"{made.prompt} {order.prompt}".strip() if made else order.prompt,
        negative=order.negative,
        seed=secrets.randbelow(2**32) if order.seed is None else int(order.seed),
        width=order.size[0],
        height=order.size[1],
        duration_s=order.seconds,
        estimated=order.estimated,
        created_at=time.time(),
        image=_kept(store, order.id, order.image, SUFFIX.get(image_type(order.image), ".jpg")),
        video=_kept(store, order.id, order.video, ".mp4"),
        token=order.token,
        extra=dict(order.extra),
    )


def take(house: House, request: Request, job: Job) -> None:
    """Accept the job with the faults on order for it, and tell the traffic that this call is paid."""
    record = record_of(request)
    job.extra["origin"] = origin(request)
    if fault := house.faults.take(replace(record.call, model=job.model), "refuse", "fail"):
        house.engine.doom(job, fault.kind, fault.options["failureCode"])
    house.engine.accept(job)
    record.took(job)


class Source:
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


def _kept(store: Store, job_id: str, content: bytes, suffix: str) -> str:
    if not content:
        return ""
    path = store.inputs / f"{job_id}{suffix}"
    path.write_bytes(content)
    return str(path)
