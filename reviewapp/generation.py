"""Asking for clips: what it would cost, what stands in the way, and the order itself."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from providers import catalog
from providers.contract import GenerationRequest
from providers.errors import Unsupported
from providers.routing import Choice, NoProvider
from reviewapp import bills, budgets, dispatch, inputs, keyring
from reviewapp.market import Market, market
from reviewapp.models import (
    BudgetMode,
    Candidate,
    GenerationOrder,
    Project,
    PromptVersion,
    Shot,
    ShotStatus,
    Status,
    User,
)
from reviewapp.models.projects import Author, Routing
from reviewapp.quotes import CannotGenerate, Quote, QuoteLine
from reviewapp.routing import Way, choose, way_of, way_of_order
from reviewapp.standing import Standing, prompt_for, standings_of

__all__ = ["CannotGenerate", "Quote", "QuoteLine", "generate", "generation_request", "prompt_for", "quote"]

# A message only hurries a row. The workers are busy for minutes with so many, and the sweep sends the rest of
# a long order while they are.
MOST_MESSAGES: Final = 100
# Some models take longer seeds than a column of the database.
LARGEST_SEED: Final = 2**63 - 1


# --- the quote ---


def quote(
    project: Project,
    shots: Iterable[Shot],
    *,
    count: int | None = None,
    routing: str = "",
    provider: str = "",
    model: str = "",
) -> Quote:
    """Price an order of `count` clips (the project's default) for each shot, and find what stands in its way.

    A policy, or a model with its provider, stands for this order above what the shots say.
    """
    way = way_of_order(project, routing=routing, provider=provider, model=model)
    return _quote(project, standings_of(list(shots)), count or project.candidates_per_round, way)


def _quote(project: Project, standings: Sequence[Standing], clips: int, way: Way | None) -> Quote:
    totals = budgets.project_totals(project)
    offered = market(project, totals)
    lines = [_quote_line(offered, standing, clips, way) for standing in standings]
    if project.shot_budget_usd is not None and project.budget_mode == BudgetMode.CAP:
        lines = _within_their_shots(project, lines)
    problems = [] if 1 <= clips <= 8 else ["Ask for 1 to 8 candidates a shot."]
    price = bills.price_of(project, _costs(project, lines), totals=totals)
    return Quote(tuple(lines), totals, price, tuple(problems))


def _within_their_shots(project: Project, lines: Sequence[QuoteLine]) -> list[QuoteLine]:
    """Leave out the shots whose own budget has no room for all their clips."""
    totals = budgets.totals_of_shots(project, [line.shot for line in lines])
    kept = []
    for line in lines:
        limit, usd = totals[line.shot.pk].limits[0], line.total_usd
        if limit.over_by(usd):
            words = f"{line.shot.code}: {limit.sentence(usd, line.clips)}"
            line = replace(line, problems=(*line.problems, words))
        kept.append(line)
    return kept


def _costs(project: Project, lines: Iterable[QuoteLine]) -> list[bills.Cost]:
    asked = [(line.shot.pk, choice) for line in lines if not line.problems for choice in line.choices]
    drawn = {vendor: keyring.draws(project, vendor) for vendor in {choice.vendor for _, choice in asked}}
    return [
        bills.Cost(shot_id, choice.vendor, drawn[choice.vendor], choice.price_usd)
        for shot_id, choice in asked
    ]


def _quote_line(offered: Market, standing: Standing, clips: int, way: Way | None) -> QuoteLine:
    shot = standing.shot
    problems: list[str] = []
    choices: list[Choice] = []
    if shot.status in (ShotStatus.OMITTED, ShotStatus.ON_HOLD, ShotStatus.APPROVED):
        problems.append(f"{shot.code} is {ShotStatus(shot.status).label.lower()}.")
    try:
        choices = choose(
            offered,
            way or way_of(shot),
            standing.outline,
            max(clips, 1),
            aspect=shot.aspect,
            source_s=standing.source_s,
        )
    except Unsupported as error:
        problems += [f"{shot.code}: {issue.message}" for issue in error.issues] or [f"{shot.code}: {error}"]
    except NoProvider as error:
        problems.append(f"{shot.code}: {error}")
    return QuoteLine(shot, choices[:clips], tuple(problems), standing.existing)


# --- the order ---


def mark_of(candidate: Candidate) -> str:
    """Our own mark of this candidate's present call, by which some vendors can find it again."""
    return f"{candidate.uid}-{candidate.attempt}"


def generation_request(candidate: Candidate) -> GenerationRequest:
    """The one paid call of this candidate, exactly as its row has pinned it.

    Raises `InvalidRequest` where an input's file is gone, and `Unsupported` where the catalogue no longer
    knows the model.
    """
    request = GenerationRequest(
        model=candidate.model,
        prompt=candidate.version.text,
        negative_prompt=candidate.version.negative_text,
        duration_s=float(candidate.duration_s),
        width=candidate.width,
        height=candidate.height,
        seed=candidate.seed,
        client_token=mark_of(candidate),
        **inputs.media_for(candidate.inputs),
    )
    if catalog.durations_of(catalog.model(candidate.provider, candidate.model), request):
        return request
    # The clip becomes as long as the one it edits; the row's length is what was priced.
    return replace(request, duration_s=None)


@transaction.atomic
def generate(
    project: Project,
    shots: Sequence[Shot],
    by: User,
    *,
    token: UUID,
    count: int | None = None,
    routing: str = "",
    provider: str = "",
    model: str = "",
    agreed: str = "",
) -> list[Candidate]:
    """Send an order: every shot's candidates become QUEUED in one transaction, or nothing does.

    `token` marks the confirmed click: the same token again does nothing and returns an empty list. `agreed`
    is the mark of the price with which a person has agreed to go over budgets that warn.
    Raises CannotGenerate when any shot of the order cannot be sent as asked.
    """
    if GenerationOrder.objects.filter(token=token).exists():
        return []
    rows = Shot.objects.with_status().select_for_update(no_key=True)
    locked = list(rows.filter(pk__in=[shot.pk for shot in shots]).select_related("project"))
    who = by.display_name
    way = way_of_order(project, routing=routing, provider=provider, model=model, who=who)
    standings = standings_of(locked)
    asked = _quote(project, standings, count or project.candidates_per_round, way)
    unasked = bool(asked.price.asks) and agreed != asked.price.mark
    if not asked.may_be_sent or unasked or any(line.problems for line in asked.lines):
        raise CannotGenerate(asked)
    try:
        with transaction.atomic():
            GenerationOrder.objects.create(
                token=token, project=project, by=by, clips=asked.clips, estimate_usd=asked.total_usd
            )
    except IntegrityError:
        # The other half of a double click was first.
        return []
    return _ask(standings, asked.lines, by)


def _ask(standings: Sequence[Standing], lines: Sequence[QuoteLine], by: User) -> list[Candidate]:
    versions = _versions_to_ask(standings, by)
    asked = Candidate.objects.filter(version__in=versions).order_by()
    tops = dict(asked.values_list("version").annotate(Max("slot")))
    due_at = timezone.now() + timedelta(seconds=settings.REQUEUE_S)
    project = standings[0].shot.project
    asked_of = {choice.vendor for line in lines for choice in line.choices}
    drawn = {vendor: keyring.draws(project, vendor) for vendor in asked_of}
    rows = [
        Candidate(
            shot=standing.shot,
            version=version,
            slot=tops.get(version.pk, 0) + place,
            status=Status.QUEUED,
            due_at=due_at,
            inputs=standing.pins,
            drawn=drawn[choice.vendor],
            **pinned(choice),
        )
        for version, standing, line in zip(versions, standings, lines, strict=True)
        for place, choice in enumerate(line.choices, start=1)
    ]
    Shot.objects.filter(pk__in=[standing.shot.pk for standing in standings]).update(
        escalated_at=None, escalation_reason=""
    )
    made = Candidate.objects.bulk_create(rows)
    for candidate in made[:MOST_MESSAGES]:
        dispatch.submit(candidate)
    return made


def _versions_to_ask(standings: Sequence[Standing], by: User) -> list[PromptVersion]:
    """The version that each shot is asked with, written where its brief is new."""
    # A producer's own new brief begins a new count of rounds: a person has decided to spend again.
    fresh = {
        standing.shot.pk: PromptVersion(
            shot=standing.shot,
            number=standing.next_number,
            round=1,
            text=standing.text[0],
            negative_text=standing.text[1],
            author_kind=Author.PERSON,
            author=by,
        )
        for standing in standings
        if standing.version is None
    }
    PromptVersion.objects.bulk_create(fresh.values())
    return [standing.version or fresh[standing.shot.pk] for standing in standings]


def next_number(shot: Shot) -> int:
    return (shot.versions.aggregate(top=Max("number"))["top"] or 0) + 1


def new_candidate(
    version: PromptVersion,
    maker: Mapping[str, Any],
    pins: Sequence[Mapping[str, Any]],
    *,
    status: Status,
    due_in: float | None,
    replaces: Candidate | None = None,
) -> Candidate:
    """Write the row of one clip to be asked for, with everything the call needs pinned in it. `maker` are the
    columns that say who makes it, as `pinned` gives them, and whether it is drawn.
    """
    top = version.candidates.aggregate(top=Max("slot"))["top"] or 0
    return Candidate.objects.create(
        shot=version.shot,
        version=version,
        slot=top + 1,
        status=status,
        due_at=None if due_in is None else timezone.now() + timedelta(seconds=due_in),
        replaces=replaces,
        inputs=list(pins),
        **maker,
    )


def pinned(choice: Choice) -> dict[str, Any]:
    """The columns of a candidate that say who makes it, how, and for how much."""
    seed = choice.model.seed
    return {
        "provider": choice.vendor,
        "model": choice.model.id,
        "routing": choice.policy or Routing.CHOSEN,
        "duration_s": Decimal(str(choice.seconds or 0)).quantize(Decimal("0.01")),
        "width": choice.request.width,
        "height": choice.request.height,
        "seed": None
        if seed is None
        else seed[0] + secrets.randbelow(min(seed[1], LARGEST_SEED) - seed[0] + 1),
        "estimate_usd": choice.price_usd,
        "choice_why": choice.why[:400],
    }
