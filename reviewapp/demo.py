"""The demo: four people, keys of the sandbox, and a small film to make. Nothing is generated beforehand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction

from providers import registry
from providers.sandbox.accounts import ACCOUNTS, fresh_account
from reviewapp import projects
from reviewapp.keyring import DELETED_KEY
from reviewapp.models import AuditEntry, Membership, Project, ProviderKey, Role, User
from reviewapp.shotlist import decoding, store
from reviewapp.shotlist.planning import Kind

SHOT_LIST = Path(__file__).resolve().parent.parent / "docs" / "demo-shot-list.csv"
SLUG = "the-paper-boat"
# Where a sandbox of this machine may have been.
LOCAL = r"http://127\.0\.0\.1:[0-9]+"
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
    told += [f"key {name}" for name in _keys()]
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


def _keys() -> list[str]:
    """A key of the sandbox for every vendor it speaks for; the names of those that are new.

    A vendor that has a key is left alone, and so is one whose key an admin has deleted.
    """
    _follow_the_sandbox()
    keyed = set(ProviderKey.objects.values_list("provider", flat=True))
    wanted = {vendor: f"Sandbox, {registry.label(vendor)}" for vendor in ACCOUNTS if vendor not in keyed}
    deleted = AuditEntry.objects.filter(action=DELETED_KEY, target__in=wanted.values())
    gone = set(deleted.values_list("target", flat=True))
    new = {vendor: name for vendor, name in wanted.items() if name not in gone}
    for vendor, name in new.items():
        base_url, credentials = fresh_account(vendor, settings.DATA_DIR / "sandbox", settings.SANDBOX_URL)
        key = ProviderKey(name=name, provider=vendor, base_url=base_url)
        key.set_credentials(credentials)
        key.save()
    return list(new.values())


def _follow_the_sandbox() -> None:
    """The sandbox may have moved to another port since; the demo's keys go with it, wherever they name it."""
    for vendor, (path, _) in ACCOUNTS.items():
        here = f"{settings.SANDBOX_URL}{path}"
        keys = ProviderKey.objects.filter(provider=vendor, base_url__regex=rf"^{LOCAL}{path}$")
        for key in keys.exclude(base_url=here):
            old, told = key.base_url.removesuffix(path), key.credentials()
            key.base_url = here
            key.set_credentials({name: told[name].replace(old, settings.SANDBOX_URL) for name in told})
            key.save(update_fields=["base_url", "credentials_encrypted"])


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
