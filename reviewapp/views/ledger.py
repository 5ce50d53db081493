"""The ledger: what was reserved, charged and released, with the proof that it adds up."""

from __future__ import annotations

from typing import Final

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from reviewapp import ledger
from reviewapp.forms.ledger import LedgerForm
from reviewapp.models import LedgerEntry, Project, Role
from reviewapp.views.access import AuthedRequest, get_project, site_admin_required

PER_PAGE: Final = 100
# A ledger with more lines is proved when somebody asks for it: the database then reads all of them.
PROVED_AT_ONCE: Final = 20_000
MOST_SHOWN: Final = 12


@require_GET
@site_admin_required
def site_ledger(request: AuthedRequest) -> HttpResponse:
    return _page(request, None)


@require_GET
@site_admin_required
def site_ledger_csv(request: AuthedRequest) -> HttpResponseBase:
    return _csv(request, None)


@require_GET
def project_ledger(request: AuthedRequest, slug: str) -> HttpResponse:
    return _page(request, get_project(request, slug, Role.PRODUCER))


@require_GET
def project_ledger_csv(request: AuthedRequest, slug: str) -> HttpResponseBase:
    return _csv(request, get_project(request, slug, Role.PRODUCER))


def _page(request: AuthedRequest, project: Project | None) -> HttpResponse:
    form = LedgerForm(request.GET, project)
    entries: list[LedgerEntry] = []
    onward = None
    if form.is_valid():
        entries, onward = ledger.page(form.where(), form.cleaned_data["before"], PER_PAGE)
    proof = ledger.prove(project) if "prove" in request.GET or _is_small(project) else None
    context = {
        "frame": "projects/_frame.html" if project else "site/_site.html",
        "project": project,
        "form": form,
        "filtered": any(request.GET.get(name) for name in ("shot", "key", "day", "kind")),
        "entries": entries,
        "onward": onward,
        "proof": proof,
        "named": proof.problems[:MOST_SHOWN] if proof else [],
        "here": reverse("project-ledger", args=[project.slug]) if project else reverse("site-ledger"),
    }
    return render(request, "ledger/page.html", context)


def _is_small(project: Project | None) -> bool:
    lines = LedgerEntry.objects.order_by() if project is None else project.ledger.order_by()
    return lines[: PROVED_AT_ONCE + 1].count() <= PROVED_AT_ONCE


def _csv(request: AuthedRequest, project: Project | None) -> HttpResponseBase:
    form = LedgerForm(request.GET, project)
    if not form.is_valid():
        return _page(request, project)
    response = StreamingHttpResponse(ledger.csv_lines(form.where()), content_type="text/csv; charset=utf-8")
    name = f"{project.slug if project else 'site'}-ledger.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
