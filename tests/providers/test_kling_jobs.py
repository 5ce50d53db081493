"""Kling: polling and finding jobs of both standards, and what a key tells."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from providers.contract import JobState
from providers.errors import (
    AuthFailed,
    JobNotFound,
    ProviderError,
    RateLimited,
    Unsupported,
    VendorUnavailable,
)
from providers.kling import KlingProvider
from tests.providers.kling_cases import JOB, KEY, answer, error, kling, new, old, paired
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

FILE = {"url": "https://cdn.example.com/o.mp4"}


@pytest.mark.anyio
class TestPoll:
    @pytest.mark.parametrize(
        ("name", "job_id", "state", "cost"),
        [
            ("tasks_succeeded", JOB, JobState.SUCCEEDED, "0.56"),
            ("tasks_failed", JOB, JobState.REFUSED, "0"),
            ("text2video_processing", f"text2video/{JOB}", JobState.RUNNING, None),
            ("text2video_succeed", f"text2video/{JOB}", JobState.SUCCEEDED, "0.49"),
            ("text2video_failed", f"text2video/{JOB}", JobState.REFUSED, "0"),
        ],
    )
    async def test_it_reads_the_recorded_answers(
        self, name: str, job_id: str, state: JobState, cost: str | None
    ) -> None:
        entry = recorded("kling", name)
        vendor = Vendor(answer_of(entry))
        job = await kling(vendor).poll(job_id)
        (call,) = vendor.calls
        assert (call.method, call.url.raw_path.decode()) == (entry["method"], entry["path"])
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert (job.id, job.state) == (job_id, state)
        assert job.cost_usd == (None if cost is None else Decimal(cost))
        assert job.cost_is_final is (cost is not None)
        assert job.poll_after_s == (2 if state is JobState.RUNNING else None)

    async def test_it_gives_the_links_with_their_end_and_never_a_progress(self) -> None:
        done = await kling(Vendor(answer_of(recorded("kling", "tasks_succeeded")))).poll(JOB)
        (output,) = done.outputs
        assert output.url == "https://v-kling.example.com/out.mp4?Expires=1792592000&Signature=x"
        assert output.expires_at == datetime.fromtimestamp(1792592000, UTC)
        running = await kling(Vendor(new(progress=0.5))).poll(JOB)
        assert (done.progress, running.progress, running.outputs) == (1.0, None, ())

    async def test_a_link_that_names_no_end_lives_for_thirty_days(self) -> None:
        done = await kling(
            Vendor(
                new(status="succeeded", update_time=1_790_000_000_000, outputs=[{"type": "video", **FILE}])
            )
        ).poll(JOB)
        assert done.outputs[0].expires_at == datetime.fromtimestamp(1_790_000_000, UTC) + timedelta(days=30)

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("submitted", JobState.QUEUED),
            ("processing", JobState.RUNNING),
            ("failed", JobState.FAILED),
            ("dreaming", JobState.UNKNOWN),
            ("SUCCEEDED", JobState.UNKNOWN),
        ],
    )
    async def test_it_maps_the_statuses_of_both_standards(self, status: str, state: JobState) -> None:
        newer = await kling(Vendor(new(status=status))).poll(JOB)
        older = await kling(Vendor(old(task_status=status))).poll(f"image2video/{JOB}")
        assert newer.state is older.state is state
        assert newer.vendor_status == older.vendor_status == status

    @pytest.mark.parametrize(
        ("words", "state", "retry"),
        [
            ("Failure to pass the risk control system", JobState.REFUSED, False),
            ("Content moderation review failed.", JobState.REFUSED, False),
            ("The prompt contains sensitive words", JobState.REFUSED, False),
            ("Internal error, please try again later", JobState.FAILED, True),
            ("Timed out", JobState.FAILED, True),
            ("", JobState.FAILED, True),
            ("The width of the image is too small", JobState.FAILED, False),
        ],
    )
    async def test_the_sentence_says_what_kind_of_failure_it_is(
        self, words: str, state: JobState, retry: bool
    ) -> None:
        job = await kling(Vendor(new(status="failed", message=words))).poll(JOB)
        assert (job.state, job.retry_helps, job.failure_words) == (state, retry, words)

    @pytest.mark.parametrize(
        "outputs", [None, [], [{}], [{"url": ""}], "x", [5], [{"type": "image", **FILE}]]
    )
    async def test_it_does_not_believe_a_success_without_a_clip(self, outputs: object) -> None:
        with pytest.raises(VendorUnavailable):
            await kling(Vendor(new(status="succeeded", outputs=outputs))).poll(JOB)

    @pytest.mark.parametrize("result", [None, {}, {"videos": []}, {"videos": [{"id": "1"}]}])
    async def test_nor_in_the_older_standard(self, result: object) -> None:
        with pytest.raises(VendorUnavailable):
            await kling(Vendor(old(task_status="succeed", task_result=result))).poll(f"text2video/{JOB}")

    @pytest.mark.parametrize(
        ("job_id", "reply"),
        [
            (JOB, answer([])),
            (f"text2video/{JOB}", error(1201, "Task not found by id/external id")),
            (f"text2video/{JOB}", error(1203, "no such resource", 404)),
            (f"text2video/{JOB}", error(1201, "Task not found by id/external id", 200)),
        ],
    )
    async def test_it_says_when_the_job_is_gone(self, job_id: str, reply: httpx.Response) -> None:
        with pytest.raises(JobNotFound):
            await kling(Vendor(reply)).poll(job_id)

    @pytest.mark.parametrize("job_id", ["", ".", "..", "lip-sync/5", "/5", "text2video/"])
    async def test_it_asks_for_no_job_that_cannot_be(self, job_id: str) -> None:
        vendor = Vendor(new())
        with pytest.raises(JobNotFound):
            await kling(vendor).poll(job_id)
        assert not vendor.calls

    async def test_it_keeps_an_id_inside_its_place(self) -> None:
        vendor = Vendor(answer([]))
        for job_id in ("1,2&external_task_ids=x", "text2video/?pageNum=1"):
            with pytest.raises(ProviderError):
                await kling(vendor).poll(job_id)
        assert [call.url.raw_path for call in vendor.calls] == [
            b"/tasks?task_ids=1%2C2%26external_task_ids%3Dx",
            b"/v1/videos/text2video/%3FpageNum%3D1",
        ]

    async def test_it_takes_no_other_job_for_the_one_it_asked_for(self) -> None:
        with pytest.raises(VendorUnavailable):
            await kling(Vendor(answer([{"id": "7", "status": "succeeded"}]))).poll(JOB)

    @pytest.mark.parametrize(
        ("code", "kind"), [(1302, RateLimited), (1002, AuthFailed), (5001, VendorUnavailable)]
    )
    @pytest.mark.parametrize("status", [200, 400])
    async def test_the_code_counts_on_a_free_call_too(
        self, code: int, kind: type[ProviderError], status: int
    ) -> None:
        with pytest.raises(kind) as caught:
            await kling(Vendor(error(code, "no", status))).poll(JOB)
        assert not caught.value.may_have_spent

    @pytest.mark.parametrize(
        "data", [None, {}, "x", 5, [5], [{}], [{"id": JOB}], [{"id": 5, "status": "failed"}]]
    )
    async def test_it_takes_a_senseless_list_for_an_unwell_vendor(self, data: object) -> None:
        with pytest.raises(VendorUnavailable):
            await kling(Vendor(answer(data))).poll(JOB)


@pytest.mark.anyio
class TestFinding:
    async def test_an_api_key_asks_for_both_standards_at_once(self) -> None:
        vendor = Vendor(new())
        job = await kling(vendor).find("job 1,x")
        assert job is not None
        assert (job.id, job.state) == (JOB, JobState.RUNNING)
        assert [call.url.raw_path for call in vendor.calls] == [b"/tasks?external_task_ids=job%201%2Cx"]

    async def test_a_pair_of_keys_asks_for_each_kind(self) -> None:
        missing = error(1201, "Task not found by id/external id")
        vendor = Vendor(lambda r: old() if "/image2video/" in r.url.path else missing)
        job = await paired(vendor).find("job-0001")
        assert job is not None
        assert job.id == f"image2video/{JOB}"
        assert [call.url.path for call in vendor.calls] == [
            "/v1/videos/text2video/job-0001",
            "/v1/videos/image2video/job-0001",
        ]

    async def test_nothing_is_found_only_when_every_place_was_asked(self) -> None:
        missing = error(1201, "Task not found by id/external id")
        vendor = Vendor(lambda r: answer([]) if r.url.path == "/tasks" else missing)
        assert await kling(vendor).find("job-0001") is None
        assert len(vendor.calls) == 4

    async def test_an_order_without_a_mark_cannot_be_found(self) -> None:
        vendor = Vendor(answer([]))
        with pytest.raises(Unsupported):
            await kling(vendor).find("")
        assert not vendor.calls

    async def test_a_vendor_that_is_not_well_has_not_said_no(self) -> None:
        vendor = Vendor(lambda r: answer([]) if r.url.path == "/tasks" else error(5000, "no", 500))
        with pytest.raises(VendorUnavailable):
            await kling(vendor).find("job-0001")


@pytest.mark.anyio
class TestTheRest:
    async def test_it_cannot_cancel_and_asks_nobody(self) -> None:
        vendor = Vendor(new())
        assert await kling(vendor).cancel(JOB) is False
        assert not vendor.calls

    async def test_it_reads_what_is_left_of_the_packs_in_force(self) -> None:
        packs = [
            {"status": "online", "remaining_quantity": 118.0},
            {"status": "online", "remaining_quantity": 2.5},
            {"status": "expired", "remaining_quantity": 500.0},
        ]
        vendor = Vendor(answer({"code": 0, "msg": "", "resource_pack_subscribe_infos": packs}))
        provider = KlingProvider({"api_key": KEY}, vendor.client, clock=lambda: 1_790_000_000.0)
        status = await provider.check_key()
        assert (status.ok, status.balance_usd) == (True, Decimal("16.87"))
        assert "120.5 units" in status.sentence
        (call,) = vendor.calls
        assert (call.method, call.url.path) == ("GET", "/account/costs")
        assert call.url.params["end_time"] == "1790000000000"
        assert int(call.url.params["start_time"]) < 1790000000000

    async def test_an_account_without_packs_is_no_fault(self) -> None:
        status = await paired(Vendor(answer({"code": 0, "resource_pack_subscribe_infos": []}))).check_key()
        assert (status.ok, status.balance_usd) == (True, None)

    async def test_it_says_that_a_key_is_refused(self) -> None:
        status = await kling(Vendor(error(1002, "invalid", 401))).check_key()
        assert not status.ok
        assert "(1002)" in status.sentence

    async def test_it_goes_where_the_option_points(self) -> None:
        vendor = Vendor(new())
        await kling(vendor, base_url="http://127.0.0.1:8100/kling/").poll(JOB)
        assert str(vendor.calls[0].url) == f"http://127.0.0.1:8100/kling/tasks?task_ids={JOB}"
