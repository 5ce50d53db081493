"""What a shot starts from: adding pictures and clips, taking them out, putting references in order."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from reviewapp import inputs
from reviewapp.models import Role, Shot, ShotInput
from reviewapp.views.access import AuthedRequest, get_input, get_shot
from reviewapp.views.shots import input_forms, shot_page


def _back(shot: Shot) -> HttpResponse:
    answer = redirect("shot-detail", slug=shot.project.slug, code=shot.code)
    answer.headers["Location"] += "#inputs"
    return answer


@require_POST
def input_add(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    shot = get_shot(request, slug, code, Role.PRODUCER)
    form, _ = input_forms(shot, request)
    if form.is_valid():
        role = ShotInput.Kind(form.cleaned_data["role"])
        try:
            for file, facts in zip(form.cleaned_data["file"], form.facts, strict=True):
                inputs.add(shot, role, file, request.user, facts=facts)
        except inputs.WrongFile as wrong:
            form.add_error("file", str(wrong))
        else:
            messages.success(request, _added_words(shot, role, len(form.facts)))
            return _back(shot)
    return shot_page(request, shot, input_form=form)


def _added_words(shot: Shot, role: ShotInput.Kind, count: int) -> str:
    what = f"{count} reference pictures are" if count > 1 else f"The {role.label.lower()} is"
    return f"{what} there. {shot.code}'s clips that exist keep what they were made from."


@require_POST
def input_use_clip(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    """Make an approved clip of the project the one to edit."""
    shot = get_shot(request, slug, code, Role.PRODUCER)
    _, form = input_forms(shot, request)
    if form.is_valid():
        try:
            inputs.add_clip(shot, form.cleaned_data["clip"], request.user)
        except inputs.WrongFile as wrong:
            form.add_error("clip", str(wrong))
        else:
            messages.success(request, f"{form.cleaned_data['clip'].code} is the clip to edit.")
            return _back(shot)
    return shot_page(request, shot, clip_form=form)


def _mine(request: AuthedRequest, slug: str, code: str, pk: int) -> ShotInput:
    """An input of just this shot: the address names both."""
    shot = get_shot(request, slug, code, Role.PRODUCER)
    entry = get_input(request, pk, Role.PRODUCER)
    if entry.shot_id != shot.pk:
        raise Http404
    return entry


@require_POST
def input_remove(request: AuthedRequest, slug: str, code: str, pk: int) -> HttpResponse:
    entry = _mine(request, slug, code, pk)
    inputs.remove(entry)
    messages.success(request, f"“{entry.name}” is taken out. Clips made from it keep it.")
    return _back(entry.shot)


@require_POST
def input_move(request: AuthedRequest, slug: str, code: str, pk: int) -> HttpResponse:
    entry = _mine(request, slug, code, pk)
    inputs.move(entry, -1 if request.POST.get("to") == "earlier" else 1)
    return _back(entry.shot)
