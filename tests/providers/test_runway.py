"""Runway: creating a job, as its SDK speaks it, and refusing what it cannot express."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    ForbiddenHost,
    InvalidRequest,
    NotConfigured,
    ProviderError,
    Unsupported,
    VendorUnavailable,
)
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.runway_cases import (
    BOAT,
    BUNNY,
    DOT,
    EDIT,
    JOB,
    MP4,
    PIXEL,
    VEO,
    body_of,
    created,
    runway,
)
from tests.providers.wire import Vendor, answer_of, own_headers, recorded


class TestContract(ContractCases):
    name = "runway"
    options: ClassVar[dict[str, Any]] = {"api_key": "key_PLANTED0123456789"}
    secret = "key_PLANTED0123456789"
    request_ = BOAT
    accepted: ClassVar[dict[str, Any]] = {"id": JOB, "estimatedCost": {"credits": 60}}


@pytest.mark.anyio
class TestCreation:
    @pytest.mark.parametrize(
        ("name", "request_"),
        [("text_to_video", BOAT), ("image_to_video", BUNNY), ("image_to_video_data_uri", DOT)],
    )
    async def test_it_sends_what_the_sdk_sends(self, name: str, request_: GenerationRequest) -> None:
        entry = recorded("runway", name)
        vendor = Vendor(answer_of(entry))
        job = await runway(vendor).submit(request_)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert call.url.host == "api.dev.runwayml.com"
        assert vendor.bodies == [entry["body"]]
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert job.id == JOB
        assert job.state is JobState.QUEUED
        assert job.cost_usd == Decimal(entry["answer"]["body"]["estimatedCost"]["credits"]) / 100
        assert not job.cost_is_final
        assert job.poll_after_s == 5

    async def test_it_names_the_end_user_of_a_partner_account_and_nobody_otherwise(self) -> None:
        for options, named in (({}, None), ({"on_behalf_of": " studio-7 "}, "studio-7")):
            vendor = Vendor(created())
            await runway(vendor, **options).submit(BOAT)
            assert vendor.calls[0].headers.get("X-Runway-On-Behalf-Of") == named
        with pytest.raises(NotConfigured, match="on_behalf_of"):
            runway(Vendor(created()), on_behalf_of="käse")

    async def test_it_asks_veo_with_all_its_fields(self) -> None:
        path, body = await body_of(replace(VEO, negative_prompt="text", audio=False, fps=24, seed=0))
        assert path == "/v1/text_to_video"
        assert body == {
            "model": "veo3.1",
            "promptText": "Rain",
            "negativePrompt": "text",
            "ratio": "1920:1080",
            "duration": 8,
            "audio": False,
            "seed": 0,
        }

    async def test_it_sends_first_and_last_frame_with_their_positions(self) -> None:
        first, last = Media(url="https://e.example/1.png"), Media(url="https://e.example/2.png")
        path, body = await body_of(replace(VEO, prompt="", first_frame=first, last_frame=last))
        assert path == "/v1/image_to_video"
        assert "promptText" not in body
        assert body["promptImage"] == [
            {"uri": "https://e.example/1.png", "position": "first"},
            {"uri": "https://e.example/2.png", "position": "last"},
        ]

    async def test_it_edits_a_clip_and_leaves_its_shape_alone(self) -> None:
        path, body = await body_of(replace(EDIT, seed=7))
        assert path == "/v1/video_to_video"
        assert body == {
            "model": "aleph2",
            "promptText": "Make it dusk",
            "videoUri": "https://e.example/a.mp4",
            "seed": 7,
        }

    async def test_it_asks_an_edit_for_a_shape_and_not_for_pixels(self) -> None:
        _, body = await body_of(replace(EDIT, width=1080, height=1920))
        assert body["targetAspectRatio"] == "9:16"
        assert "ratio" not in body

    async def test_it_inlines_a_local_clip(self) -> None:
        _, body = await body_of(replace(EDIT, source_video=Media(data=MP4)))
        assert body["videoUri"] == "data:video/mp4;base64," + base64.b64encode(MP4).decode()

    async def test_it_fills_in_what_the_model_requires_and_we_left_open(self) -> None:
        _, body = await body_of(GenerationRequest(model="gen4.5", prompt="x"))
        assert (body["ratio"], body["duration"]) == ("1280:720", 5)

    async def test_it_lets_extra_options_win(self) -> None:
        _, body = await body_of(replace(BOAT, extra={"seed": 1, "outputFormat": "prores"}))
        assert (body["seed"], body["outputFormat"]) == (1, "prores")
        assert isinstance(body["duration"], int)

    async def test_it_reads_a_length_given_as_a_decimal(self) -> None:
        _, body = await body_of(replace(BOAT, duration_s=5.0))
        assert repr(body["duration"]) == "5"


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("fps", replace(BOAT, fps=25)),
    ("fps", replace(VEO, fps=30)),
    ("negative_prompt", replace(BOAT, negative_prompt="rain")),
    ("size", replace(BOAT, width=960, height=960)),
    ("size", replace(BOAT, width=1280, height=None)),
    ("size", replace(EDIT, width=5000, height=100)),
    ("duration_s", replace(BOAT, duration_s=11)),
    ("duration_s", replace(BOAT, duration_s=2.5)),
    ("duration_s", replace(VEO, duration_s=5)),
    ("duration_s", replace(EDIT, duration_s=5)),
    ("seed", replace(BOAT, seed=-1)),
    ("seed", replace(BOAT, seed=2**32)),
    ("audio", replace(BOAT, audio=True)),
    ("prompt", replace(BOAT, prompt="")),
    ("prompt", replace(BOAT, prompt="🎬" * 501)),
    ("prompt", replace(BOAT, prompt="broken \ud83c")),
    ("first_frame", replace(BUNNY, first_frame=None)),
    ("source_video", replace(EDIT, source_video=None)),
    ("source_video", replace(BOAT, source_video=Media(url="https://e.example/a.mp4"))),
    ("first_frame", replace(EDIT, first_frame=Media(url="https://e.example/a.png"))),
    ("last_frame", replace(BUNNY, last_frame=Media(url="https://e.example/a.png"))),
    ("last_frame", replace(VEO, last_frame=Media(url="https://e.example/a.png"))),
    ("references", replace(BOAT, references=(Media(url="https://e.example/a.png"),))),
    ("first_frame", replace(BUNNY, first_frame=Media(url="http://e.example/a.png"))),
    ("first_frame", replace(BUNNY, first_frame=Media(url="https://10.0.0.1/a.png"))),
    ("first_frame", replace(BUNNY, first_frame=Media(url="https://e.example/" + "a" * 2048))),
    ("first_frame", replace(BUNNY, first_frame=Media(data=b"GIF89a" + bytes(40)))),
    ("first_frame", replace(BUNNY, first_frame=Media())),
    ("source_video", replace(EDIT, source_video=Media(data=b"RIFF0000AVI " + bytes(40)))),
    ("extra", replace(BOAT, extra={"model": "veo3.1"})),
    ("extra", replace(BOAT, extra={"duration": "auto"})),
    ("model", replace(EDIT, model="gen4_aleph")),
    ("model", replace(BUNNY, model="gen3a_turbo")),
    ("model", replace(BOAT, model="veo3")),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(created())
        await refused_unsent(vendor, runway(vendor), request_, field)

    async def test_it_names_the_successor_of_a_retired_model(self) -> None:
        with pytest.raises(Unsupported, match=r"2026-07-30\..*aleph2"):
            await runway(Vendor(created())).submit(replace(EDIT, model="gen4_aleph"))

    @pytest.mark.parametrize("value", [float("nan"), object(), "\ud83c"])
    async def test_it_refuses_an_option_that_cannot_be_sent(self, value: object) -> None:
        vendor = Vendor(created())
        with pytest.raises(Unsupported):
            await runway(vendor).submit(replace(BOAT, extra={"odd": value}))
        assert not vendor.calls


class Uploads:
    """A vendor whose storage answers as told."""

    def __init__(self, slot: dict[str, Any] | None = None, stored: int = 204) -> None:
        self.slot = slot or recorded("runway", "uploads_create_ephemeral")["answer"]["body"]
        self.slot = {**self.slot, "uploadUrl": self.slot["uploadUrl"].replace("PORT", "9")}
        self.stored = stored
        self.vendor = Vendor(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/uploads":
            return httpx.Response(200, json=self.slot)
        if request.url.path == "/fake-bucket":
            return httpx.Response(self.stored)
        return created()


@pytest.mark.anyio
class TestUpload:
    big = replace(BUNNY, first_frame=Media(data=PIXEL + bytes(4_000_000)))

    async def test_it_uploads_what_is_too_large_to_inline_as_the_sdk_does(self) -> None:
        there = Uploads()
        await runway(there.vendor, private_hosts=["127.0.0.1:9"]).submit(self.big)
        slot, form, creation = there.vendor.calls
        first, second = (recorded("runway", "uploads_create_ephemeral", index) for index in (0, 1))
        assert slot.url.path == first["path"]
        assert own_headers(slot, set(first["headers"])) == first["headers"]
        assert there.vendor.bodies_of(0) == {**first["body"], "filename": "first_frame.png"}
        names = [
            part.split(b'"')[1].decode()
            for part in form.content.split(b"Content-Disposition: form-data; ")[1:]
        ]
        assert names == second["parts"]
        assert form.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert "authorization" not in form.headers
        assert "x-runway-version" not in form.headers
        assert b"runway://fake-upload-token" in creation.content

    async def test_it_inlines_up_to_the_limit(self) -> None:
        there = Uploads()
        small = replace(BUNNY, first_frame=Media(data=PIXEL + bytes(3_700_000)))
        await runway(there.vendor).submit(small)
        assert len(there.vendor.calls) == 1

    async def test_it_hands_files_to_no_private_address(self) -> None:
        there = Uploads()
        with pytest.raises(ForbiddenHost):
            await runway(there.vendor).submit(self.big)
        assert len(there.vendor.calls) == 1

    @pytest.mark.parametrize(("stored", "kind"), [(500, VendorUnavailable), (403, InvalidRequest)])
    async def test_it_orders_nothing_when_the_upload_fails(
        self, stored: int, kind: type[ProviderError]
    ) -> None:
        there = Uploads(stored=stored)
        with pytest.raises(kind) as caught:
            await runway(there.vendor, private_hosts=["127.0.0.1:9"]).submit(self.big)
        assert not caught.value.may_have_spent
        assert len(there.vendor.calls) == 2
