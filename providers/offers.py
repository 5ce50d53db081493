"""What a model offers one project just now, and the request as each model takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from providers import catalog
from providers.catalog_data import Model, Size
from providers.contract import GenerationRequest
from providers.errors import FieldIssue, Unsupported

# Below this many decisions, or measured clips, the catalogue's figure is what counts and is spoken of.
FEW: Final = 5
# What is taken for a model whose making time nobody knows.
UNKNOWN_SECONDS: Final = 120.0
# 3840 × 2160, less what codecs round away.
PIXELS_OF_4K: Final = 8_000_000


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a project's own reviewers have made of one model's clips. A clip counts once in each figure."""

    decided: int = 0
    approved: int = 0
    physics_faults: int = 0
    character_faults: int = 0


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One model as it stands for one project just now.

    Without `ready` nothing can be sent there, and `why_not` says why. `rests` is the sentence of an account
    that is left alone for a while. `load` clips are under way of `places` that may be at once (None: no limit
    known). `left_usd` is the most that one more clip may cost. `seconds` is how long a clip takes by the
    median of `measured` clips of this site's own. `even_retired`: the account leads to another host which
    still serves the format.
    """

    vendor: str
    model: Model
    ready: bool = True
    why_not: str = ""
    rests: str = ""
    load: int = 0
    places: int | None = None
    left_usd: Decimal | None = None
    seconds: float | None = None
    measured: int = 0
    even_retired: bool = False
    record: Record = field(default_factory=Record)

    @property
    def full(self) -> bool:
        return self.places is not None and self.load >= self.places

    @property
    def wait_seconds(self) -> float:
        """How long a clip asked now takes: the making, and the turns of those before it."""
        own = self.seconds if self.measured >= FEW else None
        each = own or self.model.usual_seconds or UNKNOWN_SECONDS
        return each * (1 + self.load // self.places if self.places else 1)


@dataclass(frozen=True)
class Asked:
    """A request as one model takes it. `seconds` is the length that was priced, also where the source clip
    decides it and the request names none.
    """

    request: GenerationRequest
    seconds: float | None
    price_usd: Decimal


@dataclass(frozen=True)
class Fit:
    """An offer that can make the request, and its place in the catalogue's order."""

    offer: Offer
    asked: Asked
    place: int

    @property
    def price_usd(self) -> Decimal:
        return self.asked.price_usd

    @property
    def label(self) -> str:
        return self.offer.model.label


@dataclass(frozen=True)
class Rivals:
    """All that compete for one clip. `wish` is what is to be made, in words; `taken` are the round's earlier
    picks as (vendor, model id).
    """

    fits: Sequence[Fit]
    taken: Sequence[tuple[str, str]]
    wish: str

    @property
    def words(self) -> str:
        return f"{len(self.fits)} models that make {self.wish}"


def fitted(
    request: GenerationRequest, model: Model, aspect: str, *, in_4k: bool = False
) -> GenerationRequest:
    """The request as this model takes it: its own size for the shape, and no length where the source decides.

    Raises `Unsupported` when it has no such shape or resolution.
    """
    name = catalog.mode_name(request)
    mode = model.modes.get(name)
    made = replace(request, model=model.id)
    if mode is None:
        # Which input is missing or too many is said by the check of the request.
        return made
    size = next((size for size in mode.sizes if size.aspect == aspect and (not in_4k or is_4k(size))), None)
    if size is None and mode.follows_input and not in_4k:
        size = mode.sizes[0]
    if size is None and in_4k:
        words = f"{model.label} makes no 4K in {aspect}."
        raise Unsupported(words, issues=(FieldIssue("size", words),))
    width, height = (size.width, size.height) if size else catalog.size_for(model, aspect, name)
    length = made.duration_s if catalog.durations_of(model, made) else None
    return replace(made, width=width, height=height, duration_s=length)


def is_4k(size: Size) -> bool:
    """Whether people call it 4K: by the vendor's own name, else by as many pixels in any shape."""
    return size.tier.lower() == "4k" or (not size.tier and size.width * size.height >= PIXELS_OF_4K)


def asked_of(
    offer: Offer,
    request: GenerationRequest,
    aspect: str,
    *,
    source_s: float | None = None,
    in_4k: bool = False,
) -> Asked:
    """The request as the offer's model takes it, with its price. `source_s` is how long the clip to edit is.

    Raises `Unsupported`, its issues naming our fields, where the model cannot make it.
    """
    model = offer.model
    made = fitted(request, model, aspect, in_4k=in_4k)
    issues = catalog.check_request(made, offer.vendor, even_retired=offer.even_retired)
    if issues:
        raise Unsupported(" ".join(issue.message for issue in issues), issues=issues)
    seconds = made.duration_s or source_s or request.duration_s or model.default_duration
    size = (made.width, made.height) if made.width and made.height else None
    try:
        price = catalog.estimate_usd(model, seconds, size, made.audio, mode=catalog.mode_name(made))
    except ValueError as error:
        words = f"{model.label} has no price here: {error}."
        raise Unsupported(words, issues=(FieldIssue("model", words),)) from error
    return Asked(made, seconds, price)
