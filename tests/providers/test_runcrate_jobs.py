"""Runcrate: what it says in any of its shapes, polling, and the balance."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.contract import JobState
from providers.errors import (
    AuthFailed,
    ContentRefused,
    InvalidRequest,
    JobNotFound,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from providers.runcrate_read import CODES
from tests.providers.runcrate_cases import HILLS, JOB, KEY, runcrate, taken
from tests.providers.wire import Vendor, answer_of, recorded


def shapes(code: str, words: str = "No, thank you.") -> list[dict[str, Any]]:
    """One error in each shape that can carry its code."""
    return [
        {"error": {"code": code, "message": words, "details": {}}},
        {"error": words, "code": code},
        {"message": words, "code": code},
        {"detail": words, "code": code},
    ]


REFUSALS: list[tuple[int, str, type[ProviderError]]] = [
    (402, "budget_exceeded", OutOfCredit),
    (402, "insufficient_credits", OutOfCredit),
    (402, "", OutOfCredit),
    (401, "invalid_api_key", AuthFailed),
    (403, "", AuthFailed),
    (404, "model_not_found", InvalidRequest),
    (400, "content_policy_violation", ContentRefused),
    (400, "content_filter", ContentRefused),
    (422, "moderation_blocked", ContentRefused),
    (422, "", InvalidRequest),
    (429, "rate_limit_exceeded", RateLimited),
    (429, "", RateLimited),
]


@pytest.mark.anyio
class TestRefusals:
    @pytest.mark.parametrize("shape", range(4))
    @pytest.mark.parametrize(
        ("status", "code", "kind"),
        REFUSALS,
    )
    async def test_it_reads_each_code_in_each_shape(
        self, shape: int, status: int, code: str, kind: type[ProviderError]
    ) -> None:
        with pytest.raises(ProviderError) as caught:
            await runcrate(Vendor(httpx.Response(status, json=shapes(code)[shape]))).submit(HILLS)
        assert type(caught.value) is kind
        assert caught.value.vendor_words == "No, thank you."
        assert not caught.value.may_have_spent

    def test_it_has_a_case_for_every_code_it_knows(self) -> None:
        assert set(CODES) <= {code for _, code, _ in REFUSALS}

    async def test_it_tells_a_limit_on_the_key_from_an_empty_account(self) -> None:
        said = {}
        for code in ("budget_exceeded", "insufficient_credits"):
            with pytest.raises(OutOfCredit) as caught:
                await runcrate(Vendor(httpx.Response(402, json=shapes(code)[0]))).submit(HILLS)
            said[code] = str(caught.value)
        assert "limit set on this Runcrate key" in said["budget_exceeded"]
        assert "Buy credits" in said["insufficient_credits"]

    async def test_it_reads_the_recorded_402(self) -> None:
        with pytest.raises(OutOfCredit) as caught:
            await runcrate(Vendor(answer_of(recorded("runcrate", "error_402")))).submit(HILLS)
        assert caught.value.vendor_words == "Not enough credits"

    @pytest.mark.parametrize("words", ["Blocked by the content policy", "The prompt was moderated"])
    async def test_it_hears_a_refusal_in_a_makers_sentence(self, words: str) -> None:
        with pytest.raises(ContentRefused):
            await runcrate(Vendor(httpx.Response(400, json={"error": words}))).submit(HILLS)

    async def test_it_ties_each_complaint_to_our_field(self) -> None:
        detail = [
            {"loc": ["body", "duration"], "msg": "too long"},
            {"loc": ["body", "zoom"], "msg": "unknown"},
            "odd",
        ]
        with pytest.raises(InvalidRequest, match="too long unknown") as caught:
            await runcrate(Vendor(httpx.Response(422, json={"detail": detail}))).submit(HILLS)
        assert [issue.field for issue in caught.value.issues] == ["duration_s", "extra"]

    async def test_it_waits_until_the_moment_that_the_host_names(self) -> None:
        soon = {"X-RateLimit-Reset": str(int(time.time()) + 30)}
        with pytest.raises(RateLimited) as caught:
            await runcrate(Vendor(httpx.Response(429, json={"error": "slow"}, headers=soon))).submit(HILLS)
        assert caught.value.retry_after == pytest.approx(30, abs=5)
        headers = soon | {"Retry-After": "3"}
        with pytest.raises(RateLimited) as caught:
            await runcrate(Vendor(httpx.Response(429, json={"error": "slow"}, headers=headers))).submit(HILLS)
        assert caught.value.retry_after == 3


@pytest.mark.anyio
class TestPoll:
    async def test_it_asks_as_the_sdk_does(self) -> None:
        entry = recorded("runcrate", "retrieve")
        vendor = Vendor(answer_of(entry))
        job = await runcrate(vendor).poll(JOB)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert call.headers["authorization"] == entry["headers"]["Authorization"]
        assert (job.state, job.progress, job.outputs, job.poll_after_s) == (JobState.RUNNING, None, (), 5)

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("queued", JobState.QUEUED),
            ("processing", JobState.RUNNING),
            ("completed", JobState.SUCCEEDED),
            ("failed", JobState.FAILED),
            ("in_progress", JobState.UNKNOWN),
        ],
    )
    async def test_it_maps_every_status(self, status: str, state: JobState) -> None:
        job = await runcrate(Vendor(taken(status=status))).poll(JOB)
        assert (job.state, job.vendor_status) == (state, status)

    async def test_it_finds_the_file_where_the_sdk_does(self) -> None:
        job = await runcrate(Vendor(taken(status="completed"))).poll(JOB)
        (output,) = job.outputs
        assert httpx.URL(output.url).path == recorded("runcrate", "download")["path"]
        assert output.url.startswith("https://api.runcrate.ai/")

    @pytest.mark.parametrize(
        "fields",
        [
            {"error": "The maker gave up."},
            {"error": {"message": "The maker gave up."}},
            {"message": "The maker gave up."},
            {"error": {"code": "oops"}, "message": "The maker gave up."},
            {"error": None, "detail": "The maker gave up."},
        ],
    )
    async def test_it_finds_the_reason_wherever_it_is(self, fields: dict[str, Any]) -> None:
        job = await runcrate(Vendor(taken(status="failed", **fields))).poll(JOB)
        assert (job.state, job.failure_words) == (JobState.FAILED, "The maker gave up.")

    @pytest.mark.parametrize(
        ("error", "state", "retry"),
        [
            ({"code": "content_policy_violation", "message": "No."}, JobState.REFUSED, False),
            ("Flagged by the safety system", JobState.REFUSED, False),
            ({"code": "server_error", "message": "Sorry."}, JobState.FAILED, True),
            ({"code": "bad_input", "message": "Sorry."}, JobState.FAILED, False),
            (None, JobState.FAILED, True),
        ],
    )
    async def test_it_tells_a_refusal_from_a_failure(
        self, error: object, state: JobState, retry: bool
    ) -> None:
        job = await runcrate(Vendor(taken(status="failed", error=error))).poll(JOB)
        assert (job.state, job.retry_helps) == (state, retry)

    async def test_it_says_when_the_job_is_gone(self) -> None:
        with pytest.raises(JobNotFound):
            await runcrate(Vendor(httpx.Response(404, json={"error": "Not found"}))).poll(JOB)

    @given(
        answer=st.dictionaries(st.sampled_from(["error", "message", "detail", "code"]), st.text() | st.none())
    )
    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    async def test_it_survives_any_reason(self, answer: dict[str, Any]) -> None:
        job = await runcrate(Vendor(taken(status="failed", **answer))).poll(JOB)
        assert job.state in {JobState.FAILED, JobState.REFUSED}


def balance(**data: Any) -> httpx.Response:
    return httpx.Response(200, json={"data": data})


@pytest.mark.anyio
class TestTheRest:
    async def test_it_asks_the_account_host_for_the_balance(self) -> None:
        vendor = Vendor(balance(creditsBalance=12.345, activeUsageCost=0))
        status = await runcrate(vendor).check_key()
        (call,) = vendor.calls
        assert (call.method, str(call.url)) == (
            "GET",
            "https://www.runcrate.ai/api/v1/billing/balance",
        )
        assert call.headers["authorization"] == f"Bearer {KEY}"
        assert (status.ok, status.balance_usd) == (True, Decimal("12.34"))

    async def test_it_counts_what_is_being_used_just_now(self) -> None:
        vendor = Vendor(balance(creditsBalance=12, activeUsageCost=2, floating_balance_usd=10))
        assert (await runcrate(vendor).check_key()).balance_usd == Decimal(10)

    @pytest.mark.parametrize(
        ("options", "host"),
        [
            ({"base_url": "http://127.0.0.1:9/runcrate"}, "http://127.0.0.1:9/runcrate"),
            ({"account_url": "https://account.example"}, "https://account.example"),
            ({"base_url": "https://g.example", "account_url": "https://a.example/"}, "https://a.example"),
        ],
    )
    async def test_it_looks_for_the_account_where_the_calls_go_or_as_told(
        self, options: dict[str, Any], host: str
    ) -> None:
        vendor = Vendor(balance(creditsBalance=1))
        await runcrate(vendor, **options).check_key()
        assert str(vendor.calls[0].url) == f"{host}/api/v1/billing/balance"

    @pytest.mark.parametrize("url", ["http://plain.example", "nonsense"])
    def test_it_sends_the_key_to_no_account_host_that_could_show_it(self, url: str) -> None:
        with pytest.raises(NotConfigured, match="account_url"):
            runcrate(Vendor(taken()), account_url=url)

    async def test_it_says_that_a_key_is_refused(self) -> None:
        answer = httpx.Response(401, json={"error": {"code": "invalid_api_key", "message": "no"}})
        assert not (await runcrate(Vendor(answer)).check_key()).ok

    @pytest.mark.parametrize("data", [{}, {"creditsBalance": "5"}, {"creditsBalance": True}])
    async def test_it_believes_no_balance_that_is_none(self, data: dict[str, Any]) -> None:
        with pytest.raises(VendorUnavailable):
            await runcrate(Vendor(balance(**data))).check_key()

    async def test_it_can_neither_stop_nor_find_a_job(self) -> None:
        vendor = Vendor(taken())
        assert await runcrate(vendor).cancel(JOB) is False
        with pytest.raises(Unsupported):
            await runcrate(vendor).find("token")
        assert not vendor.calls

    def test_it_has_no_webhooks(self) -> None:
        with pytest.raises(Unsupported):
            runcrate(Vendor(taken())).read_webhook({}, b"")
