"""Runway: polling, refusals, cancelling, the key; and the registry."""

from __future__ import annotations

from decimal import Decimal

import httpx
import pytest

from providers import registry
from providers.contract import JobState
from providers.errors import (
    AnswerLost,
    AuthFailed,
    InvalidRequest,
    JobNotFound,
    NotConfigured,
    OutOfCredit,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from tests.providers.runway_cases import (
    BOAT,
    JOB,
    KEY,
    created,
    runway,
    task,
)
from tests.providers.wire import Vendor, answer_of, own_headers, recorded


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

    def test_it_shows_a_provider_by_its_label_even_when_it_is_gone(self) -> None:
        assert registry.label("runway") == "Runway"
        assert registry.label("gone") == "gone"
