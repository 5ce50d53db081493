"""The shared manner on a real line, and the words that leave it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest
from httpx_aiohttp import AiohttpTransport

from providers import registry
from providers.bounded import ANSWER_BYTES
from providers.contract import GenerationRequest
from providers.errors import AnswerLost, NeverSent, NotConfigured, ProviderError, VendorUnavailable
from providers.retry_after import retry_after_s
from providers.runway import RunwayProvider
from providers.scrub import scrub

REQUEST = GenerationRequest(model="gen4.5", prompt="x")


@asynccontextmanager
async def hangs_up(answer: bytes) -> AsyncIterator[int]:
    """A server that reads the whole request, says `answer` and closes; gives its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length"))
        await reader.readexactly(int(length.partition(b":")[2]))
        writer.write(answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def talks_on(written: list[int]) -> AsyncIterator[int]:
    """A server whose answers have no end, as long as anybody listens; notes how much of each went out."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[")
        written.append(0)
        try:
            while True:
                writer.write(b"0," * 500_000)
                await writer.drain()
                written[-1] += 1_000_000
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def clients() -> list[httpx.AsyncClient]:
    # The watcher uses aiohttp's transport, which reports some late failures under the names of early ones.
    return [httpx.AsyncClient(trust_env=False), httpx.AsyncClient(transport=AiohttpTransport())]


async def failure_at(port: int, client: httpx.AsyncClient) -> ProviderError:
    options = {"api_key": "key_x", "base_url": f"http://127.0.0.1:{port}"}
    async with client:
        with pytest.raises(ProviderError) as caught:
            await RunwayProvider(options, client).submit(REQUEST)
    return caught.value


@pytest.mark.anyio
class TestOnARealLine:
    @pytest.mark.parametrize("index", [0, 1], ids=["httpx", "aiohttp"])
    @pytest.mark.parametrize(
        "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"nonsense\r\n\r\n"]
    )
    async def test_it_says_answer_lost_when_the_vendor_hangs_up(self, index: int, answer: bytes) -> None:
        async with hangs_up(answer) as port:
            assert isinstance(await failure_at(port, clients()[index]), AnswerLost)

    @pytest.mark.parametrize("index", [0, 1], ids=["httpx", "aiohttp"])
    async def test_it_says_never_sent_when_nobody_listens(self, index: int) -> None:
        async with hangs_up(b"") as port:
            pass
        assert isinstance(await failure_at(port, clients()[index]), NeverSent)

    @pytest.mark.parametrize("index", [0, 1], ids=["httpx", "aiohttp"])
    async def test_an_answer_without_an_end_is_cut_off(self, index: int) -> None:
        read: list[int] = []
        async with talks_on(read) as port, clients()[index] as client:
            options = {"api_key": "key_x", "base_url": f"http://127.0.0.1:{port}"}
            with pytest.raises(AnswerLost, match="had no end"):
                await RunwayProvider(options, client).submit(REQUEST)
            with pytest.raises(VendorUnavailable, match="had no end"):
                await RunwayProvider(options, client).poll("job")
        assert max(read) < 4 * ANSWER_BYTES

    def test_only_where_clips_come_within_an_answer_it_may_be_long(self) -> None:
        long = {name for name in registry.names() if registry._adapter(name).most_answer_bytes > ANSWER_BYTES}
        assert long == {"gemini", "veo"}

    async def test_it_makes_and_closes_a_client_of_its_own(self) -> None:
        async with RunwayProvider({"api_key": "key_x"}) as provider:
            client = provider.client
            assert provider.client is client
        assert client.is_closed


class TestWords:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("key is s3cret!", "key is [hidden]!"),
            ("at https://h.example/a/b?sig=1&x=2 now", "at https://h.example/a/b?[hidden] now"),
            ("https://user:pass@h.example/", "https://[hidden]@h.example/"),
            ("Authorization: Bearer abc.def", "Authorization: Bearer [hidden]"),
            ("got data:image/png;base64,AAAA==", "got data:[hidden]"),
            ("one\nline\x1b[31m", "one line [31m"),
            ("a" * 600, "a" * 499 + "…"),
            ("?a=s3cret%20", "?a=[hidden]%20"),
        ],
    )
    def test_it_hides_what_is_secret(self, text: str, shown: str) -> None:
        assert scrub(text, ("s3cret",)) == shown

    def test_it_hides_a_secret_that_was_written_for_a_url(self) -> None:
        assert scrub("x=a%2Fb%2Bc", ("a/b+c",)) == "x=[hidden]"

    @pytest.mark.anyio
    async def test_it_keeps_signed_links_out_of_the_log(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        transport = httpx.MockTransport(lambda _: httpx.Response(200))
        async with httpx.AsyncClient(transport=transport) as client:
            await client.get("https://cdn.example/o.mp4?_jwt=PLANTED")
        assert "https://cdn.example/o.mp4" in caplog.text
        assert "PLANTED" not in caplog.text


class TestRetryAfter:
    now = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("headers", "seconds"),
        [
            ({"retry-after": "5"}, 5),
            ({"retry-after": "1.5"}, 1.5),
            ({"retry-after-ms": "250", "retry-after": "5"}, 0.25),
            ({"retry-after": "Fri, 20 Nov 2026 12:00:30 GMT"}, 30),
            ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0),
            ({"retry-after": "soon"}, None),
            ({"retry-after": "-5"}, None),
            ({"retry-after": "nan"}, None),
            ({}, None),
        ],
    )
    def test_it_reads_every_form(self, headers: dict[str, str], seconds: float | None) -> None:
        assert retry_after_s(headers, self.now) == seconds


class TestOptions:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("private_hosts", "127.0.0.1:1"), ("private_hosts", ["127.0.0.1"]), ("private_hosts", [":80"]),
            ("max_bytes", 0), ("max_bytes", "1"), ("poll_seconds", -1), ("poll_seconds", True),
            ("timeouts", 5), ("timeouts", {"read": 0}), ("timeouts", {"nap": 1}), ("base_url", "https://u:p@h"),
        ],
    )  # fmt: skip
    def test_it_names_an_option_that_is_wrong(self, name: str, value: object) -> None:
        with pytest.raises(NotConfigured, match=name):
            RunwayProvider({"api_key": "key_x", name: value})

    def test_it_takes_the_options_as_given(self) -> None:
        http = RunwayProvider(
            {"api_key": "k", "timeouts": {"read": 3}, "private_hosts": ["LocalHost:1"]}
        ).http
        assert (http.timeout.read, http.timeout.connect) == (3, 10)
        assert http.private_hosts == {"localhost:1"}
        assert http.max_bytes == 500_000_000
