"""Kling over a real connection: both standards against the sandbox, whole and broken."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers import registry
from providers.contract import GenerationRequest, JobState, Media, ProviderJob, VideoProvider
from providers.errors import (
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    OutOfCredit,
    RateLimited,
    WebhookInvalid,
)
from providers.sandbox.kling_auth import ACCESS_KEY, SECRET_KEY
from tests.patience import PATIENCE_S
from tests.providers.kling_cases import PICTURE
from tests.providers.sandbox.receiver import receiving
from tests.providers.sandbox_cases import SandboxCases
from tests.sandbox_server import Sandbox

KEY = "sandbox-key-0123456789"
PAIR = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
NEW = GenerationRequest(
    model="kling-2.5-turbo", prompt="A red ball rolls", duration_s=5, width=1280, height=720
)
OLD = replace(NEW, model="kling-v2-5-turbo")


class TestTheNewerStandard(SandboxCases):
    name = "kling"
    path = "/kling"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    request_ = NEW
    refused_at_once = True
    can_cancel = False


class TestTheOlderStandard(SandboxCases):
    name = "kling"
    path = "/kling"
    options: ClassVar[dict[str, Any]] = PAIR
    request_ = OLD
    can_cancel = False


def adapter(client: httpx.AsyncClient, house: Sandbox, **options: Any) -> VideoProvider:
    address = f"127.0.0.1:{house.port}"
    there = {"base_url": f"http://{address}/kling", "private_hosts": [address]}
    return registry.load("kling", there | (options or {"api_key": KEY}), client)


async def over(provider: VideoProvider, job_id: str) -> ProviderJob:
    """The job once it is over."""
    deadline = time.monotonic() + PATIENCE_S
    while (job := await provider.poll(job_id)).state in {JobState.QUEUED, JobState.RUNNING}:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.03)
    return job


@pytest.mark.anyio
class TestBoth:
    @pytest.mark.parametrize(
        ("request_", "dollars"),
        [
            (NEW, "0.21"),
            (OLD, "0.21"),
            (replace(NEW, model="kling-3.0", audio=True, duration_s=3), "0.378"),
            (replace(NEW, model="kling-3.0-omni", references=(Media(data=PICTURE),), duration_s=3), "0.252"),
            (replace(OLD, model="kling-v1-6", references=(Media(data=PICTURE),)), "0.28"),
            (replace(OLD, model="kling-v2-1", first_frame=Media(data=PICTURE)), "0.28"),
            (replace(NEW, model="kling-3.0-turbo", first_frame=Media(data=PICTURE), duration_s=3), "0.336"),
        ],
    )
    async def test_every_way_of_asking_is_taken_and_billed(
        self, house: Sandbox, request_: GenerationRequest, dollars: str
    ) -> None:
        async with httpx.AsyncClient() as client:
            provider = adapter(client, house)
            job = await over(provider, (await provider.submit(request_)).id)
        assert job.state is JobState.SUCCEEDED
        assert (f"{job.cost_usd:f}".rstrip("0"), job.cost_is_final) == (dollars.rstrip("0"), True)
        assert job.outputs[0].expires_at is not None

    @pytest.mark.parametrize("options", [{"api_key": KEY}, PAIR])
    async def test_a_lost_order_is_found_and_never_ordered_twice(
        self, house: Sandbox, options: dict[str, Any]
    ) -> None:
        marked = replace(OLD, client_token="3f1c-candidate-1")
        async with httpx.AsyncClient() as client:
            provider = adapter(client, house, **options)
            assert await provider.find("3f1c-candidate-1") is None
            first = await provider.submit(marked)
            again = await provider.submit(marked)
            found = await provider.find("3f1c-candidate-1")
        assert again.id == first.id
        assert found is not None
        assert found.id.rpartition("/")[2] == first.id.rpartition("/")[2]
        assert house.paid_count() == 1

    async def test_a_mark_is_one_accounts_own(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            await adapter(client, house).submit(replace(NEW, client_token="t"))
            assert await adapter(client, house, **PAIR).find("t") is None

    async def test_more_than_the_pack_allows_is_refused_and_not_kept_waiting(self, house: Sandbox) -> None:
        house.settings(min_seconds=60, capacity=1)
        async with httpx.AsyncClient() as client:
            provider = adapter(client, house)
            await provider.submit(NEW)
            with pytest.raises(RateLimited, match="1303"):
                await provider.submit(NEW)
            await provider.submit(replace(NEW, model="kling-2.6"))
        assert house.paid_count() == 2

    async def test_refusals_are_told_apart(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            provider = adapter(client, house)
            with pytest.raises(ContentRefused):
                await provider.submit(replace(NEW, prompt="A bloody corpse with gore"))
            house.settings(credits=1)
            with pytest.raises(OutOfCredit):
                await provider.submit(NEW)
            house.settings(credits=1000, retired=["kling/kling-2.5-turbo"])
            with pytest.raises(InvalidRequest, match="1203"):
                await provider.submit(NEW)
            stranger = adapter(client, house, access_key=ACCESS_KEY, secret_key=SECRET_KEY[::-1])
            with pytest.raises(AuthFailed, match="1002"):
                await stranger.submit(OLD)
            assert not (await stranger.check_key()).ok
        assert house.paid_count() == 0

    async def test_a_key_tells_what_is_left_in_dollars(self, house: Sandbox) -> None:
        house.settings(credits=12_050)
        async with httpx.AsyncClient() as client:
            status = await adapter(client, house, **PAIR).check_key()
        assert (status.ok, f"{status.balance_usd:.2f}") == (True, "16.87")


@pytest.mark.anyio
class TestCallbacks:
    @pytest.mark.parametrize("request_", [NEW, OLD])
    async def test_each_change_is_told_and_signed_once_there_is_a_secret(
        self, house: Sandbox, request_: GenerationRequest
    ) -> None:
        console = f"{house.url}/kling-console/webhook-secret"
        as_account = {"Authorization": f"Bearer {KEY}"}
        with receiving() as receiver:
            async with httpx.AsyncClient() as client:
                secret = (await client.put(console, headers=as_account)).json()["data"]["secret"]
                provider = adapter(client, house, api_key=KEY, webhook_secret=secret)
                job = await provider.submit(replace(request_, webhook_url=receiver.url))
                calls = list(receiver.wait_for(2))
                events = [provider.read_webhook(call.headers, call.body) for call in calls]
                assert {event.job_id for event in events} == {job.id.rpartition("/")[2]}
                assert len({event.event_id for event in events}) == 2
                with pytest.raises(WebhookInvalid):
                    provider.read_webhook(calls[0].headers, calls[1].body)
                await client.delete(console, headers=as_account)
                await provider.submit(replace(request_, webhook_url=receiver.url))
                assert "webhook-signature" not in receiver.wait_for(4)[3].headers
        word = b"succeeded" if request_ is NEW else b'"succeed"'
        assert [word in call.body for call in calls] == [False, True]
