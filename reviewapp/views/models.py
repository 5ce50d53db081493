"""The catalogue as producers read it: what a model can do, what a clip costs, whether a key is here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from providers import catalog
from providers.catalog import Model, Vendor
from reviewapp import choices, model_words
from reviewapp.forms.models import ModelFilterForm
from reviewapp.views.access import AuthedRequest

MODE_LABELS = {"text": "From words", "image": "From a frame", "video": "Editing a clip"}
SOUND = {"none": "no", "optional": "can", "always": "always"}


@dataclass(frozen=True)
class ModelRow:
    """One model as the table and its details show it."""

    model: Model
    key: choices.KeyState
    retired: bool
    successor: Model | None
    costs: tuple[Decimal, Decimal] | None

    @property
    def anchor(self) -> str:
        return "".join(char if char.isalnum() else "-" for char in f"{self.model.vendor}-{self.model.id}")

    @property
    def sound(self) -> str:
        return SOUND[self.model.audio]

    @property
    def lengths(self) -> str:
        return model_words.duration_words(self.model)

    @property
    def compared_s(self) -> int:
        return model_words.compared_seconds(self.model)

    @property
    def largest(self) -> str:
        return model_words.largest(self.model)

    @property
    def limit(self) -> str:
        return model_words.limit_words(self.model)

    @property
    def limit_short(self) -> str:
        return f"{self.model.prompt_limit:,} {'tokens' if self.tokens_are_estimated else 'chars'}"

    @property
    def source_decides(self) -> bool:
        return not model_words.lengths(self.model)

    @property
    def emoji_count_twice(self) -> bool:
        return self.model.prompt_unit == "utf16"

    @property
    def tokens_are_estimated(self) -> bool:
        return self.model.prompt_unit == "tokens"

    @property
    def price(self) -> str:
        return model_words.price_words(self.model, "/s", "/clip")

    @property
    def prices(self) -> list[model_words.PriceLine]:
        return model_words.price_lines(self.model)

    @property
    def time(self) -> str:
        return model_words.time_words(self.model.usual_seconds)

    @property
    def modes(self) -> list[tuple[str, str]]:
        found = []
        for name, mode in self.model.modes.items():
            beside = [model_words.mode_words(mode)]
            if mode.max_references:
                beside.append(f"reference pictures: {mode.max_references} at most")
            if mode.durations is not None:
                beside.append(model_words.seconds_words(mode.durations))
            if not mode.prompt_required:
                beside.append("a prompt is not needed")
            found.append((MODE_LABELS[name], "; ".join(beside)))
        return found


@dataclass(frozen=True)
class VendorGroup:
    """A vendor with those of its models that pass the filter."""

    vendor: Vendor
    key: choices.KeyState
    retired: bool
    rows: list[ModelRow]


@require_GET
def model_list(request: AuthedRequest) -> HttpResponse:
    form = ModelFilterForm(request.GET)
    form.is_valid()
    groups = _groups(form)
    context = {
        "form": form,
        "groups": groups,
        "shown": sum(len(group.rows) for group in groups),
        "total": len(catalog.models()),
        "gone": sum(model.is_retired() for model in catalog.models()),
        "filtered": any(request.GET.get(name) for name in form.fields),
    }
    return render(request, "models/_models.html" if request.htmx else "models/list.html", context)


def _groups(form: ModelFilterForm) -> list[VendorGroup]:
    keys = choices.key_states()
    groups = []
    for vendor in catalog.vendors():
        key = keys[vendor.name]
        rows = [
            _row(model, key)
            for model in catalog.models()
            if model.vendor == vendor.name and form.fits(model, key.usable and choices.reaches(key, model))
        ]
        if rows:
            groups.append(VendorGroup(vendor, key, vendor.is_retired(), rows))
    return groups


def _row(model: Model, key: choices.KeyState) -> ModelRow:
    return ModelRow(
        model=model,
        key=key if choices.reaches(key, model) else choices.KeyState(),
        retired=model.is_retired(),
        successor=model_words.successor_of(model),
        costs=model_words.clip_costs(model),
    )
