"""A small vendor, so that what every wire leans on can be seen without the rules of any real one."""

from __future__ import annotations

import functools
import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job, State
from providers.sandbox.links import clip_answer, link_at
from providers.sandbox.media import form_of
from providers.sandbox.order import Order, hex_id, job_of, key_of, size_of, take
from providers.sandbox.responses import expired_page
from providers.sandbox.signing import standard
from providers.sandbox.traffic import record_of
from providers.sandbox.webhooks import Delivery
from providers.sandbox.wire import Asked, Wire, bearer

SECRET = "whsec_c2FuZGJveC1zZWNyZXQtc2FuZGJveC1zZWNyZXQtMDE="
WORDS = {State.RUNNING: "working", State.SUCCEEDED: "done", State.FAILED: "failed", State.CANCELLED: "gone"}


def routes(house: House) -> list[BaseRoute]:
    return [
        Route("/small/v1/clips", functools.partial(_create, house), methods=["POST"]),
        Route("/small/v1/clips/{id}", functools.partial(_poll, house), methods=["GET"]),
        Route("/small/v1/clips/{id}/content", functools.partial(_content, house), methods=["GET"]),
    ]


async def _create(house: House, request: Request) -> Response:
    form = await form_of(request)
    secret, told = bearer(request.headers), form.texts
    if house.engine.settings.retires("small", told["model"]):
        return JSONResponse({"error": "gone"}, 410)
    if house.engine.is_full((key_of("small", secret), told["model"])):
        return JSONResponse({"error": "busy"}, 429)
    image = form.files.get("image")
    order = Order(
        vendor="small",
        secret=secret,
        id=hex_id("clip_"),
        mode="text_to_video",
        model=told["model"],
        prompt=told["prompt"],
        size=size_of("16:9", "480p"),
        seconds=1.0,
        estimated=250_000,
        image=image.content if image else b"",
        token=told.get("name", ""),
        extra={"hook": told.get("hook", "")},
    )
    job = job_of(order, house.store)
    take(house, request, job)
    return JSONResponse({"id": job.id})


async def _poll(house: House, request: Request) -> Response:
    name, key = request.path_params["id"], key_of("small", bearer(request.headers))
    job = house.engine.job(name) or house.engine.job_by_token("small", key, name)
    if job is None:
        return JSONResponse({"error": "none"}, 404)
    status = WORDS.get(job.state, "waiting")
    if strange := house.faults.take(record_of(request).call, "unknown_status"):
        status = strange.options["status"]
    return JSONResponse({"id": job.id, "status": status, "code": job.failure_code, "cost": job.cost})


async def _content(house: House, request: Request) -> Response:
    job = house.engine.job(request.path_params["id"])
    return (clip_answer(job) if job else None) or expired_page()


def _job_in(asked: Asked) -> str | None:
    found = re.search(r"clip_[0-9a-f]{32}", asked.path)
    return found and found[0]


def _doom(kind: str, code: str) -> Doom:
    return Doom(code or {"prompt": "blocked"}.get(kind, "bad_luck"), "It went wrong.", charged=kind == "fail")


def _callback(house: House, job: Job) -> list[Delivery]:
    if not job.extra.get("hook"):
        return []
    status = WORDS.get(job.state, "waiting")
    told = {"id": job.id, "status": status}
    if job.state is State.SUCCEEDED:
        told["url"] = link_at(house, job.extra["origin"], job)
    return [Delivery(job.extra["hook"], json.dumps(told).encode(), standard(SECRET), status)]


WIRE = Wire(
    name="small",
    routes=routes,
    doom=_doom,
    creations=(("POST", r"^/small/v1/clips$"),),
    polls=(("GET", r"^/small/v1/clips/[^/]+$"),),
    downloads=(("GET", r"/content$"),),
    job_in=_job_in,
    callback=_callback,
)
