"""What the rows say: queues, candidates under way, keys, deliveries, cleaning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone
from django_q.models import Failure, OrmQ

from reviewapp.health.part import Part, State
from reviewapp.health.processes import clusters
from reviewapp.models import (
    Candidate,
    CleaningRun,
    Heartbeat,
    Mail,
    Notice,
    OutgoingDelivery,
    ProviderKey,
    Status,
)
from reviewapp.models.candidates import MACHINE

# A message waits this long on a busy evening; longer, nobody takes it or there are too few workers.
QUEUE_SLOW_S: Final = 30.0
# The sweep looks four times a second.
OVERDUE_S: Final = 30.0
# Mails and webhooks that the other side delays are tried again later; these were simply not sent.
DELIVERY_LATE_S: Final = 300.0
# Cleaning runs once a night.
CLEANED_WITHIN: Final = timedelta(hours=36)


def queues() -> list[Part]:
    """Each queue: how many messages wait, how old the oldest is, and what failed in the last hour."""
    now = timezone.now()
    waiting = {
        row["key"]: row
        for row in OrmQ.objects.order_by()
        .values("key")
        .annotate(ready=Count("pk", filter=Q(lock__lte=now)), oldest=Min("lock"), held=Count("pk"))
    }
    failed: dict[str, int] = dict(
        Failure.objects.filter(stopped__gt=now - timedelta(hours=1))
        .order_by()
        .values_list("cluster")
        .annotate(Count("pk"))
    )
    beats = Heartbeat.latest()
    return [
        _queue(name, waiting.get(name, {}), failed.get(name, 0), beats.get(f"queue:{name}"), now)
        for name in clusters()
    ]


def _queue(name: str, row: dict[str, object], lost: int, taken: datetime | None, now: datetime) -> Part:
    ready, held, oldest = int(str(row.get("ready", 0))), int(str(row.get("held", 0))), row.get("oldest")
    # A message that was never taken keeps the time at which it was sent.
    age = max(0.0, (now - oldest).total_seconds()) if ready and isinstance(oldest, datetime) else 0.0
    figures = {
        "waiting": float(ready),
        "taken": float(held - ready),
        "oldest_seconds": age,
        "failed": float(lost),
    }
    said = _many(ready, "message waits", "messages wait") + (f", the oldest for {age:.0f} s" if ready else "")
    detail = f"{lost} failed in the last hour" if lost else ""
    state, remedy = State.OK, ""
    if age > QUEUE_SLOW_S:
        state = State.LOOK
        remedy = (
            f"Is its cluster alive? If it is, it has too few workers: start another manage.py cluster {name}."
        )
    elif lost:
        state, remedy = State.LOOK, f"The log of the {name} cluster says why; their rows are tried again."
    return Part(f"queue:{name}", state, f"{said}.", taken, detail, remedy=remedy, figures=figures)


def _many(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def line() -> list[Part]:
    """The candidates under way: how many in each state, and whether one is overdue."""
    now = timezone.now()
    counts = dict(
        Candidate.objects.filter(status__in=MACHINE).order_by().values_list("status").annotate(Count("pk"))
    )
    oldest = Candidate.objects.filter(due_at__isnull=False).aggregate(Min("due_at"))["due_at__min"]
    late = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    lost = Candidate.objects.filter(status=Status.UNCERTAIN, due_at=None).count()
    figures = {"overdue_seconds": late, "uncertain": float(lost)}
    words = ", ".join(f"{counts[status]} {status.label.lower()}" for status in Status if status in counts)
    said = f"{words or 'nothing'} under way."
    found = [Part("line", State.OK, said[:1].upper() + said[1:], figures=figures)]
    if late > OVERDUE_S:
        remedy = "Is a watcher alive? It looks at every row whose time has come."
        found[0] = Part(
            "line", State.LOOK, f"A row is overdue by {late:.0f} s.", oldest, said, "", remedy, figures
        )
    if lost:
        words = f"{_many(lost, 'paid call waits', 'paid calls wait')} for a person to settle."
        remedy = "Say on the page Uncertain what the provider's own page shows."
        found.append(Part("uncertain", State.LOOK, words, remedy=remedy))
    return found


def keys() -> list[Part]:
    """The providers' keys that stand still."""
    paused = ProviderKey.objects.filter(enabled=True).exclude(paused_reason="")
    names = [f"{key.name}: {key.paused_reason}" for key in paused[:5]]
    if not names:
        return []
    words = f"{_many(paused.count(), 'key is paused', 'keys are paused')}: nothing is sent that way."
    remedy = "The keys page says what each wants."
    return [Part("keys", State.LOOK, words, detail=" ".join(names), remedy=remedy)]


def deliveries() -> list[Part]:
    """Mails, pushes and webhooks of ours that are late."""
    now = timezone.now()
    waits = {
        "mails": _due(Mail, "due_at", now),
        "notices for mail": _due(Notice, "mail_due_at", now),
        "pushes": _due(Notice, "push_due_at", now),
        "webhooks": _due(OutgoingDelivery, "due_at", now),
    }
    late = max(seconds for _, seconds in waits.values())
    figures = {f"waiting:{name}": float(count) for name, (count, _) in waits.items()}
    figures["oldest_seconds"] = late
    due = ", ".join(f"{count} {name}" for name, (count, _) in waits.items() if count)
    said = f"{due} are due." if due else "Nothing is due."
    if late > DELIVERY_LATE_S:
        remedy = "Is a notify cluster alive? Its log says what the mail server answered."
        return [Part("deliveries", State.LOOK, said, now - timedelta(seconds=late), "", "", remedy, figures)]
    return [Part("deliveries", State.OK, said, figures=figures)]


def _due(
    model: type[Mail] | type[Notice] | type[OutgoingDelivery], column: str, now: datetime
) -> tuple[int, float]:
    rows = model._default_manager.filter(**{f"{column}__lte": now})
    told = rows.order_by().aggregate(count=Count("pk"), oldest=Min(column))
    oldest = told["oldest"]
    return int(told["count"]), (now - oldest).total_seconds() if oldest else 0.0


def cleaning() -> list[Part]:
    """The last night's cleaning."""
    runs = list(CleaningRun.objects.all())
    if settings.CLEAN_AT is None:
        return [Part("cleaning", State.OFF, "Nothing is cleaned by schedule.")]
    ended = [run.ended_at for run in runs if run.ended_at]
    if not ended:
        return [Part("cleaning", State.OK, "It has not run yet.")]
    oldest = min(ended)
    # Of missing files there is only a count: nothing was to be removed.
    failed = sum(run.failed for run in runs if run.kind != "missing")
    removed = sum(run.removed for run in runs)
    said = f"The last run removed {removed} things and could not remove {failed}."
    late = timezone.now() - oldest > CLEANED_WITHIN
    remedy = "The log of the media cluster says why." if late or failed else ""
    # In each run's own words, with the first files that are gone.
    detail = " ".join(run.said for run in runs if run.failed)
    figures = {"removed": float(removed), "failed": float(failed), "ended_at": oldest.timestamp()}
    state = State.LOOK if late or failed else State.OK
    return [Part("cleaning", state, said, oldest, detail, remedy=remedy, figures=figures)]
