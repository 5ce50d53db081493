"""How an account proves itself to Kling: with an API key, or with tokens signed by its secret key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt

from providers.errors import NotConfigured
from providers.options import secret_option

LIFE_S = 1800
# A token counts from a little ago, so that a clock that runs ahead does not spoil it.
BACKDATED_S = 5
# Tokens are made for each call, so they can be known by their form only.
TOKEN = re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]+")


@dataclass(frozen=True)
class Account:
    """Either `api_key`, which reaches every model, or the pair, which reaches only the older standard."""

    api_key: str = field(default="", repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)

    def bearer(self, now: float) -> str:
        """What goes behind "Bearer". `now` is in Unix seconds."""
        return self.api_key or token(self.access_key, self.secret_key, int(now))


def token(access_key: str, secret_key: str, now: int) -> str:
    """A JSON Web Token as Kling's pages describe it, good for half an hour."""
    claims = {"iss": access_key, "exp": now + LIFE_S, "nbf": now - BACKDATED_S}
    return jwt.encode(claims, secret_key, algorithm="HS256")


def read_account(options: Mapping[str, Any], label: str) -> Account:
    """The account in the options; the API key where both are given. Raises `NotConfigured`."""
    if _given(options, "api_key"):
        return Account(api_key=secret_option(options, "api_key", label))
    if not _given(options, "access_key") and not _given(options, "secret_key"):
        raise NotConfigured(
            f"{label} needs the option “api_key”, or “access_key” with “secret_key”, and all are empty. "
            "Nothing was sent."
        )
    return Account(
        access_key=secret_option(options, "access_key", label),
        secret_key=secret_option(options, "secret_key", label),
    )


def _given(options: Mapping[str, Any], name: str) -> bool:
    value = options.get(name)
    return value is not None and bool(str(value).strip())
