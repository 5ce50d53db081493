"""The life of one shot for its page: every version, its clips, what was said about them, what they cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from reviewapp import bills, check_words, line, policy
from reviewapp.check_words import Pick
from reviewapp.models import (
    Candidate,
    LedgerEntry,
    PromptVersion,
    QualityReport,
    ReviewDecision,
    Shot,
    ShotInput,
    Status,
    Transition,
)
from reviewapp.room_prompts import PromptDiff, diff_of

# A download that waits says until when it can wait, once that is so near.
NEAR: Final = timedelta(hours=2)


@dataclass
class Take:
    """One clip on the shot's page. `remedy` is what a person can do about one that is stuck."""

    candidate: Candidate
    charged: Decimal | None = None
    decisions: list[ReviewDecision] = field(default_factory=list)
    # The pictures and clips it was made from, whether they still belong to the shot or not.
    inputs: list[ShotInput] = field(default_factory=list)
    # All clips of its version.
    siblings: Sequence[Candidate] = ()
    # Why the project, which lets picks pass, has not approved this one by itself; for producers.
    left_to_people: str = ""

    @property
    def remedy(self) -> str:
        """`say` whether an uncertain call counted, `fetch` a paid clip again, `send` anew; empty for none."""
        if self.candidate.status == Status.UNCERTAIN:
            return "say"
        if self.candidate.status in (Status.FAILED, Status.REFUSED):
            return "fetch" if line.was_made(self.candidate) else "send"
        return ""

    @property
    def free(self) -> bool:
        """Whether it has ended without a charge; what an uncertain call cost nobody knows yet."""
        over = (Status.FAILED, Status.REFUSED, Status.CANCELLED)
        return self.charged is None and self.candidate.status in over

    @property
    def fetch_by(self) -> datetime | None:
        """Until when its provider keeps the clip, while it is not here: where the time is short, and where a
        person has to act.
        """
        until, now = self.candidate.fetch_by, timezone.now()
        if until is None or until <= now:
            return None
        near = self.candidate.status == Status.INGESTING and until - now < NEAR
        return until if near or self.remedy == "fetch" else None

    @property
    def clip(self) -> object:
        return getattr(self.candidate, "clip", None)

    @property
    def can_be_accepted(self) -> bool:
        """Whether it was rejected and can still be looked at."""
        clip = getattr(self.candidate, "clip", None)
        return self.candidate.status == Status.REJECTED and clip is not None and clip.removed_at is None

    @property
    def report(self) -> QualityReport | None:
        return getattr(self.candidate, "quality", None)

    @property
    def score(self) -> float | None:
        return self.report.shown_score if self.report else None

    @property
    def verdict(self) -> str:
        return check_words.verdict_of(self.report) if self.report else ""

    @property
    def verdict_words(self) -> str:
        return check_words.VERDICTS[self.verdict] if self.report else ""

    @property
    def pick(self) -> Pick | None:
        return check_words.pick_of(self.candidate, self.siblings)


@dataclass
class Round:
    """One version with what it changed of its parent's text, and its clips."""

    version: PromptVersion
    diff: PromptDiff | None = None
    takes: list[Take] = field(default_factory=list)

    @property
    def to_confirm(self) -> list[Take]:
        """The clips that are held until a producer confirms them."""
        held = (take for take in self.takes if take.candidate.status == Status.HELD)
        return [take for take in held if take.candidate.due_at is None]

    @property
    def bill(self) -> bills.Price:
        """What confirming them would spend, and which budgets that would pass."""
        rows = [take.candidate for take in self.to_confirm]
        return bills.price_of_rows(self.version.shot.project, rows)

    @property
    def to_confirm_usd(self) -> Decimal:
        return sum((take.candidate.estimate_usd for take in self.to_confirm), Decimal(0))


def rounds(shot: Shot) -> list[Round]:
    """Every version of the shot, the newest first. One query a version, and none for each clip."""
    versions = {version.pk: version for version in shot.versions.select_related("author")}
    made: dict[int, Round] = {}
    for version in versions.values():
        version.shot = shot
        if version.parent_id is not None:
            version.parent = versions[version.parent_id]
        made[version.pk] = Round(version, diff_of(version) if version.parent_id else None)
    takes: dict[int, Take] = {}
    candidates = shot.candidates.select_related("clip", "quality", "provider_key")
    for candidate in candidates.order_by("version__number", "slot"):
        candidate.shot, candidate.version = shot, made[candidate.version_id].version
        takes[candidate.pk] = Take(candidate)
        made[candidate.version_id].takes.append(takes[candidate.pk])
    # The policy decides once on a clip; what it went by stands with the move.
    approved = Transition.objects.filter(
        candidate=OuterRef("candidate"), actor="policy", became=Status.APPROVED
    )
    decisions = ReviewDecision.objects.filter(candidate__shot=shot).select_related("by", "undone_by")
    decisions = decisions.annotate(went_by=Subquery(approved.values("why")[:1]))
    for decision in decisions.prefetch_related("notes__author"):
        takes[decision.candidate_id].decisions.append(decision)
    for pk, amount in charges(shot).items():
        takes[pk].charged = amount
    _add_inputs(shot, takes.values())
    for entry in made.values():
        siblings = [take.candidate for take in entry.takes]
        left = policy.left_to_people(shot, siblings)
        for take in entry.takes:
            take.siblings = siblings
            take.left_to_people = left.get(take.candidate.pk, "")
    return list(reversed(made.values()))


def _add_inputs(shot: Shot, takes: Collection[Take]) -> None:
    if not any(take.candidate.inputs for take in takes):
        return
    rows = {row.pk: row for row in shot.inputs.all()}
    for take in takes:
        take.inputs = [rows[pin["input"]] for pin in take.candidate.inputs if pin["input"] in rows]


def charges(shot: Shot) -> dict[int, Decimal]:
    """What was charged for each clip of the shot, in US dollars."""
    sums: dict[int, Decimal] = defaultdict(Decimal)
    settled = LedgerEntry.objects.filter(shot=shot, kind=LedgerEntry.Kind.SETTLED)
    for candidate_id, amount in settled.values_list("candidate_id", "amount"):
        sums[candidate_id] += amount
    return dict(sums)


def ledger(shot: Shot) -> list[LedgerEntry]:
    """Every line of money of the shot, in the order of time."""
    entries = list(shot.ledger.select_related("candidate__version"))
    for entry in entries:
        entry.candidate.shot = shot
    return entries
