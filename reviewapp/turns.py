"""Work that one process at a time does now and then, on whatever machine: who asks for it and who does it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Q
from django.utils import timezone

from reviewapp import identity
from reviewapp.models import CleaningRun

# A process that was killed is followed after this long.
LEASE: Final = timedelta(minutes=5)


@dataclass
class Turn:
    """This process's turn at one kind of work. `cursor` is where the one before has come to."""

    kind: str
    holder: str
    cursor: str = ""

    def keep(self, cursor: str) -> bool:
        """Write down how far it has come and go on holding it; False when it is another's by now."""
        self.cursor = cursor
        mine = CleaningRun.objects.filter(kind=self.kind, holder=self.holder)
        return mine.update(cursor=cursor, held_until=timezone.now() + LEASE) == 1


def ask(kind: str, every: timedelta) -> bool:
    """For watchers: whether to send the message that does this work; once in `every` over all of them."""
    now = timezone.now()
    free = Q(held_until=None) | Q(held_until__lt=now)
    unasked = Q(asked_at=None) | Q(asked_at__lt=now - every)
    row, _ = CleaningRun.objects.get_or_create(kind=kind)
    return CleaningRun.objects.filter(free, unasked, pk=row.pk).update(asked_at=now) == 1


def cursor(kind: str) -> str:
    """How far this work has come; empty where it has not begun."""
    return CleaningRun.objects.filter(kind=kind).values_list("cursor", flat=True).first() or ""


@contextmanager
def taken(kind: str) -> Iterator[Turn | None]:
    """The turn at this work until the block ends; None while another process has it."""
    now, holder = timezone.now(), f"{identity.me('turn')}#{uuid.uuid4().hex[:8]}"
    row, _ = CleaningRun.objects.get_or_create(kind=kind)
    free = CleaningRun.objects.filter(Q(held_until=None) | Q(held_until__lt=now), pk=row.pk)
    if not free.update(holder=holder, held_until=now + LEASE):
        yield None
        return
    try:
        yield Turn(kind, holder, cursor(kind))
    finally:
        CleaningRun.objects.filter(pk=row.pk, holder=holder).update(held_until=None, holder="")
