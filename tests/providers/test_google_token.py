"""The access tokens of a service account: signed as Google's library signs, kept, changed, never shown."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from providers.contract import JobState, Output
from providers.errors import AuthFailed, NotConfigured, ProviderError, VendorUnavailable
from providers.google_token import forget, read_service_account
from tests.providers.google_cases import BOAT, GRANTED, JOB, TOKEN_HOST, account, paid_calls, veo, veo_options
from tests.providers.wire import Vendor, recorded

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _signed_out() -> Iterator[None]:
    """No token is kept, before and after: the other tests of this process sign in themselves."""
    forget(read_service_account(veo_options(), "Veo"))
    yield
    forget(read_service_account(veo_options(), "Veo"))


def google(
    token: httpx.Response | Callable[[], httpx.Response] | Exception, api: httpx.Response | None = None
) -> Vendor:
    """Both of Google's hosts: the one that gives tokens, and the one that takes orders."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path != "/token":
            return api or httpx.Response(200, json={"name": JOB})
        if isinstance(token, Exception):
            raise token
        return token() if callable(token) else token

    return Vendor(answer)


def granted(**more: Any) -> httpx.Response:
    return httpx.Response(200, json=GRANTED | more)


def token_calls(vendor: Vendor) -> list[httpx.Request]:
    return [call for call in vendor.calls if call.url.path == "/token"]


async def test_it_asks_for_a_token_as_the_sdk_asks() -> None:
    entry = recorded("veo", "service_account")
    vendor = google(granted())
    await veo(vendor).submit(BOAT)
    first, second = vendor.calls
    assert (first.method, first.url.host, first.url.path) == ("POST", TOKEN_HOST, entry["path"])
    assert first.headers["content-type"] == entry["headers"]["Content-Type"]
    form = parse_qs(first.content.decode())
    assert sorted(form) == sorted(entry["form"])
    assert form["grant_type"] == [entry["grant_type"]]
    (assertion,) = form["assertion"]
    assert jwt.get_unverified_header(assertion) == entry["assertion"]["header"]
    public: Any = load_pem_private_key(account()["private_key"].encode(), None).public_key()
    claims = jwt.decode(assertion, public, ["RS256"], audience="https://oauth2.googleapis.com/token")
    assert claims["exp"] - claims["iat"] == entry["assertion"]["lifetime_s"] == 3600
    assert abs(claims["iat"] - time.time()) < 30
    moving = {"iat", "exp"}
    theirs = entry["assertion"]["claims"]
    assert {k: v for k, v in claims.items() if k not in moving} == {
        k: v for k, v in theirs.items() if k not in moving
    }
    assert second.headers["authorization"] == "Bearer ya29.fake"


async def test_the_audience_stays_where_the_address_is_another() -> None:
    own = account() | {"token_uri": "https://tokens.example/token"}
    vendor = google(granted())
    await veo(vendor, service_account=own, private_hosts=["tokens.example:443"]).submit(BOAT)
    assertion = parse_qs(vendor.calls[0].content.decode())["assertion"][0]
    assert vendor.calls[0].url.host == "tokens.example"
    told = jwt.decode(assertion, options={"verify_signature": False})
    assert told["aud"] == "https://oauth2.googleapis.com/token"


async def test_a_token_is_kept_for_every_provider_of_the_account() -> None:
    vendor = google(granted())
    await veo(vendor).submit(BOAT)
    await veo(vendor).poll(JOB)
    await veo(vendor).submit(BOAT)
    assert len(token_calls(vendor)) == 1


async def test_another_account_gets_a_token_of_its_own() -> None:
    vendor = google(granted())
    await veo(vendor).submit(BOAT)
    await veo(vendor, service_account=account() | {"client_email": "b@demo-proj.example"}).submit(BOAT)
    assert len(token_calls(vendor)) == 2


@pytest.mark.parametrize(("life", "calls"), [(3599, 1), (200, 2), (0, 2)])
async def test_a_token_that_has_nearly_run_out_is_not_begun_with(life: int, calls: int) -> None:
    vendor = google(lambda: granted(expires_in=life))
    await veo(vendor).poll(JOB)
    await veo(vendor).poll(JOB)
    assert len(token_calls(vendor)) == calls


async def test_a_refused_token_is_changed_once_also_for_a_paid_call() -> None:
    answers = iter([httpx.Response(401, json={}), httpx.Response(200, json={"name": JOB})])
    tokens = iter(["stale", "fresh"])

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/token":
            return granted(access_token=next(tokens))
        return next(answers)

    vendor = Vendor(answer)
    job = await veo(vendor).submit(BOAT)
    assert job.state is JobState.QUEUED
    assert [call.headers["authorization"] for call in paid_calls(vendor)] == ["Bearer stale", "Bearer fresh"]


async def test_a_token_that_is_refused_again_is_not_changed_for_ever() -> None:
    vendor = google(lambda: granted(), httpx.Response(401, json={"error": {"message": "no"}}))
    with pytest.raises(AuthFailed):
        await veo(vendor).submit(BOAT)
    assert len(paid_calls(vendor)) == 2
    with pytest.raises(AuthFailed):
        await veo(vendor).poll(JOB)


BROKEN: list[tuple[httpx.Response | Exception, type[ProviderError]]] = [
    (httpx.Response(400, json={"error": "invalid_grant", "error_description": "Bad"}), AuthFailed),
    (httpx.Response(401, json={"error": "invalid_client"}), AuthFailed),
    (httpx.Response(403, json={}), AuthFailed),
    (httpx.Response(429, headers={"Retry-After": "9"}), VendorUnavailable),
    (httpx.Response(500, text="oh"), VendorUnavailable),
    (httpx.Response(302, headers={"Location": "https://e.example/"}), VendorUnavailable),
    (httpx.Response(200, json={"expires_in": 3599}), VendorUnavailable),
    (httpx.Response(200, json={"access_token": "", "expires_in": 3599}), VendorUnavailable),
    (httpx.Response(200, json=["x"]), VendorUnavailable),
    (httpx.ReadTimeout("slow"), VendorUnavailable),
    (httpx.ConnectError("refused"), VendorUnavailable),
    (RuntimeError("a transport's own"), VendorUnavailable),
]


@pytest.mark.parametrize(("answer", "kind"), BROKEN, ids=lambda value: type(value).__name__)
async def test_a_token_that_was_not_given_is_never_a_lost_order(
    answer: httpx.Response | Exception, kind: type[ProviderError]
) -> None:
    vendor = google(answer)
    for attempt in (veo(vendor).submit(BOAT), veo(vendor).poll(JOB)):
        with pytest.raises(ProviderError) as caught:
            await attempt
        assert type(caught.value) is kind
        assert not caught.value.may_have_spent
        assert "Nothing was ordered and nothing was spent." in str(caught.value)
    assert not paid_calls(vendor)


async def test_a_key_that_gives_no_token_does_not_work() -> None:
    words = {"error": "invalid_grant", "error_description": "Invalid JWT Signature."}
    status = await veo(google(httpx.Response(400, json=words))).check_key()
    assert not status.ok
    assert "no access token" in status.sentence


async def test_nothing_of_the_key_is_shown_when_the_vendor_repeats_it() -> None:
    pem = account()["private_key"]
    lines = pem.splitlines()[1:-1]

    def repeat(request: httpx.Request) -> httpx.Response:
        told = f"{pem} {request.content.decode()} {''.join(lines)}"
        return httpx.Response(400, json={"error": "x", "error_description": told})

    vendor = Vendor(repeat)
    with pytest.raises(AuthFailed) as caught:
        await veo(vendor).submit(BOAT)
    assertion = parse_qs(vendor.calls[0].content.decode())["assertion"][0]
    shown = str(caught.value) + caught.value.vendor_words + repr(veo(vendor)) + repr(caught.value)
    assert not [secret for secret in (*lines, assertion) if secret in shown]


async def test_the_token_itself_is_never_shown() -> None:
    told = httpx.Response(400, json={"error": {"message": "you sent ya29.fake with this"}})
    with pytest.raises(ProviderError) as caught:
        await veo(google(granted(), told)).submit(BOAT)
    assert "ya29.fake" not in str(caught.value) + caught.value.vendor_words


@pytest.mark.parametrize(
    "uri", ["http://oauth2.googleapis.com/token", "https://10.0.0.1/token", "ftp://x/y", "https://u@h/t", "x"]
)
async def test_no_key_is_sent_where_it_could_be_read_or_has_no_business(uri: str) -> None:
    vendor = google(granted())
    with pytest.raises(NotConfigured, match="token_uri"):
        await veo(vendor, service_account=account() | {"token_uri": uri}, private_hosts=[]).submit(BOAT)
    assert not vendor.calls


async def test_the_token_address_is_not_looked_up_again_for_the_connection() -> None:
    from providers.veo import VeoProvider

    asked: list[str] = []

    async def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["8.8.8.8"]

    vendor = google(granted())
    options = veo_options(private_hosts=[])
    await VeoProvider(options, vendor.client, resolver).poll(JOB)
    assert asked == [TOKEN_HOST]
    assert (vendor.calls[0].url.host, vendor.calls[0].headers["host"]) == ("8.8.8.8", TOKEN_HOST)
    assert vendor.calls[0].extensions["sni_hostname"] == TOKEN_HOST


@pytest.mark.parametrize(
    "changes",
    [
        {"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"},
        {"private_key": ""},
        {"private_key": 5},
        {"private_key_id": None},
        {"client_email": " "},
        {"project_id": "", "private_key": "x"},
    ],
)
def test_a_damaged_file_is_named_without_showing_it(changes: dict[str, object]) -> None:
    damaged = json.dumps(account() | changes)
    with pytest.raises(NotConfigured, match="service_account") as caught:
        veo(google(granted()), service_account=damaged)
    assert account()["private_key"].splitlines()[3] not in str(caught.value)


def test_a_file_without_a_project_needs_one_besides() -> None:
    nameless = {name: value for name, value in account().items() if name != "project_id"}
    with pytest.raises(NotConfigured, match="project"):
        veo(google(granted()), service_account=nameless)
    assert veo(google(granted()), service_account=nameless, project="mine-1").name == "veo"


async def test_a_download_without_a_token_says_so() -> None:
    vendor = google(httpx.Response(400, json={"error": "invalid_grant"}))
    with pytest.raises(AuthFailed):
        await veo(vendor).download(Output(url="https://storage.googleapis.com/x"), io.BytesIO())
