"""What the decisions of a project have taught, for its producers.

Reviewers do not see it: who reads how often a finding is accepted may decide by that.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reviewapp import lessons
from reviewapp.models import Role
from reviewapp.views.access import AuthedRequest, get_project


@require_GET
def project_learned(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    context = {"project": project, "lessons": lessons.of(project)}
    return render(request, "projects/learned.html", context)
