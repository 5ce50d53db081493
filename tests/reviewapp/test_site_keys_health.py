"""A key that is refused is paused, and the people whom it concerns are told until it is mended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reviewapp import keyhealth, keyring
from reviewapp.models import AuditEntry, Project, ProviderKey, Routing, Shot, User
from tests.cast import sandbox_key, signed_in

pytestmark = pytest.mark.django_db

REASON = "Runway refuses the key (401). Nothing was spent."


@pytest.fixture
def key(db: None) -> ProviderKey:
    return sandbox_key("https://api.example.com", name="Studio")


def banner(person: User, path: str = "/projects/") -> str:
    page = signed_in(person).get(path).content.decode()
    _, found, rest = page.partition('<aside class="banner"')
    return rest.partition("</aside>")[0] if found else ""


def test_a_pause_is_logged_once_by_nobody_and_keeps_its_first_reason(key: ProviderKey) -> None:
    key.pause(REASON)
    key.pause("Another reason.")
    key.refresh_from_db()
    assert key.paused_reason == REASON
    told = AuditEntry.objects.get()
    assert (told.by, told.action, told.target, told.detail) == (None, "paused key", "Studio", REASON)


def test_its_people_are_told_on_every_page_and_strangers_are_not(
    project: Project, key: ProviderKey, alice: User, bob: User, charlie: User, dana: User
) -> None:
    assert banner(dana) == banner(alice) == ""
    key.pause(REASON)
    for path in ("/projects/", "/site/audit/", "/password/"):
        assert REASON in banner(dana, path)
    assert f"/site/keys/{key.pk}/" in banner(dana)
    assert REASON in banner(alice)
    assert "No clip can be sent to Runway until this is mended." in banner(alice)
    assert "Tell an admin of this site (Dana)." in banner(alice)
    assert "/site/keys/" not in banner(alice)
    assert banner(bob) == banner(charlie) == ""


def test_with_another_key_the_clips_go_on_and_the_banner_says_so(
    project: Project, key: ProviderKey, alice: User
) -> None:
    other = sandbox_key("https://api.example.com", name="Second")
    key.pause(REASON)
    assert "Clips for Runway go on with its other keys." in banner(alice)
    ProviderKey.objects.filter(pk=other.pk).update(enabled=False)
    assert "No clip can be sent to Runway" in banner(alice)


def test_where_only_the_sandbox_goes_on_the_banner_says_so(
    key: ProviderKey, dana: User, settings: Any
) -> None:
    sandbox_key(f"{settings.SANDBOX_URL}/runway", name="Drawn")
    key.pause(REASON)
    assert "cannot be sent where they are paid ones; the sandbox&#x27;s go on" in banner(dana)


@pytest.mark.parametrize("how", ["enable", "disable", "test"])
def test_it_is_told_until_the_pause_is_lifted(key: ProviderKey, dana: User, how: str) -> None:
    key.pause(REASON)
    key.refresh_from_db()
    if how == "test":
        keyring.record_check(key, True, "The key works.")
        assert AuditEntry.objects.first().action == "resumed key"  # type: ignore[union-attr]
    else:
        keyring.set_enabled(dana, key, how == "enable")
        assert REASON in AuditEntry.objects.first().detail  # type: ignore[union-attr]
    assert banner(dana) == ""


def test_a_producer_is_told_of_providers_that_shots_or_the_machine_may_choose(
    project: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    other = ProviderKey.objects.create(name="Kling studio", provider="kling")
    other.pause("Kling refuses the key.")
    assert banner(alice) == ""
    shot = make_shot(provider="kling", model="kling-3.0")
    assert "Kling refuses the key." in banner(alice)
    shot.delete()
    Project.objects.filter(pk=project.pk).update(routing=Routing.CHEAPEST)
    assert "Kling refuses the key." in banner(alice)
    Project.objects.filter(pk=project.pk).update(sandbox_only=True)
    assert banner(alice) == ""


def test_while_all_is_well_the_banner_costs_one_small_query(
    key: ProviderKey, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert keyhealth.troubles(alice) == []


def test_a_resting_key_is_shown_with_the_time_at_which_it_goes_on(key: ProviderKey, dana: User) -> None:
    until = timezone.now() + timedelta(minutes=3)
    ProviderKey.objects.update(resting_until=until, resting_reason="Runway asks for a pause (429).")
    page = signed_in(dana).get("/site/keys/").content.decode()
    assert "Resting" in page
    assert "Runway asks for a pause (429)." in page
    assert f"{until:%H:%M:%S}" in page
    assert banner(dana) == ""
    ProviderKey.objects.update(resting_until=timezone.now() - timedelta(seconds=1))
    assert "Resting" not in signed_in(dana).get("/site/keys/").content.decode()


def test_limits_of_many_models_are_folded_away_in_the_list(key: ProviderKey, dana: User) -> None:
    limits = ", ".join(f"model_{number} at once 2" for number in range(15))
    ProviderKey.objects.update(
        checked_at=timezone.now(), check_ok=True, check_sentence=f"The key works. Limits: {limits}."
    )
    page = signed_in(dana).get("/site/keys/").content.decode()
    assert '<span class="sentence small">The key works.</span><details' in page
    assert f"{limits}.</span></details>" in page


def test_the_sentence_of_a_refusal_stands_once_in_the_list(key: ProviderKey, dana: User) -> None:
    ProviderKey.objects.update(checked_at=timezone.now(), check_ok=False, check_sentence=REASON)
    key.pause(REASON)
    page = signed_in(dana).get("/site/keys/").content.decode()
    assert page.partition("<tbody>")[2].count(REASON) == 1


def test_doctor_points_at_a_key_that_is_in_use_after_a_failed_test(
    key: ProviderKey, capsys: pytest.CaptureFixture[str]
) -> None:
    ProviderKey.objects.update(checked_at=timezone.now(), check_ok=False, check_sentence=REASON)
    with suppress(SystemExit):
        call_command("doctor")
    told = capsys.readouterr().out
    assert f"--    keys       Runway, Studio: in use, though its last test said: {REASON}" in told
