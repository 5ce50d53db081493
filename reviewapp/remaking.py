"""Who makes a retake: whoever made the rejected clip, as long as they can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from providers.contract import GenerationRequest
from providers.errors import Unsupported
from providers.routing import POLICIES, Choice, NoProvider
from reviewapp import bills, budgets, inputs
from reviewapp.generation import pinned
from reviewapp.market import Market, market
from reviewapp.models import Candidate, PromptVersion
from reviewapp.models.projects import Routing
from reviewapp.routing import Way, choose, outline, way_of

# What a retake takes over from a clip that nobody could be found for: it is never lost, and says when it is
# sent what stands in its way.
_COLUMNS = ("provider", "model", "routing", "duration_s", "width", "height", "seed", "estimate_usd")


def makers_of(
    version: PromptVersion, pins: Sequence[Mapping[str, Any]], rejected: Sequence[Candidate]
) -> list[dict[str, Any]]:
    """The columns of each replacement that say who makes it. Raises nothing: a rejection always has its
    retake.
    """
    project = version.shot.project
    totals = budgets.project_totals(project)
    # What the sandbox drew it draws again: a rejection never begins to cost money by itself.
    offered = {drawn: market(project, totals, drawn=drawn) for drawn in {clip.drawn for clip in rejected}}
    request = outline(version.text, version.negative_text, version.shot.duration_s, pins)
    source_s = inputs.source_seconds(pins)
    return [_maker(offered[clip.drawn], clip, request, source_s) | {"drawn": clip.drawn} for clip in rejected]


def price_of(version: PromptVersion, rejected: Sequence[Candidate]) -> bills.Price:
    """What retakes of these clips of one shot would cost now, each priced with whoever would make it. Writes
    nothing.
    """
    shot = version.shot
    makers = makers_of(version, inputs.roles_of(shot), rejected)
    return bills.price_of(shot.project, bills.of_makers(shot, makers))


def _maker(
    offered: Market, clip: Candidate, request: GenerationRequest, source_s: float | None
) -> dict[str, Any]:
    aspect = clip.shot.aspect
    for way in _ways(offered, clip):
        try:
            choice = choose(offered, way, request, 1, aspect=aspect, source_s=source_s)[0]
        except (Unsupported, NoProvider):
            continue
        return pinned(_kept(choice, clip))
    same = {column: getattr(clip, column) for column in _COLUMNS}
    return same | {"choice_why": f"As {clip.code} was made; no model could be found that makes it now."}


def _ways(offered: Market, clip: Candidate) -> list[Way]:
    """The same model first; where it cannot, the policy that picked it, and what the shot says."""
    policy = POLICIES.get(clip.routing)
    words = f"it made {clip.code}, which was rejected"
    in_4k = policy is not None and policy.in_4k
    same = Way(Routing.CHOSEN, clip.provider, clip.model, words, in_4k)
    if clip.routing == Routing.CHOSEN:
        return [same, way_of(clip.shot)]
    again = [Way(Routing(clip.routing)), way_of(clip.shot)]
    alive = any(
        offer.ready and (offer.vendor, offer.model.id) == (clip.provider, clip.model)
        for offer in offered.offers
    )
    return [same, *again] if alive else again


def _kept(choice: Choice, clip: Candidate) -> Choice:
    """A kept model stays under the policy that once picked it, so that it may still be routed on."""
    same = (choice.vendor, choice.model.id) == (clip.provider, clip.model)
    kept_policy = "" if clip.routing == Routing.CHOSEN else clip.routing
    return replace(choice, policy=kept_policy) if same and not choice.policy else choice
