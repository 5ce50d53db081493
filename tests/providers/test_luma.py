"""Luma: each order's exact body, what it refuses to send, every state and every error."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    JobNotFound,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
    WebhookInvalid,
)
from providers.luma import LumaProvider
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.wire import Vendor

KEY = "luma-FAKE-0123456789"
JOB = "c446311f-94f8-497c-b84a-3bb0cebdc895"
TIGER = GenerationRequest(
    model="ray-2", prompt="A tiger walking in snow", duration_s=9, width=1280, height=720
)
FIRST, LAST = Media(url="https://cdn.example/first.jpg"), Media(url="https://cdn.example/last.jpg")
ASKED = {
    "model": "ray-2",
    "prompt": "A tiger walking in snow",
    "aspect_ratio": "16:9",
    "resolution": "720p",
    "duration": "9s",
}


class TestContract(ContractCases):
    name = "luma"
    options: ClassVar[dict[str, Any]] = {"api_key": "luma-PLANTED0123456789"}
    secret = "luma-PLANTED0123456789"
    request_ = TIGER
    accepted: ClassVar[dict[str, Any]] = {"id": JOB, "state": "queued"}
    limited: ClassVar[dict[str, Any]] = {"detail": "Too many concurrent generations"}


def luma(vendor: Vendor) -> LumaProvider:
    return LumaProvider({"api_key": KEY}, vendor.client)


def taken() -> Vendor:
    return Vendor(httpx.Response(201, json={"id": JOB, "state": "queued"}))


async def body_of(request: GenerationRequest) -> dict[str, Any]:
    vendor = taken()
    await luma(vendor).submit(request)
    body: dict[str, Any] = vendor.bodies[0]
    return body


@pytest.mark.anyio
class TestCreation:
    async def test_words_become_this_body_and_nothing_else(self) -> None:
        vendor = taken()
        job = await luma(vendor).submit(replace(TIGER, client_token="mark"))
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == (
            "POST",
            "https://api.lumalabs.ai/dream-machine/v1/generations/video",
        )
        assert call.headers["authorization"] == f"Bearer {KEY}"
        assert vendor.bodies == [ASKED]
        assert (job.id, job.state, job.cost_usd, job.poll_after_s) == (JOB, JobState.QUEUED, None, 2)

    async def test_frames_become_keyframes_together_or_alone(self) -> None:
        first, last = ({"type": "image", "url": media.url} for media in (FIRST, LAST))
        both = replace(TIGER, first_frame=FIRST, last_frame=LAST)
        assert await body_of(both) == ASKED | {"keyframes": {"frame0": first, "frame1": last}}
        assert (await body_of(replace(both, last_frame=None)))["keyframes"] == {"frame0": first}
        assert (await body_of(replace(both, first_frame=None)))["keyframes"] == {"frame1": last}

    async def test_a_picture_needs_no_words(self) -> None:
        assert "prompt" not in await body_of(replace(TIGER, prompt="", first_frame=FIRST))

    async def test_what_sets_the_price_is_always_said(self) -> None:
        body = await body_of(GenerationRequest(model="ray-flash-2", prompt="Rain"))
        assert body == {"model": "ray-flash-2", "prompt": "Rain", "resolution": "720p", "duration": "5s"}

    @pytest.mark.parametrize(
        ("size", "asked"),
        [
            ((960, 540), ("16:9", "540p")),
            ((1080, 1920), ("9:16", "1080p")),
            ((2880, 2880), ("1:1", "4k")),
            ((628, 1466), ("9:21", "720p")),
        ],
    )
    async def test_pixels_become_a_shape_and_a_resolution(
        self, size: tuple[int, int], asked: tuple[str, str]
    ) -> None:
        body = await body_of(replace(TIGER, width=size[0], height=size[1]))
        assert (body["aspect_ratio"], body["resolution"]) == asked

    async def test_the_address_to_call_back_goes_along(self) -> None:
        body = await body_of(replace(TIGER, webhook_url="https://retake.example/hooks/luma/t"))
        assert body == ASKED | {"callback_url": "https://retake.example/hooks/luma/t"}

    async def test_a_program_can_loop_and_extend_by_extra_options(self) -> None:
        more = {"loop": True, "keyframes": {"frame0": {"type": "generation", "id": JOB}}}
        assert await body_of(replace(TIGER, extra=more)) == ASKED | more


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("prompt", replace(TIGER, prompt="")),
    ("prompt", replace(TIGER, prompt="ab")),
    ("prompt", replace(TIGER, prompt="a" * 5001)),
    ("negative_prompt", replace(TIGER, negative_prompt="rain")),
    ("duration_s", replace(TIGER, duration_s=6)),
    ("size", replace(TIGER, width=1000, height=1000)),
    ("seed", replace(TIGER, seed=1)),
    ("fps", replace(TIGER, fps=24)),
    ("audio", replace(TIGER, audio=True)),
    ("references", replace(TIGER, references=(FIRST,))),
    ("source_video", replace(TIGER, source_video=Media(url="https://e.example/a.mp4"))),
    ("first_frame", replace(TIGER, first_frame=Media(data=b"a picture"))),
    ("last_frame", replace(TIGER, first_frame=FIRST, last_frame=Media(data=b"a picture"))),
    ("last_frame", replace(TIGER, last_frame=Media(url="http://e.example/a.png"))),
    ("extra", replace(TIGER, extra={"resolution": "4k"})),
    ("extra", replace(TIGER, first_frame=FIRST, extra={"keyframes": {}})),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = taken()
        await refused_unsent(vendor, luma(vendor), request_, field)

    async def test_a_job_is_neither_stopped_nor_found_by_a_mark(self) -> None:
        vendor = taken()
        assert await luma(vendor).cancel(JOB) is False
        with pytest.raises(Unsupported):
            await luma(vendor).find("mark")
        assert not vendor.calls


def told(state: str, **fields: Any) -> Vendor:
    return Vendor(httpx.Response(200, json={"id": JOB, "state": state, **fields}))


@pytest.mark.anyio
class TestPolls:
    @pytest.mark.parametrize(
        ("word", "state"),
        [("queued", JobState.QUEUED), ("dreaming", JobState.RUNNING), ("pondering", JobState.UNKNOWN)],
    )
    async def test_an_open_one_is_asked_about_again(self, word: str, state: JobState) -> None:
        job = await luma(told(word, assets=None, failure_reason=None)).poll(JOB)
        assert (job.state, job.poll_after_s, job.vendor_status) == (state, 2, word)

    async def test_a_finished_one_has_its_file(self) -> None:
        vendor = told("completed", assets={"video": "https://cdn.example/v.mp4", "image": None})
        job = await luma(vendor).poll(JOB)
        assert vendor.calls[0].url.path == f"/dream-machine/v1/generations/{JOB}"
        assert (job.state, job.poll_after_s) == (JobState.SUCCEEDED, None)
        assert [output.url for output in job.outputs] == ["https://cdn.example/v.mp4"]

    @pytest.mark.parametrize("assets", [None, {}, {"video": None}, {"video": ""}, "v.mp4"])
    async def test_a_success_without_a_file_makes_no_sense(self, assets: Any) -> None:
        with pytest.raises(VendorUnavailable):
            await luma(told("completed", assets=assets)).poll(JOB)

    @pytest.mark.parametrize(
        ("reason", "state", "again"),
        [
            ("Contains blacklisted words", JobState.REFUSED, False),
            ("Frame moderation failed", JobState.REFUSED, False),
            ("Advanced prompt moderation failed", JobState.REFUSED, False),
            ("Failed to read user input frames", JobState.FAILED, False),
            ("400: failed to moderate image", JobState.FAILED, False),
            ("Prompt processing failed", JobState.FAILED, True),
            (None, JobState.FAILED, True),
        ],
    )
    async def test_a_refusal_is_told_from_a_failure_by_its_words(
        self, reason: str | None, state: JobState, again: bool
    ) -> None:
        job = await luma(told("failed", failure_reason=reason)).poll(JOB)
        assert (job.state, job.failure_words, job.retry_helps) == (state, reason or "", again)

    async def test_an_id_cannot_change_the_path(self) -> None:
        vendor = told("queued")
        await luma(vendor).poll("../credits")
        assert vendor.calls[0].url.raw_path == b"/dream-machine/v1/generations/..%2Fcredits"


FIELDS = [{"loc": ["body", "duration"], "msg": "Input should be '5s' or '9s'"}, {"loc": []}, "odd"]


@pytest.mark.anyio
class TestErrors:
    @pytest.mark.parametrize(
        ("status", "detail", "kind", "words"),
        [
            (400, "Prompt is required", InvalidRequest, "Prompt is required"),
            (400, "Loop is not supported for keyframes", InvalidRequest, "Loop is not"),
            (400, "Insufficient credits", OutOfCredit, "Insufficient credits"),
            (402, "", OutOfCredit, ""),
            (400, "Contains blacklisted words", ContentRefused, "blacklisted"),
            (401, "Invalid key", AuthFailed, "Invalid key"),
            (403, "Not authenticated", AuthFailed, "Not authenticated"),
            (404, "Not found", InvalidRequest, "Not found"),
            (422, FIELDS, InvalidRequest, "Input should be '5s' or '9s'"),
            (429, "Too many", RateLimited, "Too many"),
        ],
    )
    async def test_each_has_its_class_and_keeps_lumas_words(
        self, status: int, detail: Any, kind: type[ProviderError], words: str
    ) -> None:
        with pytest.raises(ProviderError) as caught:
            await luma(Vendor(httpx.Response(status, json={"detail": detail}))).submit(TIGER)
        assert type(caught.value) is kind
        assert words in caught.value.vendor_words
        assert not caught.value.may_have_spent

    async def test_a_job_that_is_not_there_is_not_found(self) -> None:
        with pytest.raises(JobNotFound):
            await luma(Vendor(httpx.Response(404, json={"detail": "Generation not found"}))).poll(JOB)


@pytest.mark.anyio
class TestTheRest:
    @pytest.mark.parametrize(("cents", "dollars"), [(1234.5, "12.34"), (0, "0.00"), (700000, "7000.00")])
    async def test_a_key_tells_its_balance_in_dollars(self, cents: float, dollars: str) -> None:
        vendor = Vendor(httpx.Response(200, json={"credit_balance": cents}))
        status = await luma(vendor).check_key()
        assert (status.ok, status.balance_usd) == (True, Decimal(dollars))
        assert [(call.method, call.url.path) for call in vendor.calls] == [
            ("GET", "/dream-machine/v1/credits")
        ]

    async def test_a_refused_key_is_told_and_a_strange_balance_is_none(self) -> None:
        refused = Vendor(httpx.Response(403, json={"detail": "Not authenticated"}))
        assert not (await luma(refused).check_key()).ok
        for strange in ("5", True, None):
            with pytest.raises(VendorUnavailable):
                await luma(Vendor(httpx.Response(200, json={"credit_balance": strange}))).check_key()

    def test_a_callback_names_its_job_and_is_told_apart_from_the_next(self) -> None:
        provider = luma(taken())
        bodies = [json.dumps({"id": JOB, "state": state}).encode() for state in ("dreaming", "completed")]
        events = [provider.read_webhook({}, body) for body in bodies]
        assert {event.job_id for event in events} == {JOB}
        assert len({event.event_id for event in events}) == 2

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"id": 5}', b'{"id": ""}', b"\xff"])
    def test_a_callback_that_names_no_job_is_not_believed(self, body: bytes) -> None:
        with pytest.raises(WebhookInvalid):
            luma(taken()).read_webhook({}, body)
