"""Ports for servers that a test starts, and starts again on the same one."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Below those from which the system takes a port for each outgoing connection: one of these could be on the
# chosen port by the time the server listens on it, or comes back to it.
_CHOICE = range(12_000, 32_000)


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    # Not the tests' own dice, which may be set: two runs side by side must not choose alike.
    chance = random.SystemRandom()
    while True:
        port = chance.choice(_CHOICE)
        with socket.socket() as door, suppress(OSError):
            door.bind(("127.0.0.1", port))
            return port
