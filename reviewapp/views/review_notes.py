"""Notes on a clip, and the word on whether an old note was solved."""

from __future__ import annotations

import uuid

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from reviewapp import notes
from reviewapp.forms.review import NoteForm
from reviewapp.models import Candidate, Role
from reviewapp.room import open_room
from reviewapp.views.access import AuthedRequest, get_candidate, role_in


def _panel(
    request: AuthedRequest, candidate: Candidate, part: str, form: NoteForm | None = None
) -> HttpResponse:
    if not request.htmx:
        return redirect("review-room", uid=candidate.uid)
    role = role_in(request.user, candidate.shot.project) or Role.REVIEWER
    room = open_room(candidate, request.user, role)
    status = 422 if form is not None and form.errors else 200
    return render(request, f"review/{part}.html", {"room": room, "note_form": form}, status=status)


@require_POST
def note_add(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    candidate = get_candidate(request, uid)
    form = NoteForm(request.POST, candidate=candidate)
    if form.is_valid():
        notes.add(candidate, request.user, form.feedback)
        form = None  # type: ignore[assignment]
    return _panel(request, candidate, "_notes", form)


@require_POST
def note_check(request: AuthedRequest, uid: uuid.UUID) -> HttpResponse:
    """Solved or not: only for the notes that this very clip was made to solve."""
    candidate = get_candidate(request, uid)
    wanted = request.POST.get("note", "")
    note = next((row for row in notes.to_verify(candidate) if str(row.pk) == wanted), None)
    if note is None:
        raise Http404("This note is not among those the clip was made to solve.")
    notes.check(note, candidate, request.user, solved=request.POST.get("solved") == "1")
    return _panel(request, candidate, "_checklist")
