"""What waits for a person's eyes, in the order in which they should see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reviewapp.models import Candidate, Project, Shot, User

# A queue is long and shows little of each clip: a report alone is ten times as much as all the rest.
NOT_SHOWN: Final = (
    "inputs", "passed_by", "clip__peaks", "clip__credentials",
    "version__text", "version__negative_text", "version__changes", "version__unserved",
)  # fmt: skip


@dataclass(frozen=True)
class QueueShot:
    """A shot that waits. `mine`: a retake that this very person asked for is among its candidates."""

    shot: Shot
    candidates: tuple[Candidate, ...]
    mine: bool

    @property
    def first(self) -> Candidate:
        return self.candidates[0]


def _order(candidate: Candidate, user: User) -> tuple[bool, int, int, int]:
    """Their own returned retakes first, then the newest round, the pick before the rest."""
    return (
        candidate.for_reviewer_id != user.pk,
        -candidate.version.number,
        candidate.rank or 99,
        candidate.slot,
    )


def waiting_for(user: User, project: Project | None = None) -> list[QueueShot]:
    """The shots with clips in review that this person may decide: returned retakes first, then the shot
    list's order.
    """
    rows = Candidate.objects.select_related("shot__project", "version", "clip").defer(*NOT_SHOWN)
    rows = rows.visible_to(user).in_review()
    if project is not None:
        rows = rows.filter(shot__project=project)
    by_shot: dict[int, list[Candidate]] = {}
    for row in rows.order_by("shot__project__name", "shot__position", "shot__code"):
        by_shot.setdefault(row.shot_id, []).append(row)
    queue = [_queue_shot(candidates, user) for candidates in by_shot.values()]
    return sorted(queue, key=lambda entry: not entry.mine)


def _queue_shot(candidates: list[Candidate], user: User) -> QueueShot:
    ordered = sorted(candidates, key=lambda candidate: _order(candidate, user))
    mine = any(candidate.for_reviewer_id == user.pk for candidate in ordered)
    return QueueShot(ordered[0].shot, tuple(ordered), mine)


def next_candidate(user: User, after: Candidate | None = None) -> Candidate | None:
    """The clip to show after a decision: the same shot's next one, else the next shot of the queue, else the
    first.
    """
    queue = waiting_for(user, after.shot.project if after else None) or waiting_for(user)
    return next_in(queue, after)


def next_in(queue: list[QueueShot], after: Candidate | None) -> Candidate | None:
    """The same choice from a queue already read."""
    if not queue:
        return None
    if after is None:
        return queue[0].first
    same = next((entry for entry in queue if entry.shot.pk == after.shot_id), None)
    if same is not None:
        return same.first
    place = (after.shot.position, after.shot.code)
    later = (entry for entry in queue if (entry.shot.position, entry.shot.code) > place)
    return next(later, queue[0]).first
