"""The last answer: what a person reads when the app itself could not answer."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import server_error

RETRY_AFTER_S = 5


def broken(request: HttpRequest) -> HttpResponse:
    """503 where the database did not answer, which passes by itself; else 500, a fault of the app.

    Django calls it while the exception is being handled, wherever in the request that was.
    """
    if not isinstance(sys.exception(), OperationalError | InterfaceError):
        return server_error(request)
    # Without a request: everything that pages usually know comes from the database.
    page = HttpResponse(render_to_string("503.html"), status=503)
    page.headers["Retry-After"] = str(RETRY_AFTER_S)
    return page
