"""What producers do to shots: make, change, split, pause and cut them, and lead a stuck one on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone

from reviewapp import remaking, retakes, review
from reviewapp.bills import Price
from reviewapp.models import (
    AuditEntry,
    Candidate,
    Project,
    PromptVersion,
    ReviewDecision,
    Shot,
    ShotStatus,
    Status,
    User,
    Verdict,
)

# Room between two shots of the list, so that one more fits without moving the others.
STEP = 10
BRIEF = (
    "sequence",
    "prompt",
    "negative_prompt",
    "duration_s",
    "aspect",
    "routing",
    "provider",
    "model",
    "acceptance",
)


class CodeTaken(ValueError):
    """Another shot of the project has this code, whatever its case. The sentence is for people."""


class NotEscalated(Exception):
    """The shot needs no way out by now. The sentence is for people; nothing was changed."""


def create(project: Project, code: str, brief: Mapping[str, Any], *, after: Shot | None = None) -> Shot:
    """A new shot behind `after`, else at the end of the list."""
    with transaction.atomic():
        # New places are handed out one at a time.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        place = _place_after(project, after)
        try:
            with transaction.atomic():
                return Shot.objects.create(project=project, code=code, position=place, **brief)
        except IntegrityError as error:
            raise CodeTaken(f"There is a shot {code} in this project already.") from error


def _place_after(project: Project, after: Shot | None) -> int:
    if after is None:
        last = project.shots.aggregate(last=Max("position"))["last"]
        return 0 if last is None else last + STEP
    following = project.shots.filter(position__gt=after.position)
    nearest = following.order_by("position").values_list("position", flat=True).first()
    if nearest is None:
        return after.position + STEP
    if nearest - after.position < 2:
        following.update(position=F("position") + STEP)
        nearest += STEP
    return after.position + (nearest - after.position) // 2


def change(shot: Shot, code: str, brief: Mapping[str, Any]) -> None:
    """Write a producer's edit. Clips under way keep the prompt they were asked with."""
    for field in BRIEF:
        if field in brief:
            setattr(shot, field, brief[field])
    shot.code = code
    shot.revision += 1
    try:
        with transaction.atomic():
            shot.save(update_fields=[*BRIEF, "code", "revision", "updated_at"])
    except IntegrityError as error:
        raise CodeTaken(f"There is a shot {code} in this project already.") from error


def set_on_hold(shot: Shot, on_hold: bool) -> None:
    """Nothing of a shot on hold is sent or shown for review; what is at the provider already still comes."""
    _set(shot, on_hold=on_hold)


@transaction.atomic
def set_omitted(shot: Shot, omitted: bool) -> None:
    """Cut the shot: what waits is not sent, what is at the provider is asked to stop. Nothing is deleted."""
    _set(shot, omitted=omitted)
    at_the_provider = (Status.SUBMITTING, Status.GENERATING, Status.UNCERTAIN)
    shot.candidates.filter(status__in=at_the_provider).update(cancel_asked=omitted)
    if omitted:
        # Looked at at once: those that still wait are dropped, those at the provider are asked to stop.
        unsent = shot.candidates.filter(status__in=(Status.HELD, Status.QUEUED, Status.GENERATING))
        unsent.update(due_at=timezone.now())


def _set(shot: Shot, **columns: bool) -> None:
    Shot.objects.filter(pk=shot.pk).update(**columns, revision=F("revision") + 1, updated_at=timezone.now())
    shot.refresh_from_db()


# --- splitting ---


def code_between(code: str, taken: set[str]) -> str:
    """A free code between this one and the next: SH0020 gives SH0025. `taken` in lower case."""
    found = re.fullmatch(r"(.*?)(\d+)", code)
    if found:
        prefix, digits = found.groups()
        first = int(digits)
        for step in (5, 3, 7, 2, 8, 1, 4, 6, 9):
            made = f"{prefix}{first + step:0{len(digits)}d}"
            if made.lower() not in taken:
                return made
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        if f"{code}{letter}".lower() not in taken:
            return f"{code}{letter}"
    return ""


@transaction.atomic
def split(shot: Shot, first: tuple[str, Decimal], code: str, second: tuple[str, Decimal]) -> Shot:
    """Make two shots of one: each its own prompt and seconds, the second behind the first."""
    brief: dict[str, Any] = {field: getattr(shot, field) for field in BRIEF}
    made = create(shot.project, code, brief | {"prompt": second[0], "duration_s": second[1]}, after=shot)
    change(shot, shot.code, brief | {"prompt": first[0], "duration_s": first[1]})
    return made


# --- the ways out of a corner ---


def open_rejections(shot: Shot) -> list[ReviewDecision]:
    """The rejections that stand and have no retake: what the cap has stopped."""
    stopped = ReviewDecision.objects.filter(
        candidate__shot=shot, candidate__status=Status.REJECTED, undone_at=None, retake=None
    ).exclude(verdict=Verdict.APPROVE)
    return list(stopped.select_related("candidate__version", "candidate__shot__project").order_by("pk"))


def next_to_grant(shot: Shot) -> list[ReviewDecision]:
    """The rejections that one more round would answer: those of the newest round."""
    stopped = open_rejections(shot)
    newest = max((decision.candidate.version.round for decision in stopped), default=0)
    return [decision for decision in stopped if decision.candidate.version.round == newest]


def price_of_a_round(shot: Shot) -> Price | None:
    """What one more round would cost now; None where there is none to grant."""
    stopped, latest = next_to_grant(shot), shot.latest_version()
    if not stopped or latest is None:
        return None
    return remaking.price_of(latest, [decision.candidate for decision in stopped])


@transaction.atomic
def one_more_round(shot: Shot, by: User) -> PromptVersion:
    """Raise this shot's own cap so far that the stopped rejections get their retake, and start it."""
    Shot.objects.select_for_update(no_key=True).get(pk=shot.pk)
    fresh = Shot.objects.with_status().select_related("project").get(pk=shot.pk)
    stopped = next_to_grant(fresh)
    if fresh.status != ShotStatus.ESCALATED or not stopped:
        raise NotEscalated(f"{fresh.code} is {fresh.status.label.lower()} by now. Nothing was changed.")
    needed = stopped[0].candidate.version.round + 1
    extra = max(fresh.extra_rounds + 1, needed - fresh.project.round_cap)
    Shot.objects.filter(pk=fresh.pk).update(extra_rounds=extra, escalated_at=None, escalation_reason="")
    AuditEntry.record(by, "granted a round", f"{fresh.project.slug}/{fresh.code}", f"round {needed}")
    # Read anew: each brings its shot along, which may take one round more by now.
    version = retakes.rejected(next_to_grant(fresh))
    if version is None:
        raise NotEscalated(f"{fresh.code} has clips that still wait for a verdict. Nothing was changed.")
    if version.candidates.filter(status=Status.HELD, due_at=None).exists():
        # Granting the round is the producer's confirmation.
        retakes.send_now(version, by)
    return version


@transaction.atomic
def accept(candidate: Candidate, by: User) -> ReviewDecision:
    """Approve an earlier clip after all: its rejection is undone first, by the same verbs as ever."""
    earlier = candidate.decisions.filter(undone_at=None).exclude(verdict=Verdict.APPROVE).last()
    if earlier is not None:
        review.undo(earlier, by)
    row = Candidate.objects.whole().get(pk=candidate.pk)
    return review.approve(row, by, row.revision, why="accepted after all")
