"""The sweep: every row whose time has come is looked at, so that a lost message costs seconds and never a
job.
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from reviewapp import dispatch, money, retakes
from reviewapp.line.common import end_unless_late
from reviewapp.line.running import POLLED
from reviewapp.line.submit import QUIET_S
from reviewapp.models import Candidate, Heartbeat, StaleCandidate, Status

logger = logging.getLogger(__name__)

# A file that ends its worker each time must not do so for ever.
MOST_TRIES = 6
# What a dead worker leaves behind and another may go on with at once: nothing in it costs money.
TAKEN_OVER = (Status.GENERATING, Status.UNCERTAIN, Status.INGESTING, Status.CHECKING)


def due_now(limit: int) -> list[Candidate]:
    """Rows whose time has come and that are no polls, the longest overdue first."""
    due = Candidate.objects.due().exclude(status__in=POLLED).order_by("due_at")
    keys = list(due.values_list("pk", flat=True)[:limit])
    # Mostly there are none, and the wide query takes ten times as long to put together.
    rows = Candidate.objects.whole().order_by().in_bulk(keys) if keys else {}
    return [rows[key] for key in keys if key in rows]


def drop_claims(worker: str) -> int:
    """Give up what a watcher that ends has claimed and not asked about; it is due again at once."""
    mine = Candidate.objects.filter(worker=worker, status__in=POLLED)
    return mine.update(worker="", due_at=timezone.now(), fence=F("fence") + 1)


def next_due_in(most: float) -> float:
    """Seconds until the next row is due, at most `most`."""
    soonest = Candidate.objects.filter(due_at__isnull=False).order_by("due_at").values_list("due_at").first()
    if soonest is None or soonest[0] is None:
        return most
    return min(most, max(0.0, (soonest[0] - timezone.now()).total_seconds()))


def take_over(former: str = "") -> int:
    """Make the rows due now whose worker has given no sign of life for `RETAKE_SILENT_S`; how many.

    Whoever claims them raises their fence, so that a worker that was only slow writes nothing any more. A
    paid call that is under way is left alone: its process may be frozen and still send. `former` names a
    process that has certainly ended, because its name is that of the caller, who has just begun.
    """
    living = Heartbeat.objects.living(settings.SILENT_S).exclude(name=former).values("name")
    held = Candidate.objects.filter(status__in=TAKEN_OVER, due_at__gt=timezone.now()).exclude(worker="")
    left = list(held.exclude(worker__in=living).values_list("pk", "worker"))
    for name in {worker for _, worker in left}:
        logger.warning("%s gives no sign of life; its clips are taken over", name)
    rows = held.filter(pk__in=[pk for pk, _ in left], worker__in={worker for _, worker in left})
    return rows.update(due_at=timezone.now(), worker="") if left else 0


def sweep(candidate: Candidate) -> None:
    """Look at a due row: end a hold, send a lost message again, or give up on a claim that ran out."""
    match Status(candidate.status):
        case Status.HELD:
            retakes.release_hold(candidate)
        case Status.QUEUED:
            _send_again(candidate, "submit")
        case Status.INGESTING:
            _send_again(candidate, "ingest")
        case Status.CHECKING:
            _send_again(candidate, "check")
        case Status.SUBMITTING:
            _give_up_on_the_answer(candidate)
        case _:
            # A row at rest has nothing due; clearing the date keeps it out of the sweep.
            Candidate.objects.filter(pk=candidate.pk, fence=candidate.fence).update(due_at=None)


def _send_again(candidate: Candidate, station: str) -> None:
    with transaction.atomic():
        if candidate.claim(settings.REQUEUE_S):
            if station != "submit":
                # Its pause after a failed try is over: the next message that names it may begin it.
                Candidate.objects.filter(pk=candidate.pk, fence=candidate.fence).update(failure="")
            dispatch.again(station, candidate)


def _give_up_on_the_answer(candidate: Candidate) -> None:
    why = (
        "The process that made the paid call ended before the answer was written down. "
        "It may have been charged, so it is not sent again by itself."
    )
    try:
        candidate.move(Status.UNCERTAIN, actor="sweep", why=why, due_in=QUIET_S, failure=why)
    except StaleCandidate:
        return


def worn_out(candidate: Candidate, doing: str) -> bool:
    """End a row whose work was begun too often without an end; True when it was ended."""
    if candidate.tries < MOST_TRIES:
        return False
    why = f"{doing} was begun {candidate.tries} times and never finished. {money.charged_sentence(candidate)}"
    end_unless_late(candidate, Status.FAILED, why, actor="sweep")
    return True
