"""Bringing a shot list in: hand it over, look at what it would do, do exactly that."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from reviewapp import choices
from reviewapp.forms.imports import ApplyForm, ImportForm, pack
from reviewapp.forms.shots import brief_issues, choice_of
from reviewapp.models import Project, Role
from reviewapp.shotlist import store, writing
from reviewapp.shotlist.decoding import Decoded, NotAShotList
from reviewapp.shotlist.planning import Kind, Plan
from reviewapp.shotlist.table import MAX_LINES
from reviewapp.views.access import AuthedRequest, get_project

# More rows of one kind are counted and not drawn: nobody reads the thousandth.
DRAWN = 100
# What needs eyes first.
ORDER = (
    (Kind.WRONG, "Wrong", "will not be imported"),
    (Kind.CHANGED, "Changed", "will be overwritten"),
    (Kind.NEW, "New", "will be added"),
    (Kind.UNCHANGED, "Unchanged", "stay as they are"),
)


@require_http_methods(["GET", "POST"])
def import_shots(request: AuthedRequest, slug: str) -> HttpResponse:
    project = get_project(request, slug, Role.PRODUCER)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_valid():
        decoded: Decoded = form.cleaned_data["decoded"]
        try:
            found, plan = store.preview(project, decoded.text)
        except NotAShotList as error:
            form.add_error("file" if request.FILES else "text", str(error))
        else:
            return _preview_page(request, project, decoded.text, plan, (*decoded.notices, *found.notices))
    return _form_page(request, project, form)


def _form_page(request: AuthedRequest, project: Project, form: ImportForm) -> HttpResponse:
    context = {"project": project, "form": form, "most": MAX_LINES}
    return render(request, "imports/form.html", context, status=422 if form.is_bound else 200)


def _preview_page(
    request: AuthedRequest,
    project: Project,
    text: str,
    plan: Plan,
    notices: tuple[str, ...],
    *,
    moved: str = "",
) -> HttpResponse:
    counts, unmakeable = plan.counts, _unmakeable(project, plan)
    groups: list[dict[str, Any]] = [
        {
            "kind": kind.value,
            "label": label,
            "what": what,
            "count": counts[kind],
            "lines": [(line, unmakeable.get(line.line.number, ())) for line in plan.of(kind)[:DRAWN]],
            "more": max(0, counts[kind] - DRAWN),
        }
        for kind, label, what in ORDER
    ]
    context = {
        "project": project,
        "groups": groups,
        "notices": notices,
        "moved": moved,
        "packed": pack(text),
        "fingerprint": plan.fingerprint,
        "importable": counts[Kind.NEW] + counts[Kind.CHANGED],
        "wrong": counts[Kind.WRONG],
        "cautions": sum(bool(line.cautions) for line in plan.lines),
        "unmakeable": len(unmakeable),
    }
    return render(request, "imports/preview.html", context, status=409 if moved else 200)


def _unmakeable(project: Project, plan: Plan) -> dict[int, tuple[str, ...]]:
    """What the model could not make as it is written, by the line's number: imported, and said beforehand."""
    there = store.existing(project)
    default = {
        "duration_s": project.duration_s,
        "aspect": project.aspect,
        "engine": "",
        "negative_prompt": "",
    }
    models = choices.on_offer()
    # Under a policy a line is held against every model, and most lines differ in their words alone.
    known: dict[tuple[Any, ...], list[tuple[str, str]]] = {}
    told = {}
    for line in (*plan.of(Kind.NEW), *plan.of(Kind.CHANGED)):
        old = there.get(line.code.lower())
        brief: dict[str, Any] = {**(old.values if old else default), **line.line.values}
        alike = (brief["engine"], brief["duration_s"], brief["aspect"], bool(brief.get("negative_prompt")))
        if alike not in known:
            known[alike] = brief_issues(project, brief | {"prompt": "Any words."}, models)
        policy = not choice_of(project, brief["engine"]).model
        issues = known[alike] if known[alike] and policy else brief_issues(project, brief, models)
        if issues:
            told[line.line.number] = tuple(sentence for _, sentence in issues)
    return told


@require_POST
def import_apply(request: AuthedRequest, slug: str) -> HttpResponse:
    """Write what was previewed; when the list has changed since, show the preview anew instead."""
    project = get_project(request, slug, Role.PRODUCER)
    form = ApplyForm(request.POST)
    if not form.is_valid():
        messages.error(request, "The preview has arrived incomplete. Nothing was imported; upload it again.")
        return redirect("shot-import", slug=slug)
    text = form.cleaned_data["packed"].text
    try:
        plan = store.apply(project, text, form.cleaned_data["fingerprint"], request.user)
    except store.PlanChanged as changed:
        return _preview_page(request, project, text, changed.plan, (), moved=str(changed))
    except NotAShotList as error:
        messages.error(request, f"{error} Nothing was imported.")
        return redirect("shot-import", slug=slug)
    counts = plan.counts
    words = f"Imported: {counts['new']} new, {counts['changed']} changed."
    if counts["wrong"]:
        words += f" Left out: {counts['wrong']} wrong."
    messages.success(request, words)
    return redirect("shot-list", slug=slug)


@require_POST
def import_wrong(request: AuthedRequest, slug: str) -> HttpResponse:
    """The wrong lines of a previewed list as CSV, each with its reason, to be mended and imported alone."""
    project = get_project(request, slug, Role.PRODUCER)
    form = ApplyForm(request.POST)
    try:
        if not form.is_valid():
            raise NotAShotList("The preview has arrived incomplete.")
        found, plan = store.preview(project, form.cleaned_data["packed"].text)
    except NotAShotList as error:
        messages.error(request, f"{error} Upload the list again.")
        return redirect("shot-import", slug=slug)
    return csv_response(writing.wrong_lines_csv(found.header, plan.of(Kind.WRONG)), f"{slug}-wrong-lines.csv")


@require_GET
def import_template(request: AuthedRequest, slug: str) -> HttpResponse:
    get_project(request, slug, Role.PRODUCER)
    return csv_response(writing.template_csv(), "shot-list-template.csv")


def csv_response(text: str, name: str) -> HttpResponse:
    response = HttpResponse(text.encode("utf-8", "replace"), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
