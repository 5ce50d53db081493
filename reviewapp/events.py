"""What happened that people want to know: the one door through which events are written."""

from __future__ import annotations

from django.db import transaction

from reviewapp.models import Candidate, Event, EventKind, Project, ProviderKey, Shot


@transaction.atomic
def tell(
    kind: EventKind,
    sentence: str,
    *,
    repeats: str,
    project: Project | None = None,
    shot: Shot | None = None,
    candidate: Candidate | None = None,
    key: ProviderKey | None = None,
) -> Event | None:
    """Write an event in the caller's transaction; None when the same (`repeats`) was told before."""
    facts = {"kind": kind, "sentence": sentence[:400], "project": project, "shot": shot}
    event, is_new = Event.objects.get_or_create(
        repeats=repeats[:120], defaults=facts | {"candidate": candidate, "key": key}
    )
    return event if is_new else None
