"""Fields for secrets: what goes in is checked, and no answer ever holds it."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables

from providers.catalog import Credential
from reviewapp.models.keys import is_masked

LONGEST_TEXT, LONGEST_FILE = 4_000, 20_000
# Vendors let two signing secrets be in force while one replaces the other.
SEVERAL = frozenset({"webhook_secret"})


def secret_input(autocomplete: str) -> forms.PasswordInput:
    return forms.PasswordInput(attrs={"autocomplete": autocomplete, "spellcheck": "false"})


class SecretArea(forms.Textarea):
    """A field for a whole file that, like a password's, is always empty when the page comes back."""

    def format_value(self, value: Any) -> None:
        return None


class SecretField(forms.CharField):
    """One secret of a key. `says_optional` is off where an empty field keeps what is stored, or where another
    field may take its place: neither is optional as people read the word.
    """

    def __init__(self, one: Credential, *, stored: bool, help_text: str) -> None:
        self.says_optional = not stored and not one.either
        rows = {"rows": 6 if one.kind == "json" else 2, "autocomplete": "off", "spellcheck": "false"}
        whole = one.kind == "json" or one.name in SEVERAL
        super().__init__(
            label=f"New {lowered(one.label)}" if stored else one.label,
            help_text=help_text,
            required=one.required and not one.either and not stored,
            error_messages={"required": missing_words(one)},
            max_length=LONGEST_FILE if whole else LONGEST_TEXT,
            widget=SecretArea(attrs=rows) if whole else secret_input("off"),
        )


def lowered(label: str) -> str:
    """A label inside a sentence; what begins with several capitals stays, such as API."""
    return label if label[:2].isupper() else f"{label[0].lower()}{label[1:]}"


def missing_words(one: Credential) -> str:
    """What is said where a credential has to be given and is not."""
    return f"{'Paste' if one.kind == 'json' else 'Enter'} the {lowered(one.label)}."


def secret_name(one: Credential) -> str:
    return f"secret_{one.name}"


def option_name(one: Credential) -> str:
    return f"option_{one.name}"


def forget_name(one: Credential) -> str:
    return f"forget_{one.name}"


@sensitive_variables()
def clean_secret(one: Credential, typed: str) -> str:
    """The secret as it is stored, or a ValidationError that tells what is wrong and nothing of the value."""
    value = typed.strip()
    if not value:
        return ""
    if is_masked(value):
        raise ValidationError(
            "This is a masked key, with its middle left out. Copy the whole key at the provider."
        )
    if one.kind == "json":
        return _clean_json(value)
    parts = value.split() if one.name in SEVERAL else [value]
    if not all(part.isascii() and part.isprintable() and " " not in part for part in parts):
        raise ValidationError(
            "There are spaces, line breaks or letters in it that no key has. Copy it again at the provider."
        )
    return "\n".join(parts)


@sensitive_variables()
def _clean_json(value: str) -> str:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        # Without the reader's own words: they would quote the file.
        raise ValidationError("This is not the whole file. Paste all of it, from the first { to the last }.")
    return value
