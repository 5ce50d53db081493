from __future__ import annotations

import shutil
import socket
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from providers import registry
from reviewapp import environment_keys, keyrotation, ledger, preflight
from reviewapp.models import Candidate, Heartbeat, ProviderKey, Status

SIGNS = ("watch", "queue:submit", "queue:media", "queue:notify")
FRESH_S = 20.0
GIGABYTE = 1_000_000_000

# (whether it is well, what it is about, the sentence); None is a remark that is neither good nor bad.
Line = tuple[bool | None, str, str]


class Command(BaseCommand):
    help = "Say in words what is configured, reachable or missing. Changes nothing, spends nothing."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        lines = list(_everything())
        for well, about, sentence in lines:
            mark = {True: "ok", False: "WRONG", None: "--"}[well]
            self.stdout.write(f"{mark:<6}{about:<11}{sentence}")
        if any(well is False for well, _, _ in lines):
            sys.exit(1)


def _everything() -> Iterator[Line]:
    yield True, "python", sys.version.split()[0]
    yield from _folders()
    database = _database()
    yield database
    if database[0]:
        yield from _processes()
        yield from _keys()
        yield from _encryption()
        yield from _rows()
    yield _sandbox()


def _folders() -> Iterator[Line]:
    try:
        preflight.make_folders(settings.DATA_DIR, settings.MEDIA_ROOT)
    except preflight.CannotStart as problem:
        yield False, "folders", str(problem)
        return
    free = shutil.disk_usage(settings.MEDIA_ROOT).free / GIGABYTE
    enough = free * GIGABYTE > 2 * settings.MAX_CLIP_BYTES
    yield enough, "media", f"{settings.MEDIA_ROOT} has {free:.1f} GB free"


def _database() -> Line:
    try:
        preflight.check_database()
    except preflight.CannotStart as problem:
        return False, "database", str(problem)
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if waiting:
        return (
            False,
            "database",
            f"{connection.display_name} answers, but {waiting} migrations wait: make run",
        )
    return True, "database", f"{connection.display_name} answers and is up to date"


def _processes() -> Iterator[Line]:
    beats = Heartbeat.latest()
    for name in SIGNS:
        at = beats.get(name)
        age_s = (timezone.now() - at).total_seconds() if at else None
        if age_s is None:
            yield False, "processes", f"{name} has never given a sign of life; make run starts it"
        elif age_s > FRESH_S:
            yield False, "processes", f"{name} gave its last sign of life {age_s:.0f} s ago"
        else:
            yield True, "processes", f"{name} gave a sign of life {age_s:.0f} s ago"


def _keys() -> Iterator[Line]:
    keys = list(ProviderKey.objects.all())
    if not keys:
        yield False, "keys", "there is no provider key: an admin adds one on the keys page"
    for key in keys:
        label = f"{registry.label(key.provider)}, {key.name}"
        if key.has_vanished:
            yield False, "keys", f"{label}: its variables are not set here"
        elif not key.enabled:
            yield None, "keys", f"{label}: switched off"
        elif key.paused_reason:
            yield False, "keys", f"{label}: paused, {key.paused_reason}"
        elif key.check_ok is False:
            # Enabled again after a test that failed: only another test tells whether it works now.
            yield None, "keys", f"{label}: in use, though its last test said: {key.check_sentence}"
        else:
            yield True, "keys", f"{label}: {key.check_sentence or 'never checked'}"
    for problem in environment_keys.problems():
        yield False, "keys", problem


def _encryption() -> Iterator[Line]:
    unreadable = [key.name for key in keyrotation.stored() if not key.can_be_read]
    for name in unreadable:
        yield False, "encryption", f"the encryption key that stored “{name}” is not configured here"
    older = set(keyrotation.needing_older_keys()) - set(unreadable)
    if older:
        words = "are the older encryption keys still needed: manage.py rotate_keys makes them superfluous"
        yield None, "encryption", f"for {len(older)} stored keys {words}"
    elif len(settings.ENCRYPTION_KEYS) > 1 and not unreadable:
        yield None, "encryption", "no stored key needs the older encryption keys any more"


def _rows() -> Iterator[Line]:
    uncertain = Candidate.objects.filter(status=Status.UNCERTAIN, due_at=None).count()
    if uncertain:
        yield None, "line", f"{uncertain} candidates wait for a person to say whether the provider took them"
    problems = ledger.problems()
    yield not problems, "ledger", problems[0] if problems else "every reservation is accounted for"


def _sandbox() -> Line:
    parts = urlsplit(settings.SANDBOX_URL)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=2):
            return True, "sandbox", f"{settings.SANDBOX_URL} answers"
    except OSError:
        return None, "sandbox", f"{settings.SANDBOX_URL} does not answer; only the demo needs it"
