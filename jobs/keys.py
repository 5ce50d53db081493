"""The station that asks a vendor, free of charge, whether a key works."""

from __future__ import annotations

import asyncio
import logging

from django.utils import timezone

from jobs import heart, vendor
from providers.contract import KeyStatus
from providers.errors import ProviderError
from reviewapp.credentials import options_for
from reviewapp.models import ProviderKey

logger = logging.getLogger(__name__)


def check_key(key_id: int) -> None:
    """Ask about one key and keep what was said. A key that works is no longer paused; a refused one is."""
    with heart.working("submit"):
        key = ProviderKey.objects.filter(pk=key_id).first()
        if key is not None:
            _check(key)


def _check(key: ProviderKey) -> None:
    said = _ask(key)
    ok = said.ok if isinstance(said, KeyStatus) else _means(said)
    sentence = said.sentence if isinstance(said, KeyStatus) else str(said)
    facts = {"checked_at": timezone.now(), "check_ok": ok, "check_sentence": sentence[:400]}
    if ok:
        facts["paused_reason"] = ""
    ProviderKey.objects.filter(pk=key.pk).update(**facts)
    if ok is False:
        # Every clip sent on it would fail; the reason stands where an admin mends it.
        key.pause(sentence)


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
