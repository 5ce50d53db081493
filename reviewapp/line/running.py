"""Rows of jobs under way: leased for a poll, noted when nothing has ended, made due by a webhook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from providers.contract import ProviderJob
from reviewapp.line import paces
from reviewapp.line.submit import QUIET_S
from reviewapp.models import Candidate, ProviderKey, Status

POLLED: Final = (Status.GENERATING, Status.UNCERTAIN)
# What asking the vendor, pacing and the log read of a row.
_READ: Final = (
    "uid", "status", "fence", "due_at", "attempt", "tries", "provider", "provider_key", "model", "drawn",
    "provider_job_id", "vendor_status", "cancel_asked", "submitted_at", "vendor_done_at", "running_at",
    "slot", "shot__code", "version__number",
)  # fmt: skip
# A hint that came while the vendor was being asked has made the row due again: its time stands.
_NOTE: Final = """
    UPDATE reviewapp_candidate
    SET due_at = CASE WHEN due_at = %s THEN %s ELSE due_at END, vendor_status = %s, progress = %s, tries = 0,
        running_at = %s, worker = ''
    WHERE id = %s AND status = %s AND fence = %s
"""


def claim_polls(
    limit: int,
    lease_s: float,
    worker: str = "",
    *,
    places: Mapping[int | None, int] | None = None,
    each: int | None = None,
) -> list[Candidate]:
    """Lease the due GENERATING and UNCERTAIN rows, the longest overdue first, in two statements however many
    there are. A watcher that dies loses its lease and nothing else.

    Several watchers take different rows without waiting for each other. `places` says how many of a key's
    rows may be taken, `each` how many of a key that is not in it; what is left stays due. Only the columns
    that asking and pacing read are there.
    """
    free = defaultdict(lambda: limit if each is None else each, places or {})
    full = [key for key, room in free.items() if room <= 0 and key is not None]
    rows = Candidate.objects.due().filter(status__in=POLLED).exclude(provider_key_id__in=full)
    with transaction.atomic():
        # SQLite knows no locks on rows: there this transaction is the only one that writes.
        rows = rows.select_related("shot", "version").select_for_update(skip_locked=True, of=("self",))
        taken = []
        for row in rows.only(*_READ).order_by("due_at")[:limit]:
            free[row.provider_key_id] -= 1
            if free[row.provider_key_id] >= 0:
                taken.append(row)
        until = timezone.now() + timedelta(seconds=lease_s)
        mine = Candidate.objects.filter(pk__in=[row.pk for row in taken])
        mine.update(fence=F("fence") + 1, due_at=until, worker=worker)
    keys = ProviderKey.objects.in_bulk({row.provider_key_id for row in taken if row.provider_key_id})
    for row in taken:
        row.fence, row.due_at, row.worker = row.fence + 1, until, worker
        row.provider_key = keys.get(row.provider_key_id or 0)
    return taken


def note(running: Sequence[tuple[Candidate, ProviderJob]]) -> None:
    """Note what the vendors say of running jobs, and when each is asked about next, with one statement."""
    now = timezone.now()
    adapt = connection.ops.adapt_datetimefield_value
    rows = [
        (
            adapt(candidate.due_at), adapt(now + timedelta(seconds=wait)), job.vendor_status[:60],
            job.progress, adapt(now), candidate.pk, Status.GENERATING.value, candidate.fence,
        )
        for (candidate, job), wait in zip(running, paces.delays(running, now), strict=True)
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.executemany(_NOTE, rows)


def hint(rows: Q) -> int:
    """Have these rows polled now, because a webhook said that their job has moved; how many there were.

    Nothing else is changed: no status, no claim. A call whose answer was lost keeps its quiet time, because
    looking it up too early would find nothing and pay again.
    """
    now = timezone.now()
    waiting = Candidate.objects.filter(rows, status__in=[Status.GENERATING, Status.UNCERTAIN])
    quiet = Q(status=Status.UNCERTAIN, status_at__gt=now - timedelta(seconds=QUIET_S))
    # It was under way until just now, and not only until it was last polled.
    return waiting.exclude(quiet).exclude(due_at__lte=now).update(due_at=now, running_at=now)
