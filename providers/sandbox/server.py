"""The server process: one loopback port, a clear word when it cannot start, and a clean end."""

from __future__ import annotations

import ipaddress
import signal
import socket
import sys
from pathlib import Path

import uvicorn

from providers.sandbox.app import create_app
from providers.sandbox.connections import Connections
from providers.sandbox.settings import Settings

CANNOT_START = 2


def serve(host: str, port: int, data: Path, settings: Settings | None = None, render_workers: int = 1) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Port 0 takes a free one; the line on start names it."""
    if not _is_loopback(host):
        return _cannot(f"The sandbox listens on this machine only, so {host} is refused. Use 127.0.0.1.")
    try:
        door = _listen(host, port)
    except OSError as exc:
        return _cannot(f"The sandbox cannot listen on {host}:{port}: {exc.strerror or exc}.")
    connections = Connections()
    try:
        app = create_app(data, settings, render_workers, connections)
    except (OSError, ValueError) as exc:
        door.close()
        return _cannot(f"The sandbox cannot use {data}: {exc}")
    config = uvicorn.Config(
        app,
        http=connections.protocol(),
        ws="none",
        # Its lines go the way of all others; who starts it says which.
        log_config=None,
        log_level="warning",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # Polls that are under way may end; nobody waits for a fault that still sleeps.
        timeout_graceful_shutdown=2,
    )
    print(f"The sandbox listens on http://{host}:{door.getsockname()[1]}", flush=True)  # noqa: T201 a command's own words
    for told in (signal.SIGTERM, signal.SIGINT):
        # The server hears both itself and raises them again once it has stopped; then all is done.
        signal.signal(told, lambda number, frame: None)
    uvicorn.Server(config).run(sockets=[door])
    return 0


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family)
    # Restarting on the same port must not wait for connections of before; a live listener still blocks it.
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
        door.listen(512)
    except OSError:
        door.close()
        raise
    return door


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _cannot(sentence: str) -> int:
    print(sentence, file=sys.stderr)  # noqa: T201 a command's own words
    return CANNOT_START
