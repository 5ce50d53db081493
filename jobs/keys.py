"""The station that asks a vendor, free of charge, whether a key works."""

from __future__ import annotations

import asyncio
from typing import Final

from jobs import heart, vendor
from providers.contract import KeyStatus
from providers.errors import ProviderError
from reviewapp import keyring
from reviewapp.credentials import options_for
from reviewapp.models import ProviderKey

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
    keyring.record_check(key, said.ok, _sentence(said))


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


def _ask(key: ProviderKey) -> KeyStatus | ProviderError:
    try:
        return asyncio.run(_call(vendor.Account(key.provider, options_for(key))))
    except ProviderError as error:
        return error


async def _call(account: vendor.Account) -> KeyStatus:
    async with account.connected() as provider:
        return await provider.check_key()
