"""For load balancers, monitors and Prometheus: does this process answer, and is the whole app fit to work."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from reviewapp import figures, health
from reviewapp.health import Part
from reviewapp.models import User
from reviewapp.preflight import is_loopback


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is looked at: a database outage must not restart web workers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 while the site can do its work, else 503 with why.

    Strangers hear names and states; a signed-in admin hears everything, the address of the database, the
    machines and what merely wants a look included.
    """
    is_admin = _is_admin(request)
    found = health.parts() if is_admin else health.ready()
    bad = health.unfit(found)
    told = {
        "ready": not bad,
        "reasons": [part.sentence if is_admin else f"{part.name}: {part.state}" for part in bad],
        "parts": [_in_full(part) if is_admin else _in_short(part) for part in found],
    }
    return JsonResponse(told, status=503 if bad else 200)


def _is_admin(request: HttpRequest) -> bool:
    # Without a session cookie nobody is looked up: that would need the database that may be away.
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not health.ready()[0].is_well:
        return False
    user = request.user
    return isinstance(user, User) and user.is_site_admin


def _in_short(part: Part) -> dict[str, str]:
    return {"name": part.name, "state": part.state}


def _in_full(part: Part) -> dict[str, object]:
    return {
        "name": part.name,
        "host": part.host,
        "state": part.state,
        "sentence": part.sentence,
        "remedy": part.remedy,
        "detail": part.detail,
        "since": part.since,
        "figures": part.figures,
    }


@login_not_required
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """The figures for Prometheus. To everyone who may not read them this page does not exist."""
    if not _may_read_figures(request):
        raise Http404
    text, content_type = figures.exposition(request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=content_type)


def _may_read_figures(request: HttpRequest) -> bool:
    if settings.METRICS_TOKEN:
        given = request.headers.get("Authorization", "").encode()
        return hmac.compare_digest(given, f"Bearer {settings.METRICS_TOKEN}".encode())
    # A proxy on this machine speaks from loopback for the whole world, and says so.
    forwarded = any(name.startswith("HTTP_X_FORWARDED") or name == "HTTP_FORWARDED" for name in request.META)
    return is_loopback(request.META.get("REMOTE_ADDR", "")) and not forwarded
