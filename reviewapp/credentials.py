"""From a key's row to what a provider is reached with: the only place where a secret is taken out.

The stations, and the web process for webhooks, ask here; pages never do.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from providers.catalog import Vendor
from providers.errors import NotConfigured
from reviewapp import env
from reviewapp.models import ProviderKey
from reviewapp.secretbox import CannotDecrypt

CONNECT_TIMEOUT_S: Final = 10.0
SANDBOX_POLL_S: Final = 1.0


@sensitive_variables()
def options_for(key: ProviderKey) -> dict[str, Any]:
    """What the provider room needs to know of this account: address, credentials, limits of the transport.

    Raises NotConfigured when the secret is unreadable or has left the environment.
    """
    whole = settings.SUBMIT_TIMEOUT_S
    # Asking our own sandbox often is a burden to nobody; a vendor is asked as its documentation wishes.
    own = {"poll_seconds": SANDBOX_POLL_S} if key.is_sandbox else {}
    # Ours come last: nothing that was typed in as a credential may change where a call leads.
    return {
        **key.options,
        **_credentials(key),
        **own,
        "base_url": key.base_url,
        "private_hosts": settings.PRIVATE_HOSTS,
        "max_bytes": settings.MAX_CLIP_BYTES,
        "timeouts": {"connect": min(CONNECT_TIMEOUT_S, whole), "read": whole, "write": whole, "pool": whole},
    }


@sensitive_variables()
def _credentials(key: ProviderKey) -> dict[str, str]:
    if key.has_vanished:
        raise NotConfigured(
            f"The key “{key.name}” is read from the environment, and no variable that begins with "
            f"{env.KEY_PREFIX}{key.provider.upper()}_ is set where this runs. Nothing was sent."
        )
    try:
        return key.credentials()
    except CannotDecrypt as error:
        raise NotConfigured(f"The key “{key.name}” cannot be read: {error}") from None


def lacking(vendor: Vendor, given: Collection[str]) -> list[str]:
    """The credentials without which the given ones make no whole key, by name.

    Where there are several ways to sign, one complete way is enough, and the nearest one is named.
    """
    missing = [
        one.name for one in vendor.credentials if one.required and not one.either and one.name not in given
    ]
    groups: dict[str, dict[str, list[str]]] = {}
    for one in vendor.credentials:
        group, _, way = one.either.partition(":")
        if group:
            groups.setdefault(group, {}).setdefault(way, []).append(one.name)
    for ways in groups.values():
        nearest = max(ways.values(), key=lambda names: sum(name in given for name in names) / len(names))
        missing += [name for name in nearest if name not in given]
    return missing
