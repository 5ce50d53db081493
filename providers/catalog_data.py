"""What one model can do, and the reading of the catalogue: a wrong entry stops the program by name."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from providers.vendor_data import Vendor, read_vendor

MODES = ("text", "image", "video")
UNITS = ("chars", "utf16", "tokens")
AUDIO = ("none", "optional", "always")
RATINGS = ("physics", "character")
MARKS = ("sdk", "docs", "live", "unverified")


class CatalogError(ValueError):
    """The catalogue itself is wrong; the text says in which entry."""


@dataclass(frozen=True, order=True)
class Size:
    """One frame size in pixels and the name of its shape, such as 16:9.

    `tier` is the vendor's name for the resolution, such as 720p, where requests or prices go by it.
    """

    aspect: str
    width: int
    height: int
    tier: str = ""


@dataclass(frozen=True, kw_only=True)
class Mode:
    """One way to ask a model: from text, from an image, or from a video.

    `shape_only`: the vendor takes only the shape, and any size of that shape is good. `follows_input`: the
    clip takes the shape of what it starts from, and any size is good. `last_frame`: takes a last frame,
    together with a first one, or alone where `last_alone`. `max_references` pictures may go along;
    `durations` replaces the model's own where it differs here, `reference_durations` where pictures go along.
    `links_only`: the vendor fetches its inputs by link and takes no files, which is what a shot has.
    """

    name: str
    sizes: tuple[Size, ...]
    prompt_required: bool = True
    shape_only: bool = False
    follows_input: bool = False
    last_frame: bool = False
    last_alone: bool = False
    links_only: bool = False
    max_references: int = 0
    durations: tuple[int, ...] | None = None
    reference_durations: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Price:
    """Dollars for each second, plus `usd_per_clip` for the clip as a whole. What is empty or None among
    `tier`, `mode` and `audio` does not matter for the price.
    """

    usd_per_second: Decimal = Decimal(0)
    usd_per_clip: Decimal = Decimal(0)
    tier: str = ""
    mode: str = ""
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

    `durations` in whole seconds; empty where the clip is as long as its source. `duration_required`: the
    vendor has no length of its own, so that ours is sent. `fps` are the rates that may be asked for; empty
    where the rate cannot be chosen. `seed` is the inclusive range. No clip costs less than `minimum_usd`.
    `retired_on` may lie ahead, and may be None for a retired model whose vendor named no day. `ratings` from
    1 to 5 are a first guess of how well it keeps physics and characters, until a project's own reviews say
    more. `usual_seconds` is how long making a clip of five seconds takes. `wire` holds what only the adapter
    reads. A `successor` of another vendor is written vendor/model.
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
    cancel: bool = False
    minimum_usd: Decimal = Decimal(0)
    retired: bool = False
    retired_on: date | None = None
    successor: str = ""
    ratings: Mapping[str, int] = field(default_factory=dict)
    usual_seconds: float | None = None
    wire: Mapping[str, Any] = field(default_factory=dict)

    @property
    def max_references(self) -> int:
        """How many reference pictures the model takes in its most generous mode."""
        return max(mode.max_references for mode in self.modes.values())

    @property
    def image_input(self) -> bool:
        """Takes a first frame as a file, which is what a shot has."""
        return "image" in self.modes and not self.modes["image"].links_only

    @property
    def video_input(self) -> bool:
        """Takes a source video."""
        return "video" in self.modes

    @property
    def last_frame(self) -> bool:
        """Takes a last frame as a file, in some mode."""
        return any(mode.last_frame and not mode.links_only for mode in self.modes.values())

    @property
    def tiers(self) -> tuple[str, ...]:
        """Every resolution by name, each once, in the catalogue's order."""
        found = (size.tier for mode in self.modes.values() for size in mode.sizes if size.tier)
        return tuple(dict.fromkeys(found))

    @property
    def aspects(self) -> tuple[str, ...]:
        """Every shape the model can give in some mode, each once, in the catalogue's order."""
        return tuple(dict.fromkeys(size.aspect for mode in self.modes.values() for size in mode.sizes))

    def is_retired(self, today: date | None = None) -> bool:
        """Whether the vendor has switched the model off by `today`."""
        return self.retired or (self.retired_on is not None and self.retired_on <= (today or date.today()))


@dataclass(frozen=True)
class Catalog:
    """Every vendor by name and every model, in the files' order."""

    vendors: Mapping[str, Vendor]
    models: tuple[Model, ...]


def read_catalog(paths: Iterable[Path]) -> Catalog:
    """The files together, checked. A later file's entry stands in the place of an earlier one's of that name.

    Raises `CatalogError` with the entry's name.
    """
    vendors: dict[str, Vendor] = {}
    models: dict[tuple[str, str], Model] = {}
    for path in paths:
        tables = _tables(path)
        vendors |= {name: _read_vendor(name, entry) for name, entry in tables.get("vendors", {}).items()}
        here = [_read_model(entry) for entry in tables.get("models", [])]
        known = [(model.vendor, model.id) for model in here]
        for key in known:
            if known.count(key) > 1:
                raise CatalogError(f"{key[0]}/{key[1]} is listed twice")
        models |= dict(zip(known, here, strict=True))
    for (vendor, name), model in models.items():
        fault = _misfit(model, vendors, models)
        if fault:
            raise CatalogError(f"{vendor}/{name}: {fault}")
    return Catalog(vendors, tuple(models.values()))


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise CatalogError(f"{path}: {exc}") from exc


def _read_vendor(name: str, entry: Mapping[str, Any]) -> Vendor:
    try:
        return read_vendor(name, entry)
    except (TypeError, KeyError, ValueError) as exc:
        raise CatalogError(f"vendor {name}: {exc}") from exc


def _misfit(model: Model, vendors: Mapping[str, Vendor], models: Mapping[tuple[str, str], Model]) -> str:
    """What an entry gets wrong about the others; empty for one that fits."""
    if model.vendor not in vendors:
        return "its vendor is not listed"
    vendor, _, name = model.successor.rpartition("/")
    if model.successor and (vendor or model.vendor, name) not in models:
        return f"its successor {model.successor!r} is not listed"
    free = vendors[model.vendor].free
    if free and model.prices:
        return "a vendor without a price has a model with one"
    return "" if free or model.retired or model.prices else "a living model needs a price"


def _seconds(value: Any) -> tuple[int, ...]:
    return tuple(range(value["from"], value["to"] + 1)) if isinstance(value, dict) else tuple(value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "durations": _seconds,
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
    sizes = tuple(
        Size(s["aspect"], int(s["size"][0]), int(s["size"][1]), s.get("tier", "")) for s in entry["sizes"]
    )
    lengths: dict[str, Any] = {
        key: _seconds(entry[key])
        for key in ("durations", "reference_durations")
        if entry.get(key) is not None
    }
    fields: dict[str, Any] = {**entry, "sizes": sizes, **lengths}
    return Mode(name=name, **fields)


def _read_price(entry: dict[str, Any]) -> Price:
    amounts: dict[str, Any] = {
        key: Decimal(entry[key]) for key in ("usd_per_second", "usd_per_clip") if key in entry
    }
    return Price(**(entry | amounts))


def _fault(model: Model) -> str:
    """The first thing wrong with an entry by itself, in words; empty for a sound one."""
    by_audio = {price.audio for price in model.prices} - {None}
    tiers = {price.tier for price in model.prices} - {""}
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
        (
            any(p.usd_per_second < 0 or p.usd_per_clip < 0 for p in model.prices)
            or any(not p.usd_per_second and not p.usd_per_clip for p in model.prices),
            "prices must be above zero",
        ),
        (not tiers <= set(model.tiers), "a price names a tier that no size has"),
        (
            any(price.mode not in {"", *model.modes} for price in model.prices),
            "a price names an unknown mode",
        ),
        (bool(by_audio) and by_audio != {True, False}, "a price by audio needs both, with and without"),
        (model.is_retired() and not model.successor, "a retired model needs its successor"),
        (not set(model.ratings) <= set(RATINGS), f"ratings must be among {RATINGS}"),
        (any(not 1 <= rating <= 5 for rating in model.ratings.values()), "ratings go from 1 to 5"),
        (not model.sources, "sources must say where the figures come from"),
        (any(source.mark not in MARKS for source in model.sources), f"marks must be among {MARKS}"),
    ]
    return next((words for wrong, words in checks if wrong), "")
