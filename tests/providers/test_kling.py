"""Kling: ordering in both standards, as its pages write it, and refusing what it cannot express."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    Unsupported,
)
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.kling_cases import (
    BOAT,
    EDIT,
    JOB,
    OLD_BOAT,
    OLD_START,
    PAIR,
    PICTURE,
    START,
    body_of,
    created,
    kling,
    paired,
)
from tests.providers.sandbox.orders import png
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

LIMITED = {"code": 1302, "message": "rate", "request_id": "r"}


class TestContractOfTheNewerStandard(ContractCases):
    name = "kling"
    options: ClassVar[dict[str, Any]] = {"api_key": "KEY_PLANTED0123456789"}
    secret = "KEY_PLANTED0123456789"
    request_ = BOAT
    accepted: ClassVar[dict[str, Any]] = {"code": 0, "data": {"id": JOB, "status": "submitted"}}
    limited: ClassVar[dict[str, Any]] = LIMITED


class TestContractOfTheOlderStandard(ContractCases):
    name = "kling"
    options: ClassVar[dict[str, Any]] = PAIR
    secret = PAIR["secret_key"]
    credential = "secret_key"
    request_ = OLD_BOAT
    accepted: ClassVar[dict[str, Any]] = {"code": 0, "data": {"task_id": JOB, "task_status": "submitted"}}
    job_id = f"text2video/{JOB}"
    limited: ClassVar[dict[str, Any]] = LIMITED


@pytest.mark.anyio
class TestCreation:
    @pytest.mark.parametrize(
        ("name", "request_", "job_id"),
        [
            ("text_to_video", BOAT, JOB),
            ("image_to_video", START, JOB),
            ("text2video", OLD_BOAT, f"text2video/{JOB}"),
            ("image2video", OLD_START, f"image2video/{JOB}"),
        ],
    )
    async def test_it_sends_what_the_pages_write(
        self, name: str, request_: GenerationRequest, job_id: str
    ) -> None:
        entry = recorded("kling", name)
        vendor = Vendor(answer_of(entry))
        job = await kling(vendor).submit(request_)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert call.url.host == "api-singapore.klingai.com"
        assert vendor.bodies == [entry["body"]]
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert (job.id, job.state, job.poll_after_s) == (job_id, JobState.QUEUED, 2)

    async def test_it_sends_lengths_as_text_in_the_older_standard_alone(self) -> None:
        _, older = await body_of(replace(OLD_BOAT, duration_s=10.0))
        _, newer = await body_of(replace(BOAT, duration_s=10.0))
        assert (older["duration"], repr(newer["settings"]["duration"])) == ("10", "10")

    @pytest.mark.parametrize("request_", [BOAT, START, EDIT])
    async def test_it_asks_for_one_shot_where_several_are_the_default(
        self, request_: GenerationRequest
    ) -> None:
        _, body = await body_of(request_)
        assert body["settings"]["multi_shot"] is False

    async def test_it_says_nothing_of_shots_to_models_that_make_one(self) -> None:
        _, body = await body_of(replace(BOAT, model="kling-2.6"))
        assert "multi_shot" not in body["settings"]

    @pytest.mark.parametrize(
        ("size", "tier"),
        [((1280, 720), "720p"), ((1080, 1920), "1080p"), ((2880, 2880), "4k")],
    )
    async def test_it_asks_by_resolution_and_shape(self, size: tuple[int, int], tier: str) -> None:
        _, newer = await body_of(replace(BOAT, width=size[0], height=size[1]))
        older_ = replace(OLD_BOAT, model="kling-v3", width=size[0], height=size[1])
        _, older = await body_of(older_)
        shape = {"720p": "16:9", "1080p": "9:16", "4k": "1:1"}[tier]
        assert (newer["settings"]["resolution"], newer["settings"]["aspect_ratio"]) == (tier, shape)
        assert older["mode"] == {"720p": "std", "1080p": "pro", "4k": "4k"}[tier]
        assert older["aspect_ratio"] == shape

    async def test_it_names_no_mode_to_models_that_have_one_only(self) -> None:
        _, body = await body_of(GenerationRequest(model="kling-v2-master", prompt="x"))
        assert body == {"model_name": "kling-v2-master", "prompt": "x", "aspect_ratio": "16:9"}

    async def test_it_leaves_the_shape_to_the_first_frame(self) -> None:
        _, newer = await body_of(START)
        _, older = await body_of(OLD_START)
        assert "aspect_ratio" not in newer["settings"]
        assert "aspect_ratio" not in older

    async def test_it_sends_local_pictures_as_bare_base64(self) -> None:
        written = base64.b64encode(PICTURE).decode()
        _, newer = await body_of(replace(START, first_frame=Media(data=PICTURE)))
        _, older = await body_of(replace(OLD_START, first_frame=Media(data=PICTURE)))
        assert newer["contents"][1] == {"type": "first_frame", "url": written}
        assert older["image"] == written

    async def test_a_last_frame_may_stand_alone_where_the_model_can(self) -> None:
        path, body = await body_of(replace(OLD_START, model="kling-v1-6", first_frame=None))
        assert path == "/v1/videos/image2video"
        assert body["image_tail"] == "https://assets.example.com/last.png"
        assert "image" not in body

    async def test_it_chooses_a_resolution_at_which_the_rest_can_be_made(self) -> None:
        _, older = await body_of(replace(OLD_START, width=None, height=None))
        _, newer = await body_of(replace(BOAT, model="kling-2.6", width=None, height=None, audio=True))
        assert (older["mode"], newer["settings"]["resolution"]) == ("pro", "1080p")

    async def test_references_of_the_older_standard_go_their_own_way(self) -> None:
        pictures = (Media(url="https://e.example/1.png"), Media(data=PICTURE))
        path, body = await body_of(
            GenerationRequest(model="kling-v1-6", prompt="x", references=pictures, extra={"cfg_scale": 0.7})
        )
        assert path == "/v1/videos/multi-image2video"
        assert [entry["image"][:8] for entry in body["image_list"]] == ["https://", "iVBORw0K"]
        assert (body["aspect_ratio"], body["cfg_scale"]) == ("16:9", 0.7)

    async def test_references_of_the_omni_models_have_names_for_the_prompt(self) -> None:
        pictures = (Media(url="https://e.example/1.png"), Media(url="https://e.example/2.png"))
        path, body = await body_of(
            GenerationRequest(model="kling-o1", prompt="@image_1 runs", duration_s=7, references=pictures)
        )
        assert path == "/omni-video/kling-o1"
        assert body["contents"] == [
            {"type": "prompt", "text": "@image_1 runs"},
            {"type": "refer_image", "url": "https://e.example/1.png", "id": "image_1"},
            {"type": "refer_image", "url": "https://e.example/2.png", "id": "image_2"},
        ]
        assert body["settings"] == {"resolution": "720p", "aspect_ratio": "16:9", "duration": 7}

    @pytest.mark.parametrize(("audio", "told"), [(True, "original"), (False, "off"), (None, None)])
    async def test_it_edits_a_clip_which_keeps_its_shape_and_maybe_its_sound(
        self, audio: bool | None, told: str | None
    ) -> None:
        path, body = await body_of(replace(EDIT, audio=audio))
        assert path == "/omni-video/kling-3.0-omni"
        assert body["contents"][1] == {
            "type": "base_video",
            "url": "https://e.example/a.mp4",
            "id": "video_1",
        }
        assert body["settings"].get("audio") == told
        assert not {"aspect_ratio", "duration"} & set(body["settings"])
        assert "options" not in body

    async def test_turbo_is_asked_for_no_sound_as_it_always_makes_it(self) -> None:
        _, body = await body_of(replace(BOAT, model="kling-3.0-turbo", audio=True))
        assert "audio" not in body["settings"]

    async def test_extra_options_go_where_the_standard_has_them(self) -> None:
        _, newer = await body_of(replace(BOAT, extra={"settings": {"multi_shot": True}}))
        _, older = await body_of(replace(OLD_BOAT, extra={"camera_control": {"type": "down_back"}}))
        assert newer["settings"]["multi_shot"] is True
        assert older["camera_control"] == {"type": "down_back"}


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("negative_prompt", replace(BOAT, negative_prompt="rain")),
    ("negative_prompt", replace(OLD_BOAT, model="kling-v1", width=1280, height=720)),
    ("seed", replace(BOAT, seed=1)),
    ("fps", replace(OLD_BOAT, fps=30)),
    ("prompt", replace(BOAT, prompt="x" * 3073)),
    ("prompt", replace(OLD_BOAT, prompt="x" * 2501)),
    ("duration_s", replace(BOAT, duration_s=16)),
    ("duration_s", replace(BOAT, model="kling-2.6", duration_s=7)),
    ("duration_s", replace(EDIT, duration_s=5)),
    ("duration_s", GenerationRequest(model="kling-o1", prompt="x", duration_s=7)),
    ("duration_s", replace(OLD_START, model="kling-v1", width=1280, height=720, duration_s=10)),
    ("size", replace(BOAT, width=1000, height=1000)),
    ("size", replace(OLD_BOAT, width=3840, height=2160)),
    ("audio", replace(OLD_BOAT, audio=True, width=1280, height=720)),
    ("audio", replace(BOAT, model="kling-2.6", audio=True, width=1280, height=720)),
    ("audio", replace(BOAT, model="kling-2.5-turbo", audio=True)),
    ("audio", replace(BOAT, model="kling-3.0-turbo", audio=False)),
    ("audio", replace(OLD_START, model="kling-v2-6", audio=True)),
    ("last_frame", replace(START, model="kling-3.0-turbo")),
    ("last_frame", replace(START, first_frame=None)),
    ("last_frame", replace(OLD_START, width=1280, height=720)),
    ("last_frame", replace(OLD_START, first_frame=None)),
    ("first_frame", replace(OLD_BOAT, model="kling-v1-5", negative_prompt="")),
    ("references", replace(BOAT, references=(Media(url="https://e.example/1.png"),))),
    ("references", replace(EDIT, references=(Media(url="https://e.example/1.png"),) * 5)),
    (
        "references",
        replace(START, model="kling-o1", audio=None, references=(Media(url="https://e.example/1.png"),)),
    ),
    ("source_video", replace(EDIT, source_video=Media(data=b"\x00\x00\x00\x18ftypisom" + bytes(64)))),
    ("source_video", replace(EDIT, source_video=Media(url="https://10.0.0.1/a.mp4"))),
    ("source_video", replace(BOAT, source_video=Media(url="https://e.example/a.mp4"))),
    ("first_frame", replace(START, first_frame=Media(url="http://e.example/a.png"))),
    ("first_frame", replace(START, first_frame=Media(data=b"RIFF0000WEBP" + bytes(40)))),
    ("first_frame", replace(START, first_frame=Media(data=png(200, 200)))),
    ("first_frame", replace(START, first_frame=Media(data=png(1000, 300)))),
    ("first_frame", replace(OLD_START, first_frame=Media(data=PICTURE + bytes(10_000_000)))),
    ("first_frame", replace(START, first_frame=Media())),
    ("extra", replace(BOAT, extra={"settings": {"resolution": "4k"}})),
    ("extra", replace(BOAT, extra={"options": {"external_task_id": "mine"}})),
    ("extra", replace(BOAT, extra={"cfg_scale": 0.5})),
    ("extra", replace(BOAT, extra={"settings": 5})),
    ("extra", replace(OLD_BOAT, extra={"cfg_scale": 0.5})),
    ("extra", replace(OLD_BOAT, extra={"model": "kling-v1"})),
    ("extra", replace(OLD_BOAT, extra={"mode": "pro"})),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(created())
        await refused_unsent(vendor, kling(vendor), request_, field)

    async def test_a_pair_of_keys_does_not_reach_the_newer_standard(self) -> None:
        vendor = Vendor(created())
        with pytest.raises(Unsupported, match="API key only"):
            await paired(vendor).submit(BOAT)
        assert not vendor.calls
