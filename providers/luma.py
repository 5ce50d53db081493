"""Luma's Dream Machine: https://api.lumalabs.ai/dream-machine/v1. See docs/providers/luma.md."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

import httpx

from providers.addresses import Resolver, resolve
from providers.answers import json_object
from providers.base import HttpProvider, path_part
from providers.catalog_data import Model
from providers.contract import (
    GenerationRequest,
    JobState,
    KeyStatus,
    Media,
    Output,
    ProviderJob,
    WebhookEvent,
)
from providers.errors import (
    AuthFailed,
    ContentRefused,
    JobNotFound,
    OutOfCredit,
    ProviderError,
    WebhookInvalid,
)
from providers.media import fetchable_url, refuse_priced, unsupported
from providers.options import read_http_options, secret_option
from providers.request_check import closest_size, mode_name

BASE_URL: Final = "https://api.lumalabs.ai/dream-machine/v1"
STATES: Final = {
    "queued": JobState.QUEUED,
    "dreaming": JobState.RUNNING,
    "completed": JobState.SUCCEEDED,
    "failed": JobState.FAILED,
}
OVER: Final = {JobState.SUCCEEDED, JobState.FAILED, JobState.REFUSED}
SHORTEST_PROMPT: Final = 3
# What has a field of its own here; the length and the resolution set the price.
PRICED: Final = frozenset(
    {"model", "prompt", "aspect_ratio", "resolution", "duration", "callback_url", "generation_type"}
)
# Of the safety system. “failed to moderate image” is none of these: then the picture could not be fetched.
_MODERATED: Final = re.compile(r"\bmoderation\b|\bblacklisted\b", re.IGNORECASE)
_NO_CREDIT: Final = re.compile(r"\binsufficient (credit|balance|fund)", re.IGNORECASE)
# What the same request meets again: the picture stays out of Luma's reach.
_UNREADABLE: Final = re.compile(r"\buser input frames\b|\bmoderate image\b", re.IGNORECASE)


class LumaProvider(HttpProvider):
    """Ray 2 and Ray Flash 2. Options: see `read_http_options`; and `api_key`."""

    name = "luma"
    label = "Luma"

    def __init__(
        self,
        options: Mapping[str, Any],
        client: httpx.AsyncClient | None = None,
        resolver: Resolver = resolve,
    ) -> None:
        self._api_key = secret_option(options, "api_key", self.label)
        http = read_http_options(options, base_url=BASE_URL, poll_seconds=2.0)
        super().__init__(http, (self._api_key,), client, resolver)

    async def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._api_key}"}

    async def submit(self, request: GenerationRequest) -> ProviderJob:
        """Check, then send the one paid call; Luma fetches the pictures itself."""
        answer = await self.send_paid("/generations/video", body_of(self.checked(request), request))
        job_id = self.job_named(answer.get("id"))
        return ProviderJob(id=job_id, state=JobState.QUEUED, poll_after_s=self.http.poll_seconds)

    async def poll(self, job_id: str) -> ProviderJob:
        """Where the generation stands. Luma tells neither progress nor what it cost."""
        answer = await self.free_json("GET", f"/generations/{path_part(job_id)}")
        status = answer.get("state")
        if not isinstance(status, str):
            raise self.nonsense()
        reason = answer.get("failure_reason")
        words = reason if isinstance(reason, str) else ""
        state = STATES.get(status, JobState.UNKNOWN)
        if state is JobState.FAILED and _MODERATED.search(words):
            state = JobState.REFUSED
        return ProviderJob(
            id=job_id,
            state=state,
            outputs=self._outputs(answer) if state is JobState.SUCCEEDED else (),
            failure_words=self.scrubbed(words) if state in OVER else "",
            retry_helps=state is JobState.FAILED and not _UNREADABLE.search(words),
            poll_after_s=None if state in OVER else self.http.poll_seconds,
            vendor_status=self.scrubbed(status),
        )

    async def cancel(self, job_id: str) -> bool:
        """Luma can remove a generation; nothing says that this stops the work or gives the money back."""
        return False

    async def delete(self, job_id: str) -> bool:
        """Remove a finished generation with its files: `DELETE /generations/{id}`."""
        await self.send_free("DELETE", f"/generations/{path_part(job_id)}")
        return True

    async def find(self, client_token: str) -> ProviderJob | None:
        """Luma lists generations and takes no mark of ours to know one by."""
        raise self.cannot_look_up("Luma's page")

    async def check_key(self) -> KeyStatus:
        """The account's balance, which Luma tells in US cents; costs nothing."""
        try:
            answer = await self.free_json("GET", "/credits")
        except AuthFailed as exc:
            return KeyStatus(ok=False, sentence=str(exc))
        cents = answer.get("credit_balance")
        if isinstance(cents, bool) or not isinstance(cents, int | float) or not math.isfinite(cents):
            raise self.nonsense()
        balance = (Decimal(str(cents)) / 100).quantize(Decimal("0.01"))
        return KeyStatus(
            ok=True, sentence=f"The key works. ${balance:,.2f} of credit is left.", balance_usd=balance
        )

    def read_webhook(self, headers: Mapping[str, str], body: bytes) -> WebhookEvent:
        """Luma sends the generation itself and does not sign it: the address has to prove it."""
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise WebhookInvalid("The body is no JSON.") from None
        job_id = told.get("id") if isinstance(told, dict) else None
        if not isinstance(job_id, str) or not job_id:
            raise WebhookInvalid("It names no job.")
        return WebhookEvent(job_id=job_id, event_id=hashlib.sha256(body).hexdigest())

    # Reading answers.

    def words_of(self, response: httpx.Response) -> str:
        """The sentence in `detail`; of a body that was checked field by field, each field's."""
        detail = (json_object(response) or {}).get("detail")
        if isinstance(detail, list):
            told = [one.get("msg") for one in detail if isinstance(one, dict)]
            return "; ".join(words for words in told if isinstance(words, str))
        return detail if isinstance(detail, str) else super().words_of(response)

    def refusal(self, response: httpx.Response, words: str) -> ProviderError | None:
        """By the words: Luma names neither an empty account nor a refused prompt by a status of its own."""
        status, request = response.status_code, response.request
        facts: dict[str, Any] = {"status": status, "vendor_words": words}
        if status == 404 and request.method in {"GET", "DELETE"}:
            return JobNotFound(
                "Luma knows no such job: it was removed, or belongs to another account.", **facts
            )
        if status in {400, 402, 403} and _NO_CREDIT.search(words):
            return OutOfCredit("The Luma account has too little credit. Nothing was spent.", **facts)
        if status in {400, 403, 422} and _MODERATED.search(words):
            return ContentRefused(
                "Luma's safety system refuses the prompt or a picture. Nothing was spent.", **facts
            )
        return None

    def _outputs(self, answer: Mapping[str, Any]) -> tuple[Output, ...]:
        assets = answer.get("assets")
        url = assets.get("video") if isinstance(assets, dict) else None
        if not isinstance(url, str) or not url:
            raise self.nonsense()
        return (Output(url=url),)


def body_of(model: Model, request: GenerationRequest) -> dict[str, Any]:
    """The JSON of the creating call. Raises `Unsupported` for what it cannot say."""
    refuse_priced(request.extra, PRICED)
    frames = {"frame0": request.first_frame, "frame1": request.last_frame}
    keyframes = {place: _image(place, frame) for place, frame in frames.items() if frame is not None}
    if keyframes and "keyframes" in request.extra:
        raise unsupported("extra", "The extra option “keyframes” and a frame cannot be sent together.")
    if 0 < len(request.prompt.strip()) < SHORTEST_PROMPT:
        raise unsupported("prompt", f"Luma takes prompts of at least {SHORTEST_PROMPT} characters.")
    body: dict[str, Any] = {"model": model.id}
    if request.prompt.strip():
        body["prompt"] = request.prompt
    body |= _size(model, request)
    # The length and the resolution set the price, so that neither is left to Luma.
    body["duration"] = f"{request.duration_s or model.default_duration:g}s"
    if keyframes:
        body["keyframes"] = keyframes
    if request.webhook_url:
        body["callback_url"] = request.webhook_url
    return body | dict(request.extra)


def _size(model: Model, request: GenerationRequest) -> dict[str, str]:
    mode = model.modes[mode_name(request)]
    if request.width is None or request.height is None:
        return {"resolution": mode.sizes[0].tier}
    size = closest_size(mode, request.width, request.height) or mode.sizes[0]
    return {"aspect_ratio": size.aspect, "resolution": size.tier}


def _image(place: str, frame: Media) -> dict[str, str]:
    field = {"frame0": "first_frame", "frame1": "last_frame"}[place]
    return {"type": "image", "url": fetchable_url(field, frame.url, "Luma")}
