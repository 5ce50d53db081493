"""From a key's row to a provider that can be called; what the stations share about vendors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings

from providers import registry
from providers.contract import VideoProvider
from providers.errors import NotConfigured
from reviewapp.models import Candidate, ProviderKey
from reviewapp.secretbox import CannotDecrypt

CONNECT_TIMEOUT_S = 10.0
SANDBOX_POLL_S = 1.0


def options_for(key: ProviderKey) -> dict[str, Any]:
    """What the provider room needs to know of this account. Raises NotConfigured when the secret is
    unreadable.
    """
    try:
        secret = key.credentials()["api_key"]
    except CannotDecrypt as error:
        raise NotConfigured(f"The key “{key.name}” cannot be read: {error}") from None
    whole = settings.SUBMIT_TIMEOUT_S
    # Asking our own sandbox often is a burden to nobody; a vendor is asked as its documentation wishes.
    own = {"poll_seconds": SANDBOX_POLL_S} if key.base_url.startswith(settings.SANDBOX_URL) else {}
    return own | {
        "base_url": key.base_url,
        "api_key": secret,
        "private_hosts": settings.PRIVATE_HOSTS,
        "max_bytes": settings.MAX_CLIP_BYTES,
        "timeouts": {"connect": min(CONNECT_TIMEOUT_S, whole), "read": whole, "write": whole, "pool": whole},
    }


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
