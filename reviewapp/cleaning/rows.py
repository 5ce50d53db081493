"""Rows that have done their work. The ledger, the transitions and the audit log are not among them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone
from django_q.models import Task

from reviewapp.models import Event, Heartbeat, Mail

# How many rows go in one transaction.
BATCH: Final = 500


def _older(model: Any, column: str, **age: float) -> Callable[[], Any]:
    return lambda: model.objects.filter(**{f"{column}__lt": timezone.now() - timedelta(**age)})


# What it is called: the rows of it that go.
OLD_ROWS: Final[Mapping[str, Callable[[], Any]]] = {
    "expired sessions": _older(Session, "expire_date", days=0),
    "results of the queue after 30 days": _older(Task, "stopped", days=30),
    "sign-in attempts after 30 days": _older(AccessAttempt, "attempt_time", days=30),
    "records of sign-ins after 30 days": _older(AccessLog, "attempt_time", days=30),
    "records of failed sign-ins after 30 days": _older(AccessFailureLog, "attempt_time", days=30),
    "events, with their notices and deliveries, after 90 days": _older(Event, "at", days=90),
    "mails after 90 days": _older(Mail, "created_at", days=90),
    "signs of life of processes that ended a day ago": _older(Heartbeat, "at", days=1),
}


@transaction.atomic
def delete_some(what: str) -> int:
    """Delete one batch of these rows and what hangs on them; how many of them, 0 when none is left."""
    rows = OLD_ROWS[what]()
    batch = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    if batch:
        # Asked again while deleting: a session may have been prolonged since.
        rows.filter(pk__in=batch).delete()
    return len(batch)
