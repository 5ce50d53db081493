"""The admin's room: people, and who may enter."""

from __future__ import annotations

import pytest
from django.test import Client

from reviewapp.models import AuditEntry, Membership, Project, User
from tests.cast import PASSWORD, make_person, signed_in

pytestmark = pytest.mark.django_db

NEW = {"username": "erin", "full_name": "Erin  van Dyk", "email": "", "password": "first-password-77"}


def _actions() -> list[str]:
    return list(AuditEntry.objects.values_list("action", flat=True))


@pytest.mark.parametrize("page", ["people/", "people/new/", "keys/", "keys/new/", "costs/", "audit/"])
def test_only_site_admins_enter(project: Project, dana: User, page: str) -> None:
    assert signed_in(dana).get(f"/site/{page}").status_code == 200
    refused = signed_in(User.objects.get(username="alice")).get(f"/site/{page}")
    assert refused.status_code == 403
    assert "This page is for the site&#x27;s admins" in refused.content.decode()
    assert Client().get(f"/site/{page}").status_code == 302


def test_it_adds_a_person_who_can_then_sign_in(dana: User) -> None:
    assert signed_in(dana).post("/site/people/new/", NEW).status_code == 302
    erin = User.objects.get(username="erin")
    assert (erin.display_name, erin.initials, erin.is_site_admin) == ("Erin van Dyk", "EV", False)
    assert Client().post("/sign-in/", {"username": "erin", "password": NEW["password"]}).status_code == 302
    assert _actions() == ["added person"]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"username": "DANA"}, "Somebody already signs in as DANA"),
        ({"username": "two words"}, "Enter a valid username"),
        ({"email": "not an address"}, "Enter a valid email address"),
        ({"password": "short"}, "This password is too short"),
        ({"password": "erin-erin-erin", "username": "erin-erin-erin"}, "too similar to the"),
        ({"full_name": ""}, "This field is required"),
    ],
)
def test_bad_input_is_answered_at_the_field_and_keeps_the_rest(
    dana: User, wrong: dict[str, str], told: str
) -> None:
    answer = signed_in(dana).post("/site/people/new/", NEW | wrong)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert f'value="{(NEW | wrong)["username"]}"' in page
    assert 'aria-invalid="true"' in page
    # A password is the one thing that is not given back.
    assert NEW["password"] not in page
    assert not User.objects.filter(username="erin").exists()


def test_it_finds_people_by_any_part_of_name_and_email(dana: User) -> None:
    User.objects.create(username="fay", first_name="Fay", last_name="Ng", email="fay@studio.example")
    client = signed_in(dana)
    for asked in ("ng fay", "studio", "FAY"):
        assert "Fay Ng" in client.get("/site/people/", {"q": asked}).content.decode()
    assert "Nobody is called that" in client.get("/site/people/", {"q": "nobody at all"}).content.decode()


def test_deactivating_takes_the_session_and_reactivating_gives_the_rights_back(
    dana: User, project: Project, bob: User
) -> None:
    client, theirs = signed_in(dana), signed_in(bob)
    client.post(f"/site/people/{bob.pk}/active/", {"to": "inactive"})
    assert theirs.get("/password/").status_code == 302
    client.post(f"/site/people/{bob.pk}/active/", {"to": "active"})
    assert Client().post("/sign-in/", {"username": "bob", "password": PASSWORD}).status_code == 302
    assert Membership.objects.filter(user=bob).exists()
    assert _actions() == ["reactivated person", "deactivated person"]


@pytest.mark.parametrize(("page", "to"), [("active", "inactive"), ("admin", "person")])
def test_the_last_admin_cannot_be_lost(dana: User, page: str, to: str) -> None:
    retired = make_person("retired", admin=True)
    User.objects.filter(pk=retired.pk).update(is_active=False)
    answer = signed_in(dana).post(f"/site/people/{dana.pk}/{page}/", {"to": to}, follow=True)
    assert "is the only admin of this site" in answer.content.decode()
    dana.refresh_from_db()
    assert dana.is_site_admin
    assert _actions() == []


def test_an_admin_can_hand_over_and_leave(dana: User, alice: User) -> None:
    client = signed_in(dana)
    client.post(f"/site/people/{alice.pk}/admin/", {"to": "admin"})
    client.post(f"/site/people/{dana.pk}/admin/", {"to": "person"})
    assert list(User.objects.filter(is_superuser=True)) == [alice]
    assert client.get("/site/people/").status_code == 403
    assert _actions() == ["removed site admin", "made site admin"]


def test_doing_it_twice_is_recorded_once(dana: User, alice: User) -> None:
    for _ in range(2):
        signed_in(dana).post(f"/site/people/{alice.pk}/admin/", {"to": "admin"})
    assert _actions() == ["made site admin"]


def test_a_new_password_ends_every_session_and_the_old_one(dana: User, bob: User) -> None:
    theirs = signed_in(bob)
    answer = signed_in(dana).post(f"/site/people/{bob.pk}/password/", {"password": "fresh-password-99"})
    assert answer.status_code == 302
    assert theirs.get("/password/").status_code == 302
    assert Client().post("/sign-in/", {"username": "bob", "password": PASSWORD}).status_code == 200
    assert _actions() == ["reset password"]


def test_the_person_page_tells_their_projects(dana: User, project: Project, bob: User) -> None:
    page = signed_in(dana).get(f"/site/people/{bob.pk}/").content.decode()
    assert "The Harbour" in page
    assert "Reviewer" in page


def test_the_log_has_pages(dana: User) -> None:
    for number in range(60):
        AuditEntry.record(dana, "changed policy", f"project {number}")
    client = signed_in(dana)
    first = client.get("/site/audit/").content.decode()
    assert "project 59" in first
    assert "project 9<" not in first
    assert "project 9<" in client.get("/site/audit/?page=2").content.decode()
