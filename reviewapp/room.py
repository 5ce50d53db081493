"""The review room as its page shows it: one typed object, read once for each request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from providers import catalog
from providers.errors import Unsupported
from reviewapp import budgets, policy, queue, refine, room_said
from reviewapp.check_words import Pick
from reviewapp.clip_words import FileWords
from reviewapp.models import (
    Candidate,
    Clip,
    Draft,
    Project,
    PromptVersion,
    QualityReport,
    Role,
    Shot,
    Status,
    User,
)
from reviewapp.queue import QueueShot
from reviewapp.room_checks import Checks, checks_of
from reviewapp.room_clips import Tile, clip_facts, tile_of
from reviewapp.room_prompts import Asked, PromptDiff, diff_of, producers_of
from reviewapp.room_queue import DecisionLine, QueueColumn, column, may_undo
from reviewapp.room_said import Check, Past


@dataclass(frozen=True)
class Room:
    """Everything the page shows around one candidate."""

    candidate: Candidate
    user: User
    role: Role
    clip: Clip | None
    quality: QualityReport | None
    old: Candidate | None
    tiles: tuple[Tile, ...]
    versions: tuple[PromptVersion, ...]
    prompt: PromptDiff
    checklist: tuple[Check, ...]
    notes: tuple[Asked, ...]
    past: tuple[Past, ...]
    draft: Draft | None
    queue: QueueColumn
    totals: budgets.Totals

    @property
    def shot(self) -> Shot:
        return self.candidate.shot

    @property
    def project(self) -> Project:
        return self.candidate.shot.project

    @property
    def version(self) -> PromptVersion:
        return self.candidate.version

    @property
    def pick(self) -> Pick | None:
        return next((tile.pick for tile in self.tiles if tile.current), None)

    @property
    def wall(self) -> list[dict[str, Any]]:
        """Every clip of the shot that can play on the wall; the page chooses those that its strip shows."""
        return [facts for tile in self.tiles if (facts := tile.wall)]

    @cached_property
    def checks(self) -> Checks | None:
        """The report of this clip, beside those of the same version."""
        same = [tile for tile in self.tiles if tile.candidate.version_id == self.candidate.version_id]
        siblings = [tile.quality for tile in same if tile.quality]
        length_s = self.clip.duration_s if self.clip else 0.0
        return checks_of(self.quality, siblings, self.shot.acceptance_lines, length_s)

    @cached_property
    def left_to_people(self) -> str:
        """Why the project, which lets picks pass, has not approved this clip by itself; told to producers."""
        if self.role != Role.PRODUCER:
            return ""
        version = self.candidate.version_id
        siblings = [tile.candidate for tile in self.tiles if tile.candidate.version_id == version]
        return policy.left_to_people(self.shot, siblings).get(self.candidate.pk, "")

    @property
    def has_file(self) -> bool:
        """Whether there is a file to play and to download."""
        return clip_facts(self.candidate, self.clip) is not None

    @property
    def file_words(self) -> FileWords | None:
        return FileWords(self.clip) if self.clip else None

    @property
    def in_review(self) -> bool:
        return self.candidate.status == Status.IN_REVIEW

    @cached_property
    def standing(self) -> DecisionLine | None:
        """The decision that stands on this clip where this person may take it back, be it another's or the
        policy's. The last of their own has its button already.
        """
        here = (entry.decision for entry in self.past if entry.decision.candidate_id == self.candidate.pk)
        decision, last = next(here, None), self.queue.last_undoable
        if decision is None or (last is not None and last.decision.pk == decision.pk):
            return None
        return DecisionLine(decision, True) if may_undo(decision, self.user, self.role) else None

    @property
    def may_decide(self) -> bool:
        return self.in_review and not self.shot.on_hold and not self.shot.omitted

    @property
    def old_shown(self) -> bool:
        """Whether the clip before this one can be played beside it."""
        return self.old is not None and not self.old.clip.removed_words

    @property
    def waiting_here(self) -> int:
        """How many clips of this shot wait for eyes, this one included."""
        return sum(tile.candidate.status == Status.IN_REVIEW for tile in self.tiles)

    @property
    def place(self) -> int:
        """The shot's place in the queue, from 1; 0 when it does not wait."""
        shots = [entry.shot.pk for entry in self.queue.waiting]
        return shots.index(self.shot.pk) + 1 if self.shot.pk in shots else 0

    @property
    def reason_tags(self) -> list[tuple[str, int, str]]:
        return [(tag, number, words) for tag, (number, words) in refine.REASON_TAGS.items()]

    @property
    def producers(self) -> str:
        return producers_of(self.project)

    @property
    def model_label(self) -> str:
        try:
            return catalog.model(self.candidate.provider, self.candidate.model).label
        except Unsupported:
            return self.candidate.model

    @property
    def after_approve(self) -> Candidate | None:
        """What comes next if this one is approved: the shot is done."""
        rest = [entry for entry in self.queue.waiting if entry.shot.pk != self.shot.pk]
        return queue.next_in(rest, self.candidate)

    @property
    def after_reject(self) -> Candidate | None:
        return queue.next_in(without(self.queue.waiting, self.candidate), self.candidate)

    @property
    def after_skip(self) -> Candidate | None:
        """The next clip in the queue's own order, from the last one on to the first."""
        return neighbour(self.queue.waiting, self.candidate, 1)

    @property
    def before(self) -> Candidate | None:
        return neighbour(self.queue.waiting, self.candidate, -1)

    @property
    def player(self) -> dict[str, Any]:
        """What the scripts need to play, mark and move on; no words for people beyond labels."""
        return {
            "uid": str(self.candidate.uid),
            "code": self.candidate.code,
            "label": f"{self.version.label}_{self.candidate.slot_label}",
            "clip": clip_facts(self.candidate, self.clip),
            "old": clip_facts(self.old, getattr(self.old, "clip", None)) if self.old else None,
            "frameBase": self.project.frame_base,
            "revision": self.candidate.revision,
            "next": {
                "approve": _pointer(self.after_approve),
                "reject": _pointer(self.after_reject),
                "skip": _pointer(self.after_skip),
                "back": _pointer(self.before),
            },
            "findings": list(self.quality.findings) if self.quality else [],
        }


def _pointer(candidate: Candidate | None) -> dict[str, Any] | None:
    if candidate is None:
        return None
    clip = clip_facts(candidate, getattr(candidate, "clip", None))
    return {"uid": str(candidate.uid), "code": candidate.code, "clip": clip}


def without(waiting: Sequence[QueueShot], candidate: Candidate) -> list[QueueShot]:
    """The queue as it would be without one clip."""
    pruned = []
    for entry in waiting:
        left = tuple(row for row in entry.candidates if row.pk != candidate.pk)
        if left:
            pruned.append(QueueShot(entry.shot, left, entry.mine))
    return pruned


def neighbour(waiting: Sequence[QueueShot], candidate: Candidate, step: int) -> Candidate | None:
    flat = [row for entry in waiting for row in entry.candidates]
    here = next((index for index, row in enumerate(flat) if row.pk == candidate.pk), None)
    if here is None:
        return flat[0] if flat else None
    found = flat[(here + step) % len(flat)]
    return None if found.pk == candidate.pk else found


def open_room(candidate: Candidate, user: User, role: Role) -> Room:
    """Read everything the room of one candidate shows."""
    shot = candidate.shot
    siblings = list(Candidate.objects.whole().filter(shot=shot).exclude(status=Status.CANCELLED))
    version = PromptVersion.objects.select_related("parent", "shot__project").get(pk=candidate.version_id)
    old = candidate.replaces if candidate.replaces and hasattr(candidate.replaces, "clip") else None
    return Room(
        candidate=candidate,
        user=user,
        role=role,
        clip=getattr(candidate, "clip", None),
        quality=getattr(candidate, "quality", None),
        old=old,
        tiles=tuple(tile_of(row, candidate, siblings) for row in siblings),
        versions=tuple({row.version_id: row.version for row in siblings}.values()),
        prompt=diff_of(version),
        checklist=tuple(room_said.checklist(candidate)),
        notes=room_said.loose_notes(candidate),
        past=tuple(room_said.past(candidate)),
        draft=Draft.objects.filter(candidate=candidate, user=user).first(),
        queue=column(user, shot.project, role),
        totals=budgets.project_totals(shot.project),
    )
