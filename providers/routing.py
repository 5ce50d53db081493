"""Which provider and model make a clip: sifted by what the request needs, ranked by a policy, told in words.

Pure arithmetic over what the caller has read: the same offers and the same request give the same choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from providers.catalog_data import Model
from providers.contract import GenerationRequest
from providers.errors import Unsupported
from providers.offers import Fit, Offer, Record, Rivals, asked_of, fitted
from providers.policies import POLICIES, Policy

__all__ = [
    "POLICIES",
    "Choice",
    "NoProvider",
    "Offer",
    "Record",
    "asked_of",
    "fitted",
    "pick_provider",
    "pick_round",
]

# So many reasons are read; a site with every key has far more models than that.
MOST_REASONS: Final = 8


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The pick, the request as this model takes it, its price, and why it and not another.

    `seconds` is the length that was priced, also where the source clip decides it. `policy` is the rule that
    picked; empty where a person named the model. `rests` is why the pick must be waited for. `passed` are the
    others as (vendor, model id, reason).
    """

    vendor: str
    model: Model
    request: GenerationRequest
    seconds: float | None
    price_usd: Decimal
    why: str
    policy: str = ""
    rests: str = ""
    passed: tuple[tuple[str, str, str], ...] = ()


class NoProvider(Exception):
    """Nothing on offer can make the request. Nothing was sent.

    The text gives each reason once, and only the first where there are many; `passed` has them all.
    """

    def __init__(self, passed: Sequence[tuple[str, str, str]]) -> None:
        reasons = list(dict.fromkeys(why for _, _, why in passed))
        more = len(reasons) - MOST_REASONS
        told = reasons if more <= 1 else [*reasons[:MOST_REASONS], f"And {more} more reasons like these."]
        super().__init__(" ".join(["No model can make this now.", *told]))
        self.passed = tuple(passed)


def pick_provider(
    request: GenerationRequest,
    policy: str,
    offers: Sequence[Offer],
    *,
    aspect: str,
    source_s: float | None = None,
    taken: Sequence[tuple[str, str]] = (),
) -> Choice:
    """The model for one clip of this shape. `source_s` is how long the clip to edit is; `taken` are the
    (vendor, model id) picked before for this round.

    Raises `NoProvider`, with every reason in words, when nothing on offer can make it.
    """
    return pick_round(request, policy, offers, 1, aspect=aspect, source_s=source_s, taken=taken)[0]


def pick_round(
    request: GenerationRequest,
    policy: str,
    offers: Sequence[Offer],
    clips: int,
    *,
    aspect: str,
    source_s: float | None = None,
    taken: Sequence[tuple[str, str]] = (),
) -> list[Choice]:
    """The same for every clip of a round, each knowing what was picked before it."""
    rule = POLICIES[policy]
    fits, passed = _sifted(request, offers, aspect, source_s, rule)
    if not fits:
        raise NoProvider(passed)
    pool = _at_once(fits, rule, passed)
    wish = f"{_length_words(request)} in {aspect}{' in 4K' if rule.in_4k else ''}"
    chosen: list[Choice] = []
    picked = list(taken)
    for _ in range(clips):
        rivals = Rivals(pool, picked, wish)
        best = min(pool, key=lambda fit: _order(fit, rivals, rule))
        chosen.append(_choice(best, policy, _sentence(best, rivals, rule, len(offers)), passed))
        picked = [*picked, (best.offer.vendor, best.offer.model.id)]
    return chosen


def _order(fit: Fit, rivals: Rivals, rule: Policy) -> tuple[Any, ...]:
    """What the policy looks at; among equals the price, the load, and the catalogue's order."""
    return (*rule.score(fit, rivals), fit.price_usd, fit.offer.load, fit.place)


def _choice(best: Fit, policy: str, why: str, passed: Sequence[tuple[str, str, str]]) -> Choice:
    return Choice(
        vendor=best.offer.vendor,
        model=best.offer.model,
        request=best.asked.request,
        seconds=best.asked.seconds,
        price_usd=best.price_usd,
        policy=policy,
        why=why,
        rests=best.offer.rests,
        passed=tuple(passed),
    )


def _sifted(
    request: GenerationRequest, offers: Iterable[Offer], aspect: str, source_s: float | None, rule: Policy
) -> tuple[list[Fit], list[tuple[str, str, str]]]:
    fits: list[Fit] = []
    passed: list[tuple[str, str, str]] = []
    # What keeps a provider out that could be asked is told first: a producer can do something about it.
    shut: list[tuple[str, str, str]] = []
    for place, offer in enumerate(offers):
        if not offer.ready:
            shut.append((offer.vendor, offer.model.id, offer.why_not))
            continue
        try:
            asked = asked_of(offer, request, aspect, source_s=source_s, in_4k=rule.in_4k)
            why_not = _too_dear(offer, asked.price_usd)
        except Unsupported as error:
            why_not = str(error)
        if why_not:
            passed.append((offer.vendor, offer.model.id, why_not))
        else:
            fits.append(Fit(offer, asked, place))
    return fits, [*passed, *shut]


def _too_dear(offer: Offer, price: Decimal) -> str:
    if offer.left_usd is None or price <= offer.left_usd:
        return ""
    return f"{offer.model.label} costs ${price:.2f} a clip and the budget has ${offer.left_usd:.2f} left."


def _at_once(fits: Sequence[Fit], rule: Policy, passed: list[tuple[str, str, str]]) -> Sequence[Fit]:
    """Those that can begin now, else all: whoever rests is only waited for when nobody else is left.

    A full account is waited for too where money or quality decides, since a clip that waits costs nothing and
    a busy minute must not make an order dearer. Where time decides, it is passed over.
    """
    awake = [fit for fit in fits if not fit.offer.rests] or fits
    free = [fit for fit in awake if not fit.offer.full] if rule.hurries else []
    pool = free or awake
    for fit in fits:
        if fit.place not in {one.place for one in pool}:
            busy = f"{fit.label}: all {fit.offer.places} places are taken."
            passed.append((fit.offer.vendor, fit.offer.model.id, fit.offer.rests or busy))
    return pool


def _length_words(request: GenerationRequest) -> str:
    return "a clip" if request.duration_s is None else f"{request.duration_s:g} s"


def _sentence(best: Fit, rivals: Rivals, rule: Policy, offered: int) -> str:
    if len(rivals.fits) == 1:
        among = f"the only one of {offered} models" if offered > 1 else "the only model"
        words = f"{best.label} at ${best.price_usd:.2f}: {among} that can make {rivals.wish} now."
    else:
        words = rule.words(best, rivals)
    return f"{words} {best.offer.rests}".strip()
