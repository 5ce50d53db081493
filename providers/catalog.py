"""What the models can do, what they cost, and whether a request fits: forms and adapters ask here."""

from __future__ import annotations

import math
import os
from datetime import date
from decimal import ROUND_UP, Decimal
from functools import cache
from pathlib import Path

from providers.catalog_data import Catalog, CatalogError, Mode, Model, Price, Size, Source, read_catalog
from providers.contract import GenerationRequest
from providers.errors import FieldIssue, NotConfigured, Unsupported
from providers.prompts import prompt_length, prompt_over
from providers.request_check import durations_of, issues_of, mode_name
from providers.vendor_data import Credential, Vendor

__all__ = [
    "CatalogError",
    "Credential",
    "Mode",
    "Model",
    "Price",
    "Size",
    "Source",
    "Vendor",
    "check_request",
    "durations_of",
    "estimate_usd",
    "mode_name",
    "model",
    "models",
    "nearest_duration",
    "prompt_length",
    "prompt_over",
    "size_for",
    "successor_of",
    "vendor",
    "vendors",
]

_CENT = Decimal("0.01")


@cache
def _catalog() -> Catalog:
    """The catalogue of this house, and over it the files that RETAKE_CATALOG names: own models, other slugs.

    Raises `CatalogError` when one of them is wrong.
    """
    own = [Path(path) for path in os.environ.get("RETAKE_CATALOG", "").split(os.pathsep) if path]
    return read_catalog([Path(__file__).with_name("catalog.toml"), *own])


def models() -> tuple[Model, ...]:
    """Every model, retired ones included, in the catalogue's order."""
    return _catalog().models


def vendors() -> tuple[Vendor, ...]:
    """Every vendor, in the order in which pages list them."""
    return tuple(_catalog().vendors.values())


def vendor(name: str) -> Vendor:
    """One vendor. Raises `NotConfigured` naming the ones there are."""
    known = _catalog().vendors
    if name not in known:
        raise NotConfigured(f"There is no provider “{name}”. There are: {', '.join(known)}.")
    return known[name]


def model(vendor: str, model_id: str) -> Model:
    """One model. Raises `Unsupported` when the vendor has none of that name."""
    for entry in models():
        if (entry.vendor, entry.id) == (vendor, model_id):
            return entry
    raise Unsupported(
        f"The catalogue lists no model “{model_id}” of {vendor}. Nothing was sent.",
        issues=(FieldIssue("model", f"There is no model “{model_id}” of {vendor}."),),
    )


def successor_of(entry: Model) -> Model:
    """The model to use in the place of a retired one."""
    name, _, model_id = entry.successor.rpartition("/")
    return model(name or entry.vendor, model_id)


def estimate_usd(
    model: Model,
    duration_s: float | None = None,
    size: tuple[int, int] | None = None,
    audio: bool | None = None,
    mode: str | None = None,
) -> Decimal:
    """What one clip will cost at most, in dollars, rounded up to the cent.

    What is left open is taken at its dearest, and a begun second counts as a whole one: a reservation must
    never be too small. Raises `ValueError` where the length is that of a source clip and was not given, and
    where the catalogue knows no price. A studio's own hardware costs nothing.
    """
    if vendor(model.vendor).free:
        return Decimal(0)
    seconds = model.default_duration if duration_s is None else duration_s
    if seconds is None:
        raise ValueError(
            f"{model.label} is as long as its source clip: give the length to estimate the price"
        )
    if not 0 < seconds < math.inf:
        raise ValueError("a clip lasts more than no time and less than for ever")
    tiers = None if size is None else _tiers_of(model, size)
    costs = [
        price.usd_per_second * math.ceil(seconds) + price.usd_per_clip
        for price in model.prices
        if (not price.tier or tiers is None or price.tier in tiers)
        and (audio is None or price.audio in {None, audio})
        and (mode is None or price.mode in {"", mode})
    ]
    if not costs:
        raise ValueError(f"the catalogue has no price of {model.label} for this size and sound")
    return max(*costs, model.minimum_usd).quantize(_CENT, rounding=ROUND_UP)


def _tiers_of(model: Model, size: tuple[int, int]) -> set[str]:
    """The names of a resolution; every one where the size is none of the listed, as after an odd input."""
    found = {s.tier for mode in model.modes.values() for s in mode.sizes if (s.width, s.height) == size}
    return found or set(model.tiers)


def size_for(model: Model, aspect: str, mode: str | None = None, tier: str = "") -> tuple[int, int]:
    """The pixels of a shape such as 16:9, the first listed one. `mode` narrows it to text, image or video,
    `tier` to one resolution.

    Raises `Unsupported` naming the shapes there are.
    """
    modes = [entry for name, entry in model.modes.items() if mode in {None, name}]
    for entry in modes:
        for size in entry.sizes:
            if size.aspect == aspect and tier in {"", size.tier}:
                return size.width, size.height
    shapes = ", ".join(dict.fromkeys(size.aspect for entry in modes for size in entry.sizes)) or "none"
    raise Unsupported(
        f"{model.label} cannot make the shape {aspect}. It makes: {shapes}.",
        issues=(FieldIssue("size", f"{model.label} makes these shapes: {shapes}."),),
    )


def nearest_duration(model: Model, seconds: float) -> int | None:
    """The length nearest to `seconds`, the longer of two as near; None where the source clip decides."""
    return min(model.durations, key=lambda length: (abs(length - seconds), -length), default=None)


def check_request(
    request: GenerationRequest, vendor: str = "", *, today: date | None = None, even_retired: bool = False
) -> tuple[FieldIssue, ...]:
    """Everything about the request that its model cannot express; empty when it can be sent.

    Without `vendor` the model is looked for at every vendor, and a name that two of them share is an issue.
    `even_retired` is for a key that points to another host which still serves the model.
    """
    found = [entry for entry in models() if entry.id == request.model and vendor in {"", entry.vendor}]
    if not found:
        return (FieldIssue("model", f"There is no model “{request.model}” in the catalogue."),)
    if len(found) > 1:
        vendors = " and ".join(entry.vendor for entry in found)
        return (FieldIssue("model", f"“{request.model}” is offered by {vendors}. Say which is meant."),)
    return issues_of(found[0], request, retired=found[0].is_retired(today) and not even_retired)
