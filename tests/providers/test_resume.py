"""A download that breaks goes on where it stopped, and never glues two files together."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from providers.contract import Beginning
from providers.download import LEAST_GAIN_BYTES, MOST_TRIES
from providers.errors import DownloadFailed, TooLarge
from providers.resume import OneCall, place_of
from tests.providers.test_download import LINK, VIDEO, fetcher
from tests.providers.wire import Vendor

SIZE = len(VIDEO)
HALF = SIZE // 2
OTHER = VIDEO[:12] + bytes(reversed(VIDEO[12:]))
ETAG = '"abc"'
OLD: dict[str, Any] = {
    "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT",
    "Date": "Mon, 01 Jan 2024 09:00:00 GMT",
}


class Cut(httpx.AsyncByteStream):
    """Bytes, and then the end of the line."""

    def __init__(self, content: bytes, *, clean: bool = False) -> None:
        self.content, self.clean = content, clean

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self.content), 4096):
            yield self.content[at : at + 4096]
        if not self.clean:
            raise httpx.ReadError("gone")


class Host:
    """A content network: ranges as the standard has them, and every connection cut after `cut` bytes."""

    def __init__(self, content: bytes = VIDEO, cut: int | None = HALF, **headers: Any) -> None:
        self.content, self.cut = content, cut
        self.headers = {"Content-Type": "video/mp4", "ETag": ETAG, **headers}
        self.asked: list[str] = []
        self.spoil: dict[str, str] = {}
        self.answer_whole = False
        self.sent = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        asked = request.headers.get("range", "")
        self.asked.append(asked)
        first = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        validator = request.headers.get("if-range")
        known = {self.headers.get("ETag"), self.headers.get("Last-Modified")}
        whole = not asked or self.answer_whole or (validator is not None and validator not in known)
        if not whole and first >= len(self.content):
            return httpx.Response(416, headers={"Content-Range": f"bytes */{len(self.content)}"})
        body = self.content if whole else self.content[first:]
        headers = self.headers | {"Content-Length": str(len(body))}
        if not whole:
            headers["Content-Range"] = f"bytes {first}-{len(self.content) - 1}/{len(self.content)}"
            headers |= self.spoil
        out = body if self.cut is None else body[: self.cut]
        self.sent += len(out)
        status = 200 if whole else 206
        return httpx.Response(status, headers=headers, stream=Cut(out, clean=len(out) == len(body)))


async def fetched(host: Host, sink: io.BytesIO, memory: OneCall | None = None, **rules: Any) -> str:
    file = await fetcher(Vendor(host), **rules).fetch(LINK, sink, memory)
    assert file.size == len(sink.getvalue())
    assert file.content_type == "video/mp4"
    assert file.sha256 == hashlib.sha256(sink.getvalue()).hexdigest()
    return file.sha256


def remembering(**facts: Any) -> OneCall:
    memory = OneCall()
    known: dict[str, Any] = {"etag": ETAG, "last_modified": "", "total": SIZE}
    place = {"place": place_of(LINK), "content_type": "video/mp4"}
    memory.keep(Beginning(**(known | place | facts)))
    return memory


@pytest.mark.anyio
class TestWithinACall:
    async def test_it_goes_on_as_often_as_the_line_breaks_and_fetches_no_byte_twice(self) -> None:
        host, sink = Host(cut=SIZE // 5), io.BytesIO()
        await fetched(host, sink)
        assert sink.getvalue() == VIDEO
        assert host.sent == SIZE
        assert host.asked[:2] == ["", f"bytes={SIZE // 5}-"]

    async def test_a_date_will_do_where_it_is_old_enough_to_change_with_the_file(self) -> None:
        host, sink = Host(ETag="", **OLD), io.BytesIO()
        await fetched(host, sink)
        assert (sink.getvalue(), host.sent) == (VIDEO, SIZE)

    @pytest.mark.parametrize(
        "headers",
        [
            {"ETag": ""},
            {"ETag": 'W/"abc"'},
            {"ETag": "abc"},
            {"ETag": "", "Last-Modified": OLD["Last-Modified"], "Date": OLD["Last-Modified"]},
            {"ETag": "", "Last-Modified": "yesterday", "Date": "today"},
            {"Accept-Ranges": "none"},
        ],
    )
    async def test_what_cannot_be_told_from_another_file_is_not_gone_on_with(self, headers: Any) -> None:
        host = Host(**headers)
        with pytest.raises(DownloadFailed, match="broke before"):
            await fetched(host, io.BytesIO())
        assert host.asked == [""]

    async def test_it_gives_up_on_a_host_that_only_breaks(self) -> None:
        host = Host(cut=LEAST_GAIN_BYTES - 1)
        with pytest.raises(DownloadFailed):
            await fetched(host, io.BytesIO())
        assert len(host.asked) == 1
        host = Host(cut=LEAST_GAIN_BYTES)
        with pytest.raises(DownloadFailed, match=f"{MOST_TRIES} times"):
            await fetched(host, io.BytesIO())
        assert len(host.asked) == MOST_TRIES


@pytest.mark.anyio
class TestAcrossCalls:
    async def test_it_goes_on_with_what_an_earlier_try_left(self) -> None:
        host, sink = Host(cut=None), io.BytesIO(VIDEO[:HALF])
        await fetched(host, sink, remembering())
        assert sink.getvalue() == VIDEO
        assert (host.asked, host.sent) == ([f"bytes={HALF}-"], SIZE - HALF)

    async def test_a_part_of_unknown_origin_is_started_over(self) -> None:
        host, sink = Host(cut=None), io.BytesIO(OTHER[:HALF])
        await fetched(host, sink)
        assert sink.getvalue() == VIDEO
        assert host.asked == [""]

    async def test_another_file_behind_the_link_is_fetched_whole(self) -> None:
        host, sink = Host(cut=None, ETag='"new"'), io.BytesIO(OTHER[:HALF])
        await fetched(host, sink, remembering())
        assert sink.getvalue() == VIDEO
        assert len(host.asked) == 1

    @pytest.mark.parametrize(
        "spoil",
        [
            {"Content-Range": f"bytes 0-{SIZE - 1}/{SIZE}"},
            {"Content-Range": f"bytes {HALF}-{SIZE - 1}/{SIZE + 1}"},
            {"Content-Range": f"bytes {HALF}-{SIZE - 2}/{SIZE}"},
            {"Content-Range": f"bytes {HALF}-{SIZE - 1}/*"},
            {"Content-Range": ""},
            {"ETag": '"new"'},
            {"Content-Encoding": "gzip"},
        ],
    )
    async def test_a_rest_that_does_not_fit_starts_the_file_over(self, spoil: dict[str, str]) -> None:
        host, sink = Host(cut=None), io.BytesIO(VIDEO[:HALF])
        host.spoil = spoil
        await fetched(host, sink, remembering())
        assert sink.getvalue() == VIDEO
        assert host.asked == [f"bytes={HALF}-", ""]

    async def test_a_date_counts_at_its_own_place_only(self) -> None:
        host, sink = Host(cut=None, ETag="", **OLD), io.BytesIO(OTHER[:HALF])
        elsewhere = remembering(etag="", last_modified=OLD["Last-Modified"], place="another")
        await fetched(host, sink, elsewhere)
        assert sink.getvalue() == VIDEO
        assert host.asked == [f"bytes={HALF}-", ""]

    async def test_a_host_that_ignores_the_wish_sends_all_of_it(self) -> None:
        host, sink = Host(cut=None), io.BytesIO(VIDEO[:HALF])
        host.answer_whole = True
        await fetched(host, sink, remembering())
        assert sink.getvalue() == VIDEO

    @pytest.mark.parametrize("length", [SIZE, SIZE + 1])
    async def test_a_part_that_is_all_there_or_too_long_is_checked_with_the_host(self, length: int) -> None:
        host, sink = Host(cut=None), io.BytesIO((VIDEO + b"x")[:length])
        await fetched(host, sink, remembering())
        assert sink.getvalue() == VIDEO
        assert host.asked == ([f"bytes={SIZE - 1}-"] if length == SIZE else [""])

    async def test_a_file_that_has_become_shorter_starts_over(self) -> None:
        host, sink = Host(VIDEO[:HALF], cut=None), io.BytesIO(VIDEO)
        await fetched(host, sink, remembering())
        assert sink.getvalue() == VIDEO[:HALF]

    async def test_the_limit_holds_for_the_whole_and_not_for_the_rest(self) -> None:
        host, sink = Host(cut=None), io.BytesIO(VIDEO[:HALF])
        with pytest.raises(TooLarge):
            await fetched(host, sink, remembering(), max_bytes=SIZE - 1)

    async def test_the_memory_knows_the_file_before_its_first_byte(self) -> None:
        memory = OneCall()
        with pytest.raises(DownloadFailed):
            await fetched(Host(cut=0), io.BytesIO(), memory)
        assert memory.recall() == remembering().recall()
        # A link is secret and is kept nowhere; where it leads is kept as a mark.
        assert "PLANTED" not in repr(memory.recall())
        assert "cdn" not in repr(memory.recall())
