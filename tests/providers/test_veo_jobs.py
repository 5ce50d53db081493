"""Veo on Vertex AI: polling, what was held back, fetching from the bucket."""

from __future__ import annotations

import base64
import io
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.contract import JobState, Output
from providers.errors import ForbiddenHost, JobNotFound, LinkExpired, ProviderError, VendorUnavailable
from providers.google_safety import explained, is_refusal, support_codes
from tests.providers.google_cases import GRANTED, JOB, MP4, POLL, TOKEN, error, operation, sign_in, veo
from tests.providers.wire import Vendor, answer_of, recorded

REASON = (
    "Veo could not make videos because the input violates the guidelines. Support codes: 15236754, 56562880"
)

NAMES = (
    "name", "done", "error", "code", "message", "response", "videos", "gcsUri", "mimeType", "video", "uri",
    "bytesBase64Encoded", "raiMediaFilteredCount", "raiMediaFilteredReasons", "generateVideoResponse",
    "generatedSamples",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _signed_in() -> None:
    sign_in()


def done(**response: Any) -> httpx.Response:
    return operation(done=True, response=response)


def failed(code: object, message: str = "It went wrong.") -> httpx.Response:
    return operation(done=True, error={"code": code, "message": message})


@pytest.mark.anyio
class TestPoll:
    @pytest.mark.parametrize(
        ("name", "state"),
        [
            ("pending", JobState.RUNNING),
            ("done_bucket", JobState.SUCCEEDED),
            ("done_inline", JobState.SUCCEEDED),
            ("filtered", JobState.REFUSED),
        ],
    )
    async def test_it_asks_as_the_sdk_asks_and_reads_what_it_read(self, name: str, state: JobState) -> None:
        entry = recorded("veo", f"poll_{name}")
        vendor = Vendor(answer_of(entry))
        job = await veo(vendor).poll(JOB)
        (call,) = vendor.calls
        assert (call.method, call.url.path, vendor.bodies[0]) == ("POST", entry["path"], entry["body"])
        assert entry["path"] == POLL
        assert (job.id, job.state) == (JOB, state)
        assert job.poll_after_s == (3 if state is JobState.RUNNING else None)
        assert job.progress is None

    async def test_it_gives_the_bytes_that_came_within_the_answer(self) -> None:
        entry = recorded("veo", "poll_done_inline")
        job = await veo(Vendor(answer_of(entry))).poll(JOB)
        told = entry["answer"]["body"]["response"]["videos"][0]["bytesBase64Encoded"]
        (output,) = job.outputs
        assert (output.url, output.data) == ("", base64.b64decode(told))

    async def test_it_makes_an_address_of_the_storage_for_an_object(self) -> None:
        odd = "gs://my-bucket/clips/ü 1/?x#y/sample_0.mp4"
        job = await veo(Vendor(done(videos=[{"gcsUri": odd, "mimeType": "video/mp4"}]))).poll(JOB)
        assert job.outputs[0].url == (
            "https://storage.googleapis.com/storage/v1/b/my-bucket/o/"
            "clips%2F%C3%BC%201%2F%3Fx%23y%2Fsample_0.mp4?alt=media"
        )

    async def test_it_explains_what_was_held_back_and_that_it_costs_nothing(self) -> None:
        answer = done(raiMediaFilteredCount=1, raiMediaFilteredReasons=[REASON])
        job = await veo(Vendor(answer)).poll(JOB)
        assert (job.state, job.failure_code) == (JobState.REFUSED, "15236754, 56562880")
        assert job.failure_words.endswith("(Google's code for: a well-known person and violence.)")
        assert (job.cost_usd, job.cost_is_final) == (Decimal(0), True)

    async def test_a_clip_that_came_is_no_refusal_although_others_were_held_back(self) -> None:
        answer = done(raiMediaFilteredCount=1, videos=[{"gcsUri": "gs://bucket/a/b.mp4"}])
        assert (await veo(Vendor(answer)).poll(JOB)).state is JobState.SUCCEEDED

    @pytest.mark.parametrize(
        ("code", "message", "state", "retry"),
        [
            (3, REASON, JobState.REFUSED, False),
            (3, "`image` could not be decoded.", JobState.FAILED, False),
            (8, "Quota", JobState.FAILED, True),
            (13, "Internal error", JobState.FAILED, True),
            (14, "Unavailable", JobState.FAILED, True),
            (4, "Too late", JobState.FAILED, True),
            (7, "Denied", JobState.FAILED, False),
            (1, "Cancelled", JobState.CANCELLED, False),
            (99, "Tomorrow", JobState.FAILED, False),
            ("thirteen", "?", JobState.FAILED, False),
        ],
    )
    async def test_it_knows_which_failures_a_retry_helps(
        self, code: object, message: str, state: JobState, retry: bool
    ) -> None:
        job = await veo(Vendor(failed(code, message))).poll(JOB)
        assert (job.state, job.retry_helps) == (state, retry)
        assert message in job.failure_words

    @pytest.mark.parametrize(
        "answer",
        [
            done(),
            done(videos=[]),
            done(videos=[{}]),
            done(videos=[{"bytesBase64Encoded": "%%%"}]),
            done(videos="x", raiMediaFilteredCount=0),
            operation(done=True),
            httpx.Response(200, json={"done": True, "response": {"videos": [{"gcsUri": "gs://b/c"}]}}),
            done(videos=[{"gcsUri": "https://storage.example/a.mp4"}]),
        ],
    )
    async def test_it_does_not_believe_an_end_without_a_clip(self, answer: httpx.Response) -> None:
        with pytest.raises(VendorUnavailable):
            await veo(Vendor(answer)).poll(JOB)

    async def test_a_word_for_done_that_is_none_is_unknown(self) -> None:
        job = await veo(Vendor(operation(done="REVIEWING"))).poll(JOB)
        assert (job.state, job.vendor_status, job.poll_after_s) == (JobState.UNKNOWN, "REVIEWING", 3)

    @pytest.mark.parametrize("job_id", ["", "abc", f"{JOB}/more", JOB.replace("/google/", "/../"), f"/{JOB}"])
    async def test_it_asks_for_nothing_under_an_id_of_another_form(self, job_id: str) -> None:
        vendor = Vendor(operation())
        with pytest.raises(JobNotFound):
            await veo(vendor).poll(job_id)
        assert not vendor.calls

    async def test_it_keeps_an_id_inside_its_path(self) -> None:
        vendor = Vendor(operation())
        await veo(vendor).poll(JOB.replace("demo-proj", "a?b=c#d"))
        assert b"/projects/a%3Fb%3Dc%23d/locations/" in vendor.calls[0].url.raw_path

    async def test_it_says_when_the_job_is_gone(self) -> None:
        with pytest.raises(JobNotFound):
            await veo(Vendor(error(404, "Operation not found", "NOT_FOUND"))).poll(JOB)

    @given(
        answer=st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(NAMES),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        )
    )
    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    async def test_no_answer_at_all_crashes_it(self, answer: object) -> None:
        told = answer | {"name": JOB} if isinstance(answer, dict) else answer
        try:
            job = await veo(Vendor(httpx.Response(200, json=told))).poll(JOB)
        except ProviderError:
            return
        assert job.id == JOB


@pytest.mark.anyio
class TestDownload:
    url = "https://storage.googleapis.com/storage/v1/b/bucket/o/a.mp4?alt=media"
    hosts = {"private_hosts": ["storage.googleapis.com:443", "oauth2.googleapis.com:443", "e.example:443"]}

    async def test_it_shows_the_token_to_the_storage_and_not_to_where_that_passes_it_on(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host == "e.example":
                return httpx.Response(200, content=MP4, headers={"Content-Type": "video/mp4"})
            return httpx.Response(302, headers={"Location": "https://e.example/a.mp4"})

        vendor = Vendor(answer)
        sink = io.BytesIO()
        file = await veo(vendor, **self.hosts).download(Output(url=self.url), sink)
        assert (file.size, sink.getvalue()) == (len(MP4), MP4)
        first, second = vendor.calls
        assert first.headers["authorization"] == f"Bearer {TOKEN}"
        assert "authorization" not in second.headers

    async def test_it_never_shows_the_token_to_a_link_of_another_host(self) -> None:
        vendor = Vendor(httpx.Response(200, content=MP4))
        await veo(vendor, **self.hosts).download(Output(url="https://e.example/a.mp4"), io.BytesIO())
        assert "authorization" not in vendor.calls[0].headers

    async def test_it_fetches_from_the_storage_that_the_option_names(self) -> None:
        vendor = Vendor(done(videos=[{"gcsUri": "gs://bucket/a.mp4"}]))
        mine = veo(vendor, storage_url="https://e.example/storage-of-mine/")
        assert (
            (await mine.poll(JOB)).outputs[0].url.startswith("https://e.example/storage-of-mine/storage/v1")
        )

    async def test_it_changes_a_token_that_the_storage_refuses_once(self) -> None:
        answers = iter([httpx.Response(401), httpx.Response(200, content=MP4)])

        def answer(request: httpx.Request) -> httpx.Response:
            token = request.url.path == "/token"
            return httpx.Response(200, json=GRANTED | {"access_token": "fresh"}) if token else next(answers)

        vendor = Vendor(answer)
        await veo(vendor, **self.hosts).download(Output(url=self.url), io.BytesIO())
        assert [call.url.path for call in vendor.calls][1] == "/token"
        assert vendor.calls[-1].headers["authorization"] == "Bearer fresh"

    async def test_a_file_that_is_gone_is_an_expired_link(self) -> None:
        vendor = Vendor(httpx.Response(404))
        with pytest.raises(LinkExpired):
            await veo(vendor, **self.hosts).download(Output(url=self.url), io.BytesIO())
        assert len(vendor.calls) == 1

    async def test_it_goes_to_no_private_address(self) -> None:
        vendor = Vendor(httpx.Response(200, content=MP4))
        with pytest.raises(ForbiddenHost):
            await veo(vendor).download(Output(url="http://10.0.0.1/a.mp4"), io.BytesIO())
        assert not vendor.calls

    async def test_it_keeps_what_came_within_the_answer(self) -> None:
        vendor, sink = Vendor(httpx.Response(500)), io.BytesIO()
        await veo(vendor).download(Output(url="", data=MP4), sink)
        assert sink.getvalue() == MP4
        assert not vendor.calls


class TestSafetyWords:
    @pytest.mark.parametrize(
        ("words", "refusal"),
        [
            (REASON, True),
            ("The prompt contains words that violate Vertex AI's usage guidelines.", True),
            ("This was blocked for safety reasons.", True),
            ("The request is prohibited under our policies.", True),
            ("`safetySettings` isn't supported by this model.", False),
            ("`safety_settings` isn't supported by this model, whose filters are fixed.", False),
            ("Invalid value for aspectRatio.", False),
            ("", False),
        ],
    )
    def test_a_refusal_of_the_content_is_told_from_one_of_the_form(self, words: str, refusal: bool) -> None:
        assert is_refusal(words) is refusal

    @pytest.mark.parametrize(
        ("words", "codes"),
        [
            ("Support codes: 58061214", ("58061214",)),
            ("support code 58061214; Support codes: 58061214, 90789179", ("58061214", "90789179")),
            ("Error 12345678 happened", ()),
        ],
    )
    def test_support_codes_are_found_once_each(self, words: str, codes: tuple[str, ...]) -> None:
        assert support_codes(words) == codes

    def test_an_unknown_code_is_left_unexplained(self) -> None:
        assert explained("No. Support codes: 00000000") == "No. Support codes: 00000000"
