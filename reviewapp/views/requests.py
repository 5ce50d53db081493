"""Every request has a name: the one its proxy gave it, else one of ours. The log and the answer carry it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from reviewapp import logs

HEADER = "X-Request-ID"
# What others send is written into logs: nothing that could be mistaken for another line or field.
_WELL_FORMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+/=-]{0,127}")


class NamedRequests:
    """The first of all middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(HEADER, "")
        name = given if _WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
        logs.begin_request(name)
        response = self.get_response(request)
        response[HEADER] = name
        return response
