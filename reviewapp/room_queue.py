"""The queue column of the review room: what waits, what is on its way, and the last decisions."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from reviewapp import queue, remaking, retakes
from reviewapp.bills import Price
from reviewapp.models import (
    Candidate,
    Project,
    PromptVersion,
    ReviewDecision,
    Role,
    Status,
    Transition,
    User,
    Verdict,
)
from reviewapp.models.candidates import MACHINE
from reviewapp.queue import QueueShot
from reviewapp.room_cards import RetakeCard, card_from

# More shots than a person looks through in one sitting; the rest is counted.
MOST_SHOTS = 120
MOST_CARDS = 12
LAST_DECISIONS = 10
# A retake that has come back or was decided leaves the stack after this long.
CARD_STAYS = timedelta(hours=12)


@dataclass(frozen=True)
class DecisionLine:
    """One of the last decisions, and whether this person may take it back."""

    decision: ReviewDecision
    may_undo: bool

    @property
    def brings_back(self) -> Price | None:
        """What undoing an approval would spend: the retakes that it had stopped are sent after all."""
        if self.decision.verdict != Verdict.APPROVE:
            return None
        shot = self.decision.candidate.shot
        stopped, latest = retakes.stopped_by_approval(shot), shot.latest_version()
        if not stopped or latest is None:
            return None
        return remaking.price_of(latest, [decision.candidate for decision in stopped])


@dataclass(frozen=True)
class QueueColumn:
    """Everything the left column shows for one person in one project."""

    project: Project | None
    waiting: list[QueueShot]
    cards: list[RetakeCard]
    decisions: list[DecisionLine]
    elsewhere: list[tuple[Project, int]]
    making: int
    stamp: str
    now: datetime

    @property
    def shown(self) -> list[QueueShot]:
        return self.waiting[:MOST_SHOTS]

    @property
    def more(self) -> int:
        return max(0, len(self.waiting) - MOST_SHOTS)

    @property
    def clips(self) -> int:
        return sum(len(entry.candidates) for entry in self.waiting)

    @property
    def returned(self) -> list[Candidate]:
        """Clips that came back for this very person."""
        return [row for entry in self.waiting if entry.mine for row in entry.candidates if row.replaces_id]

    @property
    def last_undoable(self) -> DecisionLine | None:
        return next((line for line in self.decisions if line.may_undo), None)


def stamp_of(user: User, project: Project | None) -> str:
    """Changes whenever the column would look different; three small queries, whatever the size of the site.

    Progress, holds and waits for money move without a transition, so they are read beside the newest one.
    """
    rows = Candidate.objects.visible_to(user)
    moves = Transition.objects.all()
    if project is not None:
        rows = rows.filter(shot__project=project)
        moves = moves.filter(candidate__shot__project=project)
    newest = moves.order_by("-pk").values_list("pk", flat=True).first()
    moving = rows.filter(Q(status__in=[Status.HELD, Status.GENERATING]) | ~Q(short_of="")).order_by("pk")
    columns = ("pk", "status", "progress", "version__author_kind", "short_of", "due_at")
    facts = list(moving.values_list(*columns)[:200])
    # A hold's own end counts; when a poll is due again does not.
    parts = [(*row[:5], row[5] if row[1] == Status.HELD else None) for row in facts]
    # Shots put on hold or omitted write no transition: twice a minute everything is looked at anew.
    half_minute = int(timezone.now().timestamp() // 30)
    known = json.dumps([newest, parts, half_minute], default=str)
    return hashlib.sha256(known.encode()).hexdigest()[:16]


def column(user: User, project: Project | None, role: Role | None) -> QueueColumn:
    making = Candidate.objects.visible_to(user).filter(status__in=MACHINE - {Status.HELD})
    if project is not None:
        making = making.filter(shot__project=project)
    stamp = stamp_of(user, project)
    return QueueColumn(
        project=project,
        waiting=queue.waiting_for(user, project),
        cards=_cards(user, project, role),
        decisions=last_decisions(user, project, role),
        elsewhere=_elsewhere(user, project),
        making=making.count(),
        stamp=stamp,
        now=timezone.now(),
    )


def _cards(user: User, project: Project | None, role: Role | None) -> list[RetakeCard]:
    """The retakes this person asked for that are not decided yet, newest first.

    A producer finds those that wait for a confirmation before them, whoever asked.
    """
    since = timezone.now() - CARD_STAYS
    mine = ReviewDecision.objects.filter(by=user, undone_at=None, retake__withdrawn_at=None, at__gte=since)
    if project is not None:
        mine = mine.filter(candidate__shot__project=project)
    numbers = list(
        mine.exclude(retake=None).order_by("-at").values_list("retake_id", flat=True)[: MOST_CARDS * 8]
    )
    wanted = list(dict.fromkeys([*_to_confirm(project, role), *numbers]))[:MOST_CARDS]
    versions = PromptVersion.objects.select_related("shot__project", "parent").in_bulk(wanted)
    rows: dict[int, list[Candidate]] = {}
    living = Candidate.objects.filter(version_id__in=wanted).exclude(status=Status.CANCELLED)
    for row in living.select_related("shot", "version").order_by("version", "slot"):
        rows.setdefault(row.version_id, []).append(row)
    asked: dict[int, list[ReviewDecision]] = {}
    behind = ReviewDecision.objects.filter(retake_id__in=wanted, undone_at=None).select_related(
        "by", "candidate"
    )
    for decision in behind:
        asked.setdefault(decision.retake_id or 0, []).append(decision)
    cards = [
        card_from(versions[pk], tuple(rows.get(pk, ())), tuple(asked.get(pk, ())), role) for pk in wanted
    ]
    return [card for card in cards if card.state not in ("withdrawn", "decided")]


def _to_confirm(project: Project | None, role: Role | None) -> list[int]:
    if project is None or role != Role.PRODUCER:
        return []
    held = Candidate.objects.filter(shot__project=project, status=Status.HELD, due_at=None).order_by()
    versions = held.values_list("version_id", flat=True).distinct().order_by("-version_id")
    return list(versions[:MOST_CARDS])


def may_undo(decision: ReviewDecision, user: User, role: Role | None) -> bool:
    """People take back their own decisions, producers anyone's."""
    return decision.undone_at is None and (decision.by_id == user.pk or role == Role.PRODUCER)


def last_decisions(user: User, project: Project | None, role: Role | None) -> list[DecisionLine]:
    rows = ReviewDecision.objects.filter(by=user).select_related(
        "candidate__shot__project", "candidate__version", "retake"
    )
    if project is not None:
        rows = rows.filter(candidate__shot__project=project)
    return [
        DecisionLine(decision, may_undo(decision, user, role))
        for decision in rows.order_by("-at", "-pk")[:LAST_DECISIONS]
    ]


def _elsewhere(user: User, project: Project | None) -> list[tuple[Project, int]]:
    """The person's other projects in which clips wait, with how many."""
    if project is None:
        return []
    rows = Candidate.objects.in_review().visible_to(user).exclude(shot__project=project).order_by()
    counts = dict(rows.values_list("shot__project").annotate(clips=Count("pk")))
    return [(row, counts[row.pk]) for row in Project.objects.filter(pk__in=counts)]
