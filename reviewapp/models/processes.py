"""Signs of life of the long-running processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime

from django.db import models
from django.db.models import Max
from django.utils import timezone

from reviewapp import identity


class Heartbeat(models.Model):
    """The last time one process was known to be alive.

    `kind` is what it does (`watch`, `queue:submit`, `queue:media`, `web`), `name` the process itself. A row
    whose claim names a process that has fallen silent is taken over.
    """

    name = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=40, db_index=True)
    host = models.CharField(max_length=60)
    pid = models.PositiveIntegerField()
    at = models.DateTimeField(db_index=True)
    since = models.DateTimeField(default=timezone.now)
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%H:%M:%S}"

    @classmethod
    def beat(cls, kind: str, detail: str = "") -> None:
        """Note that this process lives and does this kind of work."""
        facts = {"at": timezone.now(), "detail": detail[:200]}
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
