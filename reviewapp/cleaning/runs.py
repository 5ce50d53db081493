"""When it is cleaned, and by whom: the nightly hour, one lease a kind, and what the last run did."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import F, Q
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from reviewapp import dispatch, identity
from reviewapp.models import CleaningRun

# In the order in which they run: an input that goes no longer keeps its clip, and what both leave behind in
# the storage has no row any more.
KINDS: Final = {
    "inputs": "Pictures and clips that no shot uses any more",
    "clips": "Clips past their project's retention",
    "orphans": "Files that no row names",
    "missing": "Rows whose file is gone (only reported)",
    "copies": "Copies at the providers",
    "rows": "Old rows",
}
# A lease is renewed with every step; a process that was killed is followed after this long.
LEASE: Final = timedelta(minutes=5)
# A message that was lost is sent again after this long.
ASK_AGAIN: Final = timedelta(minutes=15)
# Characters that the row holds.
LONGEST: Final = 600


class LeaseLost(Exception):
    """Another process cleans this kind by now; this one must stop."""


@dataclass
class Run:
    """One run of one kind, held by this process. Every step is written down, and renews the lease."""

    kind: str
    holder: str
    cursor: str = ""
    said: str = ""

    def step(
        self, *, removed: int = 0, failed: int = 0, size: int = 0, cursor: str = "", said: str = ""
    ) -> None:
        """Write down what was removed since the last step, and sentences for people. Raises LeaseLost."""
        self.cursor = cursor or self.cursor
        self.said = f"{self.said} {said}".strip()[:LONGEST]
        self._write(
            held_until=timezone.now() + LEASE,
            removed=F("removed") + removed,
            failed=F("failed") + failed,
            size=F("size") + size,
            cursor=self.cursor,
            said=self.said,
        )

    def let_go(self) -> None:
        """Stop for now: whoever comes next goes on from here."""
        self._write(held_until=None, holder="")

    def end(self, cursor: str = "") -> CleaningRun:
        """The run is complete; the next one begins at `cursor`. Raises LeaseLost."""
        row = CleaningRun.objects.get(kind=self.kind)
        told = f"{sentence(row)} {self.said}".strip()[:LONGEST]
        self._write(held_until=None, holder="", cursor=cursor, ended_at=timezone.now(), said=told)
        row.refresh_from_db()
        return row

    def _write(self, **columns: object) -> None:
        mine = CleaningRun.objects.filter(kind=self.kind, holder=self.holder)
        if mine.update(**columns) != 1:
            raise LeaseLost(self.kind)


def sentence(row: CleaningRun) -> str:
    """What a run removed, in words and numbers."""
    freed = f", {filesizeformat(row.size)}" if row.size else ""
    if row.kind == "missing":
        return f"{row.failed} rows name a file that is gone." if row.failed else "Every file is there."
    failed = f" {row.failed} could not be removed and {_are(row.failed)} tried again." if row.failed else ""
    return f"{row.removed or 'Nothing'} removed{freed}.{failed}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _rows() -> dict[str, CleaningRun]:
    rows = {row.kind: row for row in CleaningRun.objects.filter(kind__in=KINDS)}
    if missing := [CleaningRun(kind=kind) for kind in KINDS if kind not in rows]:
        # A fresh site is not cleaned before its first night: `since` counts like a run.
        CleaningRun.objects.bulk_create(missing, ignore_conflicts=True)
        rows = {row.kind: row for row in CleaningRun.objects.filter(kind__in=KINDS)}
    return {kind: rows[kind] for kind in KINDS}


def last_night(now: datetime) -> datetime | None:
    """The last moment at which cleaning was to begin; None where it is switched off."""
    if settings.CLEAN_AT is None:
        return None
    local = timezone.localtime(now)
    tonight = timezone.make_aware(datetime.combine(local.date(), settings.CLEAN_AT))
    if tonight <= now:
        return tonight
    return timezone.make_aware(datetime.combine(local.date() - timedelta(days=1), settings.CLEAN_AT))


def due() -> list[str]:
    """The kinds that have not been cleaned since the last moment at which they should have been."""
    night = last_night(timezone.now())
    if night is None:
        return []
    return [kind for kind, row in _rows().items() if (row.ended_at or row.since) < night]


def ask_when_due() -> bool:
    """For the watcher's housekeeping: send the one message that cleans. False when there is none to send."""
    kinds, now = due(), timezone.now()
    free = Q(held_until=None) | Q(held_until__lt=now)
    unasked = Q(asked_at=None) | Q(asked_at__lt=now - ASK_AGAIN)
    # Several watchers ask themselves this in the same second: whoever writes the first row sends.
    if not kinds or not CleaningRun.objects.filter(free, unasked, kind=kinds[0]).update(asked_at=now):
        return False
    dispatch.clean()
    return True


def go_on_later() -> None:
    """The time of this message is over: another one goes on behind the downloads that wait meanwhile."""
    CleaningRun.objects.filter(kind__in=due()[:1]).update(asked_at=timezone.now())
    dispatch.clean()


def begin(kind: str) -> Run | None:
    """Take the lease of one kind; None while another process holds it. A run that was cut off goes on."""
    _rows()
    now, holder = timezone.now(), f"{identity.me('clean')}#{uuid.uuid4().hex[:8]}"
    free = CleaningRun.objects.filter(Q(held_until=None) | Q(held_until__lt=now), kind=kind)
    if not free.update(holder=holder, held_until=now + LEASE, asked_at=now):
        return None
    row = CleaningRun.objects.get(kind=kind)
    if row.under_way:
        return Run(kind, holder, row.cursor, row.said)
    fresh = {"began_at": now, "removed": 0, "failed": 0, "size": 0, "said": ""}
    CleaningRun.objects.filter(kind=kind, holder=holder).update(**fresh)
    return Run(kind, holder, row.cursor)


def last_runs() -> list[CleaningRun]:
    """For the admins' page: one row a kind, in the order in which they run; `KINDS` has their titles."""
    return list(_rows().values())
