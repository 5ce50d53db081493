"""What Kling's error codes mean. They decide and not the status: 429 alone stands for six things here."""

from __future__ import annotations

import re
from typing import Any

from providers.errors import (
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    OutOfCredit,
    RateLimited,
    Rejected,
)

# Source: the vendor's page of error codes, read in 2026-09. Every sentence is followed by what was spent.
MEANINGS: dict[int, tuple[type[Rejected], str]] = {
    1000: (AuthFailed, "Kling refuses the key"),
    1001: (AuthFailed, "Kling saw no key"),
    1002: (AuthFailed, "Kling does not know this key, or it does not reach this model"),
    1003: (AuthFailed, "Kling says that our token is not valid yet: set this machine's clock, it runs ahead"),
    1004: (AuthFailed, "Kling says that our token is over: set this machine's clock, it runs behind"),
    1100: (AuthFailed, "Something is wrong with the account at Kling. See Kling's console"),
    1101: (OutOfCredit, "The account at Kling is in arrears. Pay it up"),
    1102: (OutOfCredit, "The resource pack at Kling is used up or over. Buy another"),
    1103: (AuthFailed, "The account at Kling has no right to this model or call"),
    1200: (InvalidRequest, "Kling refuses the request"),
    1201: (InvalidRequest, "Kling refuses a value of the request"),
    1202: (InvalidRequest, "Kling knows no such call. Check the option “base_url”"),
    1203: (InvalidRequest, "Kling knows no such model or resource"),
    1300: (ContentRefused, "A policy of Kling's platform blocks this request. Change it"),
    1301: (ContentRefused, "Kling's safety system refuses the words or a picture. Change them"),
    1302: (RateLimited, "Kling asks for a pause: too many requests"),
    1303: (
        RateLimited,
        "Kling is making as many clips as the pack allows. One more goes when one is done",
    ),
    1304: (AuthFailed, "Kling does not let this machine in: its address is not on the account's list"),
}
NOT_FOUND = frozenset({1201, 1203})
_ALREADY = re.compile(r"already\s+exist", re.I)


class AlreadyOrdered(InvalidRequest):
    """Kling has a job of this very mark: an earlier call of ours was taken after all."""


def code_of(answer: dict[str, Any] | None) -> int | None:
    """The code of an answer, 0 for a good one; None where it has none."""
    code = (answer or {}).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def refusal_of(code: int, words: str, facts: dict[str, Any], *, paid: bool) -> Rejected | None:
    """The error of a code that took nothing; None for one that this page does not know."""
    if code not in MEANINGS:
        return None
    if paid and code == 1201 and _ALREADY.search(words):
        return AlreadyOrdered("Kling has this order already.", **facts)
    kind, sentence = MEANINGS[code]
    said = f" {words}" if kind is InvalidRequest and words else ""
    return kind(f"{sentence} ({code}). Nothing was spent.{said}", **facts)
