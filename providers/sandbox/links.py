"""The vendor's content network: signed links that run out, and the files behind them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from functools import partial
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from providers.sandbox.house import House
from providers.sandbox.job import Job
from providers.sandbox.responses import expired_page, json_of


def origin(request: Request) -> str:
    """The address under which the client reached this server."""
    return f"http://{request.url.netloc}"


def link_to(house: House, request: Request, job: Job) -> str:
    """A fresh link to the job's clip; no two are the same."""
    return link_at(house, origin(request), job)


def link_at(house: House, address: str, job: Job) -> str:
    """The same where no client is asking, for a webhook: `job.extra["origin"]` has the address."""
    until = time.time() + house.engine.settings.link_seconds
    token = _signed(house, {"file": job.id, "exp": until, "jti": secrets.token_hex(8)})
    return f"{address}/{job.vendor}-cdn/{job.id}.mp4?_jwt={token}"


def route(house: House, vendor: str) -> Route:
    """Where a vendor's links lead."""
    return Route(f"/{vendor}-cdn/{{id}}.mp4", partial(_serve, house), methods=["GET"])


async def _serve(house: House, request: Request) -> Response:
    job_id = request.path_params["id"]
    job = house.engine.job(job_id)
    if job is None or not _is_good(house, request.query_params.get("_jwt", ""), job_id):
        return expired_page()
    return clip_answer(job) or expired_page()


def clip_answer(job: Job) -> Response | None:
    """The clip's bytes, or None where there are none any more or not yet."""
    if job.deleted_at is not None or not job.clip or not Path(job.clip).exists():
        return None
    return FileResponse(job.clip, media_type="video/mp4")


def _signed(house: House, claims: dict[str, object]) -> str:
    parts = [_encoded(json.dumps(part).encode()) for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join([*parts, _signature(house, ".".join(parts))])


def _is_good(house: House, token: str, job_id: str) -> bool:
    message, _, signature = token.rpartition(".")
    if not token.isascii() or not hmac.compare_digest(signature, _signature(house, message)):
        return False
    claims = json_of(_decoded(message.rpartition(".")[2]))
    return bool(claims.get("file") == job_id and claims.get("exp", 0) > time.time())


def _signature(house: House, message: str) -> str:
    return _encoded(hmac.digest(house.store.secret("links"), message.encode(), hashlib.sha256))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
