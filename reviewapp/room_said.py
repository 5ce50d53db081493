"""What was said of a shot as its room shows it: the checklist of the last round, loose notes, decisions."""

from __future__ import annotations

from dataclasses import dataclass

from reviewapp import notes
from reviewapp.models import Candidate, Clip, Note, NoteCheck, ReviewDecision
from reviewapp.room_prompts import Asked, asked_for


@dataclass(frozen=True)
class Check:
    """A note of the last round with the same moment before and after, and the reviewer's word on it."""

    asked: Asked
    note: Note
    before: Clip | None
    solved: bool | None


@dataclass(frozen=True)
class Past:
    """An earlier decision on the shot with what it said."""

    decision: ReviewDecision
    notes: tuple[Asked, ...]


def checklist(candidate: Candidate) -> list[Check]:
    """The notes that this clip was made to solve, with the word that was said on each."""
    verify = notes.to_verify(candidate)
    said = {row.note_id: row.solved for row in NoteCheck.objects.filter(candidate=candidate)}
    base = candidate.shot.project.frame_base
    asked = asked_for(verify, (), (), base)
    return [
        Check(line, note, getattr(note.candidate, "clip", None), said.get(note.pk))
        for line, note in zip(asked, verify, strict=True)
    ]


def loose_notes(candidate: Candidate) -> tuple[Asked, ...]:
    """The notes on this clip that no decision has taken along yet."""
    rows = candidate.notes.select_related("author").filter(decision=None)
    return asked_for(rows, (), (), candidate.shot.project.frame_base)


def past(candidate: Candidate) -> list[Past]:
    """The last thirty decisions on the clip's shot, the newest first."""
    rows = (
        ReviewDecision.objects.filter(candidate__shot=candidate.shot)
        .select_related("by", "candidate__version", "candidate__shot", "retake", "undone_by")
        .prefetch_related("notes__author")
        .order_by("-at", "-pk")
    )
    base = candidate.shot.project.frame_base
    return [Past(row, asked_for(row.notes.all(), (), (), base)) for row in rows[:30]]
