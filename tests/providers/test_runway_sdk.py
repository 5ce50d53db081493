"""The vendor's SDK and our adapter send the same for the same order, header for header and field for field.

That the SDK runs unchanged against the sandbox is proved in tests/providers/sandbox/test_sdk.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from runwayml import RunwayML

from providers import registry
from providers.contract import GenerationRequest, Media
from tests.providers.recorder import Recorder, Sent, difference, recording

pytestmark = pytest.mark.anyio

KEY = "key_" + "0123456789abcdef" * 8
JOB = "17f20503-6c24-4c16-946b-35dbbce2af2f"
STILL = "https://assets.example.com/first.png"
LAST = "https://assets.example.com/last.png"
CLIP = "https://assets.example.com/clip.mp4"
ANSWERS: dict[str, tuple[int, Any]] = {
    f"/v1/tasks/{JOB}": (200, {"id": JOB, "status": "PENDING", "createdAt": "2026-01-02T03:04:05.678Z"}),
    "/v1/organization": (
        200,
        {"creditBalance": 5, "tier": {"maxMonthlyCreditSpend": 1, "models": {}}, "usage": {"models": {}}},
    ),
    "*": (200, {"id": JOB, "estimatedCost": {"credits": 60}}),
}
WORDS: dict[str, Any] = {"prompt": "A paper boat", "duration_s": 5, "width": 1280, "height": 720}
Order = Callable[[RunwayML], Any]
ORDERS: dict[str, tuple[GenerationRequest, Order]] = {
    "words": (
        GenerationRequest(model="gen4.5", seed=42, **WORDS),
        lambda sdk: sdk.text_to_video.create(
            model="gen4.5", prompt_text="A paper boat", duration=5, ratio="1280:720", seed=42
        ),
    ),
    "words with sound and pictures": (
        GenerationRequest(
            model="seedance2", audio=False, references=(Media(url=STILL), Media(url=LAST)), **WORDS
        ),
        lambda sdk: sdk.text_to_video.create(
            model="seedance2",
            prompt_text="A paper boat",
            duration=5,
            ratio="1280:720",
            audio=False,
            references=[{"uri": STILL}, {"uri": LAST}],
        ),
    ),
    "a shape and a resolution": (
        GenerationRequest(model="hailuo3", **(WORDS | {"width": 1366, "height": 768})),
        lambda sdk: sdk.text_to_video.create(
            model="hailuo3", prompt_text="A paper boat", duration=5, ratio="16:9", resolution="768p"
        ),
    ),
    "a first frame": (
        GenerationRequest(model="gen4_turbo", first_frame=Media(url=STILL), **WORDS),
        lambda sdk: sdk.image_to_video.create(
            model="gen4_turbo", prompt_text="A paper boat", duration=5, ratio="1280:720", prompt_image=STILL
        ),
    ),
    "a first and a last frame": (
        GenerationRequest(
            model="kling3.0_pro",
            first_frame=Media(url=STILL),
            last_frame=Media(url=LAST),
            **(WORDS | {"width": 1920, "height": 1080}),
        ),
        lambda sdk: sdk.image_to_video.create(
            model="kling3.0_pro",
            prompt_text="A paper boat",
            duration=5,
            ratio="1920:1080",
            prompt_image=[{"uri": STILL, "position": "first"}, {"uri": LAST, "position": "last"}],
        ),
    ),
    "a frame whose shape is kept": (
        GenerationRequest(model="grok_imagine_1_5", first_frame=Media(url=STILL), **WORDS),
        lambda sdk: sdk.image_to_video.create(
            model="grok_imagine_1_5",
            prompt_text="A paper boat",
            duration=5,
            resolution="720p",
            prompt_image=STILL,
        ),
    ),
    "an edit": (
        GenerationRequest(model="aleph2", prompt="Make it dusk", source_video=Media(url=CLIP)),
        lambda sdk: sdk.video_to_video.create(model="aleph2", prompt_text="Make it dusk", video_uri=CLIP),
    ),
    "an edit by a model that could also extend": (
        GenerationRequest(model="gemini_omni_flash_1.1", prompt="Make it dusk", source_video=Media(url=CLIP)),
        lambda sdk: sdk.video_to_video.create(
            model="gemini_omni_flash_1.1", prompt_text="Make it dusk", video_uri=CLIP, mode="edit"
        ),
    ),
}


@pytest.fixture(scope="module")
def recorder() -> Iterator[Recorder]:
    with recording(ANSWERS) as running:
        yield running


@pytest.fixture
def sdk(recorder: Recorder) -> Iterator[RunwayML]:
    recorder.take()
    with RunwayML(api_key=KEY, base_url=recorder.url, max_retries=0) as client:
        yield client


async def ours(recorder: Recorder, call: Callable[[Any], Any]) -> Sent:
    """What our adapter sends in its one call."""
    address = f"127.0.0.1:{recorder.port}"
    async with httpx.AsyncClient() as client:
        options = {"api_key": KEY, "base_url": recorder.url, "private_hosts": [address]}
        await call(registry.load("runway", options, client))
    (sent,) = recorder.take()
    return sent


@pytest.mark.parametrize("name", ORDERS)
async def test_an_order_leaves_the_same_from_both(recorder: Recorder, sdk: RunwayML, name: str) -> None:
    request, order = ORDERS[name]
    order(sdk)
    (theirs,) = recorder.take()
    assert difference(await ours(recorder, lambda provider: provider.submit(request)), theirs) == {}


async def test_a_poll_leaves_the_same_from_both(recorder: Recorder, sdk: RunwayML) -> None:
    sdk.tasks.retrieve(JOB)
    (theirs,) = recorder.take()
    assert difference(await ours(recorder, lambda provider: provider.poll(JOB)), theirs) == {}


async def test_a_look_at_the_account_leaves_the_same_from_both(recorder: Recorder, sdk: RunwayML) -> None:
    sdk.organization.retrieve()
    (theirs,) = recorder.take()
    assert difference(await ours(recorder, lambda provider: provider.check_key()), theirs) == {}


async def test_a_deletion_differs_by_a_type_without_a_body(recorder: Recorder, sdk: RunwayML) -> None:
    sdk.tasks.delete(JOB)
    (theirs,) = recorder.take()
    # No look before it: whoever deletes knows that the job is over.
    deleted = await ours(recorder, lambda provider: provider.delete(JOB))
    assert difference(deleted, theirs) == {"header.content-type": (None, "application/json")}


async def test_a_cancellation_differs_by_a_type_without_a_body(recorder: Recorder, sdk: RunwayML) -> None:
    sdk.tasks.delete(JOB)
    (theirs,) = recorder.take()
    async with httpx.AsyncClient() as client:
        address = f"127.0.0.1:{recorder.port}"
        options = {"api_key": KEY, "base_url": recorder.url, "private_hosts": [address]}
        assert await registry.load("runway", options, client).cancel(JOB)
    # We look at the job first: a DELETE of a finished one would destroy its clip.
    look, deleted = recorder.take()
    assert look.method == "GET"
    # The SDK names a content type for a body it does not send.
    assert difference(deleted, theirs) == {"header.content-type": (None, "application/json")}
