"""What the decisions of a project have taught, for its producers.

Reviewers do not see it: who reads how often a finding is accepted may decide by that.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from reviewapp import accepting, lessons, picks
from reviewapp.models import Role
from reviewapp.views.access import AuthedRequest, get_project


@require_GET
def project_learned(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    context = {"project": project, "lessons": lessons.of(project)}
    return render(request, "projects/learned.html", context)


@require_POST
def finding_accept(request: AuthedRequest, slug: str) -> HttpResponse:
    """A kind of finding becomes a remark, or counts again. The form says which of the two, so that a second
    click changes nothing.
    """
    project = get_project(request, slug, Role.PRODUCER)
    kind, as_remark = request.POST.get("kind", ""), request.POST.get("as_remark") == "1"
    try:
        changed = accepting.treat(request.user, project, kind, as_remark=as_remark)
    except accepting.NotAcceptable as error:
        messages.error(request, str(error))
    else:
        state = "is a remark from now on" if as_remark else "counts again"
        told = f"“{picks.kind_words(kind)}” {state}. Clips that wait follow in a moment."
        messages.success(request, told if changed else "Nothing was changed: it is so already.")
    return redirect(f"{reverse('project-learned', args=[slug])}#flagged")
