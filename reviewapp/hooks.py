"""Webhooks, the receiving side: a vendor says that a job has moved, and its row is polled at once.

A webhook is a hint and never data. Lost, late, doubled, forged or reordered ones change how soon a row is
looked at and nothing else, and the polls go on without them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from providers import catalog, registry
from providers.catalog import Vendor
from providers.contract import WebhookEvent
from providers.errors import NotConfigured, Unsupported, WebhookInvalid
from reviewapp import dispatch, line
from reviewapp.credentials import options_for
from reviewapp.models import Candidate, ProviderKey, WebhookDelivery

logger = logging.getLogger(__name__)

# Signatures are believed for five minutes before and after their time; what they signed is kept for longer.
KEPT_FOR: Final = timedelta(minutes=15)
# Vendors that publish their keys let them be kept for a day.
KEYS_KEPT_FOR: Final = timedelta(hours=6)
# An account's secret is tried for each of a provider's keys, and nobody has this many.
_MOST_KEYS: Final = 20
_MAC_BYTES: Final = 18
_SIGNATURES: Final = ("webhook-signature", "x-fal-webhook-signature")


class UnknownVendor(Exception):
    """No provider of this name sends webhooks."""


@dataclass(frozen=True)
class _Hint:
    """A believed webhook: which rows it speaks of, and by what it is known when it comes again."""

    rows: Q
    event_id: str


# --- Addresses ---


def callback_url(candidate: Candidate) -> str:
    """Where the vendor shall tell of this candidate's present attempt; empty when nothing can come in.

    The address holds a secret of its own, because not every vendor signs what it sends.
    """
    key = candidate.provider_key
    if key is None or _vendor(candidate.provider) is None:
        return ""
    base = _own_address(key)
    return base and base + reverse("webhook-token", args=[candidate.provider, token_of(candidate)])


def address_for(key: ProviderKey) -> str:
    """What an admin enters on the vendor's page; empty when nothing can come in."""
    base = "" if _vendor(key.provider) is None else _own_address(key)
    return base and base + reverse("webhook", args=[key.provider])


def _own_address(key: ProviderKey) -> str:
    if not key.is_sandbox:
        return str(settings.PUBLIC_URL)
    # The sandbox stands on this machine and reaches the pages where they are served.
    host, _, port = settings.BIND.rpartition(":")
    reached = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "[::]": "[::1]"}.get(host, host)  # noqa: S104
    return f"http://{reached}:{port}"


def token_of(candidate: Candidate) -> str:
    """The secret part of the candidate's address: it names the row, and proves that we gave it away."""
    named = candidate.uid.bytes + candidate.attempt.to_bytes(2, "big")
    return base64.urlsafe_b64encode(named + _mac(named)).decode().rstrip("=")


def _mac(named: bytes) -> bytes:
    return salted_hmac("retake.webhooks", named, algorithm="sha256").digest()[:_MAC_BYTES]


def _row_named(token: str) -> Q:
    """The row in a token. Raises WebhookInvalid, without asking the database, for one that is not ours."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    named, mac = raw[:18], raw[18:]
    if not hmac.compare_digest(mac, _mac(named)):
        raise WebhookInvalid("The address holds no secret of ours.")
    return Q(uid=UUID(bytes=named[:16]), attempt=int.from_bytes(named[16:], "big"))


# --- Receiving ---


def receive(provider: str, headers: Mapping[str, str], body: bytes, token: str = "") -> bool:
    """Believe one delivery or raise; False when it was believed before.

    Everything that is not believed is refused before anything is written. Raises UnknownVendor and
    WebhookInvalid.
    """
    vendor = _vendor(provider)
    if vendor is None:
        raise UnknownVendor(provider)
    names = {name.lower(): value for name, value in headers.items()}
    hint = _by_token(vendor, names, body, token) if token else _by_signature(vendor, names, body)
    try:
        with transaction.atomic():
            WebhookDelivery.objects.create(provider=provider, event_id=hint.event_id)
            line.hint(hint.rows)
    except IntegrityError:
        return False
    return True


def _vendor(provider: str) -> Vendor | None:
    try:
        vendor = catalog.vendor(provider)
    except NotConfigured:
        return None
    return None if vendor.webhook == "none" else vendor


def _by_token(vendor: Vendor, headers: Mapping[str, str], body: bytes, token: str) -> _Hint:
    """The address proves enough where the vendor cannot sign; a signature that can be checked must be right.

    Vendors that sign only when asked to (Kling) may leave it out.
    """
    rows = _row_named(token) & Q(provider=vendor.name)
    event_id = hashlib.sha256(token.encode() + body).hexdigest()
    if any(name in headers for name in _SIGNATURES) or vendor.webhook != "token":
        candidate = Candidate.objects.select_related("provider_key").filter(rows).first()
        key = None if candidate is None else candidate.provider_key
        options = None if key is None else _proving_options(key)
        if options is not None:
            event_id = _read(vendor, options, headers, body).event_id or event_id
    return _Hint(rows, event_id)


def _by_signature(vendor: Vendor, headers: Mapping[str, str], body: bytes) -> _Hint:
    """Without a token the account whose secret has signed says whose job it is."""
    if not any(headers.get(name) for name in _SIGNATURES):
        raise WebhookInvalid("It is not signed.")
    refused = WebhookInvalid("No webhook secret is kept for any account of this provider.")
    for key in ProviderKey.objects.filter(provider=vendor.name)[:_MOST_KEYS]:
        options = _proving_options(key)
        if options is None:
            continue
        try:
            event = _read(vendor, options, headers, body)
        except WebhookInvalid as invalid:
            refused = invalid
            continue
        if not event.job_id:
            raise WebhookInvalid("It names no job.")
        rows = Q(provider=vendor.name, provider_key=key, provider_job_id=event.job_id)
        return _Hint(rows, event.event_id or hashlib.sha256(body).hexdigest())
    raise refused


def _proving_options(key: ProviderKey) -> dict[str, Any] | None:
    """What the adapter checks this account's signatures with; None when nothing is kept for that."""
    try:
        options = options_for(key) | {"webhook_keys": key.webhook_keys}
    except NotConfigured:
        return None
    return options if options.get("webhook_secret") or key.webhook_keys else None


def _read(
    vendor: Vendor, options: Mapping[str, Any], headers: Mapping[str, str], body: bytes
) -> WebhookEvent:
    try:
        return registry.load(vendor.name, options).read_webhook(headers, body)
    except (NotConfigured, Unsupported) as error:
        raise WebhookInvalid(str(error)) from None
    except WebhookInvalid:
        raise
    except Exception as error:
        # Strangers choose these bytes: whatever they do to the reading, the answer stays "no".
        logger.exception("a webhook of %s could not be read", vendor.label)
        raise WebhookInvalid(f"It could not be read ({type(error).__name__}).") from None


# --- Housekeeping ---


def keep_house() -> None:
    """Forget deliveries that could not be believed again, and have published keys fetched before they age."""
    now = timezone.now()
    WebhookDelivery.objects.filter(at__lt=now - KEPT_FOR).delete()
    signing = [vendor.name for vendor in catalog.vendors() if vendor.webhook == "ed25519"]
    fresh = Q(webhook_keys_at__gt=now - KEYS_KEPT_FOR)
    for key in ProviderKey.objects.filter(provider__in=signing, enabled=True).exclude(fresh):
        dispatch.webhook_keys(key)
