"""Where the providers call: the only door that strangers may write to, so everything about it is small."""

from __future__ import annotations

import logging
import time
from typing import Final

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from providers.errors import WebhookInvalid
from reviewapp import hooks

logger = logging.getLogger(__name__)

# A job's record is a few kB; nothing larger is read.
MOST_BYTES: Final = 256_000
# One line a minute tells an admin of a wrong secret; a flood of junk must not fill the disk.
COMPLAIN_EVERY_S: Final = 60.0
_complained_at: dict[str, float] = {}


@csrf_exempt
@login_not_required
@never_cache
def receive(request: HttpRequest, provider: str, token: str = "") -> HttpResponse:
    """Take one delivery. The answers are the same for every reason, so that they teach a forger nothing."""
    if request.method != "POST":
        return _answer(405, Allow="POST")
    body = _bounded_body(request)
    if body is None:
        return _answer(413)
    try:
        hooks.receive(provider, request.headers, body, token)
    except hooks.UnknownVendor:
        return _answer(404)
    except WebhookInvalid as invalid:
        _complain(provider, str(invalid))
        return _answer(401)
    except DatabaseError as error:
        # The vendor may try again; if it does not, the next poll comes anyway.
        _complain(provider, f"the database did not answer ({type(error).__name__})")
        return _answer(503)
    # One that came before was believed as well, and its sender only needs to know that it may stop.
    return _answer(200)


def _answer(status: int, **headers: str) -> HttpResponse:
    answer = HttpResponse(b"", status=status, content_type="text/plain", headers=headers)
    # Django would log every refusal with its address, which strangers choose and which may hold a secret.
    answer._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark, without a public name.
    return answer


def _bounded_body(request: HttpRequest) -> bytes | None:
    """The body, None when it is larger than any webhook; never more than that is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MOST_BYTES:
        return None
    # Django reads nothing of a body that comes in chunks; the server has taken care that this one ends.
    chunked = "HTTP_TRANSFER_ENCODING" in request.META and request.META.get("wsgi.input_terminated")
    try:
        body: bytes = (request.META["wsgi.input"] if chunked else request).read(MOST_BYTES + 1)
    except OSError:
        # The caller has hung up.
        return None
    return body if len(body) <= MOST_BYTES else None


def _complain(provider: str, why: str) -> None:
    now = time.monotonic()
    if now - _complained_at.get(provider, -COMPLAIN_EVERY_S) >= COMPLAIN_EVERY_S:
        _complained_at[provider] = now
        logger.warning("a webhook for %s was refused: %s", provider, why)
