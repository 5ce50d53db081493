"""The demo: complete at once, harmless twice, and nothing generated beforehand."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command

from providers import catalog
from providers.sandbox.accounts import ACCOUNTS
from reviewapp import demo, generation, keyring
from reviewapp.credentials import options_for
from reviewapp.models import Candidate, Membership, Project, ProviderKey, Role, Shot, User
from tests.cast import make_person

pytestmark = pytest.mark.django_db


def test_it_makes_people_key_and_a_film_of_three_sequences() -> None:
    call_command("load_demo", verbosity=0)
    project = Project.objects.get()
    assert set(User.objects.values_list("username", flat=True)) == {"alice", "bob", "charlie", "dana"}
    roles = dict(Membership.objects.values_list("user__username", "role"))
    assert roles == {"alice": Role.PRODUCER, "bob": Role.REVIEWER}
    assert User.objects.get(username="dana").is_site_admin
    assert not any(person.has_usable_password() for person in User.objects.all())
    assert project.shots.count() >= 12
    assert project.shots.values("sequence").distinct().order_by().count() == 3
    assert (project.budget_usd, project.candidates_per_round) == (Decimal(60), 4)
    assert not Candidate.objects.exists()


def test_it_has_a_key_of_the_sandbox_for_every_vendor_the_sandbox_speaks_for() -> None:
    demo.load()
    keys = {key.provider: key for key in ProviderKey.objects.all()}
    assert set(keys) == set(ACCOUNTS) == {vendor.name for vendor in catalog.vendors()}
    assert all(key.base_url.startswith(f"{settings.SANDBOX_URL}/") for key in keys.values())
    assert all(options_for(key) for key in keys.values())
    assert re.fullmatch(r"key_[0-9a-f]{128}", keys["runway"].credentials()["api_key"])


def test_its_keys_go_with_the_sandbox_to_another_port(settings: Any) -> None:
    demo.load()
    before = {key.provider: key.credentials() for key in ProviderKey.objects.all()}
    settings.SANDBOX_URL = "http://127.0.0.1:8199"
    assert demo.load() == []
    for key in ProviderKey.objects.all():
        assert key.base_url.startswith("http://127.0.0.1:8199/")
        assert (key.credentials() == before[key.provider]) == (key.provider != "veo")
    account = ProviderKey.objects.get(provider="veo").credentials()["service_account"]
    assert json.loads(account)["token_uri"] == "http://127.0.0.1:8199/vertex/token"


def test_a_key_that_an_admin_deleted_does_not_come_back(dana: User) -> None:
    demo.load()
    keyring.remove_key(dana, ProviderKey.objects.get(provider="kling"))
    assert demo.load() == []
    assert not ProviderKey.objects.filter(provider="kling").exists()


def test_twice_changes_nothing() -> None:
    demo.load()
    Project.objects.update(name="Mine now")
    Shot.objects.filter(code="SQ010_SH0010").delete()
    assert demo.load() == []
    assert Project.objects.get().name == "Mine now"
    assert not Shot.objects.filter(code="SQ010_SH0010").exists()


def test_it_leaves_people_who_are_there_already_alone() -> None:
    alice = make_person("alice")
    password = alice.password
    demo.load()
    alice.refresh_from_db()
    assert alice.password == password


def test_every_shot_can_be_sent_inside_the_budget() -> None:
    demo.load()
    project = Project.objects.get()
    quote = generation.quote(project, project.shots.with_status().select_related("project"))
    assert [line.problems for line in quote.lines if line.problems] == []
    assert quote.may_be_sent
    assert all(shot.acceptance_lines for shot in project.shots.all())
