"""Who calls: an API key, or a token that is really checked against the secret of one known pair of keys."""

from __future__ import annotations

import re
from collections.abc import Mapping

import jwt

from providers.sandbox.kling_rules import Refused
from providers.sandbox.wire import bearer

# The one pair of keys that the sandbox knows; see docs/providers/kling.md.
ACCESS_KEY = "AKsandbox00000000000000000000000001"
SECRET_KEY = "SKsandbox00000000000000000000000001"  # noqa: S105 it opens nothing but the sandbox
API_KEY = re.compile(r"[A-Za-z0-9_-]{20,200}")


def account_of(headers: Mapping[str, str], *, legacy: bool) -> str:
    """What names the account: the API key, or the access key. Raises `Refused` with 1001 to 1004."""
    if not headers.get("authorization", "").strip():
        raise Refused(401, 1001, "Authorization is empty")
    given = bearer(headers)
    if given.count(".") == 2:
        if not legacy:
            raise Refused(401, 1002, "The current API does not support AK/SK")
        return _signed(given)
    if not API_KEY.fullmatch(given):
        raise Refused(401, 1002, "Authorization is invalid")
    return given


def name_of(headers: Mapping[str, str]) -> str:
    """The same for the list of calls, without a check."""
    given = bearer(headers)
    try:
        claims = jwt.decode(given, options={"verify_signature": False}) if given.count(".") == 2 else {}
    except jwt.PyJWTError:
        return ""
    issuer = claims.get("iss", given)
    return issuer if isinstance(issuer, str) else ""


def _signed(token: str) -> str:
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"], options={"require": ["iss", "exp"]})
    except jwt.ImmatureSignatureError:
        raise Refused(401, 1003, "Authorization is not yet valid") from None
    except jwt.ExpiredSignatureError:
        raise Refused(401, 1004, "Authorization has expired") from None
    except jwt.PyJWTError:
        raise Refused(401, 1002, "Authorization is invalid") from None
    if claims["iss"] != ACCESS_KEY:
        raise Refused(401, 1002, "Authorization is invalid")
    return ACCESS_KEY
