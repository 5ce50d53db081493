"""What every adapter must do over a real connection, whole and broken: subclass, fill in, and it is tested.

The other side is the sandbox, which speaks the vendor's format and breaks on order.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import httpx
import pytest

from providers import registry
from providers.contract import GenerationRequest, JobState, ProviderJob, VideoProvider
from providers.errors import (
    AnswerLost,
    DownloadFailed,
    ForbiddenHost,
    JobNotFound,
    LinkExpired,
    NeverSent,
    NotAVideo,
    ProviderError,
    RateLimited,
    VendorUnavailable,
)
from tests.patience import PATIENCE_S
from tests.ports import free_port
from tests.sandbox_server import Sandbox

UNDER_WAY = {JobState.QUEUED, JobState.RUNNING}
# The safety system of the sandbox says no to this, whatever the vendor.
FORBIDDEN_PROMPT = "A bloody corpse with gore"


@pytest.mark.anyio
class SandboxCases:
    """Fill in `name`, `path` (below the sandbox's root), `options` (credentials that the sandbox takes) and
    `request_`.

    `refused_at_once`: the vendor says no to a forbidden prompt in the creating call, and not in the job.
    `files_expire`: finished files run out; `files_have_ranges`: a part of one can be asked for;
    `keyed_files` are served by the API itself. `can_cancel` as it is. `files_in_polls`: a poll names the
    finished file, so that one may come without.
    """

    name: ClassVar[str]
    path: ClassVar[str]
    options: ClassVar[dict[str, Any]]
    request_: ClassVar[GenerationRequest]
    refused_at_once: ClassVar[bool] = False
    files_expire: ClassVar[bool] = True
    files_have_ranges: ClassVar[bool] = True
    can_cancel: ClassVar[bool] = True
    files_in_polls: ClassVar[bool] = True
    # What a key needs besides, to delete what it has made.
    deleting: ClassVar[dict[str, Any]] = {}

    @pytest.fixture
    async def provider(self, house: Sandbox) -> AsyncIterator[VideoProvider]:
        async with httpx.AsyncClient() as client:
            yield self.adapter(client, house.port)

    def adapter(self, client: httpx.AsyncClient, port: int, **more: Any) -> VideoProvider:
        address = f"127.0.0.1:{port}"
        options = {"base_url": f"http://{address}{self.path}", "private_hosts": [address]}
        return registry.load(self.name, options | self.options_at(port) | more, client)

    def options_at(self, port: int) -> dict[str, Any]:
        """The credentials, for vendors whose ones name the address of the sandbox as well."""
        return self.options

    async def over(self, provider: VideoProvider, job_id: str) -> ProviderJob:
        """The job once it is over."""
        deadline = time.monotonic() + PATIENCE_S
        while (job := await provider.poll(job_id)).state in UNDER_WAY:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.03)
        return job

    async def finished(self, provider: VideoProvider) -> ProviderJob:
        job = await self.over(provider, (await provider.submit(self.request_)).id)
        assert job.state is JobState.SUCCEEDED
        assert job.outputs
        return job

    # The whole way.

    async def test_an_order_becomes_a_file(self, provider: VideoProvider, house: Sandbox) -> None:
        job = await self.finished(provider)
        sink = io.BytesIO()
        file = await provider.download(job.outputs[0], sink)
        content = sink.getvalue()
        assert (file.size, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
        assert content[4:8] == b"ftyp"
        (paid,) = house.control.get("/_control/paid").json()["jobs"]
        assert paid["model"]
        assert self.request_.prompt in paid["prompt"]

    async def test_a_job_that_is_open_is_queued_or_running(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(min_seconds=60)
        job = await provider.poll((await provider.submit(self.request_)).id)
        assert job.state in UNDER_WAY
        assert job.progress is None or 0 <= job.progress < 1
        assert not job.outputs

    async def test_a_job_that_never_was_is_not_found(self, provider: VideoProvider, house: Sandbox) -> None:
        known = (await provider.submit(self.request_)).id
        unknown = "".join(str((int(c) + 5) % 10) if c.isdigit() else c for c in known)
        assert unknown != known
        with pytest.raises(JobNotFound):
            await provider.poll(unknown)

    async def test_an_open_job_can_be_cancelled_where_the_vendor_can(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.settings(min_seconds=60)
        job = await provider.submit(self.request_)
        assert await provider.cancel(job.id) is self.can_cancel
        if self.can_cancel:
            try:
                assert (await provider.poll(job.id)).state is JobState.CANCELLED
            except JobNotFound:
                assert await provider.cancel(job.id) is False

    async def test_a_finished_job_is_never_cancelled(self, provider: VideoProvider, house: Sandbox) -> None:
        done = await self.finished(provider)
        assert await provider.cancel(done.id) is False
        assert (await provider.poll(done.id)).state is JobState.SUCCEEDED

    async def test_a_finished_job_is_deleted_where_the_vendor_does_that(self, house: Sandbox) -> None:
        async with httpx.AsyncClient() as client:
            provider: Any = self.adapter(client, house.port, **self.deleting)
            if not registry.can_delete(self.name):
                assert not hasattr(provider, "delete")
                return
            done = await self.finished(provider)
            other = (await provider.submit(self.request_)).id
            house.fault("status", match={"role": "deletion"}, code=503)
            with pytest.raises(VendorUnavailable):
                await provider.delete(done.id)
            assert await provider.delete(done.id) is True
            # Whoever asks again is told that it is gone, which is what they wanted.
            with pytest.raises(JobNotFound):
                await provider.delete(done.id)
            with pytest.raises((LinkExpired, JobNotFound)):
                await provider.download(done.outputs[0], io.BytesIO())
            assert (await self.over(provider, other)).state is JobState.SUCCEEDED
            assert house.paid_count() == 2

    async def test_a_key_is_tried_without_a_paid_call(self, provider: VideoProvider, house: Sandbox) -> None:
        status = await provider.check_key()
        assert status.ok
        assert status.sentence
        assert house.paid_count() == 0

    # Money.

    async def test_a_lost_answer_is_never_taken_for_a_refusal(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        for kind, paid in (("drop_before", 0), ("drop_after", 1), ("malformed_json", 2)):
            house.fault(kind, match={"role": "creation"})
            with pytest.raises(AnswerLost) as caught:
                await provider.submit(self.request_)
            assert caught.value.may_have_spent
            assert house.paid_count() == paid

    @pytest.mark.parametrize("when", ["before", "after"])
    async def test_a_vendor_that_does_not_answer_in_time_may_have_spent(
        self, house: Sandbox, when: str
    ) -> None:
        house.fault("latency", match={"role": "creation"}, seconds=0.8, when=when)
        async with httpx.AsyncClient() as client:
            impatient = self.adapter(client, house.port, timeouts={"read": 0.3})
            with pytest.raises(AnswerLost):
                await impatient.submit(self.request_)
        # The order is taken all the same, though nobody hears of it.
        deadline = time.monotonic() + PATIENCE_S
        while house.paid_count() != 1:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)

    @pytest.mark.parametrize("code", [500, 502, 503])
    async def test_a_broken_server_on_a_paid_call_may_have_spent(
        self, provider: VideoProvider, house: Sandbox, code: int
    ) -> None:
        house.fault("status", match={"role": "creation"}, code=code)
        with pytest.raises(AnswerLost):
            await provider.submit(self.request_)

    async def test_a_server_that_is_not_there_was_never_sent_anything(self) -> None:
        async with httpx.AsyncClient() as client:
            with pytest.raises((NeverSent, VendorUnavailable)) as caught:
                await self.adapter(client, free_port()).submit(self.request_)
            assert not caught.value.may_have_spent

    async def test_a_pause_is_asked_for_with_its_length(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.fault("status", match={"role": "creation"}, code=429, retry_after=7)
        with pytest.raises(RateLimited) as caught:
            await provider.submit(self.request_)
        assert (caught.value.retry_after, house.paid_count()) == (7, 0)

    async def test_a_pause_without_a_length_leaves_the_length_open(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.fault("status", match={"role": "creation"}, code=429)
        with pytest.raises(RateLimited) as caught:
            await provider.submit(self.request_)
        assert (caught.value.retry_after, caught.value.permanent) == (None, False)

    async def test_a_forbidden_prompt_is_refused_in_the_vendors_words(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        forbidden = replace(self.request_, prompt=FORBIDDEN_PROMPT)
        if self.refused_at_once:
            with pytest.raises(ProviderError) as caught:
                await provider.submit(forbidden)
            assert type(caught.value).__name__ == "ContentRefused"
            assert caught.value.vendor_words
            assert house.paid_count() == 0
            return
        job = await self.over(provider, (await provider.submit(forbidden)).id)
        assert job.state is JobState.REFUSED
        assert job.failure_words

    # Polls.

    async def test_a_failed_job_tells_the_vendors_words(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        house.fault("fail")
        job = await self.over(provider, (await provider.submit(self.request_)).id)
        assert job.state is JobState.FAILED
        assert job.failure_words

    async def test_a_poll_survives_what_a_vendor_may_say(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        job = await self.finished(provider)
        spoilt = ("empty_output",) if self.files_in_polls else ()
        for kind in (*spoilt, "malformed_json", "drop_before"):
            house.fault(kind, match={"role": "poll"})
            with pytest.raises(VendorUnavailable):
                await provider.poll(job.id)
        assert (await provider.poll(job.id)).state is JobState.SUCCEEDED

    async def test_a_status_of_tomorrow_is_unknown_and_asked_again(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        job = await self.finished(provider)
        house.fault("unknown_status")
        assert (await provider.poll(job.id)).state is JobState.UNKNOWN

    # Files.

    @pytest.mark.parametrize(
        ("fault", "error"),
        [
            ("html", NotAVideo),
            ("truncate", DownloadFailed),
            ("expired_link", LinkExpired),
            ("drop_before", VendorUnavailable),
            ("wrong_content_type", NotAVideo),
        ],
    )
    async def test_a_broken_download_says_what_it_is_and_works_the_next_time(
        self, provider: VideoProvider, house: Sandbox, fault: str, error: type[Exception]
    ) -> None:
        job = await self.finished(provider)
        # A line that breaks once is taken up again; one that goes on breaking is given up.
        house.fault(fault, match={"role": "download"}, times=-1 if fault == "truncate" else 1)
        if fault == "wrong_content_type":
            # The bytes are a clip and the label is wrong: the bytes are believed.
            assert (await provider.download(job.outputs[0], io.BytesIO())).size > 1000
            return
        with pytest.raises(error) as caught:
            await provider.download(job.outputs[0], io.BytesIO())
        assert type(caught.value) is error
        house.control.delete("/_control/faults").raise_for_status()
        fresh = await provider.poll(job.id)
        assert (await provider.download(fresh.outputs[0], io.BytesIO())).size > 1000

    async def test_a_line_that_breaks_is_taken_up_where_it_broke(
        self, provider: VideoProvider, house: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # A clip drawn by chance may be smaller than what a try has to gain (test_resume.py has that rule).
        monkeypatch.setattr("providers.download.LEAST_GAIN_BYTES", 1)
        job = await self.finished(provider)
        whole, again = io.BytesIO(), io.BytesIO()
        told = await provider.download(job.outputs[0], whole)
        house.fault("truncate", match={"role": "download"}, at=told.size - 1000)
        if not self.files_have_ranges:
            with pytest.raises(DownloadFailed):
                await provider.download(job.outputs[0], again)
        else:
            assert await provider.download(job.outputs[0], again) == told
            assert again.getvalue() == whole.getvalue()

    async def test_a_redirect_to_a_private_address_is_not_followed(
        self, provider: VideoProvider, house: Sandbox
    ) -> None:
        job = await self.finished(provider)
        house.fault("redirect", match={"role": "download"}, to="http://127.0.0.1:9/secret.mp4")
        with pytest.raises(ForbiddenHost):
            await provider.download(job.outputs[0], io.BytesIO())

    async def test_a_link_that_ran_out_is_expired(self, provider: VideoProvider, house: Sandbox) -> None:
        if not self.files_expire:
            return
        house.settings(link_seconds=0)
        job = await self.finished(provider)
        with pytest.raises(LinkExpired):
            await provider.download(job.outputs[0], io.BytesIO())
