"""What a project's decisions have taught, as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q

from providers import catalog
from providers.errors import Unsupported
from reviewapp import accepting, fixes, learning, picks, ranking, refine
from reviewapp.models import Candidate, Project, RankModel, ReviewDecision, Status, Verdict

# So much is shown.
TRAININGS, FIXES, EFFECTS = 20, 50, 8
CHANGES: Final = {
    "added": "adding an instruction",
    "removed": "taking words out",
    "replaced": "saying it in other words",
    "moved": "moving words to another place",
    "added_negative": "adding to the negative prompt",
    "removed_negative": "taking words out of the negative prompt",
    fixes.AGAIN: "asking again with the same words",
    fixes.FOR_OTHERS: "changes for other notes, none for this one",
    fixes.BY_HAND: "a prompt edited by hand",
}


@dataclass(frozen=True)
class Training:
    """One numbered training with its figures beside the rules'."""

    row: RankModel

    @property
    def loss(self) -> float | None:
        return self._figure("loss")

    @property
    def rules_loss(self) -> float | None:
        return self._figure("rules_loss")

    @property
    def right(self) -> int | None:
        """Percent of pairs of an approved and a rejected clip in which the approved one stands first."""
        return _percent(self._figure("right"))

    @property
    def rules_right(self) -> int | None:
        return _percent(self._figure("rules_right"))

    @property
    def judged_words(self) -> str:
        """By what it was judged; empty where it came to no figures."""
        judged = self.row.figures.get("judged")
        if judged is None:
            return ""
        if self.row.figures.get("audits_only"):
            return f"{judged} clips that were drawn at random"
        return f"{judged} decisions on shots that were left out of the learning in turn"

    @property
    def effects(self) -> list[Effect]:
        """The strongest corrections of the rules; none where nothing was learned."""
        if not self.row.numbers:
            return []
        model = ranking.Model.from_numbers(self.row.numbers)
        return [Effect(picks.term_words(term), term.value) for term in model.largest(EFFECTS)]

    def _figure(self, name: str) -> float | None:
        value: float | None = self.row.figures.get(name)
        return value


@dataclass(frozen=True)
class Effect:
    """How one property moves the score, for a clip that has clearly more of it than most."""

    words: str
    weight: float

    @property
    def helps(self) -> bool:
        return self.weight > 0

    @property
    def factor(self) -> float:
        """By what the odds of an approval are multiplied or divided, 1 or more."""
        return exp(abs(self.weight))


@dataclass(frozen=True)
class Fix:
    """How often one kind of change solved one complaint on one model."""

    complaint: str
    change: str
    model: str
    tries: int
    solved: int

    @property
    def percent(self) -> int:
        return round(100 * self.solved / self.tries)


@dataclass(frozen=True)
class ByItself:
    """What the policy approved, how much people took back, and what they said of the clips drawn from it: of
    how many they have decided, also by approving another clip in their place, and how many they approved.
    """

    approved: int
    taken_back: int
    audited: int
    agreed: int

    @property
    def any(self) -> bool:
        return bool(self.approved or self.taken_back or self.audited)


@dataclass(frozen=True)
class Lessons:
    """Everything the page shows."""

    project: Project
    trainings: tuple[Training, ...]
    count: int
    by_itself: ByItself
    flagged: tuple[accepting.Flagged, ...]
    fixes: tuple[Fix, ...]

    @cached_property
    def latest(self) -> Training | None:
        return self.trainings[0] if self.trainings else None

    @cached_property
    def in_use(self) -> Training | None:
        """The training whose scores are shown; None while the rules stand alone."""
        if not self.project.learns:
            return None
        return next((one for one in self.trainings if one.row.active), None)

    @property
    def earlier(self) -> int:
        """How many trainings are not listed."""
        return self.count - len(self.trainings)


def of(project: Project) -> Lessons:
    """Read all of it."""
    rows = project.rank_models.order_by("-number")
    return Lessons(
        project=project,
        trainings=tuple(Training(row) for row in rows[:TRAININGS]),
        count=rows.count(),
        by_itself=_by_itself(project),
        flagged=accepting.flagged(project),
        fixes=_fixes(project),
    )


def _by_itself(project: Project) -> ByItself:
    decisions = ReviewDecision.objects.filter(candidate__shot__project=project)
    approvals = Q(by=None, verdict=Verdict.APPROVE)
    counted: dict[str, int] = decisions.aggregate(
        approved=Count("pk", filter=approvals & Q(undone_at=None)),
        taken_back=Count("pk", filter=approvals & Q(undone_at__isnull=False)),
    )
    by_people = learning.words_of_people().filter(candidate__shot__project=project)
    drawn = Candidate.objects.filter(shot__project=project, audited=True)
    # Whoever approved a sibling in its place has decided about it as well.
    elsewhere = by_people.filter(candidate__shot=OuterRef("shot"), verdict=Verdict.APPROVE)
    decided = drawn.filter(Exists(by_people.filter(candidate=OuterRef("pk")))) | drawn.filter(
        Exists(elsewhere), status=Status.PASSED_OVER
    )
    agreed = by_people.filter(candidate__audited=True, verdict=Verdict.APPROVE)
    return ByItself(**counted, audited=decided.count(), agreed=agreed.count())


def _fixes(project: Project) -> tuple[Fix, ...]:
    rows = fixes.counted(project).values("complaint", "change", "provider", "model")
    counted = rows.annotate(tries=Count("pk"), well=Count("pk", filter=Q(solved=True)))
    ordered = counted.order_by("-tries", "complaint", "change", "provider", "model")
    return tuple(_fix(dict(row)) for row in ordered[:FIXES])


def _fix(row: dict[str, Any]) -> Fix:
    sort, _, name = str(row["complaint"]).partition(":")
    words = picks.kind_words(name)
    if sort == "tag":
        words = f"note on {refine.REASON_TAGS[name][1]}" if name in refine.REASON_TAGS else f"note on {words}"
    change = str(row["change"])
    return Fix(
        words,
        CHANGES.get(change, change.replace("_", " ")),
        _model_label(str(row["provider"]), str(row["model"])),
        int(row["tries"]),
        int(row["well"]),
    )


def _model_label(provider: str, model: str) -> str:
    try:
        return catalog.model(provider, model).label
    except Unsupported:
        return model


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
