"""Testing a key: what the vendor tells is shown, nothing is paid, and environment keys are no others."""

from __future__ import annotations

import pytest
from django_q.models import OrmQ
from pytest_django import Settings

from jobs.keys import LONGEST_SENTENCE, check_key
from providers import catalog
from reviewapp import keyring
from reviewapp.environment_keys import read_environment
from reviewapp.models import AuditEntry, ProviderKey
from tests.cast import SANDBOX_SECRET
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def waiting() -> set[str]:
    return {message.func() for message in OrmQ.objects.all()}


def test_a_test_shows_the_balance_and_the_limits_and_pays_nothing(sandbox: Sandbox, key: ProviderKey) -> None:
    check_key(key.pk)
    key.refresh_from_db()
    assert "credits are left" in key.check_sentence
    assert " Limits: " in key.check_sentence
    assert "at once" in key.check_sentence
    assert len(key.check_sentence) <= LONGEST_SENTENCE + 2
    assert sandbox.paid_count() == 0


def test_a_key_from_the_environment_is_tested_as_any_other(
    sandbox: Sandbox, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETAKE_KEY_RUNWAY_API_KEY", SANDBOX_SECRET)
    monkeypatch.setenv("RETAKE_KEY_RUNWAY_BASE_URL", sandbox.base_url)
    read_environment()
    key = ProviderKey.objects.get()
    check_key(key.pk)
    key.refresh_from_db()
    assert (key.check_ok, key.credentials_encrypted) == (True, "")
    monkeypatch.delenv("RETAKE_KEY_RUNWAY_API_KEY")
    monkeypatch.delenv("RETAKE_KEY_RUNWAY_BASE_URL")
    check_key(key.pk)
    key.refresh_from_db()
    assert key.check_ok is False
    assert "is read from the environment" in key.check_sentence


def test_a_key_that_cannot_be_read_is_told_apart_from_one_that_is_refused(
    key: ProviderKey, settings: Settings
) -> None:
    settings.ENCRYPTION_KEYS = ["MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="]
    check_key(key.pk)
    key.refresh_from_db()
    assert "stored with an encryption key that is not configured here" in key.check_sentence
    assert key.paused_reason == key.check_sentence
    assert AuditEntry.objects.get().action == "paused key"


def test_published_webhook_keys_are_fetched_through_a_key_that_works() -> None:
    publishing = next(vendor.name for vendor in catalog.vendors() if vendor.webhook == "ed25519")
    good, bad = (ProviderKey.objects.create(name=name, provider=publishing) for name in ("Good", "Bad"))
    keyring.record_check(bad, False, "The key is refused.")
    keyring.record_check(ProviderKey.objects.create(name="Other", provider="runway"), True, "The key works.")
    assert waiting() == set()
    keyring.record_check(good, True, "The key works.")
    assert waiting() == {"jobs.webhook_keys.fetch_webhook_keys"}
