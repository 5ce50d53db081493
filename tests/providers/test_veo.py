"""Veo on Vertex AI: what it is sent, what it cannot express, and what its errors mean."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers.contract import GenerationRequest, JobState, Media
from providers.errors import (
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
)
from providers.veo import host_of_location
from tests.providers.contract_cases import ContractCases, refused_unsent
from tests.providers.google_cases import (
    BOAT,
    JOB,
    MODEL,
    MP4,
    PICTURE,
    PIXEL,
    PLACE,
    TOKEN,
    account,
    error,
    operation,
    paid_calls,
    sign_in,
    veo,
    veo_options,
)
from tests.providers.wire import Vendor, answer_of, own_headers, recorded


@pytest.fixture(autouse=True)
def _signed_in() -> None:
    """The token is kept for the whole process, and each of these tests begins with one."""
    sign_in()


class TestContract(ContractCases):
    name = "veo"
    options: ClassVar[dict[str, Any]] = veo_options()
    credential = "service_account"
    secret = account()["private_key"].splitlines()[3]
    request_ = BOAT
    accepted: ClassVar[dict[str, Any]] = {"name": JOB}
    job_id = JOB

    def paid(self, vendor: Vendor) -> list[httpx.Request]:
        return paid_calls(vendor)


async def body_of(request: GenerationRequest, **options: Any) -> dict[str, Any]:
    vendor = Vendor(operation())
    await veo(vendor, **options).submit(request)
    body: dict[str, Any] = vendor.bodies[0]
    return body


@pytest.mark.anyio
class TestCreation:
    async def test_it_sends_what_the_sdk_sends(self) -> None:
        entry = recorded("veo", "create_text")
        vendor = Vendor(answer_of(entry))
        # What the contract has no word for goes as extra options; two samples would be two bills.
        extra = {
            "fps": 24,
            "personGeneration": "allow_adult",
            "pubsubTopic": "projects/demo-proj/topics/veo",
            "enhancePrompt": True,
            "compressionQuality": "OPTIMIZED",
        }
        job = await veo(vendor, storage_uri="gs://bucket/prefix/").submit(replace(BOAT, extra=extra))
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert call.url.host == "us-central1-aiplatform.googleapis.com"
        theirs = entry["body"]["parameters"]
        ours = vendor.bodies[0]
        assert ours["parameters"] == theirs | {"sampleCount": 1}
        assert ours["instances"] == entry["body"]["instances"]
        assert set(entry["body"]) - set(ours) == {"labels"}
        assert own_headers(call, {"Content-Type"}) == {"Content-Type": "application/json"}
        assert call.headers["authorization"] == f"Bearer {TOKEN}"
        assert (job.id, job.state, job.poll_after_s) == (JOB, JobState.QUEUED, 3)

    async def test_it_sends_a_picture_as_the_sdk_does(self) -> None:
        entry = recorded("veo", "create_image")
        body = await body_of(replace(BOAT, prompt="x", first_frame=PICTURE))
        assert body["instances"] == entry["body"]["instances"]

    async def test_it_sends_both_frames_and_may_leave_the_words_out(self) -> None:
        body = await body_of(replace(BOAT, prompt=" ", first_frame=PICTURE, last_frame=PICTURE))
        (instance,) = body["instances"]
        assert set(instance) == {"image", "lastFrame"}
        assert instance["lastFrame"] == instance["image"]

    async def test_it_sends_references_as_assets_in_their_order(self) -> None:
        other = Media(url="gs://bucket/cat.JPG")
        body = await body_of(replace(BOAT, references=(PICTURE, other)))
        first, second = body["instances"][0]["referenceImages"]
        assert first["referenceType"] == second["referenceType"] == "asset"
        assert set(first["image"]) == {"bytesBase64Encoded", "mimeType"}
        assert second["image"] == {"gcsUri": "gs://bucket/cat.JPG", "mimeType": "image/jpeg"}

    async def test_it_leaves_no_setting_of_the_price_to_the_vendor(self) -> None:
        body = await body_of(GenerationRequest(model=MODEL, prompt="x"))
        assert body["parameters"] == {
            "sampleCount": 1,
            "durationSeconds": 8,
            "aspectRatio": "16:9",
            "resolution": "720p",
            "generateAudio": True,
        }
        assert isinstance(body["parameters"]["durationSeconds"], int)

    async def test_it_asks_for_silence_and_for_four_thousand_lines(self) -> None:
        body = await body_of(replace(BOAT, audio=False, width=2160, height=3840))
        parameters = body["parameters"]
        assert (parameters["generateAudio"], parameters["resolution"]) == (False, "4k")
        assert parameters["aspectRatio"] == "9:16"

    async def test_an_older_model_is_asked_only_on_another_host(self) -> None:
        old = GenerationRequest(model="veo-2.0-generate-001", prompt="x", duration_s=7)
        vendor = Vendor(operation())
        with pytest.raises(Unsupported, match=r"2026-06-30.*veo-3\.1-generate-001"):
            await veo(vendor, location="global").submit(old)
        assert not vendor.calls
        body = await body_of(old, base_url="https://gateway.example/google")
        assert body["parameters"] == {"sampleCount": 1, "durationSeconds": 7, "aspectRatio": "16:9"}

    @pytest.mark.parametrize(
        ("location", "host"),
        [
            ("global", "aiplatform.googleapis.com"),
            ("us", "aiplatform.us.rep.googleapis.com"),
            ("eu", "aiplatform.eu.rep.googleapis.com"),
            ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ],
    )
    async def test_it_goes_where_the_location_lives(self, location: str, host: str) -> None:
        vendor = Vendor(operation())
        await veo(vendor, location=location, project="other-project").submit(BOAT)
        assert host_of_location(location) == f"https://{host}"
        assert vendor.calls[0].url.host == host
        assert f"/projects/other-project/locations/{location}/" in vendor.calls[0].url.path


UNSUPPORTED: list[tuple[str, GenerationRequest]] = [
    ("duration_s", replace(BOAT, duration_s=5)),
    ("duration_s", replace(BOAT, duration_s=6, references=(PICTURE,))),
    ("references", replace(BOAT, references=(PICTURE,) * 4)),
    ("references", replace(BOAT, first_frame=PICTURE, references=(PICTURE,))),
    ("references", replace(BOAT, model="veo-3.1-lite-generate-001", references=(PICTURE,))),
    ("last_frame", replace(BOAT, last_frame=PICTURE)),
    ("last_frame", replace(BOAT, model="veo-3.1-lite-generate-001", first_frame=PICTURE, last_frame=PICTURE)),
    ("size", replace(BOAT, width=1024, height=1024)),
    ("size", replace(BOAT, model="veo-3.1-lite-generate-001", width=3840, height=2160)),
    ("seed", replace(BOAT, seed=2**32)),
    ("fps", replace(BOAT, fps=30)),
    ("source_video", replace(BOAT, source_video=Media(data=MP4))),
    ("first_frame", replace(BOAT, first_frame=Media(url="https://e.example/a.png"))),
    ("first_frame", replace(BOAT, first_frame=Media(url="gs://bucket/a.tiff"))),
    ("first_frame", replace(BOAT, first_frame=Media(data=b"GIF89a" + bytes(40)))),
    ("first_frame", replace(BOAT, first_frame=Media(data=PIXEL + bytes(20_000_000)))),
    ("prompt", replace(BOAT, prompt="")),
    ("prompt", replace(BOAT, prompt="boat " * 1025)),
    ("extra", replace(BOAT, extra={"sampleCount": 4})),
    ("extra", replace(BOAT, extra={"durationSeconds": 4})),
    ("model", replace(BOAT, model="veo-3.0-generate-001")),
]


@pytest.mark.anyio
class TestWhatItCannotExpress:
    @pytest.mark.parametrize(("field", "request_"), UNSUPPORTED)
    async def test_it_says_so_at_the_field_and_sends_nothing(
        self, field: str, request_: GenerationRequest
    ) -> None:
        vendor = Vendor(operation())
        await refused_unsent(vendor, veo(vendor), request_, field)

    async def test_it_says_that_it_can_neither_look_up_nor_call_back_nor_stop(self) -> None:
        vendor = Vendor(operation())
        with pytest.raises(Unsupported):
            await veo(vendor).find("token")
        with pytest.raises(Unsupported):
            veo(vendor).read_webhook({}, b"{}")
        assert await veo(vendor).cancel(JOB) is False
        assert not vendor.calls

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("location", "evil.example/x"),
            ("location", "US-Central1"),
            ("project", "a/../b"),
            ("project", 5),
            ("storage_uri", "https://bucket/x"),
            ("storage_url", "http://storage.example"),
        ],
    )
    def test_it_names_an_option_that_is_not_written_as_google_writes_it(
        self, name: str, value: object
    ) -> None:
        with pytest.raises(NotConfigured, match=name):
            veo(Vendor(operation()), **{name: value})


QUOTA = {"@type": "type.googleapis.com/google.rpc.QuotaFailure"}
RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37s"}
SAFETY = "The prompt violates our usage guidelines. Support codes: 56562880"
BAD, DENIED = "INVALID_ARGUMENT", "PERMISSION_DENIED"
ERRORS: list[tuple[httpx.Response, type[ProviderError], str]] = [
    (error(400, "`fps` isn't supported by this model.", BAD), InvalidRequest, "fps"),
    (error(400, SAFETY, BAD), ContentRefused, "violence"),
    (error(400, "`safety_settings` isn't supported by this model.", BAD), InvalidRequest, "safety"),
    (error(400, "API key not valid.", BAD), AuthFailed, "key"),
    (
        error(400, "x", BAD, [{"reason": "API_KEY_INVALID", "domain": "googleapis.com"}]),
        AuthFailed,
        "key",
    ),
    (error(400, "Billing must be enabled.", "FAILED_PRECONDITION"), OutOfCredit, "Billing"),
    (error(400, "User location is not supported.", "FAILED_PRECONDITION"), InvalidRequest, "region"),
    (error(403, "Permission 'aiplatform.endpoints.predict' denied", DENIED), AuthFailed, "right"),
    (error(404, "Publisher Model was not found", "NOT_FOUND"), InvalidRequest, "switched off"),
    (error(429, "Quota exceeded", "RESOURCE_EXHAUSTED"), RateLimited, "quota"),
    (httpx.Response(400, json=[{"error": {"code": 400, "message": SAFETY}}]), ContentRefused, "violence"),
    (httpx.Response(403, json={"code": 403, "message": "no", "status": DENIED}), AuthFailed, "right"),
]  # fmt: skip


@pytest.mark.anyio
class TestErrors:
    @pytest.mark.parametrize(("answer", "kind", "said"), ERRORS)
    async def test_it_knows_what_a_refusal_means(
        self, answer: httpx.Response, kind: type[ProviderError], said: str
    ) -> None:
        with pytest.raises(kind, match=said) as caught:
            await veo(Vendor(answer)).submit(BOAT)
        assert type(caught.value) is kind
        assert not caught.value.may_have_spent
        assert caught.value.vendor_words
        assert "{" not in caught.value.vendor_words
        assert "Nothing was" in str(caught.value) or "nothing was" in str(caught.value)

    async def test_it_ties_a_refused_field_to_ours(self) -> None:
        words = "`parameters.durationSeconds` must be 4, 6 or 8."
        with pytest.raises(InvalidRequest) as caught:
            await veo(Vendor(error(400, words, "INVALID_ARGUMENT"))).submit(BOAT)
        assert [issue.field for issue in caught.value.issues] == ["duration_s"]

    @pytest.mark.parametrize(
        ("details", "header", "wait"),
        [
            ([RETRY], {}, 37),
            ([{**RETRY, "retryDelay": "0.5s"}], {}, 0.5),
            ([RETRY], {"Retry-After": "5"}, 37),
            ([{**RETRY, "retryDelay": "soon"}], {"Retry-After": "5"}, 5),
            ([{**QUOTA, "violations": [{"quotaId": "RequestsPerDayPerProject"}]}, RETRY], {}, 3600),
            ([{**QUOTA, "violations": [{"quotaId": "RequestsPerMinutePerProject"}]}, RETRY], {}, 37),
            (["nonsense", {"violations": 5}], {}, None),
        ],
    )
    async def test_it_waits_as_the_body_asks(
        self, details: list[Any], header: dict[str, str], wait: float | None
    ) -> None:
        answer = error(429, "Quota exceeded", "RESOURCE_EXHAUSTED", details)
        answer.headers.update(header)
        with pytest.raises(RateLimited) as caught:
            await veo(Vendor(answer)).submit(BOAT)
        assert caught.value.retry_after == wait

    async def test_it_waits_for_the_window_of_a_spending_limit(self) -> None:
        answer = error(429, "Your project has exceeded its spending limit.", "RESOURCE_EXHAUSTED")
        with pytest.raises(RateLimited, match="spending") as caught:
            await veo(Vendor(answer)).submit(BOAT)
        assert caught.value.retry_after == 600


@pytest.mark.anyio
class TestTheKey:
    async def test_it_is_tried_at_a_call_that_costs_nothing(self) -> None:
        vendor = Vendor(httpx.Response(200, json={"name": PLACE[9:]}))
        status = await veo(vendor).check_key()
        (call,) = vendor.calls
        assert (call.method, call.url.path) == ("GET", PLACE)
        assert status.ok
        assert "demo-proj" in status.sentence

    async def test_it_is_told_when_it_is_refused(self) -> None:
        answer = error(403, "Permission denied", "PERMISSION_DENIED")
        status = await veo(Vendor(answer)).check_key()
        assert not status.ok
        assert "right" in status.sentence

    def test_it_may_be_given_as_text_or_as_an_object(self) -> None:
        vendor = Vendor(operation())
        for value in (account(), json.dumps(account())):
            assert veo(vendor, service_account=value).name == "veo"
