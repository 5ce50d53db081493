"""Fetch the public keys that a vendor signs its webhooks with."""

from __future__ import annotations

import asyncio
import logging
from typing import cast

from django.utils import timezone

from jobs import heart, vendor
from providers.contract import PublishesWebhookKeys
from providers.errors import ProviderError
from reviewapp.credentials import options_for
from reviewapp.models import ProviderKey

logger = logging.getLogger(__name__)


def fetch_webhook_keys(key_id: int) -> None:
    """Keep the keys in force beside the account; a vendor that does not answer is asked again later."""
    with heart.working("submit"):
        key = ProviderKey.objects.filter(pk=key_id).first()
        if key is None:
            return
        try:
            found = asyncio.run(_fetch(vendor.Account(key.provider, options_for(key))))
        except ProviderError as error:
            logger.warning("the keys of %s's webhooks could not be fetched: %s", key.provider, error)
            return
        fresh = {"webhook_keys": found, "webhook_keys_at": timezone.now()}
        ProviderKey.objects.filter(pk=key.pk).update(**fresh)


async def _fetch(account: vendor.Account) -> list[dict[str, str]]:
    async with account.connected() as provider:
        return await cast(PublishesWebhookKeys, provider).webhook_keys()
