"""Projects: the list with its four numbers, beginning one, its settings, its people."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from reviewapp.models import AuditEntry, Membership, Project, Role, Shot, Status, User
from reviewapp.models.projects import BudgetMode
from tests.cast import make_person, signed_in
from tests.reviewapp.stages import asked, bring, reviewed

NEW = {
    "name": "Out to Sea",
    "engine": "runway/gen4.5",
    "duration_s": "5",
    "aspect": "16:9",
    "candidates_per_round": "4",
    "budget_usd": "",
    "style_text": "",
}
SETTINGS = NEW | {
    "name": "The Harbour",
    "budget_usd": "40",
    "daily_budget_usd": "",
    "shot_budget_usd": "",
    "budget_mode": "cap",
    "hold_seconds": "10",
    "retake_policy": "each",
    "round_cap": "5",
    "auto_approve_score": "",
    "audit_share": "0.05",
    "learns": "on",
    "frame_base": "0",
}


def test_it_shows_only_ones_own_projects(project: Project, bob: User, charlie: User, dana: User) -> None:
    Project.objects.create(slug="secret", name="A Secret Show")
    listed = signed_in(bob).get(reverse("project-list")).content.decode()
    assert "The Harbour" in listed
    assert "A Secret Show" not in listed
    nothing = signed_in(charlie).get(reverse("project-list")).content.decode()
    assert "You belong to no project yet" in nothing
    assert reverse("project-new") in nothing
    assert "A Secret Show" in signed_in(dana).get(reverse("project-list")).content.decode()


def test_it_counts_what_waits_what_is_approved_what_is_spent_and_what_is_stuck(
    project: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    reviewed(make_shot(), alice, 2)
    bring(asked(make_shot(), alice)[0], Status.FAILED, failure="It did not work.")
    make_shot(omitted=True)
    (entry,) = signed_in(alice).get(reverse("project-list")).context["projects"]
    assert (entry.to_review, entry.approved, entry.total, entry.stuck) == (2, 0, 2, 1)
    assert entry.totals.spent == Decimal("1.20")


def test_anybody_may_begin_a_project_and_becomes_its_producer(charlie: User) -> None:
    answer = signed_in(charlie).post(reverse("project-new"), NEW)
    project = Project.objects.get()
    assert answer.headers["Location"] == reverse("shot-list", args=["out-to-sea"])
    assert Membership.objects.get(project=project, user=charlie).role == Role.PRODUCER
    assert AuditEntry.objects.filter(action="created project", by=charlie).exists()


@pytest.mark.parametrize(
    ("name", "slug"), [("New", "new-project"), ("映画", "project"), ("Out to Sea", "out-to-sea-2")]
)
def test_every_name_gets_an_address_of_its_own(charlie: User, name: str, slug: str) -> None:
    Project.objects.create(slug="out-to-sea", name="The first")
    signed_in(charlie).post(reverse("project-new"), NEW | {"name": name})
    assert Project.objects.get(name=name).slug == slug


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "fill this in"),
        ("duration_s", "11", "2 to 10"),
        ("duration_s", "five", "not a number of seconds"),
        ("aspect", "1:1", "these shapes: 16:9"),
        ("aspect", "wide", "not a ratio"),
        ("engine", "runway/gen3a_turbo", "no longer offered"),
        ("engine", "policy:dearest", "no longer offered"),
        ("candidates_per_round", "9", "At most 8."),
        ("budget_usd", "-1", "an amount in US dollars from 0 up"),
        ("budget_usd", "1.234", "an amount in US dollars from 0 up"),
        ("budget_usd", "much", "an amount in US dollars from 0 up"),
    ],
)
def test_a_wrong_value_is_said_at_its_field_and_nothing_typed_is_lost(
    charlie: User, field: str, value: str, words: str
) -> None:
    answer = signed_in(charlie).post(
        reverse("project-new"), NEW | {"style_text": "Watercolour.", field: value}
    )
    assert answer.status_code == 422
    assert words in " ".join(answer.context["form"].errors[field])
    assert "Watercolour." in answer.content.decode()
    assert not Project.objects.exists()


def _offered(answer: Any) -> dict[str, str]:
    """Every value of the list of models with its words, whatever group it stands in."""
    groups = answer.context["form"].fields["engine"].choices
    return dict(pair for _, group in groups if isinstance(group, list | tuple) for pair in group)


def test_it_offers_only_living_models(alice: User) -> None:
    offered = _offered(signed_in(alice).get(reverse("project-new")))
    assert "$0.12 a second" in offered["runway/gen4.5"]
    # One is switched off, one cannot start from words.
    assert not {"runway/veo3", "runway/gen4_turbo"} & set(offered)
    assert offered["policy:cheapest"] == "The cheapest"


def test_a_project_takes_a_policy_and_goes_back_to_a_model(project: Project, alice: User) -> None:
    client, where = signed_in(alice), reverse("project-settings", args=[project.slug])
    client.post(where, SETTINGS | {"engine": "policy:fastest"})
    project.refresh_from_db()
    assert (project.routing, project.provider, project.model) == ("fastest", "runway", "gen4.5")
    client.post(where, SETTINGS | {"engine": "runway/veo3.1", "duration_s": "6"})
    project.refresh_from_db()
    assert (project.routing, project.provider, project.model) == ("chosen", "runway", "veo3.1")
    told = AuditEntry.objects.filter(action="changed project").values_list("detail", flat=True)
    assert "how the model is chosen: the chosen model → the fastest" in told


def test_a_policy_is_refused_where_no_model_could_make_it(charlie: User) -> None:
    answer = signed_in(charlie).post(
        reverse("project-new"), NEW | {"engine": "policy:cheapest", "duration_s": "900"}
    )
    assert answer.status_code == 422
    (sentence,) = answer.context["form"].errors["duration_s"]
    assert sentence.startswith("None of ")
    assert "do not make clips of this length" in sentence


def test_choosing_another_model_shows_what_it_offers(charlie: User) -> None:
    answer = signed_in(charlie).post(
        reverse("project-offer"), {"engine": "runway/veo3.1_fast", "duration_s": "5", "aspect": "9:16"}
    )
    page = answer.content.decode()
    assert '<option value="8">8 s</option>' in page
    assert '<option value="5" selected>5 s · not offered</option>' in page
    assert "makes clips of 4, 6 or 8 s" in page
    assert "<html" not in page
    assert not Project.objects.exists()


def test_it_saves_the_settings_and_audits_each_change(project: Project, alice: User) -> None:
    answer = signed_in(alice).post(
        reverse("project-settings", args=[project.slug]),
        SETTINGS | {"budget_mode": "warn", "budget_usd": "55.50", "confirm_retakes": "on"},
    )
    assert answer.status_code == 302
    project.refresh_from_db()
    assert (project.budget_usd, project.budget_mode, project.confirm_retakes) == (
        Decimal("55.50"),
        BudgetMode.WARN,
        True,
    )
    details = AuditEntry.objects.filter(action="changed project", by=alice).values_list("detail", flat=True)
    assert sorted(details) == [
        "a producer confirms each retake: no → yes",
        "at a budget: cap → warn",
        "budget: $40.00 → $55.50",
    ]


def test_saving_without_a_change_writes_nothing(project: Project, alice: User) -> None:
    signed_in(alice).post(reverse("project-settings", args=[project.slug]), SETTINGS)
    assert not AuditEntry.objects.filter(action="changed project").exists()


def test_a_project_whose_model_was_switched_off_still_opens(project: Project, alice: User) -> None:
    Project.objects.update(model="gen3a_turbo")
    answer = signed_in(alice).get(reverse("project-settings", args=[project.slug]))
    assert "no longer offered" in answer.content.decode()


@pytest.mark.parametrize(
    "name", ["project-settings", "shot-new", "shot-import", "export-shots", "export-clips"]
)
def test_a_reviewer_may_not_and_a_stranger_finds_nothing(
    project: Project, bob: User, charlie: User, dana: User, name: str
) -> None:
    address = reverse(name, args=[project.slug])
    assert signed_in(bob).get(address).status_code == 403
    assert signed_in(charlie).get(address).status_code == 404
    assert signed_in(dana).get(address).status_code in (200, 302)


def test_it_adds_a_member_by_name(project: Project, alice: User, charlie: User) -> None:
    address = reverse("member-add", args=[project.slug])
    signed_in(alice).post(address, {"username": " Charlie ", "role": "reviewer"})
    assert Membership.objects.get(project=project, user=charlie).role == Role.REVIEWER
    assert AuditEntry.objects.filter(action="added member", detail="charlie as reviewer").exists()


@pytest.mark.parametrize(
    ("username", "words"),
    [("nobody", "Nobody signs in as “nobody”"), ("bob", "belongs to this project already")],
)
def test_a_wrong_member_is_said_at_the_field(
    project: Project, alice: User, username: str, words: str
) -> None:
    answer = signed_in(alice).post(
        reverse("member-add", args=[project.slug]), {"username": username, "role": "producer"}
    )
    assert answer.status_code == 422
    assert words in answer.context["member_form"].errors["username"][0]
    assert project.memberships.count() == 2


def test_the_last_producer_stays(project: Project, alice: User) -> None:
    member = Membership.objects.get(user=alice)
    for name, data in (("member-remove", {}), ("member-role", {"role": "reviewer"})):
        answer = signed_in(alice).post(reverse(name, args=[project.slug, member.pk]), data, follow=True)
        assert "only producer" in answer.content.decode()
        member.refresh_from_db()
        assert member.role == Role.PRODUCER


def test_a_second_producer_may_let_the_first_go(project: Project, alice: User, bob: User) -> None:
    client = signed_in(alice)
    his, hers = Membership.objects.get(user=bob), Membership.objects.get(user=alice)
    client.post(reverse("member-role", args=[project.slug, his.pk]), {"role": "producer"})
    answer = client.post(reverse("member-remove", args=[project.slug, hers.pk]))
    assert answer.headers["Location"] == reverse("project-list")
    assert not Membership.objects.filter(user=alice).exists()
    actions = AuditEntry.objects.values_list("action", flat=True)
    assert {"changed role", "removed member"} <= set(actions)


def test_it_never_touches_a_member_of_another_project(project: Project, alice: User) -> None:
    other = Project.objects.create(slug="other", name="Other")
    foreign = Membership.objects.create(project=other, user=make_person("eve"), role=Role.PRODUCER)
    answer = signed_in(alice).post(reverse("member-remove", args=[project.slug, foreign.pk]))
    assert answer.status_code == 404
    assert Membership.objects.filter(pk=foreign.pk).exists()
