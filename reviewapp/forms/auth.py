"""Signing in and changing one's own password."""

from __future__ import annotations

from django import forms
from django.contrib.auth.forms import AuthenticationForm, UsernameField


class SignInForm(AuthenticationForm):
    """Django's own form; the sentence says what to do next and does not tell which of the two was wrong."""

    # One word for one thing: the members' and people's pages call it so.
    username = UsernameField(label="Sign-in name", widget=forms.TextInput(attrs={"autofocus": True}))
    error_messages = {
        "invalid_login": "That name and password do not belong together. Passwords mind upper and lower "
        "case; if you have lost yours, ask an admin of this site for a new one.",
        "inactive": "This account has been deactivated. Ask an admin of this site.",
    }
