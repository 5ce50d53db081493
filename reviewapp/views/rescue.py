"""The ways on for what is stuck: an escalated shot, a failed clip. Uncertain calls have their own pages."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from reviewapp import bills, line, review, shots
from reviewapp.forms.shots import SplitForm
from reviewapp.models import Candidate, Role, Shot, StaleCandidate
from reviewapp.shotlist.lines import number
from reviewapp.views.access import AuthedRequest, get_candidate, get_shot
from reviewapp.views.spending import ask_first


def _page(shot: Shot) -> str:
    return reverse("shot-detail", args=[shot.project.slug, shot.code])


def _back(shot: Shot) -> HttpResponse:
    return redirect(_page(shot))


def _question(request: AuthedRequest, candidate: Candidate) -> HttpResponse | None:
    """What is asked before a clip is paid for again over a budget that warns."""
    project = candidate.shot.project
    price = bills.price_of_rows(project, [candidate])
    words = f"Sending {candidate.code} again"
    return ask_first(request, project, price, what=words, back=_page(candidate.shot))


@require_POST
def shot_more(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    """One round more than the cap, for this shot alone."""
    shot = get_shot(request, slug, code, Role.PRODUCER)
    price = shots.price_of_a_round(shot)
    if price and (
        question := ask_first(request, shot.project, price, what="One more round", back=_page(shot))
    ):
        return question
    try:
        version = shots.one_more_round(shot, request.user)
    except shots.NotEscalated as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"One more round: {version.label} is on its way.")
    return _back(shot)


@require_http_methods(["GET", "POST"])
def shot_split(request: AuthedRequest, slug: str, code: str) -> HttpResponse:
    shot = get_shot(request, slug, code, Role.PRODUCER)
    taken = {taken.lower() for taken in shot.project.shots.values_list("code", flat=True)}
    seconds = number(shot.duration_s)
    initial = {
        "first_prompt": shot.prompt,
        "first_seconds": seconds,
        "code": shots.code_between(shot.code, taken),
        "second_prompt": shot.prompt,
        "second_seconds": seconds,
    }
    form = SplitForm(request.POST or None, shot=shot, initial=initial)
    if form.is_valid():
        data = form.cleaned_data
        first = (data["first_prompt"], data["first_seconds"])
        second = (data["second_prompt"], data["second_seconds"])
        try:
            made = shots.split(shot, first, data["code"], second)
        except shots.CodeTaken as error:
            form.add_error("code", str(error))
        else:
            messages.success(request, f"{shot.code} is two shots now; {made.code} follows it in the list.")
            return _back(shot)
    context = {"project": shot.project, "shot": shot, "form": form}
    return render(request, "shots/split.html", context, status=422 if form.is_bound else 200)


@require_POST
def candidate_accept(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """Approve an earlier clip after all."""
    candidate = get_candidate(request, uid, Role.PRODUCER)
    try:
        shots.accept(candidate, request.user)
    except (review.CannotUndo, review.StaleDecision) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"{candidate.code} is approved.")
    return _back(candidate.shot)


def is_stale(request: AuthedRequest, candidate: Candidate) -> bool:
    """Whether the clip has moved since the page was made: its button named a price for what it was then."""
    if request.POST.get("revision") == str(candidate.revision):
        return False
    words = (
        f"{candidate.code} has changed since this page was made. Nothing was changed and nothing was spent."
    )
    messages.warning(request, words)
    return True


@require_POST
def candidate_again(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    candidate = get_candidate(request, uid, Role.PRODUCER)
    if is_stale(request, candidate):
        return _back(candidate.shot)
    free = line.was_made(candidate)
    if not free and (question := _question(request, candidate)):
        return question
    try:
        line.ask_again(candidate, request.user)
    except (line.CannotAskAgain, StaleCandidate) as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, f"{candidate.code} is {'fetched' if free else 'sent'} again.")
    return _back(candidate.shot)
