"""fal: polling, what a failed job means, cancelling, the key and its services."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.contract import JobState, ProviderJob
from providers.errors import (
    AuthFailed,
    JobNotFound,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
    WebhookInvalid,
)
from providers.fal_read import RETRY_HELPS
from providers.sandbox.fal_rules import OF_A_MODEL, OF_THE_QUEUE
from tests.providers.fal_cases import BASE, JOB, KEY, fal, listed, over
from tests.providers.wire import Vendor

CLIP = "https://v3.fal.media/files/panda/clip.mp4"
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["status", "video", "videos", "url", "detail", "loc", "msg", "type", "error", "x"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def status(code: int = 200, **fields: Any) -> Vendor:
    return Vendor(httpx.Response(code, json={"logs": None, **fields}))


async def result(code: int, body: Any, headers: dict[str, str] | None = None, **told: Any) -> ProviderJob:
    return await fal(over(httpx.Response(code, json=body, headers=headers), **told)).poll(JOB)


@pytest.mark.anyio
class TestPoll:
    @pytest.mark.parametrize(
        ("told", "code", "state"),
        [
            ("IN_QUEUE", 202, JobState.QUEUED),
            ("IN_PROGRESS", 202, JobState.RUNNING),
            ("DREAMING", 200, JobState.UNKNOWN),
        ],
    )
    async def test_it_maps_the_statuses(self, told: str, code: int, state: JobState) -> None:
        vendor = status(code, status=told)
        job = await fal(vendor).poll(JOB)
        assert (job.id, job.state, job.vendor_status, job.poll_after_s) == (JOB, state, told, 2)
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == ("GET", f"{BASE}/{JOB}/status")
        assert call.headers["authorization"] == f"Key {KEY}"

    @pytest.mark.parametrize(
        "body",
        [
            {"video": {"url": CLIP, "content_type": "video/mp4"}, "seed": 5},
            {"videos": [{"url": CLIP}]},
            {"video": None, "videos": [{"url": CLIP}, 7]},
        ],
    )
    async def test_it_fetches_the_result_of_what_is_over(self, body: Any) -> None:
        vendor = over(httpx.Response(200, json=body))
        job = await fal(vendor).poll(JOB)
        assert (job.state, job.progress, job.poll_after_s) == (JobState.SUCCEEDED, 1.0, None)
        assert [(one.url, one.content_type) for one in job.outputs] == [(CLIP, "video/mp4")]
        assert str(vendor.calls[1].url) == f"{BASE}/{JOB}"

    @pytest.mark.parametrize("body", [{}, [], None, {"video": {}}, {"video": {"url": ""}}, {"videos": [[]]}])
    async def test_it_does_not_believe_a_success_without_a_file(self, body: Any) -> None:
        with pytest.raises(VendorUnavailable):
            await result(200, body)

    async def test_it_sends_the_key_to_no_content_network(self) -> None:
        vendor = over(httpx.Response(200, json={"video": {"url": CLIP}}))
        assert not fal(vendor).keyed_downloads

    @given(told=JSON, body=JSON)
    def test_it_survives_whatever_json_comes(self, told: Any, body: Any) -> None:
        for vendor in (
            Vendor(httpx.Response(200, json=told)),
            over(httpx.Response(200, json=body)),
            over(httpx.Response(422, json=body)),
        ):
            _survives(vendor)


def _survives(vendor: Vendor) -> None:
    async def run() -> None:
        try:
            await fal(vendor).poll(JOB)
        except ProviderError:
            return

    anyio.run(run)


@pytest.mark.anyio
class TestFailures:
    @pytest.mark.parametrize("code", OF_THE_QUEUE)
    async def test_it_reads_every_error_of_the_queue(self, code: str) -> None:
        http_status, words = OF_THE_QUEUE[code]
        job = await result(http_status, {"detail": words, "error_type": code})
        assert job.failure_code == code
        assert job.failure_words == words
        assert job.state is (JobState.CANCELLED if code == "client_cancelled" else JobState.FAILED)
        assert job.retry_helps == RETRY_HELPS[code]
        assert (job.cost_usd, job.cost_is_final) == (
            (Decimal(0), True) if http_status >= 500 else (None, False)
        )

    @pytest.mark.parametrize("code", OF_A_MODEL)
    async def test_it_reads_every_error_of_a_model(self, code: str) -> None:
        http_status, words = OF_A_MODEL[code]
        job = await result(http_status, listed(code, words=words))
        refused = code == "content_policy_violation"
        assert job.state is (JobState.REFUSED if refused else JobState.FAILED)
        assert (job.failure_code, job.failure_words, job.retry_helps) == (code, words, not refused)

    @pytest.mark.parametrize("code", [code for code, helps in RETRY_HELPS.items() if not helps])
    async def test_it_knows_what_no_retry_helps(self, code: str) -> None:
        assert not (await result(422, listed(code, "image_url"))).retry_helps

    async def test_it_finds_the_refusal_among_other_complaints(self) -> None:
        both = [{"loc": ["body"], "msg": "odd", "type": "one_of"}]
        both += listed("content_policy_violation", "prompt")["detail"]
        job = await result(422, {"detail": both})
        assert (job.state, job.failure_words) == (JobState.REFUSED, "odd prompt: It is wrong.")

    @pytest.mark.parametrize(("header", "helps"), [("true", True), ("false", False)])
    async def test_fals_own_word_about_a_retry_is_the_last(self, header: str, helps: bool) -> None:
        for code in ("internal_server_error", "image_too_small"):
            job = await result(422, listed(code), headers={"X-Fal-Retryable": header})
            assert job.retry_helps is helps

    async def test_it_takes_the_name_from_the_header(self) -> None:
        job = await result(503, {"detail": "gone"}, headers={"X-Fal-Error-Type": "runner_disconnected"})
        assert (job.failure_code, job.retry_helps) == ("runner_disconnected", True)

    async def test_it_takes_the_name_from_the_status(self) -> None:
        job = await result(500, "oops", error="It broke.", error_type="runner_server_error")
        assert (job.failure_code, job.failure_words) == ("runner_server_error", "It broke.")

    async def test_a_plain_422_fails_the_job(self) -> None:
        job = await result(422, {"detail": "No."})
        assert (job.state, job.failure_words, job.retry_helps) == (JobState.FAILED, "No.", False)

    @pytest.mark.parametrize("code", [500, 502, 503, 504, 408])
    async def test_a_result_that_says_nothing_is_fetched_again(self, code: int) -> None:
        vendor = over(httpx.Response(code, text="<html>", headers={"Retry-After": "3"}))
        with pytest.raises(VendorUnavailable) as caught:
            await fal(vendor).poll(JOB)
        assert caught.value.retry_after == 3

    @pytest.mark.parametrize(("code", "kind"), [(401, AuthFailed), (404, JobNotFound), (429, RateLimited)])
    async def test_a_result_that_speaks_of_us_fails_no_job(
        self, code: int, kind: type[ProviderError]
    ) -> None:
        with pytest.raises(kind):
            await result(code, {"detail": "no"})

    @pytest.mark.parametrize(
        "error", [httpx.ReadTimeout("slow"), httpx.ConnectError("no"), RuntimeError("odd")], ids=repr
    )
    async def test_a_result_that_does_not_come_is_fetched_again(self, error: Exception) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/status"):
                return httpx.Response(200, json={"status": "COMPLETED"})
            raise error

        with pytest.raises(VendorUnavailable):
            await fal(Vendor(answer)).poll(JOB)


@pytest.mark.anyio
class TestTheRest:
    @pytest.mark.parametrize(
        "job_id",
        [
            "",
            ".",
            "..",
            "job",
            "a/b/requests/",
            "a/../requests/1",
            "a/b/c/d/requests/1",
            "https://x/requests/1",
            f"{JOB}/cancel",
            f"{JOB}?x=1",
        ],
    )
    async def test_it_knows_no_job_of_another_form(self, job_id: str) -> None:
        vendor = status(status="IN_QUEUE")
        with pytest.raises(JobNotFound):
            await fal(vendor).poll(job_id)
        assert not await fal(vendor).cancel(job_id)
        assert not vendor.calls

    @pytest.mark.parametrize(("code", "done"), [(202, True), (200, True), (400, False), (404, False)])
    async def test_it_asks_fal_to_stop(self, code: int, done: bool) -> None:
        vendor = Vendor(httpx.Response(code, json={"status": "…"}))
        assert await fal(vendor).cancel(JOB) is done
        (call,) = vendor.calls
        assert (call.method, str(call.url), call.content) == ("PUT", f"{BASE}/{JOB}/cancel", b"")

    async def test_it_cannot_look_a_job_up_by_our_mark(self) -> None:
        with pytest.raises(Unsupported):
            await fal(status()).find("token")

    async def test_it_reads_the_balance_of_an_admins_key(self) -> None:
        vendor = Vendor(httpx.Response(200, json={"credits": {"current_balance": 24.5, "currency": "USD"}}))
        told = await fal(vendor).check_key()
        assert (told.ok, told.balance_usd) == (True, Decimal("24.5"))
        assert "$24.50" in told.sentence
        assert str(vendor.calls[0].url) == "https://api.fal.ai/v1/account/billing?expand=credits"

    @pytest.mark.parametrize("refused", [401, 403])
    async def test_a_key_without_admin_rights_is_tried_another_way(self, refused: int) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            known = request.url.host == "rest.fal.ai"
            return httpx.Response(200 if known else refused, json={"token": "t", "detail": "no"})

        vendor = Vendor(answer)
        told = await fal(vendor).check_key()
        assert (told.ok, told.balance_usd) == (True, None)
        assert [call.method for call in vendor.calls] == ["GET", "POST"]
        assert vendor.calls[1].url.path == "/storage/auth/token"

    async def test_it_says_that_a_key_is_refused(self) -> None:
        told = await fal(Vendor(httpx.Response(401, json={"detail": "No user found"}))).check_key()
        assert not told.ok
        assert "refuses the key" in told.sentence

    async def test_every_service_lies_below_another_host(self) -> None:
        vendor = Vendor(httpx.Response(200, json={"keys": []}))
        there = fal(vendor, base_url="http://127.0.0.1:8100/fal")
        await there.webhook_keys()
        await there.check_key()
        assert {str(call.url).partition("?")[0] for call in vendor.calls} == {
            "http://127.0.0.1:8100/fal/.well-known/jwks.json",
            "http://127.0.0.1:8100/fal/v1/account/billing",
        }

    async def test_the_public_keys_are_asked_for_without_ours(self) -> None:
        key = {"kty": "OKP", "crv": "Ed25519", "x": "abc", "n": 5}
        vendor = Vendor(httpx.Response(200, json={"keys": [key, "odd"]}))
        assert await fal(vendor).webhook_keys() == [{"kty": "OKP", "crv": "Ed25519", "x": "abc"}]
        (call,) = vendor.calls
        assert str(call.url) == "https://rest.fal.ai/.well-known/jwks.json"
        assert "authorization" not in call.headers

    async def test_public_keys_that_are_none_are_asked_for_again(self) -> None:
        with pytest.raises(VendorUnavailable):
            await fal(Vendor(httpx.Response(200, json={"keys": 5}))).webhook_keys()

    def test_it_believes_no_webhook_without_keys(self) -> None:
        with pytest.raises(WebhookInvalid):
            fal(status()).read_webhook({}, b"{}")
