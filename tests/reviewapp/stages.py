"""Bringing a candidate to where a test needs it, by the machine's own moves and with its money."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile

from reviewapp import generation, money
from reviewapp.models import Candidate, Clip, ProviderKey, Shot, Status, User

LINE = (Status.SUBMITTING, Status.GENERATING, Status.INGESTING, Status.CHECKING, Status.IN_REVIEW)


def asked(shot: Shot, by: User, count: int = 1) -> list[Candidate]:
    made = generation.generate(shot.project, [shot], by, token=uuid.uuid4(), count=count)
    return [Candidate.objects.whole().get(pk=candidate.pk) for candidate in made]


def account() -> ProviderKey:
    """The key that the staged calls were paid with; it is switched off, so that no other call takes it."""
    facts = {"provider": "runway", "base_url": f"{settings.SANDBOX_URL}/runway", "enabled": False}
    return ProviderKey.objects.get_or_create(name="Stage", defaults=facts)[0]


def bring(candidate: Candidate, to: Status, data: bytes = b"a clip", **facts: Any) -> Candidate:
    """Walk the line up to `to`; `facts` are written with the last move."""
    for status in LINE[: LINE.index(to) + 1] if to in LINE else LINE[:1]:
        known: dict[str, Any] = {"provider_job_id": uuid.uuid4().hex} if status == Status.GENERATING else {}
        if status == Status.SUBMITTING:
            money.reserve(candidate, account())
        if status == Status.CHECKING:
            money.settle(candidate, candidate.estimate_usd, "made")
            make_clip(candidate, data)
        candidate.move(status, actor="test", **(known | (facts if status == to else {})))
    if to not in LINE:
        if to != Status.UNCERTAIN:
            money.release(candidate, "not made")
        candidate.move(to, actor="test", **facts)
    return Candidate.objects.whole().get(pk=candidate.pk)


def make_clip(candidate: Candidate, data: bytes) -> Clip:
    clip = Clip(
        candidate=candidate,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        width=1280,
        height=720,
        frames=120,
        duration_s=5,
    )
    clip.file.save("clip.mp4", ContentFile(data), save=False)
    clip.poster.save("poster.jpg", ContentFile(b"picture"), save=False)
    clip.save()
    return clip


def reviewed(shot: Shot, by: User, count: int = 1) -> Sequence[Candidate]:
    """Clips of the shot that wait for eyes."""
    return [bring(candidate, Status.IN_REVIEW) for candidate in asked(shot, by, count)]
