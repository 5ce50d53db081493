"""The producer's downloads: the approved clips, and the shot list as a file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET

from reviewapp import exports
from reviewapp.models import Role
from reviewapp.shotlist import store, writing
from reviewapp.views.access import AuthedRequest, get_project
from reviewapp.views.imports import csv_response


@require_GET
def export_clips(request: AuthedRequest, slug: str) -> HttpResponseBase:
    project = get_project(request, slug, Role.PRODUCER)
    approved = exports.approved(project)
    if not approved:
        messages.info(request, "No clip of this project is approved yet, so there is nothing to download.")
        return redirect("shot-list", slug=slug)
    response = StreamingHttpResponse(exports.archive(approved), content_type="application/zip")
    name = f"{slug}-approved-{timezone.localdate():%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    # A proxy that gathers the whole archive first would undo the streaming.
    response.headers["X-Accel-Buffering"] = "no"
    return response


@require_GET
def export_shots(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    return csv_response(writing.shot_list_csv(store.shot_rows(project)), f"{slug}-shots.csv")
