"""The demo: four people, a key of the sandbox, and a small film to make. Nothing is generated beforehand."""

from __future__ import annotations

import secrets
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from reviewapp import projects
from reviewapp.models import Membership, Project, ProviderKey, Role, User
from reviewapp.shotlist import decoding, store
from reviewapp.shotlist.planning import Kind

SHOT_LIST = Path(__file__).resolve().parent.parent / "docs" / "demo-shot-list.csv"
SLUG = "the-paper-boat"
KEY_NAME = "Sandbox"
# Username, first name, what they are in the project (charlie is the stranger), and whether they run the site.
PEOPLE: tuple[tuple[str, str, Role | None, bool], ...] = (
    ("alice", "Alice", Role.PRODUCER, False),
    ("bob", "Bob", Role.REVIEWER, False),
    ("charlie", "Charlie", None, False),
    ("dana", "Dana", None, True),
)


@transaction.atomic
def load() -> list[str]:
    """Put the demo there, and say what was put. What exists already is left exactly as it is."""
    people = {name: _person(name, first, admin) for name, first, _, admin in PEOPLE}
    told = [f"person {name}" for name, (_, made) in people.items() if made]
    if _key():
        told.append(f"key {KEY_NAME}")
    if not Project.objects.filter(slug=SLUG).exists():
        project = _project({name: person for name, (person, _) in people.items()})
        told.append(f"project {project.name} with {project.shots.count()} shots")
    return told


def _person(username: str, first_name: str, admin: bool) -> tuple[User, bool]:
    """The person, and whether they are new. Without a password only the demo's button lets them in."""
    person = User.objects.filter(username=username).first()
    if person is not None:
        return person, False
    person = User(username=username, first_name=first_name, is_superuser=admin)
    person.set_unusable_password()
    person.save()
    return person, True


def _key() -> bool:
    here = f"{settings.SANDBOX_URL}/runway"
    if ProviderKey.objects.filter(name=KEY_NAME).exists():
        # The sandbox may have moved to another port since; the demo's key goes with it.
        ProviderKey.objects.filter(name=KEY_NAME, base_url__startswith="http://").update(base_url=here)
        return False
    key = ProviderKey(name=KEY_NAME, provider="runway", base_url=here)
    # The sandbox takes any key that looks like the vendor's own; this one opens nothing anywhere else.
    key.set_credentials({"api_key": f"key_{secrets.token_hex(64)}"})
    key.save()
    return True


def _project(people: dict[str, User]) -> Project:
    alice = people["alice"]
    project = projects.create(
        alice,
        name="The Paper Boat",
        style_text="",
        budget_usd=Decimal(60),
        candidates_per_round=4,
        duration_s=Decimal(5),
        sandbox_only=True,
    )
    for name, _, role, _ in PEOPLE:
        if role is not None and people[name] != alice:
            Membership.objects.create(project=project, user=people[name], role=role)
    text = decoding.decode(SHOT_LIST.read_bytes()).text
    _, plan = store.preview(project, text)
    if plan.of(Kind.WRONG):
        raise ValueError(f"{SHOT_LIST.name} has wrong lines: {plan.of(Kind.WRONG)[0].line.problems}")
    store.apply(project, text, plan.fingerprint, alice)
    return project
