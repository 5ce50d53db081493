"""What was measured of changes to prompts: which kind of change solved which complaint on which model.

A reviewer's word on a note is the better witness; the checks tell of their own findings.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from reviewapp import picks, ranking
from reviewapp.models import (
    Candidate,
    MeasuredFix,
    Note,
    Project,
    PromptVersion,
    QualityReport,
    ReviewDecision,
)
from reviewapp.models.projects import Author

# The words stayed as they were, changed for other notes alone, or a person wrote them.
AGAIN: Final = "again"
FOR_OTHERS: Final = "for_others"
BY_HAND: Final = "edited"
UNTAGGED: Final = "other"


def counted(project: Project) -> QuerySet[MeasuredFix]:
    """What was measured of retakes whose rejection stands: one that was taken back complained of nothing, and
    its clip may have been sent all the same.
    """
    asked = ReviewDecision.objects.filter(
        candidate=OuterRef("candidate__replaces"), retake=OuterRef("candidate__version"), undone_at=None
    )
    of_findings, of_notes = (
        Q(note=None) & Exists(asked),
        Q(note__isnull=False, note__decision__undone_at=None),
    )
    return MeasuredFix.objects.filter(of_findings | of_notes, project=project)


@transaction.atomic
def told(note: Note, candidate: Candidate, solved: bool) -> None:
    """A reviewer has said whether this clip solves an old note; saying it again changes what is stored."""
    MeasuredFix.objects.filter(note=note, candidate=candidate).delete()
    changes = _changes(candidate.version, str(note.pk))
    _store(candidate, [f"tag:{tag}" for tag in note.tags or [UNTAGGED]], changes, solved, note)


@transaction.atomic
def seen(candidate: Candidate) -> None:
    """Which faults of the clip before this one the checks no longer find in it, and which they still do.

    Only what the same checker says of both can be compared, and what was measured of them before is kept
    until it can; what it could not look for this time it cannot call solved.
    """
    if candidate.replaces_id is None:
        return
    new = QualityReport.objects.filter(candidate=candidate).first()
    old = QualityReport.objects.filter(candidate=candidate.replaces_id).first()
    if new is None or old is None or new.checker_version != old.checker_version or not new.parts:
        return
    MeasuredFix.objects.filter(candidate=candidate, note=None).delete()
    before, now = _faults(old), _faults(new)
    changes = _changes(candidate.version, None)
    for kind in sorted(before):
        if kind in now or not _lost_sight(old, new):
            _store(candidate, [f"finding:{kind}"], changes, kind not in now, None)


def _faults(report: QualityReport) -> set[str]:
    # A fault that the project accepts meanwhile is not solved by that.
    look = ranking.read(report.verdict, [], picks.as_found(report.findings))
    return {kind for kind, severity in look.findings.items() if severity != "info"}


def _lost_sight(old: QualityReport, new: QualityReport) -> bool:
    """Whether something that could be measured in the old clip could not be in the new one."""
    return any(
        value is not None and new.measures.get(name) is None and name in new.unmeasured
        for name, value in old.measures.items()
    )


def _changes(version: PromptVersion, note_id: str | None) -> list[str]:
    """The kinds of change that led to a version, by the refiner's account; of one note, or of all."""
    if version.author_kind == Author.PERSON:
        return [BY_HAND]
    kinds = {
        f"{change['kind']}_negative" if change.get("where") == "negative" else str(change["kind"])
        for change in version.changes
        if note_id is None or note_id in change.get("feedback_ids", ())
    }
    return sorted(kinds) or [FOR_OTHERS if version.changes else AGAIN]


def _store(
    candidate: Candidate, complaints: Iterable[str], changes: Iterable[str], solved: bool, note: Note | None
) -> None:
    changes = list(changes)
    MeasuredFix.objects.bulk_create(
        MeasuredFix(
            project_id=candidate.shot.project_id,
            candidate=candidate,
            note=note,
            provider=candidate.provider,
            model=candidate.model,
            complaint=complaint[:60],
            change=change[:60],
            solved=solved,
        )
        for complaint in dict.fromkeys(complaints)
        for change in changes
    )
