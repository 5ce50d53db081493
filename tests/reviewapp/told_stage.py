"""Clips that come to review as the check station sends them, and what people were told of it."""

from __future__ import annotations

from reviewapp import line
from reviewapp.models import Candidate, EventKind, Notice, QualityReport, Shot, Status, User
from tests.reviewapp.stages import asked, bring


def check(candidate: Candidate) -> Candidate:
    """The last step of the line: the clip is measured and goes to people."""
    parts = [{"name": "clarity", "value": 0.8, "weight": 1.0}]
    line.checked(candidate, QualityReport(candidate=candidate, verdict="pass", parts=parts), {})
    candidate.refresh_from_db()
    return candidate


def checking(shot: Shot, by: User, count: int = 1) -> list[Candidate]:
    """Clips of one round that are downloaded and about to be checked."""
    return [bring(candidate, Status.CHECKING) for candidate in asked(shot, by, count)]


def ready(shot: Shot, by: User, count: int = 1) -> list[Candidate]:
    """A whole round that has come to review."""
    return [check(candidate) for candidate in checking(shot, by, count)]


def told(person: User, *kinds: EventKind) -> list[str]:
    """The sentences that this person was told, oldest first."""
    mine = Notice.objects.filter(user=person).order_by("event__at", "pk").select_related("event")
    return [notice.event.sentence for notice in mine if not kinds or notice.event.kind in kinds]
