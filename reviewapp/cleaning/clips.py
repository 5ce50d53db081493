"""Clips that nobody chose, past their project's retention: their files go, their facts stay.

The clip itself, its copies and its filmstrip are removed. The poster is kept: it is small, and a shot's
history without any picture tells nobody what was tried.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, FileField, OuterRef, Q, QuerySet
from django.utils import timezone

from reviewapp.models import Candidate, Clip, Project, Shot, ShotInput, Status
from reviewapp.models.candidates import MACHINE

# What nobody chose. Approved clips and those in review are not among them, and never will be.
SET_ASIDE: Final = (Status.REJECTED, Status.PASSED_OVER, Status.FAILED, Status.CANCELLED)
# Kept when the rest goes.
RETENTION_KEPT: Final = frozenset({"poster"})
_LIVE: Final = (*MACHINE, Status.IN_REVIEW)


def _past_retention() -> Q:
    """Set aside longer ago than the clip's project keeps such clips."""
    now, past = timezone.now(), Q(pk__in=[])
    lengths = Project.objects.exclude(retention_days=None).order_by().values_list("retention_days", flat=True)
    for days in lengths.distinct():
        shot = Q(candidate__shot__project__retention_days=days)
        past |= shot & Q(candidate__status_at__lte=now - timedelta(days=days or 0))
    return past


def expired() -> QuerySet[Clip]:
    """The clips whose files the retention takes away now.

    Kept all the same: what a living retake is shown beside, what its checklist shows, what any shot starts
    from, and whatever belongs to a shot on hold or to one that waits for its producer's decision, who may
    still accept an earlier clip.
    """
    # Every condition is said in the rows' own words here, because the claim asks exactly this once more.
    live = Candidate.objects.filter(status__in=_LIVE)
    shown_beside = live.filter(replaces=OuterRef("candidate"))
    on_a_checklist = live.filter(version__asked_by__candidate=OuterRef("candidate"))
    started_from = ShotInput.objects.filter(
        sha256=OuterRef("sha256"), shot__project=OuterRef("candidate__shot__project")
    )
    approved = Candidate.objects.filter(shot=OuterRef("candidate__shot"), status=Status.APPROVED)
    return Clip.objects.filter(
        _past_retention(),
        ~Exists(shown_beside),
        ~Exists(on_a_checklist),
        ~Exists(started_from),
        Q(candidate__shot__escalated_at=None) | Exists(approved),
        removed_at=None,
        candidate__status__in=SET_ASIDE,
        candidate__shot__on_hold=False,
    )


def claim_clip(clip: Clip) -> bool:
    """Mark one clip as removed before its files go; False when it may no longer be.

    The shot's lock keeps every verdict and undo out, and the row's fence everything else that had read the
    candidate before: whoever was first has moved it, and then this writes nothing.
    """
    candidate = clip.candidate
    try:
        with transaction.atomic():
            Shot.objects.select_for_update(no_key=True).get(pk=candidate.shot_id)
            if not expired().filter(pk=clip.pk).update(removed_at=timezone.now()):
                return False
            rows = Candidate.objects.filter(pk=candidate.pk, status__in=SET_ASIDE, fence=candidate.fence)
            if not rows.update(fence=candidate.fence + 1):
                raise _MovedMeanwhile
    except _MovedMeanwhile:
        return False
    return True


class _MovedMeanwhile(Exception):
    """Rolls the claim back."""


def leftover() -> QuerySet[Clip]:
    """Clips that were claimed and still name files: a run was cut off, or the storage did not answer."""
    named = Q()
    for column in _columns():
        named |= ~Q(**{column: ""})
    return Clip.objects.filter(named).exclude(removed_at=None)


def _columns() -> list[str]:
    fields = (field for field in Clip._meta.concrete_fields if isinstance(field, FileField))
    return [field.name for field in fields if field.name not in RETENTION_KEPT]


def files_of(clip: Clip) -> list[str]:
    """The names of the files that go with a removed clip."""
    return [name for column in _columns() if (name := str(getattr(clip, column).name or ""))]


def forget_files(clip: Clip) -> None:
    """The files are gone from the storage: their names go as well."""
    gone: dict[str, Any] = dict.fromkeys(_columns(), "")
    Clip.objects.filter(pk=clip.pk).exclude(removed_at=None).update(**gone, filmstrip_tiles=0)
