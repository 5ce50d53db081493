"""The Gemini API: Omni's interactions and Veo's older format, as the SDKs speak them."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    AnswerLost,
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    ProviderError,
    Unsupported,
)
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.google_cases import API_KEY, MP4, OMNI, PICTURE, PIXEL, error, gemini
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

KEY = "AIzaPLANTED0123456789abcdefghijklmnop"
GATEWAY = "https://gateway.example/google"
OLD = GenerationRequest(
    model="veo-3.1-generate-preview",
    prompt="a paper boat crossing a puddle",
    duration_s=8,
    width=1920,
    height=1080,
    negative_prompt="text",
    extra={"personGeneration": "allow_all"},
)


class TestContract(ContractCases):
    name = "gemini"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY}
    secret = KEY
    request_ = OMNI
    # An interaction's own status does not matter here: the next poll reads it.
    accepted: ClassVar[dict[str, Any]] = {"id": "v1_abc", "status": "in_progress"}
    job_id = "v1_abc"


class TestContractOfTheOlderFormat(ContractCases):
    name = "gemini"
    options: ClassVar[dict[str, Any]] = {"api_key": KEY, "base_url": GATEWAY}
    secret = KEY
    request_ = OLD
    accepted: ClassVar[dict[str, Any]] = {"name": "models/veo-3.1-generate-preview/operations/op123"}
    job_id = "models/veo-3.1-generate-preview/operations/op123"


def created(**more: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": "v1_abc", "status": "in_progress", "object": "interaction"} | more)


async def body_of(request: GenerationRequest) -> dict[str, Any]:
    vendor = Vendor(created())
    await gemini(vendor).submit(request)
    body: dict[str, Any] = vendor.bodies[0]
    return body


def parts_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    (step,) = body["input"]
    assert step["type"] == "user_input"
    content: list[dict[str, Any]] = step["content"]
    return content


@pytest.mark.anyio
class TestInteraction:
    async def test_it_sends_what_the_sdk_sends_and_does_not_wait(self) -> None:
        entry = recorded("gemini", "omni_create")
        vendor = Vendor(created())
        job = await gemini(vendor).submit(OMNI)
        (call,) = vendor.calls
        assert (call.method, call.url.path, dict(call.url.params)) == (entry["method"], entry["path"], {})
        assert call.url.host == "generativelanguage.googleapis.com"
        # Without `background` the call would last as long as the work.
        assert vendor.bodies == [entry["body"] | {"background": True}]
        assert own_headers(call, {"x-goog-api-key"}) == {"x-goog-api-key": API_KEY}
        assert (job.id, job.state, job.poll_after_s) == ("v1_abc", JobState.QUEUED, 3)

    async def test_a_host_that_answers_at_the_end_gives_a_job_all_the_same(self) -> None:
        entry = recorded("gemini", "omni_create")
        job = await gemini(Vendor(answer_of(entry))).submit(OMNI)
        assert (job.id, job.state) == ("int_1", JobState.QUEUED)

    async def test_it_binds_a_frame_to_its_place(self) -> None:
        body = await body_of(replace(OMNI, first_frame=PICTURE))
        picture, words = parts_of(body)
        assert picture == {
            "type": "image",
            "mime_type": "image/png",
            "data": base64.b64encode(PIXEL).decode(),
        }
        assert words == {"type": "text", "text": f"<FIRST_FRAME> {OMNI.prompt}"}
        assert body["generation_config"]["video_config"]["task"] == "image_to_video"

    async def test_it_binds_the_last_frame_too_and_leaves_tags_of_others_alone(self) -> None:
        both = replace(OMNI, first_frame=PICTURE, last_frame=PICTURE)
        first, last, words = parts_of(await body_of(both))
        assert first == last
        assert words["text"].startswith("<FIRST_FRAME> <LAST_FRAME> a paper")
        tagged = "[# Sources <FIRST_FRAME>@Image1 <LAST_FRAME>@Image2] rain"
        assert parts_of(await body_of(replace(both, prompt=tagged)))[2]["text"] == tagged

    async def test_it_sends_references_untagged(self) -> None:
        body = await body_of(replace(OMNI, references=(PICTURE,) * 6))
        *pictures, words = parts_of(body)
        assert (len(pictures), words["text"]) == (6, OMNI.prompt)
        assert body["generation_config"]["video_config"]["task"] == "reference_to_video"

    async def test_it_edits_a_clip_and_leaves_its_length_and_shape_alone(self) -> None:
        edit = GenerationRequest(model=OMNI.model, prompt="Make it dusk", source_video=Media(data=MP4))
        body = await body_of(edit)
        clip, words = parts_of(body)
        assert (clip["type"], clip["mime_type"]) == ("video", "video/mp4")
        assert words["text"] == "Make it dusk"
        assert body["response_format"] == {"type": "video", "delivery": "uri"}
        assert body["generation_config"]["video_config"]["task"] == "edit"

    async def test_an_edit_may_be_asked_for_another_shape(self) -> None:
        edit = GenerationRequest(
            model=OMNI.model, prompt="x", source_video=Media(data=MP4), width=720, height=1280
        )
        shape = (await body_of(edit))["response_format"]
        assert (shape["aspect_ratio"], shape["resolution"]) == ("9:16", "720p")

    async def test_it_names_a_file_that_google_has_already(self) -> None:
        uri = "https://generativelanguage.googleapis.com/v1beta/files/abc"
        clip, _ = parts_of(
            await body_of(GenerationRequest(model=OMNI.model, prompt="x", source_video=Media(url=uri)))
        )
        assert clip == {"type": "video", "uri": uri}

    async def test_it_leaves_no_setting_of_the_price_to_the_vendor(self) -> None:
        body = await body_of(GenerationRequest(model="gemini-omni-1.1-flash", prompt="x"))
        assert body["response_format"] == {
            "type": "video",
            "delivery": "uri",
            "aspect_ratio": "16:9",
            "resolution": "720p",
            "duration": "8s",
        }
        assert body["input"] == "x"

    async def test_it_adds_extra_options_beside_its_own(self) -> None:
        extra = {"generation_config": {"thinking_level": "low"}, "labels": {"team": "x"}}
        body = await body_of(replace(OMNI, extra=extra))
        assert body["generation_config"] == {
            "thinking_level": "low",
            "video_config": {"task": "text_to_video"},
        }
        assert body["labels"] == {"team": "x"}

    @pytest.mark.parametrize("answer", [{"id": ""}, {"id": 5}, {"status": "queued"}])
    async def test_an_answer_without_an_id_is_a_lost_one(self, answer: dict[str, Any]) -> None:
        with pytest.raises(AnswerLost, match="names no job"):
            await gemini(Vendor(httpx.Response(200, json=answer))).submit(OMNI)


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("duration_s", replace(OMNI, duration_s=2)),
    ("duration_s", replace(OMNI, duration_s=16)),
    ("duration_s", replace(OMNI, duration_s=12, first_frame=PICTURE)),
    ("duration_s", replace(OMNI, model="gemini-omni-1.1-flash", duration_s=11)),
    ("duration_s", replace(OMNI, source_video=Media(data=MP4))),
    ("negative_prompt", replace(OMNI, negative_prompt="rain")),
    ("seed", replace(OMNI, seed=1)),
    ("audio", replace(OMNI, audio=False)),
    ("last_frame", replace(OMNI, last_frame=PICTURE)),
    ("references", replace(OMNI, references=(PICTURE,) * 7)),
    ("references", replace(OMNI, first_frame=PICTURE, references=(PICTURE,))),
    ("size", replace(OMNI, width=1000, height=1000)),
    ("first_frame", replace(OMNI, first_frame=Media(url="https://e.example/a.png"))),
    ("first_frame", replace(OMNI, first_frame=Media(url="https://generativelanguage.googleapis.com.evil/x"))),
    ("first_frame", replace(OMNI, first_frame=Media(data=PIXEL + bytes(16_000_000)))),
    ("first_frame", replace(OMNI, first_frame=Media(data=b"GIF89a" + bytes(40)))),
    (
        "source_video",
        GenerationRequest(model=OMNI.model, prompt="x", source_video=Media(data=b"RIFF0000AVI ")),
    ),
    ("extra", replace(OMNI, extra={"background": False})),
    ("extra", replace(OMNI, extra={"response_format": {"type": "video"}})),
    ("extra", replace(OMNI, extra={"service_tier": "priority"})),
    ("extra", replace(OMNI, extra={"generation_config": {"video_config": {"task": "upscale"}}})),
    ("extra", replace(OMNI, extra={"generation_config": "low"})),
    ("model", replace(OLD, extra={})),
    ("model", replace(OMNI, model="gemini-omni-flash-preview")),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(created())
        await refused_unsent(vendor, gemini(vendor), request_, field)

    async def test_it_names_the_successor_of_a_retired_model(self) -> None:
        with pytest.raises(Unsupported, match=r"2026-10-22\..*gemini-omni-1\.1-flash"):
            await gemini(Vendor(created())).submit(OLD)

    async def test_it_cannot_look_a_job_up_by_our_mark(self) -> None:
        with pytest.raises(Unsupported):
            await gemini(Vendor(created())).find("token")


@pytest.mark.anyio
class TestOlderFormat:
    """Only another host than Google's can still serve it."""

    async def test_it_sends_what_the_sdk_sent(self) -> None:
        entry = recorded("gemini", "predict_create")
        vendor = Vendor(answer_of(entry))
        job = await gemini(vendor, base_url=GATEWAY).submit(OLD)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], f"/google{entry['path']}")
        assert vendor.bodies == [entry["body"]]
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert job.id == entry["answer"]["body"]["name"]

    async def test_it_sends_frames_and_references_as_bytes(self) -> None:
        vendor = Vendor(answer_of(recorded("gemini", "predict_create")))
        google = gemini(vendor, base_url=GATEWAY)
        await google.submit(replace(OLD, first_frame=PICTURE, last_frame=PICTURE))
        await google.submit(replace(OLD, references=(PICTURE,)))
        frames, references = (body["instances"][0] for body in vendor.bodies)
        assert set(frames) == {"prompt", "image", "lastFrame"}
        assert references["referenceImages"][0]["image"] == frames["image"]
        assert set(frames["image"]) == {"bytesBase64Encoded", "mimeType"}

    @pytest.mark.parametrize(
        ("field", "changes"),
        [
            ("duration_s", {"duration_s": 4}),
            ("duration_s", {"duration_s": 6, "width": 3840, "height": 2160}),
            ("seed", {"seed": 7}),
            ("audio", {"audio": False}),
            ("source_video", {"source_video": Media(data=MP4)}),
            ("first_frame", {"first_frame": Media(url="https://e.example/a.png")}),
        ],
    )
    async def test_it_refuses_what_the_format_has_no_field_for(
        self, field: str, changes: dict[str, Any]
    ) -> None:
        vendor = Vendor(created())
        with pytest.raises(Unsupported) as caught:
            await gemini(vendor, base_url=GATEWAY).submit(replace(OLD, **changes))
        assert not vendor.calls
        assert field in {issue.field for issue in caught.value.issues}

    async def test_a_short_clip_of_720_lines_is_fine(self) -> None:
        vendor = Vendor(answer_of(recorded("gemini", "predict_create")))
        await gemini(vendor, base_url=GATEWAY).submit(replace(OLD, width=720, height=1280, duration_s=4))
        assert vendor.bodies[0]["parameters"]["resolution"] == "720p"

    async def test_veo_2_is_asked_for_no_resolution(self) -> None:
        vendor = Vendor(answer_of(recorded("gemini", "predict_create")))
        old = GenerationRequest(model="veo-2.0-generate-001", prompt="x", duration_s=5)
        await gemini(vendor, base_url=GATEWAY).submit(old)
        assert "resolution" not in vendor.bodies[0]["parameters"]


ERRORS: list[tuple[httpx.Response, type[ProviderError], str]] = [
    (error(400, "API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT"), AuthFailed, "key"),
    (error(400, "The prompt was blocked for safety reasons.", "INVALID_ARGUMENT"), ContentRefused, "safety"),
    (error(404, "models/x is no longer available", "NOT_FOUND"), InvalidRequest, "switched off"),
    (
        httpx.Response(400, json={"error": {"code": "invalid_request", "message": "`zoom` is unknown"}}),
        InvalidRequest,
        "zoom",
    ),
]


@pytest.mark.anyio
class TestErrors:
    @pytest.mark.parametrize(("answer", "kind", "said"), ERRORS)
    async def test_it_knows_what_a_refusal_means(
        self, answer: httpx.Response, kind: type[ProviderError], said: str
    ) -> None:
        with pytest.raises(kind, match=said) as caught:
            await gemini(Vendor(answer)).submit(OMNI)
        assert type(caught.value) is kind
        assert not caught.value.may_have_spent

    async def test_a_key_is_tried_at_a_call_that_costs_nothing(self) -> None:
        vendor = Vendor(httpx.Response(200, json={"models": [{"name": "models/gemini-omni-1.1-flash"}]}))
        assert (await gemini(vendor).check_key()).ok
        (call,) = vendor.calls
        assert (call.method, call.url.path, dict(call.url.params)) == ("GET", "/v1/models", {"pageSize": "1"})

    async def test_it_says_that_a_key_is_refused(self) -> None:
        answer = error(400, "API key not valid.", "INVALID_ARGUMENT")
        status = await gemini(Vendor(answer)).check_key()
        assert (status.ok, "does not know this key" in status.sentence) == (False, True)
