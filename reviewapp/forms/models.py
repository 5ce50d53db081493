"""The filter of the models' page: what a model must be able to do, read from the address."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django import forms

from providers.catalog import Model
from reviewapp import model_words

NEEDS: dict[str, tuple[str, Callable[[Model], bool]]] = {
    "text": ("From words", lambda model: "text" in model.modes),
    "image": ("First frame", lambda model: model.image_input),
    "last": ("Last frame", lambda model: model.last_frame),
    "references": ("References", lambda model: model.max_references > 0),
    "edit": ("Edits a clip", lambda model: model.video_input),
    "sound": ("Sound", lambda model: model.audio != "none"),
    "4k": ("4K", model_words.makes_4k),
}


class ModelFilterForm(forms.Form):
    """Everything is optional; what cannot be read is said and does not filter."""

    need = forms.MultipleChoiceField(
        required=False,
        choices=[(name, label) for name, (label, _) in NEEDS.items()],
        label="It must take or make",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s” is nothing that models are told apart by."},
    )
    most = forms.DecimalField(
        required=False,
        min_value=0,
        max_value=1000,
        label="A 5 s clip for at most",
        error_messages={
            "invalid": "Write an amount in US dollars, such as 1.50.",
            "min_value": "A price is never below zero.",
            "max_value": "At most 1000 US dollars.",
        },
        widget=forms.NumberInput(attrs={"step": "0.05", "inputmode": "decimal", "placeholder": "any price"}),
    )
    usable = forms.BooleanField(required=False, label="Only with a usable key here")
    retired = forms.BooleanField(required=False, label="Show retired models")

    def fits(self, model: Model, usable: bool) -> bool:
        """Whether the model passes every filter that could be read; `usable` says that a key reaches it."""
        data = getattr(self, "cleaned_data", {})
        needs = data.get("need") or []
        return (
            all(NEEDS[need][1](model) for need in needs)
            and (usable or not data.get("usable"))
            and (bool(data.get("retired")) or not model.is_retired())
            and self._affordable(model, needs, data.get("most"))
        )

    def _affordable(self, model: Model, needs: list[str], most: Decimal | None) -> bool:
        """The cheapest price counts among those that hold for what is needed: sound and 4K cost more."""
        if most is None or model_words.is_free(model):
            return True
        costs = model_words.clip_costs(
            model, sound="sound" in needs, in_4k="4k" in needs, mode="video" if "edit" in needs else ""
        )
        return costs is not None and costs[0] <= most
