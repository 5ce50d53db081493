"""The form of a receiver of events. Its address is a secret: it goes in and never comes out again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.views.decorators.debug import sensitive_variables

from reviewapp.forms.addresses import check_receiver_url
from reviewapp.forms.secrets import secret_input
from reviewapp.models import EventKind, HookStyle, OutgoingHook, Project


class ReceiverForm(forms.Form):
    """A new receiver, or one that is changed: then an empty address keeps the stored one."""

    name = forms.CharField(label="Name", max_length=80, error_messages={"required": "Give it a name."})
    style = forms.ChoiceField(
        label="What it takes",
        choices=HookStyle.choices,
        help_text="Slack-compatible: also Mattermost, Rocket.Chat, and Discord with /slack at the end.",
    )
    url = forms.CharField(
        label="Address",
        max_length=2000,
        widget=secret_input("off"),
        error_messages={"required": "Paste the address, beginning with https://."},
    )
    kinds = forms.MultipleChoiceField(
        label="What to tell",
        choices=EventKind.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick what it is to be told of."},
    )

    def __init__(self, *args: Any, project: Project, hook: OutgoingHook | None = None, **kwargs: Any) -> None:
        self.project, self.hook = project, hook
        if hook is not None:
            kwargs["initial"] = {"name": hook.name, "kinds": hook.kinds}
        super().__init__(*args, **kwargs)
        if hook is None:
            self.fields["kinds"].initial = EventKind.values
            self.fields[
                "url"
            ].help_text = "Kept encrypted and never shown again: whoever knows it can write there."
            return
        del self.fields["style"]
        address: Any = self.fields["url"]
        address.required, address.label = False, "New address"
        address.says_optional = False
        address.help_text = f"Empty keeps the stored one, at {hook.host}."

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = self.project.outgoing_hooks.filter(name__iexact=name)
        if any(other != self.hook for other in same):
            raise forms.ValidationError("Another receiver of this project has this name.")
        return name

    @sensitive_variables()
    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        return check_receiver_url(url) if url else ""
