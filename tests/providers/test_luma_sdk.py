"""Luma's own client, unchanged: against the sandbox, and beside our adapter at a server that listens."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from lumaai import (
    BadRequestError,
    LumaAI,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    UnprocessableEntityError,
)

from providers.contract import GenerationRequest, Media
from providers.luma import LumaProvider
from tests.patience import PATIENCE_S
from tests.providers.recorder import Recorder, Sent, difference, recording
from tests.sandbox_server import Sandbox

KEY = "luma-sandbox-0001"
ORDER: dict[str, Any] = {
    "model": "ray-flash-2",
    "prompt": "A sunrise over hills",
    "aspect_ratio": "9:16",
    "resolution": "540p",
    "duration": "5s",
}
OURS = GenerationRequest(
    model="ray-flash-2", prompt="A sunrise over hills", duration_s=5, width=540, height=960
)
FIRST, LAST = "https://cdn.example/first.jpg", "https://cdn.example/last.jpg"


@pytest.fixture
def sdk(house: Sandbox) -> Iterator[LumaAI]:
    with at(house.base("luma")) as client:
        yield client


def at(url: str, key: str = KEY) -> LumaAI:
    return LumaAI(auth_token=key, base_url=url, max_retries=0)


def over(sdk: LumaAI, job_id: str) -> Any:
    """The generation once it is over."""
    deadline = time.monotonic() + PATIENCE_S
    while (generation := sdk.generations.get(job_id)).state not in {"completed", "failed"}:
        assert time.monotonic() < deadline
        time.sleep(0.03)
    return generation


class TestAgainstTheSandbox:
    def test_words_become_a_file(self, sdk: LumaAI, house: Sandbox) -> None:
        made = sdk.generations.create(**ORDER)
        assert (made.state, made.generation_type, made.model) == ("queued", "video", "ray-flash-2")
        assert made.id
        done = over(sdk, made.id)
        assert (done.state, done.failure_reason) == ("completed", None)
        assert httpx.get(done.assets.video).content[4:8] == b"ftyp"
        assert (done.request.prompt, done.request.duration) == (ORDER["prompt"], "5s")
        told = house.control.get(f"/_control/jobs/{made.id}").json()
        assert (told["width"], told["height"], told["duration_s"]) == (540, 960, 5)

    def test_pictures_and_the_path_of_the_papers_are_taken_too(self, sdk: LumaAI) -> None:
        keyframes: Any = {"frame0": {"type": "image", "url": FIRST}}
        assert sdk.generations.video.create(**ORDER, keyframes=keyframes).id
        answer = httpx.post(
            f"{sdk.base_url}generations", json=ORDER, headers={"Authorization": f"Bearer {KEY}"}
        )
        assert answer.status_code == 201

    def test_a_forbidden_prompt_ends_the_generation(self, sdk: LumaAI) -> None:
        made = sdk.generations.create(**ORDER | {"prompt": "A bloody corpse with gore"})
        done = over(sdk, made.id or "")
        assert (done.state, done.failure_reason) == ("failed", "Advanced prompt moderation failed")

    def test_the_list_is_the_keys_own_and_the_latest_first(self, sdk: LumaAI, house: Sandbox) -> None:
        made = [sdk.generations.create(**ORDER).id for _ in range(3)]
        with at(house.base("luma"), "luma-somebody-else") as stranger:
            stranger.generations.create(**ORDER)
        page = sdk.generations.list(limit=2)
        assert [one.id for one in page.generations] == made[:0:-1]
        assert (page.count, page.has_more, page.limit, page.offset) == (2, True, 2, 0)
        rest = sdk.generations.list(limit=2, offset=2)
        assert ([one.id for one in rest.generations], rest.has_more) == (made[:1], False)

    @pytest.mark.parametrize("seconds", [0, 60])
    def test_a_removed_one_is_gone_whether_open_or_over(
        self, sdk: LumaAI, house: Sandbox, seconds: float
    ) -> None:
        house.settings(min_seconds=seconds)
        made = sdk.generations.create(**ORDER).id or ""
        if not seconds:
            over(sdk, made)
        sdk.generations.delete(made)
        with pytest.raises(NotFoundError):
            sdk.generations.get(made)
        with pytest.raises(NotFoundError):
            sdk.generations.delete(made)
        assert sdk.generations.list().generations == []

    def test_the_balance_is_in_cents_and_falls_by_what_was_ordered(self, sdk: LumaAI, house: Sandbox) -> None:
        house.settings(dollars=10)
        assert sdk.credits.get().credit_balance == 1000
        over(sdk, sdk.generations.create(**ORDER).id or "")
        assert sdk.credits.get().credit_balance == pytest.approx(986.3, abs=0.1)

    def test_a_loop_is_refused_by_what_its_frames_are(self, sdk: LumaAI) -> None:
        done = over(sdk, sdk.generations.create(**ORDER).id or "").id
        picture, clip = {"type": "image", "url": FIRST}, {"type": "generation", "id": done}
        for first, last, words in (
            (None, picture, "end frame"),
            (picture, picture, "keyframes"),
            (None, clip, "extend reverse"),
            (clip, picture, "interpolate video to image"),
            (picture, clip, "interpolate image to video"),
            (clip, clip, "interpolate between two videos"),
        ):
            frames: Any = {"frame1": last} | ({"frame0": first} if first else {})
            with pytest.raises(BadRequestError, match=f"Loop is not supported for {words}"):
                sdk.generations.create(**ORDER, keyframes=frames, loop=True)
        alone: Any = {"frame0": clip}
        assert sdk.generations.create(**ORDER, keyframes=alone, loop=True).id

    def test_errors_arrive_as_their_classes_with_lumas_words(self, sdk: LumaAI, house: Sandbox) -> None:
        for changes, kind, words in (
            ({"prompt": ""}, BadRequestError, "Prompt is required"),
            ({"prompt": "ab"}, BadRequestError, "too short"),
            ({"prompt": "a" * 5001}, BadRequestError, "too long"),
            ({"keyframes": {}}, BadRequestError, "No keyframes provided"),
            ({"duration": "6s"}, UnprocessableEntityError, "duration"),
            ({"resolution": "8k"}, UnprocessableEntityError, "resolution"),
            ({"model": "ray-9"}, UnprocessableEntityError, "model"),
            (
                {"keyframes": {"frame0": {"type": "image", "url": "data:x"}}},
                UnprocessableEntityError,
                "frame0",
            ),
        ):
            with pytest.raises(kind, match=words):
                sdk.generations.create(**{**ORDER, **changes})
        with at(house.base("luma"), "nonsense") as stranger, pytest.raises(PermissionDeniedError):
            stranger.credits.get()
        house.settings(dollars=0)
        with pytest.raises(BadRequestError, match="Insufficient credits"):
            sdk.generations.create(**ORDER)
        house.settings(dollars=100)
        house.fault("status", match={"role": "creation"}, code=429, retry_after=1)
        with pytest.raises(RateLimitError):
            sdk.generations.create(**ORDER)
        assert house.paid_count() == 0


@pytest.fixture
def listening() -> Iterator[Recorder]:
    answers: dict[str, tuple[int, Any]] = {
        "*": (200, {"id": "g1", "state": "queued"}),
        "/credits": (200, {"credit_balance": 500.0}),
    }
    with recording(answers) as recorder:
        yield recorder


def pair(listening: Recorder) -> tuple[Sent, Sent]:
    ours, theirs = listening.take()
    return ours, theirs


@pytest.mark.anyio
class TestBesideOurs:
    @pytest.mark.parametrize("places", ["", "0", "1", "01"])
    async def test_an_order_is_the_sdks(self, listening: Recorder, places: str) -> None:
        """In both directions: what we send the SDK sends, and what it sends of this order we send."""
        urls = {"frame0": FIRST, "frame1": LAST}
        frames: Any = {
            place: {"type": "image", "url": url} for place, url in urls.items() if place[-1] in places
        }
        order = replace(
            OURS,
            first_frame=Media(url=FIRST) if "0" in places else None,
            last_frame=Media(url=LAST) if "1" in places else None,
            webhook_url="https://retake.example/hooks/luma/t",
            extra={"loop": False},
        )
        async with httpx.AsyncClient() as client:
            await LumaProvider({"api_key": KEY, "base_url": listening.url}, client).submit(order)
        more = {"keyframes": frames} if frames else {}
        with at(listening.url) as sdk:
            sdk.generations.create(**ORDER, **more, callback_url=order.webhook_url, loop=False)
        assert difference(*pair(listening)) == {}

    async def test_a_poll_the_balance_and_a_removal_are_the_sdks(self, listening: Recorder) -> None:
        async with httpx.AsyncClient() as client:
            ours = LumaProvider({"api_key": KEY, "base_url": listening.url}, client)
            with at(listening.url) as sdk:
                await ours.poll("g1")
                sdk.generations.get("g1")
                assert difference(*pair(listening)) == {}
                await ours.check_key()
                sdk.credits.get()
                assert difference(*pair(listening)) == {}
                await ours.delete("g1")
                sdk.generations.delete("g1")
                # The SDK names a type for a body that it does not send.
                assert difference(*pair(listening)) == {"header.content-type": (None, "application/json")}
