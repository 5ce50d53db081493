"""OpenAI's own client, unchanged: against the sandbox, and beside our adapter at a server that listens."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import av
import openai
import pytest
from openai import OpenAI
from openai.types import Video

from providers.contract import GenerationRequest, Media
from providers.sora import SoraProvider
from tests.providers.recorder import Recorder, Sent, difference, recording
from tests.providers.sandbox.orders import png
from tests.providers.sandbox.receiver import receiving
from tests.providers.sora_cases import BOAT, JOB, MP4, WORDS, video
from tests.sandbox_server import Sandbox

KEY = "sk-sandbox-0001"
# The job fails, which no clip has to be drawn for.
REFUSED = "A bloody corpse with gore"
# Every method carries the notice that the service was to be closed, which is what this file is about.
pytestmark = pytest.mark.filterwarnings("ignore:The Sora API is scheduled:DeprecationWarning")


@pytest.fixture
def sdk(house: Sandbox) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=f"{house.url}/openai/v1", max_retries=0) as client:
        yield client


def made(sdk: OpenAI, **changes: Any) -> Video:
    """A video that is over."""
    order: dict[str, Any] = {"model": "sora-2", "prompt": WORDS, "seconds": "4", "size": "1280x720"}
    return sdk.videos.create_and_poll(**(order | changes), poll_interval_ms=20)


def grey(content: bytes, share: float = 0) -> Any:
    """The picture at this share of a file's length, in grey."""
    with av.open(io.BytesIO(content), "r") as source:
        wanted = int(share * source.streams.video[0].frames)
        frame = next(islice(source.decode(video=0), wanted, None))
        return frame.to_ndarray(format="gray").astype(float)


def apart(one: Any, other: Any) -> float:
    """How far two pictures are from each other, of 255."""
    return float(abs(one - other).mean())


class TestAgainstTheSandbox:
    def test_words_become_a_video_with_all_its_fields(self, sdk: OpenAI) -> None:
        created = sdk.videos.create(model="sora-2", prompt=WORDS, seconds="4", size="1280x720")
        assert (created.object, created.model, created.seconds, created.size, created.prompt) == (
            "video", "sora-2", "4", "1280x720", WORDS,
        )  # fmt: skip
        done = sdk.videos.poll(created.id, poll_interval_ms=20)
        assert (done.id, done.status, done.progress, done.error) == (created.id, "completed", 100, None)
        assert done.completed_at is not None
        assert done.expires_at is not None
        assert done.completed_at < done.expires_at
        raw = sdk.videos.with_raw_response.retrieve(created.id)
        assert raw.http_response.json().keys() == video().json().keys()
        assert int(raw.headers["openai-poll-after-ms"]) > 0

    def test_a_picture_becomes_a_video(self, sdk: OpenAI, house: Sandbox) -> None:
        picture = ("frame.png", png(1280, 720), "image/png")
        done = made(sdk, input_reference=picture)
        assert done.status == "completed"
        assert house.control.get(f"/_control/jobs/{done.id}").json()["mode"] == "image"

    @pytest.mark.parametrize(
        ("picture", "words"),
        [
            (("frame.png", png(64, 36), "image/png"), "match the requested width"),
            (png(1280, 720), "mimetype"),
            (("frame.gif", b"GIF89a", "image/gif"), "mimetype"),
        ],
    )
    def test_a_picture_that_does_not_fit_is_refused(self, sdk: OpenAI, picture: Any, words: str) -> None:
        with pytest.raises(openai.BadRequestError, match=words) as caught:
            made(sdk, input_reference=picture)
        assert caught.value.param == "input_reference"

    def test_the_json_kind_of_the_call_is_served_too(self, sdk: OpenAI) -> None:
        body = {"model": "sora-2-pro", "prompt": REFUSED, "seconds": "20", "size": "1920x1080"}
        told = sdk.post("/videos", body=body, cast_to=Video)
        assert (told.seconds, told.size) == ("20", "1920x1080")

    @pytest.mark.parametrize(
        ("changes", "param", "code"),
        [
            ({"seconds": "5"}, "seconds", "invalid_value"),
            ({"size": "1920x1080"}, "size", "invalid_value"),
            ({"prompt": ""}, "prompt", "invalid_length"),
            ({"extra_body": {"duration": 8}}, "duration", "unknown_parameter"),
        ],
    )
    def test_it_is_strict_about_fields(
        self, sdk: OpenAI, changes: dict[str, Any], param: str, code: str
    ) -> None:
        with pytest.raises(openai.BadRequestError) as caught:
            made(sdk, **changes)
        assert (caught.value.param, caught.value.code) == (param, code)
        assert caught.value.request_id is not None

    def test_a_length_in_json_is_a_text(self, sdk: OpenAI) -> None:
        with pytest.raises(openai.BadRequestError, match="expected a string"):
            sdk.post("/videos", body={"prompt": "x", "seconds": 8}, cast_to=Video)

    def test_errors_arrive_as_their_classes(self, sdk: OpenAI, house: Sandbox) -> None:
        with pytest.raises(openai.NotFoundError):
            sdk.videos.retrieve("video_unknown")
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            made(sdk, model="sora-9")
        with pytest.raises(openai.AuthenticationError):
            sdk.with_options(api_key="nonsense").videos.list()
        house.settings(dollars=0)
        with pytest.raises(openai.RateLimitError) as caught:
            made(sdk)
        assert caught.value.code == "insufficient_quota"

    def test_a_forbidden_prompt_ends_the_job_and_not_the_call(self, sdk: OpenAI) -> None:
        done = made(sdk, prompt=REFUSED)
        assert done.status == "failed"
        assert done.error is not None
        assert (done.error.code, bool(done.error.message)) == ("moderation_blocked", True)

    def test_the_list_goes_page_by_page_newest_first(self, sdk: OpenAI) -> None:
        made_ids = [sdk.videos.create(prompt=REFUSED).id for _ in range(3)]
        first = sdk.videos.list(limit=2)
        assert [one.id for one in first.data] == made_ids[:0:-1]
        assert [one.id for one in sdk.videos.list(limit=2)] == made_ids[::-1]
        assert [one.id for one in sdk.videos.list(order="asc")] == made_ids

    def test_the_files_are_the_clip_a_still_and_a_sheet(self, sdk: OpenAI) -> None:
        done = made(sdk)
        clip = sdk.videos.download_content(done.id)
        assert clip.response.headers["content-type"] == "video/mp4"
        content = clip.read()
        still = sdk.videos.download_content(done.id, variant="thumbnail")
        assert still.response.headers["content-type"] == "image/webp"
        assert apart(grey(still.read()), grey(content, 0.5)) < 4
        sheet = sdk.videos.download_content(done.id, variant="spritesheet")
        assert sheet.response.headers["content-type"] == "image/jpeg"
        stills = grey(sheet.read())
        assert stills.shape == (180, 800)
        shrunk = grey(content, 0.05)[4::8, 4::8]
        assert apart(stills[:90, :160], shrunk) < apart(stills[:90, :160], shrunk[::-1])

    def test_there_is_no_file_before_the_end_nor_after_its_time(self, sdk: OpenAI, house: Sandbox) -> None:
        done = made(sdk)
        house.settings(link_seconds=0, min_seconds=60)
        job = sdk.videos.create(prompt=WORDS)
        for job_id in (done.id, job.id):
            with pytest.raises(openai.NotFoundError):
                sdk.videos.download_content(job_id)

    def test_a_finished_video_can_be_deleted_and_an_open_one_cannot(
        self, sdk: OpenAI, house: Sandbox
    ) -> None:
        done = made(sdk)
        gone = sdk.videos.delete(done.id)
        assert (gone.id, gone.object, gone.deleted) == (done.id, "video.deleted", True)
        with pytest.raises(openai.NotFoundError):
            sdk.videos.retrieve(done.id)
        house.settings(min_seconds=60)
        with pytest.raises(openai.BadRequestError):
            sdk.videos.delete(sdk.videos.create(prompt=WORDS).id)

    def test_a_video_can_be_remixed_and_edited(self, sdk: OpenAI, house: Sandbox) -> None:
        done = made(sdk)
        remix = sdk.videos.remix(done.id, prompt="At night")
        assert (remix.remixed_from_video_id, remix.seconds, remix.size) == (done.id, "4", "1280x720")
        clip = sdk.videos.download_content(done.id).read()
        edit = sdk.videos.edit(prompt="At night", video=("clip.mp4", clip, "video/mp4"))
        assert (edit.remixed_from_video_id, edit.seconds, edit.size) == (None, "4", "1280x720")
        assert house.paid_count() == 3


class TestWebhooks:
    def test_a_finished_video_is_told_with_a_signature_that_the_sdk_believes(
        self, sdk: OpenAI, house: Sandbox
    ) -> None:
        with receiving() as receiver:
            endpoint = sdk.webhooks.create(
                name="here", url=receiver.url, event_types=["video.completed", "video.failed"]
            )
            done = made(sdk)
            failed = made(sdk, prompt=REFUSED)
            calls = receiver.wait_for(2)
        said = [sdk.webhooks.unwrap(one.body, one.headers, secret=endpoint.signing_secret) for one in calls]
        told = {(one.type, one.data.id) for one in said}  # type: ignore[union-attr]
        assert told == {("video.completed", done.id), ("video.failed", failed.id)}
        wrong = "whsec_" + "A" * 43 + "="
        with pytest.raises(openai.InvalidWebhookSignatureError):
            sdk.webhooks.unwrap(calls[0].body, calls[0].headers, secret=wrong)
        ours = SoraProvider(
            {"api_key": KEY, "base_url": "https://g.example/v1", "webhook_secret": endpoint.signing_secret}
        )
        heard = [ours.read_webhook(one.headers, one.body).job_id for one in calls]
        assert sorted(heard) == sorted([done.id, failed.id])

    def test_the_secret_is_told_once_and_can_be_changed(self, sdk: OpenAI) -> None:
        url = "https://studio.example/hooks"
        made_one = sdk.webhooks.create(name="there", url=url, event_types=["video.failed"])
        (listed,) = sdk.webhooks.list().data
        assert listed.id == made_one.id
        assert not hasattr(listed, "signing_secret")
        changed = sdk.webhooks.update(made_one.id, name="elsewhere")
        assert (changed.name, changed.url, changed.event_types) == ("elsewhere", url, ["video.failed"])
        assert sdk.webhooks.rotate_secret(made_one.id).signing_secret != made_one.signing_secret
        assert sdk.webhooks.delete(made_one.id).deleted
        with pytest.raises(openai.NotFoundError):
            sdk.webhooks.retrieve(made_one.id)


@pytest.fixture
def listening() -> Iterator[Recorder]:
    with recording({"*": (200, video().json())}) as recorder:
        yield recorder


def ours(listening: Recorder, **options: Any) -> SoraProvider:
    address = f"127.0.0.1:{listening.port}"
    given = {"api_key": KEY, "base_url": f"http://{address}/v1", "private_hosts": [address]}
    return SoraProvider(given | options)


def theirs(listening: Recorder, **options: Any) -> OpenAI:
    return OpenAI(api_key=KEY, base_url=f"{listening.url}/v1", max_retries=0, **options)


def pair(listening: Recorder) -> tuple[Sent, Sent]:
    """What ours sent, and what the SDK sent."""
    mine, other = listening.take()
    return mine, other


THEIRS: dict[str, Any] = {"model": "sora-2", "prompt": WORDS, "seconds": "8", "size": "1280x720"}


@pytest.mark.anyio
class TestBesideOurs:
    async def test_words_go_as_json_where_the_sdk_always_makes_a_form(self, listening: Recorder) -> None:
        scopes = {"organization": "org-1", "project": "proj_2"}
        async with ours(listening, **scopes) as provider:
            await provider.submit(BOAT)
        with theirs(listening, **scopes) as sdk:
            sdk.videos.create(**THEIRS)
        mine, other = pair(listening)
        # The format takes both kinds, and only JSON can say everything, such as a link to a picture.
        assert difference(mine, other) == {"header.content-type": ("application/json", "multipart/form-data")}
        assert (mine.headers["openai-organization"], mine.headers["openai-project"]) == ("org-1", "proj_2")

    async def test_a_picture_goes_as_the_sdk_sends_it(self, listening: Recorder) -> None:
        picture = png(1280, 720)
        async with ours(listening) as provider:
            await provider.submit(replace(BOAT, first_frame=Media(data=picture)))
        with theirs(listening) as sdk:
            sdk.videos.create(**THEIRS, input_reference=("input_reference.png", picture, "image/png"))
        assert difference(*pair(listening)) == {}

    async def test_an_edit_of_a_clip_of_ours_names_the_model_too(self, listening: Recorder) -> None:
        edit = GenerationRequest(model="sora-2", prompt=WORDS, source_video=Media(data=MP4))
        async with ours(listening) as provider:
            await provider.submit(edit)
        with theirs(listening) as sdk:
            sdk.videos.edit(prompt=WORDS, video=("video.mp4", MP4, "video/mp4"))
        # The format wants the model of an uploaded clip, and the SDK has no argument for it.
        assert difference(*pair(listening)) == {"body.model": ("sora-2", None)}

    async def test_a_poll_is_the_sdks(self, listening: Recorder) -> None:
        async with ours(listening) as provider:
            await provider.poll(JOB)
        with theirs(listening) as sdk:
            sdk.videos.retrieve(JOB)
        assert difference(*pair(listening)) == {}

    async def test_a_deletion_is_the_sdks_but_for_the_type_of_a_body_that_is_not_there(
        self, listening: Recorder
    ) -> None:
        async with ours(listening) as provider:
            assert await provider.delete(JOB) is False
        with theirs(listening) as sdk:
            sdk.videos.delete(JOB)
        assert difference(*pair(listening)) == {"header.content-type": (None, "application/json")}
