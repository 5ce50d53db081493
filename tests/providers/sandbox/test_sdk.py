"""The vendor's own client, unchanged, against the sandbox."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import pytest
import runwayml
from runwayml import RunwayML
from runwayml.types import TaskRetrieveResponse

from tests.cast import SANDBOX_SECRET
from tests.patience import PATIENCE_S
from tests.providers.sandbox.orders import data_uri, png
from tests.sandbox_server import Sandbox

PROMPT = "A paper boat drifts down a rainy street"


@pytest.fixture
def sdk(vendor: Sandbox) -> Iterator[RunwayML]:
    with RunwayML(api_key=SANDBOX_SECRET, base_url=vendor.base_url) as client:
        yield client


def over(sdk: RunwayML, job_id: str) -> TaskRetrieveResponse:
    """The task once it is over; the client's own waiter asks only every six seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while (told := sdk.tasks.retrieve(job_id)).status in {"PENDING", "THROTTLED", "RUNNING"}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return told


def output(sdk: RunwayML, job_id: str) -> str:
    """The link to the finished clip."""
    told = over(sdk, job_id)
    assert told.status == "SUCCEEDED"
    return told.output[0]


def test_text_becomes_a_video(sdk: RunwayML) -> None:
    created = sdk.text_to_video.create(
        model="gen4.5",
        prompt_text=PROMPT,
        ratio="1280:720",
        duration=2,
        seed=42,
        content_moderation={"public_figure_threshold": "auto"},
    )
    seen = sdk.tasks.retrieve(created.id)
    assert seen.status in {"PENDING", "RUNNING", "SUCCEEDED"}
    done = sdk.tasks.retrieve(created.id).wait_for_task_output(timeout=PATIENCE_S)
    assert done.status == "SUCCEEDED"
    assert done.cost.credits == 24
    assert httpx.get(done.output[0]).content[4:8] == b"ftyp"


def test_a_picture_and_an_upload_become_videos(sdk: RunwayML) -> None:
    by_uri = sdk.image_to_video.create(
        model="gen4_turbo", prompt_image=data_uri(png()), ratio="1280:720", duration=2, prompt_text="It glows"
    )
    slot = sdk.uploads.create_ephemeral(file=("frame.png", png()))
    assert slot.uri.startswith("runway://")
    by_upload = sdk.image_to_video.create(
        model="gen4_turbo", prompt_image=slot.uri, ratio="1280:720", duration=2, prompt_text="It glows"
    )
    for created in (by_uri, by_upload):
        assert output(sdk, created.id).startswith("http")


def test_a_clip_can_be_edited(sdk: RunwayML, vendor: Sandbox) -> None:
    vendor.settings(instant=False)
    first = sdk.text_to_video.create(model="gen4.5", prompt_text="A red ball", ratio="1280:720", duration=2)
    clip = httpx.get(output(sdk, first.id)).content
    edit = sdk.video_to_video.create(
        model="aleph2", video_uri=data_uri(clip, "video/mp4"), prompt_text="Make it night"
    )
    told = vendor.control.get(f"/_control/jobs/{edit.id}").json()
    assert (told["prompt"], told["duration_s"]) == ("A red ball Make it night", pytest.approx(2, abs=0.1))
    assert (told["width"], told["height"]) == (1280, 720)
    edited = httpx.get(output(sdk, edit.id)).content
    assert edited != clip
    assert edited[4:8] == b"ftyp"


def test_a_refusal_reaches_the_client_as_the_vendors_failure(sdk: RunwayML) -> None:
    created = sdk.text_to_video.create(
        model="gen4.5", prompt_text="A bloody corpse with gore", ratio="1280:720", duration=2
    )
    told = over(sdk, created.id)
    assert told.status == "FAILED"
    assert (told.failure_code, told.cost.credits) == ("SAFETY.INPUT.TEXT", 24)


def test_a_task_can_be_deleted(sdk: RunwayML) -> None:
    created = sdk.text_to_video.create(model="gen4.5", prompt_text=PROMPT, ratio="1280:720", duration=2)
    sdk.tasks.delete(created.id)
    with pytest.raises(runwayml.NotFoundError):
        sdk.tasks.retrieve(created.id)


def test_errors_are_the_clients_own(sdk: RunwayML, vendor: Sandbox) -> None:
    with pytest.raises(runwayml.BadRequestError) as caught:
        sdk.text_to_video.create(model="gen4.5", prompt_text=PROMPT, ratio="1:1", duration=5)  # type: ignore[call-overload]
    assert caught.value.body["issues"][0]["path"] == ["ratio"]  # type: ignore[index]
    with (
        RunwayML(api_key="key_wrong", base_url=vendor.base_url) as stranger,
        pytest.raises(runwayml.AuthenticationError),
    ):
        stranger.organization.retrieve()


def test_the_account_is_told(sdk: RunwayML) -> None:
    sdk.text_to_video.create(model="gen4.5", prompt_text=PROMPT, ratio="1280:720", duration=2)
    account = sdk.organization.retrieve()
    assert account.credit_balance == 1_000_000 - 24
    assert account.tier.models["gen4.5"].max_concurrent_generations == 2
    assert account.usage.models["gen4.5"].daily_generations == 1
    assert sdk.organization.retrieve_usage().results
