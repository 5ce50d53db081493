"""How a person wants to be told, and where their mail goes."""

from __future__ import annotations

from typing import Any

from django import forms

from reviewapp import mailing, notices
from reviewapp.models import EventKind, MailTiming, NotifyChoice, Project, User

# What each choice comes to, said beside it.
MEANS = {
    MailTiming.NOW: "A mail a minute after something happens, with all that came in that minute.",
    MailTiming.HOURLY: "At most one mail an hour, at the full hour, when there is something new.",
    MailTiming.DAILY: "At most one mail a day, at 8 in the morning, when there is something new.",
    MailTiming.OFF: "No mail. What happens still stands under the bell.",
}


class ChoiceForm(forms.Form):
    """The usual way, or the way for one project."""

    mail = forms.ChoiceField(choices=MailTiming.choices, widget=forms.RadioSelect, label="Mail")
    push = forms.BooleanField(required=False, label="Push messages to the browsers where I allowed them")
    kinds = forms.MultipleChoiceField(
        choices=EventKind.choices, required=False, widget=forms.CheckboxSelectMultiple, label="Tell me of"
    )

    def __init__(self, *args: Any, person: User, project: Project | None, **kwargs: Any) -> None:
        self.person, self.project = person, project
        way = notices.ways([person.pk], project.pk if project else None).get(person.pk, notices.Way())
        wanted = [kind for kind in EventKind.values if kind not in way.muted]
        super().__init__(*args, **kwargs)
        self.initial = {"mail": way.mail, "push": way.push, "kinds": wanted}

    @property
    def timings(self) -> list[tuple[Any, str]]:
        """The ways of mail as fields, each with what it comes to."""
        return list(zip(self["mail"], MEANS.values(), strict=True))

    def save(self) -> None:
        data = self.cleaned_data
        muted = set(EventKind.values) - set(data["kinds"])
        mail = MailTiming(data["mail"])
        notices.choose(self.person, self.project, mail=mail, push=data["push"], muted=muted)


class AddressForm(forms.Form):
    """A new address of one's own; it counts once the link that is sent there was followed."""

    address = forms.EmailField(
        max_length=254,
        label="New address",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Write the address that your mail is to go to."},
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"])
        if address == self.person.email:
            raise forms.ValidationError("Your mail goes to this address already.")
        return address

    def send(self) -> bool:
        """Send the link; False, with its sentence at the field, when too many were asked for."""
        try:
            mailing.ask_to_confirm(self.person, self.cleaned_data["address"])
        except mailing.TooMany as error:
            self.add_error("address", str(error))
            return False
        return True


def others(person: User) -> list[NotifyChoice]:
    """The projects for which this person has chosen otherwise, of those they may see."""
    rows = NotifyChoice.objects.filter(user=person, project__in=Project.objects.visible_to(person))
    return list(rows.select_related("project").order_by("project__name"))
