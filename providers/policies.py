"""What each routing policy looks at, and how it tells its choice in one sentence. The smaller score wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from providers.catalog_data import Model
from providers.offers import FEW, Fit, Offer, Rivals

# The catalogue's word counts like this many clips of the project's own, so that one lucky clip decides
# nothing.
PRIOR_CLIPS: Final = 8
# What is taken for a model that nobody has rated, of 5.
UNRATED: Final = 3.0
# A clip that no vendor charges for still takes hardware and a reviewer's eyes.
LEAST_USD: Final = Decimal("0.05")


def rating(offer: Offer, trait: str) -> float:
    """1 to 5: the catalogue's rating of `physics` or `character`, moved by the project's own verdicts.

    A clip that was decided without a fault of that kind speaks for 5, one rejected for it speaks for 1.
    """
    record = offer.record
    faults = record.physics_faults if trait == "physics" else record.character_faults
    own = 5 * (record.decided - faults) + faults
    prior = float(offer.model.ratings.get(trait, UNRATED))
    return (prior * PRIOR_CLIPS + own) / (PRIOR_CLIPS + record.decided)


def approval(offer: Offer) -> float:
    """The share of clips that this project's reviewers will approve, as far as anybody can tell.

    Without decisions it follows the catalogue's ratings: a model rated 5 is taken to pass twice as often as
    not approved, one rated 1 hardly ever.
    """
    prior = _catalogue_rating(offer.model) / 5 * 2 / 3
    record = offer.record
    return (prior * PRIOR_CLIPS + record.approved) / (PRIOR_CLIPS + record.decided)


def _catalogue_rating(model: Model) -> float:
    return (model.ratings.get("physics", UNRATED) + model.ratings.get("character", UNRATED)) / 2


def _by_price(fit: Fit, rivals: Rivals) -> tuple[Any, ...]:
    return (fit.price_usd,)


def _price_words(fit: Fit, rivals: Rivals) -> str:
    return f"{fit.label} at ${fit.price_usd:.2f}: the cheapest of {rivals.words}."


def _by_trait(trait: str) -> Callable[[Fit, Rivals], tuple[Any, ...]]:
    # Rounded as it is told, so that two models whose sentences would be the same are parted by their price.
    return lambda fit, rivals: (-round(rating(fit.offer, trait), 1),)


def _trait_words(trait: str, name: str) -> Callable[[Fit, Rivals], str]:
    def words(fit: Fit, rivals: Rivals) -> str:
        record = fit.offer.record
        faults = record.physics_faults if trait == "physics" else record.character_faults
        best = f"{fit.label} at ${fit.price_usd:.2f}: {name} {rating(fit.offer, trait):.1f} of 5, the best of"
        if record.decided < FEW:
            return f"{best} {rivals.words}; too few decisions yet, so the catalogue's rating."
        told = f"{faults} of {record.decided} clips decided here had a fault of that kind"
        return f"{best} {rivals.words}; {told}."

    return words


def _by_seconds(fit: Fit, rivals: Rivals) -> tuple[Any, ...]:
    return (fit.offer.wait_seconds,)


def _seconds_words(fit: Fit, rivals: Rivals) -> str:
    offer = fit.offer
    measured = (
        f"the median of {offer.measured} clips made here" if offer.measured >= FEW else "the usual time"
    )
    seconds = f"about {offer.wait_seconds:.0f} s a clip ({measured})"
    return f"{fit.label} at ${fit.price_usd:.2f}: {seconds}, the fastest of {rivals.words}."


def _by_turn(fit: Fit, rivals: Rivals) -> tuple[Any, ...]:
    """Whoever has had least of the round comes next: first another vendor, then another model of one."""
    vendors = Counter(vendor for vendor, _ in rivals.taken)
    models = Counter(rivals.taken)
    return vendors[fit.offer.vendor], models[fit.offer.vendor, fit.offer.model.id], fit.price_usd


def _turn_words(fit: Fit, rivals: Rivals) -> str:
    vendors = len({other.offer.vendor for other in rivals.fits})
    over = f"{vendors} providers" if vendors > 1 else "the models of one provider"
    turn = f"clip {len(rivals.taken) + 1} of a round spread over {over}"
    return f"{fit.label} at ${fit.price_usd:.2f}: {turn}, the cheapest first among {rivals.words}."


def _by_approval(fit: Fit, rivals: Rivals) -> tuple[Any, ...]:
    return (-approval(fit.offer) / float(max(fit.price_usd, LEAST_USD)),)


def _approval_words(fit: Fit, rivals: Rivals) -> str:
    record, price = fit.offer.record, f"${fit.price_usd:.2f}"
    if record.decided < FEW:
        rated = (
            f"rated {_catalogue_rating(fit.offer.model):.1f} of 5, the most for its price of {rivals.words}"
        )
        return f"{fit.label} at {price}: too few decisions yet, so the catalogue's order: {rated}."
    share = f"{record.approved / record.decided:.0%}".replace("%", " %")
    most = f"the most approved per dollar of {rivals.words}"
    return f"{fit.label}: {share} of {record.decided} clips approved here at {price}, {most}."


@dataclass(frozen=True, kw_only=True)
class Policy:
    """How one policy ranks and speaks.

    `in_4k`: it insists on that resolution. `hurries`: it passes over an account whose places are all taken.
    """

    score: Callable[[Fit, Rivals], tuple[Any, ...]]
    words: Callable[[Fit, Rivals], str]
    in_4k: bool = False
    hurries: bool = False


POLICIES: Final[Mapping[str, Policy]] = {
    "cheapest": Policy(score=_by_price, words=_price_words),
    "cheapest_4k": Policy(score=_by_price, words=_price_words, in_4k=True),
    "best_physics": Policy(score=_by_trait("physics"), words=_trait_words("physics", "physics")),
    "best_character_consistency": Policy(
        score=_by_trait("character"), words=_trait_words("character", "character consistency")
    ),
    "fastest": Policy(score=_by_seconds, words=_seconds_words, hurries=True),
    "spread": Policy(score=_by_turn, words=_turn_words, hurries=True),
    "best_approved": Policy(score=_by_approval, words=_approval_words),
}
