"""The Gemini API: polling both formats, refusals, files, cancelling, webhooks."""

from __future__ import annotations

import base64
import io
import json
import time
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.contract import JobState, Output
from providers.errors import AuthFailed, JobNotFound, ProviderError, VendorUnavailable, WebhookInvalid
from providers.sandbox.signing import standard
from tests.providers.google_cases import API_KEY, MP4, WHSEC, error, gemini
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

JOB = "v1_abc"
OPERATION = "models/veo-3.1-generate-preview/operations/op123"
SANDBOX = "http://127.0.0.1:8100/google"
REFUSAL = "I cannot make this video, because it would show violence."
NAMES = (
    "id", "status", "steps", "type", "model_output", "content", "video", "uri", "data", "text", "error",
    "errors", "message", "usage", "output_tokens_by_modality", "modality", "tokens", "completed", "failed",
    "mime_type",
)  # fmt: skip


def told(status: object, *content: Any, **more: Any) -> httpx.Response:
    steps = [{"type": "user_input"}, {"type": "thought"}, {"type": "model_output", "content": list(content)}]
    return httpx.Response(200, json={"id": JOB, "status": status, "steps": steps} | more)


@pytest.mark.anyio
class TestInteraction:
    async def test_it_asks_as_the_sdk_asks_and_reads_what_it_read(self) -> None:
        entry = recorded("gemini", "omni_get")
        vendor = Vendor(answer_of(entry))
        job = await gemini(vendor).poll("int_1")
        (call,) = vendor.calls
        assert (call.method, call.url.path, dict(call.url.params)) == ("GET", entry["path"], entry["query"])
        assert own_headers(call, {"x-goog-api-key"}) == {"x-goog-api-key": API_KEY}
        assert (job.state, job.poll_after_s) == (JobState.SUCCEEDED, None)
        # Of another host than the configured one: followed as it is, and without the key.
        assert job.outputs[0].url == "http://SANDBOX/v1/files/abc123"

    @pytest.mark.parametrize(
        ("status", "state", "retry"),
        [
            ("queued", JobState.QUEUED, False),
            ("in_progress", JobState.RUNNING, False),
            ("cancelled", JobState.CANCELLED, False),
            ("failed", JobState.FAILED, True),
            ("incomplete", JobState.FAILED, True),
            ("budget_exceeded", JobState.FAILED, False),
            ("requires_action", JobState.FAILED, False),
            ("requires_continuation", JobState.FAILED, False),
            ("dreaming", JobState.UNKNOWN, False),
        ],
    )
    async def test_it_maps_every_status(self, status: str, state: JobState, retry: bool) -> None:
        job = await gemini(Vendor(httpx.Response(200, json={"id": JOB, "status": status}))).poll(JOB)
        assert (job.state, job.retry_helps, job.vendor_status) == (state, retry, status)
        assert bool(job.failure_words) is (state is JobState.FAILED)
        assert job.poll_after_s == (3 if state not in {JobState.FAILED, JobState.CANCELLED} else None)

    async def test_a_completed_text_is_a_refusal(self) -> None:
        job = await gemini(Vendor(told("completed", {"type": "text", "text": REFUSAL}))).poll(JOB)
        assert (job.state, job.failure_words, job.cost_usd) == (JobState.REFUSED, REFUSAL, Decimal(0))

    async def test_a_failure_for_safety_is_a_refusal(self) -> None:
        errors = [{"code": "x", "message": "Blocked by our safety policies. Support codes: 90789179"}]
        job = await gemini(Vendor(told("failed", errors=errors))).poll(JOB)
        assert (job.state, job.failure_code) == (JobState.REFUSED, "90789179")
        assert "sexual content" in job.failure_words

    @pytest.mark.parametrize(
        "answer",
        [
            told("completed"),
            told("completed", {"type": "video"}),
            told("completed", {"type": "video", "data": "%%"}),
            told("completed", steps="x"),
            told("completed", {"type": "text", "text": "Here it is"}, usage={"output_tokens_by_modality": [
                {"modality": "video", "tokens": 57920}]}),
            told(5),
            told(""),
        ],
    )  # fmt: skip
    async def test_it_does_not_believe_an_end_without_a_clip(self, answer: httpx.Response) -> None:
        with pytest.raises(VendorUnavailable):
            await gemini(Vendor(answer)).poll(JOB)

    async def test_it_takes_a_clip_within_the_answer_although_a_link_was_asked_for(self) -> None:
        part = {"type": "video", "mime_type": "video/mp4", "data": base64.b64encode(MP4).decode()}
        job = await gemini(Vendor(told("completed", {"type": "text", "text": "Done."}, part))).poll(JOB)
        assert (job.outputs[0].data, job.outputs[0].url) == (MP4, "")

    @pytest.mark.parametrize(
        "answer",
        [error(404, "gone", "NOT_FOUND"), error(400, "Invalid interaction name: x", "INVALID_ARGUMENT")],
    )
    async def test_it_says_when_the_job_is_gone(self, answer: httpx.Response) -> None:
        with pytest.raises(JobNotFound):
            await gemini(Vendor(answer)).poll(JOB)

    async def test_it_keeps_an_id_inside_its_path(self) -> None:
        vendor = Vendor(told("queued"))
        await gemini(vendor).poll("../models?x=/")
        assert vendor.calls[0].url.raw_path == b"/v1/interactions/..%2Fmodels%3Fx%3D%2F?stream=false"

    @given(
        answer=st.recursive(
            st.none() | st.booleans() | st.integers() | st.sampled_from(NAMES),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
            ),
            max_leaves=12,
        )
    )
    @settings(max_examples=80, deadline=None)
    async def test_no_answer_at_all_crashes_it(self, answer: object) -> None:
        whole = {"status": "completed", "steps": answer, "errors": answer, "usage": answer}
        for body in (answer, whole):
            try:
                job = await gemini(Vendor(httpx.Response(200, json=body))).poll(JOB)
            except ProviderError:
                continue
            assert job.id == JOB


@pytest.mark.anyio
class TestOlderFormat:
    @pytest.mark.parametrize(
        ("name", "state"), [("predict_pending", JobState.RUNNING), ("predict_done", JobState.SUCCEEDED)]
    )
    async def test_it_asks_as_the_sdk_asked(self, name: str, state: JobState) -> None:
        entry = recorded("gemini", name)
        vendor = Vendor(answer_of(entry))
        job = await gemini(vendor).poll(OPERATION)
        (call,) = vendor.calls
        assert (call.method, call.url.path, call.url.query) == ("GET", entry["path"], b"")
        assert (job.id, job.state) == (OPERATION, state)

    async def test_what_was_held_back_is_a_refusal(self) -> None:
        filtered = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": ["No. Support codes: 58061214"]}
        body = {"name": OPERATION, "done": True, "response": {"generateVideoResponse": filtered}}
        job = await gemini(Vendor(httpx.Response(200, json=body))).poll(OPERATION)
        assert (job.state, job.failure_code, job.cost_usd) == (JobState.REFUSED, "58061214", Decimal(0))
        assert "a child" in job.failure_words

    async def test_it_cannot_be_cancelled(self) -> None:
        vendor = Vendor(told("cancelled"))
        assert await gemini(vendor).cancel(OPERATION) is False
        assert not vendor.calls


@pytest.mark.anyio
class TestFiles:
    hosts = {"base_url": SANDBOX, "private_hosts": ["127.0.0.1:8100", "e.example:443"]}

    @pytest.mark.parametrize(
        ("given", "fetched"),
        [
            ("/v1/files/abc123", "/v1/files/abc123:download?alt=media"),
            ("/v1beta/files/abc:download?alt=media", "/v1beta/files/abc:download?alt=media"),
            ("/v1beta/files/abc:download", "/v1beta/files/abc:download?alt=media"),
        ],
    )
    async def test_it_fetches_the_bytes_and_not_the_description(self, given: str, fetched: str) -> None:
        job = await gemini(
            Vendor(told("completed", {"type": "video", "uri": SANDBOX + given})), **self.hosts
        ).poll(JOB)
        assert job.outputs[0].url == SANDBOX + fetched

    @pytest.mark.parametrize("name", ["omni_download", "predict_download"])
    async def test_it_fetches_as_the_sdk_fetches(self, name: str) -> None:
        entry = recorded("gemini", name)
        vendor = Vendor(httpx.Response(200, content=MP4))
        url = f"{SANDBOX}{entry['path']}?alt=media"
        await gemini(vendor, **self.hosts).download(Output(url=url), io.BytesIO())
        (call,) = vendor.calls
        assert (call.method, call.url.path) == ("GET", f"/google{entry['path']}")
        assert dict(call.url.params) == entry["query"]
        assert call.headers["x-goog-api-key"] == API_KEY

    async def test_it_shows_the_key_to_the_configured_host_alone(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host == "e.example":
                return httpx.Response(200, content=MP4)
            return httpx.Response(302, headers={"Location": "https://e.example/bytes"})

        vendor = Vendor(answer)
        await gemini(vendor, **self.hosts).download(
            Output(url=f"{SANDBOX}/v1/files/a:download"), io.BytesIO()
        )
        await gemini(vendor, **self.hosts).download(Output(url="https://e.example/x"), io.BytesIO())
        assert ["x-goog-api-key" in call.headers for call in vendor.calls] == [True, False, False]


@pytest.mark.anyio
class TestCancel:
    async def test_it_stops_an_interaction(self) -> None:
        vendor = Vendor(told("cancelled"))
        assert await gemini(vendor).cancel(JOB) is True
        (call,) = vendor.calls
        assert (call.method, call.url.path, call.url.query) == ("POST", f"/v1/interactions/{JOB}/cancel", b"")

    @pytest.mark.parametrize(
        "answer",
        [
            told("completed"),
            error(400, "The interaction is already completed.", "FAILED_PRECONDITION"),
            error(404, "gone", "NOT_FOUND"),
            httpx.Response(200, text=""),
        ],
    )
    async def test_it_says_no_for_one_that_is_over(self, answer: httpx.Response) -> None:
        assert await gemini(Vendor(answer)).cancel(JOB) is False

    async def test_it_does_not_hide_that_the_key_is_refused(self) -> None:
        with pytest.raises(AuthFailed):
            await gemini(Vendor(error(403, "no", "PERMISSION_DENIED"))).cancel(JOB)


class TestWebhooks:
    def signed(
        self, data: object, secret: str = WHSEC, moment: int | None = None
    ) -> tuple[dict[str, str], bytes]:
        body = json.dumps({"type": "interaction.completed", "version": "v1", "data": data}).encode()
        return standard(secret)("msg_1", int(time.time()) if moment is None else moment, body), body

    def read(self, headers: dict[str, str], body: bytes) -> tuple[str, str]:
        event = gemini(Vendor(told("queued")), webhook_secret=f"{WHSEC}\nwhsec_b3RoZXI=").read_webhook(
            headers, body
        )
        return event.job_id, event.event_id

    @pytest.mark.parametrize(
        ("data", "job"),
        [
            ({"id": "v1_abc"}, "v1_abc"),
            ({"id": "interactions/v1_abc"}, "v1_abc"),
            ({"id": OPERATION, "output_file_uri": "https://g/files/x", "file_name": "files/x"}, OPERATION),
            ({"video_uri": "https://g/files/x"}, ""),
        ],
    )
    def test_it_reads_both_forms_that_google_shows(self, data: dict[str, str], job: str) -> None:
        assert self.read(*self.signed(data)) == (job, "msg_1")

    def test_it_takes_the_second_secret_while_it_is_being_changed(self) -> None:
        assert self.read(*self.signed({"id": "v1_abc"}, "whsec_b3RoZXI=")) == ("v1_abc", "msg_1")

    @pytest.mark.parametrize("data", [None, [], "x", {"id": 5}])
    def test_it_refuses_a_body_that_names_nothing(self, data: object) -> None:
        with pytest.raises(WebhookInvalid):
            self.read(*self.signed(data))

    def test_it_refuses_what_is_forged_or_old(self) -> None:
        headers, body = self.signed({"id": "v1_abc"})
        for wrong in (
            (headers, body + b" "),
            ({}, body),
            self.signed({"id": "v1_abc"}, "whsec_d3Jvbmc="),
            self.signed({"id": "v1_abc"}, moment=int(time.time()) - 400),
        ):
            with pytest.raises(WebhookInvalid):
                self.read(*wrong)
