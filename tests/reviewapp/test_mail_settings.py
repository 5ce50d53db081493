"""The settings of mail: loud on what is wrong, and silent about passwords."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from reviewapp import env

NAME, FROM = "RETAKE_EMAIL_URL", "RETAKE_EMAIL_FROM"


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, "", "", "starttls")),
        ("smtp://me:p%40ss%3A@mail.example.org/", ("mail.example.org", 587, "me", "p@ss:", "starttls")),
        ("smtp://mail.example.org:465", ("mail.example.org", 465, "", "", "ssl")),
        ("smtps://mail.example.org", ("mail.example.org", 465, "", "", "ssl")),
        ("smtp://mail.example.org:25/?tls=off", ("mail.example.org", 25, "", "", "off")),
        ("smtp://localhost:2525", ("localhost", 2525, "", "", "off")),
        ("smtp://localhost/?tls=starttls", ("localhost", 587, "", "", "starttls")),
    ],
)
def test_a_server_is_read_and_its_way_encrypted_unless_it_is_this_machine(
    monkeypatch: pytest.MonkeyPatch, given: str, server: tuple[object, ...]
) -> None:
    monkeypatch.setenv(NAME, given)
    found = env.mail_server(NAME)
    assert found is not None
    assert (found.host, found.port, found.user, found.password, found.tls) == server
    assert not found.password or found.password not in repr(found)


@pytest.mark.parametrize(
    "given",
    [
        "mail.example.org",
        "http://me:hunter2@x.org",
        "smtp://me:hunter2@x.org/?tls=maybe",
        "smtp://x:99999/hunter2",
    ],
)
def test_a_wrong_server_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv(NAME, given)
    with pytest.raises(ImproperlyConfigured, match=NAME) as told:
        env.mail_server(NAME)
    assert "hunter2" not in str(told.value)
    assert told.value.__cause__ is None


def test_a_server_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("smtp://mail.example.org\n", encoding="utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "mail"))
    assert env.mail_server(NAME) is not None


def test_a_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.mail_sender(FROM, needed=False) == ""
    with pytest.raises(ImproperlyConfigured, match="RETAKE_EMAIL_FROM is not set"):
        env.mail_sender(FROM, needed=True)
    monkeypatch.setenv(FROM, "Retake")
    with pytest.raises(ImproperlyConfigured, match="must be an address"):
        env.mail_sender(FROM, needed=True)
    monkeypatch.setenv(FROM, "Retake <retake@example.org>")
    assert env.mail_sender(FROM, needed=True) == "Retake <retake@example.org>"


def test_the_sites_own_address_may_be_plain_inside_a_house(monkeypatch: pytest.MonkeyPatch) -> None:
    assert env.site_url("RETAKE_SITE_URL", "https://public.example.org") == "https://public.example.org"
    monkeypatch.setenv("RETAKE_SITE_URL", "http://retake.lan:8000/")
    assert env.site_url("RETAKE_SITE_URL", "") == "http://retake.lan:8000"
    monkeypatch.setenv("RETAKE_SITE_URL", "retake.lan")
    with pytest.raises(ImproperlyConfigured, match="RETAKE_SITE_URL"):
        env.site_url("RETAKE_SITE_URL", "")
