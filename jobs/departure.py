"""Whether a paid call may still leave, asked in the last moment before its first byte goes out.

A worker may be frozen between its claim and its call (a stopped process, a suspended machine, a storage that
hangs) and wake when its lease is long over: the row was given up by then, perhaps looked up, perhaps sent
again. Such a call must not leave. What stays open is a freeze within the microseconds between the answer
here and the write to the socket.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import DatabaseError

from providers.errors import NotPrepared
from reviewapp import line
from reviewapp.models import Candidate


def _ticks() -> float:
    """Seconds of a clock that nobody sets; it goes on while the machine sleeps, where the system can say."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass
class Departure:
    """One paid call's right to leave. Made before the row is claimed, so that it ends before the lease does.

    Two clocks are read and the later one counts: a virtual machine that was suspended may only see the jump
    on one of them.
    """

    ticks: float = field(default_factory=_ticks)
    wall: float = field(default_factory=time.time)
    _let_go: bool = False
    _traced: bool = False
    _left: bool = False

    def left_s(self) -> float:
        """Seconds until the call must be over, counted from the claim; below 0 it is too late."""
        passed = max(_ticks() - self.ticks, time.time() - self.wall)
        return float(settings.SUBMIT_TIMEOUT_S) - passed

    @property
    def may_have_left(self) -> bool:
        """Whether a request may have gone out. A transport that tells nothing of its steps is not trusted."""
        return self._left or (self._let_go and not self._traced)

    def hook(self, candidate: Candidate) -> Callable[[httpx.Request], Awaitable[None]]:
        """What a client asks when a request is made, and once more when nothing but its bytes is missing:
        finding the host and greeting it may have taken long.
        """

        async def at_the_wire(event: str, facts: Mapping[str, Any]) -> None:
            self._traced = True
            if event.endswith(".send_request_headers.started"):
                await self._ask(candidate)
                self._left = True

        async def before(request: httpx.Request) -> None:
            await self._ask(candidate)
            self._let_go = True
            request.extensions["trace"] = at_the_wire

        return before

    async def _ask(self, candidate: Candidate) -> None:
        """Raise NotPrepared when the time is over or the row is no longer this worker's claim."""
        try:
            mine = await sync_to_async(line.is_still_claimed)(candidate)
        except DatabaseError as error:
            raise NotPrepared(
                f"The database could not be asked before the paid call left ({type(error).__name__}). "
                "Nothing was sent and nothing was spent."
            ) from error
        # The clocks come last: asking the database takes time as well.
        if not mine or self.left_s() <= 0:
            raise self.too_late()

    def too_late(self) -> NotPrepared:
        return NotPrepared(
            "This machine stood still for too long before the paid call, so the call was not made. "
            "Nothing was sent and nothing was spent."
        )
