"""The worst vendor there could be: whatever it is sent, it says back aloud, key included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class EchoVendor:
    """A server on a free port. `status` is what it answers; `heard` are the words it has said back."""

    status: int = 400
    heard: list[str] = field(default_factory=list)
    url: str = ""

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")


@contextmanager
def echo_vendor() -> Iterator[EchoVendor]:
    """The vendor, listening for as long as the block lasts."""
    vendor = EchoVendor()

    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _say_back(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
            headers = " ".join(f"{name}={value}" for name, value in self.headers.items())
            words = f"{self.command} {self.path} {headers} {sent}"
            if self.path == "/token":
                self._answer(200, {"access_token": "ya29.a-token-of-an-hour", "expires_in": 3600})
                return
            vendor.heard.append(words)
            error = {
                "message": words,
                "code": vendor.status,
                "status": words,
                "type": words,
                "details": [words],
            }
            self._answer(
                vendor.status,
                {
                    "error": error,
                    "message": words,
                    "detail": words,
                    "code": vendor.status,
                    "data": words,
                    "issues": [words],
                },
            )

        def _answer(self, status: int, body: dict[str, object]) -> None:
            raw = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        do_GET = do_POST = do_PUT = do_DELETE = _say_back

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    vendor.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield vendor
    finally:
        server.shutdown()
        server.server_close()
