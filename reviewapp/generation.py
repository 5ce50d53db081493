"""Asking for clips: what it would cost, what stands in the way, and the order itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from providers import catalog
from providers.contract import GenerationRequest
from providers.errors import Unsupported
from reviewapp import dispatch, money
from reviewapp.models import (
    Candidate,
    GenerationOrder,
    Project,
    PromptVersion,
    Shot,
    ShotStatus,
    Status,
    User,
)
from reviewapp.models.projects import Author, BudgetMode


@dataclass(frozen=True)
class QuoteLine:
    """One shot of a quote. `problems` are the sentences that keep it from being sent."""

    shot: Shot
    clips: int
    each_usd: Decimal
    problems: tuple[str, ...] = ()
    existing: int = 0

    @property
    def total_usd(self) -> Decimal:
        return Decimal(0) if self.problems else self.each_usd * self.clips


@dataclass(frozen=True)
class Quote:
    """What an order would cost and what stands in its way, before anything is spent."""

    lines: tuple[QuoteLine, ...]
    totals: money.Totals
    mode: str
    problems: tuple[str, ...] = field(default=())

    @property
    def sendable(self) -> tuple[QuoteLine, ...]:
        return tuple(line for line in self.lines if not line.problems)

    @property
    def clips(self) -> int:
        return sum(line.clips for line in self.sendable)

    @property
    def total_usd(self) -> Decimal:
        return sum((line.total_usd for line in self.lines), Decimal(0))

    @property
    def over_budget(self) -> bool:
        return self.totals.left is not None and self.total_usd > self.totals.left

    @property
    def may_be_sent(self) -> bool:
        capped = self.over_budget and self.mode == BudgetMode.CAP
        return bool(self.sendable) and not self.problems and not capped

    @property
    def sentence(self) -> str:
        shots = len(self.sendable)
        words = (
            f"{self.clips} clips for {shots} {'shot' if shots == 1 else 'shots'}, about ${self.total_usd:.2f}"
        )
        if self.totals.left is None:
            return f"{words}."
        return f"{words}; ${self.totals.left:.2f} of the budget is left."


class CannotGenerate(Exception):
    """Nothing of the order was sent; `quote` says why, line by line."""

    def __init__(self, quote: Quote) -> None:
        reasons = [*quote.problems, *(problem for line in quote.lines for problem in line.problems)]
        if quote.over_budget and quote.mode == BudgetMode.CAP:
            reasons.append(
                f"This order costs ${quote.total_usd:.2f} and the budget has ${quote.totals.left:.2f} left."
            )
        super().__init__(" ".join(dict.fromkeys(reasons)) or "There is nothing to generate.")
        self.quote = quote


def prompt_for(shot: Shot) -> tuple[str, str]:
    """The prompt and negative prompt the shot's first version carries, with the project's style text."""
    style = shot.project.style_text.strip()
    brief = shot.prompt.strip()
    text = f"{brief} {style}" if style else brief
    return text, shot.negative_prompt.strip()


def quote(project: Project, shots: Iterable[Shot], *, count: int | None = None, model: str = "") -> Quote:
    """Price an order of `count` clips (the project's default) for each shot, and find what stands in its
    way.
    """
    clips = count or project.candidates_per_round
    lines = tuple(_quote_line(project, shot, clips, model) for shot in shots)
    problems = [] if 1 <= clips <= 8 else ["Ask for 1 to 8 candidates a shot."]
    return Quote(lines, money.project_totals(project), project.budget_mode, tuple(problems))


def _quote_line(project: Project, shot: Shot, clips: int, model_id: str) -> QuoteLine:
    problems: list[str] = []
    if shot.status in (ShotStatus.OMITTED, ShotStatus.ON_HOLD, ShotStatus.APPROVED):
        problems.append(f"{shot.code} is {ShotStatus(shot.status).label.lower()}.")
    existing = shot.candidates.exclude(status=Status.CANCELLED).count()
    try:
        request = _request(project.provider, model_id or shot.effective_model, shot, *_text_to_send(shot))
    except Unsupported as error:
        return QuoteLine(shot, clips, Decimal(0), (*problems, f"{shot.code}: {error}"), existing)
    problems += [
        f"{shot.code}: {issue.message}" for issue in catalog.check_request(request, project.provider)
    ]
    each = Decimal(0)
    if not problems:
        size = (request.width or 0, request.height or 0)
        each = money.clip_price(project.provider, request.model, shot.duration_s, *size)
    return QuoteLine(shot, clips, each, tuple(problems), existing)


def _text_to_send(shot: Shot) -> tuple[str, str]:
    latest = shot.latest_version()
    return prompt_for(shot) if latest is None or _brief_is_new(shot) else (latest.text, latest.negative_text)


def _request(vendor: str, model_id: str, shot: Shot, text: str, negative: str) -> GenerationRequest:
    width, height = catalog.size_for(catalog.model(vendor, model_id), shot.aspect, "text")
    return GenerationRequest(
        model=model_id,
        prompt=text,
        negative_prompt=negative,
        duration_s=float(shot.duration_s),
        width=width,
        height=height,
    )


def generation_request(candidate: Candidate) -> GenerationRequest:
    """The one paid call of this candidate, exactly as its row has pinned it."""
    return GenerationRequest(
        model=candidate.model,
        prompt=candidate.version.text,
        negative_prompt=candidate.version.negative_text,
        duration_s=float(candidate.duration_s),
        width=candidate.width,
        height=candidate.height,
        seed=candidate.seed,
        client_token=f"{candidate.uid}-{candidate.attempt}",
    )


@transaction.atomic
def generate(
    project: Project,
    shots: Sequence[Shot],
    by: User,
    *,
    token: UUID,
    count: int | None = None,
    model: str = "",
) -> list[Candidate]:
    """Send an order: every shot's candidates become QUEUED in one transaction, or nothing does.

    `token` marks the confirmed click: the same token again does nothing and returns an empty list.
    Raises CannotGenerate when any shot of the order cannot be sent as asked.
    """
    if GenerationOrder.objects.filter(token=token).exists():
        return []
    locked = list(
        Shot.objects.select_for_update(no_key=True)
        .filter(pk__in=[shot.pk for shot in shots])
        .select_related("project")
    )
    asked = quote(project, locked, count=count, model=model)
    if not asked.may_be_sent or any(line.problems for line in asked.lines):
        raise CannotGenerate(asked)
    try:
        with transaction.atomic():
            GenerationOrder.objects.create(
                token=token, project=project, by=by, clips=asked.clips, estimate_usd=asked.total_usd
            )
    except IntegrityError:
        # The other half of a double click was first.
        return []
    return [
        candidate for line in asked.lines for candidate in _ask(line, by, model or line.shot.effective_model)
    ]


def _ask(line: QuoteLine, by: User, model_id: str) -> list[Candidate]:
    version = _version_to_ask(line.shot, by)
    Shot.objects.filter(pk=line.shot.pk).update(escalated_at=None, escalation_reason="")
    candidates = []
    for _ in range(line.clips):
        candidate = new_candidate(version, model_id, status=Status.QUEUED, due_in=settings.REQUEUE_S)
        dispatch.submit(candidate)
        candidates.append(candidate)
    return candidates


def _brief_is_new(shot: Shot) -> bool:
    """Whether the producer has changed the brief since the last version that was written from it."""
    root = shot.versions.filter(author_kind=Author.PERSON, parent=None).order_by("-number").first()
    return root is None or (root.text, root.negative_text) != prompt_for(shot)


def _version_to_ask(shot: Shot, by: User) -> PromptVersion:
    latest = shot.latest_version()
    if latest is not None and not _brief_is_new(shot):
        return latest
    text, negative = prompt_for(shot)
    # A producer's own new brief begins a new count of rounds: a person has decided to spend again.
    return PromptVersion.objects.create(
        shot=shot,
        number=next_number(shot),
        round=1,
        text=text,
        negative_text=negative,
        author_kind=Author.PERSON,
        author=by,
    )


def next_number(shot: Shot) -> int:
    return (shot.versions.aggregate(top=Max("number"))["top"] or 0) + 1


def new_candidate(
    version: PromptVersion,
    model_id: str,
    *,
    status: Status,
    due_in: float | None,
    replaces: Candidate | None = None,
) -> Candidate:
    """Write the row of one clip to be asked for, with everything the call needs pinned in it."""
    shot, project = version.shot, version.shot.project
    model = catalog.model(project.provider, model_id)
    width, height = catalog.size_for(model, shot.aspect, "text")
    top = version.candidates.aggregate(top=Max("slot"))["top"] or 0
    now = timezone.now()
    return Candidate.objects.create(
        shot=shot,
        version=version,
        slot=top + 1,
        status=status,
        status_at=now,
        due_at=None if due_in is None else now + timedelta(seconds=due_in),
        replaces=replaces,
        provider=project.provider,
        model=model_id,
        duration_s=shot.duration_s,
        width=width,
        height=height,
        seed=None if model.seed is None else secrets.choice(range(model.seed[0], model.seed[1] + 1)),
        estimate_usd=money.clip_price(project.provider, model_id, shot.duration_s, width, height),
    )
