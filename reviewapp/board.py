"""The shot list as a producer sees it: rows with what stands behind them, in a fixed number of queries."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Sum, Value, When

from reviewapp import budgets
from reviewapp.budgets import DAYS
from reviewapp.models import BudgetScope, Candidate, LedgerEntry, Project, Shot, ShotStatus, Status, User
from reviewapp.models.candidates import MACHINE
from reviewapp.models.projects import ShotQuerySet

# What only a person can move on.
STUCK = frozenset({Status.UNCERTAIN, Status.FAILED, Status.REFUSED})
SHORT = frozenset(BudgetScope) - DAYS
NEEDS_YOU = "needs_you"
# Statuses that nobody has to look after any more, whatever became of single clips.
DONE = (ShotStatus.APPROVED, ShotStatus.OMITTED)

TABS: dict[str, str] = {
    "": "All",
    ShotStatus.DRAFT.value: "Draft",
    ShotStatus.GENERATING.value: "Generating",
    ShotStatus.IN_REVIEW.value: "In review",
    ShotStatus.RETAKE.value: "Retake",
    ShotStatus.APPROVED.value: "Approved",
    NEEDS_YOU: "Needs you",
    ShotStatus.ON_HOLD.value: "On hold",
    ShotStatus.OMITTED.value: "Omitted",
}


def with_state(shots: ShotQuerySet) -> Any:
    """Annotate `state`, the same answer as `Shot.status` in the database's words, and `needs_you`.

    `test_shots.py` proves that the two agree. Typed loosely: no stub knows the annotated columns.
    """
    # A clip that is held without an end waits for a producer's confirmation; one that is short of money for a
    # larger budget, unless the next day brings it.
    short = Q(status=Status.QUEUED, short_of__in=SHORT)
    stuck = Candidate.objects.filter(
        Q(status__in=STUCK) | Q(status=Status.HELD, due_at=None) | short, shot=OuterRef("pk")
    )
    state = Case(
        When(omitted=True, then=Value(ShotStatus.OMITTED.value)),
        When(on_hold=True, then=Value(ShotStatus.ON_HOLD.value)),
        When(has_approved=True, then=Value(ShotStatus.APPROVED.value)),
        When(has_in_review=True, then=Value(ShotStatus.IN_REVIEW.value)),
        When(has_retake=True, then=Value(ShotStatus.RETAKE.value)),
        When(has_first_round=True, then=Value(ShotStatus.GENERATING.value)),
        When(has_any=True, then=Value(ShotStatus.ESCALATED.value)),
        default=Value(ShotStatus.DRAFT.value),
        output_field=CharField(),
    )
    return (
        shots.with_status()
        .annotate(state=state, has_stuck=Exists(stuck))
        .annotate(
            needs_you=Case(
                When(state=ShotStatus.ESCALATED.value, then=Value(True)),
                When(Q(has_stuck=True) & ~Q(state__in=[status.value for status in DONE]), then=Value(True)),
                default=Value(False),
            )
        )
    )


def found(project: Project, tab: str, words: str) -> QuerySet[Shot]:
    """The shots of one tab that hold every word of a search in code, sequence or prompt."""
    shots = Shot.objects.filter(project=project)
    for word in words.split():
        shots = shots.filter(
            Q(code__icontains=word) | Q(sequence__icontains=word) | Q(prompt__icontains=word)
        )
    listed = with_state(shots)
    if tab == NEEDS_YOU:
        listed = listed.filter(needs_you=True)
    elif tab:
        listed = listed.filter(state=tab)
    ordered: QuerySet[Shot] = listed.select_related("project").order_by("position", "code")
    return ordered


def tab_counts(project: Project) -> dict[str, int]:
    """How many shots stand on each tab; "" is all of them."""
    # The empty order_by is needed: the model's ordering would part the groups.
    grouped = (
        with_state(Shot.objects.filter(project=project))
        .order_by()
        .values("state", "needs_you")
        .annotate(shots=Count("pk"))
    )
    counts = dict.fromkeys(TABS, 0)
    for group in grouped:
        counts[""] += group["shots"]
        if group["state"] in counts:
            counts[group["state"]] += group["shots"]
        if group["needs_you"]:
            counts[NEEDS_YOU] += group["shots"]
    return counts


@dataclass
class Row:
    """One line of the list. `machine` is the clip under way that is furthest, `stuck` one that needs you,
    `short` one of the `shorts` that wait for money.
    """

    shot: Shot
    spent: Decimal = Decimal(0)
    candidates: int = 0
    round: int = 0
    poster: Candidate | None = None
    machine: Candidate | None = None
    under_way: int = 0
    stuck: Candidate | None = None
    short: Candidate | None = None
    shorts: int = 0
    _marks: list[str] = field(default_factory=list)

    def add(self, candidate: Candidate) -> None:
        self._marks.append(f"{candidate.pk}.{candidate.revision}.{candidate.progress}.{candidate.short_of}")
        if candidate.status == Status.CANCELLED:
            return
        self.candidates += 1
        self.round = max(self.round, candidate.version.round)
        if candidate.status in STUCK:
            self.stuck = candidate
        if candidate.status in MACHINE and candidate.status not in STUCK:
            self.under_way += 1
            if candidate.short_of:
                self.short = candidate
                self.shorts += 1
            self.machine = max(self.machine or candidate, candidate, key=_progress)
        if getattr(candidate, "clip", None) is not None and candidate.clip.poster:
            self.poster = min(self.poster or candidate, candidate, key=_best_first)

    @property
    def stamp(self) -> str:
        """Changes whenever the row would look different."""
        shot = self.shot
        facts = (
            shot.pk,
            shot.revision,
            shot.updated_at,
            shot.on_hold,
            shot.omitted,
            self.spent,
            *self._marks,
        )
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]


def _progress(candidate: Candidate) -> tuple[bool, float]:
    return candidate.status != Status.HELD, candidate.progress or 0.0


def _best_first(candidate: Candidate) -> tuple[bool, int, int]:
    """The approved clip, else the newest round's pick."""
    return candidate.status != Status.APPROVED, -candidate.version.number, candidate.rank or 99


def rows(shots: Sequence[Shot]) -> list[Row]:
    """The shots with what stands behind them: two queries, whatever their number."""
    made = {shot.pk: Row(shot) for shot in shots}
    spent = (
        LedgerEntry.objects.filter(shot__in=made, kind=LedgerEntry.Kind.SETTLED)
        .order_by()
        .values("shot")
        .annotate(sum=Sum("amount"))
    )
    for line in spent:
        made[line["shot"]].spent = line["sum"]
    candidates = Candidate.objects.filter(shot__in=made).select_related("version", "clip")
    for candidate in candidates.order_by("version__number", "slot"):
        candidate.shot = made[candidate.shot_id].shot
        made[candidate.shot_id].add(candidate)
    return list(made.values())


def stamp(project: Project, shot_pks: Sequence[int]) -> str:
    """One mark for what a page shows, from two aggregates: the cheap question whether anything changed."""
    moves = Candidate.objects.filter(shot__in=shot_pks).aggregate(
        rows=Count("pk"),
        moves=Sum("revision"),
        progress=Sum("progress"),
        last=Max("status_at"),
        short=Count("pk", filter=~Q(short_of="")),
    )
    edits = project.shots.aggregate(rows=Count("pk"), edits=Sum("revision"), last=Max("updated_at"))
    elsewhere = Candidate.objects.filter(shot__project=project).aggregate(
        last=Max("status_at"), rows=Count("pk")
    )
    return hashlib.sha256(repr((moves, edits, elsewhere)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Figures:
    """The four numbers of a project."""

    project: Project
    to_review: int
    approved: int
    total: int
    stuck: int
    totals: budgets.Totals
    producer: bool = False


def figures(project: Project, *, producer: bool = False) -> Figures:
    counts = tab_counts(project)
    return Figures(
        project,
        to_review=Candidate.objects.in_review().filter(shot__project=project).count(),
        approved=counts[ShotStatus.APPROVED.value],
        total=counts[""] - counts[ShotStatus.OMITTED.value],
        stuck=counts[NEEDS_YOU],
        totals=budgets.project_totals(project),
        producer=producer,
    )


def projects_of(user: User) -> list[Figures]:
    """Every project a person may see, with its four numbers."""
    visible = Project.objects.visible_to(user).prefetch_related("memberships")
    listed = []
    for project in visible:
        producer = user.is_site_admin or any(
            member.user_id == user.pk and member.role == "producer" for member in project.memberships.all()
        )
        listed.append(figures(project, producer=producer))
    return listed
