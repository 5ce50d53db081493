"""The form of a key: what each vendor's consists of, what an empty field means, and what the log says."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, cast

import pytest
from django.http import HttpResponse
from pytest_django import DjangoAssertNumQueries

from providers import catalog
from providers.catalog import Vendor
from reviewapp.models import AuditEntry, ProviderKey, User
from tests.cast import signed_in

pytestmark = pytest.mark.django_db

ACCOUNT = json.dumps({"type": "service_account", "project_id": "film", "private_key": "planted-private"})
PAIR = {"secret_access_key": "access-0123456789", "secret_secret_key": "secret-0123456789"}
GATEWAY = "https://gateway.example.com/v1"


def value_of(name: str, kind: str) -> str:
    return ACCOUNT if kind == "json" else f"planted-{name}-0123456789"


def form_of(vendor: Vendor, **changes: str) -> dict[str, str]:
    """What an admin types for this vendor: every credential, and one way where one of several is enough."""
    ways: dict[str, str] = {}
    typed = {"provider": vendor.name, "name": f"{vendor.label}, studio", "base_url": ""}
    for one in vendor.credentials:
        group = one.either.partition(":")[0]
        if group and ways.setdefault(group, one.either) != one.either:
            continue
        field = f"{'secret' if one.secret else 'option'}_{one.name}"
        typed[field] = value_of(one.name, one.kind)
    if vendor.is_retired():
        typed["base_url"] = GATEWAY
    return typed | changes


def post(by: User, path: str, fields: dict[str, str]) -> HttpResponse:
    return cast(HttpResponse, signed_in(by).post(path, fields))


def add(by: User, vendor: str, **changes: str) -> ProviderKey:
    answer = post(by, "/site/keys/new/", form_of(catalog.vendor(vendor), **changes))
    assert answer.status_code == 302, answer.content.decode()
    return ProviderKey.objects.latest("pk")


def errors(answer: HttpResponse) -> str:
    assert answer.status_code == 422
    return answer.content.decode()


@pytest.mark.parametrize("vendor", catalog.vendors(), ids=lambda vendor: str(vendor.name))
def test_the_form_asks_for_what_the_vendors_key_consists_of(dana: User, vendor: Vendor) -> None:
    page = signed_in(dana).get(f"/site/keys/new/?provider={vendor.name}").content.decode()
    for one in vendor.credentials:
        assert f'name="{"secret" if one.secret else "option"}_{one.name}"' in page
    key = add(dana, vendor.name)
    secrets = {one.name for one in vendor.credentials if one.secret}
    stored = key.credentials()
    assert stored
    assert set(stored) <= secrets
    assert all(value.startswith(("planted-", "{")) for value in stored.values())
    assert set(key.options) == {one.name for one in vendor.credentials if not one.secret}


def test_a_vendor_without_obligations_takes_a_key_of_nothing(dana: User) -> None:
    key = add(dana, "comfyui", secret_api_key="")
    assert (key.credentials(), key.credentials_encrypted) == ({}, "")


def test_a_provider_that_does_not_exist_is_no_500(dana: User) -> None:
    answer = post(
        dana, "/site/keys/new/", {"provider": "nobody", "name": "x", "secret_api_key": "planted-xxx"}
    )
    assert "There is no provider of that name here" in errors(answer)
    assert "planted" not in answer.content.decode()
    assert signed_in(dana).get("/site/keys/new/?provider=nobody").status_code == 200


def test_one_complete_way_of_signing_is_enough_and_half_of_one_is_not(dana: User) -> None:
    half = {"secret_api_key": "", "secret_access_key": "access-0123456789"}
    fields = form_of(catalog.vendor("kling"), **half)
    assert "Enter API key, or Access key and Secret key." in errors(post(dana, "/site/keys/new/", fields))
    key = add(dana, "kling", secret_api_key="", secret_webhook_secret="", **PAIR)
    assert set(key.credentials()) == {"access_key", "secret_key"}
    assert key.last_four == "6789"


def test_a_new_way_of_signing_replaces_the_old_one(dana: User) -> None:
    key = add(dana, "kling")
    assert set(key.credentials()) == {"api_key", "webhook_secret"}
    fields = form_of(catalog.vendor("kling"), secret_api_key="", secret_webhook_secret="", **PAIR)
    post(dana, f"/site/keys/{key.pk}/", fields)
    key.refresh_from_db()
    assert set(key.credentials()) == {"access_key", "secret_key", "webhook_secret"}
    assert AuditEntry.objects.first().detail == "Access key replaced; Secret key replaced; API key removed"  # type: ignore[union-attr]


def test_one_secret_is_replaced_and_the_others_stay(dana: User) -> None:
    key = add(dana, "kling", secret_api_key="", secret_webhook_secret="", **PAIR)
    empty = dict.fromkeys(("secret_api_key", "secret_webhook_secret"), "")
    fields = form_of(catalog.vendor("kling"), **empty, secret_secret_key="another-0123456789")
    post(dana, f"/site/keys/{key.pk}/", fields)
    key.refresh_from_db()
    assert key.credentials() == {"access_key": "access-0123456789", "secret_key": "another-0123456789"}


def test_an_optional_secret_can_be_taken_away(dana: User) -> None:
    key = add(dana, "kling")
    nothing = {"secret_api_key": "", "secret_webhook_secret": ""}
    page = signed_in(dana).get(f"/site/keys/{key.pk}/").content.decode()
    assert 'name="forget_webhook_secret"' in page
    assert 'name="forget_api_key"' not in page
    fields = form_of(catalog.vendor("kling"), **nothing, forget_webhook_secret="on")
    post(dana, f"/site/keys/{key.pk}/", fields)
    key.refresh_from_db()
    assert set(key.credentials()) == {"api_key"}


def test_several_signing_secrets_may_be_in_force(dana: User) -> None:
    key = add(dana, "sora", secret_webhook_secret="whsec_one0123456\r\n  whsec_two0123456 ")
    assert key.credentials()["webhook_secret"] == "whsec_one0123456\nwhsec_two0123456"


@pytest.mark.parametrize("wrong", ["not json at all {", '["a list"]', '"a mere text"', "{" * 5000])
def test_a_file_that_is_no_whole_object_is_refused_without_being_quoted(dana: User, wrong: str) -> None:
    answer = post(dana, "/site/keys/new/", form_of(catalog.vendor("veo"), secret_service_account=wrong))
    assert "This is not the whole file" in errors(answer)
    assert wrong not in answer.content.decode()
    assert not ProviderKey.objects.exists()


def test_a_stored_file_is_never_shown_again(dana: User) -> None:
    key = add(dana, "veo")
    assert key.last_four == ""
    page = signed_in(dana).get(f"/site/keys/{key.pk}/").content.decode()
    assert "planted-private" not in page
    assert "Leave this empty to keep it" in page
    post(dana, f"/site/keys/{key.pk}/", form_of(catalog.vendor("veo"), secret_service_account=""))
    key.refresh_from_db()
    assert key.credentials() == {"service_account": ACCOUNT}


@pytest.mark.parametrize("broken", ["two words", "line\nbreak", "kéy_0123456789"])
def test_what_no_key_contains_is_refused_before_it_is_stored(dana: User, broken: str) -> None:
    answer = post(dana, "/site/keys/new/", form_of(catalog.vendor("runway"), secret_api_key=broken))
    assert "that no key has" in errors(answer)
    assert not ProviderKey.objects.exists()


def test_a_masked_secret_loses_nothing_else_that_was_typed(dana: User) -> None:
    fields = form_of(catalog.vendor("veo"), secret_service_account="…", option_location="europe-west4")
    page = errors(post(dana, "/site/keys/new/", fields | {"budget_usd": "120", "concurrency": "3"}))
    for typed in ("europe-west4", 'value="120"', 'value="3"', "This is a masked key"):
        assert typed in page


def test_a_stored_key_is_never_sent_to_another_address_than_it_was_entered_for(dana: User) -> None:
    key = add(dana, "runway")
    fields = form_of(catalog.vendor("runway"), base_url=GATEWAY, secret_api_key="")
    page = errors(post(dana, f"/site/keys/{key.pk}/", fields))
    assert "only ever sent where it was entered for" in page.replace("\n", " ")
    key.refresh_from_db()
    assert key.base_url == ""
    post(dana, f"/site/keys/{key.pk}/", fields | {"secret_api_key": "planted-again-0123456789"})
    key.refresh_from_db()
    assert key.base_url == GATEWAY
    post(dana, f"/site/keys/{key.pk}/", fields | {"base_url": f"{GATEWAY}/other"})
    key.refresh_from_db()
    assert key.base_url == f"{GATEWAY}/other"


@pytest.mark.parametrize("address", ["", "https://api.openai.com/v1", "https://api.openai.com/v2"])
def test_a_closed_service_needs_an_address_of_its_own_and_says_so(dana: User, address: str) -> None:
    page = signed_in(dana).get("/site/keys/new/?provider=sora").content.decode()
    assert "closed its Videos API on 2026-09-24" in page
    answer = post(dana, "/site/keys/new/", form_of(catalog.vendor("sora"), base_url=address))
    assert answer.status_code == 422
    assert not ProviderKey.objects.exists()


def test_the_limits_are_kept_shown_and_logged_in_words(dana: User) -> None:
    limits = {
        "budget_usd": "120",
        "daily_budget_usd": "40.50",
        "concurrency": "3",
        "requests_per_minute": "9",
    }
    key = add(dana, "runway", **limits)
    assert (key.budget_usd, key.daily_budget_usd) == (Decimal(120), Decimal("40.50"))
    assert (key.concurrency, key.requests_per_minute) == (3, 9)
    assert "budget: none → $120" in AuditEntry.objects.get().detail
    fields = form_of(catalog.vendor("runway"), secret_api_key="", concurrency="4", budget_usd="")
    post(dana, f"/site/keys/{key.pk}/", fields)
    told = AuditEntry.objects.first()
    assert told is not None
    changes = "budget: $120.00 → none; daily budget: $40.50 → none; clips at once: 3 → 4"
    assert told.detail == f"{changes}; calls a minute: 9 → none"
    for column in ("budget_usd", "daily_budget", "base_url", "credentials", "paused_reason"):
        assert column not in told.detail


def test_a_missing_way_to_pay_is_said_beside_whatever_else_is_wrong(dana: User) -> None:
    fields = form_of(catalog.vendor("kling"), name="", base_url="nonsense", secret_api_key="")
    page = post(dana, "/site/keys/new/", fields).content.decode()
    assert "Enter API key, or Access key and Secret key." in page
    assert "Write the whole address" in page


@pytest.mark.parametrize("vendor", catalog.vendors(), ids=lambda vendor: str(vendor.name))
def test_every_complaint_says_what_to_enter(dana: User, vendor: Vendor) -> None:
    wrong = {
        "budget_usd": "-1",
        "daily_budget_usd": "1.234",
        "concurrency": "0",
        "requests_per_minute": "1.5",
    }
    page = errors(post(dana, "/site/keys/new/", {"provider": vendor.name} | wrong))
    assert "Give the account a name." in page
    assert page.count("Write an amount in US dollars") == 2
    assert page.count("Write a whole number") == 2
    for words in ("This field is required", "Enter a whole number", "Ensure "):
        assert words not in page


def test_limits_that_make_no_sense_are_refused(dana: User) -> None:
    for wrong in ({"concurrency": "0"}, {"budget_usd": "-1"}, {"requests_per_minute": "many"}):
        post_answer = post(dana, "/site/keys/new/", form_of(catalog.vendor("runway"), **wrong))
        assert post_answer.status_code == 422
    page = signed_in(dana).get("/site/keys/new/?provider=veo").content.decode()
    usual = catalog.vendor("veo").requests_per_minute
    assert f"Empty: the vendor&#x27;s usual {usual}." in page or f"Empty: the vendor's usual {usual}." in page


def test_changing_limits_says_nothing_about_the_account(dana: User) -> None:
    key = add(dana, "runway")
    ProviderKey.objects.update(check_ok=True, paused_reason="Runway refuses the key.")
    post(dana, f"/site/keys/{key.pk}/", form_of(catalog.vendor("runway"), secret_api_key="", concurrency="2"))
    key.refresh_from_db()
    assert (key.check_ok, key.paused_reason) == (True, "Runway refuses the key.")


def test_saving_without_a_change_writes_no_entry(dana: User) -> None:
    key = add(dana, "kling")
    nothing = {"secret_api_key": "", "secret_webhook_secret": ""}
    post(dana, f"/site/keys/{key.pk}/", form_of(catalog.vendor("kling"), **nothing))
    assert [entry.action for entry in AuditEntry.objects.all()] == ["added key"]


def test_switching_twice_is_one_change(dana: User) -> None:
    key = add(dana, "runway")
    for _ in range(2):
        post(dana, f"/site/keys/{key.pk}/enabled/", {"to": "disabled"})
    assert [entry.action for entry in AuditEntry.objects.all()] == ["disabled key", "added key"]


def test_a_key_of_a_vendor_that_is_gone_can_still_be_looked_at(dana: User) -> None:
    key = ProviderKey.objects.create(name="Old", provider="a-vendor-that-left")
    assert signed_in(dana).get(f"/site/keys/{key.pk}/").status_code == 200
    assert signed_in(dana).get("/site/keys/").status_code == 200
    assert post(dana, f"/site/keys/{key.pk}/", {"concurrency": "2"}).status_code == 302


def test_the_list_asks_as_often_for_many_keys_as_for_one(
    dana: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        add(dana, "runway", name=f"Key {number}")
    client = signed_in(dana)
    with django_assert_max_num_queries(10):
        client.get("/site/keys/")


def test_a_webhook_address_is_shown_where_it_is_entered_at_the_vendor(dana: User, settings: Any) -> None:
    settings.PUBLIC_URL = "https://retake.example.com"
    told, not_told = add(dana, "gemini"), add(dana, "runway")
    client = signed_in(dana)
    assert "https://retake.example.com/" in client.get(f"/site/keys/{told.pk}/").content.decode()
    assert "https://retake.example.com/" not in client.get(f"/site/keys/{not_told.pk}/").content.decode()
