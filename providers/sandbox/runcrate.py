"""Runcrate's video gateway under /runcrate, with its account side. See docs/providers/runcrate.md."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.links import clip_answer
from providers.sandbox.media import DATA_URI, MediaProblem, from_data_uri
from providers.sandbox.order import Order, even, hex_id, job_of, key_of, size_of, take
from providers.sandbox.responses import json_of
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Wire, doom_of, job_in_path
from providers.sniff import image_type

VENDOR = "runcrate"
KEY = re.compile(r"rc_live_[A-Za-z0-9_-]{4,200}")
JOB_ID = re.compile(r"/v1/videos/(vid_[0-9a-f]+)")
DAY_S = 24 * 3600.0
# The lengths of the vendor's page, and prices of our own in millionths of a dollar for each second.
MODELS: Mapping[str, tuple[tuple[int, ...], int]] = {
    "openai/sora-2": ((4, 8, 12), 100_000),
    "openai/sora-2-pro": ((4, 8, 12), 500_000),
    "google/veo-2.0": ((5, 6, 7, 8), 500_000),
    "google/veo-3.0": ((4, 6, 8), 500_000),
    "google/veo-3.0-audio": ((4, 6, 8), 750_000),
    "kwaivgi/kling-v3": (tuple(range(3, 16)), 200_000),
    "bytedance/seedance-1.0-pro": (tuple(range(2, 13)), 150_000),
    "minimax/hailuo-02": ((6, 10), 100_000),
}
ASPECTS = ("16:9", "9:16", "1:1")
PICTURES = ("image", "start_image", "mask", "control_image")
STATUSES = {
    State.PENDING: "queued",
    State.THROTTLED: "queued",
    State.RUNNING: "processing",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    # Nobody can cancel a job; the word is never met.
    State.CANCELLED: "failed",
}
BROKEN = ("server_error", "The model could not make the video.")
DOOMS = {
    "prompt": ("content_policy_violation", "The prompt was blocked by the maker's content policy."),
    "refuse": ("content_policy_violation", "The video was blocked by the maker's content policy."),
    "fail": BROKEN,
    "broken": BROKEN,
}
Answer = Callable[[House, Request, str], Awaitable[Response]]


class Refused(Exception):
    """An error answer on its way out, in the nested shape of the vendor's own page."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        body = {"error": {"code": code, "message": message, "details": {}}}
        self.response = JSONResponse(body, status, dict(headers or {}))


def routes(house: House) -> list[BaseRoute]:
    """The models' side and, on the same host, the account's."""

    def at(path: str, answer: Answer, method: str) -> Route:
        return Route(path, functools.partial(_guarded, house, answer), methods=[method])

    return [
        Mount(
            f"/{VENDOR}",
            routes=[
                at("/v1/videos", _create, "POST"),
                at("/v1/videos/{id}", _status, "GET"),
                at("/v1/videos/{id}/download", _download, "GET"),
                at("/api/v1/billing/balance", _balance, "GET"),
            ],
        )
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    try:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not KEY.fullmatch(secret):
            raise Refused(401, "invalid_api_key", "Invalid or missing API key.")
        return await answer(house, request, secret)
    except Refused as refused:
        return refused.response


async def _create(house: House, request: Request, secret: str) -> Response:
    body = json_of(await request.body())
    if not body:
        raise Refused(400, "invalid_request", "The body must be a JSON object.")
    job = _ordered(house, body, secret)
    if house.engine.dollars(job.key) * 1_000_000 < job.estimated:
        raise Refused(402, "insufficient_credits", "Not enough credits")
    limit = house.engine.settings.daily_limit
    if limit is not None and house.store.count_since(job.key, time.time() - DAY_S).get(job.model, 0) >= limit:
        raise Refused(429, "rate_limit_exceeded", "Too many requests", {"Retry-After": "60"})
    take(house, request, job)
    return JSONResponse({"id": job.id, "status": STATUSES[job.state]})


def _ordered(house: House, body: Mapping[str, Any], secret: str) -> Job:
    model, prompt = body.get("model"), body.get("prompt")
    if not isinstance(model, str) or model not in MODELS or house.engine.settings.retires(VENDOR, model):
        raise Refused(404, "model_not_found", "There is no such model.")
    if not isinstance(prompt, str) or not prompt.strip():
        raise Refused(400, "invalid_request", "prompt is required")
    seconds, images = _seconds(model, body), [_picture(body, name) for name in PICTURES]
    return job_of(
        Order(
            vendor=VENDOR,
            secret=secret,
            id=hex_id("vid_", 24),
            mode="image" if body.get("image") or body.get("start_image") else "text",
            model=model,
            prompt=prompt.encode("utf-8", "replace").decode(),
            size=_size(body),
            seconds=seconds,
            estimated=round(MODELS[model][1] * seconds),
            image=images[0] or images[1],
        ),
        house.store,
    )


def _seconds(model: str, body: Mapping[str, Any]) -> float:
    """A whole number of seconds, which the vendor's own client writes as a decimal."""
    lengths = MODELS[model][0]
    duration = body.get("duration", lengths[-1])
    if isinstance(duration, bool) or not isinstance(duration, int | float):
        raise Refused(422, "validation_error", "duration must be a number")
    if duration not in lengths:
        raise Refused(422, "validation_error", f"duration must be one of {list(lengths)}")
    return float(duration)


def _size(body: Mapping[str, Any]) -> tuple[int, int]:
    width, height = body.get("width"), body.get("height")
    if (
        isinstance(width, int)
        and isinstance(height, int)
        and min(width, height) >= 64
        and max(width, height) <= 3840
    ):
        return even(width, height)
    if width is not None or height is not None:
        raise Refused(422, "validation_error", "width and height go together, from 64 to 3840")
    aspect = body.get("aspect_ratio", ASPECTS[0])
    if aspect not in ASPECTS:
        raise Refused(422, "validation_error", f"aspect_ratio must be one of {list(ASPECTS)}")
    return size_of(aspect, "720p")


def _picture(body: Mapping[str, Any], name: str) -> bytes:
    """The bytes of a data URI, b"" for a link: the sandbox never leaves this machine."""
    value = body.get(name)
    if value is None:
        return b""
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return b""
    if not isinstance(value, str) or not DATA_URI.match(value):
        raise Refused(422, "validation_error", f"{name} must be a URL or a data URI")
    try:
        content = from_data_uri(value).content
    except MediaProblem as problem:
        raise Refused(422, "validation_error", f"{name}: {problem}") from None
    if not image_type(content):
        raise Refused(422, "validation_error", f"{name} is no picture")
    return content


def _own(house: House, request: Request, secret: str) -> Job:
    job = house.engine.job(request.path_params["id"])
    if job is None or job.vendor != VENDOR or job.key != key_of(VENDOR, secret):
        raise Refused(404, "not_found", "Video not found")
    return job


async def _status(house: House, request: Request, secret: str) -> Response:
    job = _own(house, request, secret)
    told: dict[str, Any] = {"id": job.id, "status": STATUSES[job.state]}
    if job.state is State.FAILED:
        told["error"] = {"code": job.failure_code, "message": job.failure}
    if strange := house.faults.take(record_of(request).call, "unknown_status"):
        told["status"] = strange.options["status"]
    return JSONResponse(told)


async def _download(house: House, request: Request, secret: str) -> Response:
    job = _own(house, request, secret)
    if job.state is not State.SUCCEEDED:
        raise Refused(409, "not_ready", "The video is not completed.")
    until = (job.finished_at or job.created_at) + house.engine.settings.link_seconds
    # Neither its documentation nor its libraries speak of ranges.
    found = clip_answer(job, ranges=False) if time.time() < until else None
    if found is None:
        raise Refused(404, "expired", "The video is gone.")
    return found


async def _balance(house: House, request: Request, secret: str) -> Response:
    left = house.engine.dollars(key_of(VENDOR, secret))
    return JSONResponse({"data": {"creditsBalance": left, "activeUsageCost": 0.0}})


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=doom_of(DOOMS),
    creations=(("POST", r"^/runcrate/v1/videos$"),),
    polls=(("GET", r"^/runcrate/v1/videos/[^/]+$"),),
    downloads=(("GET", r"^/runcrate/v1/videos/[^/]+/download$"),),
    job_in=job_in_path(JOB_ID),
)
