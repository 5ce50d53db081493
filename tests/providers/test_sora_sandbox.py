"""Our adapter of the Sora format over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import InvalidRequest, JobNotFound, OutOfCredit, RateLimited
from tests.providers.sandbox.orders import png
from tests.providers.sandbox_cases import SandboxCases
from tests.sandbox_server import Sandbox

KEY = "sk-sandbox-0001"
BALL = GenerationRequest(model="sora-2", prompt="A red ball rolls", duration_s=4, width=1280, height=720)


class TestSandbox(SandboxCases):
    name = "sora"
    path = "/openai/v1"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    request_ = BALL
    can_cancel = False
    files_in_polls = False

    async def test_a_picture_of_ours_starts_the_clip(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(replace(BALL, first_frame=Media(data=png(1280, 720))))
        assert (await self.over(provider, job.id)).state is JobState.SUCCEEDED
        told = house.control.get(f"/_control/jobs/{job.id}").json()
        assert told["mode"] == "image"
        assert told["image"].endswith(".png")

    async def test_a_clip_is_edited_by_its_id_and_by_its_bytes(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        first = await self.finished(provider)
        sink = io.BytesIO()
        await provider.download(first.outputs[0], sink)
        for source in (Media(url=first.id), Media(data=sink.getvalue())):
            edit = GenerationRequest(model="sora-2", prompt="Make it night", source_video=source)
            job = await self.over(provider, (await provider.submit(edit)).id)
            assert job.state is JobState.SUCCEEDED
            told = house.control.get(f"/_control/jobs/{job.id}").json()
            assert (told["mode"], told["width"], told["duration_s"]) == ("edit", 1280, 4)

    async def test_refusals_of_the_order_are_told_apart(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(dollars=0.1)
        with pytest.raises(OutOfCredit):
            await provider.submit(BALL)
        house.settings(dollars=100, daily_limit=0)
        with pytest.raises(RateLimited) as pause:
            await provider.submit(BALL)
        assert pause.value.retry_after == 60
        with pytest.raises(InvalidRequest, match="style"):
            await provider.submit(replace(BALL, extra={"style": "noir"}))
        house.settings(retired=["openai/sora-2"], daily_limit=None)
        with pytest.raises(InvalidRequest, match="no such model"):
            await provider.submit(BALL)
        assert house.paid_count() == 0

    async def test_a_service_that_was_shut_down_takes_nothing(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(retired=["openai/*"])
        with pytest.raises(InvalidRequest) as caught:
            await provider.submit(BALL)
        assert "2026" in caught.value.vendor_words
        assert house.paid_count() == 0

    async def test_another_key_sees_nothing_of_a_job(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(BALL)
        async with httpx.AsyncClient() as client:
            stranger = self.adapter(client, house.port, api_key="sk-somebody-else")
            with pytest.raises(JobNotFound):
                await stranger.poll(job.id)

    async def test_a_refused_key_is_told(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            assert not (await self.adapter(client, house.port, api_key="nonsense").check_key()).ok
