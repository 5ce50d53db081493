"""Signing in and changing one's own password."""

from __future__ import annotations

from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    """Django's own form; the sentence says what to do next and does not tell which of the two was wrong."""

    error_messages = {
        "invalid_login": "That name and password do not belong together. Passwords mind upper and lower "
        "case; if you have lost yours, ask an admin of this site for a new one.",
        "inactive": "This account has been deactivated. Ask an admin of this site.",
    }
