"""The station that asks a vendor, free of charge, whether a key works."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, cast

from django.utils import timezone

from jobs import heart, vendor
from providers import catalog
from providers.contract import KeyStatus, PublishesWebhookKeys
from providers.errors import ProviderError
from reviewapp import keyring
from reviewapp.credentials import options_for
from reviewapp.models import ProviderKey

logger = logging.getLogger(__name__)

# Beside the dots that stand for what was left out, within what the row holds.
LONGEST_SENTENCE: Final = 390


def check_key(key_id: int) -> None:
    """Ask about one key and keep what was said. A key that works is no longer paused; a refused one is."""
    with heart.working("submit"):
        key = ProviderKey.objects.filter(pk=key_id).first()
        if key is not None:
            _check(key)


def _check(key: ProviderKey) -> None:
    said = _ask(key)
    if isinstance(said, ProviderError):
        keyring.record_check(key, _means(said), str(said))
        return
    status, webhook_keys = said
    keyring.record_check(key, status.ok, _sentence(status))
    if webhook_keys is not None:
        ProviderKey.objects.filter(pk=key.pk).update(
            webhook_keys=webhook_keys, webhook_keys_at=timezone.now()
        )


def _sentence(status: KeyStatus) -> str:
    """What the vendor said, with as many of the account's limits as fit."""
    told = status.sentence
    for number, (name, limit) in enumerate(status.limits.items()):
        more = f"{', ' if number else ' Limits: '}{name} {limit}"
        if len(told) + len(more) > LONGEST_SENTENCE:
            return f"{told} …"
        told += more
    return f"{told}." if status.limits else told


def _means(error: ProviderError) -> bool | None:
    """False when the key is at fault; None when the vendor could not be asked, which says nothing about the
    key.
    """
    return False if error.permanent else None


def _ask(key: ProviderKey) -> tuple[KeyStatus, list[dict[str, str]] | None] | ProviderError:
    try:
        return asyncio.run(_call(key, vendor.Account(key.provider, options_for(key))))
    except ProviderError as error:
        return error


async def _call(key: ProviderKey, account: vendor.Account) -> tuple[KeyStatus, list[dict[str, str]] | None]:
    """What the vendor says of the key, and the public keys of its webhooks where it publishes some."""
    async with account.connected() as provider:
        status = await provider.check_key()
        if not status.ok or catalog.vendor(key.provider).webhook != "ed25519":
            return status, None
        try:
            return status, await cast(PublishesWebhookKeys, provider).webhook_keys()
        except ProviderError as error:
            # The key works all the same, and the public keys that are known stay in force.
            logger.warning("the webhook keys of %s could not be fetched: %s", key.provider, error)
            return status, None
