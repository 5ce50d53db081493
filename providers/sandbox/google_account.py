"""Google's accounts, as far as a client needs them: a service account's file, tokens, and who a token is.

The file is made for this sandbox alone; its key opens nothing anywhere else.
"""

from __future__ import annotations

import functools
import json
import time
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.google_answers import Refused
from providers.sandbox.house import House
from providers.sandbox.links import origin
from providers.sandbox.media import form_of
from providers.sandbox.store import Store

AUDIENCE = "https://oauth2.googleapis.com/token"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPES = {
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/aiplatform",
}
MAIL = ".iam.gserviceaccount.com"
KEY_ID = "sandbox0000000000000000000000000000key1"
PROJECT = "sandbox-project"
LIFE_S = 3600
PREFIX = "ya29."


async def console(house: House, request: Request) -> Response:
    """The JSON file, as Google's console gives it. Other accounts by ?name= and ?project=."""
    name, project = (
        request.query_params.get(key, usual) for key, usual in (("name", "retake"), ("project", PROJECT))
    )
    return JSONResponse(service_account(house.store, origin(request), name, project))


def service_account(store: Store, url: str, name: str = "retake", project: str = PROJECT) -> dict[str, str]:
    """What is in the file of an account of the sandbox at `url`."""
    return {
        "type": "service_account",
        "project_id": project,
        "private_key_id": KEY_ID,
        "private_key": _pem(store).decode(),
        "client_email": f"{name}@{project}{MAIL}",
        "client_id": "100000000000000000000",
        "token_uri": f"{url}/vertex/token",
    }


async def token(house: House, request: Request) -> Response:
    """An assertion is changed for a token after it was really checked."""
    form = (await form_of(request)).texts
    if form.get("grant_type") != GRANT:
        return _no("unsupported_grant_type", "Invalid grant_type.")
    try:
        claims = _claims(house, form.get("assertion", ""))
    except jwt.InvalidSignatureError:
        return _no("invalid_grant", "Invalid JWT Signature.")
    except jwt.PyJWTError as exc:
        return _no("invalid_grant", f"Invalid JWT: {exc}")
    if not set(str(claims.get("scope", "")).split()) & SCOPES:
        return _no("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return JSONResponse(
        {"access_token": _issued(house, claims["iss"]), "expires_in": LIFE_S - 1, "token_type": "Bearer"}
    )


def account_of(house: House, request: Request) -> str:
    """The e-mail address behind the call's token. Raises `Refused`."""
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    try:
        if kind.lower() != "bearer" or not given.startswith(PREFIX):
            raise jwt.InvalidTokenError("no token")
        claims = jwt.decode(given.removeprefix(PREFIX), house.store.secret("vertex-tokens"), ["HS256"])
    except jwt.PyJWTError:
        raise Refused(
            401,
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or "
            "other valid authentication credential.",
        ) from None
    return str(claims["sub"])


def check_project(email: str, project: str) -> None:
    """An account may use its own project alone."""
    if not email.endswith(f"@{project}{MAIL}"):
        raise Refused(403, f"Permission 'aiplatform.endpoints.predict' denied on resource '//{project}'.")


def _claims(house: House, assertion: str) -> dict[str, Any]:
    if jwt.get_unverified_header(assertion).get("kid") != KEY_ID:
        raise jwt.InvalidTokenError("The key is not known.")
    required = ["iss", "iat", "exp", "aud"]
    claims: dict[str, Any] = jwt.decode(
        assertion,
        _key(_pem(house.store)).public_key(),
        ["RS256"],
        audience=AUDIENCE,
        options={"require": required},
    )
    if claims["exp"] - claims["iat"] > LIFE_S:
        raise jwt.InvalidTokenError("Token must be a short-lived token (60 minutes).")
    if not str(claims["iss"]).endswith(MAIL):
        raise jwt.InvalidTokenError("Invalid issuer.")
    return claims


def _issued(house: House, email: str) -> str:
    claims = {"sub": email, "exp": int(time.time()) + LIFE_S}
    return PREFIX + jwt.encode(claims, house.store.secret("vertex-tokens"), algorithm="HS256")


def _no(error: str, description: str) -> Response:
    return Response(
        json.dumps({"error": error, "error_description": description}), 400, media_type="application/json"
    )


def _pem(store: Store) -> bytes:
    return store.secret("vertex-account", _new_pem)


def _new_pem() -> bytes:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@functools.cache
def _key(pem: bytes) -> RSAPrivateKey:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 made by _new_pem
    return key
