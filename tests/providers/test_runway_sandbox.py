"""Our own Runway adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import InvalidRequest, OutOfCredit, RateLimited
from tests.cast import SANDBOX_SECRET
from tests.providers.sandbox.orders import png
from tests.providers.sandbox_cases import FORBIDDEN_PROMPT, SandboxCases
from tests.sandbox_server import Sandbox

BALL = GenerationRequest(
    model="gen4.5", prompt="A red ball rolls", duration_s=2, width=1280, height=720, seed=7
)


class TestRunway(SandboxCases):
    name = "runway"
    path = "/runway"
    options = {"api_key": SANDBOX_SECRET}
    request_ = BALL

    async def test_a_finished_job_tells_what_it_cost_and_what_it_was_asked(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        job = await self.finished(provider)
        assert (str(job.cost_usd), job.cost_is_final) == ("0.24", True)
        told = house.control.get(f"/_control/jobs/{job.id}").json()
        assert (told["prompt"], told["seed"]) == ("A red ball rolls", 7)

    async def test_pictures_go_inline_or_by_upload(self, provider: VideoProvider, house: Sandbox) -> None:
        for content in (png(), png(1600, 1200)):
            asked = GenerationRequest(**(vars(BALL) | {"first_frame": Media(data=content)}))
            job = await provider.submit(asked)
            assert (await self.over(provider, job.id)).state is JobState.SUCCEEDED
        paths = [call["path"] for call in house.control.get("/_control/calls").json()["calls"]]
        assert len([path for path in paths if path.startswith("/runway-uploads/")]) == 1

    async def test_a_key_tells_its_balance(self, provider: VideoProvider, house: Sandbox) -> None:
        status = await provider.check_key()
        assert (status.ok, str(status.balance_usd)) == (True, "10000.00")
        async with httpx.AsyncClient() as client:
            stranger = self.adapter(client, house.port, api_key="key_short")
            assert (await stranger.check_key()).ok is False

    async def test_refusals_of_the_order_are_told_apart(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(credits=1)
        with pytest.raises(OutOfCredit):
            await provider.submit(BALL)
        house.settings(credits=1000, daily_limit=0)
        with pytest.raises(RateLimited):
            await provider.submit(BALL)
        with pytest.raises(InvalidRequest) as caught:
            await provider.submit(GenerationRequest(**(vars(BALL) | {"extra": {"style": "noir"}})))
        assert "style" in str(caught.value)
        assert house.paid_count() == 0

    async def test_a_refused_prompt_is_charged(self, provider: VideoProvider) -> None:
        asked = GenerationRequest(**(vars(BALL) | {"prompt": FORBIDDEN_PROMPT}))
        job = await self.over(provider, (await provider.submit(asked)).id)
        assert (job.state, job.failure_code) == (JobState.REFUSED, "SAFETY.INPUT.TEXT")
        assert str(job.cost_usd) == "0.24"
