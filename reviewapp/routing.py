"""Who makes a clip: the model that people named, or the one that a policy picks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from providers import catalog
from providers.contract import GenerationRequest, Media
from providers.errors import Unsupported
from providers.routing import Choice, Offer, asked_of, pick_round
from reviewapp.market import Market
from reviewapp.models import Candidate, Project, Shot
from reviewapp.models.projects import Routing

_HELP: Final[Mapping[str, str]] = {
    Routing.CHOSEN: "Every clip goes to the model named here, and waits for it where it must.",
    Routing.CHEAPEST: "The lowest price among the models that can make the shot.",
    Routing.CHEAPEST_4K: "The lowest price among the models that can make the shot in 4K.",
    Routing.BEST_PHYSICS: "The best rated for motion and physics; your verdicts move the ratings.",
    Routing.BEST_CHARACTER: "The best rated for figures that stay the same; your verdicts move the ratings.",
    Routing.FASTEST: "The shortest time from the call to the clip, by what was measured here.",
    Routing.SPREAD: "The clips of a round go to different providers in turn, the cheapest first.",
    Routing.BEST_APPROVED: "What this project's reviewers approve most often for a dollar.",
}


def policies() -> list[tuple[str, str, str]]:
    """Every way to choose a model, for forms: value, label, and what it does in one sentence."""
    return [(policy.value, str(policy.label), _HELP[policy]) for policy in Routing]


@dataclass(frozen=True)
class Way:
    """How the model of a clip is found: by a policy, or the one that was named, in which case `words` say by
    whom, and `in_4k` that this resolution was meant.
    """

    routing: Routing
    vendor: str = ""
    model_id: str = ""
    words: str = ""
    in_4k: bool = False


def way_of(shot: Shot) -> Way:
    """What the shot, else its project, says."""
    if shot.effective_routing != Routing.CHOSEN:
        return Way(shot.effective_routing)
    return Way(
        Routing.CHOSEN,
        shot.effective_provider,
        shot.effective_model,
        "the shot's own model" if shot.model else "the project's model",
    )


def way_of_order(project: Project, *, routing: str, provider: str, model: str, who: str = "") -> Way | None:
    """What an order says for all of its shots; None where it leaves that to each shot."""
    if model:
        words = f"chosen by {who} for this order" if who else "chosen for this order"
        return Way(Routing.CHOSEN, provider or project.provider, model, words)
    return Way(Routing(routing)) if routing and routing != Routing.CHOSEN else None


def outline(
    text: str, negative: str, seconds: Decimal | float, pins: Sequence[Mapping[str, Any]]
) -> GenerationRequest:
    """The request as far as models differ in what they can make. Which files go along counts and what is in
    them does not, so none is read.
    """
    given: dict[str, Any] = {pin["role"]: Media() for pin in pins if pin["role"] != "reference"}
    references = tuple(Media() for pin in pins if pin["role"] == "reference")
    return GenerationRequest(
        model="",
        prompt=text,
        negative_prompt=negative,
        duration_s=float(seconds),
        references=references,
        **given,
    )


def choose(
    market: Market,
    way: Way,
    request: GenerationRequest,
    clips: int,
    *,
    aspect: str,
    source_s: float | None = None,
) -> list[Choice]:
    """Who makes each clip of a round.

    Raises `Unsupported` where the named model cannot make it, `NoProvider` where no model of the policy can.
    """
    if way.routing == Routing.CHOSEN:
        return [named(market, way, request, aspect=aspect, source_s=source_s)] * clips
    return pick_round(request, way.routing, market.offers, clips, aspect=aspect, source_s=source_s)


def named(
    market: Market, way: Way, request: GenerationRequest, *, aspect: str, source_s: float | None = None
) -> Choice:
    """The named model with its request and price. Whether its keys rest or are full is no matter: it is
    waited for. Raises `Unsupported`.
    """
    model = catalog.model(way.vendor, way.model_id)
    offer = Offer(vendor=way.vendor, model=model, even_retired=way.vendor in market.elsewhere)
    asked = asked_of(offer, request, aspect, source_s=source_s, in_4k=way.in_4k)
    return Choice(
        vendor=way.vendor,
        model=model,
        request=asked.request,
        seconds=asked.seconds,
        price_usd=asked.price_usd,
        why=f"{model.label} at ${asked.price_usd:.2f}: {way.words}.",
    )


def aspect_of(candidate: Candidate) -> str:
    """The shape the clip was asked in; the shot may say another by now. The shot's where the model has left
    the catalogue.
    """
    try:
        model = catalog.model(candidate.provider, candidate.model)
    except Unsupported:
        return candidate.shot.aspect
    sizes = (size for mode in model.modes.values() for size in mode.sizes)
    pinned = (candidate.width, candidate.height)
    return next((size.aspect for size in sizes if (size.width, size.height) == pinned), candidate.shot.aspect)
