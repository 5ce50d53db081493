"""fal's queue under /fal, with its account service beside it. See docs/providers/fal.md."""

from __future__ import annotations

import functools
import json
import re
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox import links, signing
from providers.sandbox.fal_rules import OF_A_MODEL, OF_THE_QUEUE, POLICY, USUAL, Input, endpoints
from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job, State
from providers.sandbox.links import link_at, link_to, origin
from providers.sandbox.order import Order, job_of, key_of, take
from providers.sandbox.responses import json_of
from providers.sandbox.traffic import record_of
from providers.sandbox.webhooks import Delivery
from providers.sandbox.wire import Asked, Wire, job_in_path

VENDOR = "fal"
KEY = re.compile(r"[A-Za-z0-9_-]+:[A-Za-z0-9_-]+")
JOB = re.compile(r"/requests/([0-9a-f-]{36})(?:/|$)")
INVALID = "validation"
WAITING = {State.PENDING, State.THROTTLED}
Answer = Callable[[House, Request, str], Awaitable[Response]]


def key_in(headers: Mapping[str, str]) -> str:
    """The secret of `Authorization: Key …`, or ""."""
    kind, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if kind.lower() == "key" else ""


def routes(house: House) -> list[BaseRoute]:
    """Everything below the address that clients are given."""

    def at(path: str, answer: Answer, method: str) -> Route:
        return Route(f"/{VENDOR}{path}", functools.partial(_guarded, house, answer), methods=[method])

    return [
        at("/v1/account/billing", _billing, "GET"),
        at("/v1/models/requests/{id}/payloads", _delete_payloads, "DELETE"),
        at("/storage/auth/token", _upload_token, "POST"),
        at("/{app:path}/requests/{id}/status", _status, "GET"),
        at("/{app:path}/requests/{id}/cancel", _cancel, "PUT"),
        at("/{app:path}/requests/{id}", _result, "GET"),
        at("/{endpoint:path}", _submit, "POST"),
        links.route(house, VENDOR),
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    secret = key_in(request.headers)
    if not KEY.fullmatch(secret):
        return _detail(401, "No user found for Key ID and Secret")
    return await answer(house, request, secret)


def _detail(status: int, words: str) -> Response:
    return JSONResponse({"detail": words}, status)


async def _submit(house: House, request: Request, secret: str) -> Response:
    endpoint = request.path_params["endpoint"]
    if endpoint not in endpoints() or house.engine.settings.retires(VENDOR, endpoint):
        return _detail(404, f"Application '{endpoint}' not found")
    raw = await request.body()
    body = json_of(raw)
    if not body and raw.strip() != b"{}":
        return _detail(400, "Failed to parse the request body as JSON")
    asked = Input(endpoint, body)
    job = job_of(_order(request, endpoint, secret, asked), house.store)
    if house.engine.dollars(job.key) * 1_000_000 < job.estimated:
        words = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
        return _detail(403, words)
    if asked.faults:
        # The queue looks at no input: what is wrong with it is the job's affair.
        job.doomed(Doom(INVALID, asked.faults[0]["msg"]))
    take(house, request, job)
    return JSONResponse({**_waiting(house, job), **_addresses(request, job)})


def _order(request: Request, endpoint: str, secret: str, asked: Input) -> Order:
    prompt, seed = asked.body.get("prompt"), asked.body.get("seed")
    negative = asked.body.get("negative_prompt")
    price = asked.facts["usd_per_second"] * asked.seconds
    return Order(
        vendor=VENDOR,
        secret=secret,
        id=str(uuid.uuid4()),
        mode="image_to_video" if asked.pictures else "text_to_video",
        model=endpoint,
        prompt=prompt if isinstance(prompt, str) else "",
        size=asked.size,
        seconds=asked.seconds,
        estimated=round(price * 1_000_000),
        negative=negative if isinstance(negative, str) else "",
        seed=seed if isinstance(seed, int) else None,
        image=next((content for content in asked.pictures.values() if content), b""),
        extra={
            "app": "/".join(endpoint.split("/")[:2]),
            "hook": request.query_params.get("fal_webhook", ""),
            "faults": asked.faults,
        },
    )


def _job(house: House, request: Request, secret: str) -> Job | None:
    """The job of this key; below the endpoint's whole name there is none, only below its app's."""
    job = house.engine.job(request.path_params["id"])
    if job is None or job.vendor != VENDOR or job.key != key_of(VENDOR, secret):
        return None
    return job if job.extra["app"] == request.path_params["app"] else None


def _addresses(request: Request, job: Job) -> dict[str, Any]:
    base = f"{origin(request)}/{VENDOR}/{job.extra['app']}/requests/{job.id}"
    return {
        "request_id": job.id,
        "gateway_request_id": job.id,
        "response_url": base,
        "status_url": f"{base}/status",
        "cancel_url": f"{base}/cancel",
    }


def _waiting(house: House, job: Job) -> dict[str, Any]:
    ahead = [
        other
        for other in house.store.jobs_of(job.key)
        if other.state in WAITING and other.model == job.model and other.created_at < job.created_at
    ]
    return {"status": "IN_QUEUE", "queue_position": len(ahead)}


async def _status(house: House, request: Request, secret: str) -> Response:
    job = _job(house, request, secret)
    if job is None:
        return _detail(404, "Request not found")
    wants_logs = request.query_params.get("logs", "").lower() in {"1", "true"}
    told: dict[str, Any] = {"logs": [{"message": "drawing", "level": "INFO"}] if wants_logs else None}
    if job.is_over:
        told |= {"status": "COMPLETED", "metrics": {"inference_time": _time_of(job)}, **_error_of(job)}
    elif job.state in WAITING:
        told |= _waiting(house, job)
    else:
        told |= {"status": "IN_PROGRESS"}
    if strange := house.faults.take(record_of(request).call, "unknown_status"):
        told["status"] = strange.options["status"]
    return JSONResponse({**told, **_addresses(request, job)}, 200 if job.is_over else 202)


def _time_of(job: Job) -> float:
    return round((job.finished_at or 0) - (job.started_at or job.created_at), 3)


def _error_of(job: Job) -> dict[str, Any]:
    """What a status says of a failure: its text, and its name where the queue has one."""
    if job.state is State.SUCCEEDED:
        return {}
    code, words = _failure(job)
    return {"error": words, **({"error_type": code} if code in OF_THE_QUEUE else {})}


def _failure(job: Job) -> tuple[str, str]:
    if job.state is State.CANCELLED:
        return "client_cancelled", OF_THE_QUEUE["client_cancelled"][1]
    return job.failure_code, job.failure


async def _result(house: House, request: Request, secret: str) -> Response:
    job = _job(house, request, secret)
    if job is None:
        return _detail(404, "Request not found")
    if not job.is_over:
        return _detail(400, "Request is still in progress")
    if job.state is not State.SUCCEEDED:
        return _failed(job)
    if house.faults.take(record_of(request).call, "empty_output"):
        return JSONResponse({"video": None})
    return JSONResponse(_payload(job, link_to(house, request, job)))


def _payload(job: Job, link: str) -> dict[str, Any]:
    file = {"url": link, "content_type": "video/mp4", "file_name": f"{job.id}.mp4", "file_size": None}
    return {"video": file, "seed": job.seed}


def _failed(job: Job) -> Response:
    code, words = _failure(job)
    if code in OF_THE_QUEUE:
        told = {"detail": words, "error_type": code}
        return JSONResponse(told, OF_THE_QUEUE[code][0], {"X-Fal-Error-Type": code})
    status, retry = OF_A_MODEL.get(code, (422, ""))[0], code != POLICY
    return JSONResponse(
        {"detail": _listed(job, code, words)},
        status,
        {"X-Fal-Retryable": str(retry and status != 422).lower()},
    )


def _listed(job: Job, code: str, words: str) -> list[dict[str, Any]]:
    if code == INVALID:
        faults: list[dict[str, Any]] = job.extra["faults"]
        return faults
    where = ["body", "prompt"] if code == POLICY else ["body"]
    return [{"loc": where, "msg": words, "type": code, "url": f"https://docs.fal.ai/errors#{code}"}]


async def _cancel(house: House, request: Request, secret: str) -> Response:
    job = _job(house, request, secret)
    if job is None:
        return JSONResponse({"status": "NOT_FOUND"}, 404)
    if job.is_over:
        return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
    house.engine.cancel(job, charged=False)
    return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)


async def _delete_payloads(house: House, request: Request, secret: str) -> Response:
    """What fal keeps of a request, and the file it made. Only a key with admin rights may."""
    if not secret.startswith("admin"):
        return _no_rights()
    job = house.engine.job(request.path_params["id"])
    if job is None or job.vendor != VENDOR or job.key != key_of(VENDOR, secret) or job.deleted_at is not None:
        return JSONResponse({"error": {"type": "not_found", "message": "Request not found"}}, 404)
    house.engine.delete(job)
    return JSONResponse({"cdn_delete_results": [{"link": link_to(house, request, job), "exception": None}]})


def _no_rights() -> Response:
    return JSONResponse({"error": {"type": "authorization_error", "message": "Admin key required"}}, 403)


async def _billing(house: House, request: Request, secret: str) -> Response:
    """Told to keys with admin rights alone, which here begin with `admin`."""
    if not secret.startswith("admin"):
        return _no_rights()
    told: dict[str, Any] = {"username": "sandbox"}
    if request.query_params.get("expand") == "credits":
        left = house.engine.dollars(key_of(VENDOR, secret))
        told["credits"] = {"current_balance": left, "currency": "USD"}
    return JSONResponse(told)


async def _upload_token(house: House, request: Request, secret: str) -> Response:
    told = {"token": "sandbox", "token_type": "Bearer", "base_url": f"{origin(request)}/{VENDOR}-cdn"}
    return JSONResponse({**told, "expires_at": "2099-01-01T00:00:00+00:00"})


def _callback(house: House, job: Job) -> list[Delivery]:
    """One word, when the job is over. A cancelled job's is not known of and left out."""
    if not job.extra["hook"] or not job.is_over or job.state is State.CANCELLED:
        return []
    told: dict[str, Any] = {"request_id": job.id, "gateway_request_id": job.id}
    if job.state is State.SUCCEEDED:
        told |= {"status": "OK", "payload": _payload(job, link_at(house, job.extra["origin"], job))}
    else:
        code, words = _failure(job)
        told |= {"status": "ERROR", "error": words, "payload": {"detail": _listed(job, code, words)}}
    body, sign = json.dumps(told).encode(), signing.fal(house.store)
    return [Delivery(job.extra["hook"], body, sign, told["status"], id=job.id)]


def _doom(kind: str, code: str) -> Doom:
    wanted = code or USUAL[kind]
    words = {**OF_THE_QUEUE, **OF_A_MODEL}.get(wanted, (0, "An unexpected error occurred"))[1]
    return Doom(wanted, words)


def _model_in(asked: Asked) -> str:
    path = asked.path.removeprefix(f"/{VENDOR}/")
    return path if asked.method == "POST" and path in endpoints() else ""


def _key_of(headers: Headers) -> str:
    return key_in(headers)


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=_doom,
    creations=(("POST", r"^/fal/(?!storage/)[\w.-]+/[\w.-]+"),),
    polls=(("GET", r"^/fal/.+/requests/[^/]+(/status)?$"),),
    downloads=(("GET", r"^/fal-cdn/"),),
    deletions=(("DELETE", r"^/fal/v1/models/requests/[^/]+/payloads$"),),
    job_in=job_in_path(JOB),
    model_in=_model_in,
    key_of=_key_of,
    callback=_callback,
)
