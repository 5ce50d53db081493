"""The tables of docs/providers/README.md: what each provider and model can do, written from the catalogue.

`python -m providers.capability_table` writes the page anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from providers import catalog
from providers.catalog import Model, Vendor

PAGE = Path(__file__).resolve().parent.parent / "docs" / "providers" / "README.md"
BEGIN, END = "<!-- written by providers.capability_table: begin -->", "<!-- end -->"
WEBHOOKS = {
    "none": "–",
    "standard": "signed (Standard Webhooks)",
    "ed25519": "signed (Ed25519)",
    "token": "by a secret address",
}
CAN: dict[str, Callable[[Model], bool]] = {
    "words": lambda model: "text" in model.modes,
    "first frame": lambda model: model.image_input,
    "last frame": lambda model: model.last_frame,
    "references": lambda model: bool(model.max_references),
    "edits a clip": lambda model: model.video_input,
    "sound": lambda model: model.audio != "none",
    "4K": lambda model: "4k" in model.tiers,
    "negative prompt": lambda model: model.negative_prompt,
    "seed": lambda model: model.seed is not None,
    "cancel": lambda model: model.cancel,
}


def page(text: str) -> str:
    """The page with its tables written anew; what people wrote around them stays."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n\n{_vendors()}\n\n{_models()}\n\n{END}{rest.partition(END)[2]}"


def _vendors() -> str:
    head = ["provider", "models", *CAN, "looked up by our mark", "webhooks"]
    return _table(head, (_vendor_row(vendor) for vendor in catalog.vendors()))


def _vendor_row(vendor: Vendor) -> list[str]:
    every = [model for model in catalog.models() if model.vendor == vendor.name]
    living = [model for model in every if not model.is_retired()] or every
    name = f"[{vendor.label}]({Path(vendor.docs).name})"
    if vendor.is_retired():
        name += f", closed {vendor.retired_on}"
    count = (
        f"{len(every)}"
        if len(living) == len(every)
        else f"{len(living)} and {len(every) - len(living)} retired"
    )
    found = "yes" if vendor.find else "–"
    return [name, count, *(_share(can, living) for can in CAN.values()), found, _webhook_words(vendor)]


def _webhook_words(vendor: Vendor) -> str:
    """Some that are believed by their address can be signed as well, once the account has a secret."""
    signs = any(credential.name == "webhook_secret" for credential in vendor.credentials)
    words = WEBHOOKS[vendor.webhook]
    return f"{words}, signed where a secret is set" if vendor.webhook == "token" and signs else words


def _share(can: Callable[[Model], bool], models: list[Model]) -> str:
    able = sum(can(model) for model in models)
    if able == len(models) and models:
        return "yes"
    return f"{able} of {len(models)}" if able else "–"


def _models() -> str:
    head = ["model", *CAN, "seconds", "shapes", "dollars for 5 s"]
    return _table(head, (_model_row(model) for model in catalog.models()))


def _model_row(model: Model) -> list[str]:
    name = f"{model.vendor}/{model.id}"
    if model.is_retired():
        name += " (retired)"
    marks = ["yes" if can(model) else "–" for can in CAN.values()]
    return [
        f"`{name}`" if "(" not in name else name,
        *marks,
        _seconds(model),
        " ".join(model.aspects),
        _cost(model),
    ]


def _seconds(model: Model) -> str:
    lengths = model.durations
    if not lengths:
        return "as the clip"
    run = len(lengths) > 2 and lengths[-1] - lengths[0] == len(lengths) - 1
    return f"{lengths[0]}–{lengths[-1]}" if run else ", ".join(map(str, lengths))


def _cost(model: Model) -> str:
    if catalog.vendor(model.vendor).free:
        return "–"
    if not model.prices:
        return "?"
    seconds = catalog.nearest_duration(model, 5) or 5
    costs = sorted(
        max(price.usd_per_second * seconds + price.usd_per_clip, model.minimum_usd) for price in model.prices
    )
    shown = f"{costs[0]:.2f}" if costs[0] == costs[-1] else f"{costs[0]:.2f}–{costs[-1]:.2f}"
    return shown if seconds == 5 else f"{shown} ({seconds} s)"


def _table(head: list[str], rows: Iterable[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
