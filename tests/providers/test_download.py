"""Fetching: bounded, hashed, whole, from checked addresses, and only videos."""

from __future__ import annotations

import gzip
import hashlib
import io
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from providers.addresses import check_url, is_public, resolve
from providers.contract import Output
from providers.download import Fetcher
from providers.errors import (
    DownloadFailed,
    ForbiddenHost,
    LinkExpired,
    NotAVideo,
    ProviderError,
    RateLimited,
    TooLarge,
    VendorUnavailable,
)
from providers.runway import RunwayProvider
from tests.providers.wire import Vendor

VIDEO = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 3000
LINK = "https://cdn.example/out.mp4?_jwt=PLANTED"
PUBLIC = "93.184.215.14"


def resolver(*addresses: str) -> Any:
    async def answer(host: str, port: int) -> list[str]:
        return list(addresses)

    return answer


def fetcher(vendor: Vendor, *addresses: str, **rules: Any) -> Fetcher:
    settings: dict[str, Any] = {
        "client": vendor.client,
        "timeout": httpx.Timeout(5),
        "private_hosts": frozenset(),
        "max_bytes": 10_000_000,
        "resolver": resolver(*(addresses or (PUBLIC,))),
    }
    return Fetcher(**{**settings, **rules})


def video(content: bytes = VIDEO, **headers: str) -> httpx.Response:
    return httpx.Response(200, content=content, headers={"Content-Type": "video/mp4", **headers})


def moved(where: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": where})


class Breaks(httpx.AsyncByteStream):
    """A body that ends early, as when the line drops."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield VIDEO[:1000]
        raise httpx.RemoteProtocolError(f"peer closed {LINK}")


@pytest.mark.anyio
class TestFetch:
    async def test_it_writes_counts_and_hashes(self) -> None:
        sink = io.BytesIO()
        file = await fetcher(Vendor(video())).fetch(LINK, sink)
        assert sink.getvalue() == VIDEO
        assert file.size == len(VIDEO)
        assert file.sha256 == hashlib.sha256(VIDEO).hexdigest()
        assert file.content_type == "video/mp4"

    @pytest.mark.parametrize("size", [1, 11, 12, 511, 512, 513])
    async def test_it_keeps_small_files_whole(self, size: int) -> None:
        content, sink = b"\x00" * size, io.BytesIO()
        await fetcher(Vendor(video(content))).fetch(LINK, sink)
        assert sink.getvalue() == content

    async def test_it_is_reached_through_the_provider(self) -> None:
        vendor, sink = Vendor(video()), io.BytesIO()
        options = {"api_key": "key_x", "private_hosts": ["cdn.example:443"]}
        file = await RunwayProvider(options, vendor.client).download(Output(url=LINK), sink)
        assert file.size == len(sink.getvalue()) == len(VIDEO)
        assert "authorization" not in vendor.calls[0].headers

    async def test_it_stops_at_the_limit_even_when_no_length_was_promised(self) -> None:
        answer = video()
        del answer.headers["content-length"]
        sink = io.BytesIO()
        with pytest.raises(TooLarge):
            await fetcher(Vendor(answer), max_bytes=300_000).fetch(LINK, sink)
        assert len(sink.getvalue()) <= 300_000

    async def test_it_counts_what_unpacks_and_not_what_came(self) -> None:
        bomb = gzip.compress(VIDEO[:12] + bytes(5_000_000))
        with pytest.raises(TooLarge):
            await fetcher(Vendor(video(bomb, **{"Content-Encoding": "gzip"})), max_bytes=100_000).fetch(
                LINK, io.BytesIO()
            )

    async def test_it_refuses_by_the_promised_length_before_reading(self) -> None:
        sink = io.BytesIO()
        with pytest.raises(TooLarge, match=r"0\.5 MB"):
            await fetcher(Vendor(video()), max_bytes=500_000).fetch(LINK, sink)
        assert not sink.getvalue()

    @pytest.mark.parametrize("status", [401, 403, 404, 410])
    async def test_it_says_that_a_link_is_spent(self, status: int) -> None:
        with pytest.raises(LinkExpired):
            await fetcher(Vendor(httpx.Response(status))).fetch(LINK, io.BytesIO())

    @pytest.mark.parametrize(
        ("status", "kind"), [(429, RateLimited), (500, VendorUnavailable), (503, VendorUnavailable)]
    )
    async def test_it_comes_back_when_the_host_is_not_well(
        self, status: int, kind: type[ProviderError]
    ) -> None:
        with pytest.raises(kind) as caught:
            await fetcher(Vendor(httpx.Response(status, headers={"Retry-After": "9"}))).fetch(
                LINK, io.BytesIO()
            )
        assert caught.value.retry_after == 9
        assert not caught.value.permanent

    @pytest.mark.parametrize("status", [204, 206, 304, 400])
    async def test_it_takes_nothing_but_a_whole_answer(self, status: int) -> None:
        with pytest.raises(DownloadFailed):
            await fetcher(Vendor(httpx.Response(status, content=b""))).fetch(LINK, io.BytesIO())

    @pytest.mark.parametrize("answer", [video(b""), video(VIDEO[:100], **{"Content-Length": "200"})])
    async def test_it_notices_a_file_that_ended_early(self, answer: httpx.Response) -> None:
        with pytest.raises(DownloadFailed) as caught:
            await fetcher(Vendor(answer)).fetch(LINK, io.BytesIO())
        assert not caught.value.permanent

    async def test_it_notices_a_line_that_drops(self) -> None:
        with pytest.raises(DownloadFailed) as caught:
            await fetcher(Vendor(httpx.Response(200, stream=Breaks()))).fetch(LINK, io.BytesIO())
        assert not caught.value.permanent
        assert "PLANTED" not in str(caught.value)

    @pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.ReadError("x")])
    async def test_it_comes_back_when_the_host_cannot_be_reached(self, error: Exception) -> None:
        with pytest.raises(VendorUnavailable):
            await fetcher(Vendor(error)).fetch(LINK, io.BytesIO())


NOT_VIDEOS = [
    (b"<!DOCTYPE html><title>Sign in</title>", "HTML"),
    (b"\xef\xbb\xbf\n <html>", "HTML"),
    (b'{"error": "expired"}', "JSON"),
    (b"[1]", "JSON"),
    (b"<?xml version='1.0'?><Error>x</Error>", "XML"),
    (b"PK\x03\x04" + bytes(60), "zip"),
    (b"\x1f\x8b" + bytes(60), "gzip"),
    (b"Gone fishing", "plain text"),
    (b"the free lunch is over", "plain text"),
    ("über".encode() * 200, "plain text"),
    (b"\x89PNG\r\n\x1a\n" + bytes(60), "picture"),
    (b"RIFF\x00\x00\x00\x00WEBP" + bytes(60), "picture"),
]


@pytest.mark.anyio
class TestOnlyVideos:
    @pytest.mark.parametrize(("content", "words"), NOT_VIDEOS, ids=[words for _, words in NOT_VIDEOS])
    @pytest.mark.parametrize("filler", [b"", b" " * 2000], ids=["short", "long"])
    async def test_it_names_what_came_instead(self, content: bytes, words: str, filler: bytes) -> None:
        sink = io.BytesIO()
        with pytest.raises(NotAVideo, match=words):
            await fetcher(Vendor(video(content + filler))).fetch(LINK, sink)
        assert not sink.getvalue()

    @pytest.mark.parametrize(
        "head",
        [
            b"\x00\x00\x00\x14ftypqt  ",
            b"\x00\x00\x00\x08wide",
            b"\x1aE\xdf\xa3",
            b"RIFF0000AVI ",
            b"\xde\xad\xbe\xef",
        ],
    )
    async def test_it_lets_videos_and_unknown_binary_pass(self, head: bytes) -> None:
        sink = io.BytesIO()
        await fetcher(Vendor(video(head + bytes(1000)))).fetch(LINK, sink)
        assert len(sink.getvalue()) == len(head) + 1000

    async def test_it_does_not_repeat_links_and_keys_of_an_error_page(self) -> None:
        page = b'{"error": "bad key_SECRET", "url": "https://h.example/a?sig=SECRET2"}'
        with pytest.raises(NotAVideo) as caught:
            await fetcher(Vendor(video(page)), secrets=("key_SECRET",)).fetch(LINK, io.BytesIO())
        assert "bad [hidden]" in caught.value.vendor_words
        assert "SECRET" not in caught.value.vendor_words


@pytest.mark.anyio
class TestWhereItGoes:
    async def test_it_connects_to_the_address_that_was_checked(self) -> None:
        vendor = Vendor(video())
        await fetcher(vendor, PUBLIC).fetch("https://cdn.example:8443/o.mp4", io.BytesIO())
        (call,) = vendor.calls
        assert str(call.url) == f"https://{PUBLIC}:8443/o.mp4"
        assert call.headers["host"] == "cdn.example:8443"
        assert call.extensions["sni_hostname"] == "cdn.example"

    async def test_it_tries_the_next_address_when_one_is_dead(self) -> None:
        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.host == "2606:4700::1":
                raise httpx.ConnectError("no route")
            return video()

        sink = io.BytesIO()
        await fetcher(Vendor(answer), "2606:4700::1", PUBLIC).fetch(LINK, sink)
        assert sink.getvalue() == VIDEO

    @pytest.mark.parametrize(
        "address",
        [
            "10.0.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1", "100.64.0.1",
            "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1%eth0", "fc00::1",
            "fec0::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::10.0.0.1", "2002:a00:1::1",
            "2001:0:a00:1::1", "::10.0.0.1", "2001:db8::1", "nonsense",
        ],
    )  # fmt: skip
    async def test_it_refuses_addresses_that_are_not_public(self, address: str) -> None:
        vendor = Vendor(video())
        with pytest.raises(ForbiddenHost) as caught:
            await fetcher(vendor, PUBLIC, address).fetch(LINK, io.BytesIO())
        assert not vendor.calls
        assert caught.value.permanent

    @pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1", "64:ff9b::8.8.8.8"])
    def test_it_knows_public_addresses(self, address: str) -> None:
        assert is_public(address)

    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1/o.mp4", "https://[::1]/o.mp4", "https://2130706433/o.mp4", "https://0x7f.1/o.mp4",
            "https://localhost/o.mp4", "https://[::ffff:127.0.0.1]/o.mp4", "http://8.8.8.8/o.mp4",
            "ftp://8.8.8.8/o.mp4", "file:///etc/passwd", "https:///o.mp4", "nonsense", "https://u:p@8.8.8.8/",
            "https://[bad/", "", "https://localhost:99999/",
        ],
    )  # fmt: skip
    async def test_it_refuses_links_that_lead_inside(self, url: str) -> None:
        with pytest.raises((ForbiddenHost, VendorUnavailable)) as caught:
            await check_url(url, frozenset(), resolve)
        if "." in url or url.endswith("localhost/o.mp4"):
            assert isinstance(caught.value, ForbiddenHost)

    async def test_it_goes_to_the_private_hosts_that_were_named_and_to_no_other_port(self) -> None:
        vendor = Vendor(video())
        rules = fetcher(vendor, "127.0.0.1", private_hosts=frozenset({"127.0.0.1:8100"}))
        await rules.fetch("http://127.0.0.1:8100/o.mp4", io.BytesIO())
        assert str(vendor.calls[0].url) == "http://127.0.0.1:8100/o.mp4"
        for url in ("http://127.0.0.1:8101/", "https://127.0.0.1/", "http://127.0.0.2:8100/"):
            with pytest.raises(ForbiddenHost):
                await rules.fetch(url, io.BytesIO())

    async def test_it_comes_back_when_a_name_is_not_found(self) -> None:
        async def unknown(host: str, port: int) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")

        with pytest.raises(VendorUnavailable, match=r"cdn\.example"):
            await fetcher(Vendor(video()), resolver=unknown).fetch(LINK, io.BytesIO())


@pytest.mark.anyio
class TestRedirects:
    async def test_it_follows_three_hops_with_their_own_hosts(self) -> None:
        hops = iter([moved("/b"), moved("//two.example/c"), moved("https://three.example/d"), video()])
        vendor = Vendor(lambda _: next(hops))
        await fetcher(vendor).fetch(LINK, io.BytesIO())
        assert [call.headers["host"] for call in vendor.calls] == [
            "cdn.example", "cdn.example", "two.example", "three.example",
        ]  # fmt: skip
        assert [call.url.path for call in vendor.calls] == ["/out.mp4", "/b", "/c", "/d"]

    async def test_it_gives_up_after_three_hops(self) -> None:
        vendor = Vendor(lambda _: moved("/again"))
        with pytest.raises(DownloadFailed, match="passed on"):
            await fetcher(vendor).fetch(LINK, io.BytesIO())
        assert len(vendor.calls) == 4

    @pytest.mark.parametrize("where", ["http://cdn.example/x", "file:///etc/passwd"])
    async def test_it_checks_each_hop(self, where: str) -> None:
        vendor = Vendor(lambda _: moved(where))
        with pytest.raises(ForbiddenHost):
            await fetcher(vendor).fetch(LINK, io.BytesIO())
        assert len(vendor.calls) == 1

    async def test_it_follows_no_hop_into_the_house(self) -> None:
        async def by_name(host: str, port: int) -> list[str]:
            return [PUBLIC if host == "cdn.example" else "10.0.0.1"]

        vendor = Vendor(lambda _: moved("https://intranet.example/"))
        with pytest.raises(ForbiddenHost):
            await fetcher(vendor, resolver=by_name).fetch(LINK, io.BytesIO())
        assert len(vendor.calls) == 1

    async def test_it_sends_a_key_to_its_own_host_only(self) -> None:
        hops = iter([moved("https://cdn.example/b"), moved("https://other.example/c"), video()])
        vendor = Vendor(lambda _: next(hops))
        rules = fetcher(vendor, origin="https://cdn.example", origin_headers={"Authorization": "Bearer k"})
        await rules.fetch(LINK, io.BytesIO())
        assert [call.headers.get("authorization") for call in vendor.calls] == ["Bearer k", "Bearer k", None]

    async def test_it_says_where_a_hop_without_an_address_came_from(self) -> None:
        with pytest.raises(ForbiddenHost, match="nowhere"):
            await fetcher(Vendor(httpx.Response(302))).fetch(LINK, io.BytesIO())
