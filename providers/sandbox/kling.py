"""Kling's wire format in both standards, on one store of tasks, under /kling. See docs/providers/kling.md."""

from __future__ import annotations

import functools
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox import kling_legacy, kling_list, kling_new, links, order
from providers.sandbox.faults import Fault
from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job
from providers.sandbox.kling_auth import account_of, name_of
from providers.sandbox.kling_facts import IMAGE, IMAGE2, MULTI2, OMNI, PIXELS, TEXT, TEXT2
from providers.sandbox.kling_rules import Refused, Wanted, wrong
from providers.sandbox.kling_told import VENDOR, callback, legacy_record, new_record
from providers.sandbox.order import Order, digits_id, even, key_of, take
from providers.sandbox.responses import json_of
from providers.sandbox.signing import new_secret
from providers.sandbox.store import Endpoint
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Asked, Wire, model_in_body
from providers.sniff import image_size

JOB_ID = re.compile(r"\b\d{18}\b")
LEGACY_KINDS = (TEXT2, IMAGE2, MULTI2)
MOST_ASKED = 20
RISK = "Failure to pass the risk control system"
BROKEN = "Internal error, please try again later"
DOOMS = {"prompt": RISK, "refuse": RISK, "fail": BROKEN, "broken": BROKEN}
Answer = Callable[[House, Request, str], Awaitable[Any]]


def routes(house: House) -> list[BaseRoute]:
    """Both standards below one address, and the console where an account makes its webhook secret."""

    def at(path: str, answer: Answer, *methods: str, legacy: bool = True) -> Route:
        guarded = functools.partial(_guarded, house, answer, legacy)
        return Route(path, guarded, methods=list(methods))

    newer = [
        at(f"/{kind}/{{model}}", functools.partial(_create_new, kind), "POST", legacy=False)
        for kind in (TEXT, IMAGE, OMNI)
    ]
    older = [
        route
        for kind in LEGACY_KINDS
        for route in (
            at(f"/v1/videos/{kind}", functools.partial(_create_legacy, kind), "POST"),
            at(f"/v1/videos/{kind}", functools.partial(kling_list.pages, kind), "GET"),
            at(f"/v1/videos/{kind}/{{id}}", functools.partial(_legacy_task, kind), "GET"),
        )
    ]
    others = [
        at("/tasks", _tasks, "GET", legacy=False),
        at("/tasks", kling_list.cursor, "POST", legacy=False),
        at("/account/costs", kling_list.costs, "GET"),
        at("/{rest:path}", _unknown, "GET", "POST", "PUT", "DELETE", "PATCH"),
    ]
    return [
        Mount(f"/{VENDOR}", routes=[*newer, *older, *others]),
        at(f"/{VENDOR}-console/webhook-secret", _webhook_secret, "PUT", "DELETE"),
        links.route(house, VENDOR),
    ]


async def _guarded(house: House, answer: Answer, legacy: bool, request: Request) -> Response:
    """The account first, then the call; every answer carries a code, also the good ones."""
    told: dict[str, Any] = {"code": 0, "message": "SUCCEED", "request_id": str(uuid.uuid4())}
    try:
        told["data"] = await answer(house, request, account_of(request.headers, legacy=legacy))
    except Refused as refused:
        told |= {"code": refused.code, "message": refused.message}
        return JSONResponse(told, refused.status)
    return JSONResponse(told)


# Creating.


async def _create_new(kind: str, house: House, request: Request, account: str) -> Any:
    wanted = kling_new.wanted_of(kind, request.path_params["model"], await _body(request))
    job = _accept(house, request, account, wanted, legacy=False)
    told = new_record(house, job, status="submitted")
    return {name: told[name] for name in ("id", "status", "create_time", "update_time", "external_id")}


async def _create_legacy(kind: str, house: House, request: Request, account: str) -> Any:
    wanted = kling_legacy.wanted_of(kind, await _body(request))
    job = _accept(house, request, account, wanted, legacy=True)
    told = legacy_record(house, job, status="submitted")
    return {name: told[name] for name in ("task_id", "task_info", "task_status", "created_at", "updated_at")}


async def _body(request: Request) -> dict[str, Any]:
    body = json_of(await request.body())
    if not body:
        raise Refused(400, 1200, "the request body is no JSON object")
    return body


def _accept(house: House, request: Request, account: str, wanted: Wanted, *, legacy: bool) -> Job:
    """Take the order, unless the account has this mark, this many jobs, or too few units already."""
    key, engine = key_of(VENDOR, account), house.engine
    if engine.settings.retires(VENDOR, wanted.model):
        raise Refused(404, 1203, f"model {wanted.model} does not exist")
    if wanted.mark and engine.job_by_token(VENDOR, key, wanted.mark):
        raise wrong(f"external_task_id {wanted.mark} already exists")
    if engine.balance(key) < wanted.hundredths:
        raise Refused(429, 1102, "Account balance not enough")
    if engine.is_full((key, wanted.model)):
        raise Refused(429, 1303, "parallel task over resource pack limit")
    job = order.job_of(_order(account, wanted, legacy=legacy), house.store)
    # The older standard takes such words and lets the job fail.
    if not legacy and engine.refuses(job):
        raise Refused(400, 1301, "The content was refused by the platform's content security policy")
    take(house, request, job)
    return job


def _order(account: str, wanted: Wanted, *, legacy: bool) -> Order:
    return Order(
        vendor=VENDOR,
        secret=account,
        id=digits_id(),
        mode=wanted.kind,
        model=wanted.model,
        prompt=wanted.prompt,
        negative=wanted.negative,
        size=_size(wanted),
        seconds=float(wanted.seconds),
        estimated=wanted.hundredths,
        image=wanted.image,
        token=wanted.mark,
        extra={"callback": wanted.callback, "legacy": legacy},
    )


def _size(wanted: Wanted) -> tuple[int, int]:
    """As many pixels as the resolution has in 16:9, in the shape asked for or of the picture."""
    across, _, down = (wanted.aspect or "16:9").partition(":")
    shape = image_size(wanted.image) if wanted.image and not wanted.aspect else None
    width, height = shape or (int(across), int(down))
    scale = (PIXELS[wanted.tier] / (width * height)) ** 0.5
    return even(width * scale, height * scale)


# Asking.


async def _tasks(house: House, request: Request, account: str) -> Any:
    """By our ids or by the caller's marks; unknown ones are left out."""
    asked = request.query_params
    ids, marks = asked.get("task_ids", ""), asked.get("external_task_ids", "")
    if bool(ids) == bool(marks):
        raise wrong("task_ids and external_task_ids: give exactly one of them")
    names, key = (ids or marks).split(","), key_of(VENDOR, account)
    if len(names) > MOST_ASKED:
        raise wrong(f"at most {MOST_ASKED} ids")
    found = [
        house.engine.job(name) if ids else house.engine.job_by_token(VENDOR, key, name) for name in names
    ]
    empty, strange = _struck(house, request)
    return [
        new_record(house, job, empty=empty is not None, status=_status(strange))
        for job in found
        if job is not None and job.key == key
    ]


async def _legacy_task(kind: str, house: House, request: Request, account: str) -> Any:
    """By our id or by the caller's mark; the kind in the path has to be the task's."""
    name, key = request.path_params["id"], key_of(VENDOR, account)
    job = house.engine.job(name) or house.engine.job_by_token(VENDOR, key, name)
    if job is None or job.key != key or job.mode != kind:
        raise wrong("Task not found by id/external id")
    empty, strange = _struck(house, request)
    return legacy_record(house, job, empty=empty is not None, status=_status(strange))


def _struck(house: House, request: Request) -> tuple[Fault | None, Fault | None]:
    call = record_of(request).call
    return house.faults.take(call, "empty_output"), house.faults.take(call, "unknown_status")


def _status(strange: Fault | None) -> str:
    return str(strange.options["status"]) if strange else ""


async def _unknown(house: House, request: Request, account: str) -> Any:
    raise Refused(404, 1202, "The requested method is invalid")


# The console, which has no API at Kling: there a person presses a button.


async def _webhook_secret(house: House, request: Request, account: str) -> Any:
    """PUT makes an account's webhook secret, or takes the one in the body; DELETE ends it."""
    key = key_of(VENDOR, account)
    if request.method == "DELETE":
        house.store.drop_endpoint(f"{key}-secret")
        return {}
    given = json_of(await request.body()).get("secret")
    secret = given if isinstance(given, str) and given.startswith("whsec_") else new_secret()
    house.store.add_endpoint(Endpoint(f"{key}-secret", VENDOR, key, "", (), secret))
    return {"secret": secret}


# The wire.


def _doom(kind: str, code: str) -> Doom:
    """Kling has sentences and no codes; what it failed to make costs nothing."""
    return Doom(code or kind, DOOMS[kind])


def _job_in(asked: Asked) -> str | None:
    found = JOB_ID.search(asked.path) or JOB_ID.search(asked.query.get("task_ids", ""))
    return found and found[0]


def _model_in(asked: Asked) -> str:
    newer = re.fullmatch(rf"/{VENDOR}/(?:{TEXT}|{IMAGE}|{OMNI})/([^/]+)", asked.path)
    named = asked.body.get("model_name")
    return (
        newer[1] if newer else model_in_body(Asked(asked.method, asked.path, asked.query, {"model": named}))
    )


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=_doom,
    creations=(
        ("POST", rf"^/{VENDOR}/(?:{TEXT}|{IMAGE}|{OMNI})/[^/]+$"),
        ("POST", rf"^/{VENDOR}/v1/videos/[^/]+$"),
    ),
    polls=(("GET", rf"^/{VENDOR}/tasks$"), ("GET", rf"^/{VENDOR}/v1/videos/[^/]+/[^/]+$")),
    downloads=(("GET", rf"^/{VENDOR}-cdn/"),),
    job_in=_job_in,
    model_in=_model_in,
    key_of=name_of,
    callback=callback,
)
