"""Which process this is, in words that hold across machines."""

from __future__ import annotations

import os
import socket
from functools import cache

from reviewapp import env


@cache
def host() -> str:
    """The machine's name; RETAKE_HOST_NAME where several share one, as containers may."""
    return (env.text("RETAKE_HOST_NAME", "") or socket.gethostname())[:60]


def me(kind: str) -> str:
    """The name of this process in one kind of work, say `watch@render-2:4711`; a fork has its own."""
    return here(kind, os.getpid())


def here(kind: str, pid: int) -> str:
    """The name of any process of this machine."""
    return f"{kind}@{host()}:{pid}"
