"""Signatures, against the vendors' own published examples and against the public half of the key."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from providers.sandbox.signing import fal, new_secret, standard, unsigned
from providers.sandbox.store import Store
from tests.sandbox_server import Sandbox

# Published by the vendors: in OpenAI's SDK (its own tests) and on Kling's page about callbacks.
EXAMPLES = [
    (
        "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=",
        "wh_685c059ae39c8190af8c71ed1022a24d",
        1750861210,
        '{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, '
        '"type": "response.completed", "data": {"id": "resp_123"}}',
        "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=",
    ),
    (
        "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI=",
        "9876543210",
        1781080794,
        '{"id":"1234567890","status":"succeeded","message":"","create_time":1781080778802,'
        '"update_time":1781080794151}',
        "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
    ),
]


@pytest.mark.parametrize(("secret", "message", "moment", "body", "signature"), EXAMPLES)
def test_it_signs_as_the_published_examples(
    secret: str, message: str, moment: int, body: str, signature: str
) -> None:
    assert standard(secret)(message, moment, body.encode()) == {
        "webhook-id": message,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature,
    }


def test_a_secret_without_the_prefix_is_plain_text() -> None:
    in_base64 = "whsec_" + base64.b64encode(b"plain words").decode()
    assert standard("plain words")("m", 1, b"{}") == standard(in_base64)("m", 1, b"{}")
    assert new_secret() != new_secret()
    assert unsigned("m", 1, b"{}") == {}


def test_fals_signature_is_good_for_these_bytes_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    proof = fal(store)("req-1", 1750861210, b'{"status":"OK"}')
    store.close()
    # Another process with the same folder signs with the same hand.
    again = Store(tmp_path)
    assert fal(again)("req-1", 1750861210, b'{"status":"OK"}') == proof
    again.close()
    assert proof["X-Fal-Webhook-Request-Id"] == "req-1"
    assert proof != fal_of_another(tmp_path / "other")


def fal_of_another(folder: Path) -> dict[str, str]:
    store = Store(folder)
    proof = fal(store)("req-1", 1750861210, b'{"status":"OK"}')
    store.close()
    return proof


def test_fals_public_keys_are_served_and_verify(vendor: Sandbox) -> None:
    (key,) = httpx.get(f"{vendor.url}/fal/.well-known/jwks.json").json()["keys"]
    assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    # The running sandbox's own folder has the private half.
    store = Store(vendor.data_dir)
    body = b'{"status":"OK"}'
    proof = fal(store)("req-2", 1750861210, body)
    store.close()
    lines = ("req-2", proof["X-Fal-Webhook-User-Id"], "1750861210", hashlib.sha256(body).hexdigest())
    signature = bytes.fromhex(proof["X-Fal-Webhook-Signature"])
    public.verify(signature, "\n".join(lines).encode())
    with pytest.raises(InvalidSignature):
        public.verify(signature, "\n".join((*lines[:3], hashlib.sha256(b"{}").hexdigest())).encode())
