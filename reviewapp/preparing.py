"""Clips that lack their small copy, or whose copies were made by an older recipe.

A clip goes to people first; its small copy is made after that, by the station `jobs/prepare.py`. A message
that was lost costs nothing: while the media cluster is idle, the watcher goes through the clips from the
newest to the oldest, again and again. Walls of clips play the clip itself meanwhile.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import Max, Q, QuerySet
from django_q.models import OrmQ

from reviewapp import dispatch, rechecks, turns
from reviewapp.models import Candidate, Clip, Status

KIND: Final = "prepare"
# Those that people look at; what was set aside is shown as it is.
LOOKED_AT: Final = (Status.IN_REVIEW, Status.APPROVED)
EVERY: Final = timedelta(minutes=1)
# Clips asked for at a time: as many as a quiet minute makes.
FEW: Final = 10
# Rows read at a time, so that a site of a million clips is gone through without anybody's noticing.
ROWS: Final = 20_000


def _lacking(media_version: int) -> QuerySet[Clip]:
    lacks = Q(small="") | Q(media_version__lt=media_version)
    return Clip.objects.filter(lacks, removed_at=None, candidate__status__in=LOOKED_AT).exclude(file="")


def begin(candidate_id: int, media_version: int) -> Candidate | None:
    """The candidate whose copies are to be made now. None when there is nothing to do, and while a clip waits
    for its download or its check: those come first, and this one is found again.
    """
    if rechecks.something_waits() or not _lacking(media_version).filter(candidate=candidate_id).exists():
        return None
    return Candidate.objects.whole().filter(pk=candidate_id).first()


def prepared(clip: Clip, columns: dict[str, Any]) -> bool:
    """Write down what was made of this very file; False when it was removed or fetched anew meanwhile."""
    rows = Clip.objects.filter(pk=clip.pk, sha256=clip.sha256, removed_at=None)
    return rows.update(**columns) == 1


def ask_when_quiet(media_version: int) -> int:
    """For the watcher's housekeeping: ask for a few that were forgotten, when the media cluster is idle."""
    if OrmQ.objects.filter(key=dispatch.CLUSTERS["prepare"]).exists() or not turns.ask(KIND, EVERY):
        return 0
    with turns.taken(KIND) as turn:
        if turn is None:
            return 0
        found = _next(media_version, turn)
        for candidate in Candidate.objects.filter(clip__in=found).order_by("-pk"):
            dispatch.prepare(candidate)
    return len(found)


def _next(media_version: int, turn: turns.Turn) -> list[int]:
    """The next clips from the cursor down; the one after the oldest is the newest."""
    top = Clip.objects.aggregate(top=Max("pk"))["top"] or 0
    upper = int(turn.cursor) if turn.cursor.isdigit() and int(turn.cursor) else top
    rows = _lacking(media_version).filter(pk__lte=upper, pk__gt=upper - ROWS)
    found = list(rows.order_by("-pk").values_list("pk", flat=True)[:FEW])
    down_to = found[-1] - 1 if len(found) == FEW else upper - ROWS
    turn.keep(str(max(0, down_to)))
    return found
