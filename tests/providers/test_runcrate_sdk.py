"""Runcrate's own client, unchanged: against the sandbox, and beside our adapter at a server that listens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from runcrate import (  # type: ignore[import-untyped]
    AuthenticationError,
    InsufficientCreditsError,
    NotFoundError,
    RateLimitError,
    Runcrate,
    UnprocessableEntityError,
)

from providers.contract import Media
from providers.runcrate import RuncrateProvider
from tests.providers.recorder import Recorder, Sent, difference, recording
from tests.providers.runcrate_cases import HILLS, JOB
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox

KEY = "rc_live_sandbox_0001"
ORDER: dict[str, Any] = {"model": "google/veo-3.0", "prompt": "A sunrise over hills", "duration": 4}


@pytest.fixture
def sdk(house: Sandbox) -> Iterator[Runcrate]:
    with at(house.base("runcrate")) as client:
        yield client


def at(url: str, key: str = KEY) -> Runcrate:
    """The client with both of the vendor's hosts at one address."""
    return Runcrate(api_key=key, base_url=url, inference_url=url, max_retries=0)


class TestAgainstTheSandbox:
    def test_words_become_a_file(self, sdk: Runcrate, house: Sandbox, tmp_path: Path) -> None:
        target = tmp_path / "clip.mp4"
        said: list[Any] = []
        job = sdk.models.generate_video_and_save(
            str(target), **ORDER, aspect_ratio="9:16", poll_interval=0.05, on_status=said.append
        )
        assert job.status == "completed"
        assert {one.status for one in said} <= {"queued", "processing", "completed"}
        assert target.read_bytes()[4:8] == b"ftyp"
        told = house.control.get(f"/_control/jobs/{job.id}").json()
        assert (told["width"], told["height"], told["duration_s"]) == (720, 1280, 4)

    def test_a_picture_and_a_whole_length_are_taken_too(
        self, sdk: Runcrate, house: Sandbox, tmp_path: Path
    ) -> None:
        path = tmp_path / "first.png"
        path.write_bytes(png())
        job = sdk.models.generate_video(**ORDER, image=str(path), width=832, height=480)
        told = house.control.get(f"/_control/jobs/{job.id}").json()
        assert (told["mode"], told["width"], told["height"]) == ("image", 832, 480)
        whole = httpx.post(
            f"{house.base('runcrate')}/v1/videos",
            json=ORDER | {"duration": 4},
            headers={"Authorization": f"Bearer {KEY}"},
        )
        assert whole.json()["status"] == "queued"

    def test_a_forbidden_prompt_ends_the_job(self, sdk: Runcrate) -> None:
        job = sdk.models.generate_video(**ORDER | {"prompt": "A bloody corpse with gore"})
        while job.status not in {"completed", "failed"}:
            job = sdk.models.get_video_status(job.id)
        assert job.status == "failed"

    def test_errors_arrive_as_their_classes(self, sdk: Runcrate, house: Sandbox) -> None:
        with pytest.raises(NotFoundError):
            sdk.models.get_video_status("vid_unknown")
        with pytest.raises(NotFoundError, match="no such model"):
            sdk.models.generate_video(**ORDER | {"model": "google/veo-9"})
        with pytest.raises(UnprocessableEntityError, match="duration"):
            sdk.models.generate_video(**ORDER | {"duration": 5})
        with pytest.raises(UnprocessableEntityError, match="aspect_ratio"):
            sdk.models.generate_video(**ORDER, aspect_ratio="wide")
        with at(house.base("runcrate"), "rc_live_!") as stranger, pytest.raises(AuthenticationError):
            stranger.models.generate_video(**ORDER)
        house.settings(dollars=0)
        with pytest.raises(InsufficientCreditsError) as caught:
            sdk.models.generate_video(**ORDER)
        assert caught.value.code == "insufficient_credits"
        house.settings(dollars=10, daily_limit=0)
        with pytest.raises(RateLimitError):
            sdk.models.generate_video(**ORDER)
        assert house.paid_count() == 0

    def test_the_balance_falls_by_what_was_ordered(self, sdk: Runcrate, house: Sandbox) -> None:
        house.settings(dollars=10)
        sdk.models.generate_video(**ORDER)
        assert sdk.billing.get_balance().credits_balance == 8

    def test_nothing_can_be_cancelled_or_listed(self, house: Sandbox) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        for method, path in (("DELETE", "/v1/videos/vid_1"), ("GET", "/v1/videos")):
            answer = httpx.request(method, house.base("runcrate") + path, headers=headers)
            assert answer.status_code == 405


@pytest.fixture
def listening() -> Iterator[Recorder]:
    answers: dict[str, tuple[int, Any]] = {
        "*": (200, {"id": JOB, "status": "queued"}),
        "/api/v1/billing/balance": (200, {"data": {"creditsBalance": 5.0, "activeUsageCost": 0.0}}),
    }
    with recording(answers) as recorder:
        yield recorder


def pair(listening: Recorder) -> tuple[Sent, Sent]:
    ours, theirs = listening.take()
    return ours, theirs


@pytest.mark.anyio
class TestBesideOurs:
    async def test_an_order_is_the_sdks(self, listening: Recorder, tmp_path: Path) -> None:
        picture = tmp_path / "first.png"
        picture.write_bytes(png())
        for image in (None, Media(url="https://e.example/a.png"), Media(data=png())):
            async with httpx.AsyncClient() as client:
                given = {"api_key": KEY, "base_url": listening.url}
                await RuncrateProvider(given, client).submit(replace(HILLS, first_frame=image))
            more = {} if image is None else {"image": image.url or str(picture)}
            with at(listening.url) as sdk:
                sdk.models.generate_video(
                    model="google/veo-3.0", prompt=HILLS.prompt, duration=6, aspect_ratio="16:9", **more
                )
            # 6 and 6.0 are one number in JSON; which of them is written is compared by no server.
            assert difference(*pair(listening)) == {}

    async def test_a_poll_and_the_balance_are_the_sdks(self, listening: Recorder) -> None:
        async with httpx.AsyncClient() as client:
            ours = RuncrateProvider({"api_key": KEY, "base_url": listening.url}, client)
            with at(listening.url) as sdk:
                await ours.poll(JOB)
                sdk.models.get_video_status(JOB)
                assert difference(*pair(listening)) == {}
                await ours.check_key()
                sdk.billing.get_balance()
        mine, theirs = pair(listening)
        # The account's client names a content type for a body that it does not send.
        assert difference(mine, theirs) == {"header.content-type": (None, "application/json")}
