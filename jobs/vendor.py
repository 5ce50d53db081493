"""From a key's row to a provider that can be called; what the stations share about vendors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from providers import registry
from providers.contract import VideoProvider
from providers.errors import NotConfigured
from reviewapp.credentials import options_for
from reviewapp.models import Candidate


@dataclass(frozen=True)
class Account:
    """A provider and the options to reach it with: all that a call needs, read before the call begins."""

    provider: str
    options: dict[str, Any]

    def load(self, client: httpx.AsyncClient) -> VideoProvider:
        """The provider on the caller's client. Raises NotConfigured."""
        return registry.load(self.provider, self.options, client)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[VideoProvider]:
        """The same for one piece of work, on a connection of its own that is closed afterwards."""
        async with httpx.AsyncClient(follow_redirects=False) as client:
            yield self.load(client)


def account_of(candidate: Candidate) -> Account:
    """The account that paid or will pay for this candidate. Raises NotConfigured."""
    if candidate.provider_key is None:
        raise NotConfigured("The key that this clip was asked with has been removed.")
    return Account(candidate.provider, options_for(candidate.provider_key))
