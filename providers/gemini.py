"""Google's Gemini API: Omni through interactions, and Veo's older format. See docs/providers/gemini.md."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from typing import Any

import httpx

from providers.addresses import Resolver, resolve
from providers.answers import json_object
from providers.base import path_part
from providers.contract import (
    GenerationRequest,
    JobState,
    KeyStatus,
    Output,
    ProviderJob,
    WebhookEvent,
)
from providers.download import origin_of
from providers.errors import AuthFailed, InvalidRequest, JobNotFound, Unsupported, WebhookInvalid
from providers.gemini_body import LABEL, body_of
from providers.gemini_predict import VERSION as PREDICT_VERSION
from providers.gemini_predict import predict_body
from providers.gemini_read import interaction_of
from providers.google_errors import GoogleProvider
from providers.google_operations import Clip, job_of, operation_of
from providers.options import read_http_options, secret_option
from providers.webhook_signature import check_standard, secrets_of

BASE_URL = "https://generativelanguage.googleapis.com"
# What Google's own library speaks since 3.0; its pages still show v1beta.
VERSION = "v1"
# Google's samples wait 10 s each time and name no limit. Paced polls are fewer, and closer near the end.
POLL_SECONDS = 3.0
_OPERATION = re.compile(r"models/([^/]+)/operations/([^/]+)")
# The bytes of a file lie behind its name and this.
_BYTES = ":download"


class GeminiProvider(GoogleProvider):
    """Options: see `read_http_options`; `api_key`, and `webhook_secret` of a webhook made at Google."""

    name = "gemini"
    label = LABEL
    keyed_downloads = True

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._api_key = secret_option(options, "api_key", self.label)
        self._webhook_secrets = secrets_of(str(options.get("webhook_secret") or ""))
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        super().__init__(http, (self._api_key, *self._webhook_secrets), client, resolver)

    async def headers(self) -> dict[str, str]:
        return {"x-goog-api-key": self._api_key}

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call."""
        chosen = self.checked(request)
        if chosen.wire.get("format") == "predict":
            path = f"/{PREDICT_VERSION}/models/{path_part(chosen.id)}:predictLongRunning"
            return await self._ordered(path, predict_body(chosen, request), "name")
        body = body_of(chosen, request, origin_of(self.http.base_url))
        return await self._ordered(f"/{VERSION}/interactions", body, "id")

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands."""
        older = _OPERATION.fullmatch(job_id) is not None
        path = _operation_path(job_id) if older else f"{_interaction_path(job_id)}?stream=false"
        answer = await self.free_json("GET", path)
        operation = operation_of(answer) if older else interaction_of(answer)
        if operation is None:
            raise self.nonsense()
        outputs = tuple(self._output(index, clip) for index, clip in enumerate(operation.clips))
        return self.with_scrubbed_words(job_of(job_id, operation, outputs, self.http.poll_seconds))

    async def cancel(self, job_id: str) -> bool:
        """Stop an interaction that runs. Google refuses it for one that is over, and Veo had no such call."""
        if _OPERATION.fullmatch(job_id):
            return False
        try:
            response = await self.send_free("POST", f"{_interaction_path(job_id)}/cancel")
        except (InvalidRequest, JobNotFound):
            return False
        return (json_object(response) or {}).get("status") == "cancelled"

    async def delete(self, job_id: str) -> bool:
        """Delete a finished interaction: `DELETE /interactions/{id}`. Veo's operations have no such call."""
        if _OPERATION.fullmatch(job_id):
            raise Unsupported("Google deletes the clips of Veo by itself, two days after they were made.")
        await self.send_free("DELETE", _interaction_path(job_id))
        return True

    async def find(self, client_token: str) -> ProviderJob | None:
        """The Gemini API takes no mark of ours and lists no interactions."""
        raise self.cannot_look_up("the logs in Google AI Studio")

    async def check_key(self) -> KeyStatus:
        """Ask for one line of the list of models, which costs nothing."""
        try:
            await self.free_json("GET", f"/{VERSION}/models?pageSize=1")
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        return KeyStatus(
            ok=True, sentence="The key works. Google does not tell what is left of a quota or a budget."
        )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """A delivery of a webhook that was made at Google, signed as Standard Webhooks say."""
        event_id = check_standard(headers, body, self._webhook_secrets, time.time())
        return WebhookEvent(job_id=_job_in(body), event_id=event_id)

    def is_job_call(self, path: str) -> bool:
        return "/interactions/" in path or "/operations/" in path

    async def _ordered(self, path: str, body: Mapping[str, Any], named: str) -> ProviderJob:
        answer = await self.send_paid(path, body)
        job_id = self.job_named(answer.get(named))
        # A host that answers only when all is done is asked once more, as every other one is.
        return ProviderJob(id=job_id, state=JobState.QUEUED, poll_after_s=self.http.poll_seconds)

    def _output(self, index: int, clip: Clip) -> Output:
        return Output(
            url=self._bytes_of(clip.uri), data=clip.data, content_type=clip.content_type, index=index
        )

    def _bytes_of(self, uri: str) -> str:
        """The address of a file's bytes: Google may give that of the file's description instead."""
        if not uri.startswith(f"{origin_of(self.http.base_url)}/"):
            return uri
        path, _, query = uri.partition("?")
        if "/files/" in path and not path.endswith(_BYTES):
            path += _BYTES
        return f"{path}?{query}" if "alt=media" in query.split("&") else f"{path}?alt=media"


def _interaction_path(job_id: str) -> str:
    return f"/{VERSION}/interactions/{path_part(job_id)}"


def _operation_path(name: str) -> str:
    return f"/{PREDICT_VERSION}/" + "/".join(map(path_part, name.split("/")))


def _job_in(body: bytes) -> str:
    """The job that a delivery speaks of; "" where it names only a file, as one of Google's samples shows it.

    https://ai.google.dev/gemini-api/docs/webhooks
    """
    try:
        data = json.loads(body)["data"]
        told = data.get("id") or data.get("operation") or data.get("name") or ""
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise WebhookInvalid("The webhook is signed and its body cannot be read.") from None
    if not isinstance(told, str):
        raise WebhookInvalid("The webhook is signed and names no job.")
    return told.removeprefix("interactions/")
