"""From answers of OpenAI's Videos format to ours: states, progress, refusals and error codes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
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
# The longest wait that a poll is put off by, whatever the header says.
LONGEST_POLL_S = 300.0

_STATES = {
    "queued": JobState.QUEUED,
    "in_progress": JobState.RUNNING,
    "completed": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    # Only seen of batches: the job's time was over before it was made.
    "expired": JobState.FAILED,
}
_REFUSALS = frozenset({"moderation_blocked", "content_filter", "content_policy_violation"})
# The same request may pass after these; the other codes speak of the request itself.
_PASSING = frozenset({"", "internal_error", "server_error", "rate_limit_exceeded"})

_REFUSED = (
    "The safety system says no to this prompt or picture. Nothing was spent. Change it, then send again."
)
# What a code means, whatever the status it came with: the error and what a person reads.
CODES: Mapping[str, tuple[type[ProviderError], str]] = {
    "content_policy_violation": (ContentRefused, _REFUSED),
    "moderation_blocked": (ContentRefused, _REFUSED),
    "content_filter": (ContentRefused, _REFUSED),
    "insufficient_quota": (
        OutOfCredit,
        "The account has no credit left, or has reached its limit. Nothing was spent. Buy credit.",
    ),
    "billing_hard_limit_reached": (
        OutOfCredit,
        "The account has reached the limit that was set for it. Nothing was spent. Raise the limit.",
    ),
    "rate_limit_exceeded": (RateLimited, "Too many requests in a minute. Nothing was spent."),
    "invalid_api_key": (AuthFailed, "The key is not known there. Nothing was spent. Enter the key again."),
    "unsupported_country_region_territory": (
        AuthFailed,
        "The service is not offered in the country this server calls from. Nothing was spent.",
    ),
    "model_not_found": (
        InvalidRequest,
        "The host serves no such model, or not to this account. Nothing was spent. Choose another model.",
    ),
}
_OUR_FIELDS = {
    "prompt": "prompt",
    "model": "model",
    "seconds": "duration_s",
    "size": "size",
    "input_reference": "first_frame",
    "video": "source_video",
}


def state_of(status: str, code: str) -> JobState:
    """Our state for the format's status; a failure by the safety system is a refusal."""
    state = _STATES.get(status, JobState.UNKNOWN)
    return JobState.REFUSED if state is JobState.FAILED and code in _REFUSALS else state


def retry_helps(status: str, code: str) -> bool:
    """Whether the very same request may succeed later."""
    return status == "failed" and code in _PASSING


def progress_of(value: object, state: JobState) -> float | None:
    """The percentage as 0 to 1."""
    if state is JobState.SUCCEEDED:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        return None
    return value / 100


def moment_of(value: object) -> datetime | None:
    """A time in Unix seconds; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def poll_wish(headers: Mapping[str, str]) -> float | None:
    """The seconds until the next poll that `openai-poll-after-ms` asks for."""
    try:
        seconds = float(headers.get("openai-poll-after-ms", "")) / 1000
    except ValueError:
        return None
    return min(seconds, LONGEST_POLL_S) if math.isfinite(seconds) and seconds > 0 else None


def error_of(answer: Mapping[str, Any] | None) -> dict[str, Any]:
    """The error object of an answer or of a job; empty where there is none."""
    error = (answer or {}).get("error")
    return error if isinstance(error, dict) else {}


def code_of(error: Mapping[str, Any]) -> str:
    """The code that `CODES` knows; some errors have it as their type as well, and gateways only there."""
    found = (error.get(name) for name in ("code", "type"))
    return next((code for code in found if isinstance(code, str) and code in CODES), "")


def issues_of(error: Mapping[str, Any], words: str) -> tuple[FieldIssue, ...]:
    """The wrong field by our name, where the error names one; any other came as an extra option."""
    param = error.get("param")
    if not isinstance(param, str) or not param:
        return ()
    first = param.replace("[", ".").partition(".")[0]
    return (FieldIssue(_OUR_FIELDS.get(first, "extra"), words),)
