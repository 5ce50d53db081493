"""Veo on Vertex AI under /vertex, with the token endpoint, and the buckets under /vertex-storage.

See docs/providers/veo.md.
"""

from __future__ import annotations

import base64
import functools
import re
import uuid
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox.google_account import account_of, check_project, console, token
from providers.sandbox.google_answers import Answer, Refused, body_of, doom, fault_body
from providers.sandbox.google_predict import NewJob, operation, ordered
from providers.sandbox.google_rules import VERTEX
from providers.sandbox.house import House
from providers.sandbox.job import Job
from providers.sandbox.links import clip_answer
from providers.sandbox.order import key_of
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Asked, Wire

VENDOR = "vertex"
PLACE = "/vertex/{version}/projects/{project}/locations/{location}"
MODELS = f"{PLACE}/publishers/google/models/{{model}}"
VERSIONS = ("v1", "v1beta1")
LOCATIONS = re.compile(r"global|us|eu|[a-z]+-[a-z]+[0-9]+")
TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
JOB_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MODEL = re.compile(r"/models/([^/:]+)")


def routes(house: House) -> list[BaseRoute]:
    """The API, the tokens, the buckets, and the page of the console that hands out the account's file."""

    def at(path: str, answer: Answer, method: str) -> Route:
        return Route(path, functools.partial(_guarded, house, answer), methods=[method])

    return [
        Route("/vertex/token", functools.partial(token, house), methods=["POST"]),
        Route("/vertex-console/service-account.json", functools.partial(console, house), methods=["GET"]),
        at(f"{MODELS}:predictLongRunning", _create, "POST"),
        at(f"{MODELS}:fetchPredictOperation", _poll, "POST"),
        at(PLACE, _location, "GET"),
        at("/vertex-storage/storage/v1/b/{bucket}/o/{name:path}", _object, "GET"),
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    """A token comes first, then whether its account may use the project."""
    try:
        email = account_of(house, request)
        if "project" in request.path_params:
            _check_place(request, email)
        return await answer(house, request, email)
    except Refused as refused:
        return refused.response()


def _check_place(request: Request, email: str) -> None:
    if request.path_params["version"] not in VERSIONS:
        raise Refused(404, "There is no such version.")
    if not LOCATIONS.fullmatch(request.path_params["location"]):
        raise Refused(404, "There is no such location.")
    check_project(email, request.path_params["project"])


def _place(request: Request) -> str:
    return f"projects/{request.path_params['project']}/locations/{request.path_params['location']}"


async def _create(house: House, request: Request, email: str) -> Response:
    job_id = str(uuid.uuid4())
    name = f"{_place(request)}/publishers/google/models/{request.path_params['model']}/operations/{job_id}"
    await ordered(house, request, VERTEX, NewJob(VENDOR, email, job_id, name))
    return JSONResponse({"name": name})


async def _poll(house: House, request: Request, email: str) -> Response:
    body = await body_of(request)
    name = body.get("operationName")
    if set(body) != {"operationName"} or not isinstance(name, str):
        raise Refused(400, "`operationName` is required, and nothing else.")
    if not name.startswith(f"{_place(request)}/publishers/google/models/{request.path_params['model']}/"):
        raise Refused(400, "`operationName` belongs to another resource than the one in the path.")
    job = house.engine.job(name.rpartition("/")[2])
    if job is None or job.vendor != VENDOR or job.key != key_of(VENDOR, email) or job.extra["name"] != name:
        raise Refused(404, f"The operation {name} was not found.")
    return JSONResponse(operation(house, request, job, name, _done(house, request, job)))


def _done(house: House, request: Request, job: Job) -> dict[str, Any]:
    told: dict[str, Any] = {"@type": TYPE, "raiMediaFilteredCount": 0}
    if not job.is_over or not job.clip or house.faults.take(record_of(request).call, "empty_output"):
        return told
    return told | {"videos": [_video(job, number) for number in range(job.extra["samples"])]}


def _video(job: Job, number: int) -> dict[str, str]:
    """In the bucket where there is one, else the bytes. Every sample of an order is the same clip here."""
    if job.extra["place"]:
        return {"gcsUri": f"{job.extra['place']}/sample_{number}.mp4", "mimeType": "video/mp4"}
    content = base64.b64encode(Path(job.clip).read_bytes()).decode()
    return {"bytesBase64Encoded": content, "mimeType": "video/mp4"}


async def _location(house: House, request: Request, email: str) -> Response:
    return JSONResponse({"name": _place(request), "locationId": request.path_params["location"]})


async def _object(house: House, request: Request, email: str) -> Response:
    """An object of a bucket: its bytes with alt=media, else what it is."""
    bucket, name = request.path_params["bucket"], request.path_params["name"]
    first = re.sub(r"sample_\d+\.mp4$", "sample_0.mp4", f"gs://{bucket}/{name}")
    job = house.engine.job_by_token(VENDOR, key_of(VENDOR, email), first)
    answer = clip_answer(job) if job is not None else None
    if answer is None:
        raise Refused(404, f"No such object: {bucket}/{name}")
    if request.query_params.get("alt") == "media":
        return answer
    return JSONResponse(
        {"kind": "storage#object", "bucket": bucket, "name": name, "contentType": "video/mp4"}
    )


def _job_in(asked: Asked) -> str | None:
    found = JOB_ID.search(str(asked.body.get("operationName", "")))
    return found and found[0]


def _model_in(asked: Asked) -> str:
    found = MODEL.search(asked.path)
    return found[1] if found else ""


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=doom,
    creations=(("POST", r":predictLongRunning$"),),
    polls=(("POST", r":fetchPredictOperation$"),),
    downloads=(("GET", r"^/vertex-storage/"),),
    job_in=_job_in,
    model_in=_model_in,
    error_body=fault_body,
)
