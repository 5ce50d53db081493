"""Waiting for what must come true: as short as it takes, and long enough for a busy or slow machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

# Nothing that is waited for takes so long on a free machine; a wait that ends well costs none of it.
PATIENCE_S = 90.0
STEP_S = 0.02


def wait_for(what: str, ready: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Wait until something holds; fail with its name when it does not in time."""
    ends = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < ends, f"waited {seconds:.0f} s in vain: {what}"
        time.sleep(STEP_S)


async def wait_for_async(what: str, ready: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """The same, where others want the loop meanwhile."""
    ends = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < ends, f"waited {seconds:.0f} s in vain: {what}"
        await asyncio.sleep(STEP_S)
