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

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

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


class _Whole(FileResponse):
    """A file that comes whole or not at all, from a host that knows no ranges and no validators."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = [(name, value) for name, value in scope["headers"] if name not in {b"range", b"if-range"}]

        async def plainly(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=list(message["headers"]))
                for name in ("accept-ranges", "etag", "last-modified"):
                    del headers[name]
                message = {**message, "headers": headers.raw}
            await send(message)

        await super().__call__({**scope, "headers": asked}, receive, plainly)


def clip_answer(job: Job, *, ranges: bool = True) -> Response | None:
    """The clip's bytes, or None where there are none any more or not yet.

    With its length, a strong ETag and byte ranges, as content networks have them, and without where nobody
    has seen a vendor give them.
    """
    if job.deleted_at is not None or not job.clip or not Path(job.clip).exists():
        return None
    return (FileResponse if ranges else _Whole)(job.clip, media_type="video/mp4")


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
