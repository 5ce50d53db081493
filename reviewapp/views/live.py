"""The stream of what has changed: server-sent events, one connection for all tabs of a browser."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Final

from django.db import connection
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_GET

from reviewapp.live import Hub, Listener, NoRoom, hub
from reviewapp.views.access import AuthedRequest

# A page that hears nothing for longer takes the line for dead, and a browser that has gone is noticed by it.
BEAT_S: Final = 15.0
# Then the browser connects anew by itself, so that connections spread over the processes again.
LONGEST_S: Final = 600.0
RETRY_MS: Final = 2000
RETRY_AFTER_S: Final = 30


class Stream:
    """What goes down one connection until the page leaves, its time is over or its session ends.

    A class and no generator: one that was never begun would not hear that its connection was closed.
    """

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.ends_at = time.monotonic() + LONGEST_S
        self._begun = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._begun:
            self._begun = True
            return _event("hello", self.listener.at, "hello", retry=True)
        left = self.ends_at - time.monotonic()
        names, at = self.listener.take(max(0.0, min(BEAT_S, left)))
        if names:
            return _event("", at, " ".join(names))
        if self.listener.closed or left <= BEAT_S:
            raise StopIteration
        return _event("beat", at, "beat")

    def close(self) -> None:
        self.listener.close()


def _event(kind: str, at: str, data: str, *, retry: bool = False) -> bytes:
    lines = [f"retry: {RETRY_MS}"] if retry else []
    lines += [f"event: {kind}"] if kind else []
    # Without a place an id would empty the one that the browser keeps.
    lines += [f"id: {at}"] if at else []
    return ("\n".join([*lines, f"data: {data}"]) + "\n\n").encode()


@require_GET
def live(request: AuthedRequest) -> HttpResponseBase:
    """Names of what has changed for this person; 503 when this process has listeners enough."""
    last = request.headers.get("Last-Event-ID") or request.GET.get("last", "")
    try:
        listener = hub.listen(request.user, request.session.session_key or "", last)
    except NoRoom:
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER_S)})
    # This thread may sit here for minutes; its connection to the database is better used by others.
    if not connection.in_atomic_block:
        connection.close()
    response = StreamingHttpResponse(Stream(listener), content_type="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def end_with_process(of: Hub = hub) -> None:
    """Close every stream when the server asks its worker to stop, so that stopping waits for none of them.

    The server's own handlers stay: ours goes first and calls them. To be called in the worker's main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGINT):
        before = signal.getsignal(number)
        if not callable(before) or before is signal.default_int_handler:
            continue

        def heard(number: int, frame: FrameType | None, before: object = before) -> None:
            # In a thread: a handler that waits for a lock which its own thread holds would wait for ever.
            threading.Thread(target=of.stop, daemon=True).start()
            if callable(before):
                before(number, frame)

        signal.signal(number, heard)
