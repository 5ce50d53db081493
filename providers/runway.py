"""Runway's developer API: https://api.dev.runwayml.com, version 2024-11-06. See docs/providers/runway.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from providers.addresses import Resolver, resolve
from providers.answers import json_object
from providers.base import HttpProvider, path_part
from providers.catalog import mode_name
from providers.contract import (
    GenerationRequest,
    JobState,
    KeyStatus,
    Media,
    ProviderJob,
    WebhookEvent,
)
from providers.errors import (
    AuthFailed,
    FieldIssue,
    InvalidRequest,
    JobNotFound,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
)
from providers.media import inputs_of
from providers.options import plain_option, read_http_options, secret_option
from providers.retry_after import retry_after_s
from providers.runway_body import PATHS, body_of, checked_url, data_uri, type_of
from providers.runway_read import (
    OVER,
    USD_PER_CREDIT,
    credits_of,
    dollars,
    issues_of,
    limits_of,
    outputs_of,
    progress_of,
    retry_helps,
    state_of,
)
from providers.upload import post_form

BASE_URL = "https://api.dev.runwayml.com"
VERSION = "2024-11-06"
POLL_SECONDS = 5.0


class RunwayProvider(HttpProvider):
    """Runway's own models and the others it resells. Options: see `read_http_options`; `api_key`; and
    `on_behalf_of`, which partner accounts must send.
    """

    name = "runway"
    label = "Runway"

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._api_key = secret_option(options, "api_key", self.label)
        self._on_behalf_of = plain_option(options, "on_behalf_of", self.label)
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        super().__init__(http, (self._api_key,), client, resolver)

    async def headers(self) -> dict[str, str]:
        sent = {"Authorization": f"Bearer {self._api_key}", "X-Runway-Version": VERSION}
        return sent | ({"X-Runway-On-Behalf-Of": self._on_behalf_of} if self._on_behalf_of else {})

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, hand over large inputs, then send the one paid call."""
        chosen = self.checked(request)
        # The body is built once with the inputs left open, so that a wrong option is found before any upload.
        inputs = inputs_of(request)
        self.encode(body_of(chosen, request, dict.fromkeys(inputs, "")))
        uris = {field: self._inline(field, media) for field, media in inputs.items()}
        ready = {field: uri or await self._upload(field, inputs[field]) for field, uri in uris.items()}
        answer = await self.send_paid(PATHS[mode_name(request)], body_of(chosen, request, ready))
        job_id = self.job_named(answer.get("id"))
        return ProviderJob(
            id=job_id,
            state=JobState.QUEUED,
            cost_usd=dollars(answer.get("estimatedCost")),
            poll_after_s=self.http.poll_seconds,
        )

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands, with fresh links once it has succeeded."""
        answer = await self.free_json("GET", _job_path(job_id))
        status = answer.get("status")
        if not isinstance(status, str):
            raise self.nonsense()
        code = self.scrubbed(answer.get("failureCode"))
        state = state_of(status, code)
        outputs = outputs_of(answer.get("output")) if state is JobState.SUCCEEDED else ()
        if state is JobState.SUCCEEDED and not outputs:
            raise self.nonsense()
        final = dollars(answer.get("cost"))
        return ProviderJob(
            id=job_id,
            state=state,
            progress=progress_of(answer.get("progress"), state),
            outputs=outputs,
            failure_code=code,
            failure_words=self.scrubbed(answer.get("failure")),
            retry_helps=state is JobState.FAILED and retry_helps(code),
            cost_usd=dollars(answer.get("estimatedCost")) if final is None else final,
            cost_is_final=final is not None and state in OVER,
            poll_after_s=None if state in OVER else self.http.poll_seconds,
            vendor_status=self.scrubbed(status),
        )

    async def cancel(self, job_id: str) -> bool:
        """Stop a job that is not over. Its state is asked first: DELETE on a finished one destroys it."""
        try:
            if (await self.poll(job_id)).state in OVER:
                return False
            await self.send_free("DELETE", _job_path(job_id))
        except JobNotFound:
            return False
        return True

    async def delete(self, job_id: str) -> bool:
        """Delete a finished job with its file: `DELETE /v1/tasks/{id}`, which is answered with 204."""
        await self.send_free("DELETE", _job_path(job_id))
        return True

    async def find(self, client_token: str) -> ProviderJob | None:
        """Runway neither takes a mark of ours nor lists its jobs."""
        raise self.cannot_look_up("Runway's page")

    async def check_key(self) -> KeyStatus:
        """Balance, tier limits and today's use; costs nothing."""
        try:
            answer = await self.free_json("GET", "/v1/organization")
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        balance = credits_of(answer.get("creditBalance"))
        if balance is None:
            raise self.nonsense()
        usd = balance * USD_PER_CREDIT
        return KeyStatus(
            ok=True,
            sentence=f"The key works. {balance:,f} credits are left, worth ${usd:,.2f}.",
            balance_usd=usd,
            limits=limits_of(answer),
        )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """Runway sends none."""
        raise Unsupported("Runway has no webhooks; its jobs are polled.")

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """Runway's readings: too little credit is a 400, and a 400 lists every wrong field at once."""
        status = response.status_code
        facts: dict[str, Any] = {"status": status, "vendor_words": words}
        if status == 400:
            return self._bad_request(response, facts)
        if status == 403:
            return AuthFailed(
                "This Runway account has no right to this (403), maybe not to the model. Nothing was spent.",
                **facts,
            )
        if status == 404 and response.request.url.path.rpartition("/")[0].endswith("/v1/tasks"):
            return JobNotFound(
                "Runway knows no such job: it was deleted, or belongs to another account.", **facts
            )
        if status == 429:
            return RateLimited(
                "Runway asks for a pause (429): too many requests, or this model's daily limit is reached. "
                "Nothing was spent.",
                retry_after=retry_after_s(response.headers),
                **facts,
            )
        return None

    def _bad_request(self, response: httpx.Response, facts: dict[str, Any]) -> ProviderError:
        words: str = facts["vendor_words"]
        if "enough credits" in words.lower():
            return OutOfCredit(
                "The Runway account has too little credit. Nothing was spent. Buy credits.", **facts
            )
        listed = issues_of(json_object(response))
        issues = tuple(FieldIssue(self.scrubbed(i.field), self.scrubbed(i.message)) for i in listed)
        said = " ".join(f"{issue.field}: {issue.message}" for issue in issues) or words
        return InvalidRequest(
            f"Runway refuses the request. Nothing was spent. {said}", issues=issues, **facts
        )

    def _inline(self, field: str, media: Media) -> str | None:
        """The address of an input as it goes into the body; None when it has to be uploaded first."""
        return checked_url(field, media.url) if media.url else data_uri(field, media)

    async def _upload(self, field: str, media: Media) -> str:
        content_type = type_of(field, media)
        filename = f"{field}.{content_type.rpartition('/')[2]}"
        slot = await self.free_json("POST", "/v1/uploads", {"filename": filename, "type": "ephemeral"})
        url, fields, uri = slot.get("uploadUrl"), slot.get("fields"), slot.get("runwayUri")
        if not isinstance(url, str) or not isinstance(fields, dict) or not isinstance(uri, str) or not uri:
            raise self.nonsense()
        await post_form(
            self.client,
            url,
            {str(key): str(value) for key, value in fields.items()},
            (filename, media.data, content_type),
            timeout=self.http.timeout,
            private_hosts=self.http.private_hosts,
            resolver=self.resolver,
        )
        return uri


def _job_path(job_id: str) -> str:
    return f"/v1/tasks/{path_part(job_id)}"
