"""Runcrate's video gateway: https://api.runcrate.ai, path /v1/videos. See docs/providers/runcrate.md."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import httpx

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
    ContentRefused,
    FieldIssue,
    InvalidRequest,
    JobNotFound,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
)
from providers.options import read_http_options, secret_option
from providers.runcrate_body import body_of
from providers.runcrate_read import (
    CODES,
    OVER,
    REFUSED,
    balance_of,
    error_in,
    is_refusal,
    issues_of,
    retry_helps,
    state_of,
)

BASE_URL = "https://api.runcrate.ai"
ACCOUNT_URL = "https://www.runcrate.ai"
POLL_SECONDS = 5.0
# Creating a job may take this long, by the timeout of the vendor's own client.
READ_SECONDS = 120.0


class RuncrateProvider(HttpProvider):
    """The makers' models that Runcrate resells. Options: see `read_http_options`; `api_key`; and
    `account_url` for the host of balances, which is that of the calls where it is not Runcrate's own.
    """

    name = "runcrate"
    label = "Runcrate"
    keyed_downloads = True

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._api_key = secret_option(options, "api_key", self.label)
        known = {**options, "timeouts": options.get("timeouts") or {"read": READ_SECONDS}}
        http = read_http_options(known, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        super().__init__(http, (self._api_key,), client, resolver)
        home = http.base_url if self.elsewhere else ACCOUNT_URL
        account = read_http_options(known, base_url=home, poll_seconds=POLL_SECONDS, address="account_url")
        self._account_options = {**options, "base_url": account.base_url}

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._api_key}"}

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call; a picture of ours goes along as a data URI."""
        answer = await self.send_paid("/v1/videos", body_of(self.checked(request), request))
        job_id = self.job_named(answer.get("id"))
        return ProviderJob(id=job_id, state=JobState.QUEUED, poll_after_s=self.http.poll_seconds)

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands. The reason of a failure is looked for in every place it may be in."""
        path = _job_path(job_id)
        answer = await self.free_json("GET", path)
        status = answer.get("status")
        if not isinstance(status, str):
            raise self.nonsense()
        code, words = error_in(answer) if status == "failed" else ("", "")
        state = state_of(status, code, words)
        done = state is JobState.SUCCEEDED
        return ProviderJob(
            id=job_id,
            state=state,
            progress=1.0 if done else None,
            outputs=(Output(url=f"{self.http.base_url}{path}/download"),) if done else (),
            failure_code=self.scrubbed(code),
            failure_words=self.scrubbed(words),
            retry_helps=state is JobState.FAILED and retry_helps(code),
            poll_after_s=None if state in OVER else self.http.poll_seconds,
            vendor_status=self.scrubbed(status),
        )

    async def cancel(self, job_id: str) -> bool:
        """Runcrate has no way to stop a job."""
        return False

    async def find(self, client_token: str) -> ProviderJob | None:
        """Runcrate neither takes a mark of ours nor lists its jobs."""
        raise self.cannot_look_up("Runcrate's page")

    async def check_key(self) -> KeyStatus:
        """The balance, which lies on another host than the models; costs nothing."""
        # The account's side has the same key and the same manners at another address.
        account = RuncrateProvider(self._account_options, self.client, self.resolver)
        try:
            answer = await account.free_json("GET", "/api/v1/billing/balance")
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        balance = balance_of(answer)
        if balance is None:
            raise self.nonsense()
        return KeyStatus(
            ok=True,
            sentence=f"The key works. Credits worth ${balance:,.2f} are left.",
            balance_usd=balance.quantize(Decimal("0.01")),
        )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """Runcrate sends none."""
        raise Unsupported("Runcrate has no webhooks; its jobs are polled.")

    def words_of(self, response: httpx.Response) -> str:
        """The sentence, from whichever of the four shapes the error has."""
        answer = json_object(response)
        return response.text if answer is None else error_in(answer)[1]

    def wait_of(self, response: httpx.Response) -> float | None:
        """`Retry-After`, else the moment at which `X-RateLimit-Reset` says that there is room again."""
        wait = super().wait_of(response)
        reset = response.headers.get("x-ratelimit-reset", "")
        if wait is not None or response.status_code != 429 or not reset.isdecimal() or len(reset) > 12:
            return wait
        return max(0.0, int(reset) - time.time())

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """By the error's code first: a 402 may be an empty account or a limit set on the key."""
        status, request = response.status_code, response.request
        facts: dict[str, Any] = {"status": status, "vendor_words": words}
        if status == 404 and request.method == "GET" and "/v1/videos/" in request.url.path:
            return JobNotFound(
                "Runcrate knows no such job: it is gone, or belongs to another account.", **facts
            )
        answer = json_object(response) or {}
        facts["retry_after"] = self.wait_of(response)
        code = error_in(answer)[0]
        if code in CODES:
            kind, sentence = CODES[code]
            return kind(sentence, **facts)
        if status in {400, 403, 422} and is_refusal(code, words):
            return ContentRefused(f"Runcrate: {REFUSED}", **facts)
        if status == 402:
            return OutOfCredit(
                "The Runcrate account has too little credit. Nothing was spent. Buy credits.", **facts
            )
        if status == 429:
            return RateLimited("Runcrate asks for a pause (429). Nothing was spent.", **facts)
        if status in {400, 422}:
            return InvalidRequest(
                f"Runcrate refuses the request. Nothing was spent. {words}",
                issues=self._issues(answer),
                **facts,
            )
        return None

    def _issues(self, answer: Mapping[str, Any]) -> tuple[FieldIssue, ...]:
        return tuple(FieldIssue(one.field, self.scrubbed(one.message)) for one in issues_of(answer))


def _job_path(job_id: str) -> str:
    return f"/v1/videos/{path_part(job_id)}"
