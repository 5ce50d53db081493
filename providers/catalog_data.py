"""What one model can do, and the reading of `catalog.toml`: a wrong entry stops the program by name."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

MODES = ("text", "image", "video")
UNITS = ("chars", "utf16", "tokens")
AUDIO = ("none", "optional", "always")
MARKS = ("sdk", "docs", "live", "unverified")


class CatalogError(ValueError):
    """The catalogue itself is wrong; the text says in which entry."""


@dataclass(frozen=True, order=True)
class Size:
    """One frame size in pixels and the name of its shape, such as 16:9."""

    aspect: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to ask a model: from text, from an image, or from a video.

    `shape_only`: the vendor takes only the shape, and any size of that shape is good.
    `last_frame`: takes a last frame, together with a first one.
    """

    name: str
    sizes: tuple[Size, ...]
    prompt_required: bool = True
    shape_only: bool = False
    last_frame: bool = False


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars for each second; `size` and `audio` are None where the price does not depend on them."""

    usd_per_second: Decimal
    size: tuple[int, int] | None = None
    audio: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a figure comes from: `mark` is one of sdk, docs, live, unverified; `date` is when it was read."""

    what: str
    mark: str
    where: str
    date: date


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of one vendor.

    `durations` in whole seconds; empty where the clip is as long as its source. `fps` are the rates that may
    be asked for; empty where the rate cannot be chosen. `seed` is the inclusive range. `retired_on` may lie
    ahead, and may be None for a retired model whose vendor named no day.
    """

    id: str
    vendor: str
    label: str
    durations: tuple[int, ...]
    modes: Mapping[str, Mode]
    audio: str
    prompt_limit: int
    prompt_unit: Literal["chars", "utf16", "tokens"]
    prices: tuple[Price, ...]
    sources: tuple[Source, ...]
    default_duration: int | None = None
    duration_required: bool = False
    fps: tuple[float, ...] = ()
    seed: tuple[int, int] | None = None
    negative_prompt: bool = False
    max_references: int = 0
    cancel: bool = False
    webhook: bool = False
    minimum_usd: Decimal = Decimal(0)
    retired: bool = False
    retired_on: date | None = None
    successor: str = ""

    @property
    def image_input(self) -> bool:
        """Takes a first frame."""
        return "image" in self.modes

    @property
    def video_input(self) -> bool:
        """Takes a source video."""
        return "video" in self.modes

    @property
    def last_frame(self) -> bool:
        """Takes a last frame in some mode."""
        return any(mode.last_frame for mode in self.modes.values())

    @property
    def aspects(self) -> tuple[str, ...]:
        """Every shape the model can give in some mode, each once, in the catalogue's order."""
        return tuple(dict.fromkeys(size.aspect for mode in self.modes.values() for size in mode.sizes))

    def is_retired(self, today: date | None = None) -> bool:
        """Whether the vendor has switched the model off by `today`."""
        return self.retired or (self.retired_on is not None and self.retired_on <= (today or date.today()))


def read_catalog(path: Path) -> tuple[Model, ...]:
    """Every model of the file, checked. Raises `CatalogError` with the entry's name."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("models", [])
    models = tuple(_read_model(entry) for entry in entries)
    known = [(model.vendor, model.id) for model in models]
    for key in known:
        if known.count(key) > 1:
            raise CatalogError(f"{key[0]}/{key[1]} is listed twice")
    for model in models:
        if model.successor and (model.vendor, model.successor) not in known:
            raise CatalogError(f"{model.vendor}/{model.id}: its successor {model.successor!r} is not listed")
    return models


_READERS: dict[str, Callable[[Any], Any]] = {
    "durations": lambda v: tuple(range(v["from"], v["to"] + 1)) if isinstance(v, dict) else tuple(v),
    "fps": tuple,
    "seed": lambda v: (int(v[0]), int(v[1])),
    "minimum_usd": lambda v: Decimal(v),
    "prices": lambda v: tuple(_read_price(price) for price in v),
    "sources": lambda v: tuple(Source(**source) for source in v),
    "modes": lambda v: {name: _read_mode(name, mode) for name, mode in v.items()},
}


def _read_model(entry: dict[str, Any]) -> Model:
    name = f"{entry.get('vendor', '?')}/{entry.get('id', '?')}"
    try:
        fields = {key: _READERS.get(key, lambda v: v)(value) for key, value in entry.items()}
        model = Model(**fields)
    except (TypeError, KeyError, ValueError, IndexError, InvalidOperation) as exc:
        raise CatalogError(f"{name}: {exc}") from exc
    fault = _fault(model)
    if fault:
        raise CatalogError(f"{name}: {fault}")
    return model


def _read_mode(name: str, entry: dict[str, Any]) -> Mode:
    sizes = tuple(Size(s["aspect"], int(s["size"][0]), int(s["size"][1])) for s in entry["sizes"])
    return Mode(name=name, **{**entry, "sizes": sizes})


def _read_price(entry: dict[str, Any]) -> Price:
    size = entry.get("size")
    return Price(
        usd_per_second=Decimal(entry["usd_per_second"]),
        size=(int(size[0]), int(size[1])) if size else None,
        audio=entry.get("audio"),
    )


def _fault(model: Model) -> str:
    """The first thing wrong with an entry, in words; empty for a sound one."""
    by_audio = {price.audio for price in model.prices} - {None}
    checks = [
        (not model.id or not model.vendor or not model.label, "id, vendor and label must be given"),
        (model.audio not in AUDIO, f"audio must be one of {AUDIO}"),
        (model.prompt_unit not in UNITS, f"prompt_unit must be one of {UNITS}"),
        (model.prompt_limit <= 0, "prompt_limit must be above zero"),
        (not model.modes or not set(model.modes) <= set(MODES), f"modes must be among {MODES}"),
        (any(not mode.sizes for mode in model.modes.values()), "each mode needs sizes"),
        (list(model.durations) != sorted(set(model.durations)), "durations must rise"),
        (any(seconds <= 0 for seconds in model.durations), "durations must be above zero"),
        (
            bool(model.durations) and model.default_duration not in model.durations,
            "list the default_duration",
        ),
        (model.duration_required and not model.durations, "duration_required needs durations"),
        (model.seed is not None and model.seed[0] > model.seed[1], "seed must be [lowest, highest]"),
        (not model.retired and not model.prices, "a living model needs a price"),
        (any(price.usd_per_second <= 0 for price in model.prices), "prices must be above zero"),
        (bool(by_audio) and by_audio != {True, False}, "a price by audio needs both, with and without"),
        (model.is_retired() and not model.successor, "a retired model needs its successor"),
        (not model.sources, "sources must say where the figures come from"),
        (any(source.mark not in MARKS for source in model.sources), f"marks must be among {MARKS}"),
    ]
    return next((words for wrong, words in checks if wrong), "")
