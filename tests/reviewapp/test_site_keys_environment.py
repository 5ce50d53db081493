"""Keys from the environment: a row like any other, whose secret is never stored."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest

from providers import catalog
from providers.errors import NotConfigured
from reviewapp import keyring
from reviewapp.credentials import options_for
from reviewapp.environment_keys import problems, read_environment, variables
from reviewapp.models import AuditEntry, Project, ProviderKey, User
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

SECRET = "key_planted-env-0123456789"
NAME = "RETAKE_KEY_RUNWAY_API_KEY"


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> ProviderKey:
    monkeypatch.setenv(NAME, SECRET)
    read_environment()
    return ProviderKey.objects.get()


def test_a_variable_makes_a_key_and_stores_no_secret(key: ProviderKey) -> None:
    assert (key.name, key.provider, key.from_environment) == ("Runway (environment)", "runway", True)
    assert (key.credentials_encrypted, key.last_four, key.options) == ("", "", {})
    assert options_for(key)["api_key"] == SECRET
    told = AuditEntry.objects.get()
    assert (told.by, told.action, told.detail) == (None, "added key", "from the environment")


def test_reading_it_again_changes_nothing(key: ProviderKey) -> None:
    for _ in range(2):
        read_environment()
    assert ProviderKey.objects.count() == AuditEntry.objects.count() == 1


def test_a_file_is_read_when_it_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text('{"type": "service_account"}\n')
    monkeypatch.setenv("RETAKE_KEY_VEO_SERVICE_ACCOUNT_FILE", str(file))
    monkeypatch.setenv("RETAKE_KEY_VEO_PROJECT", "film")
    read_environment()
    options = options_for(ProviderKey.objects.get())
    assert (options["service_account"], options["project"]) == ('{"type": "service_account"}', "film")
    file.write_text('{"type": "another"}')
    assert options_for(ProviderKey.objects.get())["service_account"] == '{"type": "another"}'


def test_an_address_from_the_environment_leads_the_key(
    key: ProviderKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RETAKE_KEY_RUNWAY_BASE_URL", "https://gateway.example.com/v1/")
    read_environment()
    key.refresh_from_db()
    assert options_for(key)["base_url"] == "https://gateway.example.com/v1"
    assert AuditEntry.objects.first().detail == "address: the vendor's own → https://gateway.example.com/v1"  # type: ignore[union-attr]


def test_half_a_key_is_no_key_and_is_told_by_name(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("RETAKE_KEY_KLING_ACCESS_KEY", SECRET)
    monkeypatch.setenv("RETAKE_KEY_RUNWAI_API_KEY", SECRET)
    monkeypatch.setenv("RETAKE_KEY_FAL_API_KEY_FILE", "/no/such/file")
    logging.getLogger("reviewapp").propagate = True
    with caplog.at_level(logging.ERROR):
        read_environment()
    logging.getLogger("reviewapp").propagate = False
    assert not ProviderKey.objects.exists()
    told = problems()
    assert "Kling's key in the environment is not whole: set RETAKE_KEY_KLING_SECRET_KEY." in told
    assert any(problem.startswith("RETAKE_KEY_RUNWAI_API_KEY is no variable") for problem in told)
    assert any("/no/such/file, which cannot be read" in problem for problem in told)
    assert all(problem in caplog.text for problem in told)
    assert SECRET not in caplog.text


def test_its_limits_and_its_switch_can_be_changed_and_nothing_else(dana: User, key: ProviderKey) -> None:
    client = signed_in(dana)
    page = client.get(f"/site/keys/{key.pk}/").content.decode()
    assert NAME in page
    assert SECRET not in page
    assert 'name="secret_api_key"' not in page
    typed = {
        "concurrency": "2",
        "name": "Mine",
        "base_url": "https://x.example.com",
        "secret_api_key": "other-key-000",
    }
    client.post(f"/site/keys/{key.pk}/", typed)
    client.post(f"/site/keys/{key.pk}/enabled/", {"to": "disabled"})
    key.refresh_from_db()
    assert (key.concurrency, key.enabled) == (2, False)
    assert (key.name, key.base_url, key.credentials_encrypted) == ("Runway (environment)", "", "")


def test_when_the_variables_vanish_the_key_is_not_used_and_says_so(
    dana: User, project: Project, key: ProviderKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keyring.key_for(project, "runway") == key
    monkeypatch.delenv(NAME)
    assert keyring.key_for(project, "runway") is None
    with pytest.raises(NotConfigured, match="no variable that begins with RETAKE_KEY_RUNWAY_ is set"):
        options_for(key)
    assert (
        "Its variables are not set where this page runs"
        in signed_in(dana).get("/site/keys/").content.decode()
    )


def test_it_cannot_be_deleted_while_it_would_come_back(
    dana: User, key: ProviderKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(dana)
    answer = client.post(f"/site/keys/{key.pk}/delete/", follow=True)
    assert "would come back" in answer.content.decode()
    assert ProviderKey.objects.exists()
    monkeypatch.delenv(NAME)
    client.post(f"/site/keys/{key.pk}/delete/")
    assert not ProviderKey.objects.exists()


def test_every_variable_is_documented() -> None:
    paper = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
    documented = set(re.findall(r"\bRETAKE_KEY_[A-Z_]+\b", paper))
    assert documented == {name for vendor in catalog.vendors() for name in variables(vendor)}


def test_a_changed_secret_is_told_once_and_never_itself(
    key: ProviderKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(NAME, "key_another-planted-9876543210")
    for _ in range(2):
        read_environment()
    key.refresh_from_db()
    told = AuditEntry.objects.filter(action=keyring.CHANGED_KEY).get()
    assert told.detail == "its secrets in the environment were changed"
    assert key.account_changed_at is not None
    assert "planted" not in key.secret_print
