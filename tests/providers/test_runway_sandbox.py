"""Our own Runway adapter over a real connection: against the sandbox, whole and broken."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from providers import registry
from providers.contract import GenerationRequest, JobState, Media, ProviderJob, VideoProvider
from providers.errors import (
    AnswerLost,
    DownloadFailed,
    InvalidRequest,
    JobNotFound,
    LinkExpired,
    NeverSent,
    NotAVideo,
    OutOfCredit,
    RateLimited,
    VendorUnavailable,
)
from tests.cast import SANDBOX_SECRET
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox, free_port, running_sandbox

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="session")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("adapter")) as running:
        yield running


@pytest.fixture
def house(_house: Sandbox) -> Sandbox:
    _house.reset()
    _house.settings(instant=True, min_seconds=0)
    return _house


def adapter(client: httpx.AsyncClient, port: int, **more: Any) -> VideoProvider:
    address = f"127.0.0.1:{port}"
    options = {"base_url": f"http://{address}/runway", "api_key": SANDBOX_SECRET, "private_hosts": [address]}
    return registry.load("runway", options | more, client)


@pytest.fixture
async def runway(house: Sandbox) -> AsyncIterator[VideoProvider]:
    async with httpx.AsyncClient() as client:
        yield adapter(client, house.port)


def request(**changes: Any) -> GenerationRequest:
    usual: dict[str, Any] = {"model": "gen4.5", "prompt": "A red ball rolls", "duration_s": 2}
    return GenerationRequest(**(usual | {"width": 1280, "height": 720, "seed": 7} | changes))


async def over(runway: VideoProvider, job_id: str) -> ProviderJob:
    """The job once it is over."""
    deadline = time.monotonic() + 30
    while (job := await runway.poll(job_id)).state in {JobState.QUEUED, JobState.RUNNING}:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.03)
    return job


async def finished(runway: VideoProvider) -> ProviderJob:
    job = await over(runway, (await runway.submit(request())).id)
    assert job.state is JobState.SUCCEEDED
    return job


async def test_an_order_becomes_a_file_with_its_sum(runway: VideoProvider, house: Sandbox) -> None:
    house.settings(instant=False)
    job = await finished(runway)
    assert (str(job.cost_usd), job.cost_is_final) == ("0.24", True)
    sink = io.BytesIO()
    file = await runway.download(job.outputs[0], sink)
    content = sink.getvalue()
    assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert file.content_type == "video/mp4"
    told = house.control.get(f"/_control/jobs/{job.id}").json()
    assert (told["prompt"], told["seed"], told["sha256"]) == ("A red ball rolls", 7, file.sha256)


async def test_pictures_go_inline_or_by_upload(runway: VideoProvider, house: Sandbox) -> None:
    for content in (png(), png(1600, 1200)):
        job = await runway.submit(request(first_frame=Media(data=content)))
        assert (await over(runway, job.id)).state is JobState.SUCCEEDED
    paths = [call["path"] for call in house.control.get("/_control/calls").json()["calls"]]
    assert len([path for path in paths if path.startswith("/runway-uploads/")]) == 1


async def test_an_open_job_can_be_cancelled_and_a_finished_one_cannot(
    runway: VideoProvider, house: Sandbox
) -> None:
    done = await finished(runway)
    house.settings(min_seconds=30)
    job = await runway.submit(request())
    assert await runway.cancel(job.id) is True
    assert await runway.cancel(job.id) is False
    assert await runway.cancel(done.id) is False
    with pytest.raises(JobNotFound):
        await runway.poll(job.id)
    assert (await runway.poll(done.id)).state is JobState.SUCCEEDED


async def test_a_key_tells_its_balance(runway: VideoProvider, house: Sandbox) -> None:
    status = await runway.check_key()
    assert (status.ok, str(status.balance_usd)) == (True, "10000.00")
    stranger = adapter(httpx.AsyncClient(), house.port, api_key="key_short")
    assert (await stranger.check_key()).ok is False
    assert house.paid_count() == 0


async def test_a_lost_answer_is_never_taken_for_a_refusal(runway: VideoProvider, house: Sandbox) -> None:
    for kind, paid in (("drop_before", 0), ("drop_after", 1), ("malformed_json", 2)):
        house.fault(kind, match={"method": "POST"})
        with pytest.raises(AnswerLost) as caught:
            await runway.submit(request())
        assert caught.value.may_have_spent
        assert house.paid_count() == paid


async def test_a_broken_server_on_a_paid_call_may_have_spent(runway: VideoProvider, house: Sandbox) -> None:
    house.fault("status", match={"method": "POST"}, code=502)
    with pytest.raises(AnswerLost):
        await runway.submit(request())


async def test_a_server_that_is_not_there_was_never_sent_anything() -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(NeverSent):
            await adapter(client, free_port()).submit(request())


async def test_a_pause_is_asked_for_with_its_length(runway: VideoProvider, house: Sandbox) -> None:
    house.fault("status", match={"method": "POST"}, code=429, retry_after=7)
    with pytest.raises(RateLimited) as caught:
        await runway.submit(request())
    assert (caught.value.retry_after, house.paid_count()) == (7, 0)


async def test_refusals_of_the_order_are_told_apart(runway: VideoProvider, house: Sandbox) -> None:
    house.settings(credits=1)
    with pytest.raises(OutOfCredit):
        await runway.submit(request())
    house.settings(credits=1000, daily_limit=0)
    with pytest.raises(RateLimited):
        await runway.submit(request())
    with pytest.raises(InvalidRequest) as caught:
        await runway.submit(request(extra={"style": "noir"}))
    assert "style" in str(caught.value)
    assert house.paid_count() == 0


async def test_a_refused_prompt_is_refused_and_charged(runway: VideoProvider) -> None:
    job = await over(runway, (await runway.submit(request(prompt="A bloody corpse with gore"))).id)
    assert (job.state, job.failure_code, str(job.cost_usd)) == (JobState.REFUSED, "SAFETY.INPUT.TEXT", "0.24")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("html", NotAVideo),
        ("truncate", DownloadFailed),
        ("expired_link", LinkExpired),
        ("drop_before", VendorUnavailable),
    ],
)
async def test_a_broken_download_says_what_it_is_and_works_the_next_time(
    runway: VideoProvider, house: Sandbox, fault: str, error: type[Exception]
) -> None:
    job = await finished(runway)
    house.fault(fault, match={"path": "-cdn/"})
    with pytest.raises(error) as caught:
        await runway.download(job.outputs[0], io.BytesIO())
    assert type(caught.value) is error
    fresh = await runway.poll(job.id)
    assert (await runway.download(fresh.outputs[0], io.BytesIO())).size > 1000


async def test_a_link_that_ran_out_is_expired(runway: VideoProvider, house: Sandbox) -> None:
    house.settings(link_seconds=0)
    job = await finished(runway)
    with pytest.raises(LinkExpired):
        await runway.download(job.outputs[0], io.BytesIO())


async def test_polls_survive_what_a_vendor_may_say(runway: VideoProvider, house: Sandbox) -> None:
    job = await finished(runway)
    for kind in ("empty_output", "malformed_json", "drop_before"):
        house.fault(kind, match={"path": "/tasks/"})
        with pytest.raises(VendorUnavailable):
            await runway.poll(job.id)
    house.fault("unknown_status")
    assert (await runway.poll(job.id)).state is JobState.UNKNOWN
