"""Google's own client, unchanged, on Vertex AI: against the sandbox, and beside our adapter at a listener."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from google import genai
from google.genai import errors, types
from google.oauth2 import service_account

from providers.contract import GenerationRequest, JobState, Media
from providers.google_token import SCOPE
from providers.veo import VeoProvider
from tests.patience import PATIENCE_S
from tests.providers.google_cases import BOAT, GRANTED, JOB, MODEL, PIXEL, PROJECT, account
from tests.providers.recorder import Recorder, Sent, difference, recording
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox

FAST = "veo-3.1-fast-generate-001"
SHORT: dict[str, Any] = {"duration_seconds": 4, "resolution": "720p", "generate_audio": False}


def client_at(url: str, told: dict[str, Any], **http: Any) -> genai.Client:
    """The client that a studio's own script would use, with a real service account's file."""
    credentials: Any = service_account.Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
        told, scopes=[SCOPE]
    )
    return genai.Client(
        vertexai=True,
        project=told["project_id"],
        location="us-central1",
        credentials=credentials,
        http_options=types.HttpOptions(base_url=url, **http),
    )


@pytest.fixture
def sdk(house: Sandbox) -> Iterator[genai.Client]:
    told = httpx.get(f"{house.url}/vertex-console/service-account.json").json()
    with client_at(f"{house.url}/vertex", told) as client:
        yield client


def over(sdk: genai.Client, started: types.GenerateVideosOperation) -> types.GenerateVideosOperation:
    deadline = time.monotonic() + PATIENCE_S
    while not started.done:
        assert time.monotonic() < deadline
        time.sleep(0.03)
        started = sdk.operations.get(started)
    return started


def ordered(
    sdk: genai.Client, prompt: str = "A red ball rolls", image: bytes = b"", **config: Any
) -> types.GenerateVideosOperation:
    picture = types.Image(image_bytes=image, mime_type="image/png") if image else None
    return sdk.models.generate_videos(
        model=FAST,
        source=types.GenerateVideosSource(prompt=prompt, image=picture),
        config=types.GenerateVideosConfig(**(SHORT | config)),
    )


class TestAgainstTheSandbox:
    def test_an_order_becomes_bytes_within_the_answer(self, sdk: genai.Client, house: Sandbox) -> None:
        started = ordered(sdk)
        assert isinstance(started, types.GenerateVideosOperation)
        assert started.name is not None
        assert started.name.startswith("projects/sandbox-project/locations/us-central1/publishers/google/")
        done = over(sdk, started)
        assert done.error is None
        assert done.response is not None
        (made,) = done.response.generated_videos or []
        assert made.video is not None
        assert made.video.video_bytes is not None
        assert made.video.video_bytes[4:8] == b"ftyp"
        assert made.video.mime_type == "video/mp4"
        assert done.response.rai_media_filtered_count == 0
        assert house.paid_count() == 1

    def test_a_bucket_gets_as_many_clips_as_were_asked_for(self, sdk: genai.Client) -> None:
        done = over(sdk, ordered(sdk, number_of_videos=2, output_gcs_uri="gs://bucket/x/", seed=3))
        assert done.response is not None
        uris = [made.video.uri or "" for made in done.response.generated_videos or [] if made.video]
        assert [uri.rpartition("/")[2] for uri in uris] == ["sample_0.mp4", "sample_1.mp4"]
        assert all(uri.startswith("gs://bucket/x/") for uri in uris)

    def test_pictures_and_references_are_taken(self, sdk: genai.Client) -> None:
        frame = types.Image(image_bytes=png(), mime_type="image/png")
        done = over(sdk, ordered(sdk, image=png(), last_frame=frame))
        assert done.response is not None
        kind = types.VideoGenerationReferenceType.ASSET
        reference = types.VideoGenerationReferenceImage(image=frame, reference_type=kind)
        again = over(sdk, ordered(sdk, reference_images=[reference], duration_seconds=8))
        assert again.response is not None

    def test_what_was_held_back_is_told_as_a_response(self, sdk: genai.Client) -> None:
        done = over(sdk, ordered(sdk, "A bloody corpse with gore"))
        assert done.error is None
        assert done.response is not None
        assert not done.response.generated_videos
        assert done.response.rai_media_filtered_count == 1
        assert "Support codes" in (done.response.rai_media_filtered_reasons or [""])[0]

    def test_a_failure_is_told_as_an_error(self, sdk: genai.Client, house: Sandbox) -> None:
        house.fault("fail")
        done = over(sdk, ordered(sdk))
        assert done.error is not None
        assert done.error["code"] == 13

    def test_a_wrong_field_is_a_client_error_with_googles_name_for_it(self, sdk: genai.Client) -> None:
        with pytest.raises(errors.ClientError) as caught:
            ordered(sdk, duration_seconds=5)
        assert (caught.value.code, caught.value.status) == (400, "INVALID_ARGUMENT")
        assert "`durationSeconds`" in (caught.value.message or "")

    def test_a_pause_is_asked_for_once_and_in_the_body(self, sdk: genai.Client, house: Sandbox) -> None:
        house.fault("status", match={"role": "creation"}, code=429, retry_after=7)
        with pytest.raises(errors.ClientError) as caught:
            ordered(sdk)
        assert caught.value.status == "RESOURCE_EXHAUSTED"
        assert "7s" in json.dumps(caught.value.details)
        assert "retry-after" not in caught.value.response.headers

    def test_a_file_cannot_be_fetched_by_the_client_itself(self, sdk: genai.Client) -> None:
        with pytest.raises(ValueError, match="only supported in the Gemini"):
            sdk.files.download(file="files/abc")


@pytest.fixture
def listener() -> Iterator[Recorder]:
    with recording({"/token": (200, GRANTED), "*": (200, {"name": JOB})}) as listening:
        yield listening


class TestBesideOurAdapter:
    """The same order through both; what differs is named, with its reason."""

    def ours(self, listener: Recorder, **options: Any) -> VeoProvider:
        told = account() | {
            "token_uri": f"{listener.url}/token",
            "client_email": f"{listener.port}@x.example",
        }
        more = {"base_url": listener.url, "private_hosts": [f"127.0.0.1:{listener.port}"]}
        return VeoProvider({"service_account": told, **more, **options})

    def theirs(self, listener: Recorder) -> genai.Client:
        return client_at(listener.url, account() | {"token_uri": f"{listener.url}/token"})

    @pytest.mark.anyio
    @pytest.mark.parametrize("storage", ["", "gs://bucket/prefix/"])
    async def test_an_order_in_words_is_the_same(self, listener: Recorder, storage: str) -> None:
        async with self.ours(listener, storage_uri=storage) as google:
            await google.submit(BOAT)
        token, order = listener.take()
        client = self.theirs(listener)
        client.models.generate_videos(
            model=MODEL,
            source=types.GenerateVideosSource(prompt=BOAT.prompt),
            config=types.GenerateVideosConfig(
                number_of_videos=1,
                duration_seconds=8,
                aspect_ratio="16:9",
                resolution="1080p",
                negative_prompt="text",
                generate_audio=True,
                seed=7,
                output_gcs_uri=storage or None,
            ),
        )
        their_token, their_order = listener.take()
        assert difference(order, their_order) == {}
        assert self.without_the_assertion(token) == self.without_the_assertion(their_token)

    @pytest.mark.anyio
    async def test_an_order_with_pictures_is_the_same(self, listener: Recorder) -> None:
        picture = Media(data=PIXEL)
        request = GenerationRequest(model=MODEL, prompt="x", first_frame=picture, last_frame=picture)
        async with self.ours(listener) as google:
            await google.submit(request)
        image = types.Image(image_bytes=PIXEL, mime_type="image/png")
        client = self.theirs(listener)
        client.models.generate_videos(
            model=MODEL,
            source=types.GenerateVideosSource(prompt="x", image=image),
            config=types.GenerateVideosConfig(
                number_of_videos=1,
                duration_seconds=8,
                aspect_ratio="16:9",
                resolution="720p",
                generate_audio=True,
                last_frame=image,
            ),
        )
        ours, theirs = (sent for sent in listener.take() if sent.path != "/token")
        assert difference(ours, theirs) == {}

    @pytest.mark.anyio
    async def test_references_differ_in_the_spelling_of_their_type(self, listener: Recorder) -> None:
        async with self.ours(listener) as google:
            await google.submit(GenerationRequest(model=MODEL, prompt="x", references=(Media(data=PIXEL),)))
        image = types.Image(image_bytes=PIXEL, mime_type="image/png")
        kind = types.VideoGenerationReferenceType.ASSET
        reference = types.VideoGenerationReferenceImage(image=image, reference_type=kind)
        client = self.theirs(listener)
        client.models.generate_videos(
            model=MODEL,
            source=types.GenerateVideosSource(prompt="x"),
            config=types.GenerateVideosConfig(reference_images=[reference]),
        )
        ours, theirs = (sent for sent in listener.take() if sent.path != "/token")
        mine, other = (sent.body["instances"][0]["referenceImages"][0] for sent in (ours, theirs))
        # Google's reference writes it small, its library in capitals; both are taken.
        assert (mine["referenceType"], other["referenceType"]) == ("asset", "ASSET")
        assert mine["image"] == other["image"]

    @pytest.mark.anyio
    async def test_a_poll_is_the_same(self, listener: Recorder) -> None:
        async with self.ours(listener) as google:
            assert (await google.poll(JOB)).state is JobState.RUNNING
        client = self.theirs(listener)
        client.operations.get(types.GenerateVideosOperation.model_validate({"name": JOB}))
        ours, theirs = (sent for sent in listener.take() if sent.path != "/token")
        assert difference(ours, theirs) == {}
        assert f"/projects/{PROJECT}/" in ours.path

    def without_the_assertion(self, sent: Sent) -> tuple[Any, ...]:
        """The assertion is signed anew each time; what it holds is compared elsewhere."""
        form = dict(part.split("=", 1) for part in (sent.body or b"").decode().split("&"))
        return sent.method, sent.path, sent.headers["content-type"], sorted(form), form["grant_type"]
