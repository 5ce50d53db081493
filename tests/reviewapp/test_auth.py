"""Signing in and out, the throttle, the demo's one click, and the sessions that end in the middle of work."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from reviewapp.models import Project, User
from tests.cast import PASSWORD, make_person, signed_in

pytestmark = pytest.mark.django_db

SIGN_IN = "/sign-in/"


def _try(client: Client, password: str) -> int:
    return client.post(SIGN_IN, {"username": "alice", "password": password}).status_code


def test_it_signs_in_and_goes_where_the_person_was_going(alice: User) -> None:
    answer = Client().post(SIGN_IN, {"username": "alice", "password": PASSWORD, "next": "/password/"})
    assert (answer.status_code, answer["Location"]) == (302, "/password/")


def test_it_does_not_follow_next_to_another_site(alice: User) -> None:
    answer = Client().post(
        SIGN_IN, {"username": "alice", "password": PASSWORD, "next": "https://evil.example"}
    )
    assert answer["Location"] == "/"


def test_it_keeps_the_name_and_says_what_was_wrong(alice: User) -> None:
    page = Client().post(SIGN_IN, {"username": "alice", "password": "wrong"}).content.decode()
    assert "do not belong together" in page
    assert 'value="alice"' in page
    assert "wrong" not in page.split("<form", 1)[1].split("</form>", 1)[0].replace("field--wrong", "")


def test_it_locks_a_name_after_too_many_tries_and_says_for_how_long(alice: User, settings: Settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    client = Client()
    for _ in range(2):
        assert _try(client, "wrong") == 200
    locked = client.post(SIGN_IN, {"username": "alice", "password": "wrong"})
    assert locked.status_code == 429
    assert "15 minutes" in locked.content.decode()
    # The right password does not open the door either while it is locked.
    assert _try(client, PASSWORD) == 429


def test_a_locked_name_does_not_lock_out_colleagues_or_the_same_person_elsewhere(
    alice: User, bob: User, settings: Settings
) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    client = Client()
    for _ in range(3):
        _try(client, "wrong")
    assert client.post(SIGN_IN, {"username": "bob", "password": PASSWORD}).status_code == 302
    elsewhere = Client(REMOTE_ADDR="203.0.113.9")
    assert elsewhere.post(SIGN_IN, {"username": "alice", "password": PASSWORD}).status_code == 302


def test_signing_out_needs_a_post(alice: User) -> None:
    client = signed_in(alice)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").status_code == 302
    assert client.get("/password/")["Location"] == f"{SIGN_IN}?next=/password/"


@pytest.mark.parametrize(
    ("page", "back_to"),
    [
        ("http://testserver/p/harbour/uncertain/?page=2", "/p/harbour/uncertain/"),
        ("https://elsewhere.example/p/", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(page: str, back_to: str) -> None:
    client = Client()
    answer = client.post(
        "/c/00000000-0000-0000-0000-000000000000/made/", {"job_id": "x"}, headers={"referer": page}
    )
    assert answer["Location"] == f"{SIGN_IN}?next={back_to}"
    assert "nothing was sent" in client.get(answer["Location"]).content.decode()


def test_a_changed_password_counts_at_once(alice: User) -> None:
    client = signed_in(alice)
    fresh = "another-long-one-2"
    form = {"old_password": PASSWORD, "new_password1": fresh, "new_password2": fresh}
    assert client.post("/password/", form).status_code == 302
    assert _try(Client(), PASSWORD) == 200
    assert _try(Client(), fresh) == 302


def test_an_htmx_request_without_a_session_gets_401_and_not_the_sign_in_page(alice: User) -> None:
    answer = Client().get("/password/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.content == b""


def test_a_deactivated_person_is_signed_out_at_the_next_request(alice: User) -> None:
    client = signed_in(alice)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get("/password/").status_code == 302


def test_without_any_people_the_page_says_how_to_make_the_first_admin() -> None:
    assert "createsuperuser" in Client().get(SIGN_IN).content.decode()
    make_person("alice")
    assert "createsuperuser" not in Client().get(SIGN_IN).content.decode()


class TestDemo:
    @pytest.fixture(autouse=True)
    def _demo(self, settings: Settings, alice: User) -> None:
        settings.DEMO = True
        settings.ALLOWED_HOSTS = ["*"]

    def test_one_click_signs_in(self) -> None:
        client = Client(HTTP_HOST="127.0.0.1:8000")
        assert "Sign in as producer Alice" in client.get(SIGN_IN).content.decode()
        assert client.post("/sign-in/demo/alice/").status_code == 302
        assert client.get("/password/").status_code == 200

    def test_a_person_who_is_not_there_has_no_button(self) -> None:
        page = Client(HTTP_HOST="127.0.0.1").get(SIGN_IN).content.decode()
        assert "reviewer Bob" not in page
        assert Client(HTTP_HOST="127.0.0.1").post("/sign-in/demo/bob/").status_code == 404

    def test_a_link_alone_does_not_sign_in(self) -> None:
        assert Client(HTTP_HOST="127.0.0.1").get("/sign-in/demo/alice/").status_code == 405

    def test_it_needs_the_csrf_token(self) -> None:
        client = Client(enforce_csrf_checks=True, HTTP_HOST="127.0.0.1")
        assert client.post("/sign-in/demo/alice/").status_code == 403

    @pytest.mark.parametrize(
        "stranger",
        [
            {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "127.0.0.1"},
            {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "retake.example.com"},
            {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost.example.com:8000"},
            {"REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": "localhost", "HTTP_X_FORWARDED_FOR": "192.0.2.7"},
        ],
    )
    def test_it_is_closed_to_everyone_from_elsewhere(self, stranger: dict[str, str]) -> None:
        client = Client(**stranger)  # type: ignore[arg-type]  # Extra request headers, as Django documents.
        assert "Sign in as" not in client.get(SIGN_IN).content.decode()
        assert client.post("/sign-in/demo/alice/").status_code == 404

    def test_it_is_closed_without_demo_mode(self, settings: Settings) -> None:
        settings.DEMO = False
        assert Client(HTTP_HOST="127.0.0.1").post("/sign-in/demo/alice/").status_code == 404

    def test_nobody_but_the_demo_people_can_be_signed_in_so(self) -> None:
        make_person("erin", admin=True)
        assert Client(HTTP_HOST="127.0.0.1").post("/sign-in/demo/erin/").status_code == 404


def test_who_has_no_project_yet_lands_where_it_says_how_to_get_one(charlie: User) -> None:
    answer = signed_in(charlie).get("/", follow=True)
    assert "You belong to no project yet" in answer.content.decode()


def test_who_only_watches_lands_on_what_waits(project: Project, alice: User, bob: User) -> None:
    assert signed_in(bob).get("/").headers["Location"] == "/review/"
    assert signed_in(alice).get("/").headers["Location"] == "/p/"
