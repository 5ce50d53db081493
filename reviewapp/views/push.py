"""Push in people's browsers: the service worker, switching it on and off, and the list of browsers."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from reviewapp import push
from reviewapp.forms.push import SubscriptionForm
from reviewapp.views.access import AuthedRequest

_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@cache
def _worker() -> bytes:
    return (Path(settings.STATICFILES_DIRS[0]) / "js" / "sw.js").read_bytes()


@login_not_required
@require_safe
def service_worker(request: AuthedRequest) -> HttpResponse:
    """The worker's script, at the root: a worker sees only what lies below its own address.

    Open to everyone: the browser asks for it anew by itself, also when nobody is signed in.
    """
    response = HttpResponse(_worker(), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_POST
def push_subscribe(request: AuthedRequest) -> HttpResponse:
    form = SubscriptionForm(request.POST)
    if not form.is_valid():
        return HttpResponse(status=422)
    words = browser_words(request.headers.get("User-Agent", ""))
    push.subscribe(request.user, browser=words, **form.cleaned_data)
    return _browsers(request)


@require_POST
def push_unsubscribe(request: AuthedRequest) -> HttpResponse:
    push.unsubscribe(request.user, request.POST.get("endpoint", ""))
    return _browsers(request)


@require_POST
def push_remove(request: AuthedRequest, pk: int) -> HttpResponse:
    """Another browser of the same person; removing what is not there any more is no mistake."""
    push.remove(request.user, pk)
    return _browsers(request)


def _browsers(request: AuthedRequest) -> HttpResponse:
    if not request.htmx:
        return redirect("notice-choices")
    return render(request, "notices/_push_browsers.html", {"browsers": push.of(request.user)})


def browser_words(agent: str) -> str:
    """Say “Firefox on Windows”, as far as the browser tells."""
    browser = next((name for mark, name in _BROWSERS if re.search(rf"\b{mark}/", agent)), "A browser")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if system else browser
