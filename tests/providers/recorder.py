"""A server that keeps every request and answers from a list: the vendor's SDK and our adapter meet it alike.

What each sends for the same order is compared; a difference is either empty or has its reason written down.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

# What libraries say of themselves and of the connection means nothing to a vendor.
MEANINGLESS = {
    "host", "connection", "accept", "accept-encoding", "user-agent", "content-length", "traceparent",
}  # fmt: skip
MEANINGLESS_PREFIXES = ("x-stainless-", "x-goog-api-client", "x-request-id", "x-client-")


@dataclass(frozen=True)
class Sent:
    """One request in a form that can be compared: a form's parts by name, JSON as its value."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: Any


@dataclass
class Recorder:
    """`answers` are (status, JSON) by path; `sent` is what came, in order."""

    port: int = 0
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self) -> list[Sent]:
        """What came since the last time."""
        found, self.sent = self.sent, []
        return found


@contextmanager
def recording(answers: dict[str, tuple[int, Any]]) -> Iterator[Recorder]:
    """A recorder on a free port of this machine. A path without an answer of its own gets `answers["*"]`."""
    recorder = Recorder(answers=answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            recorder.sent.append(_read(self))
            path = urlsplit(self.path).path
            status, answer = recorder.answers.get(path) or recorder.answers.get("*") or (404, {})
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "video/mp4" if isinstance(answer, bytes) else "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _any

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    recorder.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def difference(ours: Sent, theirs: Sent) -> dict[str, tuple[Any, Any]]:
    """What differs, by the name of the part: (ours, the SDK's). Empty when nobody could tell them apart."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in ("method", "path", "query", "body"):
        mine, other = getattr(ours, name), getattr(theirs, name)
        if name == "body" and isinstance(mine, dict) and isinstance(other, dict):
            for key in sorted(mine.keys() | other.keys()):
                if mine.get(key) != other.get(key):
                    found[f"body.{key}"] = (mine.get(key), other.get(key))
        elif mine != other:
            found[name] = (mine, other)
    for name in sorted(ours.headers.keys() | theirs.headers.keys()):
        if ours.headers.get(name) != theirs.headers.get(name):
            found[f"header.{name}"] = (ours.headers.get(name), theirs.headers.get(name))
    return found


def _read(handler: BaseHTTPRequestHandler) -> Sent:
    parts = urlsplit(handler.path)
    content = handler.rfile.read(int(handler.headers.get("content-length") or 0))
    if handler.headers.get("transfer-encoding") == "chunked":
        content = _chunked(handler)
    kind = handler.headers.get("content-type", "")
    headers = {
        name.lower(): value
        for name, value in handler.headers.items()
        if name.lower() not in MEANINGLESS and not name.lower().startswith(MEANINGLESS_PREFIXES)
    }
    if "content-type" in headers:
        # A form's boundary is drawn by lot.
        headers["content-type"] = kind.partition(";")[0]
    return Sent(handler.command, parts.path, tuple(parse_qsl(parts.query)), headers, _value(kind, content))


def _chunked(handler: BaseHTTPRequestHandler) -> bytes:
    content = b""
    while size := int(handler.rfile.readline().strip() or b"0", 16):
        content += handler.rfile.read(size)
        handler.rfile.readline()
    handler.rfile.readline()
    return content


def _value(kind: str, content: bytes) -> Any:
    if not content:
        return None
    if kind.startswith("multipart/form-data"):
        message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + content)
        parts: Any = message.get_payload()
        return {str(part.get_param("name", header="content-disposition")): _part(part) for part in parts}
    try:
        return json.loads(content)
    except ValueError:
        return content


def _part(part: Any) -> Any:
    payload = part.get_payload(decode=True)
    if part.get_filename() is None:
        return payload.decode()
    return (part.get_filename(), part.get_content_type(), payload)
