"""Reading a long-running operation, as Vertex AI and the older Gemini API tell of Veo's clips.

There is no percentage and no status: `done` is absent while the work goes on. A finished one holds an error,
or clips, or the reasons for which every clip was held back.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from providers.contract import JobState, Output, ProviderJob
from providers.google_safety import explained, is_refusal, support_codes

# Whether the same order may succeed: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_CODES = {
    1: ("CANCELLED", False),
    2: ("UNKNOWN", True),
    3: ("INVALID_ARGUMENT", False),
    4: ("DEADLINE_EXCEEDED", True),
    5: ("NOT_FOUND", False),
    7: ("PERMISSION_DENIED", False),
    8: ("RESOURCE_EXHAUSTED", True),
    9: ("FAILED_PRECONDITION", False),
    10: ("ABORTED", True),
    11: ("OUT_OF_RANGE", False),
    12: ("UNIMPLEMENTED", False),
    13: ("INTERNAL", True),
    14: ("UNAVAILABLE", True),
    15: ("DATA_LOSS", True),
    16: ("UNAUTHENTICATED", False),
}
# Google charges nothing for a clip that its safety system holds back: https://ai.google.dev/gemini-api/docs/pricing
NOT_CHARGED = Decimal(0)


@dataclass(frozen=True)
class Clip:
    """One finished clip: an address of Google's (gs:// or https://), or the bytes."""

    uri: str = ""
    data: bytes = b""
    content_type: str = "video/mp4"


@dataclass(frozen=True)
class Operation:
    """What an operation says, in our words."""

    state: JobState
    clips: tuple[Clip, ...] = ()
    code: str = ""
    words: str = ""
    retry_helps: bool = False
    status: str = ""


def operation_of(answer: Mapping[str, Any]) -> Operation | None:
    """The operation in an answer; None where it makes no sense."""
    if not isinstance(answer.get("name"), str):
        return None
    done = answer.get("done", False)
    if not isinstance(done, bool):
        return Operation(JobState.UNKNOWN, status=str(done)[:80])
    if not done:
        return Operation(JobState.RUNNING, status="running")
    error, response = answer.get("error"), answer.get("response")
    if isinstance(error, dict) and error:
        return _failed(error)
    return _finished(response) if isinstance(response, dict) else None


def job_of(job_id: str, operation: Operation, outputs: tuple[Output, ...], poll_s: float) -> ProviderJob:
    """The operation as the contract tells it; `outputs` are the clips with addresses that can be fetched."""
    refused = operation.state is JobState.REFUSED
    open_ = operation.state in {JobState.QUEUED, JobState.RUNNING, JobState.UNKNOWN}
    return ProviderJob(
        id=job_id,
        state=operation.state,
        outputs=outputs,
        failure_code=operation.code,
        failure_words=operation.words,
        retry_helps=operation.retry_helps,
        cost_usd=NOT_CHARGED if refused else None,
        cost_is_final=refused,
        poll_after_s=poll_s if open_ else None,
        vendor_status=operation.status,
    )


def _failed(error: Mapping[str, Any]) -> Operation:
    number, message = error.get("code"), error.get("message")
    words = message if isinstance(message, str) else ""
    name, retry = _CODES.get(number, (str(number or ""), False)) if isinstance(number, int) else ("", False)
    if name == "CANCELLED":
        return Operation(JobState.CANCELLED, code=name, words=words, status=name)
    if name == "INVALID_ARGUMENT" and is_refusal(words):
        return _refused([words], status=name)
    return Operation(JobState.FAILED, code=name, words=words, retry_helps=retry, status=name)


def _finished(response: Mapping[str, Any]) -> Operation | None:
    inner = response.get("generateVideoResponse")
    told = inner if isinstance(inner, dict) else response
    clips = tuple(_clips(told))
    if clips:
        return Operation(JobState.SUCCEEDED, clips, status="done")
    reasons = told.get("raiMediaFilteredReasons")
    words = [reason for reason in reasons if isinstance(reason, str)] if isinstance(reasons, list) else []
    count = told.get("raiMediaFilteredCount")
    if words or (isinstance(count, int) and count > 0):
        return _refused(words or ["Google's safety system held the clip back."], status="filtered")
    return None


def _refused(reasons: list[str], *, status: str) -> Operation:
    words = " ".join(reasons)
    code = ", ".join(support_codes(words)) or "FILTERED"
    return Operation(JobState.REFUSED, code=code, words=explained(words), status=status)


def _clips(told: Mapping[str, Any]) -> list[Clip]:
    """Vertex has `videos`, the older Gemini API `generatedSamples` with a `video` in each."""
    found = []
    for name in ("videos", "generatedSamples"):
        listed = told.get(name)
        for entry in listed if isinstance(listed, list) else []:
            clip = clip_of(entry.get("video", entry)) if isinstance(entry, dict) else None
            if clip is not None:
                found.append(clip)
    return found


def clip_of(entry: object) -> Clip | None:
    """One clip in any of the forms in which Google tells of it; None without a link and without bytes."""
    if not isinstance(entry, dict):
        return None
    kind = entry.get("mimeType") or entry.get("mime_type")
    content_type = kind if isinstance(kind, str) and kind else "video/mp4"
    for name in ("gcsUri", "uri"):
        uri = entry.get(name)
        if isinstance(uri, str) and uri:
            return Clip(uri=uri, content_type=content_type)
    for name in ("bytesBase64Encoded", "encodedVideo", "data"):
        text = entry.get(name)
        if isinstance(text, str) and text:
            return _inline(text, content_type)
    return None


def _inline(text: str, content_type: str) -> Clip | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Clip(data=data, content_type=content_type) if data else None
