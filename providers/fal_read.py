"""From fal's answers to ours: states, files, and what each kind of failure means for a retry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from providers.answers import json_object
from providers.contract import JobState, Output
from providers.errors import FieldIssue

# fal says COMPLETED of everything that is over; the result says how it went.
_STATES = {
    "IN_QUEUE": JobState.QUEUED,
    "IN_PROGRESS": JobState.RUNNING,
    "COMPLETED": JobState.SUCCEEDED,
}
POLICY = "content_policy_violation"
CANCELLED = "client_cancelled"
# Whether the very same order may succeed later. What is not listed will not.
# Sources: https://fal.ai/docs/documentation/model-apis/request-errors (the queue's own) and
# https://fal.ai/docs/documentation/model-apis/errors (the models').
RETRY_HELPS: dict[str, bool] = {
    "request_timeout": True,
    "startup_timeout": True,
    "runner_scheduling_failure": True,
    "runner_connection_timeout": True,
    "runner_disconnected": True,
    "runner_connection_refused": True,
    "runner_connection_error": True,
    "runner_incomplete_response": True,
    "runner_server_error": True,
    "client_disconnected": True,
    CANCELLED: False,
    "bad_request": False,
    "internal_error": True,
    "internal_server_error": True,
    "generation_timeout": True,
    "downstream_service_error": True,
    "downstream_service_unavailable": True,
    POLICY: False,
    "image_too_small": False,
    "image_too_large": False,
    "image_load_error": False,
    "file_download_error": False,
    "face_detection_error": False,
    "file_too_large": False,
    "greater_than": False,
    "greater_than_equal": False,
    "less_than": False,
    "less_than_equal": False,
    "multiple_of": False,
    "sequence_too_short": False,
    "sequence_too_long": False,
    "one_of": False,
    "feature_not_supported": False,
    "unsupported_image_format": False,
    "unsupported_video_format": False,
    "video_duration_too_long": False,
    "video_duration_too_short": False,
}
# The fields of the endpoints in the catalogue, by our names.
_OUR_FIELDS = {
    "prompt": "prompt",
    "negative_prompt": "negative_prompt",
    "aspect_ratio": "size",
    "resolution": "size",
    "duration": "duration_s",
    "num_frames": "duration_s",
    "seed": "seed",
    "fps": "fps",
    "generate_audio": "audio",
    "generate_audio_switch": "audio",
    "image_url": "first_frame",
    "start_image_url": "first_frame",
    "first_frame_url": "first_frame",
    "end_image_url": "last_frame",
    "tail_image_url": "last_frame",
    "last_frame_url": "last_frame",
    "image_urls": "references",
}


@dataclass(frozen=True)
class Failure:
    """What fal says of a job that made nothing. `status` is that of the result's answer."""

    state: JobState
    code: str
    words: str
    retry_helps: bool
    status: int


def state_of(status: str) -> JobState:
    """Our state for fal's status; `SUCCEEDED` stands for "over" until the result was read."""
    return _STATES.get(status, JobState.UNKNOWN)


def failure_of(response: httpx.Response, told: Mapping[str, Any]) -> Failure | None:
    """How a job failed, from the answer in its result's place; None where that says nothing of the job.

    `told` is the status, which names the error too. A plain 401, 404 or 429 speaks of us and not of the job,
    and a 5xx without fal's own words is a host that is not well.
    """
    answer, status = json_object(response), response.status_code
    code = error_type_of(response) or _text(told.get("error_type"))
    if not code and not _entries(answer or {}):
        of_us = status < 400 or status in {401, 403, 404, 408, 409, 425, 429}
        if of_us or (status >= 500 and not told.get("error")):
            return None
    words = words_of(answer) or _text(told.get("error")) or f"fal answered {status}."
    retry = RETRY_HELPS.get(code, status >= 500)
    if response.headers.get("x-fal-retryable", "").lower() in {"true", "false"}:
        retry = response.headers["x-fal-retryable"].lower() == "true"
    state = {POLICY: JobState.REFUSED, CANCELLED: JobState.CANCELLED}.get(code, JobState.FAILED)
    return Failure(state, code, words, retry and state is JobState.FAILED, status)


def error_type_of(response: httpx.Response) -> str:
    """The name of the error: of the queue's own in the body or its header, of a model's in the list."""
    answer = json_object(response) or {}
    named = _text(answer.get("error_type")) or response.headers.get("x-fal-error-type", "")
    if named:
        return named
    types = [_text(entry.get("type")) for entry in _entries(answer)]
    return POLICY if POLICY in types else next(filter(None, types), "")


def words_of(answer: Mapping[str, Any] | None) -> str:
    """fal's sentences: one text, or one for each wrong field."""
    detail = (answer or {}).get("detail")
    if isinstance(detail, str):
        return detail
    said = [_said(entry) for entry in _entries(answer or {})]
    return " ".join(filter(None, said))


def _said(entry: Mapping[str, Any]) -> str:
    field, message = _field_of(entry), _text(entry.get("msg"))
    return f"{field}: {message}" if field and message else message


def issues_of(answer: Mapping[str, Any] | None, scrubbed: Callable[[object], str]) -> Iterator[FieldIssue]:
    """The wrong fields of a 422 by our names."""
    for entry in _entries(answer or {}):
        field = _field_of(entry)
        yield FieldIssue(_OUR_FIELDS.get(field, scrubbed(field)), scrubbed(entry.get("msg")))


def outputs_of(answer: Mapping[str, Any] | None) -> tuple[Output, ...]:
    """The clip of a result: `video`, or a list of `videos`."""
    found = [(answer or {}).get("video")]
    listed = (answer or {}).get("videos")
    if isinstance(listed, list):
        found += listed
    links = [
        (_text(file.get("url")), _text(file.get("content_type")))
        for file in found
        if isinstance(file, dict) and _text(file.get("url"))
    ]
    return tuple(
        Output(url=url, content_type=kind or "video/mp4", index=index)
        for index, (url, kind) in enumerate(links)
    )


def _entries(answer: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    detail = answer.get("detail")
    return [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []


def _field_of(entry: Mapping[str, Any]) -> str:
    """The first name below the body; a field inside of it is its affair."""
    loc = entry.get("loc")
    names = [part for part in loc if isinstance(part, str)] if isinstance(loc, list) else []
    return next((name for name in names if name != "body"), "")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
