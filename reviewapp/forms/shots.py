"""The producer's forms about shots: the brief, a split, an order, and what became of an uncertain call."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any, cast

from django import forms

from providers import catalog
from providers.contract import GenerationRequest
from providers.errors import Unsupported
from reviewapp.forms.projects import price_words
from reviewapp.generation import prompt_for
from reviewapp.models import Project, Shot
from reviewapp.projects import text_models
from reviewapp.shotlist import lines
from reviewapp.shotlist.lines import number

# The catalogue names a request's fields; a shot's form has its own.
FIELD_OF_ISSUE = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "duration_s": "duration_s",
    "size": "aspect",
    "model": "model",
}


class Text(forms.CharField):
    """Text that is read by the same rules as the shot list's file, so that both refuse the same things."""

    def __init__(self, read: Callable[[str], Any], **kwargs: Any) -> None:
        super().__init__(strip=False, **kwargs)
        self.read = read

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value))
        if not text.strip() and not self.required:
            return ""
        try:
            return self.read(text)
        except lines.BadValue as bad:
            raise forms.ValidationError(str(bad)) from bad


def _area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def model_choices(project: Project, first: str) -> list[tuple[str, str]]:
    """The models a shot of this project may use, priced; `first` is what leaving it open means."""
    offered = [(model.id, f"{model.label} · {price_words(model)}") for model in text_models(project.provider)]
    return [("", first), *offered]


class ShotForm(forms.Form):
    """The brief of one shot, checked against the model that will make it."""

    code = Text(lines.read_code, help_text="Letters, digits, _ - and . such as SQ010_SH0020.")
    sequence = Text(
        lambda text: " ".join(lines.read_text(text, lines.MAX_SEQUENCE, "sequence").split()), required=False
    )
    prompt = Text(lines.read_prompt, widget=_area(6))
    negative_prompt = Text(
        lambda text: lines.read_text(text, lines.MAX_NEGATIVE, "negative prompt"),
        required=False,
        widget=_area(2),
        help_text="What must not be seen. Only some models take it.",
    )
    duration_s = Text(lines.read_seconds, label="Seconds")
    aspect = Text(lines.read_aspect, help_text="Such as 16:9.")
    model = forms.ChoiceField(required=False)
    acceptance = Text(
        lines.read_acceptance,
        required=False,
        widget=_area(4),
        label="Acceptance criteria",
        help_text="One on each line: what a reviewer looks for.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        label = catalog_label(project.provider, project.model)
        choices = model_choices(project, f"As the project: {label}")
        chosen = self.initial.get("model", "")
        if chosen and chosen not in dict(choices):
            # A model that was switched off since is still what the shot says, until a producer changes it.
            choices.append((chosen, f"{chosen} · no longer offered"))
        cast(forms.ChoiceField, self.fields["model"]).choices = choices

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if {"prompt", "duration_s", "aspect", "model"} <= data.keys():
            for field, sentence in brief_issues(self.project, data):
                self.add_error(field if field in self.fields else None, sentence)
        return data

    def brief(self) -> dict[str, Any]:
        return {field: value for field, value in self.cleaned_data.items() if field != "code"}


def catalog_label(vendor: str, model_id: str) -> str:
    try:
        return catalog.model(vendor, model_id).label
    except Unsupported:
        return model_id


def brief_issues(project: Project, brief: dict[str, Any]) -> list[tuple[str, str]]:
    """What the model of a brief cannot express, as (field of the form, sentence)."""
    model_id = brief["model"] or project.model
    try:
        model = catalog.model(project.provider, model_id)
        width, height = catalog.size_for(model, brief["aspect"], "text")
    except Unsupported as error:
        return [(FIELD_OF_ISSUE.get(issue.field, ""), issue.message) for issue in error.issues]
    # Asked of a shot that is never saved, so that the style text counts as it will for the real one.
    negative = brief.get("negative_prompt", "")
    prompt, negative = prompt_for(Shot(project=project, prompt=brief["prompt"], negative_prompt=negative))
    request = GenerationRequest(
        model=model_id,
        prompt=prompt,
        negative_prompt=negative,
        duration_s=float(brief["duration_s"]),
        width=width,
        height=height,
    )
    issues = catalog.check_request(request, project.provider)
    return [(FIELD_OF_ISSUE.get(issue.field, ""), _words(project, issue)) for issue in issues]


def _words(project: Project, issue: Any) -> str:
    if issue.field == "prompt" and project.style_text.strip():
        return f"{issue.message} The project's style text counts with it."
    return str(issue.message)


def initial_of(shot: Shot) -> dict[str, Any]:
    return {
        "code": shot.code,
        "sequence": shot.sequence,
        "prompt": shot.prompt,
        "negative_prompt": shot.negative_prompt,
        "duration_s": number(Decimal(shot.duration_s)),
        "aspect": shot.aspect,
        "model": shot.model,
        "acceptance": shot.acceptance,
    }


class SplitForm(forms.Form):
    """One shot becomes two: what each of them shows, and how long."""

    first_prompt = Text(lines.read_prompt, widget=_area(5), label="This shot shows")
    first_seconds = Text(lines.read_seconds, label="Seconds")
    code = Text(lines.read_code, label="Code of the new shot")
    second_prompt = Text(lines.read_prompt, widget=_area(5), label="The new shot shows")
    second_seconds = Text(lines.read_seconds, label="Seconds")

    def __init__(self, *args: Any, shot: Shot, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.shot = shot

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for part in ("first", "second"):
            if {f"{part}_prompt", f"{part}_seconds"} <= data.keys():
                self._check(part, data)
        return data

    def _check(self, part: str, data: dict[str, Any]) -> None:
        brief = initial_of(self.shot) | {
            "prompt": data[f"{part}_prompt"],
            "duration_s": data[f"{part}_seconds"],
        }
        fields = {"prompt": f"{part}_prompt", "duration_s": f"{part}_seconds"}
        for field, sentence in brief_issues(self.shot.project, brief):
            self.add_error(fields.get(field), sentence)


class GenerateForm(forms.Form):
    """How many clips of each shot, with which model, and the word on going over a budget that only warns."""

    count = forms.IntegerField(
        min_value=1,
        max_value=8,
        label="Clips of each shot",
        error_messages={
            "min_value": "Ask for 1 to 8 clips of each shot.",
            "max_value": "Ask for 1 to 8 clips of each shot.",
        },
    )
    model = forms.ChoiceField(required=False, label="Model")
    over = forms.BooleanField(required=False, label="Go over the budget")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["model"]).choices = model_choices(project, "As each shot says")


class ConfirmForm(forms.Form):
    """What the confirmed page showed: the click's own token and the price that was agreed to."""

    token = forms.UUIDField(initial=uuid.uuid4)
    expected = forms.DecimalField(max_digits=14, decimal_places=4)


class FoundForm(forms.Form):
    """The provider job that a person has found for an uncertain call."""

    job_id = forms.CharField(
        max_length=300,
        label="Provider job",
        error_messages={"required": "Write the job's id as the provider shows it."},
    )

    def clean_job_id(self) -> str:
        job_id = str(self.cleaned_data["job_id"])
        if any(char.isspace() or not char.isprintable() for char in job_id):
            raise forms.ValidationError("A job's id holds no blanks. Copy it once more.")
        return job_id
