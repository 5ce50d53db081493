"""Signs of life of the long-running processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from reviewapp import identity


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def living(self, silent_s: float) -> HeartbeatQuerySet:
        """The processes that gave a sign within so many seconds, by the database's clock."""
        return self.filter(at__gt=Now() - timedelta(seconds=silent_s))


class Heartbeat(models.Model):
    """The last time one process was known to be alive.

    `kind` is what it does (`watch`, `queue:submit`, `queue:media`, `web`), `name` the process itself. A row
    whose claim names a process that has fallen silent is taken over. Signs are written and compared by the
    database's clock, so that machines whose own clocks differ do not take each other for dead.
    """

    name = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=40, db_index=True)
    host = models.CharField(max_length=60)
    pid = models.PositiveIntegerField()
    at = models.DateTimeField(db_index=True)
    since = models.DateTimeField(default=timezone.now)
    detail = models.CharField(max_length=200, blank=True)

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"

    @classmethod
    def beat(cls, kind: str, detail: str = "") -> None:
        """Note that this process lives and does this kind of work."""
        facts = {"at": Now(), "detail": detail[:200]}
        who = {"kind": kind, "host": identity.host(), "pid": os.getpid()}
        cls.objects.update_or_create(name=identity.me(kind), defaults=facts, create_defaults=facts | who)

    @classmethod
    def farewell(cls, kind: str) -> None:
        """Note that this process ends because it was told to: nobody has to look for it."""
        cls.objects.filter(name=identity.me(kind)).delete()

    @classmethod
    def latest(cls) -> Mapping[str, datetime]:
        """The newest sign of life of each kind of process, whichever machine it came from."""
        return dict(cls.objects.order_by().values_list("kind").annotate(Max("at")))
