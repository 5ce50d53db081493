"""Signed webhooks: the vendors' own test vectors pass, and nothing that differs from them does."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from providers.errors import WebhookInvalid
from providers.webhook_signature import check_ed25519, check_standard, secrets_of

# From the OpenAI SDK's own tests and from Kling's documentation.
OPENAI_SECRET = "whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c="
OPENAI_AT = 1750861210
OPENAI_HEADERS = {
    "webhook-id": "wh_685c059ae39c8190af8c71ed1022a24d",
    "webhook-timestamp": str(OPENAI_AT),
    "webhook-signature": "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY=",
}
OPENAI_BODY = (
    b'{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, '
    b'"type": "response.completed", "data": {"id": "resp_123"}}'
)
KLING_SECRET = "whsec_dGVzdHNlY3JldHRlc3RzZWNyZXR0ZXN0c2VjcmV0MTI="
KLING_AT = 1781080794
KLING_HEADERS = {
    "Webhook-Id": "9876543210",
    "Webhook-Timestamp": str(KLING_AT),
    "Webhook-Signature": "v1,UsKlJP00XoQyOn410NM9xv34sP+Gl0jnOO9Lcpr7NJ4=",
}
KLING_BODY = (
    b'{"id":"1234567890","status":"succeeded","message":"",'
    b'"create_time":1781080778802,"update_time":1781080794151}'
)


def signature_of(secret: bytes, event_id: str, stamp: object, body: bytes) -> str:
    signed = f"{event_id}.{stamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode()


class TestStandardWebhooks:
    def test_it_believes_openais_own_example(self) -> None:
        assert check_standard(OPENAI_HEADERS, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT) == (
            "wh_685c059ae39c8190af8c71ed1022a24d"
        )

    def test_it_computes_no_more_signatures_than_a_rotation_needs(self) -> None:
        signatures = " ".join(["v1,AAAA"] * 10 + [OPENAI_HEADERS["webhook-signature"]])
        with pytest.raises(WebhookInvalid):
            check_standard(
                OPENAI_HEADERS | {"webhook-signature": signatures}, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT
            )

    def test_it_believes_klings_own_example_whatever_the_case_of_its_headers(self) -> None:
        assert check_standard(KLING_HEADERS, KLING_BODY, [KLING_SECRET], KLING_AT) == "9876543210"

    @pytest.mark.parametrize(
        "change",
        [
            {"webhook-id": "wh_other"},
            {"webhook-timestamp": str(OPENAI_AT + 1)},
            {"webhook-signature": "v1,AAAA4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY="},
            # Another version of the scheme is no proof under this one.
            {"webhook-signature": OPENAI_HEADERS["webhook-signature"].replace("v1,", "v2,")},
            {"webhook-signature": OPENAI_HEADERS["webhook-signature"].removeprefix("v1,")},
            {"webhook-signature": "v1,"},
            {"webhook-signature": "v1,ünsäglich"},
        ],
    )
    def test_it_refuses_what_was_changed(self, change: dict[str, str]) -> None:
        with pytest.raises(WebhookInvalid):
            check_standard(OPENAI_HEADERS | change, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT)

    @pytest.mark.parametrize("name", OPENAI_HEADERS)
    def test_it_refuses_a_missing_header_and_names_it(self, name: str) -> None:
        headers = {key: value for key, value in OPENAI_HEADERS.items() if key != name}
        with pytest.raises(WebhookInvalid, match=name):
            check_standard(headers, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT)

    def test_it_refuses_another_body_or_another_accounts_secret(self) -> None:
        with pytest.raises(WebhookInvalid):
            check_standard(OPENAI_HEADERS, OPENAI_BODY + b" ", [OPENAI_SECRET], OPENAI_AT)
        with pytest.raises(WebhookInvalid):
            check_standard(OPENAI_HEADERS, OPENAI_BODY, [KLING_SECRET], OPENAI_AT)

    @pytest.mark.parametrize("away", [-300, 300])
    def test_it_believes_up_to_five_minutes_both_ways(self, away: int) -> None:
        assert check_standard(OPENAI_HEADERS, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT + away)

    @pytest.mark.parametrize("away", [-301, 301])
    def test_it_refuses_what_is_older_or_newer(self, away: int) -> None:
        with pytest.raises(WebhookInvalid, match="300 s"):
            check_standard(OPENAI_HEADERS, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT + away)

    @pytest.mark.parametrize(
        "stamp", ["soon", "1e9", "-1750861210", "1_750_861_210", "१७५०८६१२१०", "9" * 400]
    )
    def test_it_refuses_a_time_that_is_no_number(self, stamp: str) -> None:
        headers = OPENAI_HEADERS | {"webhook-timestamp": stamp}
        headers["webhook-signature"] = signature_of(b"plain", headers["webhook-id"], stamp, OPENAI_BODY)
        with pytest.raises(WebhookInvalid):
            check_standard(headers, OPENAI_BODY, ["plain"], OPENAI_AT)

    def test_it_believes_old_and_new_secret_while_they_are_rotated(self) -> None:
        kept = secrets_of(f"{KLING_SECRET}\n {OPENAI_SECRET} ")
        assert check_standard(OPENAI_HEADERS, OPENAI_BODY, kept, OPENAI_AT)
        both = f"v1,AAAA {OPENAI_HEADERS['webhook-signature']} v1a,BBBB"
        headers = OPENAI_HEADERS | {"webhook-signature": both}
        assert check_standard(headers, OPENAI_BODY, [OPENAI_SECRET], OPENAI_AT)

    def test_it_takes_a_secret_without_prefix_as_it_is_written(self) -> None:
        signature = signature_of("schlüssel".encode(), "wh_1", OPENAI_AT, b"{}")
        headers = OPENAI_HEADERS | {"webhook-id": "wh_1", "webhook-signature": signature}
        assert check_standard(headers, b"{}", ["schlüssel"], OPENAI_AT) == "wh_1"

    @pytest.mark.parametrize("secrets", [[], [""], ["whsec_"], ["whsec_!!!"]])
    def test_it_believes_nothing_without_a_whole_secret(self, secrets: list[str]) -> None:
        # An empty key would be known to everybody.
        signature = signature_of(b"", "wh_1", OPENAI_AT, b"{}")
        headers = OPENAI_HEADERS | {"webhook-id": "wh_1", "webhook-signature": signature}
        with pytest.raises(WebhookInvalid):
            check_standard(headers, b"{}", secrets, OPENAI_AT)

    def test_it_refuses_an_id_too_long_to_keep(self) -> None:
        long = "w" * 201
        headers = OPENAI_HEADERS | {"webhook-id": long}
        headers["webhook-signature"] = signature_of(b"plain", long, OPENAI_AT, b"{}")
        with pytest.raises(WebhookInvalid, match="longer"):
            check_standard(headers, b"{}", ["plain"], OPENAI_AT)


AT = 1_790_000_000
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def jwk(signer: Ed25519PrivateKey) -> dict[str, Any]:
    raw = signer.public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}


def fal_headers(body: bytes, signer: Ed25519PrivateKey = SIGNER) -> dict[str, str]:
    signed = f"req-1\nuser-1\n{AT}\n{hashlib.sha256(body).hexdigest()}".encode()
    return {
        "X-Fal-Webhook-Request-Id": "req-1",
        "X-Fal-Webhook-User-Id": "user-1",
        "X-Fal-Webhook-Timestamp": str(AT),
        "X-Fal-Webhook-Signature": signer.sign(signed).hex(),
    }


class TestEd25519:
    def test_it_believes_any_of_the_published_keys(self) -> None:
        other = jwk(Ed25519PrivateKey.from_private_bytes(b"o" * 32))
        assert check_ed25519(fal_headers(b"{}"), b"{}", [other, jwk(SIGNER)], AT) == "req-1"

    @pytest.mark.parametrize("name", ["Request-Id", "User-Id", "Timestamp", "Signature"])
    def test_it_refuses_what_was_changed_or_left_out(self, name: str) -> None:
        header = f"X-Fal-Webhook-{name}"
        for value in (f"{AT + 1}" if name == "Timestamp" else "00" * 64, ""):
            with pytest.raises(WebhookInvalid):
                check_ed25519(fal_headers(b"{}") | {header: value}, b"{}", [jwk(SIGNER)], AT)

    def test_it_refuses_another_body_and_another_signer(self) -> None:
        with pytest.raises(WebhookInvalid):
            check_ed25519(fal_headers(b"{}"), b"[]", [jwk(SIGNER)], AT)
        stranger = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
        with pytest.raises(WebhookInvalid):
            check_ed25519(fal_headers(b"{}", stranger), b"{}", [jwk(SIGNER)], AT)

    @pytest.mark.parametrize("away", [-301, 301])
    def test_it_refuses_what_is_older_or_newer(self, away: int) -> None:
        with pytest.raises(WebhookInvalid, match="300 s"):
            check_ed25519(fal_headers(b"{}"), b"{}", [jwk(SIGNER)], AT + away)

    @pytest.mark.parametrize("key", [{}, {"kty": "EC"}, {"kty": "OKP", "crv": "Ed25519", "x": "?"}, {"x": 7}])
    def test_it_passes_over_keys_that_are_none(self, key: dict[str, Any]) -> None:
        with pytest.raises(WebhookInvalid, match="known yet"):
            check_ed25519(fal_headers(b"{}"), b"{}", [key], AT)
        assert check_ed25519(fal_headers(b"{}"), b"{}", [key, jwk(SIGNER)], AT)
