"""What a person leaves on a clip: drafts, notes, and the word on whether an old note was solved."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max

from reviewapp import fixes, refine, retakes, rewriting
from reviewapp.models import Candidate, Draft, Note, NoteCheck, PromptVersion, ReviewDecision, User, Verdict


@dataclass(frozen=True)
class Feedback:
    """What a rejection says: tags of refine.REASON_TAGS, words, and the frames they speak of (inclusive,
    0-based).
    """

    tags: list[str] = field(default_factory=list)
    text: str = ""
    frame_in: int | None = None
    frame_out: int | None = None

    def __bool__(self) -> bool:
        return bool(self.tags or self.text.strip())


def save_draft(
    candidate: Candidate, user: User, feedback: Feedback, verdict: Verdict = Verdict.REJECT
) -> None:
    """Keep what is being typed; an empty draft is forgotten."""
    mine = Draft.objects.filter(candidate=candidate, user=user)
    if not feedback and feedback.frame_in is None:
        mine.delete()
        return
    Draft.objects.update_or_create(
        candidate=candidate, user=user, defaults={"verdict": verdict, **_columns(feedback)}
    )


def _columns(feedback: Feedback) -> dict[str, object]:
    return {
        "tags": list(feedback.tags),
        "text": feedback.text.strip(),
        "frame_in": feedback.frame_in,
        "frame_out": feedback.frame_out,
    }


def add(candidate: Candidate, author: User, feedback: Feedback) -> Note:
    """Leave a note on a frame, a range or the whole clip; the next rejection of the clip takes it along."""
    return Note.objects.create(candidate=candidate, author=author, **_columns(feedback))


def waiting_on(candidate: Candidate) -> list[Note]:
    """The notes that a rejection of this clip would take along besides its own words."""
    return [*Note.objects.filter(candidate=candidate, decision=None), *unsolved(candidate)]


def to_verify(candidate: Candidate) -> list[Note]:
    """The notes that this clip was made to solve: the checklist that its round opens with."""
    return retakes.notes_behind(candidate.version)


@transaction.atomic
def check(note: Note, candidate: Candidate, by: User, solved: bool) -> NoteCheck:
    """Say whether the new clip solves an old note; saying it again changes the word."""
    row, _ = NoteCheck.objects.update_or_create(
        note=note, candidate=candidate, defaults={"solved": solved, "by": by}
    )
    fixes.told(note, candidate, solved)
    return row


def unsolved(candidate: Candidate) -> list[Note]:
    """The notes of the last round that a reviewer found unsolved in this clip."""
    checks = NoteCheck.objects.filter(candidate=candidate, solved=False).select_related(
        "note__candidate__clip"
    )
    return [row.note for row in checks.order_by("note_id")]


def take_along(decision: ReviewDecision, feedback: Feedback) -> None:
    """Hang the own words, the loose notes and the unsolved ones (heavier by one) on the decision."""
    candidate = decision.candidate
    Note.objects.filter(candidate=candidate, decision=None).update(decision=decision)
    for note in unsolved(candidate):
        carried = _carried(note, candidate)
        carried.decision = decision
        carried.save()
    if feedback:
        Note.objects.create(candidate=candidate, author=decision.by, decision=decision, **_columns(feedback))


def _carried(note: Note, candidate: Candidate) -> Note:
    return Note(
        candidate=candidate,
        author=note.author,
        tags=note.tags,
        text=note.text,
        frame_in=note.frame_in,
        frame_out=note.frame_out,
        weight=note.weight + 1,
        carried_from=note,
    )


def give_back(decision: ReviewDecision, by: User) -> None:
    """After an undo the words are a draft again, so that a slip of the finger costs no typing."""
    written = decision.notes.filter(author=by, carried_from=None).order_by("pk").last()
    if written is None or decision.by != by:
        return
    feedback = Feedback(written.tags, written.text, written.frame_in, written.frame_out)
    save_draft(decision.candidate, by, feedback, Verdict(decision.verdict))


@dataclass(frozen=True)
class Proposal:
    """The next prompt before anything is sent: over which version, from which notes (some not saved yet)."""

    base: PromptVersion
    notes: list[Note]
    result: refine.Refined


def preview(candidate: Candidate, feedback: Feedback) -> Proposal:
    """What the next prompt would be if this were sent now. Saves nothing."""
    fresh = [*Note.objects.filter(candidate=candidate, decision=None)]
    fresh += [_carried(note, candidate) for note in unsolved(candidate)]
    fresh += [Note(candidate=candidate, **_columns(feedback))] if feedback else []
    base, standing = retakes.basis(candidate.shot)
    # What is not saved yet is newer than everything that is.
    newest = Note.objects.aggregate(top=Max("pk"))["top"] or 0
    for place, note in enumerate(fresh, start=1):
        note.pk = note.pk or newest + place
    base = base or candidate.version
    notes = [*standing, *fresh]
    return Proposal(base, notes, rewriting.refined(base, [(candidate.provider, candidate.model)], notes))
