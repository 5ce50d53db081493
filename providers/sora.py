"""OpenAI's Videos format, as gateways still speak it; OpenAI's own was closed. See docs/providers/sora.md."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import httpx

from providers import catalog
from providers.addresses import Resolver, resolve
from providers.answers import json_object
from providers.base import HttpProvider, path_part
from providers.contract import (
    GenerationRequest,
    JobState,
    KeyStatus,
    Output,
    ProviderJob,
    WebhookEvent,
)
from providers.errors import (
    AuthFailed,
    InvalidRequest,
    JobNotFound,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
    WebhookInvalid,
)
from providers.options import plain_option, read_http_options, secret_option
from providers.sora_body import call_of
from providers.sora_read import (
    CODES,
    OVER,
    code_of,
    error_of,
    issues_of,
    moment_of,
    poll_wish,
    progress_of,
    retry_helps,
    state_of,
)
from providers.webhook_signature import check_standard, secrets_of

BASE_URL = "https://api.openai.com/v1"
# The guide advises 10 to 20 s all the way. Paced polls are fewer in all, and closer only near the end.
POLL_SECONDS = 5.0
EVENTS = frozenset({"video.completed", "video.failed"})
_SCOPES = {"organization": "OpenAI-Organization", "project": "OpenAI-Project"}


class SoraProvider(HttpProvider):
    """Any host that speaks the format. Options: see `read_http_options`; `api_key`, and where they are wanted
    `organization`, `project` and `webhook_secret`.
    """

    name = "sora"
    label = "The Sora gateway"
    keyed_downloads = True

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        key = secret_option(options, "api_key", self.label)
        self._headers = {"Authorization": f"Bearer {key}"}
        for name, header in _SCOPES.items():
            if value := plain_option(options, name, self.label):
                self._headers[header] = value
        self._webhook_secrets = secrets_of(str(options.get("webhook_secret") or ""))
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        super().__init__(http, (key, *self._webhook_secrets), client, resolver)

    async def headers(self) -> dict[str, str]:
        return dict(self._headers)

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call; a picture or clip of ours goes along as a form's file."""
        chosen = self.checked(request)
        if closed := self._closed():
            raise Unsupported(f"{closed} Nothing was sent.")
        call = call_of(chosen, request)
        answer = await self.send_paid(call.path, call.fields, call.files)
        job_id = self.job_named(answer.get("id"))
        return ProviderJob(id=job_id, state=JobState.QUEUED, poll_after_s=self.http.poll_seconds)

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands. Its file lies behind the API's own address for an hour or so."""
        response = await self.send_free("GET", _job_path(job_id))
        answer = json_object(response)
        status = (answer or {}).get("status")
        if answer is None or not isinstance(status, str):
            raise self.nonsense(response.status_code)
        error = error_of(answer)
        code = self.scrubbed(error.get("code"))
        state = state_of(status, code)
        wish = poll_wish(response.headers) or self.http.poll_seconds
        return ProviderJob(
            id=job_id,
            state=state,
            progress=progress_of(answer.get("progress"), state),
            outputs=(self._output(job_id, answer),) if state is JobState.SUCCEEDED else (),
            failure_code=code or ("expired" if status == "expired" else ""),
            failure_words=self.scrubbed(error.get("message")),
            retry_helps=state is JobState.FAILED and retry_helps(status, code),
            poll_after_s=None if state in OVER else wish,
            vendor_status=self.scrubbed(status),
        )

    async def cancel(self, job_id: str) -> bool:
        """The format cannot stop a job: it deletes finished ones only, which would destroy a paid clip."""
        return False

    async def delete(self, job_id: str) -> bool:
        """Delete a finished video at the gateway: `DELETE /videos/{id}`."""
        return (await self.free_json("DELETE", _job_path(job_id))).get("deleted") is True

    async def find(self, client_token: str) -> ProviderJob | None:
        """The format has no field for a mark of ours. A job of the list that merely looks alike may be
        another one, and taking it would hide whether this one was paid for.
        """
        raise Unsupported(
            "The Sora format has no field for a mark of ours, so no job can be told for sure to be this one. "
            "A person has to look at the gateway's own list of videos."
        )

    async def check_key(self) -> KeyStatus:
        """Ask for the newest job of the list; costs nothing."""
        if closed := self._closed():
            return KeyStatus(ok=False, sentence=closed)
        try:
            answer = await self.free_json("GET", "/videos?limit=1")
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        except InvalidRequest as exc:
            if exc.status not in {404, 405}:
                raise
            # Some gateways serve the format without its list. That says nothing about the key.
            raise VendorUnavailable(
                f"The host lists no videos ({exc.status}), so the key could not be tried. Check the address; "
                "if it is right, the first order will tell. Nothing was spent.",
                vendor_words=exc.vendor_words,
                status=exc.status,
            ) from None
        if not isinstance(answer.get("data"), list):
            raise self.nonsense()
        return KeyStatus(ok=True, sentence="The key works. The format tells no balance.")

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """A delivery after Standard Webhooks. Only its type and the job's id are read."""
        event_id = check_standard(headers, body, self._webhook_secrets, time.time())
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            raise WebhookInvalid("The webhook is no JSON.") from None
        event = event if isinstance(event, dict) else {}
        data = event.get("data")
        job_id = data.get("id") if isinstance(data, dict) else None
        if event.get("type") not in EVENTS or not isinstance(job_id, str) or not job_id:
            raise WebhookInvalid("The webhook speaks of no video.")
        return WebhookEvent(job_id=job_id, event_id=event_id)

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """By the error's code, which says more than the status: 429 may be a pause or an empty account."""
        status, request = response.status_code, response.request
        facts: dict[str, Any] = {"status": status, "vendor_words": words}
        if status == 404 and request.method in {"GET", "DELETE"} and "/videos/" in request.url.path:
            return JobNotFound(
                "The host knows no such video: it was deleted, has expired, or belongs to another account.",
                **facts,
            )
        facts["retry_after"] = self.wait_of(response)
        error = error_of(json_object(response))
        if code := code_of(error):
            kind, sentence = CODES[code]
            return _with_wish(kind(f"{self.label}: {sentence}", **facts), response)
        if status == 403:
            return AuthFailed(
                f"{self.label} says that this account may not do this (403); an organization may have to be "
                "verified first. Nothing was spent.",
                **facts,
            )
        if status == 429:
            return _with_wish(
                RateLimited(f"{self.label} asks for a pause (429). Nothing was spent.", **facts), response
            )
        if status == 400 and (issues := issues_of(error, words)):
            return InvalidRequest(
                f"{self.label} refuses the request. Nothing was spent. {words}",
                issues=issues,
                **facts,
            )
        return None

    def _closed(self) -> str:
        """Why nothing can be ordered at this address; empty for a gateway's."""
        vendor = catalog.vendor(self.name)
        return "" if self.elsewhere or not vendor.is_retired() else vendor.retired_words

    def _output(self, job_id: str, answer: Mapping[str, Any]) -> Output:
        return Output(
            url=f"{self.http.base_url}{_job_path(job_id)}/content",
            expires_at=moment_of(answer.get("expires_at")),
        )


def _with_wish(error: ProviderError, response: httpx.Response) -> ProviderError:
    """The error, not to be tried again by itself where `x-should-retry` says so."""
    if response.headers.get("x-should-retry", "").lower() == "false":
        error.permanent = True
    return error


def _job_path(job_id: str) -> str:
    return f"/videos/{path_part(job_id)}"
