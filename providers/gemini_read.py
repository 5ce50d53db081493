"""From an interaction to our job: states, clips, and refusals that look like successes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.contract import JobState
from providers.google_operations import Clip, Operation, clip_of
from providers.google_safety import explained, is_refusal, support_codes

# https://ai.google.dev/api/interactions-api; the names are those of Google's own library.
_STATES = {
    "queued": JobState.QUEUED,
    "in_progress": JobState.RUNNING,
    "completed": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
    "cancelled": JobState.CANCELLED,
    "incomplete": JobState.FAILED,
    "budget_exceeded": JobState.FAILED,
    "requires_action": JobState.FAILED,
    "requires_continuation": JobState.FAILED,
}
_WORDS = {
    "failed": "The model failed without saying why.",
    "incomplete": "The model stopped before the clip was whole.",
    "budget_exceeded": "The budget that was set at Google for this is used up.",
    "requires_action": "The model asks for a tool instead of making a clip.",
    "requires_continuation": "The model reached its limit for one request before the clip was whole.",
}
# The same order may succeed later: nothing in it was wrong.
_RETRY_HELPS = frozenset({"failed", "incomplete"})


def interaction_of(answer: Mapping[str, Any]) -> Operation | None:
    """The interaction in an answer; None where it makes no sense."""
    status = answer.get("status")
    if not isinstance(status, str) or not status:
        return None
    state = _STATES.get(status, JobState.UNKNOWN)
    if state is JobState.SUCCEEDED:
        return _completed(answer)
    if state is JobState.FAILED:
        return _failed(status, answer)
    return Operation(state, status=status)


def _completed(answer: Mapping[str, Any]) -> Operation | None:
    """A refusal is told as a completed interaction whose output is a text and no video."""
    parts = [part for step in _outputs(answer) for part in _dicts(step.get("content"))]
    clips = tuple(clip for clip in map(_clip, parts) if clip is not None)
    if clips:
        return Operation(JobState.SUCCEEDED, clips, status="completed")
    told = [part["text"] for part in parts if isinstance(part.get("text"), str) and part["text"].strip()]
    words = " ".join([*told, *_error_words(answer)])
    # What was made and counted is somewhere, even if not where it should be: no refusal.
    if not words or _counts_video(answer):
        return None
    return _refused(words, "completed")


def _failed(status: str, answer: Mapping[str, Any]) -> Operation:
    words = " ".join(_error_words(answer)) or _WORDS[status]
    if is_refusal(words):
        return _refused(words, status)
    return Operation(
        JobState.FAILED, code=status, words=words, retry_helps=status in _RETRY_HELPS, status=status
    )


def _refused(words: str, status: str) -> Operation:
    code = ", ".join(support_codes(words)) or "FILTERED"
    return Operation(JobState.REFUSED, code=code, words=explained(words), status=status)


def _outputs(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [step for step in _dicts(answer.get("steps")) if step.get("type") == "model_output"]


def _clip(part: Mapping[str, Any]) -> Clip | None:
    return clip_of(part) if part.get("type") == "video" else None


def _error_words(answer: Mapping[str, Any]) -> list[str]:
    """Everything that the answer and its steps say of what went wrong, each once."""
    errors = [*_dicts(answer.get("errors")), answer.get("error")]
    errors += [step.get("error") for step in _dicts(answer.get("steps"))]
    words = (error.get("message") for error in errors if isinstance(error, dict))
    return list(dict.fromkeys(text for text in words if isinstance(text, str) and text.strip()))


def _counts_video(answer: Mapping[str, Any]) -> bool:
    usage = answer.get("usage")
    listed = usage.get("output_tokens_by_modality") if isinstance(usage, dict) else None
    return any(str(one.get("modality")).lower() == "video" and one.get("tokens") for one in _dicts(listed))


def _dicts(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
