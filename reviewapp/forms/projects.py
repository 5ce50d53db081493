"""The producer's forms about a project: its settings and its people."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms

from reviewapp import choices, wishes
from reviewapp.choices import Choice
from reviewapp.forms import engines
from reviewapp.models import Project, Role, User
from reviewapp.shotlist.lines import BadValue, number, read_aspect, read_seconds
from reviewapp.wishes import Wish

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
    "max_length": "At most %(limit_value)s characters; this has %(show_value)s.",
}
DOLLARS = dict.fromkeys(
    ("invalid", "min_value", "max_digits", "max_whole_digits", "max_decimal_places"),
    "Write an amount in US dollars from 0 up, such as 120.50.",
)


class NewProjectForm(_ProjectModelForm):
    """What a project needs to begin. Everything else has a sensible default and can be set later."""

    engine = forms.ChoiceField(label="Model", error_messages={"invalid_choice": engines.GONE})
    duration_s = forms.CharField(label="Seconds of a clip", max_length=20, widget=forms.Select)
    aspect = forms.CharField(label="Aspect", max_length=10, widget=forms.Select)

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
        for name in self.fields:
            if name.endswith("_usd"):
                self.fields[name].error_messages |= DOLLARS
        self.keys = choices.key_states()
        # A shot begins without a picture, so what a project's shots are made with starts from words.
        self.models = [model for model in choices.on_offer(self.keys) if "text" in model.modes]
        now = Choice.of_project(self.instance)
        engines.select_of(self.fields["engine"], self.models, self.keys, now, "")
        stored = {"engine": now.value, "duration_s": number(self.instance.duration_s)}
        self.initial.update(stored | (kwargs.get("initial") or {}))
        self._offer_what_the_choice_can()

    def _offer_what_the_choice_can(self) -> None:
        choice = Choice.read(str(self["engine"].value() or ""))
        seconds, aspect = str(self["duration_s"].value() or ""), str(self["aspect"].value() or "")
        wish = self._wish(engines.seconds_of(seconds), engines.aspect_of(aspect))
        found = wishes.makers(choice, wish, self.models)
        engines.offer_lengths(self.fields["duration_s"], seconds, found)
        engines.offer_aspects(self.fields["aspect"], aspect, found)
        self.offer = engines.offer_of(found, wish, self.keys)

    def _wish(self, seconds: Decimal | None, aspect: str) -> Wish:
        # Any word will do: every shot brings its own.
        return Wish("A shot.", "", seconds, aspect)

    def clean_name(self) -> str:
        return " ".join(str(self.cleaned_data["name"]).split())

    def clean_style_text(self) -> str:
        return str(self.cleaned_data["style_text"]).replace("\r\n", "\n").strip()

    def clean_duration_s(self) -> Any:
        try:
            return read_seconds(self.cleaned_data["duration_s"])
        except BadValue as bad:
            raise forms.ValidationError(str(bad)) from bad

    def clean_aspect(self) -> str:
        try:
            return read_aspect(str(self.cleaned_data["aspect"]))
        except BadValue as bad:
            raise forms.ValidationError(str(bad)) from bad

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "engine" not in data:
            return data
        choice = Choice.read(data["engine"])
        data["routing"] = choice.routing
        if choice.model:
            data["provider"], data["model"] = choice.provider, choice.model
        wish = self._wish(data.get("duration_s"), data.get("aspect", ""))
        for field, sentence in engines.issues_of(choice, wish, self.models):
            self.add_error(field if field in self.fields else None, sentence)
        return data

    def settings(self) -> dict[str, Any]:
        """What was chosen, by the project's own columns."""
        return {field: value for field, value in self.cleaned_data.items() if field != "engine"}


class ProjectForm(NewProjectForm):
    """Every setting of a project."""

    class Meta(NewProjectForm.Meta):
        fields = [
            *NewProjectForm.Meta.fields,
            "daily_budget_usd",
            "shot_budget_usd",
            "budget_mode",
            "hold_seconds",
            "retake_policy",
            "confirm_retakes",
            "round_cap",
            "auto_approve_score",
            "audit_share",
            "learns",
            "frame_base",
            "retention_days",
        ]
        labels = NewProjectForm.Meta.labels | {
            "daily_budget_usd": "Daily budget in US dollars",
            "shot_budget_usd": "Budget of one shot in US dollars",
            "budget_mode": "At a budget",
            "hold_seconds": "Hold in seconds",
            "retake_policy": "When a retake starts",
            "confirm_retakes": "A producer confirms each retake",
            "round_cap": "Rounds a shot may take",
            "auto_approve_score": "Approve the best clip by itself from this score",
            "audit_share": "Share of these that people see all the same",
            "learns": "Learn from the decisions of this project’s reviewers",
            "frame_base": "The first frame is called",
            "retention_days": "Days that clips nobody chose are kept",
        }
        help_texts = NewProjectForm.Meta.help_texts | {
            "daily_budget_usd": "A day begins at midnight UTC. Empty means no limit.",
            "shot_budget_usd": "Empty means no limit.",
            "budget_mode": "Holds for all three. Under a cap, clips without room wait for it.",
            "hold_seconds": "How long a retake can be undone free of charge, 0 to 3600.",
            "round_cap": "After this many rounds a shot comes to the producer and does not loop on.",
            "auto_approve_score": (
                "0 to 1, for example 0.9. When all clips of a round are there, the first of them is approved "
                "if it passes the checks with at least this score. Close calls, clips of which little could "
                "be measured, and rounds in which people have begun to decide go to people; the shot’s page "
                "says why. Empty means that people approve."
            ),
            "audit_share": (
                "0 to 1, for example 0.05 for one in twenty. Drawn at random and shown to reviewers like any "
                "other clip, so that you can see how often they agree. 0 shows none, 1 shows all."
            ),
            "learns": (
                "What your reviewers approve and reject corrects the score of the checks, once that is seen "
                "to be better on shots it has not learned from. It changes the order, and the score that "
                "approves by itself; it never makes a pass of what the checks reject or doubt."
            ),
            "frame_base": "0, 1 or, as films often count, 1001.",
            "retention_days": (
                "So many days after a clip was rejected, passed over or failed, its file is removed. "
                "Its poster, notes, prompt and price stay. Approved clips are never removed. Empty keeps all."
            ),
        }


class MemberForm(forms.Form):
    """Someone who can sign in already, and what they are in this project."""

    username = forms.CharField(
        max_length=150,
        label="Sign-in name",
        error_messages={"required": "Write the name with which they sign in."},
    )
    role = forms.ChoiceField(
        choices=Role.choices,
        label="Role",
        initial=Role.REVIEWER,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Choose reviewer or producer."),
    )

    def clean_username(self) -> User:
        name = str(self.cleaned_data["username"]).strip()
        person = User.objects.filter(username__iexact=name, is_active=True).first()
        if person is None:
            raise forms.ValidationError(f"Nobody signs in as “{name}”. A site admin adds people.")
        return person
