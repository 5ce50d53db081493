"""What happened that people want to know: the one door through which events are written.

Clips are told of once for a round, and not once for a clip: when none of the round is under way any more, or
five minutes after the first one came, whichever is earlier. A clip whose paid call is uncertain is not waited
for. Clips that come after that are told of when they too are all there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from providers import registry
from reviewapp import notices, outgoing, push
from reviewapp.models import (
    Candidate,
    Event,
    EventKind,
    OutgoingHook,
    Project,
    PromptVersion,
    ProviderKey,
    Shot,
    Status,
    User,
)
from reviewapp.models.candidates import MACHINE

# What is still to come by itself; an uncertain call may wait for a person for days.
UNDER_WAY: Final = MACHINE - {Status.UNCERTAIN}
OF_CLIPS: Final = (EventKind.CLIPS_READY, EventKind.RETAKE_ARRIVED)
# So long those who could begin wait for the rest of a round, and so far back the housekeeping looks.
LATE_AFTER: Final = timedelta(minutes=5)
LATE_UNTIL: Final = timedelta(hours=1)


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
    by: User | None = None,
    besides: Collection[int] = (),
) -> Event | None:
    """Write an event in the caller's transaction; None when the same (`repeats`) was told before.

    `by` is the person whose own doing it is, and `besides` are those (by their keys) who hear of it in other
    words: neither is told. An event of a shot is one of its project.
    """
    if shot is not None:
        project = shot.project
    facts = {"kind": kind, "sentence": sentence[:400], "project": project, "shot": shot}
    event, is_new = Event.objects.get_or_create(
        repeats=repeats[:120], defaults=facts | {"candidate": candidate, "key": key}
    )
    if not is_new:
        return None
    push.wake(notices.spread(event, by=by, besides=besides))
    outgoing.spread(event)
    return event


# --- clips ---


def clip_came(version: PromptVersion) -> None:
    """A clip of the version has come to review: when it was the last, people are told."""
    rows = _rows(version)
    if not any(row.status in UNDER_WAY for row in rows):
        _tell_ready(version, rows)


def clip_ended(candidate: Candidate, why: str) -> None:
    """A clip will not come: the others may have waited for it, or it was the shot's last hope."""
    rows = _rows(candidate.version)
    if any(row.status in UNDER_WAY for row in rows):
        return
    _tell_ready(candidate.version, rows)
    living = [*MACHINE, Status.IN_REVIEW, Status.APPROVED]
    nothing_left = candidate.status != Status.CANCELLED and not candidate.shot.omitted
    if nothing_left and not candidate.shot.candidates.filter(status__in=living).exists():
        reason = f"No clip is under way and none waits. The last one: {why}"
        shot_escalated(candidate.shot, reason, after=candidate.version)


def tell_late() -> None:
    """Tell of the clips whose siblings take their time. The watcher calls this now and then."""
    now = timezone.now()
    waiting = Candidate.objects.filter(
        status=Status.IN_REVIEW, status_at__gt=now - LATE_UNTIL, status_at__lte=now - LATE_AFTER
    )
    ids = set(waiting.order_by().values_list("version_id", flat=True))
    if not ids:
        return
    told = Event.objects.filter(kind__in=OF_CLIPS, candidate__version__in=ids)
    ids -= set(told.values_list("candidate__version_id", flat=True))
    for version in PromptVersion.objects.filter(pk__in=ids).select_related("shot__project"):
        with transaction.atomic():
            _tell_ready(version, _rows(version))


def _rows(version: PromptVersion) -> list[Candidate]:
    return list(Candidate.objects.filter(version=version).order_by("rank", "slot"))


def _tell_ready(version: PromptVersion, rows: Sequence[Candidate]) -> None:
    shot = version.shot
    waiting = [row for row in rows if row.status == Status.IN_REVIEW]
    if not waiting or shot.on_hold or shot.omitted:
        return
    # The count makes clips that come later another thing to tell, and a decision that is undone none.
    came = sum(row.in_review_at is not None for row in rows)
    askers = {row.for_reviewer_id for row in waiting if row.for_reviewer_id}
    for asker in sorted(askers):
        mine = [row for row in waiting if row.for_reviewer_id == asker]
        words = f"{_retakes(len(mine))} of {shot.code} you asked for {_have(len(mine))} arrived."
        again = f"retake:{version.pk}:{asker}:{came}"
        tell(EventKind.RETAKE_ARRIVED, words, repeats=again, shot=shot, candidate=mine[0])
    words = f"{_clips(len(waiting))} of {shot.code} {_are(len(waiting))} ready."
    again = f"ready:{version.pk}:{came}"
    tell(EventKind.CLIPS_READY, words, repeats=again, shot=shot, candidate=waiting[0], besides=askers)


def _clips(count: int) -> str:
    return "1 clip" if count == 1 else f"{count} clips"


def _retakes(count: int) -> str:
    return "The retake" if count == 1 else f"{count} retakes"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


# --- what stands still ---


def shot_escalated(
    shot: Shot, reason: str, *, after: PromptVersion | None = None, by: User | None = None
) -> None:
    """The loop has ended without an approval: the shot's producers have to act."""
    repeats = f"escalated:{shot.pk}:{after.number if after else 0}:{shot.extra_rounds}"
    sentence = f"{shot.code} needs a producer: {reason}"
    tell(EventKind.SHOT_ESCALATED, sentence, repeats=repeats, shot=shot, by=by)


def receiver_stopped(hook: OutgoingHook, said: str) -> None:
    """Nothing is sent to a receiver any more until a producer has acted."""
    repeats = f"receiver:{hook.pk}:{timezone.now().isoformat()}"
    sentence = f"The receiver “{hook.name}” is told nothing any more: {said}"
    tell(EventKind.RECEIVER_STOPPED, sentence, repeats=repeats, project=hook.project)


def key_failing(key: ProviderKey, reason: str) -> None:
    """The machine has stopped using a key. Each pause is told, as it only begins once."""
    repeats = f"key:{key.pk}:{timezone.now().isoformat()}"
    sentence = f"The key “{key.name}” of {registry.label(key.provider)} is paused: {reason}"
    tell(EventKind.KEY_FAILING, sentence, repeats=repeats, key=key)
