"""The card of a retake in the review room: its words, price, countdown and state until its clips are back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from providers import catalog
from reviewapp import bills, rewriting
from reviewapp.models import Candidate, PromptVersion, ReviewDecision, Role, Status
from reviewapp.room_prompts import PromptDiff, diff_of

UNITS = {"chars": "characters", "utf16": "characters", "tokens": "tokens"}


@dataclass(frozen=True)
class PromptLimit:
    """How long a prompt may be for the model that will read it, in the model's own unit."""

    length: int
    most: int
    unit: str
    unit_words: str
    model_label: str
    takes_negative: bool


def limit_for(version: PromptVersion, makers: Iterable[tuple[str, str]]) -> PromptLimit | None:
    """The limit of whoever has least room among all who will read the text; None where nobody is known."""
    models = rewriting.models_of(makers)
    if not models:
        return None
    model = models[0]
    return PromptLimit(
        length=catalog.prompt_length(version.text, model.prompt_unit),
        most=model.prompt_limit,
        unit=model.prompt_unit,
        unit_words=UNITS.get(model.prompt_unit, model.prompt_unit),
        model_label=model.label,
        takes_negative=all(one.negative_prompt for one in models),
    )


@dataclass(frozen=True)
class RetakeCard:
    """A retake from the moment it exists until its clips are back: its words, price, countdown and state."""

    version: PromptVersion
    candidates: tuple[Candidate, ...]
    decisions: tuple[ReviewDecision, ...]
    state: str
    send_at: datetime | None
    price: Decimal
    rounds_left: int
    may_confirm: bool

    @cached_property
    def bill(self) -> bills.Price:
        """What sending it costs, and which budgets that would pass."""
        return bills.price_of_rows(self.version.shot.project, self.candidates)

    @property
    def first(self) -> Candidate | None:
        return self.candidates[0] if self.candidates else None

    @property
    def is_open(self) -> bool:
        return self.state in ("held", "confirm")

    @property
    def short_words(self) -> str:
        """Which budget the first of its clips waits for, and until when."""
        return next((row.failure for row in self.candidates if row.short_of), "")

    @property
    def decision(self) -> ReviewDecision | None:
        """The newest decision behind it: what its Undo takes back."""
        return self.decisions[-1] if self.decisions else None

    @property
    def progress(self) -> float:
        """How far the slowest of its clips under way is, 0 to 1."""
        return min((candidate.progress or 0.0 for candidate in self.candidates), default=0.0)

    @property
    def prompt(self) -> PromptDiff:
        return diff_of(self.version)

    @property
    def limit(self) -> PromptLimit | None:
        return limit_for(self.version, [(row.provider, row.model) for row in self.candidates])

    @property
    def sent_to(self) -> str:
        """The models that make its clips, each once."""
        return ", ".join(dict.fromkeys(_label(row) for row in self.candidates))

    @property
    def arrived(self) -> Candidate | None:
        return next((row for row in self.candidates if row.status == Status.IN_REVIEW), None)


def _label(candidate: Candidate) -> str:
    models = rewriting.models_of([(candidate.provider, candidate.model)])
    return models[0].label if models else candidate.model


# The state a card is in is that of its clip which has come least far.
_LEAST_FAR = (
    ("submitting", {Status.QUEUED, Status.SUBMITTING}),
    ("uncertain", {Status.UNCERTAIN}),
    ("generating", {Status.GENERATING}),
    ("arriving", {Status.INGESTING, Status.CHECKING}),
    ("failed", {Status.FAILED, Status.REFUSED}),
)


def _asks_a_producer(version: PromptVersion, living: Sequence[Candidate]) -> bool:
    """Whether the project wants a producer's word, or a budget that warns does."""
    return version.shot.project.confirm_retakes or any(row.short_of for row in living)


def _state(version: PromptVersion, living: Sequence[Candidate]) -> str:
    statuses = {Status(row.status) for row in living}
    if version.withdrawn_at is not None or not living:
        return "withdrawn"
    if statuses == {Status.HELD}:
        return "confirm" if _asks_a_producer(version, living) else "held"
    if any(row.status == Status.QUEUED and row.short_of for row in living):
        return "short"
    for state, members in _LEAST_FAR:
        if statuses & members:
            return state
    return "arrived" if Status.IN_REVIEW in statuses else "decided"


def retake_card(version: PromptVersion, role: Role | None) -> RetakeCard:
    """The card of one retake, read anew."""
    rows = version.candidates.exclude(status=Status.CANCELLED).order_by("slot")
    living = tuple(rows.select_related("shot__project", "version", "replaces__version", "replaces__shot"))
    decisions = ReviewDecision.objects.filter(retake=version, undone_at=None).select_related(
        "by", "candidate"
    )
    return card_from(version, living, tuple(decisions), role)


def card_from(
    version: PromptVersion,
    living: tuple[Candidate, ...],
    decisions: tuple[ReviewDecision, ...],
    role: Role | None,
) -> RetakeCard:
    return RetakeCard(
        version=version,
        candidates=living,
        decisions=decisions,
        state=_state(version, living),
        send_at=min((row.due_at for row in living if row.due_at and row.status == Status.HELD), default=None),
        price=sum((row.estimate_usd for row in living), Decimal(0)),
        rounds_left=max(0, version.shot.round_cap - version.round),
        may_confirm=role == Role.PRODUCER or not _asks_a_producer(version, living),
    )
