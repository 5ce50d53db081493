"""Keeping secrets out of sentences: keys, signed links and inlined files never reach an error or a log."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote, urlsplit

HIDDEN = "[hidden]"
MAX_WORDS = 500

_URL = re.compile(r"\b([a-z][a-z0-9+.-]*://[^\s\"'<>?#]+)[?#][^\s\"'<>]*", re.IGNORECASE)
_USERINFO = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^\s/@\"'<>]+@", re.IGNORECASE)
_BEARER = re.compile(r"(\bBearer\s+)[^\s\"',;]+", re.IGNORECASE)
_DATA_URI = re.compile(r"\bdata:[\w.+-]+/[\w.+-]+;base64,[A-Za-z0-9+/=_-]+")


def scrub(text: str, secrets: tuple[str, ...] = ()) -> str:
    """`text` for a person's eyes: without the given secrets, URL queries, bearer tokens and inlined files."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, HIDDEN).replace(quote(secret, safe=""), HIDDEN)
    text = _DATA_URI.sub(f"data:{HIDDEN}", text)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _URL.sub(rf"\1?{HIDDEN}", text)
    text = _BEARER.sub(rf"\1{HIDDEN}", text)
    # Control characters could forge lines in a log or hide words on a terminal.
    text = "".join(c if c.isprintable() else " " for c in text).strip()
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"


def host_of(url: str) -> str:
    """The host of a URL, the only part of a link that may be shown."""
    try:
        return urlsplit(url).hostname or "an address without a host"
    except ValueError:
        return "a malformed address"


class _HideQueries(logging.Filter):
    """Rewrites what httpx logs of each call: the query of a signed link is as good as a key."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = scrub(record.getMessage())
        record.args = None
        return True


def guard_http_logs() -> None:
    """Make the HTTP libraries' own logs safe; called once when the provider layer is imported.

    httpx logs the whole URL of every call at INFO. httpcore logs the headers of answers at DEBUG, and a
    redirect's Location is a signed link, so its level is raised unless someone has set it on purpose.
    """
    httpx_log = logging.getLogger("httpx")
    if not any(isinstance(f, _HideQueries) for f in httpx_log.filters):
        httpx_log.addFilter(_HideQueries())
    httpcore_log = logging.getLogger("httpcore")
    if httpcore_log.level == logging.NOTSET:
        httpcore_log.setLevel(logging.INFO)
