"""What stands beside the database: the storage of the clips, and the sandbox."""

from __future__ import annotations

import shutil
import socket
import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import DatabaseError

from reviewapp import storage as site_storage
from reviewapp.health.part import Part, State
from reviewapp.models import ProviderKey

GIGABYTE: Final = 1_000_000_000
BUCKET_ASKED_S: Final = 60.0


def storage() -> list[Part]:
    """Where the clips are kept: writable, and how much room is left."""
    if not isinstance(default_storage, FileSystemStorage):
        return [_bucket()]
    root = Path(default_storage.location)
    if problem := site_storage.probe():
        remedy = f"Nothing can be fetched until {root} can be written to."
        return [Part("storage", State.SILENT, problem, remedy=remedy)]
    told = shutil.disk_usage(root)
    scarce = told.free < 2 * settings.MAX_CLIP_BYTES
    words = f"{root} has {told.free / GIGABYTE:.1f} of {told.total / GIGABYTE:.1f} GB free."
    remedy = "Make room: the next long clip may not fit." if scarce else ""
    figures = {"free_bytes": float(told.free), "total_bytes": float(told.total)}
    return [Part("storage", State.LOOK if scarce else State.OK, words, remedy=remedy, figures=figures)]


_asked: tuple[float, Part] | None = None


def _bucket() -> Part:
    """Whether the bucket answers; asked once a minute, because it lies behind a network."""
    global _asked
    if _asked is not None and time.monotonic() - _asked[0] < BUCKET_ASKED_S:
        return _asked[1]
    problem = site_storage.probe()
    part = Part("storage", State.OK, "The bucket can be written to, read and cleaned.")
    if problem:
        remedy = "Look at its address, its name and its keys in the settings."
        part = Part("storage", State.SILENT, problem, remedy=remedy)
    _asked = (time.monotonic(), part)
    return part


def sandbox() -> list[Part]:
    """Whether the sandbox answers; it counts only where a key leads there."""
    parts = urlsplit(settings.SANDBOX_URL)
    used = sandbox_is_used()
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=1):
            return [Part("sandbox", State.OK, f"{settings.SANDBOX_URL} answers.")]
    except OSError:
        words = f"{settings.SANDBOX_URL} does not answer"
    if used is False:
        return [Part("sandbox", State.OFF, f"{words}, and no key leads there.")]
    remedy = "Start it: manage.py sandbox. Only the demo needs it."
    return [Part("sandbox", State.SILENT, f"{words}.", remedy=remedy)]


def sandbox_is_used() -> bool | None:
    """Whether an enabled key leads to the sandbox; None where the database does not say."""
    try:
        return ProviderKey.objects.filter(enabled=True, base_url__startswith=settings.SANDBOX_URL).exists()
    except DatabaseError:
        return None
