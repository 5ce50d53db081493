"""fal's queue, which runs the models of many makers: https://queue.fal.run. See docs/providers/fal.md."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from providers.addresses import Resolver, resolve
from providers.answers import cause_in_words, json_object
from providers.base import HttpProvider
from providers.contract import GenerationRequest, JobState, KeyStatus, Media, ProviderJob, WebhookEvent
from providers.errors import (
    ContentRefused,
    InvalidRequest,
    JobNotFound,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    VendorUnavailable,
)
from providers.fal_body import order_of
from providers.fal_read import (
    POLICY,
    Failure,
    error_type_of,
    failure_of,
    issues_of,
    outputs_of,
    state_of,
    words_of,
)
from providers.fal_rest import FalRest, rest_options
from providers.media import as_data_uri, at_most, fetchable_url, inputs_of, picture_type
from providers.options import read_http_options, secret_option
from providers.webhook_signature import check_ed25519

BASE_URL = "https://queue.fal.run"
POLL_SECONDS = 2.0
# A picture goes within the body; fal names no limit, and its own client inlines nothing larger by itself.
MAX_PICTURE = 10_000_000
# <owner>/<app>/requests/<id>: fal asks about a job below the app, without what follows the app's name.
JOB = re.compile(r"(?:[\w-][\w.-]*/){2,3}requests/[\w-][\w.-]{0,99}", re.ASCII)


class FalProvider(HttpProvider):
    """Every model whose `wire` names an endpoint of fal. Options: see `read_http_options`; `api_key` as
    id:secret; `webhook_keys`, the JSON Web Keys that webhooks are checked with; `api_url`, `rest_url` and
    `jwks_url`, the addresses of fal's other services. `clock` gives Unix seconds.

    A job is named with its app, as fal-ai/veo3.1/requests/…, because every question about it has to say it.
    """

    name = "fal"
    label = "fal"

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._api_key = secret_option(options, "api_key", self.label)
        if not all(self._api_key.partition(":")):
            raise NotConfigured(
                "The option “api_key” of fal needs both halves, as id:secret. Copy the key again from fal's "
                "page. Nothing was sent."
            )
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        # The secret half alone may turn up in an answer too.
        secrets = (self._api_key, self._api_key.partition(":")[2])
        super().__init__(http, secrets, client, resolver)
        self._rest = rest_options(options, http.base_url if self.elsewhere else "")
        self._webhook_keys = options.get("webhook_keys") or []
        self._clock = clock

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Key {self._api_key}"}

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call; pictures go within it or as links."""
        chosen = self.checked(request)
        addresses = {field: _address(field, media) for field, media in inputs_of(request).items()}
        app, body = order_of(chosen, request, addresses)
        query = f"?{urlencode({'fal_webhook': request.webhook_url})}" if request.webhook_url else ""
        answer = await self.send_paid(f"/{app}{query}", body)
        return ProviderJob(
            id=self._job_in(answer, app),
            state=JobState.QUEUED,
            poll_after_s=self.http.poll_seconds,
            vendor_status=self.scrubbed(answer.get("status")),
        )

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands. fal calls a failed job COMPLETED too, and only its result tells."""
        path = _path(job_id)
        answer = await self.free_json("GET", f"{path}/status")
        status = answer.get("status")
        if not isinstance(status, str):
            raise self.nonsense()
        state = state_of(status)
        if state is JobState.SUCCEEDED:
            return await self._result(job_id, answer)
        return ProviderJob(
            id=job_id,
            state=state,
            poll_after_s=self.http.poll_seconds,
            vendor_status=self.scrubbed(status),
        )

    async def cancel(self, job_id: str) -> bool:
        """Ask fal to drop a waiting job or to stop a running one, which its app may or may not do."""
        try:
            await self.send_free("PUT", f"{_path(job_id)}/cancel")
        except JobNotFound:
            return False
        except InvalidRequest as exc:
            # 400 says that it is over already.
            if exc.status != 400:
                raise
            return False
        return True

    async def delete(self, job_id: str) -> bool:
        """Delete what fal keeps of a request, with the files it made. The key needs admin rights."""
        _path(job_id)
        rest = FalRest(self._rest, self._api_key, self._secrets, self.client, self.resolver)
        return await rest.delete_payloads(job_id.rpartition("/")[2])

    async def find(self, client_token: str) -> ProviderJob | None:
        """fal takes no mark of ours."""
        raise self.cannot_look_up("fal's page of requests")

    async def check_key(self) -> KeyStatus:
        """Whether fal takes the key, and the balance where it may be read; both calls are free."""
        rest = FalRest(self._rest, self._api_key, self._secrets, self.client, self.resolver)
        return await rest.check_key()

    async def webhook_keys(self) -> list[dict[str, str]]:
        """The public keys that fal signs its webhooks with; costs nothing."""
        rest = FalRest(self._rest, self._api_key, self._secrets, self.client, self.resolver)
        return await rest.webhook_keys()

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """A signed webhook names the request alone, so that the app's name is missing from its job's id."""
        request_id = check_ed25519(headers, body, self._webhook_keys, self._clock())
        return WebhookEvent(job_id=request_id, event_id=request_id)

    # Reading.

    def _job_in(self, answer: Mapping[str, Any], app: str) -> str:
        """The job's name from fal's own address of it, where that lies under ours; else put together."""
        request_id = self.job_named(answer.get("request_id"))
        address = answer.get("response_url")
        known = f"{self.http.base_url}/"
        if isinstance(address, str) and address.startswith(known):
            found = address.removeprefix(known)
            if JOB.fullmatch(found) and found.endswith(f"/requests/{request_id}"):
                return found
        # The order was taken: another host in the answer must not lose it, nor be sent the key.
        put_together = f"{'/'.join(app.split('/')[:2])}/requests/{request_id}"
        if not JOB.fullmatch(put_together):
            raise self.answer_lost("its answer names a job in an unknown way")
        return put_together

    async def _result(self, job_id: str, told: Mapping[str, Any]) -> ProviderJob:
        headers = await self.headers()
        try:
            response = await self._send("GET", _path(job_id), headers, None)
        except Exception as exc:  # noqa: BLE001 transports raise more than httpx's tree; nothing is spent here
            raise VendorUnavailable(
                f"{self.label} could not be asked: {cause_in_words(exc)}. "
                "Nothing was spent; it is asked again later."
            ) from None
        if 200 <= response.status_code < 300:
            outputs = outputs_of(json_object(response))
            if not outputs:
                raise self.nonsense(response.status_code)
            return ProviderJob(
                id=job_id,
                state=JobState.SUCCEEDED,
                progress=1.0,
                outputs=outputs,
                vendor_status=self.scrubbed(told.get("status")),
            )
        failure = failure_of(response, told)
        if failure is None:
            raise self._no_verdict(response)
        return self._failed(job_id, failure, told)

    def _failed(self, job_id: str, failure: Failure, told: Mapping[str, Any]) -> ProviderJob:
        return ProviderJob(
            id=job_id,
            state=failure.state,
            failure_code=self.scrubbed(failure.code),
            failure_words=self.scrubbed(failure.words),
            retry_helps=failure.retry_helps,
            # fal bills no server error; what it bills of an input that failed late is not said.
            cost_usd=Decimal(0) if failure.status >= 500 else None,
            cost_is_final=failure.status >= 500,
            vendor_status=self.scrubbed(told.get("status")),
        )

    def _no_verdict(self, response: httpx.Response) -> ProviderError:
        """The error of a result that says nothing about the job: fal itself is not well, or refuses us."""
        if response.status_code >= 500 or response.status_code in {408, 409, 425}:
            return VendorUnavailable(
                f"{self.label} is not well ({response.status_code}). Nothing was spent; it is asked again "
                "later.",
                **self.facts(response),
            )
        return self.rejection(response)

    def words_of(self, response: httpx.Response) -> str:
        return words_of(json_object(response)) or super().words_of(response)

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """fal's readings: an empty account is a locked one, and a 422 lists every wrong field."""
        status = response.status_code
        facts: dict[str, Any] = {"status": status, "vendor_words": words}
        if status == 403 and ("balance" in words.lower() or "locked" in words.lower()):
            return OutOfCredit(
                "The account at fal is locked for want of credit (403). Nothing was spent. Buy credit.",
                **facts,
            )
        if status == 404:
            return self._not_found(response, facts)
        if status not in {400, 422}:
            return None
        if error_type_of(response) == POLICY:
            return ContentRefused(
                f"fal's safety system refuses the request. Nothing was spent. {words}", **facts
            )
        issues = tuple(issues_of(json_object(response), self.scrubbed))
        return InvalidRequest(
            f"fal refuses the request ({status}). Nothing was spent. {words}", issues=issues, **facts
        )

    def _not_found(self, response: httpx.Response, facts: dict[str, Any]) -> ProviderError:
        if "/requests/" in response.request.url.path:
            return JobNotFound("fal knows no such job: it never was, or belongs to another account.", **facts)
        return InvalidRequest(
            "fal has no endpoint of this name (404). Nothing was spent. The model may be gone: an admin can "
            "correct the catalogue.",
            **facts,
        )


def _address(field: str, media: Media) -> str:
    """An input as it goes into the body: its link, or the file itself."""
    if media.url:
        return fetchable_url(field, media.url, "fal")
    content_type = picture_type(field, media, "fal")
    at_most(field, media, "fal", MAX_PICTURE)
    return as_data_uri(media, content_type)


def _path(job_id: str) -> str:
    """The job's place below the address. Raises `JobNotFound` for an id that fal never gave."""
    if not JOB.fullmatch(job_id):
        raise JobNotFound("fal names no job in this way.")
    return f"/{quote(job_id)}"
