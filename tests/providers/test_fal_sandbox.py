"""Our own fal adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar, cast

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import AuthFailed, InvalidRequest, OutOfCredit, Unsupported, WebhookInvalid
from providers.fal import FalProvider
from tests.providers.fal_cases import CHEAP, KEY
from tests.providers.sandbox.orders import png
from tests.providers.sandbox.receiver import Received, Receiver, receiving
from tests.providers.sandbox_cases import FORBIDDEN_PROMPT, SandboxCases
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.anyio


class TestFal(SandboxCases):
    name = "fal"
    path = "/fal"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    request_ = CHEAP
    deleting: ClassVar[dict[str, Any]] = {"api_key": "admin1:secret"}

    @pytest.fixture
    def ear(self) -> Iterator[Receiver]:
        with receiving() as ear:
            yield ear

    async def test_a_wrong_field_fails_in_the_job_and_not_in_the_order(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        """The queue takes any input; fal looks at it only when its turn has come."""
        odd = replace(CHEAP, extra={"style": "oil"})
        job = await self.over(provider, (await provider.submit(odd)).id)
        assert (job.state, job.failure_code, job.retry_helps) == (JobState.FAILED, "one_of", False)
        assert "style" in job.failure_words

    async def test_it_cannot_order_what_the_catalogue_forbids_to_change(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        with pytest.raises(Unsupported, match="field of its own"):
            await provider.submit(replace(CHEAP, extra={"resolution": "1080p"}))
        assert house.paid_count() == 0

    async def test_a_picture_goes_within_the_order(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(replace(CHEAP, first_frame=Media(data=png())))
        assert (await self.over(provider, job.id)).state is JobState.SUCCEEDED
        (paid,) = house.control.get("/_control/paid").json()["jobs"]
        assert paid["model"] == "fal-ai/pixverse/v6/image-to-video"

    async def test_a_model_that_is_gone_is_told_so(self, provider: VideoProvider, house: Sandbox) -> None:
        house.settings(retired=["fal/fal-ai/pixverse/v6/text-to-video"])
        with pytest.raises(InvalidRequest, match="no endpoint"):
            await provider.submit(CHEAP)

    async def test_an_empty_account_is_a_locked_one(self, provider: VideoProvider, house: Sandbox) -> None:
        house.settings(dollars=0)
        with pytest.raises(OutOfCredit):
            await provider.submit(CHEAP)

    async def test_the_balance_is_told_to_admins(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            plain = await self.adapter(client, house.port).check_key()
            told = await self.adapter(client, house.port, api_key="admin1:secret").check_key()
        assert (plain.ok, plain.balance_usd) == (True, None)
        assert "admin rights" in plain.sentence
        assert (told.ok, told.balance_usd) == (True, Decimal(10_000))
        assert house.paid_count() == 0

    async def test_a_key_without_admin_rights_deletes_nothing(
        self, provider: FalProvider, house: Sandbox
    ) -> None:
        job = await self.finished(provider)
        with pytest.raises(AuthFailed):
            await provider.delete(job.id)
        assert (await provider.poll(job.id)).outputs

    async def test_a_key_of_the_wrong_form_is_refused(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            stranger = self.adapter(client, house.port, api_key="two:many:halves")
            assert not (await stranger.check_key()).ok
            with pytest.raises(AuthFailed):
                await stranger.submit(CHEAP)

    async def test_more_jobs_than_slots_wait_in_the_queue(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(capacity=1, min_seconds=60)
        jobs = [await provider.submit(CHEAP) for _ in range(2)]
        states = [(await provider.poll(job.id)).state for job in jobs]
        assert states == [JobState.RUNNING, JobState.QUEUED]

    # Webhooks: fal tells once, when a job is over, and signs with a key that it publishes.

    async def told(self, provider: VideoProvider, ear: Receiver, request: GenerationRequest) -> Received:
        """What came to the hook of an order that is over."""
        await provider.submit(replace(request, webhook_url=f"{ear.url}?t=1"))
        return (await asyncio.to_thread(ear.wait_for, 1))[0]

    async def believer(self, house: Sandbox, client: httpx.AsyncClient) -> FalProvider:
        """The adapter with the keys that the sandbox publishes."""
        plain = self.adapter(client, house.port)
        assert isinstance(plain, FalProvider)
        keys = await plain.webhook_keys()
        assert keys
        assert {key["kty"] for key in keys} == {"OKP"}
        knowing = self.adapter(client, house.port, webhook_keys=keys)
        assert isinstance(knowing, FalProvider)
        return knowing

    async def test_a_signed_word_names_the_job(
        self, provider: VideoProvider, house: Sandbox, ear: Receiver
    ) -> None:
        call = await self.told(provider, ear, CHEAP)
        async with httpx.AsyncClient() as client:
            event = (await self.believer(house, client)).read_webhook(call.headers, call.body)
        body = json.loads(call.body)
        assert event.job_id == event.event_id == body["request_id"]
        assert (body["status"], call.path) == ("OK", "/hook?t=1")
        assert body["payload"]["video"]["url"].startswith(house.url)

    async def test_a_failure_is_told_too(
        self, provider: VideoProvider, house: Sandbox, ear: Receiver
    ) -> None:
        call = await self.told(provider, ear, replace(CHEAP, prompt=FORBIDDEN_PROMPT))
        body = json.loads(call.body)
        assert (body["status"], body["payload"]["detail"][0]["type"]) == ("ERROR", "content_policy_violation")

    @pytest.mark.parametrize("fault", ["webhook_forged", "webhook_old"])
    async def test_what_fal_did_not_sign_just_now_is_not_believed(
        self, provider: VideoProvider, house: Sandbox, ear: Receiver, fault: str
    ) -> None:
        house.fault(fault)
        call = await self.told(provider, ear, CHEAP)
        async with httpx.AsyncClient() as client:
            believer = await self.believer(house, client)
        with pytest.raises(WebhookInvalid):
            believer.read_webhook(call.headers, call.body)
        with pytest.raises(WebhookInvalid):
            cast(FalProvider, provider).read_webhook(call.headers, call.body)
