"""Paid calls whose answer was lost, as people see them: what is known, what happens by itself, what they can
say.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from providers import catalog, registry
from reviewapp.line.lookup import NOT_KNOWN
from reviewapp.models import Candidate, Project, Status, Transition


@dataclass(frozen=True)
class Call:
    """One uncertain call. `called_at` is when it was claimed for its call."""

    candidate: Candidate
    called_at: datetime | None
    lookup: str

    @property
    def needs_you(self) -> bool:
        """Whether only a person can say what became of it."""
        return self.candidate.due_at is None


def rows(project: Project | None = None) -> QuerySet[Candidate]:
    """Every uncertain call, of one project or of the whole site; those that wait for a person first."""
    called = Transition.objects.filter(candidate=OuterRef("pk"), became=Status.SUBMITTING).order_by("-pk")
    found = Candidate.objects.whole().filter(status=Status.UNCERTAIN)
    if project is not None:
        found = found.filter(shot__project=project)
    return found.annotate(called_at=Subquery(called.values("at")[:1])).order_by("due_at", "status_at", "pk")


def count(project: Project | None = None) -> int:
    found = Candidate.objects.order_by().filter(status=Status.UNCERTAIN)
    return (found if project is None else found.filter(shot__project=project)).count()


def calls(found: Iterable[Candidate]) -> list[Call]:
    """These rows of `rows` with what is said about each."""
    now = timezone.now()
    return [Call(row, getattr(row, "called_at", None), lookup_words(row, now)) for row in found]


def lookup_words(candidate: Candidate, now: datetime) -> str:
    """What the machine still does about an uncertain call by itself."""
    label, can = registry.label(candidate.provider), catalog.vendor(candidate.provider).find
    if candidate.due_at is None:
        if can:
            return f"{label} was asked and the answer settles nothing: only a person can."
        return f"{label} offers no lookup: only a person can say what became of the call."
    when = _in_words((candidate.due_at - now).total_seconds())
    if not can:
        return f"An answer that comes late still counts. {label} offers no lookup: a person is asked {when}."
    if candidate.vendor_status == NOT_KNOWN:
        return (
            f"{label} was asked and knew no such job. It is asked once more {when}; if it still knows none, "
            "the money is released and the call is made again by itself."
        )
    if candidate.tries:
        return f"{label} could not be asked so far ({candidate.tries} times). It is asked again {when}."
    return f"It will be looked up at {label} {when}."


def _in_words(seconds: float) -> str:
    if seconds < 1:
        return "now"
    return f"in {seconds:.0f} s" if seconds < 120 else f"in {seconds / 60:.0f} min"
