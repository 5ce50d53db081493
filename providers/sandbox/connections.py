"""Closing a connection for real: what a client sees when a vendor's machine goes away in the middle."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = tuple[str, int]


class Connections:
    """The open connections by the client's address, which a request carries as `scope["client"]`."""

    def __init__(self) -> None:
        self._open: dict[Peer, asyncio.Transport] = {}

    def protocol(self) -> type[H11Protocol]:
        """The server's HTTP protocol, which enters its connections here."""
        known = self._open

        class Watched(H11Protocol):
            peer: Peer | None = None

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                self.peer = tuple(transport.get_extra_info("peername")[:2])
                known[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                if self.peer is not None:
                    known.pop(self.peer, None)
                super().connection_lost(exc)

        return Watched

    def close(self, scope: Any) -> None:
        """Close the socket of this request after the bytes that were already written, if any."""
        transport = self._open.get(tuple(scope["client"]))
        if transport is not None:
            transport.close()
