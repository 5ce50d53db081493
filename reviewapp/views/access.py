"""Who may see and do what, decided where the object is fetched: a stranger gets 404, too small a role 403.

Every page needs a session unless its view is marked `login_not_required`; `SignInRequired` sees to that.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Value
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from reviewapp import logs
from reviewapp.models import (
    Candidate,
    Membership,
    Project,
    PromptVersion,
    ReviewDecision,
    Role,
    Shot,
    ShotInput,
    User,
)

P = ParamSpec("P")
R = TypeVar("R", bound=HttpResponseBase)


class AuthedRequest(HttpRequest):
    """The request of a signed-in person, which is what every view but the listed few receives."""

    user: User
    htmx: HtmxDetails


class SignInRequired(LoginRequiredMiddleware):
    """Django's own door, with one more answer: a fragment must not be replaced by the sign-in page.

    A script's request whose session has ended gets 401; the page then says so and keeps what was typed.
    """

    def handle_no_permission(  # type: ignore[override]  # Django types its own answer, a redirect, too narrowly.
        self, request: HttpRequest, view_func: Callable[..., Any]
    ) -> HttpResponseBase:
        # A stream of events cannot show a sign-in page either.
        if cast(AuthedRequest, request).htmx or request.headers.get("Accept") == "text/event-stream":
            return HttpResponse(status=401)
        if request.method not in ("GET", "HEAD"):
            # Many addresses take nothing but a POST: back to the page on which the form stood.
            messages.warning(
                request, "You had been signed out, so nothing was sent. Sign in and do it once more."
            )
            return redirect_to_login(_came_from(request), self.get_login_url(view_func))
        return super().handle_no_permission(request, view_func)


def _came_from(request: HttpRequest) -> str:
    """The path of the page that sent this request, when it is one of ours; else the start page."""
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}):
        return "/"
    return urlsplit(page).path or "/"


def role_in(user: User, project: Project) -> Role | None:
    """What this person is in the project; a site admin is a producer everywhere, a stranger is None."""
    if user.is_site_admin:
        return Role.PRODUCER
    role = Membership.objects.filter(project=project, user=user).values_list("role", flat=True).first()
    return Role(role) if role else None


def _insist(user: User, project: Project, role: Role) -> None:
    mine = role_in(user, project)
    if mine is None:
        raise Http404
    if role == Role.PRODUCER and mine != Role.PRODUCER:
        raise PermissionDenied(
            f"You are a reviewer of {project.name}. This page is for its producers; ask one of them."
        )


def get_project(request: AuthedRequest, slug: str, role: Role = Role.REVIEWER) -> Project:
    project = get_object_or_404(Project, slug=slug)
    _insist(request.user, project, role)
    return project


def get_shot(request: AuthedRequest, slug: str, code: str, role: Role = Role.REVIEWER) -> Shot:
    """A shot by its project's slug and its code, whatever the case."""
    shots = Shot.objects.with_status().select_related("project").alias(lower_code=Lower("code"))
    shot = get_object_or_404(shots, project__slug=slug, lower_code=Lower(Value(code)))
    _insist(request.user, shot.project, role)
    return shot


def get_candidate(request: AuthedRequest, uid: uuid.UUID, role: Role = Role.REVIEWER) -> Candidate:
    candidate = get_object_or_404(Candidate.objects.whole(), uid=uid)
    logs.from_now_about(candidate)
    _insist(request.user, candidate.shot.project, role)
    return candidate


def get_input(request: AuthedRequest, pk: int, role: Role = Role.REVIEWER) -> ShotInput:
    """A picture or clip that a shot starts from, or once did."""
    entry = get_object_or_404(ShotInput.objects.select_related("shot__project"), pk=pk)
    _insist(request.user, entry.shot.project, role)
    return entry


def get_version(request: AuthedRequest, pk: int, role: Role = Role.REVIEWER) -> PromptVersion:
    version = get_object_or_404(PromptVersion.objects.select_related("shot__project", "parent"), pk=pk)
    _insist(request.user, version.shot.project, role)
    return version


def get_decision(request: AuthedRequest, pk: int, role: Role = Role.REVIEWER) -> ReviewDecision:
    decisions = ReviewDecision.objects.select_related("candidate__shot__project", "candidate__version", "by")
    decision = get_object_or_404(decisions, pk=pk)
    _insist(request.user, decision.candidate.shot.project, role)
    return decision


def site_admin_required(
    view: Callable[Concatenate[AuthedRequest, P], R],
) -> Callable[Concatenate[AuthedRequest, P], R]:
    @wraps(view)
    def guarded(request: AuthedRequest, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if not request.user.is_site_admin:
            raise PermissionDenied("This page is for the site's admins. Ask one of them if you need it.")
        return view(request, *args, **kwargs)

    return guarded
