"""The retake on its way: its card, its countdown, its text."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from reviewapp import retakes
from reviewapp.forms.review import PromptForm
from reviewapp.models import PromptVersion, Role
from reviewapp.room_cards import retake_card
from reviewapp.views.access import AuthedRequest, get_version, role_in


def _card(
    request: AuthedRequest,
    version: PromptVersion,
    *,
    error: str = "",
    typed: PromptForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The card as it stands now, with the sentence of what went wrong at its place."""
    version.refresh_from_db()
    card = retake_card(version, role_in(request.user, version.shot.project))
    if not request.htmx:
        if error:
            messages.error(request, error)
        clip = next((row.replaces for row in card.candidates if row.replaces), None)
        return redirect("review-room", uid=clip.uid) if clip else redirect("review-queue")
    editing = typed is not None
    context = {"card": card, "error": error, "typed": typed, "editing": editing and card.is_open}
    response = render(request, "review/_retake_card.html", context, status=status)
    if status == 403:
        # The page's own script shows this sentence where a fragment is not swapped in.
        response.headers["X-Retake-Error"] = quote(error)
    return response


@require_GET
def retake_show(request: AuthedRequest, pk: int) -> HttpResponse:
    return _card(request, get_version(request, pk))


def _try(request: AuthedRequest, version: PromptVersion, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except retakes.RetakeGone as gone:
        return _card(request, version, error=str(gone), status=409)
    return _card(request, version)


@require_POST
def retake_send(request: AuthedRequest, pk: int) -> HttpResponse:
    """End the hold early. Where retakes are confirmed, sending is the producer's."""
    version = get_version(request, pk)
    role = role_in(request.user, version.shot.project)
    if role != Role.PRODUCER:
        why = "In this project a producer confirms each retake before it is sent."
        if version.shot.project.confirm_retakes:
            return _card(request, version, error=why, status=403)
        if retakes.waits_for_word(version):
            why = "This retake would go over a budget: a producer confirms it before it is sent."
            return _card(request, version, error=why, status=403)
    return _try(request, version, lambda: retakes.send_now(version, request.user))


@require_POST
def retake_confirm(request: AuthedRequest, pk: int) -> HttpResponse:
    """The producer's word that a retake may go, from its card or from the plain button on the shot's page."""
    version = get_version(request, pk, Role.PRODUCER)
    if request.htmx:
        return _try(request, version, lambda: retakes.send_now(version, request.user))
    try:
        retakes.send_now(version, request.user)
    except retakes.RetakeGone as gone:
        messages.warning(request, str(gone))
    else:
        messages.success(request, f"{version.label} is confirmed and on its way.")
    return redirect("shot-detail", slug=version.shot.project.slug, code=version.shot.code)


@require_POST
def retake_pause(request: AuthedRequest, pk: int) -> HttpResponse:
    """Someone opens the text to edit it: the countdown stands still meanwhile."""
    version = get_version(request, pk)
    try:
        retakes.pause(version)
    except retakes.RetakeGone as gone:
        return _card(request, version, error=str(gone), status=409)
    form = PromptForm({"text": version.text, "negative_text": version.negative_text})
    return _card(request, version, typed=form)


@require_POST
def retake_resume(request: AuthedRequest, pk: int) -> HttpResponse:
    """An edit was given up: the countdown begins anew."""
    version = get_version(request, pk)
    return _try(request, version, lambda: retakes.resume(version))


@require_POST
def retake_edit(request: AuthedRequest, pk: int) -> HttpResponse:
    """Replace the text before it leaves; what cannot be taken comes back with the reason."""
    version = get_version(request, pk)
    form = PromptForm(request.POST)
    if not form.is_valid():
        return _card(request, version, error="The prompt is far too long.", typed=form, status=422)
    words = form.cleaned_data
    try:
        retakes.edit(version, request.user, words["text"], words["negative_text"])
    except retakes.EditRefused as refused:
        return _card(request, version, error=str(refused), typed=form, status=422)
    except retakes.RetakeGone as gone:
        return _card(request, version, error=str(gone), typed=form, status=409)
    return _card(request, version)
