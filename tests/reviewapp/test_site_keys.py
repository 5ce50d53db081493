"""Providers' keys: what goes in never comes out, and where they may lead."""

from __future__ import annotations

import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django_q.models import OrmQ
from pytest_django import Settings

from reviewapp.forms.addresses import check_base_url
from reviewapp.models import AuditEntry, Candidate, Project, PromptVersion, ProviderKey, Shot, Status, User
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

SECRET = "key_planted-9f31c7-WXYZ"
NEW = {"name": "Runway, studio", "provider": "runway", "base_url": "", "secret_api_key": SECRET}


@pytest.fixture
def key(dana: User) -> ProviderKey:
    key = ProviderKey(name="Runway, studio", provider="runway", created_by=dana)
    key.set_credentials({"api_key": SECRET})
    key.save()
    return key


def test_it_stores_a_key_encrypted_and_shows_its_end(dana: User) -> None:
    answer = signed_in(dana).post("/site/keys/new/", NEW, follow=True)
    key = ProviderKey.objects.get()
    assert key.credentials()["api_key"] == SECRET
    assert SECRET not in key.credentials_encrypted
    assert "WXYZ" in answer.content.decode()


def test_an_empty_secret_leaves_the_stored_one(dana: User, key: ProviderKey) -> None:
    signed_in(dana).post(f"/site/keys/{key.pk}/", NEW | {"name": "Renamed", "secret_api_key": ""})
    key.refresh_from_db()
    assert (key.name, key.credentials()["api_key"]) == ("Renamed", SECRET)


def test_a_new_secret_replaces_the_old_one_and_forgets_what_was_known_of_it(
    dana: User, key: ProviderKey
) -> None:
    ProviderKey.objects.update(
        check_ok=False, checked_at=timezone.now(), paused_reason="The key was refused."
    )
    signed_in(dana).post(f"/site/keys/{key.pk}/", NEW | {"secret_api_key": "key_another-one-5678"})
    key.refresh_from_db()
    assert (key.credentials()["api_key"], key.check_ok, key.paused_reason) == (
        "key_another-one-5678",
        None,
        "",
    )
    assert AuditEntry.objects.get().detail == "Key replaced"


@pytest.mark.parametrize("masked", ["key_…WXYZ", "••••WXYZ", "key_****WXYZ"])
def test_a_masked_key_is_refused_and_the_stored_one_stays(dana: User, key: ProviderKey, masked: str) -> None:
    answer = signed_in(dana).post(f"/site/keys/{key.pk}/", NEW | {"secret_api_key": masked})
    assert answer.status_code == 422
    assert "This is a masked key" in answer.content.decode()
    key.refresh_from_db()
    assert key.credentials()["api_key"] == SECRET


def test_no_page_answer_or_log_ever_holds_the_key(
    dana: User, key: ProviderKey, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = signed_in(dana)
    pages = [
        "/site/keys/",
        f"/site/keys/{key.pk}/",
        f"/site/keys/{key.pk}/row/",
        f"/site/keys/{key.pk}/delete/",
    ]
    answers = [client.get(page) for page in [*pages, "/site/audit/", "/site/costs/", "/site/people/"]]
    for wrong in ({"name": ""}, {"base_url": "http://10.0.0.1"}, {"provider": "nobody"}):
        answers.append(client.post("/site/keys/new/", NEW | wrong))
        answers.append(client.post(f"/site/keys/{key.pk}/", NEW | wrong))
    answers.append(client.post(f"/site/keys/{key.pk}/", NEW | {"name": "Renamed"}, follow=True))
    answers.append(client.post(f"/site/keys/{key.pk}/test/", headers={"HX-Request": "true"}))
    answers.append(client.post(f"/site/keys/{key.pk}/delete/", follow=True))
    for answer in answers:
        assert SECRET not in answer.content.decode()
        assert SECRET not in str(answer.headers)
    assert SECRET not in caplog.text
    assert not any(SECRET in f"{entry.target} {entry.detail}" for entry in AuditEntry.objects.all())
    assert not any(SECRET in message.payload for message in OrmQ.objects.all())


def test_it_asks_for_the_key_again_when_another_field_was_wrong(dana: User) -> None:
    page = signed_in(dana).post("/site/keys/new/", NEW | {"name": ""}).content.decode()
    assert "never shown again" in page
    assert "Give the account a name." in page


def test_two_keys_cannot_share_a_name(dana: User, key: ProviderKey) -> None:
    answer = signed_in(dana).post("/site/keys/new/", NEW | {"name": "runway,  STUDIO"})
    assert "There is already a key called" in answer.content.decode()
    assert ProviderKey.objects.count() == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example.com/v1",
        "https://10.0.0.5/v1",
        "https://127.0.0.1:8100",
        "https://127.1",
        "https://2130706433/",
        "https://0x7f.0x1",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/v1",
        "https://printer.local",
        "https://metadata.google.internal",
        "https://intranet/v1",
        "https://user:pass@gateway.example.com",
        "https://gateway.example.com/?key=1",
        "https://gateway.example.com:99999",
        "ftp://gateway.example.com",
        "gateway.example.com",
        "https://",
    ],
)
def test_it_refuses_addresses_that_are_private_plain_or_no_address(url: str, settings: Settings) -> None:
    settings.PRIVATE_HOSTS = ["127.0.0.1:9999"]
    with pytest.raises(ValidationError):
        check_base_url(url)


def test_it_takes_public_https_and_the_private_hosts_that_were_named(settings: Settings) -> None:
    settings.PRIVATE_HOSTS = ["127.0.0.1:8100", "Sandbox:8100"]
    for url in (
        "https://[2606:4700::1111]/v1",
        "https://1.1.1.1",
        "https://gateway.example.com/v1",
        "http://127.0.0.1:8100/runway",
        "http://sandbox:8100",
        "",
    ):
        assert check_base_url(url) == url


def test_a_test_goes_to_the_queue_and_the_row_asks_until_the_answer_is_there(
    dana: User, key: ProviderKey
) -> None:
    client = signed_in(dana)
    row = client.post(f"/site/keys/{key.pk}/test/", headers={"HX-Request": "true"}).content.decode()
    assert "Testing" in row
    assert 'hx-trigger="every 1s, ' in row
    assert OrmQ.objects.count() == 1
    ProviderKey.objects.update(
        checked_at=timezone.now(), check_ok=True, check_sentence="The key works; 1,250 credits are left."
    )
    row = client.get(f"/site/keys/{key.pk}/row/").content.decode()
    assert "1,250 credits are left" in row
    assert "hx-trigger" not in row


def test_a_test_that_no_worker_takes_says_so_and_stops_asking(dana: User, key: ProviderKey) -> None:
    ProviderKey.objects.update(check_asked_at=timezone.now() - timedelta(minutes=5))
    row = signed_in(dana).get(f"/site/keys/{key.pk}/row/").content.decode()
    assert "No answer" in row
    assert "hx-trigger" not in row


def test_enabling_lifts_the_machines_pause(dana: User, key: ProviderKey) -> None:
    key.pause("Runway refused the key.")
    signed_in(dana).post(f"/site/keys/{key.pk}/enabled/", {"to": "enabled"})
    key.refresh_from_db()
    assert key.usable
    signed_in(dana).post(f"/site/keys/{key.pk}/enabled/", {"to": "disabled"})
    key.refresh_from_db()
    assert not key.usable


def test_deleting_asks_on_a_page_of_its_own(dana: User, key: ProviderKey) -> None:
    client = signed_in(dana)
    assert "Delete Runway, studio?" in client.get(f"/site/keys/{key.pk}/delete/").content.decode()
    assert ProviderKey.objects.exists()
    client.post(f"/site/keys/{key.pk}/delete/")
    assert not ProviderKey.objects.exists()


def test_a_key_that_clips_are_being_made_with_stays(dana: User, key: ProviderKey, project: Project) -> None:
    shot = Shot.objects.create(project=project, code="SQ010_SH0010", prompt="A boat", duration_s=Decimal(5))
    version = PromptVersion.objects.create(shot=shot, number=1, text="A boat", author_kind="person")
    Candidate.objects.create(
        shot=shot,
        version=version,
        slot=1,
        status=Status.GENERATING,
        provider="runway",
        provider_key=key,
        model="gen4.5",
        duration_s=Decimal(5),
        width=1280,
        height=720,
        estimate_usd=Decimal("0.60"),
    )
    client = signed_in(dana)
    assert "1 clip is being made with it" in client.get(f"/site/keys/{key.pk}/delete/").content.decode()
    client.post(f"/site/keys/{key.pk}/delete/")
    assert ProviderKey.objects.filter(pk=key.pk).exists()
