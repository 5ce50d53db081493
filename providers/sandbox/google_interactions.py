"""Interactions, as the Gemini API has them: created, asked about, cancelled, deleted."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox import order
from providers.sandbox.google_answers import Refused, body_of, check_account, held_back
from providers.sandbox.google_files import PREFIX, file_of, uri_of
from providers.sandbox.google_omni import Ordered, read
from providers.sandbox.google_rules import OMNI
from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.order import Order, key_of, letters_id, size_of, take
from providers.sandbox.traffic import record_of

VENDOR = "google"
STATUSES = {
    State.THROTTLED: "queued",
    State.PENDING: "in_progress",
    State.RUNNING: "in_progress",
    State.SUCCEEDED: "completed",
    State.FAILED: "failed",
    State.CANCELLED: "cancelled",
}
TOKENS_PER_SECOND = 5792
# How often a call that waits for the end looks whether it has come.
LOOK_S = 0.05


async def create(house: House, request: Request, secret: str) -> Response:
    """At once where the body says background, else when all is done."""
    body, key = await body_of(request), key_of(VENDOR, secret)
    ordered = read(body, lambda uri: _clip(house, key, uri))
    if house.engine.settings.retires(VENDOR, ordered.model):
        raise Refused(404, f"models/{ordered.model} is not found, or is no longer available.")
    job = order.job_of(_order(secret, ordered), house.store)
    check_account(house, job)
    take(house, request, job)
    while not ordered.background and not job.is_over:
        await asyncio.sleep(LOOK_S)
    return JSONResponse(_told(house, request, job))


async def one(house: House, request: Request, secret: str) -> Response:
    """One interaction: asked about, or deleted with its clip."""
    job = _own(house, request, secret)
    if request.method == "DELETE":
        house.engine.delete(job)
        return JSONResponse({})
    return JSONResponse(_told(house, request, job))


async def cancel(house: House, request: Request, secret: str) -> Response:
    """Only what runs can be stopped."""
    job = _own(house, request, secret)
    if job.is_over:
        raise Refused(400, "Only an interaction that is in progress can be cancelled.", "FAILED_PRECONDITION")
    house.engine.cancel(job, charged=False)
    return JSONResponse(_told(house, request, job))


def _own(house: House, request: Request, secret: str) -> Job:
    name = request.path_params["id"]
    if not name.startswith(PREFIX):
        raise Refused(400, f"Invalid interaction name: {name}")
    job = house.engine.job(name)
    if job is None or job.key != key_of(VENDOR, secret) or job.deleted_at is not None:
        raise Refused(404, f"Interaction {name} was not found.")
    return job


def _clip(house: House, key: str, name: str) -> bytes:
    """The bytes of a finished clip of this key, by the name of its file or of its interaction."""
    job = file_of(house, key, name.removeprefix(PREFIX))
    return Path(job.clip).read_bytes() if job is not None else b""


def _order(secret: str, ordered: Ordered) -> Order:
    return Order(
        vendor=VENDOR,
        secret=secret,
        id=PREFIX + letters_id(24),
        mode=ordered.task,
        model=ordered.model,
        prompt=ordered.prompt,
        size=ordered.size or size_of(ordered.aspect, ordered.resolution),
        seconds=ordered.seconds,
        estimated=round(OMNI[ordered.model].usd[ordered.resolution] * ordered.seconds),
        image=ordered.image,
        video=ordered.video,
        extra={"delivery": ordered.delivery},
    )


def _told(house: House, request: Request, job: Job) -> dict[str, Any]:
    """The interaction. What was held back is told as completed, with a text and no video."""
    call = record_of(request).call
    told: dict[str, Any] = {
        "id": job.id,
        "object": "interaction",
        "status": STATUSES[job.state],
        "model": job.model,
        "created": _iso(job.created_at),
        "updated": _iso(job.finished_at or job.started_at or job.created_at),
    }
    if job.state is State.SUCCEEDED:
        empty = house.faults.take(call, "empty_output")
        told["steps"] = [] if empty else [_output(_video(job))]
        tokens = round(job.duration_s * TOKENS_PER_SECOND)
        told["usage"] = {"total_input_tokens": 10, "total_output_tokens": tokens, "total_tokens": 10 + tokens}
    elif job.state is State.FAILED and held_back(job):
        told |= {"status": "completed", "steps": [_output({"type": "text", "text": job.failure})]}
    elif job.state is State.FAILED:
        told["errors"] = [{"code": job.failure_code, "message": job.failure}]
    if strange := house.faults.take(call, "unknown_status"):
        told["status"] = strange.options["status"]
    return told


def _output(content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "model_output", "content": [content]}


def _video(job: Job) -> dict[str, str]:
    told = {"type": "video", "mime_type": "video/mp4"}
    if job.extra["delivery"] == "uri":
        return told | {"uri": uri_of(job)}
    return told | {"data": base64.b64encode(Path(job.clip).read_bytes()).decode()}


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
