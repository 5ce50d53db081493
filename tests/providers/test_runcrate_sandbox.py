"""Our Runcrate adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import AuthFailed, ContentRefused, InvalidRequest, JobNotFound, OutOfCredit, RateLimited
from tests.providers.sandbox.orders import png
from tests.providers.sandbox_cases import FORBIDDEN_PROMPT, SandboxCases
from tests.sandbox_server import Sandbox

KEY = "rc_live_sandbox_0001"
BALL = GenerationRequest(model="veo-3", prompt="A red ball rolls", duration_s=4, width=1280, height=720)


class TestSandbox(SandboxCases):
    name = "runcrate"
    path = "/runcrate"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    files_have_ranges = False
    request_ = BALL
    can_cancel = False
    files_in_polls = False

    async def test_a_picture_of_ours_starts_the_clip(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(replace(BALL, first_frame=Media(data=png())))
        assert (await self.over(provider, job.id)).state is JobState.SUCCEEDED
        assert house.control.get(f"/_control/jobs/{job.id}").json()["mode"] == "image"

    async def test_a_shape_becomes_the_clip_s(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(replace(BALL, width=720, height=1280, prompt=FORBIDDEN_PROMPT))
        told = house.control.get(f"/_control/jobs/{job.id}").json()
        assert (told["width"], told["height"]) == (720, 1280)

    async def test_a_key_tells_its_balance(self, provider: VideoProvider, house: Sandbox) -> None:
        house.settings(dollars=50)
        await provider.submit(BALL)
        assert (await provider.check_key()).balance_usd == Decimal(48)
        async with httpx.AsyncClient() as client:
            assert not (await self.adapter(client, house.port, api_key="nonsense").check_key()).ok

    async def test_refusals_of_the_order_are_told_apart(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(dollars=0.1)
        with pytest.raises(OutOfCredit, match="Buy credits"):
            await provider.submit(BALL)
        house.settings(dollars=100, daily_limit=0)
        with pytest.raises(RateLimited) as pause:
            await provider.submit(BALL)
        assert pause.value.retry_after == 60
        house.settings(retired=["runcrate/google/veo-3.0"], daily_limit=None)
        with pytest.raises(InvalidRequest, match="slug"):
            await provider.submit(BALL)
        assert house.paid_count() == 0

    @pytest.mark.parametrize(
        ("code", "body", "kind"),
        [
            (402, {"error": {"code": "budget_exceeded", "message": "Limit reached"}}, OutOfCredit),
            (400, {"error": "Blocked by the content policy"}, ContentRefused),
            (403, {"message": "Not yours", "code": "forbidden"}, AuthFailed),
            (422, {"detail": "duration is odd"}, InvalidRequest),
        ],
    )
    async def test_every_shape_of_an_error_is_read(
        self, provider: VideoProvider, house: Sandbox, code: int, body: dict[str, Any], kind: type[Exception]
    ) -> None:
        house.fault("status", match={"role": "creation"}, code=code, body=body)
        with pytest.raises(kind) as caught:
            await provider.submit(BALL)
        assert type(caught.value) is kind
        assert house.paid_count() == 0

    async def test_another_key_sees_nothing_of_a_job(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(BALL)
        async with httpx.AsyncClient() as client:
            with pytest.raises(JobNotFound):
                await self.adapter(client, house.port, api_key="rc_live_somebody_else").poll(job.id)
