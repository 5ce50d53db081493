"""Runway's uploads: a slot is opened with the key, and filled without it."""

from __future__ import annotations

import hmac
import json
import secrets
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.sandbox.house import House
from providers.sandbox.links import origin
from providers.sandbox.runway_order import VENDOR
from providers.sandbox.runway_rules import Issue

LEAST_BYTES, MOST_BYTES = 512, 200_000_000
CHUNK = 1024 * 1024


def upload_issues(body: Mapping[str, Any]) -> list[Issue]:
    """What is wrong with the body that asks for a slot."""
    issues: list[Issue] = []
    name = body.get("filename")
    if not isinstance(name, str) or not name:
        issues.append(
            {"code": "invalid_type", "path": ["filename"], "message": "Invalid input: expected string"}
        )
    if body.get("type") != "ephemeral":
        message = 'Invalid input: expected "ephemeral"'
        issues.append({"code": "invalid_value", "path": ["type"], "message": message})
    if unknown := sorted(set(body) - {"filename", "type"}):
        message = f"Unrecognized keys: {', '.join(unknown)}"
        issues.append({"code": "unrecognized_keys", "path": [], "keys": unknown, "message": message})
    return issues


def open_slot(house: House, request: Request, filename: str, key: str) -> dict[str, Any]:
    """A slot for one file: where to post it, with which fields, and its name afterwards."""
    token = secrets.token_hex(16)
    fields = {
        "key": f"uploads/{token}",
        "policy": secrets.token_hex(24),
        "x-amz-signature": secrets.token_hex(32),
    }
    house.store.add_upload(
        {
            "token": token,
            "key": key,
            "filename": filename.encode("utf-8", "replace").decode(),
            "fields": json.dumps(fields),
            "created_at": time.time(),
        }
    )
    url = f"{origin(request)}/{VENDOR}-uploads/{token}"
    return {"uploadUrl": url, "fields": fields, "runwayUri": f"runway://{token}"}


def route(house: House) -> Route:
    """The bucket."""
    return Route(f"/{VENDOR}-uploads/{{token}}", partial(_receive, house), methods=["POST"])


async def _receive(house: House, request: Request) -> Response:
    """Take the file. As a bucket does, the policy's fields must come first and the file last."""
    token = request.path_params["token"]
    slot = house.store.upload(token)
    if "authorization" in request.headers:
        return _no(400, "Only one auth mechanism allowed")
    async with request.form(max_files=1, max_fields=20) as form:
        parts = form.multi_items()
        given = {name: value for name, value in parts if isinstance(value, str)}
        if slot is None or not _fields_match(json.loads(slot["fields"]), given):
            return _no(403, "The policy does not allow this upload")
        name, file = parts[-1]
        if name != "file" or not isinstance(file, UploadFile):
            return _no(400, "POST requires exactly one file upload as the last field")
        if not LEAST_BYTES <= (file.size or 0) <= MOST_BYTES:
            return _no(400, f"The file must have {LEAST_BYTES} to {MOST_BYTES} bytes")
        with (house.store.uploads / token).open("wb") as target:
            while chunk := await file.read(CHUNK):
                target.write(chunk)
        house.store.uploaded(token, file.size or 0)
    return Response(status_code=204)


def _fields_match(expected: Mapping[str, str], given: Mapping[str, str]) -> bool:
    return all(
        hmac.compare_digest(value.encode(), given.get(name, "").encode()) for name, value in expected.items()
    )


def _no(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
