"""Google's error answers on both of its surfaces: one envelope, a few meanings, the wait inside the body."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import httpx

from providers.base import HttpProvider
from providers.bounded import ANSWER_WITH_CLIP_BYTES
from providers.contract import ProviderJob
from providers.errors import (
    AuthFailed,
    ContentRefused,
    FieldIssue,
    InvalidRequest,
    JobNotFound,
    OutOfCredit,
    ProviderError,
    RateLimited,
)
from providers.google_safety import is_refusal, meaning_of
from providers.retry_after import retry_after_s

# A day's quota comes back at midnight in California; asking again within the hour is of no use.
DAY_WAIT_S = 3600.0
# Spending is counted over ten minutes. https://ai.google.dev/gemini-api/docs/rate-limits
SPEND_WAIT_S = 600.0
_DELAY = re.compile(r"(\d+(?:\.\d+)?)s")
_BACKQUOTED = re.compile(r"`([\w.]+)`")
_OUR_FIELDS = {
    "prompt": "prompt",
    "input": "prompt",
    "negativePrompt": "negative_prompt",
    "durationSeconds": "duration_s",
    "duration": "duration_s",
    "aspectRatio": "size",
    "aspect_ratio": "size",
    "resolution": "size",
    "generateAudio": "audio",
    "seed": "seed",
    "image": "first_frame",
    "lastFrame": "last_frame",
    "referenceImages": "references",
    "video": "source_video",
}


@dataclass(frozen=True)
class GoogleError:
    """The inside of the envelope. `status` is a name such as RESOURCE_EXHAUSTED, or what stands for it."""

    status: str = ""
    message: str = ""
    details: tuple[Mapping[str, Any], ...] = ()

    def quota(self) -> str:
        """The names of the quotas that were hit, in one text."""
        violations = (one for detail in self.details for one in _listed(detail.get("violations")))
        return " ".join(f"{one.get('quotaId', '')} {one.get('quotaMetric', '')}" for one in violations)

    def delay_s(self) -> float | None:
        """The wait that a RetryInfo asks for."""
        for detail in self.details:
            found = _DELAY.fullmatch(str(detail.get("retryDelay", "")))
            if found:
                return float(found[1])
        return None

    def has_reason(self, reason: str) -> bool:
        return any(detail.get("reason") == reason for detail in self.details)


def error_of(response: httpx.Response) -> GoogleError:
    """The error in an answer, in each of the forms that occur; an empty one where there is none."""
    try:
        told = response.json()
    except (ValueError, UnicodeError, RecursionError):
        return GoogleError()
    if isinstance(told, list):
        told = told[0] if told else None
    if not isinstance(told, dict):
        return GoogleError()
    error = told.get("error", told)
    if isinstance(error, str):
        return GoogleError(error, _text(told.get("error_description")) or error)
    if not isinstance(error, dict):
        return GoogleError()
    # The Interactions API names the kind in `code`, where the others have the number.
    status = _text(error.get("status")) or _text(error.get("code"))
    return GoogleError(status.upper(), _text(error.get("message")), tuple(_listed(error.get("details"))))


class GoogleProvider(HttpProvider):
    """What Vertex AI and the Gemini API share: https://cloud.google.com/apis/design/errors."""

    # Clips may come within the answer, to a poll and to an order.
    most_answer_bytes = ANSWER_WITH_CLIP_BYTES

    def is_job_call(self, path: str) -> bool:
        """Whether a call asks for a job, so that 404 means the job and not the model."""
        raise NotImplementedError

    def with_scrubbed_words(self, job: ProviderJob) -> ProviderJob:
        """The job with the vendor's words as a person may read them."""
        return replace(
            job,
            failure_words=self.scrubbed(job.failure_words),
            failure_code=self.scrubbed(job.failure_code),
            vendor_status=self.scrubbed(job.vendor_status),
        )

    def words_of(self, response: httpx.Response) -> str:
        return error_of(response).message or super().words_of(response)

    def wait_of(self, response: httpx.Response) -> float | None:
        """From the body, where Google puts it, else from the header."""
        error = error_of(response)
        told = error.delay_s()
        wait = retry_after_s(response.headers) if told is None else told
        if response.status_code != 429:
            return wait
        if "perday" in error.quota().lower():
            return max(wait or 0.0, DAY_WAIT_S)
        return SPEND_WAIT_S if wait is None and _is_spending(error) else wait

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """Google's readings of a 4xx; the status alone says too little about a 400 and a 429."""
        error, facts = error_of(response), self._own_facts(response, words)
        status = response.status_code
        if status == 400:
            return self._bad_request(error, response, facts)
        if status == 404:
            return self._not_found(response, facts)
        if status == 429:
            return RateLimited(f"{self.label} asks for a pause: {_why(error)}. Nothing was spent.", **facts)
        if status in {401, 403}:
            why = "has no right to this" if status == 403 else "is not known or has run out"
            return AuthFailed(f"{self.label} refuses: the key {why} ({status}). Nothing was spent.", **facts)
        return None

    def _own_facts(self, response: httpx.Response, words: str) -> dict[str, Any]:
        return {
            "status": response.status_code,
            "vendor_words": words,
            "retry_after": self.wait_of(response),
        }

    def _bad_request(
        self, error: GoogleError, response: httpx.Response, facts: dict[str, Any]
    ) -> ProviderError:
        words: str = facts["vendor_words"]
        if error.has_reason("API_KEY_INVALID") or "api key not valid" in words.lower():
            return AuthFailed(f"{self.label} does not know this key. Nothing was spent.", **facts)
        if "invalid interaction name" in words.lower() and self.is_job_call(response.request.url.path):
            return self._gone(facts)
        if is_refusal(words):
            return ContentRefused(
                f"Google's safety system says no{_because(words)}. Nothing was made and nothing was spent. "
                "Change the words or the pictures.",
                **facts,
            )
        if error.status == "FAILED_PRECONDITION" and "billing" in words.lower():
            return OutOfCredit(
                "Billing is not switched on for this Google project. Nothing was spent.", **facts
            )
        if error.status == "FAILED_PRECONDITION":
            return InvalidRequest(
                f"{self.label} cannot do this for this account or region. Nothing was spent. {words}", **facts
            )
        issues = tuple(
            FieldIssue(_OUR_FIELDS.get(name.rpartition(".")[2], name), words)
            for name in dict.fromkeys(_BACKQUOTED.findall(words))
        )
        return InvalidRequest(
            f"{self.label} refuses the request. Nothing was spent. {words}", issues=issues, **facts
        )

    def _not_found(self, response: httpx.Response, facts: dict[str, Any]) -> ProviderError:
        if self.is_job_call(response.request.url.path):
            return self._gone(facts)
        return InvalidRequest(
            f"{self.label} has no such model (404): it was switched off, or is not offered to this account "
            "or in this location. Nothing was spent. Choose another model.",
            **facts,
        )

    def _gone(self, facts: dict[str, Any]) -> JobNotFound:
        return JobNotFound(
            f"{self.label} knows no such job: it was deleted, is too old, or belongs to another account.",
            **facts,
        )


def _why(error: GoogleError) -> str:
    if "perday" in error.quota().lower():
        return "the quota of the day is used up (429)"
    if _is_spending(error):
        return "the account's limit on spending is reached for now (429)"
    return "too many requests, or the quota is used up (429)"


def _is_spending(error: GoogleError) -> bool:
    return any(word in error.message.lower() for word in ("spend limit", "spending", "spend cap"))


def _because(words: str) -> str:
    meaning = meaning_of(words)
    return f" because of {meaning}" if meaning else ""


def _listed(value: object) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
