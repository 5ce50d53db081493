"""From Runway's answers to ours: states, costs, links, failure codes, limits and lists of wrong fields."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.contract import JobState, Output
from providers.errors import FieldIssue

USD_PER_CREDIT = Decimal("0.01")
# Links live 24 to 48 hours; the shorter figure is the one that can be relied on.
LINK_LIFE = timedelta(hours=24)
OVER = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.REFUSED, JobState.CANCELLED})

_STATES = {
    "PENDING": JobState.QUEUED,
    "THROTTLED": JobState.QUEUED,
    "RUNNING": JobState.RUNNING,
    "SUCCEEDED": JobState.SUCCEEDED,
    "FAILED": JobState.FAILED,
    "CANCELLED": JobState.CANCELLED,
}
_OUR_FIELDS = {
    "promptText": "prompt",
    "negativePrompt": "negative_prompt",
    "ratio": "size",
    "targetAspectRatio": "size",
    "duration": "duration_s",
    "promptImage": "first_frame",
    "videoUri": "source_video",
    "promptVideo": "source_video",
}


def state_of(status: str, code: str) -> JobState:
    """Our state for Runway's status; a failure by the safety system is a refusal."""
    state = _STATES.get(status, JobState.UNKNOWN)
    return JobState.REFUSED if state is JobState.FAILED and _is_refusal(code) else state


def issues_of(answer: dict[str, Any] | None) -> tuple[FieldIssue, ...]:
    """The wrong fields of a 400, by our names; Runway lists all of them at once."""
    listed = (answer or {}).get("issues")
    if not isinstance(listed, list):
        return ()
    return tuple(_issue(entry) for entry in listed if isinstance(entry, dict))


def _issue(entry: dict[str, Any]) -> FieldIssue:
    path, message = entry.get("path"), entry.get("message")
    first = str(path[0]) if isinstance(path, list) and path else ""
    return FieldIssue(_OUR_FIELDS.get(first, first), message if isinstance(message, str) else "")


def credits_of(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and number >= 0 else None


def dollars(cost: object) -> Decimal | None:
    amount = credits_of(cost.get("credits")) if isinstance(cost, dict) else None
    return None if amount is None else amount * USD_PER_CREDIT


def progress_of(value: object, state: JobState) -> float | None:
    if state is JobState.SUCCEEDED:
        return 1.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        return None
    return float(value)


def outputs_of(value: object) -> tuple[Output, ...]:
    if not isinstance(value, list):
        return ()
    expires = datetime.now(UTC) + LINK_LIFE
    links = [url for url in value if isinstance(url, str) and url]
    return tuple(Output(url=url, expires_at=expires, index=index) for index, url in enumerate(links))


def _is_refusal(code: str) -> bool:
    """`SAFETY.*` and `INPUT_PREPROCESSING.SAFETY.*`; parts after the second are not to be relied on."""
    parts = code.split(".")
    return parts[0] == "SAFETY" or parts[:2] == ["INPUT_PREPROCESSING", "SAFETY"]


def retry_helps(code: str) -> bool:
    """Whether the very same request may succeed later.

    `INTERNAL.BAD_OUTPUT` is left out: the vendor advises to change the input first.
    """
    parts = code.split(".")
    if parts[:2] == ["INTERNAL", "BAD_OUTPUT"]:
        return False
    return parts[0] in {"", "INTERNAL"} or parts[:2] in (
        ["INPUT_PREPROCESSING", "INTERNAL"],
        ["THIRD_PARTY", "UNAVAILABLE"],
    )


def limits_of(answer: dict[str, Any]) -> dict[str, int]:
    """Flat limits by model: at once, a day, used today. The vendor's `null`, no limit, is left out."""
    tier, usage = _dict(answer.get("tier")), _dict(answer.get("usage"))
    limits: dict[str, object] = {"credits a month": tier.get("maxMonthlyCreditSpend")}
    for name, entry in _dict(tier.get("models")).items():
        limits[f"{name} at once"] = _dict(entry).get("maxConcurrentGenerations")
        limits[f"{name} a day"] = _dict(entry).get("maxDailyGenerations")
    for name, entry in _dict(usage.get("models")).items():
        limits[f"{name} used today"] = _dict(entry).get("dailyGenerations")
    return {key: value for key, value in limits.items() if isinstance(value, int)}


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
