"""From a key's row to a provider that can be called; what the stations share about vendors."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from providers import catalog, registry
from providers.addresses import Resolver, Target, check_url, resolve
from providers.contract import VideoProvider
from providers.errors import ForbiddenHost, NeverSent, NotConfigured, VendorUnavailable
from providers.scrub import host_of
from reviewapp.credentials import options_for
from reviewapp.models import Candidate

# An address that was judged is used for so long, and then asked for again: gateways move.
JUDGED_FOR_S: Final = 300.0

# Asked before a request goes out; raises what keeps it here.
Hook = Callable[[httpx.Request], Awaitable[None]]


@dataclass
class OwnAddress:
    """The address that an admin gave a key, judged where it leads and not by its text alone.

    A name that leads into a private network would carry the key there. Connections are made to the very
    address that was judged, so that a name that answers differently a moment later gains nothing.
    """

    url: str
    private_hosts: frozenset[str]
    resolver: Resolver = resolve
    _target: Target | None = None
    _judged_at: float = 0.0

    async def judge(self) -> Target:
        """Where calls go. Raises NotConfigured where they must not, NeverSent where the name is unknown."""
        if self._target is not None and time.monotonic() - self._judged_at < JUDGED_FOR_S:
            return self._target
        host = host_of(self.url)
        try:
            self._target = (await check_url(self.url, self.private_hosts, self.resolver))[0]
        except ForbiddenHost:
            raise NotConfigured(
                f"The key's own address leads to {host}, which is not encrypted or lies inside a private "
                "network. The key was not sent there, and nothing was spent. If the address is meant, name "
                "it in the setting RETAKE_PRIVATE_HOSTS."
            ) from None
        except VendorUnavailable:
            raise NeverSent(
                f"The key's own address leads to {host}, which cannot be found. Nothing was sent or spent."
            ) from None
        self._judged_at = time.monotonic()
        return self._target

    async def pin(self, request: httpx.Request) -> None:
        """Send what goes to this address to the place that was judged; everything else goes on as it is."""
        named = httpx.URL(self.url)
        if (request.url.host, request.url.port) != (named.host, named.port):
            return
        target = await self.judge()
        if target.sni:
            request.url = request.url.copy_with(host=target.url.host)
            request.extensions["sni_hostname"] = target.sni


@dataclass(frozen=True)
class Account:
    """A provider and the options to reach it with: all that a call needs, read before the call begins."""

    provider: str
    options: dict[str, Any] = field(repr=False)
    resolver: Resolver = field(default=resolve, repr=False)

    def load(self, client: httpx.AsyncClient) -> VideoProvider:
        """The provider on the caller's client. Raises NotConfigured."""
        return registry.load(self.provider, self.options, client)

    @asynccontextmanager
    async def client(
        self, transport: httpx.AsyncBaseTransport | None = None, before_sending: Hook | None = None
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client for this account alone. Raises NotConfigured where its own address must not be used.

        `before_sending` may keep each request here.
        """
        hooks: list[Hook] = []
        if url := str(self.options["base_url"]) or self._on_our_network():
            private = frozenset(name.lower() for name in self.options["private_hosts"])
            address = OwnAddress(url, private, self.resolver)
            await address.judge()
            hooks.append(address.pin)
        if before_sending is not None:
            # The last one: judging an address takes time.
            hooks.append(before_sending)
        async with httpx.AsyncClient(
            transport=transport, event_hooks={"request": hooks}, follow_redirects=False
        ) as client:
            yield client

    def _on_our_network(self) -> str:
        """The usual address of a studio's own hardware, which an admin has to name as any private one."""
        usual = catalog.vendor(self.provider)
        return usual.base_url if usual.free else ""

    @asynccontextmanager
    async def connected(self, before_sending: Hook | None = None) -> AsyncIterator[VideoProvider]:
        """The same for one piece of work, on a connection of its own that is closed afterwards."""
        async with self.client(before_sending=before_sending) as client:
            yield self.load(client)


def account_of(candidate: Candidate) -> Account:
    """The account that paid or will pay for this candidate. Raises NotConfigured."""
    if candidate.provider_key is None:
        raise NotConfigured("The key that this clip was asked with has been removed.")
    return Account(candidate.provider, options_for(candidate.provider_key))
