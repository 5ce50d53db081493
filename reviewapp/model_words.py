"""A model of the catalogue in a producer's words: prices, lengths, sizes, limits. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal
from itertools import pairwise

from providers import catalog
from providers.catalog import Mode, Model, Price, Size
from providers.offers import is_4k

# The length on which prices are compared; what cannot make it is priced at the length next to it.
COMPARED_S = 5
UNITS = {"chars": "characters", "utf16": "characters", "tokens": "tokens"}
# The names of resolutions by the height of a picture of 16:9 with as many pixels.
_TIERS = ((1440, "1440p"), (1080, "1080p"), (720, "720p"), (540, "540p"), (480, "480p"))
_ROUNDING = 0.95
_CENT = Decimal("0.01")


# --- lengths ---


def lengths(model: Model) -> tuple[int, ...]:
    """Every length in seconds that the model makes in some mode; empty where the source clip decides."""
    found = set(model.durations)
    for mode in model.modes.values():
        found |= set(mode.durations or ()) | set(mode.reference_durations or ())
    return tuple(sorted(found))


def seconds_words(seconds: Iterable[int]) -> str:
    """2 to 10 s, or 4, 6, 8 s."""
    listed = sorted(seconds)
    if not listed:
        return "as long as the clip it edits"
    if len(listed) > 2 and all(b - a == 1 for a, b in pairwise(listed)):
        return f"{listed[0]} to {listed[-1]} s"
    return ", ".join(str(length) for length in listed) + " s"


def duration_words(model: Model) -> str:
    return seconds_words(lengths(model))


# --- sizes ---


def _tier_name(tier: str) -> str:
    """720p, but 2K and 4K."""
    return tier.upper() if tier.endswith("k") else tier


def tier_of(size: Size) -> str:
    """What people call a resolution: the vendor's own name, else the one its pixels come to."""
    if is_4k(size):
        return "4K"
    if size.tier:
        return _tier_name(size.tier)
    height = math.sqrt(size.width * size.height * 9 / 16)
    return next((name for least, name in _TIERS if height >= least * _ROUNDING), "below 480p")


def _sizes(model: Model) -> list[Size]:
    return [size for mode in model.modes.values() for size in mode.sizes]


def largest(model: Model) -> str:
    """The name of the highest resolution the model makes."""
    return tier_of(max(_sizes(model), key=lambda size: size.width * size.height))


def makes_4k(model: Model) -> bool:
    return any(is_4k(size) for size in _sizes(model))


def mode_words(mode: Mode) -> str:
    """What a mode makes, for the details: resolutions and shapes."""
    tiers = dict.fromkeys(tier_of(size) for size in mode.sizes)
    shapes = ", ".join(dict.fromkeys(size.aspect for size in mode.sizes))
    if mode.follows_input:
        return f"{', '.join(tiers)}; the shape of what it starts from"
    return shapes if mode.shape_only else f"{', '.join(tiers)}; {shapes}"


# --- prices ---


@dataclass(frozen=True)
class PriceLine:
    """One price of a model: when it holds, what it is, and what a clip of the compared length comes to."""

    when: str
    words: str
    clip_usd: Decimal


def compared_seconds(model: Model) -> int:
    """The length nearest to five seconds that the model makes."""
    return min(lengths(model), key=lambda length: (abs(length - COMPARED_S), -length), default=COMPARED_S)


def _cost(model: Model, price: Price, seconds: int) -> Decimal:
    cost = max(price.usd_per_second * seconds + price.usd_per_clip, model.minimum_usd)
    return cost.quantize(_CENT, rounding=ROUND_UP)


def price_lines(model: Model) -> list[PriceLine]:
    """Every price of the model; none for a studio's own hardware and where the vendor sells it no more."""
    seconds = compared_seconds(model)
    return [
        PriceLine(_when(price), _amount(price), _cost(model, price, seconds))
        for price in sorted(model.prices, key=lambda price: _cost(model, price, seconds))
    ]


def _when(price: Price) -> str:
    modes = {"text": "from words", "image": "from a frame", "video": "editing a clip"}
    sound = {True: "with sound", False: "without sound", None: ""}
    return (
        ", ".join(filter(None, [_tier_name(price.tier), modes.get(price.mode, ""), sound[price.audio]]))
        or "always"
    )


def _amount(price: Price) -> str:
    if price.usd_per_second and price.usd_per_clip:
        return f"{_usd(price.usd_per_clip)} and {_usd(price.usd_per_second)} a second"
    if price.usd_per_second:
        return f"{_usd(price.usd_per_second)} a second"
    return f"{_usd(price.usd_per_clip)} a clip"


def _usd(amount: Decimal) -> str:
    """$0.12; a price of fractions of a cent keeps them."""
    return f"${amount:.2f}" if amount == amount.quantize(_CENT) else f"${amount.normalize():f}"


def clip_costs(
    model: Model, *, sound: bool = False, in_4k: bool = False, mode: str = ""
) -> tuple[Decimal, Decimal] | None:
    """What a clip of the compared length costs, from and to, in dollars; None where there is no price.

    Asked for sound, for 4K or for one mode, only the prices that hold for it count.
    """
    seconds = compared_seconds(model)
    costs = [
        _cost(model, price, seconds)
        for price in model.prices
        if (not sound or price.audio in {True, None})
        and (not in_4k or price.tier.lower() in {"", "4k", "2160p"})
        and (not mode or price.mode in {"", mode})
    ]
    return (min(costs), max(costs)) if costs else None


def is_free(model: Model) -> bool:
    """Whether the model runs on a studio's own hardware."""
    return catalog.vendor(model.vendor).free


def price_words(model: Model, a_second: str = " a second", a_clip: str = " a clip") -> str:
    """$0.12 a second, or the range where it depends on size or sound."""
    if is_free(model):
        return "your own hardware: no price"
    seconds = sorted({price.usd_per_second for price in model.prices if price.usd_per_second})
    clips = sorted({price.usd_per_clip for price in model.prices if price.usd_per_clip})
    if not seconds and not clips:
        return "no longer sold"
    ranges = [(clips, a_clip), (seconds, a_second)]
    return " and ".join(f"{_range(amounts)}{unit}" for amounts, unit in ranges if amounts)


def _range(amounts: list[Decimal]) -> str:
    if len(amounts) == 1:
        return _usd(amounts[0])
    return f"{_usd(amounts[0])} to {_usd(amounts[-1])}"


# --- the rest ---


def limit_words(model: Model) -> str:
    """1,000 characters; whether emoji count twice is said in the details."""
    return f"{model.prompt_limit:,} {UNITS[model.prompt_unit]}"


def time_words(seconds: float | None) -> str:
    """40 s, 2 min; nothing where nobody has measured it."""
    if seconds is None:
        return ""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def successor_of(model: Model) -> Model | None:
    """The model that its vendor, or the catalogue, names in its place."""
    if not model.successor:
        return None
    vendor, _, name = model.successor.rpartition("/")
    return catalog.model(vendor or model.vendor, name)
