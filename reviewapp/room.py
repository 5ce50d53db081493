"""The review room as its page shows it: one typed object, read once for each request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from typing import Any

from django.db.models.fields.files import FieldFile
from django.urls import reverse

from providers import catalog
from providers.errors import Unsupported
from reviewapp import budgets, check_words, notes, queue, refine
from reviewapp.check_words import Pick
from reviewapp.clip_words import FileWords
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
from reviewapp.room_checks import Checks, checks_of
from reviewapp.room_prompts import Asked, PromptDiff, asked_for, diff_of, producers_of
from reviewapp.room_queue import QueueColumn, column


@dataclass(frozen=True)
class Tile:
    """One candidate of the strip."""

    candidate: Candidate
    clip: Clip | None
    quality: QualityReport | None
    current: bool
    is_open: bool
    # That the checks put it first among several, while that still matters to somebody.
    pick: Pick | None

    @property
    def score(self) -> float | None:
        return self.quality.shown_score if self.quality else None

    @property
    def verdict(self) -> str:
        return check_words.verdict_of(self.quality) if self.quality else ""

    @property
    def verdict_words(self) -> str:
        return check_words.VERDICTS[self.verdict] if self.quality else ""

    @property
    def wall(self) -> dict[str, Any] | None:
        """The clip as the wall of candidates plays it; None without a file."""
        facts = clip_facts(self.candidate, self.clip)
        if facts is None:
            return None
        kept = ("uid", "label", "status", "poster", "fpsNum", "fpsDen", "frames", "width", "height")
        return {key: facts[key] for key in kept} | {
            "src": facts["small"],
            "verdict": self.verdict,
            "verdictWords": self.verdict_words,
            "pick": self.pick.words if self.pick else "",
            "pickDoubt": self.pick.doubt if self.pick else "",
            "pickTitle": self.pick.title if self.pick else "",
            "waits": self.candidate.status == Status.IN_REVIEW,
        }


@dataclass(frozen=True)
class Check:
    """A note of the last round with the same moment before and after, and the reviewer's word on it."""

    asked: Asked
    note: Note
    before: Clip | None
    solved: bool | None


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


def clip_facts(candidate: Candidate, clip: Clip | None) -> dict[str, Any] | None:
    """A clip as the player needs it; None while there is none, when its file was removed, and when the checks
    have not let it through.

    `small` is for walls of clips, `original` the provider's own file; `peaks` of the sound are 0 to 1, evenly
    spread, None without sound. `unplayable` when browsers need a copy and none could be made.
    """
    if clip is None or clip.removed_at is not None or not clip.is_verified:
        return None
    src = _address("clip", candidate, clip.playable)
    return {
        "uid": str(candidate.uid),
        "label": f"{candidate.version.label}_{candidate.slot_label}",
        "status": str(Status(candidate.status).label).lower(),
        "src": src,
        "small": _address("small", candidate, clip.small) if clip.has_small else src,
        "original": reverse("original", args=[candidate.uid]),
        "unplayable": clip.cannot_be_played,
        "peaks": clip.peaks,
        "poster": reverse("poster", args=[candidate.uid]) if clip.poster else "",
        "filmstrip": reverse("filmstrip", args=[candidate.uid]) if clip.filmstrip else "",
        "vtt": reverse("filmstrip-index", args=[candidate.uid]) if clip.filmstrip else "",
        "tiles": clip.filmstrip_tiles,
        "fpsNum": clip.fps_num,
        "fpsDen": clip.fps_den,
        "frames": clip.frames or round(clip.duration_s * clip.fps),
        "width": clip.width,
        "height": clip.height,
        "audio": clip.has_audio,
    }


def _address(name: str, candidate: Candidate, made: FieldFile) -> str:
    """Where a clip is played from; a copy that is made later has another address, for the caches' sake."""
    address = reverse(name, args=[candidate.uid])
    return f"{address}?v={PurePath(made.name or '').stem[-8:]}" if made else address


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
    return Tile(
        candidate=row,
        clip=getattr(row, "clip", None),
        quality=getattr(row, "quality", None),
        current=row.pk == current.pk,
        pick=check_words.pick_of(row, siblings),
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
