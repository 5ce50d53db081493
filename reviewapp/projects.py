"""What producers do to a project: make it, set it up, say who belongs to it. All of it is audited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.conf import settings as site
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from reviewapp import learning, retakes, shortage
from reviewapp.models import AuditEntry, Membership, Project, Role, User

# Words that stand at a slug's place in an address and so cannot be a project's.
RESERVED_SLUGS = frozenset({"new"})
# What the audit log calls each setting.
SETTINGS: Final[Mapping[str, str]] = {
    "name": "name",
    "style_text": "style text",
    "routing": "how the model is chosen",
    "provider": "provider",
    "model": "model",
    "duration_s": "seconds of a clip",
    "aspect": "aspect",
    "candidates_per_round": "candidates a round",
    "hold_seconds": "hold in seconds",
    "retake_policy": "when a retake starts",
    "confirm_retakes": "a producer confirms each retake",
    "round_cap": "rounds a shot may take",
    "budget_usd": "budget",
    "daily_budget_usd": "daily budget",
    "shot_budget_usd": "budget of one shot",
    "budget_mode": "at a budget",
    "auto_approve_score": "approve by itself from this score",
    "audit_share": "share of these that people see all the same",
    "learns": "learn from decisions",
    "frame_base": "the first frame is called",
    "retention_days": "days that clips nobody chose are kept",
}
BUDGETS: Final = frozenset({"budget_usd", "daily_budget_usd", "shot_budget_usd", "budget_mode"})


class LastProducer(Exception):
    """The change would leave the project without a producer. The sentence is for people."""


class AlreadyMember(Exception):
    """This person belongs to the project already. The sentence is for people."""


def create(by: User, *, name: str, **settings: Any) -> Project:
    """A new project with its first producer."""
    settings.setdefault("retention_days", site.RETENTION_DAYS)
    for attempt in range(1, 200):
        try:
            with transaction.atomic():
                project = Project.objects.create(
                    name=name, slug=_slug(name, attempt), created_by=by, **settings
                )
                Membership.objects.create(project=project, user=by, role=Role.PRODUCER)
                AuditEntry.record(by, "created project", project.slug, name)
        except IntegrityError:
            # The address is taken; the next number may be free.
            continue
        return project
    raise ValueError(f"There are too many projects called {name}.")


def _slug(name: str, attempt: int) -> str:
    # A name without any Latin letter has no slug of its own.
    base = slugify(name)[:50].strip("-") or "project"
    if base in RESERVED_SLUGS:
        base = f"{base}-project"
    return base if attempt == 1 else f"{base}-{attempt}"


def change_settings(by: User, project: Project, settings: Mapping[str, Any]) -> list[str]:
    """Write what changed, and only that. Returns the changes as the audit log keeps them."""
    changed = [
        field for field in SETTINGS if field in settings and getattr(project, field) != settings[field]
    ]
    told = [
        f"{SETTINGS[field]}: {_said(field, getattr(project, field))} → {_said(field, settings[field])}"
        for field in changed
    ]
    for field in changed:
        setattr(project, field, settings[field])
    if changed:
        with transaction.atomic():
            project.save(update_fields=changed)
            if "confirm_retakes" in changed and not project.confirm_retakes:
                retakes.end_confirmation(project)
            if not BUDGETS.isdisjoint(changed):
                shortage.budget_changed(project)
            if "learns" in changed:
                learning.switched(project)
            for line in told:
                AuditEntry.record(by, "changed project", project.slug, line)
    return told


def _said(field: str, value: object) -> str:
    """A setting's value as people read it in the form."""
    if value is None or value == "":
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if field.endswith("_usd"):
        return f"${value:.2f}"
    labels = dict(getattr(Project._meta.get_field(field), "flatchoices", ()))
    return str(labels.get(value, value)).partition(":")[0].lower() if labels else str(value)[:200]


def add_member(by: User, project: Project, user: User, role: Role) -> Membership:
    try:
        with transaction.atomic():
            member = Membership.objects.create(project=project, user=user, role=role)
            AuditEntry.record(by, "added member", project.slug, f"{user.username} as {role}")
    except IntegrityError as error:
        raise AlreadyMember(f"{user.display_name} belongs to this project already.") from error
    return member


def set_role(by: User, member: Membership, role: Role) -> None:
    with transaction.atomic():
        if member.role == Role.PRODUCER and role != Role.PRODUCER:
            _insist_on_another_producer(member)
        if Membership.objects.filter(pk=member.pk).exclude(role=role).update(role=role):
            AuditEntry.record(by, "changed role", member.project.slug, f"{member.user.username} is {role}")


def remove_member(by: User, member: Membership) -> None:
    """Their decisions and notes stay, with their name."""
    with transaction.atomic():
        if member.role == Role.PRODUCER:
            _insist_on_another_producer(member)
        if Membership.objects.filter(pk=member.pk).delete()[0]:
            AuditEntry.record(by, "removed member", member.project.slug, member.user.username)


def _insist_on_another_producer(member: Membership) -> None:
    # The lock makes two producers who remove each other stand in line.
    Project.objects.select_for_update(no_key=True).get(pk=member.project_id)
    others = Membership.objects.filter(
        project=member.project_id, role=Role.PRODUCER, user__is_active=True
    ).exclude(pk=member.pk)
    if not others.exists():
        raise LastProducer(
            f"{member.user.display_name} is the only producer of {member.project.name}. "
            "Make someone else a producer first."
        )
