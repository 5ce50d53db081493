"""The people and things most tests begin with, and the queue that runs when the test says so."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pydoc import locate

import pytest
from django.test import Client
from django_q.models import OrmQ

from reviewapp.models import Membership, Project, ProviderKey, Role, Shot, User

# Fits the sandbox's idea of a Runway key and opens nothing.
SANDBOX_SECRET = "key_" + "0123456789abcdef" * 8


PASSWORD = "a-long-enough-password-1"


def make_person(username: str, *, admin: bool = False) -> User:
    """Somebody of the site; the first name is the username with a capital."""
    person = User(username=username, first_name=username.capitalize(), is_superuser=admin)
    person.set_password(PASSWORD)
    person.save()
    return person


def signed_in(person: User) -> Client:
    """A browser's worth of client in which this person is signed in."""
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def run_queue(most: int = 500) -> int:
    """Do what the clusters would do: run the waiting messages in order until none is left; how many."""
    done = 0
    while (message := OrmQ.objects.order_by("pk").first()) is not None:
        done += 1
        assert done <= most, f"the queue does not become empty; next is {message.func()}"
        work = message.task
        message.delete()
        station = locate(work["func"])
        assert callable(station), f"{work['func']} does not exist"
        station(*work["args"], **work["kwargs"])
    return done


def sandbox_key(base_url: str, **fields: object) -> ProviderKey:
    """A Runway key that leads to a running sandbox."""
    key = ProviderKey(name="Sandbox", provider="runway", base_url=base_url)
    key.set_credentials({"api_key": SANDBOX_SECRET})
    for name, value in fields.items():
        setattr(key, name, value)
    key.save()
    return key


@pytest.fixture
def alice(db: None) -> User:
    """The producer of the project."""
    return make_person("alice")


@pytest.fixture
def bob(db: None) -> User:
    """A reviewer of the project."""
    return make_person("bob")


@pytest.fixture
def charlie(db: None) -> User:
    """A stranger: signed in, member of nothing."""
    return make_person("charlie")


@pytest.fixture
def dana(db: None) -> User:
    """The admin of the site."""
    return make_person("dana", admin=True)


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    """A show with a producer, a reviewer and a budget of 40 dollars."""
    made = Project.objects.create(
        slug="harbour", name="The Harbour", created_by=alice, budget_usd=Decimal(40)
    )
    Membership.objects.create(project=made, user=alice, role=Role.PRODUCER)
    Membership.objects.create(project=made, user=bob, role=Role.REVIEWER)
    return made


@pytest.fixture
def make_shot(project: Project) -> Callable[..., Shot]:
    """A maker of shots: `make_shot(prompt="...")`; codes count up in tens."""

    def make(**fields: object) -> Shot:
        count = project.shots.count() + 1
        given: dict[str, object] = {
            "code": f"SQ010_SH{count * 10:04d}",
            "sequence": "SQ010",
            "position": count,
            "prompt": "A red boat crosses the harbour at dawn, slow pan to the right.",
            "duration_s": project.duration_s,
            "aspect": project.aspect,
        }
        return Shot.objects.create(project=project, **(given | fields))

    return make


@pytest.fixture
def shot(make_shot: Callable[..., Shot]) -> Shot:
    """The one shot of the project."""
    return make_shot()
