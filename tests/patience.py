"""Waiting for what must come true: as short as it takes, and long enough for a busy or slow machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

# Nothing that is waited for takes so long on a free machine; a wait that ends well costs none of it.
PATIENCE_S = 90.0
# From one look to the next: soon at first, and later seldom enough that looking costs nothing.
SHORTEST_S, LONGEST_S, LONGER = 0.01, 0.25, 1.25


def _pauses() -> Iterator[float]:
    pause = SHORTEST_S
    while True:
        yield pause
        pause = min(LONGEST_S, pause * LONGER)


def wait_for(what: str, ready: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until something holds; fail with its name when it does not in time."""
    ends, pauses = time.monotonic() + seconds, _pauses()
    while not ready():
        assert time.monotonic() < ends, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(next(pauses))
