"""From a key's row to what a provider is reached with: the only place where a secret is taken out.

The stations, and the web process for webhooks, ask here; pages never do.
"""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings

from providers.errors import NotConfigured
from reviewapp.models import ProviderKey
from reviewapp.secretbox import CannotDecrypt

CONNECT_TIMEOUT_S: Final = 10.0
SANDBOX_POLL_S: Final = 1.0


def options_for(key: ProviderKey) -> dict[str, Any]:
    """What the provider room needs to know of this account: address, credentials, limits of the transport.

    Raises NotConfigured when the secret is unreadable.
    """
    try:
        credentials = key.credentials()
    except CannotDecrypt as error:
        raise NotConfigured(f"The key “{key.name}” cannot be read: {error}") from None
    whole = settings.SUBMIT_TIMEOUT_S
    # Asking our own sandbox often is a burden to nobody; a vendor is asked as its documentation wishes.
    own = {"poll_seconds": SANDBOX_POLL_S} if key.is_sandbox else {}
    # Ours come last: nothing that was typed in as a credential may change where a call leads.
    return {
        **key.options,
        **credentials,
        **own,
        "base_url": key.base_url,
        "private_hosts": settings.PRIVATE_HOSTS,
        "max_bytes": settings.MAX_CLIP_BYTES,
        "timeouts": {"connect": min(CONNECT_TIMEOUT_S, whole), "read": whole, "write": whole, "pool": whole},
    }
