"""The producer's forms about a project: its settings and its people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms

from providers import catalog, registry
from reviewapp.models import Project, Role, User
from reviewapp.projects import text_models
from reviewapp.shotlist.lines import BadValue, number, read_seconds

if TYPE_CHECKING:
    _ProjectModelForm = forms.ModelForm[Project]
else:
    # Only the stubs know the form's type parameter.
    _ProjectModelForm = forms.ModelForm


# In place of the framework's own sentences.
PLAIN_WORDS = {
    "required": "Please fill this in.",
    "min_value": "At least %(limit_value)s.",
    "max_value": "At most %(limit_value)s.",
}


def price_words(model: catalog.Model) -> str:
    """$0.12 a second, or the range where it depends on size or sound."""
    prices = sorted({price.usd_per_second for price in model.prices})
    if len(prices) == 1:
        return f"${prices[0]:.2f} a second"
    return f"${prices[0]:.2f} to ${prices[-1]:.2f} a second"


def duration_words(model: catalog.Model) -> str:
    lengths = model.durations
    if len(lengths) > 2 and lengths[-1] - lengths[0] == len(lengths) - 1:
        return f"{lengths[0]} to {lengths[-1]} s"
    return ", ".join(str(length) for length in lengths) + " s"


def text_aspects(model: catalog.Model) -> tuple[str, ...]:
    """The shapes the model makes from words alone."""
    return tuple(dict.fromkeys(size.aspect for size in model.modes["text"].sizes))


def engine_choices() -> list[tuple[str, str]]:
    return [
        (f"{model.vendor}/{model.id}", f"{model.label} · {price_words(model)}") for model in text_models()
    ]


class NewProjectForm(_ProjectModelForm):
    """What a project needs to begin. Everything else has a sensible default and can be set later."""

    engine = forms.ChoiceField(label="Model")
    duration_s = forms.CharField(label="Seconds of a clip", max_length=20)
    aspect = forms.ChoiceField(label="Aspect")

    class Meta:
        model = Project
        fields = ["name", "style_text", "duration_s", "aspect", "candidates_per_round", "budget_usd"]
        labels = {
            "style_text": "Style text",
            "candidates_per_round": "Candidates a round",
            "budget_usd": "Budget in US dollars",
        }
        help_texts = {
            "style_text": "Added to the end of every prompt of this project.",
            "candidates_per_round": "How many clips are made of each shot at once, 1 to 8.",
            "budget_usd": "Empty means no limit.",
        }
        widgets = {"style_text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages |= PLAIN_WORDS
        choices = engine_choices()
        now = f"{self.instance.provider}/{self.instance.model}"
        if now not in dict(choices):
            # A model that was switched off since stays visible as what is set; saving asks for a living one.
            choices.insert(0, (now, f"{self.instance.model} · no longer offered, choose another"))
        cast(forms.ChoiceField, self.fields["engine"]).choices = choices
        self.fields["engine"].initial = now
        aspects = {aspect: aspect for model in text_models() for aspect in text_aspects(model)}
        aspects.setdefault(self.instance.aspect, self.instance.aspect)
        cast(forms.ChoiceField, self.fields["aspect"]).choices = list(aspects.items())
        self.initial["duration_s"] = number(self.instance.duration_s)

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_style_text(self) -> str:
        return str(self.cleaned_data["style_text"]).replace("\r\n", "\n").strip()

    def clean_duration_s(self) -> Any:
        try:
            return read_seconds(self.cleaned_data["duration_s"])
        except BadValue as bad:
            raise forms.ValidationError(str(bad)) from bad

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        vendor, _, model_id = str(data.get("engine", "")).partition("/")
        model = next((entry for entry in text_models(vendor) if entry.id == model_id), None)
        if model is None:
            if "engine" not in self.errors:
                self.add_error("engine", "This model is no longer offered. Choose one that is.")
            return data
        data["provider"], data["model"] = vendor, model_id
        seconds, aspect = data.get("duration_s"), data.get("aspect")
        if seconds is not None and seconds not in model.durations:
            self.add_error("duration_s", f"{model.label} makes clips of {duration_words(model)}.")
        if aspect is not None and aspect not in text_aspects(model):
            self.add_error("aspect", f"{model.label} makes {' and '.join(text_aspects(model))}.")
        return data

    def settings(self) -> dict[str, Any]:
        """What was chosen, by the project's own columns."""
        return {field: value for field, value in self.cleaned_data.items() if field != "engine"}


class ProjectForm(NewProjectForm):
    """Every setting of a project."""

    class Meta(NewProjectForm.Meta):
        fields = [
            *NewProjectForm.Meta.fields,
            "shot_budget_usd",
            "budget_mode",
            "hold_seconds",
            "retake_policy",
            "confirm_retakes",
            "round_cap",
            "auto_approve_score",
            "frame_base",
        ]
        labels = NewProjectForm.Meta.labels | {
            "shot_budget_usd": "Budget of one shot in US dollars",
            "budget_mode": "At the budget",
            "hold_seconds": "Hold in seconds",
            "retake_policy": "When a retake starts",
            "confirm_retakes": "A producer confirms each retake",
            "round_cap": "Rounds a shot may take",
            "auto_approve_score": "Approve the best clip by itself from this score",
            "frame_base": "The first frame is called",
        }
        help_texts = NewProjectForm.Meta.help_texts | {
            "shot_budget_usd": "Empty means no limit.",
            "hold_seconds": "How long a retake can be undone free of charge, 0 to 3600.",
            "round_cap": "After this many rounds a shot comes to the producer and does not loop on.",
            "auto_approve_score": "0 to 1, for example 0.9. Empty means that people approve.",
            "frame_base": "0, 1 or, as films often count, 1001.",
        }


class MemberForm(forms.Form):
    """Someone who can sign in already, and what they are in this project."""

    username = forms.CharField(max_length=150, label="Sign-in name")
    role = forms.ChoiceField(choices=Role.choices, label="Role", initial=Role.REVIEWER)

    def clean_username(self) -> User:
        name = str(self.cleaned_data["username"]).strip()
        person = User.objects.filter(username__iexact=name, is_active=True).first()
        if person is None:
            raise forms.ValidationError(f"Nobody signs in as “{name}”. A site admin adds people.")
        return person


def model_facts() -> list[dict[str, str]]:
    """What each model on offer can do, for the table beside the choice."""
    return [
        {
            "label": model.label,
            "vendor": registry.label(model.vendor),
            "price": price_words(model),
            "durations": duration_words(model),
            "aspects": ", ".join(text_aspects(model)),
            "prompt": f"{model.prompt_limit:,}",
            "negative": "yes" if model.negative_prompt else "no",
        }
        for model in text_models()
    ]
