"""Answers that no vendor's own file writes: pages of a broken host; and bodies that may be anything."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse, JSONResponse, Response

WORDS = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    408: "Request timeout",
    429: "Too many requests",
    500: "Internal server error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


def status_answer(
    code: int,
    retry_after: float | None,
    body: Mapping[str, Any] | None = None,
    more: Mapping[str, str] | None = None,
) -> Response:
    """An error as a vendor's edge gives it, or with the body and headers of one vendor's own."""
    headers = {} if retry_after is None else {"Retry-After": f"{retry_after:g}"}
    return JSONResponse(body or {"error": WORDS.get(code, "Error")}, code, headers | dict(more or {}))


def outage_page() -> Response:
    """A page where a file should be, and with a status that says all is well."""
    return HTMLResponse(
        "<!DOCTYPE html><html><title>Sign in</title><h1>Please sign in to continue</h1></html>"
    )


def expired_page() -> Response:
    """What a content network answers for a link whose time is over."""
    return Response(
        '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code>'
        "<Message>Access denied</Message></Error>",
        403,
        media_type="text/xml",
    )


def json_of(body: bytes) -> dict[str, Any]:
    """The JSON object in the body, or an empty one; NaN and the like are no JSON."""
    try:
        found = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _no_number(text: str) -> float:
    raise ValueError(text)
