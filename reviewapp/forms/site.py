"""The admin's forms for people. A secret goes in and never comes out again."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError

from reviewapp.forms.secrets import secret_input
from reviewapp.models import User

ONCE_MORE = "For safety this is never shown again, not even here. Enter it once more when the rest is right."


class DetailsForm(forms.Form):
    """What is known about a person; everything else follows from what they do."""

    full_name = forms.CharField(
        max_length=150, label="Full name", help_text="As colleagues read it beside a decision."
    )
    email = forms.EmailField(required=False, label="Email")

    def clean_full_name(self) -> str:
        return " ".join(str(self.cleaned_data["full_name"]).split())


class PasswordForm(forms.Form):
    """A new password for somebody else, who should change it after the first sign-in."""

    password = forms.CharField(
        label="New password",
        widget=secret_input("new-password"),
        help_text=password_validators_help_text_html(),
        strip=False,
    )

    def __init__(self, *args: Any, person: User | None = None, **kwargs: Any) -> None:
        self.person = person
        super().__init__(*args, **kwargs)

    def _candidate_person(self) -> User | None:
        return self.person

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if password := data.get("password"):
            try:
                validate_password(password, self._candidate_person())
            except ValidationError as error:
                self.add_error("password", error)
            if self.errors and "password" not in self.errors:
                self.add_error("password", ONCE_MORE)
        return data


class PersonForm(DetailsForm, PasswordForm):
    """A new person, with a first password that the admin hands over."""

    username = forms.CharField(
        max_length=150,
        label="Sign-in name",
        validators=[UnicodeUsernameValidator()],
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
        help_text="Letters, digits and @ . + - _ only. It cannot be changed later.",
    )
    field_order = ("username", "full_name", "email", "password")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].label = "First password"

    def _candidate_person(self) -> User:
        data = self.cleaned_data
        return User(
            username=data.get("username", ""),
            first_name=data.get("full_name", ""),
            email=data.get("email", ""),
        )

    def clean_username(self) -> str:
        name = str(User.normalize_username(self.cleaned_data["username"]))
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError(f"Somebody already signs in as {name}. Choose another name.")
        return name
