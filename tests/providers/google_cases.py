"""Google as the tests meet it: a service account of their own, orders worth sending, answers it may give."""

from __future__ import annotations

import asyncio
import base64
import json
from functools import cache
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from providers.contract import GenerationRequest, Media
from providers.gemini import GeminiProvider
from providers.google_token import read_service_account, token_of
from providers.options import read_http_options
from providers.veo import VeoProvider
from tests.providers.wire import Vendor

PROJECT = "demo-proj"
MODEL = "veo-3.1-generate-001"
PLACE = f"/v1beta1/projects/{PROJECT}/locations/us-central1"
JOB = f"{PLACE[9:]}/publishers/google/models/{MODEL}/operations/11111111-2222-3333-4444-555555555555"
POLL = f"{PLACE}/publishers/google/models/{MODEL}:fetchPredictOperation"
API_KEY = "fake-gemini-key"
TOKEN = "ya29.fake"
TOKEN_HOST = "oauth2.googleapis.com"
GRANTED = {"access_token": TOKEN, "expires_in": 3599, "token_type": "Bearer"}
WHSEC = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes !!!").decode()
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGNQcEiAIwbiOAA0QwwBaYSLEgAAAABJRU5ErkJggg=="
)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(600)
PICTURE = Media(data=PIXEL)
BOAT = GenerationRequest(
    model=MODEL,
    prompt="a paper boat crossing a puddle",
    duration_s=8,
    width=1920,
    height=1080,
    seed=7,
    negative_prompt="text",
    audio=True,
)
OMNI = GenerationRequest(
    model="gemini-omni-1.2-flash",
    prompt="a paper boat crossing a puddle",
    duration_s=8,
    width=1920,
    height=1080,
)


@cache
def account() -> dict[str, str]:
    """The file of a service account whose key nobody else has."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return {
        "type": "service_account",
        "project_id": PROJECT,
        "private_key_id": "kid1",
        "private_key": pem,
        "client_email": f"bot@{PROJECT}.iam.gserviceaccount.com",
        "token_uri": f"https://{TOKEN_HOST}/token",
    }


def veo_options(**more: Any) -> dict[str, Any]:
    """Nothing is looked up by name: the token's host is one of those that may be anywhere."""
    usual = {"service_account": json.dumps(account()), "private_hosts": [f"{TOKEN_HOST}:443"]}
    return usual | more


def sign_in() -> None:
    """Keep a token for the account, fetched as any other."""
    options = veo_options()
    http = read_http_options(options, base_url="https://x.example", poll_seconds=10)
    client = Vendor(httpx.Response(200, json=GRANTED)).client

    async def no_names(host: str, port: int) -> list[str]:
        raise AssertionError(f"{host} was looked up")

    asyncio.run(token_of(read_service_account(options, "Veo"), client, http, no_names))


def veo(vendor: Vendor, **options: Any) -> VeoProvider:
    return VeoProvider(veo_options(**options), vendor.client)


def gemini(vendor: Vendor, **options: Any) -> GeminiProvider:
    return GeminiProvider({"api_key": API_KEY, **options}, vendor.client)


def operation(**fields: Any) -> httpx.Response:
    """An operation as a poll gives it."""
    return httpx.Response(200, json={"name": JOB, **fields})


def error(code: int, message: str, status: str = "", details: Any = None) -> httpx.Response:
    """Google's envelope."""
    inner: dict[str, Any] = {"code": code, "message": message, "status": status}
    if details is not None:
        inner["details"] = details
    return httpx.Response(code, json={"error": inner})


def paid_calls(vendor: Vendor) -> list[httpx.Request]:
    """The calls that order something: no tokens, no polls."""
    return [
        call
        for call in vendor.calls
        if call.url.path.endswith((":predictLongRunning", "/interactions")) and call.method == "POST"
    ]
