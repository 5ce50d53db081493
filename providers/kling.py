"""Kling's API in both of its standards: https://api-singapore.klingai.com. See docs/providers/kling.md."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import httpx

from providers.addresses import Resolver, resolve
from providers.answers import json_object
from providers.base import HttpProvider, path_part
from providers.contract import GenerationRequest, JobState, KeyStatus, ProviderJob, WebhookEvent
from providers.errors import (
    AnswerLost,
    AuthFailed,
    JobNotFound,
    ProviderError,
    Unsupported,
    VendorUnavailable,
    WebhookInvalid,
)
from providers.kling_auth import TOKEN, read_account
from providers.kling_body import LEGACY_KINDS, Order, order_of
from providers.kling_errors import MEANINGS, NOT_FOUND, AlreadyOrdered, code_of, refusal_of
from providers.kling_read import OVER, USD_PER_UNIT, Record, legacy_record, new_record, units_left
from providers.media import unsupported
from providers.options import read_http_options
from providers.scrub import HIDDEN
from providers.webhook_signature import check_standard, secrets_of

BASE_URL = "https://api-singapore.klingai.com"
POLL_SECONDS = 2.0
A_YEAR_MS = 366 * 24 * 3600 * 1000
_LONGEST_EVENT_ID = 200
# Of a server that has begun the work: with them a paid call may have been taken.
_INTERNAL = range(5000, 6000)


class KlingProvider(HttpProvider):
    """Kling's models of both standards. Options: see `read_http_options`; `api_key`, or `access_key` with
    `secret_key`, which reach only the older standard; and `webhook_secret`. `clock` gives Unix seconds.

    A job of the older standard is named with its kind, as in text2video/900, because a poll has to say it.
    """

    name = "kling"
    label = "Kling"

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._account = read_account(options, self.label)
        self._webhook_secrets = secrets_of(str(options.get("webhook_secret") or ""))
        self._clock = clock
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=POLL_SECONDS)
        account = self._account
        secrets = (account.api_key, account.access_key, account.secret_key, *self._webhook_secrets)
        super().__init__(http, tuple(filter(None, secrets)), client, resolver)

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._account.bearer(self._clock())}"}

    # The contract.

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call. An order that was taken before gives its job and no second."""
        chosen = self.checked(request)
        order = order_of(chosen, request)
        if not order.kind and not self._account.api_key:
            raise unsupported(
                "model",
                f"{chosen.label} takes an API key only, and this account has an access key and a secret key. "
                "Enter an API key, or choose a model of the older standard.",
            )
        try:
            answer = await self.send_paid(order.path, order.body)
        except AlreadyOrdered as already:
            return await self._ordered_before(order, request.client_token, already)
        data = answer.get("data")
        told = data.get("task_id" if order.kind else "id") if isinstance(data, dict) else None
        told = self.job_named(told)
        return ProviderJob(
            id=_named(order.kind, told), state=JobState.QUEUED, poll_after_s=self.http.poll_seconds
        )

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the job stands, with its links once it has succeeded."""
        kind, slash, number = job_id.rpartition("/")
        if slash and kind not in LEGACY_KINDS:
            raise JobNotFound("Kling has no jobs of this kind.")
        number = path_part(number)
        found = await (self._legacy(kind, number) if kind else self._new("task_ids", number))
        if found is None:
            raise JobNotFound("Kling knows no such job: it is older than 30 days, or another account's.")
        return self._job(job_id, found)

    async def cancel(self, job_id: str) -> bool:
        """Kling can neither stop nor delete a job."""
        return False

    async def find(self, client_token: str) -> ProviderJob | None:
        """The job that was ordered with our mark, in either standard. An order without one is not found."""
        if not client_token:
            raise Unsupported("This order carried no mark of ours, so Kling cannot be asked for it.")
        mark = path_part(client_token)
        if self._account.api_key and (found := await self._new("external_task_ids", mark)):
            return self._job(found.id, found)
        # That the list above also holds jobs of the older standard was seen and is nowhere promised.
        for kind in LEGACY_KINDS:
            if found := await self._legacy(kind, mark):
                return self._job(_named(kind, found.id), found)
        return None

    async def check_key(self) -> KeyStatus:
        """What is left of the account's packs; costs nothing."""
        now = int(self._clock() * 1000)
        try:
            data = await self._data(f"/account/costs?start_time={now - A_YEAR_MS}&end_time={now}")
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        units = units_left(data)
        if units is None:
            return KeyStatus(
                ok=True,
                sentence="The key works. No resource pack is in force, and Kling does not tell the balance.",
            )
        usd = units * USD_PER_UNIT
        sentence = f"The key works. {units:,f} units were left up to 12 h ago, worth ${usd:,.2f}."
        return KeyStatus(ok=True, sentence=sentence, balance_usd=usd)

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """A change of a job. Without a kept secret nothing is proved here: the address has to prove it.

        The older standard's callbacks name the job without its kind.
        """
        given = {name.lower(): value for name, value in headers.items()}
        event_id = given.get("webhook-id", "")
        if self._webhook_secrets:
            event_id = check_standard(headers, body, self._webhook_secrets, self._clock())
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise WebhookInvalid("The body is no JSON.") from None
        names = [told.get("id"), told.get("task_id")] if isinstance(told, dict) else []
        job_id = next((name for name in names if isinstance(name, str) and name), "")
        if not job_id:
            raise WebhookInvalid("It names no job.")
        if not event_id or len(event_id) > _LONGEST_EVENT_ID:
            event_id = hashlib.sha256(body).hexdigest()
        return WebhookEvent(job_id=job_id, event_id=event_id)

    # Reading answers.

    def check_paid_status(self, response: httpx.Response) -> None:
        """As for every vendor, and then by Kling's own code, which may come with any status."""
        code = code_of(json_object(response))
        if code in _INTERNAL and response.status_code < 500:
            raise self._lost_by_code(code, response)
        super().check_paid_status(response)
        if code:
            raise self.rejection(response) if code in MEANINGS else self._lost_by_code(code, response)

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """Kling's own reading of an answer that took nothing."""
        code = code_of(json_object(response))
        facts = self.facts(response)
        asked = response.request
        if code in _INTERNAL:
            return VendorUnavailable(
                f"Kling is not well ({code}). Nothing was spent; it is asked again later.", **facts
            )
        if code in NOT_FOUND and asked.method == "GET" and "/v1/videos/" in asked.url.path:
            return JobNotFound("Kling knows no such job.", **facts)
        return None if code is None else refusal_of(code, words, facts, paid=asked.method == "POST")

    def scrubbed(self, text: object) -> str:
        """Also without tokens, which are made anew for each call and are on no list of secrets."""
        return TOKEN.sub(HIDDEN, super().scrubbed(text))

    # The inner steps.

    def _lost_by_code(self, code: int | None, response: httpx.Response) -> AnswerLost:
        error = self.answer_lost(f"it answered with the code {code}", response.status_code)
        facts = self.facts(response)
        error.vendor_words, error.retry_after = facts["vendor_words"], facts["retry_after"]
        return error

    async def _data(self, path: str) -> Any:
        """What a free call tells. Raises for a code other than 0, whatever the status."""
        response = await self.send_free("GET", path)
        answer = json_object(response)
        code = code_of(answer)
        if answer is None or code is None:
            raise self.nonsense(response.status_code)
        if code:
            raise self.refusal(response, self.facts(response)["vendor_words"]) or self.nonsense()
        return answer.get("data")

    async def _new(self, by: str, name: str) -> Record | None:
        """One record of the newer standard; unknown ones are left out of the answer. `name` is quoted."""
        data = await self._data(f"/tasks?{by}={name}")
        if not isinstance(data, list):
            raise self.nonsense()
        if not data:
            return None
        records = [record for entry in data if (record := new_record(entry))]
        matching = [record for record in records if _is_called(record, name, by_mark=by != "task_ids")]
        if not matching:
            raise self.nonsense()
        return matching[0]

    async def _legacy(self, kind: str, name: str) -> Record | None:
        """One record of the older standard, by Kling's id or by our mark. `name` is quoted."""
        try:
            data = await self._data(f"/v1/videos/{kind}/{name}")
        except JobNotFound:
            return None
        record = legacy_record(data)
        if record is None or not (_is_called(record, name) or _is_called(record, name, by_mark=True)):
            raise self.nonsense()
        return record

    async def _ordered_before(self, order: Order, mark: str, already: AlreadyOrdered) -> ProviderJob:
        """The job that has our mark. It exists, so a look-up that fails must not order another."""
        lost = self.answer_lost("it says that the order is there already, and could not be asked for it")
        lost.vendor_words = already.vendor_words
        try:
            name = path_part(mark)
            found = await (
                self._legacy(order.kind, name) if order.kind else self._new("external_task_ids", name)
            )
            if found is not None:
                return self._job(_named(order.kind, found.id), found)
        except ProviderError:
            raise lost from None
        raise lost from None

    def _job(self, job_id: str, record: Record) -> ProviderJob:
        state = record.state
        if state is JobState.SUCCEEDED and not record.outputs:
            raise self.nonsense()
        over = state in OVER
        return ProviderJob(
            id=job_id,
            state=state,
            progress=1.0 if state is JobState.SUCCEEDED else None,
            outputs=record.outputs if state is JobState.SUCCEEDED else (),
            failure_words=self.scrubbed(record.words) if over and state is not JobState.SUCCEEDED else "",
            retry_helps=record.retry_helps,
            cost_usd=record.cost if over else None,
            cost_is_final=over and record.cost is not None,
            poll_after_s=None if over else self.http.poll_seconds,
            vendor_status=self.scrubbed(record.status),
        )


def _is_called(record: Record, name: str, *, by_mark: bool = False) -> bool:
    """Whether a record is the one that was asked for. Not every gateway tells our mark again."""
    told = record.mark if by_mark else record.id
    return quote(told, safe="") == name or (by_mark and not told)


def _named(kind: str, number: str) -> str:
    return f"{kind}/{number}" if kind else number
