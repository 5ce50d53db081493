"""The Gemini API under /google: Omni's interactions, and Veo in the format of before.

See docs/providers/gemini.md.
"""

from __future__ import annotations

import functools
import re
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from providers.sandbox import google_hooks, google_interactions
from providers.sandbox.google_answers import TYPE, Answer, Refused, doom, fault_body
from providers.sandbox.google_files import file_of, uri_of
from providers.sandbox.google_predict import NewJob, operation, ordered
from providers.sandbox.google_rules import GEMINI, OMNI
from providers.sandbox.house import House
from providers.sandbox.job import Job
from providers.sandbox.links import clip_answer
from providers.sandbox.order import key_of, letters_id
from providers.sandbox.traffic import record_of
from providers.sandbox.wire import Asked, Wire, job_in_path

VENDOR = "google"
BASE = "/google/{version}"
VERSIONS = ("v1", "v1beta")
# The methods that are spoken since 2026, whose errors have names and no numbers.
NEWER = re.compile(r"^/google/[^/]+/(interactions|webhooks)\b")
KEY = re.compile(r"[A-Za-z0-9_-]{15,200}")
JOB_ID = re.compile(r"/(?:interactions|operations)/([A-Za-z0-9_]+)")
MODEL = re.compile(r"/models/([^/:]+)")
RESPONSE = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"


def routes(house: House) -> list[BaseRoute]:
    """Everything below the base URL that clients are given."""

    def at(path: str, answer: Answer, *methods: str) -> Route:
        return Route(BASE + path, functools.partial(_guarded, house, answer), methods=list(methods))

    return [
        at("/models/{model}:predictLongRunning", _create, "POST"),
        at("/models/{model}/operations/{id}", _operation, "GET"),
        at("/models", _models, "GET"),
        at("/models/{model}", _model, "GET"),
        at("/interactions", google_interactions.create, "POST"),
        at("/interactions/{id}", google_interactions.one, "GET", "DELETE"),
        at("/interactions/{id}/cancel", google_interactions.cancel, "POST"),
        at("/files/{id}:download", _download, "GET"),
        at("/files/{id}", _file, "GET"),
        at("/webhooks", google_hooks.endpoints, "GET", "POST"),
        at("/webhooks/{id}:rotateSigningSecret", google_hooks.rotate, "POST"),
        at("/webhooks/{id}", google_hooks.endpoint, "GET", "DELETE"),
    ]


async def _guarded(house: House, answer: Answer, request: Request) -> Response:
    """A key comes first, in the header or in the query; who has none is told so before any method is."""
    try:
        secret = _key_of(request.headers) or request.query_params.get("key", "")
        if not secret:
            raise Refused(403, "Method doesn't allow unregistered callers. Please use API Key.")
        if not KEY.fullmatch(secret):
            details = [{"@type": f"{TYPE}ErrorInfo", "reason": "API_KEY_INVALID"}]
            raise Refused(400, "API key not valid. Please pass a valid API key.", "", details)
        if request.path_params["version"] not in VERSIONS:
            raise Refused(404, "There is no such version.")
    except Refused as refused:
        return refused.response()
    try:
        return await answer(house, request, secret)
    except Refused as refused:
        return refused.named() if NEWER.search(request.url.path) else refused.response()


def _key_of(headers: Headers) -> str:
    return headers.get("x-goog-api-key", "")


async def _create(house: House, request: Request, secret: str) -> Response:
    _check_older(request)
    job_id = letters_id()
    name = f"models/{request.path_params['model']}/operations/{job_id}"
    await ordered(house, request, GEMINI, NewJob(VENDOR, secret, job_id, name))
    return JSONResponse({"name": name})


async def _operation(house: House, request: Request, secret: str) -> Response:
    _check_older(request)
    job = house.engine.job(request.path_params["id"])
    if (
        job is None
        or job.key != key_of(VENDOR, secret)
        or job.model != request.path_params["model"]
        or "name" not in job.extra
    ):
        raise Refused(404, "The operation was not found.")
    return JSONResponse(operation(house, request, job, job.extra["name"], _done(house, request, job)))


def _done(house: House, request: Request, job: Job) -> dict[str, Any]:
    samples: list[dict[str, Any]] = []
    if job.clip and not house.faults.take(record_of(request).call, "empty_output"):
        samples = [{"video": {"uri": uri_of(job)}}]
    return {"@type": RESPONSE, "generateVideoResponse": {"generatedSamples": samples}}


def _check_older(request: Request) -> None:
    """Veo was served under v1beta alone."""
    if request.path_params["version"] != "v1beta":
        raise Refused(404, "Method not found.")


async def _models(house: House, request: Request, secret: str) -> Response:
    return JSONResponse({"models": [_told(name) for name in (*OMNI, *GEMINI) if _lives(house, name)]})


async def _model(house: House, request: Request, secret: str) -> Response:
    name = request.path_params["model"]
    if name not in {*OMNI, *GEMINI} or not _lives(house, name):
        raise Refused(404, f"models/{name} is not found, or is no longer available.")
    return JSONResponse(_told(name))


def _told(name: str) -> dict[str, Any]:
    methods = ["createInteraction"] if name in OMNI else ["predictLongRunning"]
    return {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods}


def _lives(house: House, name: str) -> bool:
    return not house.engine.settings.retires(VENDOR, name)


async def _download(house: House, request: Request, secret: str) -> Response:
    job = _own_file(house, request, secret)
    answer = clip_answer(job)
    if request.query_params.get("alt") != "media" or answer is None:
        raise Refused(400, "The bytes of a file are asked for with alt=media.")
    return answer


async def _file(house: House, request: Request, secret: str) -> Response:
    job = _own_file(house, request, secret)
    name = f"files/{request.path_params['id']}"
    told = {"name": name, "mimeType": "video/mp4", "state": "ACTIVE", "source": "GENERATED"}
    return JSONResponse(told | {"uri": uri_of(job).partition(":download")[0], "downloadUri": uri_of(job)})


def _own_file(house: House, request: Request, secret: str) -> Job:
    """The job of a file; Google says the same of one that is gone and of one that is somebody else's."""
    name = request.path_params["id"]
    job = file_of(house, key_of(VENDOR, secret), name)
    if job is None or (job.finished_at or 0) + house.engine.settings.link_seconds < time.time():
        raise Refused(403, f"You do not have permission to access the File {name} or it may not exist.")
    return job


def _model_in(asked: Asked) -> str:
    found = MODEL.search(asked.path)
    told = asked.body.get("model")
    return found[1] if found else told if isinstance(told, str) else ""


WIRE = Wire(
    name=VENDOR,
    routes=routes,
    doom=doom,
    creations=(("POST", r":predictLongRunning$"), ("POST", r"/interactions$")),
    polls=(("GET", r"/operations/[^/]+$"), ("GET", r"/interactions/[^/]+$")),
    downloads=(("GET", r"/files/[^/]+:download$"),),
    deletions=(("DELETE", r"/interactions/[^/]+$"),),
    job_in=job_in_path(JOB_ID),
    model_in=_model_in,
    key_of=_key_of,
    callback=google_hooks.deliveries,
    error_body=fault_body,
)
