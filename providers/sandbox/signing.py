"""How vendors sign what they send to a webhook: Standard Webhooks, fal's Ed25519, or not at all."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from functools import partial

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from providers.sandbox.store import Store

Signer = Callable[[str, int, bytes], dict[str, str]]
"""From the message's id, the moment in epoch seconds and the raw body to the headers that prove them."""

PREFIX = "whsec_"
FAL_USER = "sandbox"
FAL_KEYS = "/fal/.well-known/jwks.json"


def unsigned(message: str, moment: int, body: bytes) -> dict[str, str]:
    """No proof at all."""
    return {}


def new_secret() -> str:
    """A fresh secret of Standard Webhooks."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def standard(secret: str) -> Signer:
    """Standard Webhooks: HMAC-SHA256 over id, time and body. Without the prefix the secret is plain text."""
    text = secret.removeprefix(PREFIX)
    key = base64.b64decode(text) if secret.startswith(PREFIX) else text.encode()

    def sign(message: str, moment: int, body: bytes) -> dict[str, str]:
        proof = hmac.digest(key, f"{message}.{moment}.".encode() + body, hashlib.sha256)
        return {
            "webhook-id": message,
            "webhook-timestamp": str(moment),
            "webhook-signature": f"v1,{base64.b64encode(proof).decode()}",
        }

    return sign


def fal(store: Store) -> Signer:
    """fal's: Ed25519 over request id, user, time and the body's hash, line by line; in hexadecimal digits."""
    key = _fal_key(store)

    def sign(message: str, moment: int, body: bytes) -> dict[str, str]:
        lines = (message, FAL_USER, str(moment), hashlib.sha256(body).hexdigest())
        return {
            "X-Fal-Webhook-Request-Id": message,
            "X-Fal-Webhook-User-Id": FAL_USER,
            "X-Fal-Webhook-Timestamp": str(moment),
            "X-Fal-Webhook-Signature": key.sign("\n".join(lines).encode()).hex(),
        }

    return sign


def fal_keys(store: Store) -> Route:
    """The public half, as a JSON Web Key Set, where fal's verifiers look for it."""
    return Route(FAL_KEYS, partial(_tell_keys, store), methods=["GET"])


async def _tell_keys(store: Store, request: Request) -> Response:
    public = _fal_key(store).public_key().public_bytes_raw()
    x = base64.urlsafe_b64encode(public).rstrip(b"=").decode()
    return JSONResponse({"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "kid": "sandbox", "x": x}]})


def _fal_key(store: Store) -> Ed25519PrivateKey:
    # Any 32 random bytes are such a key, and those of the store outlive a restart.
    return Ed25519PrivateKey.from_private_bytes(store.secret("fal-webhooks"))
