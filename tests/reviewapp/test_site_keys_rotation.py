"""Changing the encryption key: everything is written anew, nothing is lost, and the doctor knows."""

from __future__ import annotations

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from pytest_django import Settings

from reviewapp import keyrotation, secretbox
from reviewapp.management.commands.doctor import _encryption
from reviewapp.models import AuditEntry, ProviderKey

pytestmark = pytest.mark.django_db

OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


def stored(name: str, settings: Settings, with_key: str) -> ProviderKey:
    was, settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS, [with_key]
    key = ProviderKey(name=name, provider="runway")
    key.set_credentials({"api_key": f"key_of_{name}_0123456789"})
    key.save()
    settings.ENCRYPTION_KEYS = was
    return key


def run() -> tuple[str, str, int]:
    out, err = StringIO(), StringIO()
    try:
        call_command("rotate_keys", stdout=out, stderr=err)
    except SystemExit as end:
        return out.getvalue(), err.getvalue(), int(str(end.code))
    return out.getvalue(), err.getvalue(), 0


def doctor() -> list[str]:
    return [sentence for _, _, sentence in _encryption()]


def test_it_encrypts_everything_with_the_newest_key_and_the_old_one_can_go(settings: Settings) -> None:
    keys = [stored(name, settings, OLD) for name in ("a", "b")] + [stored("c", settings, NEW)]
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert "for 2 stored keys are the older encryption keys still needed" in doctor()[0]
    out, err, code = run()
    assert (err, code) == ("", 0)
    assert "2 of 3 stored keys were encrypted anew; 1 were already" in out
    assert doctor() == ["no stored key needs the older encryption keys any more"]
    settings.ENCRYPTION_KEYS = [NEW]
    for key in keys:
        key.refresh_from_db()
        assert key.credentials() == {"api_key": f"key_of_{key.name}_0123456789"}
    assert doctor() == []
    assert AuditEntry.objects.get().target == "2 keys"


def test_running_it_twice_changes_nothing_more(settings: Settings) -> None:
    key = stored("a", settings, OLD)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    run()
    key.refresh_from_db()
    assert "0 of 1 stored keys were encrypted anew" in run()[0]
    assert ProviderKey.objects.get().credentials_encrypted == key.credentials_encrypted


def test_what_it_cannot_read_is_named_left_alone_and_fails_the_command(settings: Settings) -> None:
    lost, good = stored("lost", settings, LOST), stored("good", settings, OLD)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    out, err, code = run()
    assert "“lost”" in err
    assert "1 of 2" in out
    assert "no longer needed" not in out
    assert code == 1
    assert ProviderKey.objects.get(pk=lost.pk).credentials_encrypted == lost.credentials_encrypted
    assert secretbox.is_current(ProviderKey.objects.get(pk=good.pk).credentials_encrypted)
    assert "the encryption key that stored “lost” is not configured here" in doctor()


def test_a_key_that_is_entered_meanwhile_is_not_undone(settings: Settings) -> None:
    key = stored("a", settings, OLD)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    read = key.credentials_encrypted
    key.set_credentials({"api_key": "key_entered_meanwhile"})
    key.save()
    assert not keyrotation.write_anew(key.pk, read)
    key.refresh_from_db()
    assert key.credentials() == {"api_key": "key_entered_meanwhile"}


def test_a_key_without_a_secret_needs_no_encryption_key(settings: Settings) -> None:
    key = ProviderKey(name="Own hardware", provider="comfyui")
    key.set_credentials({})
    key.save()
    assert key.credentials() == {}
    assert keyrotation.rotate().stored == 0
