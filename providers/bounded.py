"""Reading an answer into memory, and no more of it than an answer can have."""

from __future__ import annotations

from typing import Final

import httpx

# What a vendor says of a job is a few kilobytes; a list of models may have some hundreds.
ANSWER_BYTES: Final = 8_000_000
# Where a clip comes within the answer, as base64: one of some 95 MB, which no model makes yet.
ANSWER_WITH_CLIP_BYTES: Final = 128_000_000
# What speaks of how the body travelled, and no longer of what was read.
_TRAVEL: Final = {"content-encoding", "content-length", "transfer-encoding"}


class AnswerTooLarge(Exception):
    """The answer went on beyond every sense; the rest was not read."""


async def send_bounded(client: httpx.AsyncClient, request: httpx.Request, most: int) -> httpx.Response:
    """Send without following redirects, and read at most so many bytes, counted as they unpack.

    Raises `AnswerTooLarge`, and what the transport raises.
    """
    response = await client.send(request, stream=True, follow_redirects=False)
    try:
        parts, size = [], 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > most:
                raise AnswerTooLarge
            parts.append(part)
    finally:
        await response.aclose()
    headers = [(name, value) for name, value in response.headers.multi_items() if name not in _TRAVEL]
    return httpx.Response(
        response.status_code, headers=headers, content=b"".join(parts), request=response.request
    )
