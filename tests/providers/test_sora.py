"""The Sora format: ordering a clip as OpenAI's SDK does, and refusing what the format cannot say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    AnswerLost,
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
)
from providers.sora import SoraProvider
from providers.sora_read import CODES
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.sora_cases import (
    BOAT,
    EDIT,
    GATEWAY,
    JOB,
    KEY,
    LINK,
    MP4,
    OWN,
    WORDS,
    parts_of,
    picture,
    refused,
    sora,
    video,
)
from tests.providers.wire import Vendor, answer_of, own_headers, recorded


class TestContract(ContractCases):
    name = "sora"
    options: ClassVar[dict[str, Any]] = {"api_key": "sk-PLANTED0123456789", "base_url": GATEWAY}
    secret = "sk-PLANTED0123456789"
    request_ = BOAT
    accepted: ClassVar[dict[str, Any]] = {"id": JOB, "status": "queued"}


async def sent(request: GenerationRequest) -> tuple[str, dict[str, Any]]:
    vendor = Vendor(video())
    await sora(vendor).submit(request)
    return vendor.calls[0].url.path, vendor.bodies[0]


@pytest.mark.anyio
class TestCreation:
    async def test_it_sends_as_json_what_the_sdk_sends_as_a_form(self) -> None:
        entry = recorded("sora", "create")
        vendor = Vendor(answer_of(entry))
        job = await sora(vendor).submit(BOAT)
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == ("POST", f"{GATEWAY}/videos")
        assert vendor.bodies == [{part["name"]: part["text"] for part in entry["parts"]}]
        assert list(vendor.bodies[0]) == [part["name"] for part in entry["parts"]]
        json_headers = entry["headers"] | {"Content-Type": "application/json"}
        assert own_headers(call, set(json_headers)) == json_headers
        assert (job.id, job.state, job.cost_usd, job.poll_after_s) == (JOB, JobState.QUEUED, None, 5)

    async def test_it_sends_a_picture_of_ours_as_the_sdk_sends_it(self) -> None:
        entry = recorded("sora", "create_with_picture")
        vendor = Vendor(answer_of(entry))
        frame = picture(1280, 720)
        await sora(vendor).submit(replace(BOAT, duration_s=4, first_frame=frame))
        (call,) = vendor.calls
        ours = parts_of(call)
        named = {"filename": "input_reference.png", "size": len(frame.data)}
        assert ours == [*entry["parts"][:-1], entry["parts"][-1] | named]
        assert call.headers["content-type"].startswith("multipart/form-data; boundary=")
        assert own_headers(call, {"Accept", "Authorization"}) == {
            name: entry["headers"][name] for name in ("Accept", "Authorization")
        }

    async def test_it_sends_a_linked_picture_in_json(self) -> None:
        entry = recorded("sora", "create_json")
        path, body = await sent(replace(BOAT, first_frame=LINK))
        assert path == entry["path"]
        assert body == entry["body"] | {"input_reference": {"image_url": LINK.url}}

    async def test_it_names_a_picture_that_is_there_already(self) -> None:
        _, body = await sent(replace(BOAT, first_frame=Media(url="file-123")))
        assert body["input_reference"] == {"file_id": "file-123"}

    async def test_it_leaves_out_what_was_left_open(self) -> None:
        _, body = await sent(GenerationRequest(model="sora-2", prompt="Rain", client_token="t", audio=True))
        assert body == {"prompt": "Rain", "model": "sora-2"}

    async def test_it_takes_the_size_of_a_picture_that_may_start_a_clip(self) -> None:
        vendor = Vendor(video())
        frame = picture(720, 1280)
        await sora(vendor).submit(GenerationRequest(model="sora-2", prompt="Rain", first_frame=frame))
        assert {"name": "size", "text": "720x1280"} in parts_of(vendor.calls[0])

    async def test_it_edits_a_clip_that_the_gateway_made_by_its_id(self) -> None:
        path, body = await sent(EDIT)
        assert path == "/v1/videos/edits"
        assert body == {"prompt": "Make it dusk", "video": {"id": JOB}}

    async def test_it_edits_a_clip_of_ours_and_names_the_model(self) -> None:
        vendor = Vendor(video())
        await sora(vendor).submit(replace(EDIT, source_video=Media(data=MP4)))
        assert vendor.calls[0].url.path == "/v1/videos/edits"
        assert parts_of(vendor.calls[0]) == [
            {"name": "prompt", "text": "Make it dusk"},
            {"name": "model", "text": "sora-2"},
            {"name": "video", "filename": "video.mp4", "content_type": "video/mp4", "size": len(MP4)},
        ]

    async def test_it_passes_extra_options_on(self) -> None:
        people = {"characters": [{"id": "char_123"}]}
        _, body = await sent(replace(BOAT, extra=people))
        assert body["characters"] == people["characters"]

    async def test_it_says_organization_and_project_only_when_they_are_set(self) -> None:
        vendor = Vendor(video())
        await sora(vendor).submit(BOAT)
        await sora(vendor, organization="org-1", project="proj_2").submit(BOAT)
        plain, scoped = (call.headers for call in vendor.calls)
        assert not {"openai-organization", "openai-project"} & set(plain)
        assert (scoped["openai-organization"], scoped["openai-project"]) == ("org-1", "proj_2")


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("prompt", replace(BOAT, prompt=" ")),
    ("prompt", replace(BOAT, prompt="x" * 32001)),
    ("prompt", replace(BOAT, prompt="broken \ud83c")),
    ("negative_prompt", replace(BOAT, negative_prompt="rain")),
    ("duration_s", replace(BOAT, duration_s=5)),
    ("duration_s", replace(EDIT, duration_s=4)),
    ("size", replace(BOAT, width=1920, height=1080)),
    ("size", replace(BOAT, width=1280, height=None)),
    ("seed", replace(BOAT, seed=1)),
    ("fps", replace(BOAT, fps=24)),
    ("audio", replace(BOAT, audio=False)),
    ("last_frame", replace(BOAT, first_frame=LINK, last_frame=LINK)),
    ("references", replace(BOAT, references=(LINK,))),
    ("first_frame", replace(BOAT, first_frame=Media(url="http://e.example/a.png"))),
    ("first_frame", replace(BOAT, first_frame=Media(url="https://10.0.0.1/a.png"))),
    ("first_frame", replace(BOAT, first_frame=Media(data=b"GIF89a" + bytes(40)))),
    ("first_frame", replace(BOAT, first_frame=Media(data=b"\xff\xd8\xff\xd9"))),
    ("first_frame", replace(BOAT, first_frame=picture(1024, 720))),
    ("first_frame", GenerationRequest(model="sora-2", prompt="x", first_frame=picture(1000, 1000))),
    ("source_video", replace(EDIT, source_video=Media(url="https://e.example/a.mp4"))),
    ("source_video", replace(EDIT, source_video=Media(data=b"\x1aE\xdf\xa3" + bytes(40)))),
    ("extra", replace(BOAT, extra={"seconds": "20"})),
    ("extra", replace(BOAT, extra={"size": "1920x1080"})),
    ("extra", replace(BOAT, extra={"characters": [{"id": "c"}]}, first_frame=picture(1280, 720))),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(video())
        await refused_unsent(vendor, sora(vendor), request_, field)

    @pytest.mark.parametrize(
        ("sides", "words"),
        [
            ((1024, 720), "256 too narrow"),
            ((1280, 1080), "360 too high"),
            ((1920, 100), "640 too wide and 620 too low"),
        ],
    )
    async def test_it_says_by_how_much_a_picture_is_off(self, sides: tuple[int, int], words: str) -> None:
        with pytest.raises(Unsupported, match=words):
            await sora(Vendor(video())).submit(replace(BOAT, first_frame=picture(*sides)))


@pytest.mark.anyio
class TestTheClosedService:
    @pytest.mark.parametrize("model", ["sora-2", "sora-2-pro", "sora-2-2025-10-06"])
    async def test_it_orders_nothing_at_openais_own_address_and_says_since_when(self, model: str) -> None:
        vendor = Vendor(video())
        with pytest.raises(Unsupported, match="2026-09-24"):
            await SoraProvider({"api_key": KEY}, vendor.client).submit(replace(BOAT, model=model))
        assert not vendor.calls

    async def test_it_calls_no_key_good_that_leads_there(self) -> None:
        vendor = Vendor(video())
        status = await SoraProvider({"api_key": KEY}, vendor.client).check_key()
        assert not status.ok
        assert "2026-09-24" in status.sentence
        assert not vendor.calls

    async def test_it_orders_a_houses_own_models_from_a_gateway_alone(self, own_models: Path) -> None:
        own_models.write_text(OWN, encoding="utf-8")
        request = GenerationRequest(model="wan", prompt="Rain")
        vendor = Vendor(video())
        with pytest.raises(Unsupported, match=r"2026-09-24.*Nothing was sent\."):
            await SoraProvider({"api_key": KEY}, vendor.client).submit(request)
        assert not vendor.calls
        await sora(vendor).submit(request)
        assert vendor.bodies == [{"prompt": "Rain", "model": "wan"}]

    async def test_it_still_serves_a_gateway(self) -> None:
        assert (await sora(Vendor(video())).submit(BOAT)).id == JOB


REFUSALS: list[tuple[int, str | None, type[ProviderError]]] = [
    (400, "content_policy_violation", ContentRefused),
    (400, "moderation_blocked", ContentRefused),
    (403, "content_filter", ContentRefused),
    (400, "billing_hard_limit_reached", OutOfCredit),
    (429, "insufficient_quota", OutOfCredit),
    (429, "rate_limit_exceeded", RateLimited),
    (429, None, RateLimited),
    (401, "invalid_api_key", AuthFailed),
    (401, None, AuthFailed),
    (403, "unsupported_country_region_territory", AuthFailed),
    (403, None, AuthFailed),
    (404, "model_not_found", InvalidRequest),
    (404, None, InvalidRequest),
    (400, "invalid_value", InvalidRequest),
    (422, None, InvalidRequest),
    (409, None, AnswerLost),
    (500, "server_error", AnswerLost),
]


@pytest.mark.anyio
class TestRefusals:
    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        REFUSALS,
    )
    async def test_it_goes_by_the_code_before_the_status(
        self, status: int, code: str | None, kind: type[ProviderError]
    ) -> None:
        with pytest.raises(ProviderError) as caught:
            await sora(Vendor(refused(status, code))).submit(BOAT)
        assert type(caught.value) is kind
        assert caught.value.vendor_words == "No, thank you."
        assert caught.value.may_have_spent == (kind is AnswerLost)

    def test_it_has_a_case_for_every_code_it_knows(self) -> None:
        assert set(CODES) <= {code for _, code, _ in REFUSALS}

    async def test_it_reads_a_code_that_stands_as_the_type(self) -> None:
        with pytest.raises(OutOfCredit):
            await sora(Vendor(refused(429, None, type="insufficient_quota"))).submit(BOAT)

    async def test_it_reads_the_recorded_complaint(self) -> None:
        entry = recorded("sora", "error_400")
        with pytest.raises(InvalidRequest, match="Supported values") as caught:
            await sora(Vendor(answer_of(entry))).submit(BOAT)
        assert [issue.field for issue in caught.value.issues] == ["duration_s"]

    async def test_it_reads_the_recorded_pause(self) -> None:
        with pytest.raises(RateLimited) as caught:
            await sora(Vendor(answer_of(recorded("sora", "error_429")))).submit(BOAT)
        assert not caught.value.permanent

    @pytest.mark.parametrize(
        ("param", "field"),
        [("input_reference.image_url", "first_frame"), ("video[id]", "source_video"), ("zoom", "extra")],
    )
    async def test_it_ties_a_complaint_to_our_field(self, param: str, field: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            await sora(Vendor(refused(400, "invalid_value", param=param))).submit(BOAT)
        assert [issue.field for issue in caught.value.issues] == [field]

    @pytest.mark.parametrize(("says", "permanent"), [("false", True), ("true", False), ("", False)])
    async def test_it_does_not_come_back_where_the_host_says_so(self, says: str, permanent: bool) -> None:
        headers = {"x-should-retry": says, "Retry-After": "300"}
        with pytest.raises(RateLimited) as caught:
            await sora(Vendor(refused(429, "rate_limit_exceeded", headers))).submit(BOAT)
        assert (caught.value.permanent, caught.value.retry_after) == (permanent, 300)

    def test_its_words_are_the_recordings(self) -> None:
        assert BOAT.prompt == WORDS == recorded("sora", "create")["parts"][0]["text"]
