"""Runway's wire format, version 2024-11-06, under /runway. See docs/providers/runway.md."""

from __future__ import annotations

import functools
import re
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox import links, runway_uploads
from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job, State
from providers.sandbox.links import link_to
from providers.sandbox.order import key_of, take
from providers.sandbox.responses import json_of
from providers.sandbox.runway_media import Library
from providers.sandbox.runway_order import VENDOR, job_of
from providers.sandbox.runway_rules import Check, Issue, facts
from providers.sandbox.runway_uploads import open_slot, upload_issues
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Asked, Wire

VERSION = "2024-11-06"
KEY = re.compile(r"key_[0-9a-f]{128}")
DOCS = "https://docs.dev.runwayml.com/api"
DAY_S = 24 * 3600.0
JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
BROKEN_WORDS = "An unexpected error occurred."
DOOMS = {
    "prompt": ("SAFETY.INPUT.TEXT", "The prompt was refused by the safety system."),
    "refuse": ("SAFETY.OUTPUT.VIDEO", "The request was refused by the safety system."),
    "fail": ("INTERNAL.BAD_OUTPUT.CODE01", BROKEN_WORDS),
    "broken": ("INTERNAL", BROKEN_WORDS),
}
Answer = Callable[[House, Request, str], Awaitable[Response]]


class Refused(Exception):
    """An error answer on its way out."""

    def __init__(
        self, status: int, error: str, issues: list[Issue] | None = None, *, docs: bool = False
    ) -> None:
        super().__init__(error)
        body: dict[str, Any] = {"error": error}
        if issues:
            body["issues"] = issues
        if issues or docs:
            body["docUrl"] = DOCS
        self.response = JSONResponse(body, status)


def routes(house: House) -> list[BaseRoute]:
    """Everything below the base URL that clients are given."""

    def at(path: str, answer: Answer, method: str) -> Route:
        return Route(path, functools.partial(_guarded, house, answer), methods=[method])

    creations = [at(f"/v1/{name}", functools.partial(_create, name), "POST") for name in facts()["endpoints"]]
    task = Route("/v1/tasks/{id}", functools.partial(_guarded, house, _task), methods=["GET", "DELETE"])
    others = [
        at("/v1/uploads", _upload_slot, "POST"),
        at("/v1/organization", _organization, "GET"),
        at("/v1/organization/usage", _usage, "POST"),
    ]
    return [
        Mount(f"/{VENDOR}", routes=[*creations, task, *others]),
        links.route(house, VENDOR),
        runway_uploads.route(house),
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    """The checks every call passes first: a key, then the version."""
    try:
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "bearer" or not KEY.fullmatch(secret):
            raise Refused(401, "Missing or malformed API key.", docs=True)
        if request.headers.get("x-runway-version") != VERSION:
            raise Refused(400, f"The X-Runway-Version header is required and must be {VERSION}.", docs=True)
        return await answer(house, request, secret)
    except Refused as refused:
        return refused.response


async def _body(request: Request) -> dict[str, Any]:
    body = json_of(await request.body())
    if not body:
        issue = {"code": "invalid_type", "path": [], "message": "Invalid input: expected object"}
        raise Refused(400, "Validation of body failed", [issue])
    return body


async def _create(endpoint: str, house: House, request: Request, secret: str) -> Response:
    body = await _body(request)
    check = Check(endpoint, Library(house.store, key_of(VENDOR, secret)))
    check.body(body)
    if check.issues:
        raise Refused(400, "Validation of body failed", check.issues)
    job = job_of(endpoint, body, check.media, secret, house.store)
    _check_account(house, job)
    take(house, request, job)
    return JSONResponse({"id": job.id, "estimatedCost": {"credits": job.estimated}})


def _check_account(house: House, job: Job) -> None:
    if house.engine.balance(job.key) < job.estimated:
        raise Refused(400, "You do not have enough credits to run this task.", docs=True)
    limit = house.engine.settings.daily_limit
    if limit is not None and house.store.count_since(job.key, time.time() - DAY_S).get(job.model, 0) >= limit:
        raise Refused(429, f"The daily generation limit for {job.model} has been reached.", docs=True)


async def _task(house: House, request: Request, secret: str) -> Response:
    job = house.engine.job(request.path_params["id"])
    if job is None or job.vendor != VENDOR or job.deleted_at is not None or job.key != key_of(VENDOR, secret):
        raise Refused(404, "Could not find Task")
    if request.method == "DELETE":
        house.engine.delete(job)
        return Response(status_code=204)
    return JSONResponse(_told(house, request, job))


def _told(house: House, request: Request, job: Job) -> dict[str, Any]:
    """The task object; what is over has `cost`, what is not has `estimatedCost`."""
    call = record_of(request).call
    told: dict[str, Any] = {"id": job.id, "createdAt": _iso(job.created_at), "status": job.state.value}
    if job.is_over:
        told["cost"] = {"credits": job.cost}
    else:
        told["estimatedCost"] = {"credits": job.estimated}
    if job.state is State.RUNNING:
        told["progress"] = house.engine.progress(job)
    if job.state is State.FAILED:
        told |= {"failure": job.failure, "failureCode": job.failure_code}
    if job.state is State.SUCCEEDED:
        empty = house.faults.take(call, "empty_output")
        told["output"] = [] if empty else [link_to(house, request, job)]
    if strange := house.faults.take(call, "unknown_status"):
        told["status"] = strange.options["status"]
    return told


async def _upload_slot(house: House, request: Request, secret: str) -> Response:
    body = await _body(request)
    if issues := upload_issues(body):
        raise Refused(400, "Validation of body failed", issues)
    return JSONResponse(open_slot(house, request, body["filename"], key_of(VENDOR, secret)))


async def _organization(house: House, request: Request, secret: str) -> Response:
    settings, key = house.engine.settings, key_of(VENDOR, secret)
    limits = {"maxConcurrentGenerations": settings.capacity, "maxDailyGenerations": settings.daily_limit}
    today = house.store.count_since(key, time.time() - DAY_S)
    models = list(facts()["models"])
    return JSONResponse(
        {
            "creditBalance": house.engine.balance(key),
            "tier": {"maxMonthlyCreditSpend": 10_000, "models": dict.fromkeys(models, limits)},
            "usage": {"models": {model: {"dailyGenerations": today.get(model, 0)} for model in models}},
        }
    )


async def _usage(house: House, request: Request, secret: str) -> Response:
    body = json_of(await request.body())
    today = datetime.now(UTC).date()
    try:
        start = datetime.fromisoformat(body.get("startDate", str(today - timedelta(days=30)))).date()
        before = datetime.fromisoformat(body.get("beforeDate", str(today + timedelta(days=1)))).date()
    except (TypeError, ValueError):
        issue = {"code": "custom", "path": ["startDate"], "message": "Dates are written YYYY-MM-DD."}
        raise Refused(400, "Validation of body failed", [issue]) from None
    if not 0 < (before - start).days <= 90:
        issue = {"code": "custom", "path": ["beforeDate"], "message": "The range may span 1 to 90 days."}
        raise Refused(400, "Validation of body failed", [issue])
    days = range((before - start).days)
    spent: dict[str, Counter[str]] = {str(start + timedelta(days=n)): Counter() for n in days}
    for job in house.store.jobs_of(key_of(VENDOR, secret)):
        models = spent.get(_iso(job.created_at)[:10])
        if models is not None and job.cost:
            models[job.model] += job.cost
    results = [
        {"date": day, "usedCredits": [{"model": model, "amount": amount} for model, amount in models.items()]}
        for day, models in spent.items()
    ]
    return JSONResponse({"results": results, "models": sorted({m for day in spent.values() for m in day})})


def _iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _doom(kind: str, code: str) -> Doom:
    """The vendor keeps the money where the order itself was at fault, and only there."""
    usual, words = DOOMS[kind]
    return Doom(code or usual, words, charged=(code or usual).startswith("SAFETY.INPUT"))


def _job_in(asked: Asked) -> str | None:
    found = JOB_ID.search(asked.path)
    return found and found[0]


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=_doom,
    creations=(("POST", r"^/runway/v1/[a-z]+_to_video$"),),
    polls=(("GET", r"^/runway/v1/tasks/"),),
    downloads=(("GET", r"^/runway-cdn/"),),
    deletions=(("DELETE", r"^/runway/v1/tasks/"),),
    job_in=_job_in,
)
