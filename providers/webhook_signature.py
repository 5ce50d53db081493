"""The two ways in which vendors sign their webhooks. Pure: the secrets and the time are handed in.

A webhook that passes is a hint to poll and never data, so that even a leaked secret can only cost a poll.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from providers.errors import WebhookInvalid

TOLERANCE_S = 300.0
# Ids are kept so that none is believed twice; no vendor's is near this long.
_LONGEST_ID = 200
# More signatures than a rotation needs are somebody's attempt to make us compute.
_MOST_SIGNATURES = 10


def secrets_of(text: str) -> tuple[str, ...]:
    """The secrets in an option: one, or several apart by spaces or lines while they are being rotated."""
    return tuple(text.split())


def check_standard(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: float,
    tolerance_s: float = TOLERANCE_S,
) -> str:
    """Check a delivery signed after Standard Webhooks (OpenAI's format, Kling) and return its id.

    `now` is in Unix seconds. Any of the `secrets` may match any of the signatures. Raises `WebhookInvalid`.
    Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    """
    given = _lower(headers)
    event_id = _text(given, "webhook-id")
    stamp = _fresh(_text(given, "webhook-timestamp"), now, tolerance_s)
    signed = b".".join((event_id.encode(), stamp.encode(), body))
    offered = _text(given, "webhook-signature").split()[:_MOST_SIGNATURES]
    signatures = [
        signature.encode()
        for version, _, signature in (one.partition(",") for one in offered)
        if version == "v1"
    ]
    keys = [_key(secret) for secret in secrets if secret]
    if not keys:
        raise WebhookInvalid("No webhook secret is kept for this account.")
    matches = False
    for key in keys:
        wanted = _proof(key, signed)
        for signature in signatures:
            matches |= hmac.compare_digest(wanted, signature)
    if not matches:
        raise WebhookInvalid("The signature does not belong to this webhook and this account's secret.")
    return event_id


def sign_standard(secret: str, event_id: str, body: bytes, now: float) -> dict[str, str]:
    """The headers of a delivery of our own, signed after Standard Webhooks; `now` is in Unix seconds."""
    stamp = str(int(now))
    proof = _proof(_key(secret), b".".join((event_id.encode(), stamp.encode(), body)))
    return {
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{proof.decode()}",
    }


def _proof(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def check_ed25519(
    headers: Mapping[str, str],
    body: bytes,
    keys: Sequence[Mapping[str, Any]],
    now: float,
    tolerance_s: float = TOLERANCE_S,
) -> str:
    """Check a delivery signed as fal signs and return its id, which is the request's own.

    `keys` are the JSON Web Keys that the vendor publishes; `now` is in Unix seconds. Raises `WebhookInvalid`.
    Source: https://docs.fal.ai/model-apis/model-endpoints/webhooks
    """
    given = _lower(headers)
    request_id, user_id = (_text(given, f"x-fal-webhook-{name}") for name in ("request-id", "user-id"))
    stamp = _fresh(_text(given, "x-fal-webhook-timestamp"), now, tolerance_s)
    try:
        signature = bytes.fromhex(_text(given, "x-fal-webhook-signature"))
    except ValueError:
        raise WebhookInvalid("The signature is not written in hexadecimal digits.") from None
    signed = "\n".join((request_id, user_id, stamp, hashlib.sha256(body).hexdigest())).encode()
    public = [key for key in map(_public_key, keys) if key is not None]
    if not public:
        raise WebhookInvalid("No public key of the vendor is known yet.")
    if not any(_verifies(key, signature, signed) for key in public):
        raise WebhookInvalid("The signature was made with none of the vendor's keys.")
    return request_id


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _text(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "").strip()
    if not value:
        raise WebhookInvalid(f"The header {name} is missing.")
    if name.endswith("-id") and len(value) > _LONGEST_ID:
        raise WebhookInvalid(f"The header {name} is longer than any vendor's.")
    return value


def _fresh(stamp: str, now: float, tolerance_s: float) -> str:
    """The timestamp as it was signed, if it is near enough to now."""
    # int() would also take signs, spaces, underscores and other alphabets' digits.
    if not (stamp.isascii() and stamp.isdecimal()) or len(stamp) > 12:
        raise WebhookInvalid("The timestamp is no number of seconds.")
    if abs(now - int(stamp)) > tolerance_s:
        raise WebhookInvalid(f"The webhook is more than {tolerance_s:.0f} s away from now.")
    return stamp


def _key(secret: str) -> bytes:
    """The HMAC key in a secret: what follows whsec_ is base64; without the prefix the text itself is it."""
    prefix, found, encoded = secret.partition("whsec_")
    if prefix or not found:
        return secret.encode()
    try:
        # Some consoles leave the padding out.
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise WebhookInvalid("The kept webhook secret is damaged. Copy it again from the vendor's page.")
    return key


def _public_key(key: Mapping[str, Any]) -> Ed25519PublicKey | None:
    """The key in a JSON Web Key; None for another kind, because a set may hold several."""
    written = key.get("x")
    if key.get("kty") != "OKP" or key.get("crv") != "Ed25519" or not isinstance(written, str):
        return None
    try:
        return Ed25519PublicKey.from_public_bytes(
            base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
        )
    except (binascii.Error, ValueError):
        return None


def _verifies(key: Ed25519PublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed)
    except InvalidSignature:
        return False
    return True
