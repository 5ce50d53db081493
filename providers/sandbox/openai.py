"""OpenAI's Videos format, as it was until 2026-09-24, under /openai/v1. See docs/providers/sora.md."""

from __future__ import annotations

import functools
import re
import time
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox import openai_hooks
from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.openai_answers import Refused, expires_at, missing_video, page, told
from providers.sandbox.openai_files import VARIANTS, file_of
from providers.sandbox.openai_order import (
    CREATE_FIELDS,
    EDIT_FIELDS,
    VENDOR,
    body_of,
    created,
    edited,
    own_job,
    remixed,
)
from providers.sandbox.order import hex_id, key_of, take
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Wire, doom_of, job_in_path

KEY = re.compile(r"sk-[A-Za-z0-9_-]{8,200}")
JOB_ID = re.compile(r"/videos/(video_[0-9a-f]+)")
DAY_S = 24 * 3600.0
# For the vendor's own waiting loop, which else asks once a second.
POLL_AFTER_MS = "500"
USUAL_PAGE, LONGEST_PAGE = 20, 100
SHUT = "The Videos API was shut down on September 24, 2026."
BROKEN = ("server_error", "The server had an error while making your video.")
DOOMS = {
    "prompt": ("moderation_blocked", "Your request was blocked by our moderation system."),
    "refuse": ("content_filter", "The generated video was held back by our moderation system."),
    "fail": BROKEN,
    "broken": BROKEN,
}
Answer = Callable[[House, Request, str], Awaitable[Response]]


def routes(house: House) -> list[BaseRoute]:
    """Everything below the base URL that clients are given. The fixed paths come before those with an id."""

    def at(path: str, answer: Answer, *methods: str) -> Route:
        return Route(path, functools.partial(_guarded, house, answer), methods=list(methods))

    return [
        Mount(
            f"/{VENDOR}/v1",
            routes=[
                at("/videos", _create, "POST"),
                at("/videos", _list, "GET"),
                at("/videos/edits", _edit, "POST"),
                at("/videos/{id}", _retrieve, "GET"),
                at("/videos/{id}", _delete, "DELETE"),
                at("/videos/{id}/content", _content, "GET"),
                at("/videos/{id}/remix", _remix, "POST"),
                at("/webhook_endpoints", openai_hooks.endpoints, "GET", "POST"),
                at("/webhook_endpoints/{id}", openai_hooks.endpoint, "GET", "POST", "DELETE"),
                at("/webhook_endpoints/{id}/rotate_secret", openai_hooks.rotate, "POST"),
            ],
        )
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    """A key comes first, then whether the service is still there; every answer carries the usual headers."""
    started = time.monotonic()
    try:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not KEY.fullmatch(secret):
            raise Refused(401, "Incorrect API key provided.", "invalid_api_key")
        if house.engine.settings.retires(VENDOR, "*"):
            raise Refused(404, SHUT)
        response = await answer(house, request, secret)
    except Refused as refused:
        response = refused.response
    response.headers["x-request-id"] = hex_id("req_")
    response.headers["openai-version"] = "2020-10-01"
    response.headers["openai-processing-ms"] = str(round((time.monotonic() - started) * 1000))
    return response


async def _create(house: House, request: Request, secret: str) -> Response:
    return _taken(house, request, created(house, await body_of(request, CREATE_FIELDS), secret))


async def _edit(house: House, request: Request, secret: str) -> Response:
    return _taken(house, request, edited(house, await body_of(request, EDIT_FIELDS), secret))


async def _remix(house: House, request: Request, secret: str) -> Response:
    body = await body_of(request, {"prompt"})
    return _taken(house, request, remixed(house, body, secret, request.path_params["id"]))


def _taken(house: House, request: Request, job: Job) -> Response:
    if house.engine.dollars(job.key) * 1_000_000 < job.estimated:
        raise Refused(
            429, "You exceeded your current quota.", "insufficient_quota", kind="insufficient_quota"
        )
    limit = house.engine.settings.daily_limit
    if limit is not None and house.store.count_since(job.key, time.time() - DAY_S).get(job.model, 0) >= limit:
        message = f"Rate limit reached for {job.model}."
        raise Refused(429, message, "rate_limit_exceeded", kind="requests", headers={"Retry-After": "60"})
    take(house, request, job)
    return _shown(house, job)


async def _retrieve(house: House, request: Request, secret: str) -> Response:
    response = _shown(house, own_job(house, secret, request.path_params["id"]), request)
    response.headers["openai-poll-after-ms"] = POLL_AFTER_MS
    return response


def _shown(house: House, job: Job, poll: Request | None = None) -> Response:
    video = told(house, job)
    strange = house.faults.take(record_of(poll).call, "unknown_status") if poll else None
    if strange:
        video["status"] = strange.options["status"]
    return JSONResponse(video)


async def _delete(house: House, request: Request, secret: str) -> Response:
    job = own_job(house, secret, request.path_params["id"])
    if not job.is_over:
        raise Refused(400, "Only a completed or failed video can be deleted.", "invalid_value", "video_id")
    house.engine.delete(job)
    return JSONResponse({"id": job.id, "object": "video.deleted", "deleted": True})


async def _list(house: House, request: Request, secret: str) -> Response:
    asked = request.query_params
    limit, direction, after = (
        asked.get("limit", str(USUAL_PAGE)),
        asked.get("order", "desc"),
        asked.get("after"),
    )
    if not (limit.isascii() and limit.isdecimal()) or int(limit) > LONGEST_PAGE:
        raise Refused(400, f"'limit' goes from 0 to {LONGEST_PAGE}.", "invalid_value", "limit")
    if direction not in {"asc", "desc"}:
        raise Refused(400, "'order' is asc or desc.", "invalid_value", "order")
    jobs = [job for job in house.store.jobs_of(key_of(VENDOR, secret)) if job.deleted_at is None]
    ids = [job.id for job in (jobs if direction == "asc" else reversed(jobs))]
    if after is not None:
        if after not in ids:
            raise missing_video(after)
        ids = ids[ids.index(after) + 1 :]
    shown = [told(house, own_job(house, secret, job_id)) for job_id in ids[: int(limit)]]
    return JSONResponse(page(shown, more=len(ids) > len(shown)))


async def _content(house: House, request: Request, secret: str) -> Response:
    job = own_job(house, secret, request.path_params["id"])
    variant = request.query_params.get("variant", "video")
    if variant not in VARIANTS:
        listed = ", ".join(f"'{one}'" for one in VARIANTS)
        message = f"Invalid value: '{variant}'. Supported values are: {listed}."
        raise Refused(400, message, "invalid_value", "variant")
    if job.state is not State.SUCCEEDED:
        raise Refused(404, "Video is not ready yet.", "video_not_ready", "video_id")
    found = await file_of(job, variant) if time.time() < expires_at(house, job) else None
    if found is None:
        raise Refused(404, "The video's content has expired.", "video_expired", "video_id")
    return found


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=doom_of(DOOMS),
    creations=(("POST", r"^/openai/v1/videos(/edits|/[^/]+/remix)?$"),),
    polls=(("GET", r"^/openai/v1/videos/[^/]+$"),),
    downloads=(("GET", r"^/openai/v1/videos/[^/]+/content$"),),
    deletions=(("DELETE", r"^/openai/v1/videos/[^/]+$"),),
    job_in=job_in_path(JOB_ID),
    callback=openai_hooks.deliveries,
)
