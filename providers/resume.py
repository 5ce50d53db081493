"""Going on with a download that broke: whose bytes those are, and when the rest may be added to them.

RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range) and 14.4 (Content-Range).
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final

import httpx

from providers.contract import Beginning, Memory

CHUNK_BYTES: Final = 256 * 1024
# Nineteen digits hold every file size there is.
_CONTENT_RANGE: Final = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19})")
# Only a date that is so much older than the answer itself is sure to change with the file.
_OLD_ENOUGH: Final = timedelta(seconds=60)


class OneCall:
    """A memory that lasts for one call, for a sink that nobody will come back to."""

    def __init__(self) -> None:
        self._beginning: Beginning | None = None

    def recall(self) -> Beginning | None:
        return self._beginning

    def keep(self, beginning: Beginning | None) -> None:
        self._beginning = beginning


class Arrival:
    """The bytes in a sink, hashed as they come: gone on with, or begun anew."""

    def __init__(self, sink: BinaryIO, memory: Memory) -> None:
        self.sink, self.memory = sink, memory
        self.beginning: Beginning | None = None
        self.size = 0
        self._digest = hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    async def take_up(self) -> None:
        """Read again what an earlier try has left. What nobody knows the rest of is thrown away."""
        known = self.memory.recall()
        length = self.sink.seek(0, 2)
        if known is None or not 0 < length <= known.total:
            self.begin(None)
            return
        # Of a file that is all here the last byte is asked for again, so that the server can still object.
        wanted = min(length, known.total - 1)
        self.sink.seek(0)
        while self.size < wanted:
            chunk = self.sink.read(min(CHUNK_BYTES, wanted - self.size))
            if not chunk:
                self.begin(None)
                return
            self._digest.update(chunk)
            self.size += len(chunk)
            # Whoever gives this call a time limit must get a word in.
            await asyncio.sleep(0)
        self.sink.truncate(wanted)
        self.beginning = known

    def begin(self, beginning: Beginning | None) -> None:
        """Throw away what is there; `beginning` is what the next bytes belong to, None where they cannot be
        gone on with.
        """
        self.sink.seek(0)
        self.sink.truncate(0)
        self.memory.keep(beginning)
        self.beginning, self.size, self._digest = beginning, 0, hashlib.sha256()

    def add(self, chunk: bytes) -> None:
        self.sink.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def asking(self) -> dict[str, str]:
        """The headers that ask for the rest alone, and for all of it if the file is another by now."""
        if self.beginning is None or self.size == 0:
            return {}
        validator = self.beginning.etag or self.beginning.last_modified
        return {"Range": f"bytes={self.size}-", "If-Range": validator}

    def goes_on_with(self, response: httpx.Response, url: str) -> bool:
        """Whether a 206 is the rest of exactly this file."""
        known, told = self.beginning, _CONTENT_RANGE.fullmatch(response.headers.get("content-range", ""))
        if known is None or told is None or is_packed(response):
            return False
        first, last, total = (int(part) for part in told.groups())
        if (first, last, total) != (self.size, known.total - 1, known.total):
            return False
        etag = response.headers.get("etag", "")
        if known.etag:
            # A server must repeat it (RFC 9110, 15.3.7); one that does not has believed If-Range at least.
            return etag in {"", known.etag}
        return place_of(url) == known.place


def beginning_of(response: httpx.Response, url: str) -> Beginning | None:
    """What a 200 says of the file it begins; None where a broken one could not be gone on with safely."""
    headers = response.headers
    total, etag = content_length(response), headers.get("etag", "")
    if not total or is_packed(response) or headers.get("accept-ranges", "").strip().lower() == "none":
        return None
    strong = etag if etag.startswith('"') and etag.endswith('"') and len(etag) > 2 else ""
    changed = headers.get("last-modified", "") if _is_settled(headers) else ""
    if not strong and not changed:
        return None
    return Beginning(
        etag=strong,
        last_modified=changed,
        place=place_of(url),
        total=total,
        content_type=content_type_of(response),
    )


def place_of(url: str) -> str:
    """A mark of the host and path; what follows is signed anew with each link, and none of it is kept."""
    parsed = httpx.URL(url)
    return hashlib.sha256(f"{parsed.host}:{parsed.port}{parsed.path}".encode()).hexdigest()[:32]


def content_length(response: httpx.Response) -> int | None:
    value = str(response.headers.get("content-length", ""))
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 20 else None


def content_type_of(response: httpx.Response) -> str:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip().lower()


def is_packed(response: httpx.Response) -> bool:
    """Whether the host packs the bytes against our wish."""
    return response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}


def _is_settled(headers: httpx.Headers) -> bool:
    try:
        changed = parsedate_to_datetime(headers["last-modified"])
        return changed + _OLD_ENOUGH <= parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError, IndexError):
        return False
