"""What admins do to people. Every change is in the audit log; the site never loses its last admin."""

from __future__ import annotations

from django.db import transaction

from reviewapp.models import AuditEntry, User


class LastAdmin(Exception):
    """The change would leave the site without an admin who can sign in. The sentence is for people."""


def _insist_on_another_admin(person: User) -> None:
    """Stands inside the caller's transaction; two admins who remove each other stand in line at the lock."""
    admins = User.objects.select_for_update().filter(is_superuser=True, is_active=True)
    if not [admin for admin in admins if admin.pk != person.pk]:
        raise LastAdmin(
            f"{person.display_name} is the only admin of this site. Make someone else an admin first."
        )


def add_person(by: User, *, username: str, full_name: str, email: str, password: str) -> User:
    with transaction.atomic():
        person = User(username=username, email=email)
        _name(person, full_name)
        person.set_password(password)
        person.save()
        AuditEntry.record(by, "added person", person.username)
    return person


def change_details(by: User, person: User, *, full_name: str, email: str) -> None:
    with transaction.atomic():
        _name(person, full_name)
        person.email = email
        person.save(update_fields=["first_name", "last_name", "email"])
        AuditEntry.record(by, "changed person", person.username, f"name {full_name}; email {email or 'none'}")


def _name(person: User, full_name: str) -> None:
    person.first_name, _, person.last_name = full_name.strip().partition(" ")


def set_active(by: User, person: User, active: bool) -> None:
    """A deactivated person is signed out at their next request and keeps their name on all they did."""
    with transaction.atomic():
        if not active:
            _insist_on_another_admin(person)
        if User.objects.filter(pk=person.pk, is_active=not active).update(is_active=active):
            AuditEntry.record(by, "reactivated person" if active else "deactivated person", person.username)


def set_site_admin(by: User, person: User, admin: bool) -> None:
    with transaction.atomic():
        if not admin:
            _insist_on_another_admin(person)
        if User.objects.filter(pk=person.pk, is_superuser=not admin).update(is_superuser=admin):
            AuditEntry.record(by, "made site admin" if admin else "removed site admin", person.username)


def reset_password(by: User, person: User, password: str) -> None:
    """The new password ends every session of the person."""
    with transaction.atomic():
        person.set_password(password)
        person.save(update_fields=["password"])
        AuditEntry.record(by, "reset password", person.username)
