"""No key in any log, error, page, export or traceback: keys that can be recognised are planted, everything is
driven and forced to fail, and then everything is searched.
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.test import Client
from django.urls import get_resolver
from django.views.debug import ExceptionReporter
from pytest_django import Settings

from jobs import vendor as stations
from jobs.submit import submit_candidate
from providers import catalog
from providers.catalog import Vendor
from reviewapp.credentials import options_for
from reviewapp.environment_keys import read_environment
from reviewapp.models import Candidate, Project, PromptVersion, ProviderKey, Shot, Status, User
from tests.cast import run_queue, signed_in
from tests.jobs.echo_vendor import EchoVendor, echo_vendor
from tests.reviewapp.test_site_frame import _pages

pytestmark = pytest.mark.django_db(transaction=True)

# What every planted secret contains; nothing else in the house does, not even the names in this file.
MARK = "Zq7xV9wK"
STATUSES = (401, 400, 429, 500, 200)
# Of several ways to sign, each is tried: the vendors, with the credentials that are left empty.
WAYS = [(vendor, "") for vendor in catalog.vendors()] + [(catalog.vendor("kling"), "api_key")]


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def planted(vendor: Vendor, name: str, kind: str, echo: str) -> str:
    if kind == "text":
        # Some vendors write their keys as id:secret.
        return f"0123456789:key_{MARK}-{vendor.name}-{name}-0123456789abcdef"
    account = {
        "type": "service_account",
        "project_id": "film",
        "private_key_id": "0123456789",
        "private_key": _private_key(),
        "client_email": "films@film.example.com",
        "token_uri": f"{echo}/token",
    }
    return json.dumps(account)


def marks() -> list[str]:
    """All that must be found nowhere: the mark as it is and within base64, and lines of the private key."""
    wrapped = [base64.b64encode(f"{' ' * shift}{MARK}-".encode()).decode()[3:10] for shift in range(3)]
    lines = _private_key().splitlines()[1:-1]
    return [MARK.lower(), *(words.lower() for words in wrapped), *(line.lower() for line in lines)]


def found_in(text: str) -> list[str]:
    text = text.lower()
    return [mark for mark in marks() if mark in text]


class Search:
    """Everything the planted keys might have reached, with where it came from."""

    def __init__(self) -> None:
        self.texts: list[tuple[str, str]] = []

    def add(self, where: str, text: object) -> None:
        self.texts.append((where, str(text)))

    def insist_on_nothing(self) -> None:
        hits = [(where, found) for where, text in self.texts if (found := found_in(text))]
        assert not hits, hits[:8]


@pytest.fixture
def search() -> Search:
    return Search()


@pytest.fixture
def echo(settings: Settings) -> Iterator[EchoVendor]:
    with echo_vendor() as vendor:
        settings.PRIVATE_HOSTS = [vendor.host]
        yield vendor


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    own = [logging.getLogger(name) for name in ("reviewapp", "jobs", "providers")]
    for log in own:
        log.propagate = True
    with caplog.at_level(logging.DEBUG):
        yield caplog
    for log in own:
        log.propagate = False


def typed(vendor: Vendor, left_out: str, echo: EchoVendor) -> dict[str, str]:
    fields = {"provider": vendor.name, "name": f"{vendor.label} {left_out}", "base_url": echo.url}
    secrets = [one for one in vendor.credentials if one.secret and one.name != left_out]
    return fields | {f"secret_{one.name}": planted(vendor, one.name, one.kind, echo.url) for one in secrets}


def order(shot: Shot, vendor: Vendor, slot: int, left_out: str = "") -> Candidate:
    """A clip of the vendor's first model that this way of signing reaches, due to be sent."""
    models = [entry for entry in catalog.models() if entry.vendor == vendor.name]
    model = next(entry for entry in models if not left_out or entry.wire.get("standard") == "legacy")
    version, _ = PromptVersion.objects.get_or_create(
        shot=shot, number=1, defaults={"text": shot.prompt, "author_kind": "person"}
    )
    seconds = model.default_duration or 5
    width, height = catalog.size_for(model, "16:9", "text")
    return Candidate.objects.create(
        shot=shot,
        version=version,
        slot=slot,
        status=Status.QUEUED,
        provider=vendor.name,
        model=model.id,
        duration_s=Decimal(seconds),
        width=width,
        height=height,
        estimate_usd=Decimal("0.60"),
    )


def vendor_sends_its_secret(vendor: Vendor, left_out: str) -> bool:
    """Whether the secret itself goes over the wire, and not only a token that was signed with it."""
    return not left_out and all(one.kind == "text" for one in vendor.credentials)


def well_again(key: ProviderKey) -> None:
    ProviderKey.objects.filter(pk=key.pk).update(
        paused_reason="", resting_until=None, resting_reason="", next_call_at=None
    )


def dump(search: Search) -> None:
    """Every table and every row, but for the one column that is encrypted."""
    for model in apps.get_models():
        for row in model._default_manager.values():
            row.pop("credentials_encrypted", None)
            search.add(f"table {model._meta.db_table}", row)
    for session in Session.objects.all():
        search.add("a session", session.get_decoded())


def drive(search: Search, people: list[User], shot: Shot) -> None:
    """Every page there is, as every kind of person; what fails must not tell either."""
    numbers = list(ProviderKey.objects.values_list("pk", flat=True))
    for person in people:
        client = signed_in(person)
        client.raise_request_exception = False
        # Only an admin gets a key's pages; to everybody else each answers alike.
        seen = numbers if person.is_superuser else numbers[:1]
        for _, address in _pages(get_resolver().url_patterns):
            named = address.replace("SQ010_SH0010", shot.code)
            for number in seen if "/keys/1/" in named else numbers[:1]:
                _visit(search, client, re.sub(r"/keys/1/", f"/keys/{number}/", named))


def _visit(search: Search, client: Client, address: str) -> None:
    answer = client.get(address)
    body = b"".join(cast(Any, answer).streaming_content) if answer.streaming else answer.content
    search.add(f"GET {address}", body.decode("utf-8", "replace"))
    search.add(f"headers of {address}", (answer.headers, client.cookies))


def traces(search: Search, log: pytest.LogCaptureFixture) -> None:
    """The logs, and of every error the report that Django would mail, with the variables of each frame."""
    search.add("the logs", log.text)
    for record in log.records:
        search.add(f"a record of {record.name}", (record.getMessage(), record.exc_text))
        if record.exc_info:
            request = getattr(record, "request", None)
            kind, error, trace = record.exc_info
            report = ExceptionReporter(request, kind, error, trace, is_email=True)
            search.add("a traceback's text", report.get_traceback_text())
            search.add("a traceback with its variables", report.get_traceback_html())


def test_the_search_finds_what_is_there() -> None:
    secret = planted(catalog.vendor("fal"), "api_key", "text", "")
    hidden = base64.b64encode(secret.encode()).decode()
    for text in (secret, secret.lower(), f"x{secret}x", hidden, f"{{'key': {_private_key()!r}}}"):
        assert found_in(text), text
    assert not found_in("key_0123456789abcdef")


@pytest.mark.parametrize(("vendor", "left_out"), WAYS, ids=lambda one: getattr(one, "name", one))
def test_no_key_reaches_a_log_an_error_a_page_an_export_or_a_table(
    vendor: Vendor,
    left_out: str,
    search: Search,
    echo: EchoVendor,
    everything_logged: pytest.LogCaptureFixture,
    dana: User,
    project: Project,
    make_shot: Callable[..., Shot],
) -> None:
    client, shot = signed_in(dana), make_shot()
    fields = typed(vendor, left_out, echo)
    for wrong in (
        {"name": ""},
        {"base_url": "http://10.0.0.1"},
        {"concurrency": "no"},
        {"provider": "nobody"},
    ):
        search.add(f"a wrong form {wrong}", client.post("/site/keys/new/", fields | wrong).content.decode())
    assert client.post("/site/keys/new/", fields).status_code == 302
    key = ProviderKey.objects.get()
    assert found_in(json.dumps(key.credentials()))
    for slot, echo.status in enumerate(STATUSES, start=1):
        client.post(f"/site/keys/{key.pk}/test/")
        well_again(key)
        submit_candidate(order(shot, vendor, slot, left_out).pk)
        run_queue()
        well_again(key)
    search.add("reprs", (key, vars(key) | {"credentials_encrypted": ""}, options_for))
    fields = typed(vendor, left_out, echo) | {"name": ""}
    search.add("a wrong change", client.post(f"/site/keys/{key.pk}/", fields).content.decode())
    ordered = [words for words in echo.heard if words.startswith("POST ")]
    assert len(ordered) >= len(STATUSES), "each order was sent, and each was answered with its own words"
    assert MARK in str(echo.heard) or not vendor_sends_its_secret(vendor, left_out)
    dump(search)
    traces(search, everything_logged)
    search.insist_on_nothing()


def test_no_page_of_anybody_shows_a_key(
    search: Search,
    echo: EchoVendor,
    everything_logged: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    alice: User,
    bob: User,
    charlie: User,
    dana: User,
    shot: Shot,
) -> None:
    monkeypatch.setenv("RETAKE_KEY_RUNCRATE_API_KEY", f"rc_live_{MARK}-environment-0123456789")
    monkeypatch.setenv("RETAKE_KEY_RUNCRATE_BASE_URL", echo.url)
    read_environment()
    client = signed_in(dana)
    for vendor, left_out in WAYS:
        assert client.post("/site/keys/new/", typed(vendor, left_out, echo)).status_code == 302
    echo.status = 401
    for key in ProviderKey.objects.all():
        client.post(f"/site/keys/{key.pk}/test/")
    run_queue()
    assert ProviderKey.objects.filter(from_environment=True, check_ok=False).exists()
    submit_candidate(order(shot, catalog.vendor("runway"), 1).pk)
    drive(search, [alice, bob, charlie, dana], shot)
    dump(search)
    traces(search, everything_logged)
    search.insist_on_nothing()


def test_a_page_that_breaks_while_it_holds_a_key_tells_nothing(
    search: Search, everything_logged: pytest.LogCaptureFixture, dana: User, echo: EchoVendor
) -> None:
    """The database fails in the very moment in which the key is written."""

    def broken(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if "reviewapp_providerkey" in sql and sql.startswith(("INSERT", "UPDATE")):
            raise DatabaseError("the disk is full")
        return execute(sql, *rest)

    client = signed_in(dana)
    client.raise_request_exception = False
    kling = catalog.vendor("kling")
    assert client.post("/site/keys/new/", typed(kling, "", echo)).status_code == 302
    key = ProviderKey.objects.get()
    with connection.execute_wrapper(broken):
        for vendor, left_out in WAYS:
            answer = client.post("/site/keys/new/", typed(vendor, left_out, echo) | {"name": "Another"})
            assert answer.status_code == 500
            search.add("a page that broke", answer.content.decode())
        answer = client.post(f"/site/keys/{key.pk}/", typed(kling, "api_key", echo))
        assert answer.status_code == 500
        search.add("a page that broke", answer.content.decode())
    assert any(record.exc_info for record in everything_logged.records)
    traces(search, everything_logged)
    search.insist_on_nothing()


@pytest.mark.parametrize(("vendor", "left_out"), WAYS, ids=lambda one: getattr(one, "name", one))
def test_nothing_that_holds_a_key_shows_it_when_it_is_printed(
    vendor: Vendor, left_out: str, search: Search, echo: EchoVendor, dana: User
) -> None:
    signed_in(dana).post("/site/keys/new/", typed(vendor, left_out, echo))
    key = ProviderKey.objects.get()
    account = stations.Account(vendor.name, options_for(key))
    search.add("an account", repr(account))
    search.add("a key", (repr(key), str(key)))
    search.insist_on_nothing()
