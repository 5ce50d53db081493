"""A client's webhook on a free port of this machine: it keeps what it was sent and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.patience import PATIENCE_S


@dataclass(frozen=True)
class Received:
    """One call; the names of its headers in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """`answers` are the next statuses, one a call; after them it is 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    calls: list[Received] = field(default_factory=list)

    def wait_for(self, count: int, seconds: float = PATIENCE_S) -> list[Received]:
        """The calls once there are that many."""
        deadline = time.monotonic() + seconds
        while len(self.calls) < count:
            assert time.monotonic() < deadline, f"{len(self.calls)} of {count} came"
            time.sleep(0.01)
        return self.calls


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver that listens inside the block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.calls.append(Received(self.path, headers, body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: pytest's output is for tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
