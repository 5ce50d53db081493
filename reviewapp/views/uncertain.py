"""Paid calls whose answer was lost: the list, and the two buttons with which a person says what became."""

from __future__ import annotations

import uuid
from typing import Final

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from providers import registry
from reviewapp import line, uncertain
from reviewapp.forms.shots import FoundForm
from reviewapp.models import Candidate, Project, Role, Shot, StaleCandidate
from reviewapp.views.access import AuthedRequest, get_candidate, get_project, site_admin_required
from reviewapp.views.rescue import is_stale
from reviewapp.views.shots import shot_page

PER_PAGE: Final = 50
# The pages on which the buttons stand, by the word that their forms send along.
SITE: Final = "site"
PROJECT: Final = "project"


@require_GET
@site_admin_required
def site_calls(request: AuthedRequest) -> HttpResponse:
    return _page(request, None)


@require_GET
def project_calls(request: AuthedRequest, slug: str) -> HttpResponse:
    return _page(request, get_project(request, slug, Role.PRODUCER))


def _page(
    request: AuthedRequest, project: Project | None, found: FoundForm | None = None, found_for: int = 0
) -> HttpResponse:
    """The list. A form that is given was filled in wrongly, for the clip `found_for`."""
    page = Paginator(uncertain.rows(project), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "frame": "projects/_frame.html" if project else "site/_site.html",
        "project": project,
        "page": page,
        "calls": uncertain.calls(page),
        "found": found or FoundForm(),
        "found_for": found_for,
        "from": PROJECT if project else SITE,
    }
    return render(request, "uncertain/list.html", context, status=422 if found else 200)


@require_POST
def candidate_made(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """A person found the job of an uncertain call at the provider."""
    candidate = get_candidate(request, uid, Role.PRODUCER)
    form = FoundForm(request.POST)
    if form.is_valid():
        try:
            line.resolve_made(candidate, request.user, form.cleaned_data["job_id"])
        except line.JobTaken as error:
            form.add_error("job_id", str(error))
        except (line.CannotAskAgain, StaleCandidate) as error:
            # Somebody else was first, or this is the second of two clicks.
            messages.info(request, str(error))
            return _back(request, candidate)
        else:
            label = registry.label(candidate.provider)
            words = f"{label} is asked about that job now; should it know none, the call is uncertain again."
            messages.success(request, f"{candidate.code} is followed by its job. {words}")
            return _back(request, candidate)
    return _again(request, candidate, form)


@require_POST
def candidate_not_made(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """A person is sure that the provider never took the call: it is sent again."""
    candidate = get_candidate(request, uid, Role.PRODUCER)
    if is_stale(request, candidate):
        return _back(request, candidate)
    try:
        line.resolve_not_made(candidate, request.user)
    except (line.CannotAskAgain, StaleCandidate) as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{candidate.code} is sent again. The lost call's money is free.")
    return _back(request, candidate)


def _back(request: AuthedRequest, candidate: Candidate) -> HttpResponse:
    """To the page on which the button was pressed."""
    came_from, slug = request.POST.get("from"), candidate.shot.project.slug
    if came_from == SITE and request.user.is_site_admin:
        return redirect("site-uncertain")
    if came_from == PROJECT:
        return redirect("project-uncertain", slug=slug)
    return redirect("shot-detail", slug=slug, code=candidate.shot.code)


def _again(request: AuthedRequest, candidate: Candidate, form: FoundForm) -> HttpResponse:
    """The same page with what was typed and what is wrong with it."""
    came_from = request.POST.get("from")
    if came_from == SITE and request.user.is_site_admin:
        return _page(request, None, form, candidate.pk)
    if came_from == PROJECT:
        return _page(request, candidate.shot.project, form, candidate.pk)
    shot = Shot.objects.with_status().select_related("project").get(pk=candidate.shot_id)
    return shot_page(request, shot, found=form, found_for=candidate.pk)
