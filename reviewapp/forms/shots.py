"""The producer's forms about shots: the brief, a split, an order, and what became of an uncertain call."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms

from providers.catalog import Model
from reviewapp import choices, inputs, wishes
from reviewapp.choices import Choice
from reviewapp.forms import engines
from reviewapp.generation import prompt_for
from reviewapp.models import Project, Shot, ShotInput
from reviewapp.shotlist import lines
from reviewapp.shotlist.lines import number
from reviewapp.wishes import Wish

Kind = ShotInput.Kind
NO_PROMPT = "The prompt is missing."
NO_SECONDS = "Say how many seconds the clip lasts."
ONE_TO_EIGHT = "Ask for 1 to 8 clips of each shot."


class Text(forms.CharField):
    """Text that is read by the same rules as the shot list's file, so that both refuse the same things."""

    def __init__(self, read: Callable[[str], Any], missing: str = "", **kwargs: Any) -> None:
        super().__init__(strip=False, error_messages={"required": missing} if missing else None, **kwargs)
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


class ShotForm(forms.Form):
    """The brief of one shot, held against the models that may make it."""

    code = Text(
        lines.read_code, "The code is missing.", help_text="Letters, digits, _ - and . such as SQ010_SH0020."
    )
    sequence = Text(
        lambda text: " ".join(lines.read_text(text, lines.MAX_SEQUENCE, "sequence").split()), required=False
    )
    prompt = Text(lines.read_prompt, NO_PROMPT, widget=_area(6))
    engine = forms.ChoiceField(required=False, label="Model", error_messages={"invalid_choice": engines.GONE})
    duration_s = Text(lines.read_seconds, NO_SECONDS, label="Seconds", widget=forms.Select)
    aspect = Text(lines.read_aspect, "Choose the shape of the picture.", widget=forms.Select)
    negative_prompt = Text(
        lambda text: lines.read_text(text, lines.MAX_NEGATIVE, "negative prompt"),
        required=False,
        # The blank is what a style sheet knows an empty field by.
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": " "}),
        help_text="What must not be seen. Only some models take it.",
    )
    acceptance = Text(
        lines.read_acceptance,
        required=False,
        widget=_area(4),
        label="Acceptance criteria",
        help_text="One on each line. What can be measured (5 s, no cut, a still, silent …) is checked; "
        "the rest is for people.",
    )

    def __init__(self, *args: Any, project: Project, shot: Shot | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        self.entries = inputs.present(shot) if shot is not None else []
        self.keys = choices.key_states()
        self.models = choices.on_offer(self.keys)
        first = f"As the project: {Choice.of_project(project).label}"
        now = Choice.read(str(self.initial.get("engine", "")))
        engines.select_of(self.fields["engine"], self.models, self.keys, now, first)
        self._offer_what_the_choice_can()

    def _typed(self, name: str) -> str:
        return str(self[name].value() or "")

    def _offer_what_the_choice_can(self) -> None:
        seconds, aspect = self._typed("duration_s"), self._typed("aspect")
        brief = {
            "prompt": self._typed("prompt"),
            "negative_prompt": self._typed("negative_prompt"),
            "duration_s": engines.seconds_of(seconds),
            "aspect": engines.aspect_of(aspect),
        }
        wish = wish_of(self.project, brief, self.roles)
        found = wishes.makers(choice_of(self.project, self._typed("engine")), wish, self.models)
        engines.offer_lengths(self.fields["duration_s"], seconds, found)
        engines.offer_aspects(self.fields["aspect"], aspect, found)
        source_s = next((row.duration_s for row in self.entries if row.role == Kind.SOURCE_VIDEO), None)
        self.offer = engines.offer_of(found, wish, self.keys, source_s)

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(row.role for row in self.entries)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        # A field that could not be read has said so already.
        unread = set(self.errors)
        if "engine" in data:
            for field, sentence in brief_issues(self.project, data, self.models, self.roles):
                if field not in unread:
                    self.add_error(field if field in self.fields else None, sentence)
        return data

    def brief(self) -> dict[str, Any]:
        """What was typed, by the shot's own columns."""
        columns = Choice.read(self.cleaned_data["engine"]).columns()
        return {
            field: value for field, value in self.cleaned_data.items() if field not in ("code", "engine")
        } | columns


def choice_of(project: Project, value: str) -> Choice:
    """What a shot's own list says, and the project's choice where it leaves it to that."""
    return Choice.read(value) if value else Choice.of_project(project)


def wish_of(project: Project, brief: Mapping[str, Any], roles: Sequence[str] = ()) -> Wish:
    """A brief as models are asked about it, with the style text as it will count for the real shot."""
    shot = Shot(
        project=project, prompt=brief.get("prompt", ""), negative_prompt=brief.get("negative_prompt", "")
    )
    prompt, negative = prompt_for(shot)
    return Wish(
        prompt if shot.prompt.strip() else "",
        negative,
        brief.get("duration_s"),
        brief.get("aspect", ""),
        tuple(roles),
    )


def brief_issues(
    project: Project, brief: Mapping[str, Any], models: Sequence[Model], roles: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """What the chosen model, or every model of the policy, cannot express: (field of the form, sentence)."""
    wish = wish_of(project, brief, roles)
    style = project.style_text.strip()
    return [
        (field, f"{words} The project's style text counts with it." if field == "prompt" and style else words)
        for field, words in engines.issues_of(choice_of(project, brief["engine"]), wish, models)
    ]


def initial_of(shot: Shot) -> dict[str, Any]:
    return {
        "code": shot.code,
        "sequence": shot.sequence,
        "prompt": shot.prompt,
        "negative_prompt": shot.negative_prompt,
        "duration_s": number(Decimal(shot.duration_s)),
        "aspect": shot.aspect,
        "engine": Choice.of_shot(shot).value,
        "acceptance": shot.acceptance,
    }


class SplitForm(forms.Form):
    """One shot becomes two: what each of them shows, and how long."""

    first_prompt = Text(lines.read_prompt, NO_PROMPT, widget=_area(5), label="This shot shows")
    first_seconds = Text(lines.read_seconds, NO_SECONDS, label="Seconds")
    code = Text(lines.read_code, "The code is missing.", label="Code of the new shot")
    second_prompt = Text(lines.read_prompt, NO_PROMPT, widget=_area(5), label="The new shot shows")
    second_seconds = Text(lines.read_seconds, NO_SECONDS, label="Seconds")

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
        roles = [row.role for row in inputs.present(self.shot)] if part == "first" else []
        for field, sentence in brief_issues(self.shot.project, brief, choices.on_offer(), roles):
            self.add_error(fields.get(field), sentence)


class GenerateForm(forms.Form):
    """How many clips of each shot, with which model, and the word on going over a budget that only warns."""

    count = forms.IntegerField(
        min_value=1,
        max_value=8,
        label="Clips of each shot",
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), ONE_TO_EIGHT),
    )
    engine = forms.ChoiceField(required=False, label="Model", error_messages={"invalid_choice": engines.GONE})
    over = forms.BooleanField(required=False, label="Go over the budget")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = choices.key_states()
        engines.select_of(self.fields["engine"], choices.on_offer(keys), keys, Choice(), "As each shot says")


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
        if "://" in job_id:
            raise forms.ValidationError("This is an address. Enter the job's id alone.")
        if not any(char.isalnum() for char in job_id):
            raise forms.ValidationError("A job's id holds letters or numbers. Copy it once more.")
        return job_id
