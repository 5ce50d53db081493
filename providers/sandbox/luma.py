"""Luma's Dream Machine under /luma: generations, their list, the balance. See docs/providers/luma.md."""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job, State
from providers.sandbox.links import link_at, route
from providers.sandbox.luma_rules import (
    DURATIONS,
    FRAMES_A_SECOND,
    MODELS,
    RESOLUTIONS,
    VENDOR,
    Refused,
    check_choices,
    check_frames,
    check_prompt,
    own,
)
from providers.sandbox.order import Order, even, job_of, key_of, take
from providers.sandbox.responses import json_of
from providers.sandbox.signing import unsigned
from providers.sandbox.traffic import record_of
from providers.sandbox.webhooks import Delivery
from providers.sandbox.wire import Wire, job_in_path

KEY = re.compile(r"luma-[A-Za-z0-9_-]{4,200}")
JOB_ID = re.compile(r"^/luma/generations/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$")
# An account makes this many at once, of both models together.
AT_ONCE = 10
LANE = "ray"
USUAL_LISTED, MOST_LISTED = 100, 1000
STATES = {
    State.PENDING: "queued",
    State.THROTTLED: "queued",
    State.RUNNING: "dreaming",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    # Only a removed one was cancelled, and a removed one is not found any more.
    State.CANCELLED: "failed",
}
REASONS = {
    "prompt": "Advanced prompt moderation failed",
    "refuse": "Frame moderation failed",
    "fail": "Prompt processing failed",
    "broken": "Job failed",
}
Answer = Callable[[House, Request, str], Awaitable[Response]]


def routes(house: House) -> list[BaseRoute]:
    """The calls of the SDK that make video, and where the links lead."""

    def at(path: str, answer: Answer, method: str) -> Route:
        return Route(f"/{VENDOR}{path}", functools.partial(_guarded, house, answer), methods=[method])

    return [
        route(house, VENDOR),
        at("/generations/video", _create, "POST"),
        at("/generations", _create, "POST"),
        at("/generations", _list, "GET"),
        at("/generations/{id}", _get, "GET"),
        at("/generations/{id}", _remove, "DELETE"),
        at("/credits", _credits, "GET"),
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    try:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not KEY.fullmatch(secret):
            raise Refused(403, "Not authenticated")
        return await answer(house, request, secret)
    except Refused as refused:
        return refused.response


# Creating.


async def _create(house: House, request: Request, secret: str) -> Response:
    body = json_of(await request.body())
    check_choices(house, body)
    check_prompt(body)
    check_frames(house, body, secret)
    job = job_of(_order(body, secret), house.store)
    if house.engine.dollars(job.key) * 1_000_000 < job.estimated:
        raise Refused(400, "Insufficient credits")
    if house.engine.is_full((job.key, LANE)):
        raise Refused(429, "Too many concurrent generations")
    take(house, request, job)
    return JSONResponse(_told(house, job), 201)


def _order(body: Mapping[str, Any], secret: str) -> Order:
    resolution, seconds = body.get("resolution") or "720p", DURATIONS[body.get("duration") or "5s"]
    width, height = RESOLUTIONS[resolution]
    pixels = width * height * FRAMES_A_SECOND * seconds
    # What is told again must be writable, and half of a character is not.
    written = json.dumps(
        {name: value for name, value in body.items() if value is not None}, ensure_ascii=False
    )
    asked = json.loads(written.encode("utf-8", "replace"))
    return Order(
        vendor=VENDOR,
        secret=secret,
        id=str(uuid.uuid4()),
        mode="image" if body.get("keyframes") else "text",
        model=body["model"],
        prompt=asked.get("prompt", ""),
        size=_pixels(body.get("aspect_ratio") or "16:9", resolution),
        seconds=seconds,
        estimated=round(MODELS[body["model"]] * pixels / 1_000_000),
        extra={"asked": asked, "lane": LANE},
    )


def _pixels(aspect: str, resolution: str) -> tuple[int, int]:
    """As many pixels as 16:9 has at this resolution, in this shape."""
    width, height = RESOLUTIONS[resolution]
    across, down = (int(side) for side in aspect.split(":"))
    scale = (width * height / (across * down)) ** 0.5
    return even(across * scale, down * scale)


# Telling.


def _told(house: House, job: Job, *, empty: bool = False) -> dict[str, Any]:
    """The generation as every call and every callback has it."""
    assets = None
    if job.state is State.SUCCEEDED and not empty:
        assets = {"video": link_at(house, job.extra["origin"], job), "image": None, "progress_video": None}
    return {
        "id": job.id,
        "generation_type": "video",
        "state": STATES[job.state],
        "failure_reason": job.failure or None,
        "created_at": datetime.fromtimestamp(job.created_at, UTC).isoformat().replace("+00:00", "Z"),
        "assets": assets,
        "model": job.model,
        "request": {"generation_type": "video", **job.extra["asked"]},
    }


async def _get(house: House, request: Request, secret: str) -> Response:
    job = _asked_for(house, request, secret)
    call = record_of(request).call
    told = _told(house, job, empty=bool(house.faults.take(call, "empty_output")))
    if strange := house.faults.take(call, "unknown_status"):
        told["state"] = strange.options["status"]
    return JSONResponse(told)


async def _list(house: House, request: Request, secret: str) -> Response:
    limit, offset = _whole(request, "limit", USUAL_LISTED), _whole(request, "offset", 0)
    every = [job for job in house.store.jobs_of(key_of(VENDOR, secret)) if job.deleted_at is None][::-1]
    shown = every[offset : offset + limit]
    return JSONResponse(
        {
            "generations": [_told(house, house.engine.job(job.id) or job) for job in shown],
            "count": len(shown),
            "has_more": len(every) > offset + limit,
            "limit": limit,
            "offset": offset,
        }
    )


async def _remove(house: House, request: Request, secret: str) -> Response:
    """It is gone for the client. Whether Luma stops the work is not known; here it is stopped and paid."""
    house.engine.delete(_asked_for(house, request, secret))
    return Response(status_code=204)


async def _credits(house: House, request: Request, secret: str) -> Response:
    return JSONResponse({"credit_balance": house.engine.dollars(key_of(VENDOR, secret)) * 100})


def _asked_for(house: House, request: Request, secret: str) -> Job:
    job = own(house, request.path_params["id"], secret)
    if job is None:
        raise Refused(404, "Generation not found")
    return job


def _whole(request: Request, name: str, usual: int) -> int:
    written = request.query_params.get(name, str(usual))
    if not (written.isascii() and written.isdecimal()) or not int(written) <= MOST_LISTED:
        raise Refused(422, [{"loc": ["query", name], "msg": "Input should be a valid integer"}])
    return int(written)


def _doom(kind: str, code: str) -> Doom:
    """Luma has no codes: what a fault on order wants is the reason. What has failed is paid back."""
    return Doom(code or kind, code or REASONS[kind])


def _callback(house: House, job: Job) -> list[Delivery]:
    """The generation, when it is dreaming, completed or failed."""
    url, word = job.extra["asked"].get("callback_url"), STATES[job.state]
    if not url or word == "queued" or job.deleted_at is not None:
        return []
    return [Delivery(url, json.dumps(_told(house, job)).encode(), unsigned, word)]


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=_doom,
    creations=(("POST", r"^/luma/generations(/video)?$"),),
    polls=(("GET", r"^/luma/generations/[^/]+$"),),
    downloads=(("GET", r"^/luma-cdn/"),),
    deletions=(("DELETE", r"^/luma/generations/[^/]+$"),),
    job_in=job_in_path(JOB_ID),
    callback=_callback,
    slots=AT_ONCE,
)
