"""What the review room says about prompts: what was asked, what was changed for it, what is on its way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from reviewapp import bills, notes, refine, remaking, retakes
from reviewapp.models import (
    Candidate,
    Note,
    Project,
    PromptVersion,
    ReviewDecision,
    Role,
    Status,
    User,
    Verdict,
)
from reviewapp.models.projects import Author, RetakePolicy
from reviewapp.notes import Feedback


def tag_words(tags: Iterable[str]) -> list[str]:
    """The tags in the words of the reject panel."""
    return [refine.REASON_TAGS[tag][1] if tag in refine.REASON_TAGS else tag for tag in tags]


def frames_words(frame_in: int | None, frame_out: int | None, base: int) -> str:
    """`f 12` or `f 12–48`, as the project counts; empty for a note on the whole clip."""
    if frame_in is None:
        return ""
    if frame_out is None or frame_out == frame_in:
        return f"f {frame_in + base}"
    return f"f {frame_in + base}–{frame_out + base}"


@dataclass(frozen=True)
class Asked:
    """One note as the page shows it, and what became of it in the next prompt."""

    id: str
    text: str
    tags: tuple[str, ...]
    frames: str
    frame_in: int | None
    frame_out: int | None
    weight: int
    author: User | None
    changed: tuple[str, ...] = ()
    unserved: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        return self.text or ", ".join(self.tags)


@dataclass(frozen=True)
class PromptDiff:
    """A prompt against the one before it, each changed piece with the ids of the notes that caused it."""

    pieces: Sequence[refine.Piece]
    negative: Sequence[refine.Piece]
    asked: tuple[Asked, ...]
    # Who wrote the text by hand; empty when nobody did.
    by: str = ""

    @property
    def changed(self) -> bool:
        return any(piece.kind != "same" for piece in (*self.pieces, *self.negative))

    @property
    def unserved(self) -> tuple[Asked, ...]:
        return tuple(asked for asked in self.asked if asked.unserved)


def _told(change: refine.Change) -> str:
    """One change in words: what became of what."""
    where = "not wanted: " if change.where == "negative" else ""
    before, after = change.before.strip(), change.after.strip()
    if before and after:
        return f"{where}“{before}” became “{after}”"
    return f"{where}added “{after}”" if after else f"{where}took out “{before}”"


def asked_for(
    rows: Iterable[Note], changes: Sequence[refine.Change], unserved: Sequence[refine.Unserved], base: int
) -> tuple[Asked, ...]:
    """Every note with the changes it caused, or the reason why it caused none."""
    return tuple(
        Asked(
            id=str(note.pk),
            text=note.text,
            tags=tuple(tag_words(note.tags)),
            frames=frames_words(note.frame_in, note.frame_out, base),
            frame_in=note.frame_in,
            frame_out=note.frame_out,
            weight=note.weight,
            author=note.author,
            changed=tuple(
                dict.fromkeys(_told(change) for change in changes if str(note.pk) in change.feedback_ids)
            ),
            unserved=tuple(line.reason for line in unserved if line.feedback_id == str(note.pk)),
        )
        for note in rows
    )


def _changes(version: PromptVersion) -> list[refine.Change]:
    changes = [
        refine.Change(**{**change, "feedback_ids": tuple(change["feedback_ids"])})
        for change in version.changes
    ]
    if version.author_kind != Author.PERSON:
        return changes
    # Who edits may write over what the rules had put in: only what still stands may be claimed.
    return [change for change in changes if _stands(change, version)]


def _stands(change: refine.Change, version: PromptVersion) -> bool:
    text = version.negative_text if change.where == "negative" else version.text
    before, after = change.before.strip(), change.after.strip()
    return after in text if after else before not in text


def diff_of(version: PromptVersion) -> PromptDiff:
    """A version against its parent; a first version has nothing to be held against."""
    if version.parent is None:
        same = refine.diff_with_causes(version.text, version.text, ())
        return PromptDiff(same, refine.diff_with_causes(version.negative_text, version.negative_text, ()), ())
    changes = _changes(version)
    unserved = [refine.Unserved(**line) for line in version.unserved]
    base = version.shot.project.frame_base
    return PromptDiff(
        _pieces(version.parent.text, version.text, changes, "prompt"),
        _pieces(version.parent.negative_text, version.negative_text, changes, "negative"),
        asked_for(retakes.notes_behind(version), changes, unserved, base),
        by=version.author.display_name if version.author_kind == Author.PERSON and version.author else "",
    )


def _pieces(old: str, new: str, changes: Sequence[refine.Change], where: str) -> Sequence[refine.Piece]:
    return refine.diff_with_causes(old, new, [change for change in changes if change.where == where])


@dataclass(frozen=True)
class Preview:
    """What a rejection would make of the latest prompt, before it is sent, and what it would cost."""

    prompt: PromptDiff
    bill: bills.Price
    next_round: int
    round_cap: int
    waits_for_round: bool
    producer_confirms: bool

    @property
    def clips(self) -> int:
        return self.bill.clips

    @property
    def price(self) -> Decimal:
        return self.bill.usd

    @property
    def over_cap(self) -> bool:
        return self.next_round > self.round_cap

    @property
    def rounds_left(self) -> int:
        return max(0, self.round_cap - self.next_round)


def preview_of(candidate: Candidate, feedback: Feedback, *, whole_shot: bool = False) -> Preview:
    """The next prompt and its price for these words and the notes that would go along. Saves nothing."""
    shot = candidate.shot
    proposal = notes.preview(candidate, feedback)
    base, result = proposal.base, proposal.result
    clips = _clips_to_replace(candidate, whole_shot=whole_shot)
    diff = PromptDiff(
        _pieces(base.text, result.prompt, result.changes, "prompt"),
        _pieces(base.negative_text, result.negative_prompt, result.changes, "negative"),
        asked_for(proposal.notes, result.changes, result.unserved, shot.project.frame_base),
    )
    return Preview(
        prompt=diff,
        bill=remaking.price_of(base, clips),
        next_round=candidate.version.round + 1,
        round_cap=shot.round_cap,
        waits_for_round=shot.project.retake_policy == RetakePolicy.WHOLE_ROUND,
        producer_confirms=shot.project.confirm_retakes,
    )


def _clips_to_replace(candidate: Candidate, *, whole_shot: bool) -> list[Candidate]:
    """The clips that would be made anew: where the whole round is waited for, those rejected before too."""
    shot = candidate.shot
    clips = {candidate.pk: candidate}
    if whole_shot:
        clips |= {row.pk: row for row in shot.candidates.filter(status=Status.IN_REVIEW)}
    if shot.project.retake_policy == RetakePolicy.WHOLE_ROUND:
        earlier = ReviewDecision.objects.filter(
            candidate__version=candidate.version_id,
            candidate__status=Status.REJECTED,
            undone_at=None,
            retake=None,
        ).exclude(verdict=Verdict.APPROVE)
        clips |= {
            decision.candidate_id: decision.candidate for decision in earlier.select_related("candidate")
        }
    for row in clips.values():
        row.shot = shot
    return list(clips.values())


def producers_of(project: Project) -> str:
    """The names of those who decide about an escalated shot."""
    rows = project.memberships.filter(role=Role.PRODUCER).select_related("user")
    return ", ".join(row.user.display_name for row in rows[:3])
