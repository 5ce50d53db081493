"""The Sora format: polling, files behind the key, the key itself, webhooks; and what it has no way to do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from providers.contract import JobState
from providers.errors import (
    AuthFailed,
    JobNotFound,
    LinkExpired,
    Unsupported,
    VendorUnavailable,
    WebhookInvalid,
)
from tests.providers.sora_cases import GATEWAY, JOB, KEY, MP4, refused, sora, video
from tests.providers.wire import Vendor, answer_of, own_headers, recorded

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.anyio
class TestPoll:
    async def test_it_reads_the_recorded_answer(self) -> None:
        entry = recorded("sora", "retrieve")
        vendor = Vendor(answer_of(entry))
        job = await sora(vendor).poll(JOB)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert own_headers(call, set(entry["headers"])) == entry["headers"]
        assert (job.id, job.state, job.progress, job.outputs) == (JOB, JobState.RUNNING, 0.42, ())

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("queued", JobState.QUEUED),
            ("in_progress", JobState.RUNNING),
            ("completed", JobState.SUCCEEDED),
            ("failed", JobState.FAILED),
            ("expired", JobState.FAILED),
            ("dreaming", JobState.UNKNOWN),
        ],
    )
    async def test_it_maps_every_status(self, status: str, state: JobState) -> None:
        job = await sora(Vendor(video(status=status))).poll(JOB)
        assert (job.state, job.vendor_status) == (state, status)
        over = status in {"completed", "failed", "expired"}
        assert job.poll_after_s == (None if over else 5)

    async def test_it_finds_the_file_behind_the_api_itself(self) -> None:
        job = await sora(Vendor(video(status="completed", progress=99, expires_at=1760003600))).poll(JOB)
        (output,) = job.outputs
        assert output.url == f"{GATEWAY}/videos/{JOB}/content"
        assert output.expires_at == datetime.fromtimestamp(1760003600, UTC)
        assert job.progress == 1.0

    @pytest.mark.parametrize(
        ("code", "state", "retry"),
        [
            ("moderation_blocked", JobState.REFUSED, False),
            ("content_filter", JobState.REFUSED, False),
            ("content_policy_violation", JobState.REFUSED, False),
            ("server_error", JobState.FAILED, True),
            ("internal_error", JobState.FAILED, True),
            ("invalid_image", JobState.FAILED, False),
        ],
    )
    async def test_it_tells_a_refusal_from_a_failure(self, code: str, state: JobState, retry: bool) -> None:
        error = {"code": code, "message": "It went wrong."}
        job = await sora(Vendor(video(status="failed", error=error))).poll(JOB)
        assert (job.state, job.failure_code, job.retry_helps) == (state, code, retry)
        assert job.failure_words == "It went wrong."

    async def test_it_says_that_a_job_ran_out_of_time(self) -> None:
        job = await sora(Vendor(video(status="expired"))).poll(JOB)
        assert (job.failure_code, job.retry_helps) == ("expired", False)

    @pytest.mark.parametrize(
        ("wish", "seconds"),
        [("2500", 2.5), ("", 5), ("soon", 5), ("-5", 5), ("inf", 5), ("9000000", 300)],
    )
    async def test_it_polls_when_the_host_asks_for_it(self, wish: str, seconds: float) -> None:
        answer = video(headers={"openai-poll-after-ms": wish})
        assert (await sora(Vendor(answer)).poll(JOB)).poll_after_s == seconds

    async def test_it_says_when_the_job_is_gone(self) -> None:
        with pytest.raises(JobNotFound):
            await sora(Vendor(refused(404))).poll(JOB)

    async def test_it_keeps_an_id_inside_its_path(self) -> None:
        vendor = Vendor(video())
        await sora(vendor).poll("../models?x=/")
        assert vendor.calls[0].url.raw_path == b"/v1/videos/..%2Fmodels%3Fx%3D%2F"

    @given(answer=st.dictionaries(st.sampled_from([*video().json()]), JSON), status=st.text(max_size=12))
    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    async def test_it_survives_any_answer(self, answer: dict[str, Any], status: str) -> None:
        text = json.dumps(answer | {"status": status})
        job = await sora(Vendor(httpx.Response(200, text=text))).poll(JOB)
        assert job.progress is None or 0 <= job.progress <= 1


@pytest.mark.anyio
class TestDownload:
    async def test_it_takes_the_key_along_as_the_sdk_does(self) -> None:
        entry = recorded("sora", "download")
        vendor = Vendor(httpx.Response(200, content=MP4, headers={"Content-Type": "video/mp4"}))
        host = "127.0.0.1:9"
        here = sora(vendor, base_url=f"http://{host}/v1", private_hosts=[host])
        job = await sora(Vendor(video(status="completed")), base_url=f"http://{host}/v1").poll(JOB)
        sink = io.BytesIO()
        await here.download(job.outputs[0], sink)
        (call,) = vendor.calls
        assert (call.method, call.url.path) == (entry["method"], entry["path"])
        assert call.headers["authorization"] == entry["headers"]["Authorization"]
        assert sink.getvalue() == MP4

    async def test_it_gives_the_key_to_no_other_host(self) -> None:
        hosts = ["127.0.0.1:9", "127.0.0.1:8"]

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.port == 9:
                return httpx.Response(302, headers={"Location": "http://127.0.0.1:8/clip.mp4"})
            return httpx.Response(200, content=MP4)

        vendor = Vendor(answer)
        here = sora(vendor, base_url=f"http://{hosts[0]}/v1", private_hosts=hosts)
        done = await sora(Vendor(video(status="completed")), base_url=f"http://{hosts[0]}/v1").poll(JOB)
        await here.download(done.outputs[0], io.BytesIO())
        assert ["authorization" in call.headers for call in vendor.calls] == [True, False]

    async def test_it_calls_a_file_that_is_gone_expired(self) -> None:
        host = "127.0.0.1:9"
        here = sora(Vendor(refused(404)), base_url=f"http://{host}/v1", private_hosts=[host])
        done = await sora(Vendor(video(status="completed")), base_url=f"http://{host}/v1").poll(JOB)
        with pytest.raises(LinkExpired):
            await here.download(done.outputs[0], io.BytesIO())


@pytest.mark.anyio
class TestTheRest:
    async def test_it_never_deletes_what_it_cannot_stop(self) -> None:
        vendor = Vendor(video(status="in_progress"))
        assert await sora(vendor).cancel(JOB) is False
        assert not vendor.calls

    async def test_it_takes_no_job_for_ours_that_only_looks_alike(self) -> None:
        vendor = Vendor(httpx.Response(200, json={"object": "list", "data": [video().json()]}))
        with pytest.raises(Unsupported, match="person"):
            await sora(vendor).find("token")
        assert not vendor.calls

    async def test_it_tries_a_key_by_the_list(self) -> None:
        vendor = Vendor(httpx.Response(200, json={"object": "list", "data": [], "has_more": False}))
        assert (await sora(vendor).check_key()).ok
        assert str(vendor.calls[0].url) == f"{GATEWAY}/videos?limit=1"
        assert vendor.calls[0].method == "GET"

    async def test_it_says_that_a_key_is_refused(self) -> None:
        status = await sora(Vendor(refused(401, "invalid_api_key"))).check_key()
        assert not status.ok
        assert "key" in status.sentence

    @pytest.mark.parametrize("code", [404, 405])
    async def test_it_blames_no_key_for_a_gateway_without_a_list(self, code: int) -> None:
        with pytest.raises(VendorUnavailable) as caught:
            await sora(Vendor(refused(code))).check_key()
        assert not caught.value.permanent

    async def test_it_believes_no_list_that_is_none(self) -> None:
        with pytest.raises(VendorUnavailable):
            await sora(Vendor(httpx.Response(200, json={"data": "all"}))).check_key()

    async def test_a_poll_with_a_refused_key_says_so(self) -> None:
        with pytest.raises(AuthFailed):
            await sora(Vendor(refused(401, "invalid_api_key"))).poll(JOB)


SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes 123").decode()


def delivery(body: dict[str, Any], secret: str = SECRET, ago: float = 0) -> tuple[dict[str, str], bytes]:
    """Headers and bytes as the vendor sends them."""
    content, moment = json.dumps(body).encode(), str(int(time.time() - ago))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = hmac.digest(key, f"wh_1.{moment}.".encode() + content, hashlib.sha256)
    proof = f"v1,{base64.b64encode(signed).decode()}"
    return {"Webhook-Id": "wh_1", "Webhook-Timestamp": moment, "Webhook-Signature": proof}, content


def event(kind: str = "video.completed", job_id: Any = JOB) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "created_at": 1760000090,
        "type": kind,
        "data": {"id": job_id},
    }


class TestWebhooks:
    @pytest.mark.parametrize("kind", ["video.completed", "video.failed"])
    def test_it_reads_which_job_has_moved(self, kind: str) -> None:
        found = sora(Vendor(video()), webhook_secret=SECRET).read_webhook(*delivery(event(kind)))
        assert (found.job_id, found.event_id) == (JOB, "wh_1")

    def test_it_knows_two_secrets_while_one_is_changed(self) -> None:
        older = "whsec_" + base64.b64encode(b"an older secret of the same kind").decode()
        both = sora(Vendor(video()), webhook_secret=f"{SECRET}\n{older}")
        assert both.read_webhook(*delivery(event(), older)).job_id == JOB

    @pytest.mark.parametrize(
        "body",
        [event("response.completed"), event(job_id=""), event(job_id=5), {"type": "video.failed"}, {}],
    )
    def test_it_hears_nothing_in_what_is_no_videos(self, body: dict[str, Any]) -> None:
        with pytest.raises(WebhookInvalid, match="no video"):
            sora(Vendor(video()), webhook_secret=SECRET).read_webhook(*delivery(body))

    def test_it_refuses_a_forged_an_old_and_a_changed_one(self) -> None:
        provider = sora(Vendor(video()), webhook_secret=SECRET)
        headers, content = delivery(event())
        for wrong in ((headers, content + b" "), delivery(event(), ago=400), ({}, content)):
            with pytest.raises(WebhookInvalid):
                provider.read_webhook(*wrong)

    def test_it_believes_nothing_without_a_secret(self) -> None:
        with pytest.raises(WebhookInvalid):
            sora(Vendor(video())).read_webhook(*delivery(event()))

    def test_it_never_shows_the_secret(self) -> None:
        provider = sora(Vendor(video()), webhook_secret=SECRET)
        assert SECRET not in provider.scrubbed(f"you sent {SECRET} and {KEY}")
        assert KEY not in provider.scrubbed(f"you sent {SECRET} and {KEY}")
