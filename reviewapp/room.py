"""The review room as its page shows it: one typed object, read once for each request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from providers import catalog
from providers.errors import Unsupported
from reviewapp import budgets, notes, queue, refine
from reviewapp.models import (
    Candidate,
    Clip,
    Draft,
    Note,
    NoteCheck,
    Project,
    PromptVersion,
    QualityReport,
    ReviewDecision,
    Role,
    Shot,
    Status,
    User,
)
from reviewapp.queue import QueueShot
from reviewapp.room_prompts import Asked, PromptDiff, asked_for, diff_of, producers_of
from reviewapp.room_queue import QueueColumn, column

# What the checks measure, in the order and words of the page: key, words, unit, factor.
MEASURES = (
    ("prompt_similarity", "Follows the prompt", "%", 100),
    ("motion_pct_s", "Motion, share of the width a second", "%", 1),
    ("change_levels", "Largest change in the picture", " levels", 1),
    ("flicker_pct", "Flicker", "%", 1),
    ("frozen_share", "Frozen frames", "%", 100),
    ("black_share", "Black frames", "%", 100),
    ("sharpness", "Sharpness", "", 1),
    ("face_stability", "Face stays itself", "%", 100),
    ("mean_luma", "Mean brightness", " of 255", 1),
)


@dataclass(frozen=True)
class Tile:
    """One candidate of the strip."""

    candidate: Candidate
    clip: Clip | None
    quality: QualityReport | None
    current: bool
    is_open: bool
    # The checks' first choice among several; a clip without rivals is nobody's pick.
    is_pick: bool

    @property
    def score(self) -> float | None:
        return self.quality.score if self.quality else None


@dataclass(frozen=True)
class Check:
    """A note of the last round with the same moment before and after, and the reviewer's word on it."""

    asked: Asked
    note: Note
    before: Clip | None
    solved: bool | None


@dataclass(frozen=True)
class Measure:
    words: str
    value: str | None


@dataclass(frozen=True)
class Past:
    """An earlier decision on the shot with what it said."""

    decision: ReviewDecision
    notes: tuple[Asked, ...]


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
    def is_pick(self) -> bool:
        return any(tile.is_pick for tile in self.tiles if tile.current)

    @property
    def in_review(self) -> bool:
        return self.candidate.status == Status.IN_REVIEW

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
    def measures(self) -> list[Measure]:
        taken = self.quality.measures if self.quality else {}
        return [
            Measure(words, None if taken[key] is None else f"{taken[key] * factor:.4g}{unit}")
            for key, words, unit, factor in MEASURES
            if key in taken
        ]

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


def clip_facts(candidate: Candidate, clip: Clip | None) -> dict[str, Any] | None:
    """A clip as the player needs it; None while there is none, and when its file was removed."""
    if clip is None or clip.removed_at is not None:
        return None
    return {
        "uid": str(candidate.uid),
        "label": f"{candidate.version.label}_{candidate.slot_label}",
        "status": str(Status(candidate.status).label).lower(),
        "src": reverse("clip", args=[candidate.uid]),
        "poster": reverse("poster", args=[candidate.uid]) if clip.poster else "",
        "filmstrip": reverse("filmstrip", args=[candidate.uid]) if clip.filmstrip else "",
        "tiles": clip.filmstrip_tiles,
        "fpsNum": clip.fps_num,
        "fpsDen": clip.fps_den,
        "frames": clip.frames or round(clip.duration_s * clip.fps),
        "width": clip.width,
        "height": clip.height,
        "audio": clip.has_audio,
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
        tiles=tuple(_tile(row, candidate, siblings) for row in siblings),
        versions=tuple({row.version_id: row.version for row in siblings}.values()),
        prompt=diff_of(version),
        checklist=tuple(_checklist(candidate)),
        notes=_loose_notes(candidate),
        past=tuple(_past(candidate)),
        draft=Draft.objects.filter(candidate=candidate, user=user).first(),
        queue=column(user, shot.project, role),
        totals=budgets.project_totals(shot.project),
    )


def _tile(row: Candidate, current: Candidate, siblings: Sequence[Candidate]) -> Tile:
    rivals = sum(one.version_id == row.version_id for one in siblings)
    return Tile(
        candidate=row,
        clip=getattr(row, "clip", None),
        quality=getattr(row, "quality", None),
        current=row.pk == current.pk,
        is_pick=row.rank == 1 and rivals > 1 and row.status == Status.IN_REVIEW,
        is_open=row.version_id == current.version_id or row.is_machine or row.status == Status.IN_REVIEW,
    )


def _checklist(candidate: Candidate) -> list[Check]:
    verify = notes.to_verify(candidate)
    said = {row.note_id: row.solved for row in NoteCheck.objects.filter(candidate=candidate)}
    base = candidate.shot.project.frame_base
    asked = asked_for(verify, (), (), base)
    return [
        Check(line, note, getattr(note.candidate, "clip", None), said.get(note.pk))
        for line, note in zip(asked, verify, strict=True)
    ]


def _loose_notes(candidate: Candidate) -> tuple[Asked, ...]:
    rows = candidate.notes.select_related("author").filter(decision=None)
    return asked_for(rows, (), (), candidate.shot.project.frame_base)


def _past(candidate: Candidate) -> list[Past]:
    rows = (
        ReviewDecision.objects.filter(candidate__shot=candidate.shot)
        .select_related("by", "candidate__version", "candidate__shot", "retake", "undone_by")
        .prefetch_related("notes__author")
        .order_by("-at", "-pk")
    )
    base = candidate.shot.project.frame_base
    return [Past(row, asked_for(row.notes.all(), (), (), base)) for row in rows[:30]]
