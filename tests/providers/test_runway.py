"""Runway: the wire as its SDK speaks it, its states, its refusals."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar

import httpx
import pytest

from providers import registry
from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    AnswerLost,
    AuthFailed,
    ForbiddenHost,
    InvalidRequest,
    JobNotFound,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from providers.runway import RunwayProvider
from tests.providers.contract_cases import ContractCases
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

KEY = "key_FAKE_FOR_RECORDING"
JOB = "17f20503-6c24-4c16-946b-35dbbce2af2f"
BOAT = GenerationRequest(
    model="gen4.5",
    prompt="A paper boat drifts down a rainy street",
    duration_s=5,
    width=1280,
    height=720,
    seed=42,
    extra={"contentModeration": {"publicFigureThreshold": "auto"}},
)
BUNNY = GenerationRequest(
    model="gen4_turbo",
    prompt="The bunny looks up",
    duration_s=5,
    width=1280,
    height=720,
    first_frame=Media(url="https://example.com/bunny.jpg"),
)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
DOT = GenerationRequest(
    model="gen4.5",
    prompt="The pixel glows",
    duration_s=2,
    width=960,
    height=960,
    first_frame=Media(data=PIXEL, content_type="image/png"),
)
VEO = GenerationRequest(model="veo3.1", prompt="Rain", width=1920, height=1080, duration_s=8)
EDIT = GenerationRequest(
    model="aleph2", prompt="Make it dusk", source_video=Media(url="https://e.example/a.mp4")
)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)


def runway(vendor: Vendor, **options: Any) -> RunwayProvider:
    return RunwayProvider({"api_key": KEY, **options}, vendor.client)


def created(**answer: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": JOB, **answer})


def task(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": JOB, "createdAt": "2026-01-02T03:04:05.678Z", **fields})


async def body_of(request: GenerationRequest) -> tuple[str, dict[str, Any]]:
    vendor = Vendor(created())
    await runway(vendor).submit(request)
    return vendor.calls[0].url.path, vendor.bodies[0]


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
        with pytest.raises(Unsupported) as caught:
            await runway(vendor).submit(request_)
        assert not vendor.calls
        assert field in {issue.field for issue in caught.value.issues}
        assert "Nothing was sent." in str(caught.value)

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


@pytest.mark.anyio
class TestPoll:
    @pytest.mark.parametrize(
        ("name", "state", "cost", "final"),
        [
            ("pending", JobState.QUEUED, "0.60", False),
            ("running", JobState.RUNNING, "0.60", False),
            ("succeeded", JobState.SUCCEEDED, "0.60", True),
            ("failed", JobState.FAILED, "0", True),
        ],
    )
    async def test_it_reads_the_recorded_answers(
        self, name: str, state: JobState, cost: str, final: bool
    ) -> None:
        entry = recorded("runway", f"tasks_retrieve_{name}")
        vendor = Vendor(answer_of(entry))
        job = await runway(vendor).poll(JOB)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert "content-type" not in call.headers
        assert (job.id, job.state, job.cost_usd, job.cost_is_final) == (JOB, state, Decimal(cost), final)
        assert job.poll_after_s == (None if final else 5)

    async def test_it_gives_progress_and_links(self) -> None:
        running = await runway(Vendor(answer_of(recorded("runway", "tasks_retrieve_running")))).poll(JOB)
        done = await runway(Vendor(answer_of(recorded("runway", "tasks_retrieve_succeeded")))).poll(JOB)
        assert (running.progress, done.progress) == (0.42, 1.0)
        assert [output.url for output in done.outputs] == ["https://cdn.example.com/out.mp4?_jwt=FAKE"]
        assert done.outputs[0].expires_at is not None

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("THROTTLED", JobState.QUEUED),
            ("CANCELLED", JobState.CANCELLED),
            ("FAILED", JobState.FAILED),
            ("DREAMING", JobState.UNKNOWN),
        ],
    )
    async def test_it_maps_the_other_statuses(self, status: str, state: JobState) -> None:
        job = await runway(Vendor(task(status=status))).poll(JOB)
        assert (job.state, job.vendor_status, job.cost_usd) == (state, status, None)

    @pytest.mark.parametrize(
        ("code", "state", "retry"),
        [
            ("SAFETY.INPUT.TEXT", JobState.REFUSED, False),
            ("SAFETY.OUTPUT.VIDEO", JobState.REFUSED, False),
            ("INPUT_PREPROCESSING.SAFETY.TEXT", JobState.REFUSED, False),
            ("INPUT_PREPROCESSING.INTERNAL", JobState.FAILED, True),
            ("INTERNAL.BAD_OUTPUT.CODE01", JobState.FAILED, False),
            ("ASSET.INVALID", JobState.FAILED, False),
            ("THIRD_PARTY.UNAVAILABLE", JobState.FAILED, True),
            ("INTERNAL", JobState.FAILED, True),
            (None, JobState.FAILED, True),
            ("SAFETYNET", JobState.FAILED, False),
        ],
    )
    async def test_it_knows_which_failures_a_retry_helps(
        self, code: str | None, state: JobState, retry: bool
    ) -> None:
        fields = {"failure": "It went wrong.", "cost": {"credits": 0}} | (
            {"failureCode": code} if code else {}
        )
        job = await runway(Vendor(task(status="FAILED", **fields))).poll(JOB)
        assert (job.state, job.retry_helps, job.failure_code) == (state, retry, code or "")
        assert job.failure_words == "It went wrong."

    @pytest.mark.parametrize("output", [None, [], [""], "x", [5]])
    async def test_it_does_not_believe_a_success_without_a_file(self, output: object) -> None:
        with pytest.raises(VendorUnavailable):
            await runway(Vendor(task(status="SUCCEEDED", output=output))).poll(JOB)

    @pytest.mark.parametrize("credits", [True, "60", None, -1, float("inf")])
    async def test_it_ignores_a_cost_that_is_none(self, credits: object) -> None:
        text = f'{{"id":"{JOB}","status":"PENDING","estimatedCost":{{"credits":{_literal(credits)}}}}}'
        job = await runway(Vendor(httpx.Response(200, text=text))).poll(JOB)
        assert job.cost_usd is None

    async def test_it_keeps_an_id_inside_its_path(self) -> None:
        vendor = Vendor(task(status="PENDING"))
        await runway(vendor).poll("../organization?x=/")
        assert vendor.calls[0].url.raw_path == b"/v1/tasks/..%2Forganization%3Fx%3D%2F"

    @pytest.mark.parametrize("job_id", ["", ".", ".."])
    async def test_it_knows_no_job_without_an_id(self, job_id: str) -> None:
        vendor = Vendor(task(status="PENDING"))
        with pytest.raises(JobNotFound):
            await runway(vendor).poll(job_id)
        assert not vendor.calls

    async def test_it_says_when_the_job_is_gone(self) -> None:
        with pytest.raises(JobNotFound):
            await runway(Vendor(httpx.Response(404, json={"error": "Could not find Task"}))).poll(JOB)

    async def test_it_polls_as_often_as_the_option_says(self) -> None:
        job = await runway(Vendor(task(status="PENDING")), poll_seconds=0.2).poll(JOB)
        assert job.poll_after_s == 0.2


def _literal(value: object) -> str:
    return {"True": "true", "60": '"60"', "None": "null", "-1": "-1", "inf": "1e999"}[str(value)]


@pytest.mark.anyio
class TestRefusals:
    async def test_it_ties_each_complaint_to_our_field(self) -> None:
        issues = [
            {"code": "too_big", "path": ["promptText"], "message": "too long"},
            {"code": "invalid_type", "path": ["ratio"], "message": "wrong"},
            {"code": "custom", "path": ["promptImage", 0, "uri"], "message": "Invalid data URI."},
            {"code": "unrecognized_keys", "path": [], "message": "zoom"},
            "nonsense",
        ]
        vendor = Vendor(httpx.Response(400, json={"error": "Validation of body failed", "issues": issues}))
        with pytest.raises(InvalidRequest, match="too long") as caught:
            await runway(vendor).submit(BOAT)
        assert [issue.field for issue in caught.value.issues] == ["prompt", "size", "first_frame", ""]
        assert caught.value.vendor_words == "Validation of body failed"

    async def test_it_reads_the_recorded_complaint(self) -> None:
        entry = recorded("runway", "error_400_validation")
        with pytest.raises(InvalidRequest) as caught:
            await runway(Vendor(answer_of(entry))).submit(BOAT)
        assert [issue.field for issue in caught.value.issues] == ["size"]

    async def test_it_tells_an_empty_account_from_a_wrong_request(self) -> None:
        words = "You do not have enough credits to run this task."
        with pytest.raises(OutOfCredit):
            await runway(Vendor(httpx.Response(400, json={"error": words}))).submit(BOAT)

    @pytest.mark.parametrize("text", ["{", "[]", '{"issues": 5}', '{"issues": [{"path": 1}]}'])
    async def test_it_survives_a_complaint_that_is_none(self, text: str) -> None:
        answer = httpx.Response(400, text=text, headers={"Content-Type": "application/json"})
        with pytest.raises(InvalidRequest):
            await runway(Vendor(answer)).submit(BOAT)

    @pytest.mark.parametrize(("status", "kind"), [(401, AuthFailed), (403, AuthFailed), (429, RateLimited)])
    async def test_it_maps_the_statuses(self, status: int, kind: type[ProviderError]) -> None:
        with pytest.raises(kind):
            await runway(Vendor(httpx.Response(status, json={"error": "no"}))).submit(BOAT)

    async def test_it_takes_a_missing_path_for_a_wrong_address_and_not_for_a_lost_job(self) -> None:
        with pytest.raises(InvalidRequest):
            await runway(Vendor(httpx.Response(404, json={"error": "Not Found"}))).submit(BOAT)


@pytest.mark.anyio
class TestTheRest:
    async def test_it_cancels_a_running_job_as_the_sdk_does(self) -> None:
        entry = recorded("runway", "tasks_delete")
        vendor = Vendor(lambda r: answer_of(entry) if r.method == "DELETE" else task(status="RUNNING"))
        assert await runway(vendor).cancel(JOB)
        call = vendor.calls[-1]
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert call.headers["authorization"] == entry["headers"]["Authorization"]
        assert call.headers["x-runway-version"] == entry["headers"]["X-Runway-Version"]
        assert call.content == b""

    @pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "CANCELLED"])
    async def test_it_never_deletes_a_finished_job(self, status: str) -> None:
        vendor = Vendor(task(status=status, output=["https://cdn.example.com/o.mp4"]))
        assert not await runway(vendor).cancel(JOB)
        assert [call.method for call in vendor.calls] == ["GET"]

    async def test_it_cannot_cancel_what_is_gone(self) -> None:
        assert not await runway(Vendor(httpx.Response(404, json={"error": "Could not find Task"}))).cancel(
            JOB
        )

    async def test_it_cannot_look_a_job_up_by_our_mark(self) -> None:
        with pytest.raises(Unsupported):
            await runway(Vendor(created())).find("token")

    def test_it_has_no_webhooks(self) -> None:
        with pytest.raises(Unsupported):
            runway(Vendor(created())).read_webhook({}, b"")

    async def test_it_reads_the_balance_and_the_limits(self) -> None:
        entry = recorded("runway", "organization_retrieve")
        vendor = Vendor(answer_of(entry))
        status = await runway(vendor).check_key()
        assert (vendor.calls[0].method, vendor.calls[0].url.path) == (entry["method"], entry["path"])
        assert status.ok
        assert status.balance_usd == Decimal("50.00")
        assert "5,000 credits" in status.sentence
        assert status.limits == {
            "credits a month": 10000,
            "gen4.5 at once": 2,
            "gen4.5 a day": 200,
            "gen4.5 used today": 12,
        }

    async def test_it_takes_null_for_no_limit(self) -> None:
        tier = {"maxMonthlyCreditSpend": None, "models": {"gen4.5": {"maxConcurrentGenerations": None}}}
        answer = httpx.Response(200, json={"creditBalance": 0, "tier": tier, "usage": None})
        status = await runway(Vendor(answer)).check_key()
        assert (status.ok, status.balance_usd, status.limits) == (True, Decimal(0), {})

    async def test_it_says_that_a_key_is_refused(self) -> None:
        status = await runway(Vendor(httpx.Response(401, json={"error": "bad key"}))).check_key()
        assert not status.ok
        assert "refuses the key" in status.sentence

    async def test_it_goes_where_the_option_points(self) -> None:
        vendor = Vendor(created())
        await runway(vendor, base_url="http://127.0.0.1:8100/runway/").submit(BOAT)
        assert str(vendor.calls[0].url) == "http://127.0.0.1:8100/runway/v1/text_to_video"

    async def test_it_says_that_an_answer_with_a_wrong_id_is_lost(self) -> None:
        with pytest.raises(AnswerLost, match="names no job"):
            await runway(Vendor(httpx.Response(201, json={"id": None}))).submit(BOAT)


class TestRegistry:
    def test_it_loads_by_name(self) -> None:
        assert registry.load("runway", {"api_key": KEY}).name == "runway"

    def test_it_names_the_providers_there_are(self) -> None:
        with pytest.raises(NotConfigured, match="runway"):
            registry.load("betamax", {})

    def test_it_has_a_label_for_every_name(self) -> None:
        assert set(registry.LABELS) == set(registry.names())
        assert registry.label("runway") == "Runway"
        assert registry.label("gone") == "gone"
