"""One POST to an address that a person or a browser has given: judged first, then connected to as judged."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx
from django.conf import settings

from providers.addresses import Resolver, check_url, resolve
from providers.errors import ForbiddenHost, VendorUnavailable
from providers.retry_after import retry_after_s
from providers.scrub import host_of

TIMEOUT_S: Final = 10.0
MOST_BYTES: Final = 64_000
# A packed answer would have to be unpacked before its size is known.
_OURS: Final = {"User-Agent": "Retake", "Accept-Encoding": "identity"}


class NotSent(Exception):
    """There is no answer; the sentence says why and holds no more of the address than its host."""


@dataclass(frozen=True)
class Answer:
    """What the other side said: at most the first 64 kB of it."""

    status: int
    text: str
    retry_after_s: float | None

    @property
    def is_ok(self) -> bool:
        return 200 <= self.status < 300


async def post(
    url: str, content: bytes, headers: Mapping[str, str], *, resolver: Resolver = resolve
) -> Answer:
    """Send it once, within ten seconds, following no redirect. Raises NotSent.

    The name is resolved here and the connection made to the very address that was judged, so that a name
    which answers differently a moment later reaches nothing inside our network.
    """
    host = host_of(url)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return await _post(url, content, headers, resolver)
    except ForbiddenHost:
        raise NotSent(
            f"{host} lies inside a private network or is not encrypted; nothing was sent. If it is meant, "
            "whoever runs this site must name it in RETAKE_PRIVATE_HOSTS."
        ) from None
    except VendorUnavailable:
        raise NotSent(f"{host} could not be found.") from None
    except (TimeoutError, httpx.TimeoutException):
        raise NotSent(f"{host} gave no answer within {TIMEOUT_S:g} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Only its kind: the words of some hold the whole address.
        raise NotSent(f"{host} could not be reached ({type(error).__name__}).") from None


async def _post(url: str, content: bytes, headers: Mapping[str, str], resolver: Resolver) -> Answer:
    private = frozenset(name.lower() for name in settings.PRIVATE_HOSTS)
    target = (await check_url(url, private, resolver))[0]
    extensions: dict[str, Any] = {"timeout": httpx.Timeout(TIMEOUT_S).as_dict()}
    if target.sni:
        extensions["sni_hostname"] = target.sni
    request = httpx.Request(
        "POST",
        target.url,
        content=content,
        headers={**headers, **_OURS, "Host": target.host_header},
        extensions=extensions,
    )
    # Without a client: that one logs the whole address of every call, and here all of it is a secret.
    async with httpx.AsyncHTTPTransport() as transport:
        response = await transport.handle_async_request(request)
        try:
            return Answer(response.status_code, await _text(response), retry_after_s(response.headers))
        finally:
            await response.aclose()


async def _text(response: httpx.Response) -> str:
    read = b""
    # As it came: what was packed small could unpack to any size.
    async for chunk in response.aiter_raw(4096):
        read += chunk
        if len(read) >= MOST_BYTES:
            break
    return read[:MOST_BYTES].decode("utf-8", "replace")
