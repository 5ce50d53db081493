"""The review room: its page, its moving parts, and the decision itself."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_POST

from reviewapp import notes, notices, queue, review
from reviewapp.forms.review import DecisionForm, DraftForm
from reviewapp.models import Candidate, Project, ReviewDecision, Role, User, Verdict
from reviewapp.room import open_room
from reviewapp.room_cards import retake_card
from reviewapp.room_prompts import preview_of, producers_of
from reviewapp.room_queue import column, stamp_of
from reviewapp.views.access import AuthedRequest, get_candidate, get_decision, get_project, role_in


def _role(user: User, project: Project) -> Role:
    # Whoever came through the door has a role; the door is `get_candidate`.
    return role_in(user, project) or Role.REVIEWER


@require_GET
def review_queue(request: AuthedRequest) -> HttpResponse:
    """The first clip that waits, or the empty room."""
    slug = request.GET.get("project", "")
    project = get_project(request, slug) if slug else None
    waiting = column(request.user, project, role_in(request.user, project) if project else None)
    if waiting.waiting:
        return redirect("review-room", uid=waiting.waiting[0].first.uid)
    return render(request, "review/empty.html", {"queue": waiting})


@require_GET
def review_room(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """The room around one candidate; a script that moves on asks for its parts only."""
    candidate = get_candidate(request, uid)
    notices.saw_shot(request.user, candidate.shot, notices.OF_ROOM)
    room = open_room(candidate, request.user, _role(request.user, candidate.shot.project))
    template = "review/_room_parts.html" if request.htmx else "review/room.html"
    response = render(request, template, {"room": room, "queue": room.queue})
    patch_vary_headers(response, ["HX-Request"])
    response.headers["Cache-Control"] = "no-store"
    return response


@require_GET
def review_updates(request: AuthedRequest) -> HttpResponse:
    """What has moved since the page was made; 204 when nothing has."""
    uid, slug = request.GET.get("uid", ""), request.GET.get("project", "")
    candidate = get_candidate(request, uuid.UUID(uid)) if _is_uid(uid) else None
    project = candidate.shot.project if candidate else (get_project(request, slug) if slug else None)
    if request.GET.get("stamp") == stamp_of(request.user, project):
        return HttpResponse(status=204)
    role = role_in(request.user, project) if project else None
    if candidate is None:
        return render(request, "review/_updates.html", {"queue": column(request.user, project, role)})
    room = open_room(candidate, request.user, role or Role.REVIEWER)
    return render(request, "review/_updates.html", {"room": room, "queue": room.queue})


def _is_uid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


# --- deciding ---


@require_POST
def review_decide(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """One verdict at one revision. 422 says what is missing, 409 what changed; both keep the words."""
    candidate = get_candidate(request, uid)
    form = DecisionForm(request.POST, candidate=candidate)
    if not form.is_valid():
        return _not_decided(request, candidate, form, " ".join(_errors(form)), 422)
    try:
        decisions = _decide(candidate, request.user, form)
    except review.ReasonMissing as missing:
        return _not_decided(request, candidate, form, str(missing), 422)
    except review.StaleDecision as stale:
        if form.verdict_asked != Verdict.APPROVE:
            notes.save_draft(candidate, request.user, form.feedback, form.verdict_asked)
        return _not_decided(request, candidate, form, str(stale), 409)
    return _decided(request, candidate, decisions)


def _errors(form: DecisionForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def _decide(candidate: Candidate, by: User, form: DecisionForm) -> list[ReviewDecision]:
    verdict, revision = form.verdict_asked, form.cleaned_data["revision"]
    if verdict == Verdict.APPROVE:
        return [review.approve(candidate, by, revision)]
    if form.cleaned_data["all_of_shot"]:
        return review.reject_all(candidate, by, revision, form.feedback, verdict=verdict)
    return [review.reject(candidate, by, revision, form.feedback, verdict=verdict)]


def _decided(request: AuthedRequest, candidate: Candidate, decisions: list[ReviewDecision]) -> HttpResponse:
    first = decisions[0]
    following = queue.next_candidate(request.user, after=candidate)
    if not request.htmx:
        messages.success(request, f"{candidate.code}: {first.get_verdict_display().lower()}.")
        return redirect("review-room", uid=following.uid) if following else redirect("review-queue")
    candidate.shot.refresh_from_db()
    role = _role(request.user, candidate.shot.project)
    card = retake_card(first.retake, role) if first.retake else None
    context = {"decision": first, "count": len(decisions), "next": following, "card": card}
    place = {"shot": candidate.shot, "producers": producers_of(candidate.shot.project)}
    return render(request, "review/_decided.html", context | place)


def _not_decided(
    request: AuthedRequest, candidate: Candidate, form: DecisionForm, sentence: str, status: int
) -> HttpResponse:
    if not request.htmx:
        if form.is_valid() and form.verdict_asked != Verdict.APPROVE:
            notes.save_draft(candidate, request.user, form.feedback, form.verdict_asked)
        messages.error(request, sentence)
        return redirect("review-room", uid=candidate.uid)
    context = {"candidate": candidate, "sentence": sentence, "stale": status == 409}
    return render(request, "review/_not_decided.html", context, status=status)


@require_POST
def decision_undo(request: AuthedRequest, pk: int) -> HttpResponse:
    """Take a decision back: one's own, or anyone's for a producer."""
    decision = get_decision(request, pk)
    candidate = decision.candidate
    if decision.by_id != request.user.pk and role_in(request.user, candidate.shot.project) != Role.PRODUCER:
        whose = f"{decision.by.display_name}'s. They or a" if decision.by else "the project's own. A"
        return _told(request, candidate, f"This decision is {whose} producer can undo it.", 403)
    try:
        undone = review.undo(decision, request.user)
    except review.CannotUndo as reason:
        return _told(request, candidate, str(reason), 409)
    return _told(request, candidate, f"{candidate.code}: {undone.sentence}", 200)


def _told(request: AuthedRequest, candidate: Candidate, sentence: str, status: int) -> HttpResponse:
    if not request.htmx:
        (messages.success if status == 200 else messages.error)(request, sentence)
        return redirect("review-room", uid=candidate.uid)
    context = {"candidate": candidate, "sentence": sentence, "done": status == 200}
    return render(request, "review/_told.html", context, status=status)


# --- before deciding ---


@require_POST
def review_draft(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """Keep what is being typed; 422 when it cannot be kept as it is, and the page then keeps it itself."""
    candidate = get_candidate(request, uid)
    form = DraftForm(request.POST, candidate=candidate)
    if not form.is_valid():
        return render(request, "review/_errors.html", {"form": form}, status=422)
    notes.save_draft(candidate, request.user, form.feedback, form.verdict_asked)
    return HttpResponse(status=204)


@require_POST
def review_preview(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """The next prompt as it would be if the words were sent now. Saves nothing, costs nothing."""
    candidate = get_candidate(request, uid)
    form = DecisionForm(request.POST, candidate=candidate)
    if not form.is_valid():
        return render(request, "review/_errors.html", {"form": form}, status=422)
    preview = preview_of(candidate, form.feedback, whole_shot=form.cleaned_data["all_of_shot"])
    return render(request, "review/_preview.html", {"preview": preview, "candidate": candidate})
