"""The processes, by the signs of life that they write."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.utils import timezone

from reviewapp.health.part import Part, State
from reviewapp.models import Heartbeat

# Processes report every few seconds.
LATE_AFTER: Final = timedelta(seconds=20)
SILENT_AFTER: Final = timedelta(seconds=60)
# A process that was taken away for good stops being missed.
FORGOTTEN_AFTER: Final = timedelta(hours=1)


def clusters() -> list[str]:
    """The names of the queues, each with a cluster of its own."""
    return [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]


def kinds() -> list[str]:
    """The kinds of process that a whole site has at least one of."""
    return ["web", *(f"cluster:{name}" for name in clusters()), "watch"]


def needed() -> list[str]:
    """Those without which no clip moves. Mails that are late take no page and no clip away."""
    return [kind for kind in kinds() if kind not in {"web", "cluster:notify"}]


_TITLES: Final = {"web": "web server", "watch": "watcher"}
_COMMANDS: Final = {"web": "gunicorn", "watch": "manage.py watch"}


def title_of(kind: str) -> str:
    """What people call it."""
    return _TITLES.get(kind) or f"{kind.removeprefix('cluster:')} cluster"


def _command_of(kind: str) -> str:
    return _COMMANDS.get(kind) or f"manage.py cluster {kind.removeprefix('cluster:')}"


def processes() -> list[Part]:
    """Every process that was heard of lately, and every kind that should be there and is not."""
    now = timezone.now()
    rows = Heartbeat.objects.filter(kind__in=kinds(), at__gt=now - FORGOTTEN_AFTER).order_by("host", "pid")
    beats = [row for row in rows if not _is_replaced(row, rows)]
    found = [_process(row, now) for row in beats]
    return found + [_missing(kind) for kind in kinds() if kind not in {row.kind for row in beats}]


def _is_replaced(row: Heartbeat, rows: Iterable[Heartbeat]) -> bool:
    """Whether another of its kind began on its machine when it had fallen silent."""
    return any(
        other.kind == row.kind and other.host == row.host and other.since >= row.at and other.pk != row.pk
        for other in rows
    )


def _process(row: Heartbeat, now: datetime) -> Part:
    age = now - row.at
    seconds, title = max(0.0, age.total_seconds()), title_of(row.kind)
    figures = {"heartbeat_age_seconds": seconds, "up_since": row.since.timestamp(), "pid": float(row.pid)}
    state, words, remedy = State.OK, f"{title} {row.pid} gave a sign of life {seconds:.0f} s ago.", ""
    if age > LATE_AFTER:
        state = State.SILENT if age > SILENT_AFTER else State.LOOK
        words = f"{title} {row.pid} gave its last sign of life {seconds:.0f} s ago."
        remedy = f"Look at its log on {row.host}, and start it again: {_command_of(row.kind)}."
    return Part(row.kind, state, _sentence(words), row.at, row.detail, row.host, remedy, figures)


def _missing(kind: str) -> Part:
    words = _sentence(f"no {title_of(kind)} has given a sign of life in the last hour.")
    remedy = f"Start it: {_command_of(kind)}; make run starts everything."
    return Part(kind, State.MISSING, words, remedy=remedy)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
