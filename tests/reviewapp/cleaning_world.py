"""Clips of any state and age with small files, for what the cleaning may and may not remove."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Max
from django.utils import timezone

from reviewapp.models import Candidate, Clip, PromptVersion, ReviewDecision, Shot, ShotInput, Status, Verdict

DAYS = 30


def version_of(shot: Shot) -> PromptVersion:
    top = shot.versions.aggregate(top=Max("number"))["top"] or 0
    return PromptVersion.objects.create(shot=shot, number=top + 1, text="A boat", author_kind="person")


def made(shot: Shot, status: Status, days: float = 60, data: bytes = b"", **facts: Any) -> Candidate:
    """A candidate that came to this status so many days ago, with its clip, poster and filmstrip."""
    when = timezone.now() - timedelta(days=days)
    known: dict[str, Any] = {
        "provider": "runway",
        "model": "gen4.5",
        "duration_s": Decimal(5),
        "width": 1280,
        "height": 720,
        "estimate_usd": Decimal("0.60"),
        "provider_job_id": uuid.uuid4().hex,
        "vendor_done_at": when,
        "status_at": when,
    }
    version = facts.pop("version", None) or version_of(shot)
    row = Candidate.objects.create(shot=shot, version=version, slot=1, status=status, **(known | facts))
    body = data or uuid.uuid4().bytes * 4
    clip = Clip(candidate=row, sha256=hashlib.sha256(body).hexdigest(), size=len(body), frames=120)
    for column, content in ((clip.file, body), (clip.poster, b"poster"), (clip.filmstrip, b"filmstrip")):
        column.save(f"harbour/{row.uid}", ContentFile(content), save=False)
    clip.filmstrip_tiles = 4
    clip.save()
    return Candidate.objects.whole().get(pk=row.pk)


def rejection(candidate: Candidate, retake: PromptVersion | None = None) -> ReviewDecision:
    revision = candidate.decisions.count()
    return ReviewDecision.objects.create(
        candidate=candidate, revision=revision, verdict=Verdict.REJECT, retake=retake
    )


def given(shot: Shot, data: bytes = b"picture", removed_days: float | None = None) -> ShotInput:
    """A picture of a shot; taken out of it so many days ago."""
    name = f"inputs/{shot.project_id}/{hashlib.sha256(data).hexdigest()}.png"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(data))
    removed = None if removed_days is None else timezone.now() - timedelta(days=removed_days)
    return ShotInput.objects.create(
        shot=shot, role="first_frame", file=name, name="a.png", sha256=hashlib.sha256(data).hexdigest(),
        content_type="image/png", size=len(data), removed_at=removed,
    )  # fmt: skip


def kept(name: str, data: bytes = b"lost", days: float = 2) -> str:
    """A file of the storage that was written so many days ago, named by nobody."""
    default_storage.save(name, ContentFile(data))
    grow_old(name, days)
    return name


def grow_old(name: str, days: float = 2) -> None:
    when = time.time() - days * 86400
    os.utime(Path(settings.MEDIA_ROOT) / name, (when, when))


def files_of(candidate: Candidate) -> dict[str, bool]:
    """Which of the clip's files there are, by what its row named when it was read."""
    clip = candidate.clip
    return {
        column: bool(name := str(getattr(clip, column).name)) and default_storage.exists(name)
        for column in ("file", "poster", "filmstrip")
    }
