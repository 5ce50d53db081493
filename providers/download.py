"""Fetching a finished file: streamed, bounded, counted and hashed, from checked addresses only.

A line that breaks is taken up again where it broke; `providers/resume.py` says when that is safe.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import httpx

from providers.addresses import Resolver, Target, check_url, resolve
from providers.contract import DownloadedFile, Memory
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
from providers.resume import (
    Arrival,
    OneCall,
    beginning_of,
    content_length,
    content_type_of,
    is_packed,
)
from providers.retry_after import retry_after_s
from providers.scrub import host_of, scrub
from providers.sniff import what_instead_of_video

MAX_HOPS = 3
HEAD_BYTES = 512
# So many connections one call may take, and only while each brings at least so much.
MOST_TRIES = 20
LEAST_GAIN_BYTES = 8 * 1024
_EXPIRED = {401, 403, 404, 410}
_REDIRECTS = {301, 302, 303, 307, 308}


class _Broke(DownloadFailed):
    """The line dropped before the file was whole."""


class _StartOver(Exception):
    """What came is not the rest of what is there."""


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """One download's rules. `origin_headers` go to `origin` alone, never along a redirect to another host."""

    client: httpx.AsyncClient
    timeout: httpx.Timeout
    private_hosts: frozenset[str]
    max_bytes: int
    secrets: tuple[str, ...] = ()
    resolver: Resolver = resolve
    origin: str = ""
    origin_headers: dict[str, str] = field(default_factory=dict)

    async def fetch(self, url: str, sink: BinaryIO, memory: Memory | None = None) -> DownloadedFile:
        """Stream the file behind `url` into `sink`, going on with what is there where `memory` knows it.

        After an error the sink may hold a beginning. Raises a `DownloadFailed`, or `VendorUnavailable` or
        `RateLimited` when the host asks for patience.
        """
        arrival = Arrival(sink, memory or OneCall())
        await arrival.take_up()
        for _try in range(MOST_TRIES):
            before = arrival.size
            try:
                return await self._fetch_on(url, arrival)
            except _StartOver:
                arrival.begin(None)
            except _Broke as broke:
                if arrival.beginning is None or arrival.size - before < LEAST_GAIN_BYTES:
                    raise DownloadFailed(str(broke)) from None
        raise DownloadFailed(
            f"The connection to {host_of(url)} broke {MOST_TRIES} times before the file was whole. "
            "Fetching the rest later may help; it costs nothing."
        )

    async def _fetch_on(self, url: str, arrival: Arrival) -> DownloadedFile:
        asking = arrival.asking()
        for _hop in range(MAX_HOPS + 1):
            async with self._open(url, asking) as response:
                if response.status_code not in _REDIRECTS:
                    self._check_status(response, url, asked_for_the_rest=bool(asking))
                    return await self._store(response, url, arrival)
                url = self._next_hop(response, url)
        raise DownloadFailed(f"The link was passed on more than {MAX_HOPS} times. The file was not fetched.")

    def keep(
        self, content: bytes, content_type: str, sink: BinaryIO, memory: Memory | None = None
    ) -> DownloadedFile:
        """Write a file that came within an answer into `sink`, after the same checks as a fetched one."""
        if len(content) > self.max_bytes:
            raise self._too_large()
        self._check_head(content, content_type)
        arrival = Arrival(sink, memory or OneCall())
        arrival.begin(None)
        arrival.add(content)
        return DownloadedFile(size=arrival.size, sha256=arrival.sha256, content_type=content_type)

    @asynccontextmanager
    async def _open(self, url: str, asking: Mapping[str, str]) -> AsyncIterator[httpx.Response]:
        targets = await check_url(url, self.private_hosts, self.resolver)
        try:
            response = await self._connect(targets, url, asking)
            try:
                yield response
            finally:
                await response.aclose()
        except ProviderError:
            raise
        except httpx.HTTPError as exc:
            raise _Broke(
                f"The connection to {host_of(url)} broke before the file was whole "
                f"({type(exc).__name__}). Fetching it again may help; it costs nothing."
            ) from None

    async def _connect(self, targets: list[Target], url: str, asking: Mapping[str, str]) -> httpx.Response:
        for target in targets:
            request = self._request(target, url, asking)
            try:
                return await self.client.send(request, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                continue
            except httpx.HTTPError as exc:
                raise VendorUnavailable(
                    f"{host_of(url)} did not answer ({type(exc).__name__}). "
                    "Fetching the file again later may help."
                ) from None
        raise VendorUnavailable(
            f"{host_of(url)} could not be reached. Fetching the file again later may help."
        )

    def _request(self, target: Target, url: str, asking: Mapping[str, str]) -> httpx.Request:
        # The connection is closed afterwards because the pool knows it by its address alone, and two names
        # behind one address must not share a connection whose certificate was checked for only one of them.
        headers = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}
        headers["Host"] = target.host_header
        headers |= asking
        if self.origin and origin_of(url) == self.origin:
            headers |= self.origin_headers
        extensions: dict[str, Any] = {"timeout": self.timeout.as_dict()}
        if target.sni:
            extensions["sni_hostname"] = target.sni
        return httpx.Request("GET", target.url, headers=headers, extensions=extensions)

    def _next_hop(self, response: httpx.Response, url: str) -> str:
        try:
            # Joined to the name and not to the address that was connected to, or the next hop loses its host.
            return str(httpx.URL(url).join(response.headers["location"]))
        except KeyError:
            raise ForbiddenHost(
                f"{host_of(url)} passed the link on to nowhere. The file was not fetched."
            ) from None

    def _check_status(self, response: httpx.Response, url: str, *, asked_for_the_rest: bool) -> None:
        status, host = response.status_code, host_of(url)
        if status == 200 or (status == 206 and asked_for_the_rest):
            return
        if status == 416 and asked_for_the_rest:
            raise _StartOver
        wait = retry_after_s(response.headers)
        if status in _EXPIRED:
            raise LinkExpired(
                f"The link to {host} is no longer good ({status}). A fresh poll gives another.", status=status
            )
        if status == 429:
            raise RateLimited(f"{host} asks for a pause (429).", status=status, retry_after=wait)
        if status >= 500 or status in {408, 425}:
            raise VendorUnavailable(f"{host} is not well ({status}).", status=status, retry_after=wait)
        raise DownloadFailed(f"{host} answered {status} instead of the file.", status=status)

    async def _store(self, response: httpx.Response, url: str, arrival: Arrival) -> DownloadedFile:
        if response.status_code == 200:
            arrival.begin(beginning_of(response, url))
        elif not arrival.goes_on_with(response, url):
            raise _StartOver
        known = arrival.beginning
        promised = content_length(response) if known is None else known.total
        if promised is not None and promised > self.max_bytes:
            raise self._too_large()
        content_type = content_type_of(response) if known is None else known.content_type
        head = b""
        # As they come: chunks of our own size would lose what had gathered when the line breaks.
        async for chunk in response.aiter_bytes():
            if arrival.size + len(head) + len(chunk) > self.max_bytes:
                raise self._too_large()
            if arrival.size == 0:
                # Nothing is written before it is known to be a video, so that what is there always is one.
                head += chunk
                if len(head) < HEAD_BYTES:
                    continue
                self._check_head(head, content_type)
                chunk, head = head, b""
            arrival.add(chunk)
        if head:
            self._check_head(head, content_type)
            arrival.add(head)
        self._check_whole(arrival.size, promised, response)
        return DownloadedFile(size=arrival.size, sha256=arrival.sha256, content_type=content_type)

    def _check_whole(self, size: int, promised: int | None, response: httpx.Response) -> None:
        # The promised length is that of the packed bytes, where the host packs against our wish.
        received = response.num_bytes_downloaded if is_packed(response) else size
        if size == 0:
            raise DownloadFailed(
                "The vendor sent an empty file. Fetching it again may help; it costs nothing."
            )
        if promised is not None and received != promised:
            raise _Broke(
                f"The file ended early: {received} of {promised} bytes came. "
                "Fetching it again may help; it costs nothing."
            )

    def _check_head(self, head: bytes, content_type: str) -> None:
        kind = what_instead_of_video(head[:HEAD_BYTES], content_type)
        if kind:
            text = "" if b"\x00" in head else head[:HEAD_BYTES].decode("utf-8", "replace")
            raise NotAVideo(
                f"The vendor's link gave {kind} instead of a video.", vendor_words=scrub(text, self.secrets)
            )

    def _too_large(self) -> TooLarge:
        return TooLarge(
            f"The file is larger than the limit of {self.max_bytes / 1_000_000:g} MB, so it was not kept. "
            "An admin can raise the limit."
        )


def origin_of(url: str) -> str:
    """The scheme, host and port of a URL: what a header with a key is bound to."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}"
