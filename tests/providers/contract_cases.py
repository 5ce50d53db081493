"""What every adapter must keep, whatever its vendor: subclass, fill in the first lines, and it is tested."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

import httpx
import pytest

from providers import registry
from providers.contract import GenerationRequest, VideoProvider
from providers.errors import (
    AnswerLost,
    NeverSent,
    NotConfigured,
    ProviderError,
    RateLimited,
    Rejected,
    Unsupported,
    VendorUnavailable,
)
from tests.providers.wire import Vendor

NEVER_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("busy"),
    httpx.UnsupportedProtocol("odd"),
    httpx.ProxyError("no tunnel"),
]
LOST = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.CloseError("reset"),
    httpx.RemoteProtocolError("hung up"),
    httpx.LocalProtocolError("odd"),
    httpx.DecodingError("garbled"),
    ConnectionResetError("raw"),
    RuntimeError("a transport's own error"),
]
# 302 is how many frameworks answer a form that they took; 499 is Google's for a call that was broken off.
LOST_STATUSES = [302, 303, 408, 409, 424, 444, 460, 499, 500, 502, 503, 504, 529]
REFUSED_STATUSES = [301, 307, 400, 401, 402, 403, 404, 405, 413, 422, 429]
UNREADABLE = [b"", b"<html>", b"[]", b"null", b"{}", b'{"id": 5}', b'{"id": ""}', b"\xff\xfe", b'{"id":']


def named(value: object) -> str:
    """A readable name for a case."""
    return type(value).__name__ if isinstance(value, Exception) else repr(value)[:24]


async def refused_unsent(
    vendor: Vendor, provider: VideoProvider, request_: GenerationRequest, field: str
) -> None:
    """What a model cannot express is said at its field, and before anything was sent."""
    with pytest.raises(Unsupported) as caught:
        await provider.submit(request_)
    assert not vendor.calls
    assert field in {issue.field for issue in caught.value.issues}
    assert "Nothing was sent." in str(caught.value)


@pytest.mark.anyio
class ContractCases:
    """Fill in `name`, `options`, `secret`, `request_` and `accepted` (the usual answer to a creation).

    `credential` is the option that nothing works without. `limited` is a 429 as the vendor writes it.
    """

    name: ClassVar[str]
    options: ClassVar[dict[str, Any]]
    secret: ClassVar[str]
    request_: ClassVar[GenerationRequest]
    accepted: ClassVar[dict[str, Any]]
    credential: ClassVar[str] = "api_key"
    job_id: ClassVar[str] = "job-1"
    limited: ClassVar[dict[str, Any]] = {"error": "too many"}

    def provider(self, vendor: Vendor, **options: Any) -> VideoProvider:
        return registry.load(self.name, {**self.options, **options}, vendor.client)

    async def failure(self, vendor: Vendor) -> ProviderError:
        """The error of one submit, after the checks that hold for every error."""
        with pytest.raises(ProviderError) as caught:
            await self.provider(vendor).submit(self.request_)
        assert len(self.paid(vendor)) == 1, "a paid call is made once, whatever happens to it"
        return caught.value

    def paid(self, vendor: Vendor) -> list[httpx.Request]:
        """The calls that cost money; some vendors want a token fetched besides, which costs none."""
        return vendor.calls

    async def test_it_returns_the_job_of_an_accepted_call(self) -> None:
        vendor = Vendor(httpx.Response(200, json=self.accepted))
        job = await self.provider(vendor).submit(self.request_)
        assert job.id
        assert len(vendor.calls) == 1

    @pytest.mark.parametrize("error", NEVER_SENT, ids=named)
    async def test_it_says_never_sent_when_no_connection_was_made(self, error: Exception) -> None:
        failure = await self.failure(Vendor(error))
        assert isinstance(failure, NeverSent)
        assert not failure.permanent
        assert not failure.may_have_spent

    @pytest.mark.parametrize("error", LOST, ids=named)
    async def test_it_says_answer_lost_when_the_request_may_have_left(self, error: Exception) -> None:
        failure = await self.failure(Vendor(error))
        assert isinstance(failure, AnswerLost)
        assert failure.permanent
        assert failure.may_have_spent

    @pytest.mark.parametrize("status", LOST_STATUSES)
    async def test_it_says_answer_lost_on_a_status_that_may_follow_the_work(self, status: int) -> None:
        failure = await self.failure(Vendor(httpx.Response(status, text="no")))
        assert isinstance(failure, AnswerLost)
        assert failure.status == status

    @pytest.mark.parametrize("body", UNREADABLE, ids=named)
    async def test_it_says_answer_lost_when_a_good_status_names_no_job(self, body: bytes) -> None:
        assert isinstance(await self.failure(Vendor(httpx.Response(200, content=body))), AnswerLost)

    @pytest.mark.parametrize("status", REFUSED_STATUSES)
    async def test_it_says_rejected_when_nothing_was_taken(self, status: int) -> None:
        body = self.limited if status == 429 else {"error": "no"}
        failure = await self.failure(Vendor(httpx.Response(status, json=body)))
        assert isinstance(failure, Rejected)
        assert not failure.may_have_spent
        assert isinstance(failure, RateLimited) == (status == 429)

    async def test_it_carries_neither_key_nor_order_along_a_redirect(self) -> None:
        vendor = Vendor(httpx.Response(307, headers={"Location": "https://elsewhere.example/take"}))
        assert isinstance(await self.failure(vendor), Rejected)
        with pytest.raises(ProviderError):
            await self.provider(vendor).poll(self.job_id)
        assert "elsewhere.example" not in {call.url.host for call in vendor.calls}

    @pytest.mark.parametrize(("header", "seconds"), [("Retry-After", "7"), ("Retry-After-Ms", "7000")])
    async def test_it_passes_on_how_long_to_wait(self, header: str, seconds: str) -> None:
        failure = await self.failure(
            Vendor(httpx.Response(429, json=self.limited, headers={header: seconds}))
        )
        assert failure.retry_after == 7

    @pytest.mark.parametrize("error", [*NEVER_SENT, *LOST], ids=named)
    async def test_it_polls_without_fear_for_money(self, error: Exception) -> None:
        with pytest.raises(VendorUnavailable) as caught:
            await self.provider(Vendor(error)).poll(self.job_id)
        assert not caught.value.may_have_spent
        assert not caught.value.permanent

    @pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
    async def test_it_asks_again_later_when_the_vendor_is_not_well(self, status: int) -> None:
        vendor = Vendor(httpx.Response(status, headers={"Retry-After": "3"}))
        with pytest.raises(VendorUnavailable) as caught:
            await self.provider(vendor).poll(self.job_id)
        assert caught.value.retry_after == 3

    @pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}"], ids=named)
    async def test_it_takes_a_senseless_poll_for_an_unwell_vendor(self, body: bytes) -> None:
        with pytest.raises(VendorUnavailable):
            await self.provider(Vendor(httpx.Response(200, content=body))).poll(self.job_id)

    @pytest.mark.parametrize("reply", [400, 401, 429, 500, 200, httpx.ReadTimeout, RuntimeError], ids=str)
    async def test_it_never_shows_the_key(self, reply: Any, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        told = f"you sent Bearer {self.secret} to https://h.example/x?sig={self.secret}"
        response = httpx.Response(reply, json={"error": told}) if isinstance(reply, int) else reply(told)
        vendor = Vendor(response)
        failure = await self.failure(vendor)
        shown = [str(failure), repr(failure), failure.vendor_words, repr(self.provider(vendor)), caplog.text]
        assert not [text for text in shown if self.secret in text]
        assert failure.__suppress_context__ or failure.__context__ is None

    async def test_it_sends_nothing_for_a_model_it_does_not_know(self) -> None:
        vendor = Vendor(httpx.Response(200, json=self.accepted))
        with pytest.raises(Unsupported) as caught:
            await self.provider(vendor).submit(GenerationRequest(model="no-such-model", prompt="x"))
        assert not vendor.calls
        assert [issue.field for issue in caught.value.issues] == ["model"]

    async def test_it_leaves_a_client_that_was_handed_in_open(self) -> None:
        vendor = Vendor(httpx.Response(200, json=self.accepted))
        provider: Any = self.provider(vendor)
        async with provider:
            await provider.submit(self.request_)
        assert not vendor.client.is_closed

    @pytest.mark.parametrize("value", [None, "", "  ", "with space", "käse", "two\nlines"])
    def test_it_names_the_option_that_is_missing(self, value: str | None) -> None:
        options = {**self.options, self.credential: value}
        with pytest.raises(NotConfigured, match=self.credential):
            registry.load(self.name, options)

    @pytest.mark.parametrize(
        "url", ["http://vendor.example", "ftp://x", "https://", "nonsense", "https://a?b=c"]
    )
    def test_it_refuses_an_address_that_would_show_the_key(self, url: str) -> None:
        with pytest.raises(NotConfigured, match="base_url"):
            registry.load(self.name, {**self.options, "base_url": url})
