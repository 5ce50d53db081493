"""Our Luma adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media, VideoProvider
from providers.errors import ContentRefused, InvalidRequest, JobNotFound, OutOfCredit, RateLimited
from tests.providers.sandbox.receiver import receiving
from tests.providers.sandbox_cases import SandboxCases
from tests.sandbox_server import Sandbox

KEY = "luma-sandbox-0001"
BALL = GenerationRequest(model="ray-2", prompt="A red ball rolls", duration_s=5, width=960, height=540)
LINK = Media(url="https://cdn.example/first.jpg")


class TestSandbox(SandboxCases):
    name = "luma"
    path = "/luma"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    request_ = BALL
    can_cancel = False

    @pytest.mark.parametrize(("first", "last"), [(LINK, None), (None, LINK), (LINK, LINK)])
    async def test_frames_start_and_end_the_clip(
        self, provider: VideoProvider, house: Sandbox, first: Media | None, last: Media | None
    ) -> None:
        job = await provider.submit(replace(BALL, prompt="", first_frame=first, last_frame=last))
        assert (await self.over(provider, job.id)).state is JobState.SUCCEEDED
        assert house.control.get(f"/_control/jobs/{job.id}").json()["mode"] == "image"

    async def test_a_finished_clip_is_extended_by_an_extra_option(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        done = await self.finished(provider)
        more = {"keyframes": {"frame0": {"type": "generation", "id": done.id}}}
        job = await provider.submit(replace(BALL, extra=more))
        assert (await self.over(provider, job.id)).state is JobState.SUCCEEDED
        more["keyframes"]["frame0"]["id"] = "of-nobody"
        with pytest.raises(InvalidRequest):
            await provider.submit(replace(BALL, extra=more))

    @pytest.mark.parametrize("size", [(720, 1280), (1466, 628)])
    async def test_a_shape_becomes_the_clips(
        self, provider: VideoProvider, house: Sandbox, size: tuple[int, int]
    ) -> None:
        house.settings(min_seconds=60)
        job = await provider.submit(replace(BALL, width=size[0], height=size[1]))
        drawn = house.control.get(f"/_control/jobs/{job.id}").json()
        assert (drawn["width"], drawn["height"]) == size

    async def test_an_order_lowers_the_balance_by_its_price(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(dollars=50)
        await provider.submit(BALL)
        assert (await provider.check_key()).balance_usd == Decimal("49.60")
        async with httpx.AsyncClient() as client:
            assert not (await self.adapter(client, house.port, api_key="nonsense").check_key()).ok

    async def test_refusals_of_the_order_are_told_apart(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(dollars=0.1)
        with pytest.raises(OutOfCredit):
            await provider.submit(BALL)
        house.settings(dollars=100, retired=["luma/ray-2"])
        with pytest.raises(InvalidRequest):
            await provider.submit(BALL)
        house.settings(retired=[])
        with pytest.raises(InvalidRequest) as caught:
            await provider.submit(replace(BALL, last_frame=LINK, extra={"loop": True}))
        assert caught.value.vendor_words == "Loop is not supported for end frame"
        body = {"detail": "Contains blacklisted words"}
        house.fault("status", match={"role": "creation"}, code=400, body=body)
        with pytest.raises(ContentRefused):
            await provider.submit(BALL)
        assert house.paid_count() == 0

    @pytest.mark.parametrize(
        ("changes", "status"),
        [
            ({"prompt": "half of \ud83d a pair"}, 201),
            ({"prompt": 5}, 400),
            ({"model": ["ray-2"]}, 422),
            ({"loop": "yes"}, 422),
            ({"callback_url": 5}, 422),
            ({"keyframes": "frame0"}, 400),
            ({"keyframes": {"frame0": "first.jpg"}}, 422),
            ({"keyframes": {"frame0": {"type": "generation", "id": 5}}}, 422),
        ],
    )
    def test_a_strange_body_is_answered(self, house: Sandbox, changes: dict[str, Any], status: int) -> None:
        body = {"model": "ray-2", "prompt": "A red ball", "duration": "5s", "resolution": "540p"} | changes
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        answer = httpx.post(
            f"{house.base('luma')}/generations/video", content=json.dumps(body), headers=headers
        )
        assert answer.status_code == status

    async def test_one_more_than_an_account_has_places_is_a_pause(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(min_seconds=60)
        for number in range(10):
            await provider.submit(replace(BALL, model="ray-2" if number % 2 else "ray-flash-2"))
        with pytest.raises(RateLimited):
            await provider.submit(BALL)
        assert house.paid_count() == 10

    async def test_another_key_sees_nothing_of_a_job(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await provider.submit(BALL)
        async with httpx.AsyncClient() as client:
            with pytest.raises(JobNotFound):
                await self.adapter(client, house.port, api_key="luma-somebody-else").poll(job.id)

    async def test_each_change_but_the_first_is_told_unsigned(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        with receiving() as receiver:
            job = await provider.submit(replace(BALL, webhook_url=receiver.url))
            calls = receiver.wait_for(2)
            events = [provider.read_webhook(call.headers, call.body) for call in calls]
        assert {event.job_id for event in events} == {job.id}
        assert [json.loads(call.body)["state"] for call in calls] == ["dreaming", "completed"]
        assert not [name for call in calls for name in call.headers if "signature" in name]
