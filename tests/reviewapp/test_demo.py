"""The demo: complete at once, harmless twice, and nothing generated beforehand."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.conf import settings
from django.core.management import call_command

from reviewapp import demo, generation
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


def test_its_key_leads_to_the_sandbox_and_looks_like_the_vendors_own() -> None:
    demo.load()
    key = ProviderKey.objects.get()
    assert key.base_url == f"{settings.SANDBOX_URL}/runway"
    assert re.fullmatch(r"key_[0-9a-f]{128}", key.credentials()["api_key"])


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
