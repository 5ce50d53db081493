"""From Runcrate's answers to ours: states, reasons wherever they may be, error codes, the balance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from providers.contract import JobState
from providers.errors import (
    AuthFailed,
    ContentRefused,
    FieldIssue,
    InvalidRequest,
    OutOfCredit,
    ProviderError,
    RateLimited,
)

OVER = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.REFUSED})

_STATES = {
    "queued": JobState.QUEUED,
    "processing": JobState.RUNNING,
    "completed": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
}
_REFUSALS = frozenset({"content_policy_violation", "content_filter", "moderation_blocked"})
# Runcrate documents no code for refusals and passes makers' sentences on, so the sentence is read as well.
_REFUSAL_WORDS = re.compile(
    r"\b(content|usage|safety) (policy|policies|filters?|systems?|guidelines)\b|\bmoderat(ed|ion)\b", re.I
)
# The same request may pass after these; any other code speaks of the request itself.
_PASSING = frozenset({"", "api_error", "internal_error", "server_error", "timeout"})
_OUR_FIELDS = {
    "prompt": "prompt",
    "model": "model",
    "duration": "duration_s",
    "aspect_ratio": "size",
    "width": "size",
    "height": "size",
    "image": "first_frame",
}

REFUSED = (
    "The safety system says no to this prompt or picture. Nothing was spent. Change it, then send again."
)
# What a code means, whatever the status it came with: the error and what a person reads.
CODES: Mapping[str, tuple[type[ProviderError], str]] = {
    "budget_exceeded": (
        OutOfCredit,
        "The spending limit set on this Runcrate key is reached. Nothing was spent. Raise it at Runcrate.",
    ),
    "insufficient_credits": (
        OutOfCredit,
        "The Runcrate account has too little credit. Nothing was spent. Buy credits.",
    ),
    "invalid_api_key": (AuthFailed, "Runcrate does not know this key. Nothing was spent. Enter it again."),
    "model_not_found": (
        InvalidRequest,
        "Runcrate has no model of this slug. Nothing was spent. An own catalogue file can name another slug.",
    ),
    "rate_limit_exceeded": (RateLimited, "Runcrate asks for a pause. Nothing was spent."),
    **dict.fromkeys(_REFUSALS, (ContentRefused, REFUSED)),
}


def state_of(status: str, code: str, words: str) -> JobState:
    """Our state for Runcrate's status; a failure by a safety system is a refusal."""
    state = _STATES.get(status, JobState.UNKNOWN)
    return JobState.REFUSED if state is JobState.FAILED and is_refusal(code, words) else state


def is_refusal(code: str, words: str) -> bool:
    """Whether an error is a safety system's, by its code or by a sentence that says so."""
    return code in _REFUSALS or _REFUSAL_WORDS.search(words) is not None


def retry_helps(code: str) -> bool:
    """Whether the very same request may succeed later."""
    return code in _PASSING


def error_in(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Code and sentence of an error, from whichever of four shapes it has; empty where there is none.

    `{error: {code, message}}`, `{error: text}`, `{message, code}` and `{detail}`, as Runcrate's own client
    reads them. A failed job's reason is documented nowhere, and is looked for in the same places.
    """
    error = answer.get("error")
    inner = error if isinstance(error, dict) else {}
    code = _text(inner.get("code")) or _text(answer.get("code"))
    for found in (error, inner.get("message"), answer.get("message"), answer.get("detail")):
        if isinstance(found, str) and found:
            return code, found
    return code, " ".join(words for _, words in _complaints(answer) if words)


def issues_of(answer: Mapping[str, Any]) -> tuple[FieldIssue, ...]:
    """The wrong fields of a 422 by our names, where its detail lists them."""
    return tuple(FieldIssue(_OUR_FIELDS.get(name, "extra"), words) for name, words in _complaints(answer))


def balance_of(answer: Mapping[str, Any]) -> Decimal | None:
    """The dollars left, less what is being used just now where that is told; None where nothing is."""
    data = answer.get("data")
    told = data if isinstance(data, dict) else {}
    for name in ("floating_balance_usd", "creditsBalance"):
        value = told.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            number = Decimal(str(value))
            return number if number.is_finite() else None
    return None


def _complaints(answer: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Field and sentence of each entry of a detail that is a list."""
    detail = answer.get("detail")
    entries = [one for one in detail if isinstance(one, dict)] if isinstance(detail, list) else []
    return [(_last(one.get("loc")), _text(one.get("msg"))) for one in entries]


def _last(place: object) -> str:
    names = [part for part in place if isinstance(part, str)] if isinstance(place, list) else []
    return names[-1] if names else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
