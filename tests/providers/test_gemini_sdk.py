"""Google's own client, unchanged, on the Gemini API: against the sandbox, and beside our adapter."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from google import genai
from google.genai import types
from google.genai._interactions import BadRequestError, NotFoundError

from providers.contract import GenerationRequest, JobState, Media
from providers.gemini import GeminiProvider
from tests.patience import PATIENCE_S
from tests.providers.google_cases import API_KEY, MP4, OMNI, PIXEL
from tests.providers.recorder import Recorder, difference, recording
from tests.providers.sandbox.orders import png
from tests.providers.sandbox.receiver import receiving
from tests.sandbox_server import Sandbox

KEY = "AIzaSandbox0123456789abcdefghijklmnopqrs"
MODEL = "gemini-omni-1.1-flash"
SHAPE: dict[str, Any] = {"type": "video", "resolution": "360p", "duration": "3s", "delivery": "uri"}


def client_at(url: str, key: str = KEY) -> genai.Client:
    return genai.Client(api_key=key, http_options=types.HttpOptions(base_url=url))


@pytest.fixture
def sdk(house: Sandbox) -> Iterator[genai.Client]:
    with client_at(f"{house.url}/google") as client:
        yield client


def over(sdk: genai.Client, started: Any) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while started.status in {"queued", "in_progress"}:
        assert time.monotonic() < deadline
        time.sleep(0.03)
        started = sdk.interactions.get(started.id)
    return started


def created(sdk: genai.Client, **changes: Any) -> Any:
    order: dict[str, Any] = {"model": MODEL, "input": "A red ball rolls", "response_format": SHAPE}
    return sdk.interactions.create(**(order | {"background": True} | changes))


class TestAgainstTheSandbox:
    def test_an_order_in_the_background_becomes_a_file(self, sdk: genai.Client, house: Sandbox) -> None:
        house.settings(min_seconds=0.2)
        started = created(sdk)
        assert started.status == "in_progress"
        done = over(sdk, started)
        assert (done.status, done.model, done.id) == ("completed", MODEL, started.id)
        assert done.output_video.uri.startswith(f"{house.url}/google/v1beta/files/")
        assert done.usage.total_output_tokens == 3 * 5792
        name = "files/" + done.output_video.uri.partition("/files/")[2].partition(":")[0]
        # Of a plain http address the client takes no name out, which is why it is given one.
        content = sdk.files.download(file=name)
        assert content[4:8] == b"ftyp"

    def test_a_call_in_the_foreground_lasts_as_long_as_the_work(self, sdk: genai.Client) -> None:
        done = created(sdk, background=False, response_format={**SHAPE, "delivery": "inline"})
        assert done.status == "completed"
        assert base64.b64decode(done.output_video.data)[4:8] == b"ftyp"

    def test_pictures_are_taken_and_a_clip_is_edited_by_its_interaction(self, sdk: genai.Client) -> None:
        picture = {"type": "image", "mime_type": "image/png", "data": base64.b64encode(png()).decode()}
        first = over(sdk, created(sdk, input=[picture, {"type": "text", "text": "A red ball rolls"}]))
        assert first.status == "completed"
        edit = created(sdk, input="Make it blue", previous_interaction_id=first.id, response_format=None)
        assert over(sdk, edit).status == "completed"

    def test_what_runs_is_cancelled_and_what_is_over_is_not(self, sdk: genai.Client, house: Sandbox) -> None:
        done = over(sdk, created(sdk))
        house.settings(min_seconds=60)
        started = created(sdk)
        assert sdk.interactions.cancel(started.id).status == "cancelled"
        assert sdk.interactions.get(started.id).status == "cancelled"
        with pytest.raises(BadRequestError, match="in progress"):
            sdk.interactions.cancel(done.id)

    def test_what_was_deleted_is_gone(self, sdk: genai.Client) -> None:
        done = over(sdk, created(sdk))
        sdk.interactions.delete(done.id)
        with pytest.raises(NotFoundError):
            sdk.interactions.get(done.id)

    def test_a_refusal_is_completed_with_a_text(self, sdk: genai.Client) -> None:
        done = over(sdk, created(sdk, input="A bloody corpse with gore"))
        assert (done.status, done.output_video) == ("completed", None)
        assert "guidelines" in done.output_text

    def test_a_wrong_duration_is_refused(self, sdk: genai.Client) -> None:
        with pytest.raises(BadRequestError, match="`duration`"):
            created(sdk, response_format={**SHAPE, "duration": "12s"})

    def test_models_are_listed_until_they_are_retired(self, sdk: genai.Client, house: Sandbox) -> None:
        assert f"models/{MODEL}" in [model.name for model in sdk.models.list()]
        house.settings(retired=[f"google/{MODEL}"])
        assert f"models/{MODEL}" not in [model.name for model in sdk.models.list()]

    def test_a_webhook_is_made_told_and_removed(self, sdk: genai.Client, house: Sandbox) -> None:
        events = ["interaction.completed", "interaction.failed", "video.generated"]
        with receiving() as receiver:
            made: Any = sdk.webhooks.create(name="retake", uri=receiver.url, subscribed_events=events)  # type: ignore[arg-type]
            assert made.new_signing_secret.startswith("whsec_")
            started = created(sdk)
            (told,) = receiver.wait_for(1)
        options = {"api_key": KEY, "webhook_secret": made.new_signing_secret}
        assert GeminiProvider(options).read_webhook(told.headers, told.body).job_id == started.id
        envelope = json.loads(told.body)
        assert (envelope["type"], envelope["version"]) == ("interaction.completed", "v1")
        listed: Any = sdk.webhooks.list()
        assert [one.id for one in listed.webhooks] == [made.id]
        rotated: Any = sdk.webhooks.rotate_signing_secret(made.id)
        assert rotated.secret != made.new_signing_secret
        sdk.webhooks.delete(made.id)
        listed = sdk.webhooks.list()
        assert not listed.webhooks

    def test_the_client_itself_no_longer_asks_for_veo(self, sdk: genai.Client, house: Sandbox) -> None:
        with pytest.raises(ValueError, match="Gemini"):
            sdk.models.generate_videos(
                model="veo-3.1-generate-preview", source=types.GenerateVideosSource(prompt="x")
            )
        assert not house.control.get("/_control/calls").json()["calls"]


ANSWER = {"id": "v1_abc", "object": "interaction", "status": "in_progress", "model": OMNI.model}


@pytest.fixture
def listener() -> Iterator[Recorder]:
    with recording({"*": (200, ANSWER)}) as listening:
        yield listening


@pytest.mark.anyio
class TestBesideOurAdapter:
    """The same order through both; what differs is named, with its reason."""

    def ours(self, listener: Recorder) -> GeminiProvider:
        more = {"base_url": listener.url, "private_hosts": [f"127.0.0.1:{listener.port}"]}
        return GeminiProvider({"api_key": API_KEY, **more})

    @pytest.mark.parametrize("kind", ["words", "frame", "references", "edit"])
    async def test_an_order_is_the_same(self, listener: Recorder, kind: str) -> None:
        image = {"type": "image", "mime_type": "image/png", "data": base64.b64encode(PIXEL).decode()}
        clip = {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(MP4).decode()}
        picture, words = Media(data=PIXEL), {"type": "text", "text": OMNI.prompt}
        shape = {
            "type": "video",
            "aspect_ratio": "16:9",
            "duration": "8s",
            "resolution": "1080p",
            "delivery": "uri",
        }
        edit = GenerationRequest(model=OMNI.model, prompt=OMNI.prompt, source_video=Media(data=MP4))
        request, sent, task, wanted = {
            "words": (OMNI, OMNI.prompt, "text_to_video", shape),
            "frame": (
                replace(OMNI, first_frame=picture),
                [image, words | {"text": f"<FIRST_FRAME> {OMNI.prompt}"}],
                "image_to_video",
                shape,
            ),
            "references": (replace(OMNI, references=(picture,)), [image, words], "reference_to_video", shape),
            "edit": (edit, [clip, words], "edit", {"type": "video", "delivery": "uri"}),
        }[kind]  # fmt: skip
        async with self.ours(listener) as google:
            await google.submit(request)
        client: Any = client_at(listener.url, API_KEY)
        client.interactions.create(
            model=OMNI.model,
            input=sent,
            background=True,
            generation_config={"video_config": {"task": task}},
            response_format=wanted,
        )
        ours, theirs = listener.take()
        assert difference(ours, theirs) == {}

    async def test_a_poll_is_the_same_but_for_a_header_of_a_body_that_is_not_there(
        self, listener: Recorder
    ) -> None:
        async with self.ours(listener) as google:
            assert (await google.poll("v1_abc")).state is JobState.RUNNING
        client = client_at(listener.url, API_KEY)
        client.interactions.get("v1_abc")
        ours, theirs = listener.take()
        assert difference(ours, theirs) == {"header.content-type": (None, "application/json")}

    async def test_cancelling_is_the_same_but_for_that_header(self, listener: Recorder) -> None:
        async with self.ours(listener) as google:
            await google.cancel("v1_abc")
        client = client_at(listener.url, API_KEY)
        client.interactions.cancel("v1_abc")
        ours, theirs = listener.take()
        assert difference(ours, theirs) == {"header.content-type": (None, "application/json")}
