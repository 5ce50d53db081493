"""Keys that sign, rows that wait for their vendor, and webhooks as the vendors send them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import timezone

from reviewapp.models import Candidate, PromptVersion, ProviderKey, Shot, Status
from reviewapp.models.projects import Author

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two characters").decode()
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
JWK = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": base64.urlsafe_b64encode(SIGNER.public_key().public_bytes_raw()).rstrip(b"=").decode(),
}

slots = count(1)


def make_key(provider: str, **fields: Any) -> ProviderKey:
    key = ProviderKey(name=f"{provider} {next(slots)}", provider=provider)
    key.set_credentials({"api_key": "k" * 40, **fields.pop("secrets", {})})
    for name, value in fields.items():
        setattr(key, name, value)
    key.save()
    return key


def make_row(shot: Shot, key: ProviderKey, status: Status = Status.GENERATING, **fields: Any) -> Candidate:
    """A row of this key that is next looked at in an hour."""
    version, _ = PromptVersion.objects.get_or_create(
        shot=shot, number=1, defaults={"text": "A red boat.", "author_kind": Author.PERSON}
    )
    slot = next(slots)
    facts: dict[str, Any] = {
        "provider_job_id": f"job-{slot}", "due_at": timezone.now() + timedelta(hours=1),
        "status_at": shot.created_at, "model": "m", "duration_s": 5, "width": 1280, "height": 720,
        "estimate_usd": Decimal(1),
    }  # fmt: skip
    return Candidate.objects.create(
        shot=shot, version=version, slot=slot, status=status, provider=key.provider, provider_key=key,
        **(facts | fields),
    )  # fmt: skip


def is_due(row: Candidate) -> bool:
    """Whether the row is to be looked at now. It must be as it was in everything else."""
    now = Candidate.objects.get(pk=row.pk)
    same = ("status", "fence", "revision", "attempt", "provider_job_id", "progress", "vendor_status")
    assert [getattr(now, name) for name in same] == [getattr(row, name) for name in same]
    return now.due_at is not None and now.due_at <= timezone.now()


def signed(
    body: bytes, *, event_id: str = "", at: float | None = None, secret: str = SECRET
) -> dict[str, str]:
    event_id, stamp = event_id or f"wh_{next(slots)}", str(int(time.time() if at is None else at))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    proof = hmac.new(key, f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = "v1," + base64.b64encode(proof).decode()
    return {"webhook-id": event_id, "webhook-timestamp": stamp, "webhook-signature": signature}


def sora_body(row: Candidate) -> bytes:
    return json.dumps({"type": "video.completed", "data": {"id": row.provider_job_id}}).encode()


def post(client: Client, url: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
    answer = client.post(url, body, content_type="application/json", headers=headers)
    assert answer.content == b""
    return answer
