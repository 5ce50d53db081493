"""Access tokens of a Google service account: a signed assertion is changed for a token that lives an hour.

https://developers.google.com/identity/protocols/oauth2/service-account#httprest
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from providers.addresses import Resolver, Target, check_url
from providers.answers import cause_in_words, json_object
from providers.bounded import ANSWER_BYTES, send_bounded
from providers.errors import AuthFailed, ForbiddenHost, NotConfigured, VendorUnavailable
from providers.google_errors import error_of
from providers.options import HttpOptions
from providers.retry_after import retry_after_s
from providers.scrub import host_of, scrub

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 an address
# Google's own library writes this audience even where `token_uri` leads elsewhere.
AUDIENCE = TOKEN_URI
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE_S = 3600
# A token that is about to run out is not begun with: the call it is for may take a while.
EARLY_S = 300.0
FREE = "Nothing was ordered and nothing was spent."

# By the account's fingerprint: the token and the moment, in epoch seconds, until which it is used.
_tokens: dict[str, tuple[str, float]] = {}


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """What the JSON file of a service account says."""

    email: str
    private_key: RSAPrivateKey = field(repr=False)
    key_id: str
    token_uri: str
    project: str
    # Everything that must not be shown: the key as it is written, and each line of it.
    secrets: tuple[str, ...] = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Changes with anything that could give another token."""
        parts = (self.email, self.key_id, self.token_uri, *self.secrets)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def assertion(self, now: int) -> str:
        """The signed sentence that a token is given for; `now` in epoch seconds."""
        claims = {"iat": now, "exp": now + LIFE_S, "iss": self.email, "aud": AUDIENCE, "scope": SCOPE}
        try:
            return jwt.encode(claims, self.private_key, algorithm="RS256", headers={"kid": self.key_id})
        except Exception:  # noqa: BLE001 whatever the library says of numbers that are no key
            raise NotConfigured(
                "The “private_key” in the option “service_account” cannot sign. Copy the whole JSON file "
                "again. Nothing was sent."
            ) from None


def read_service_account(options: Mapping[str, Any], vendor: str) -> ServiceAccount:
    """The option `service_account`. Raises `NotConfigured`, whose text never holds a part of it."""
    told = _document(options.get("service_account"), vendor)
    texts = {name: told.get(name) for name in ("client_email", "private_key", "private_key_id")}
    for name, value in texts.items():
        if not isinstance(value, str) or not value.strip():
            raise NotConfigured(
                f"The option “service_account” of {vendor} has no “{name}”. Copy the whole JSON file of the "
                "service account's key. Nothing was sent."
            )
    pem = str(texts["private_key"])
    return ServiceAccount(
        email=str(texts["client_email"]),
        private_key=_private_key(pem, vendor),
        key_id=str(texts["private_key_id"]),
        token_uri=_or(told.get("token_uri"), TOKEN_URI),
        project=_or(told.get("project_id"), ""),
        secrets=_secrets_of(pem),
    )


def _document(value: object, vendor: str) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    try:
        told = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise NotConfigured(
            f"{vendor} needs the option “service_account”: the whole JSON file of a service account's key. "
            "Nothing was sent."
        )
    return told


def _private_key(pem: str, vendor: str) -> RSAPrivateKey:
    try:
        # Proving the numbers takes longer than all the rest, at each call; a wrong key only signs in vain.
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except Exception:  # noqa: BLE001 text from a page: the library has many kinds of saying that it is no key
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise NotConfigured(
            f"The “private_key” in the option “service_account” of {vendor} is damaged. Copy the whole JSON "
            "file again. Nothing was sent."
        )
    return key


def _secrets_of(pem: str) -> tuple[str, ...]:
    lines = [line.strip() for line in pem.splitlines() if line.strip() and not line.startswith("-----")]
    return (pem, pem.replace("\n", "\\n"), "".join(lines), *(line for line in lines if len(line) >= 16))


def _or(value: object, default: str) -> str:
    return value.strip() if isinstance(value, str) and value.strip() else default


def forget(account: ServiceAccount) -> bool:
    """Drop a token that was refused; whether there was one."""
    return _tokens.pop(account.fingerprint, None) is not None


async def token_of(
    account: ServiceAccount, client: httpx.AsyncClient, http: HttpOptions, resolver: Resolver
) -> str:
    """The account's token, a fresh one where the last has nearly run out.

    Raises `AuthFailed`, `NotConfigured` or `VendorUnavailable`: whatever happens, nothing was ordered.
    """
    now = time.time()
    token, until = _tokens.get(account.fingerprint, ("", 0.0))
    if now < until:
        return token
    token, life = await _fetch(account, client, http, resolver)
    _tokens[account.fingerprint] = (token, now + max(0.0, life - EARLY_S))
    return token


async def _fetch(
    account: ServiceAccount, client: httpx.AsyncClient, http: HttpOptions, resolver: Resolver
) -> tuple[str, float]:
    host = host_of(account.token_uri)
    assertion = account.assertion(int(time.time()))
    target = await _target(account, http, resolver)
    try:
        response = await send_bounded(client, _request(target, assertion, http.timeout), ANSWER_BYTES)
    except Exception as exc:  # noqa: BLE001 transports raise more than httpx's tree; nothing was ordered yet
        raise VendorUnavailable(f"{host} gave no access token: {cause_in_words(exc)}. {FREE}") from None
    if response.status_code != 200:
        raise _refused(host, response, (*account.secrets, assertion))
    answer = json_object(response) or {}
    token, life = answer.get("access_token"), answer.get("expires_in", LIFE_S)
    if not isinstance(token, str) or not token or not isinstance(life, int | float):
        raise VendorUnavailable(f"{host} gave no access token: its answer makes no sense. {FREE}")
    return token, float(life)


async def _target(account: ServiceAccount, http: HttpOptions, resolver: Resolver) -> Target:
    """Where the token is fetched. The address comes out of a pasted file, so it is judged as a link is."""
    try:
        return (await check_url(account.token_uri, http.private_hosts, resolver))[0]
    except ForbiddenHost:
        raise NotConfigured(
            f"The “token_uri” in the option “service_account” leads to {host_of(account.token_uri)}, where "
            "no key is sent: it must be https and public. Nothing was sent."
        ) from None
    except VendorUnavailable:
        raise VendorUnavailable(
            f"The address of {host_of(account.token_uri)}, which gives access tokens, could not be found. "
            f"{FREE}"
        ) from None


def _request(target: Target, assertion: str, timeout: httpx.Timeout) -> httpx.Request:
    extensions: dict[str, Any] = {"timeout": timeout.as_dict()}
    if target.sni:
        extensions["sni_hostname"] = target.sni
    return httpx.Request(
        "POST",
        target.url,
        headers={
            "Host": target.host_header,
            "Connection": "close",
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        },
        content=urlencode({"assertion": assertion, "grant_type": GRANT}).encode(),
        extensions=extensions,
    )


def _refused(host: str, response: httpx.Response, secrets: tuple[str, ...]) -> AuthFailed | VendorUnavailable:
    status = response.status_code
    words = scrub(error_of(response).message or response.text, secrets)
    if status in {400, 401, 403}:
        return AuthFailed(
            f"{host} gives this service account no access token ({status}): its key was deleted, or the "
            f"clock of this machine is wrong. {FREE}",
            status=status,
            vendor_words=words,
        )
    return VendorUnavailable(
        f"{host} gave no access token ({status}). {FREE}",
        status=status,
        vendor_words=words,
        retry_after=retry_after_s(response.headers),
    )
