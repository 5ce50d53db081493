"""Our own Gemini adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import InvalidRequest, JobNotFound, LinkExpired, RateLimited, Unsupported
from tests.providers.sandbox.orders import png
from tests.providers.sandbox.receiver import receiving
from tests.providers.sandbox_cases import SandboxCases
from tests.sandbox_server import Sandbox

KEY = "AIzaSandbox0123456789abcdefghijklmnopqrs"
OMNI = "gemini-omni-1.2-flash"


class TestSandbox(SandboxCases):
    name = "gemini"
    path = "/google"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    request_ = GenerationRequest(model=OMNI, prompt="A red ball rolls", duration_s=3, width=640, height=360)

    async def test_frames_references_and_a_clip_to_edit_are_taken(self, provider: VideoProvider) -> None:
        picture = Media(data=png())
        sink = io.BytesIO()
        made = await self.finished(provider)
        await provider.download(made.outputs[0], sink)
        edit = GenerationRequest(
            model=OMNI, prompt="Make the ball blue", source_video=Media(data=sink.getvalue())
        )
        for request in (
            replace(self.request_, first_frame=picture),
            replace(self.request_, first_frame=picture, last_frame=picture),
            replace(self.request_, references=(picture,) * 6),
            edit,
        ):
            job = await self.over(provider, (await provider.submit(request)).id)
            assert job.state is JobState.SUCCEEDED

    async def test_a_key_that_is_none_is_told(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            status = await self.adapter(client, house.port, api_key="short").check_key()
        assert (status.ok, "does not know this key" in status.sentence) == (False, True)

    async def test_a_key_sees_its_own_jobs_and_files_alone(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        job = await self.finished(provider)
        async with httpx.AsyncClient() as client:
            other = self.adapter(client, house.port, api_key=KEY[::-1])
            with pytest.raises(JobNotFound):
                await other.poll(job.id)
            with pytest.raises(LinkExpired):
                await other.download(job.outputs[0], io.BytesIO())

    async def test_a_wrong_option_is_named(self, provider: VideoProvider, house: Sandbox) -> None:
        with pytest.raises(InvalidRequest, match="temperature"):
            await provider.submit(replace(self.request_, extra={"generation_config": {"temperature": 1.0}}))
        assert house.paid_count() == 0

    async def test_a_limit_of_the_day_is_told(self, provider: VideoProvider, house: Sandbox) -> None:
        house.settings(daily_limit=0)
        with pytest.raises(RateLimited, match="day") as caught:
            await provider.submit(self.request_)
        assert caught.value.retry_after == 3600

    async def test_a_retired_model_says_so(self, provider: VideoProvider, house: Sandbox) -> None:
        house.settings(retired=[f"google/{OMNI}"])
        with pytest.raises(InvalidRequest, match="switched off"):
            await provider.submit(self.request_)


class TestOlderFormat(SandboxCases):
    """Veo as the Gemini API served it until October 2026."""

    name = "gemini"
    path = "/google"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    request_ = GenerationRequest(
        model="veo-3.1-fast-generate-preview",
        prompt="A red ball rolls",
        duration_s=4,
        width=1280,
        height=720,
    )
    can_cancel = False

    async def test_a_finished_job_is_deleted_where_the_vendor_does_that(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            provider: Any = self.adapter(client, house.port)
            done = await self.finished(provider)
            with pytest.raises(Unsupported, match="by itself"):
                await provider.delete(done.id)

    async def test_what_was_held_back_says_why(self, provider: VideoProvider, house: Sandbox) -> None:
        house.fault("refuse", failureCode="15236754")
        job = await self.over(provider, (await provider.submit(self.request_)).id)
        assert (job.state, job.failure_code) == (JobState.REFUSED, "15236754")
        assert "a well-known person" in job.failure_words


@pytest.mark.anyio
class TestWebhooks:
    @pytest.fixture
    async def client(self, every_vendor: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
        every_vendor.reset()
        every_vendor.settings(instant=True, min_seconds=0)
        headers = {"x-goog-api-key": KEY}
        async with httpx.AsyncClient(base_url=f"{every_vendor.url}/google", headers=headers) as client:
            yield client

    async def test_a_registered_address_is_told_and_the_adapter_believes_it(
        self, client: httpx.AsyncClient, every_vendor: Sandbox
    ) -> None:
        with receiving() as receiver:
            webhook = {"name": "x", "uri": receiver.url, "subscribed_events": ["interaction.completed"]}
            made = (await client.post("/v1/webhooks", json=webhook)).json()
            case = TestSandbox()
            provider: Any = case.adapter(client, every_vendor.port, webhook_secret=made["new_signing_secret"])
            job = await provider.submit(case.request_)
            (told,) = await asyncio.to_thread(receiver.wait_for, 1)
            event = provider.read_webhook(told.headers, told.body)
        assert (event.job_id, event.event_id) == (job.id, told.headers["webhook-id"])
        assert (await provider.poll(job.id)).state is JobState.SUCCEEDED
        listed = (await client.get("/v1/webhooks")).json()["webhooks"]
        assert [one["id"] for one in listed] == [made["id"]]
        assert "new_signing_secret" not in listed[0]
