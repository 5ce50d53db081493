"""The providers' keys: which one pays for a project's clips, and what admins do to them.

The audit log tells of every change and never holds a secret.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from providers import registry
from reviewapp import dispatch
from reviewapp.models import AuditEntry, Candidate, Project, ProviderKey, User
from reviewapp.models.candidates import MACHINE


class KeyInUse(Exception):
    """Clips are being made on this key and could not be asked for without it. The sentence is for people."""


def key_for(project: Project, provider: str) -> ProviderKey | None:
    """The usable key that has rested longest. A real key and the sandbox never stand in for each other:
    nobody gets a drawn clip for a real order, and no demo spends real money.
    """
    return next((key for key in _fitting(project, provider) if key.usable), None)


def keys_for(project: Project, provider: str) -> list[ProviderKey]:
    """Every key that may pay for this project's clips now, the one that has been unused longest first."""
    now = timezone.now()
    return [key for key in _fitting(project, provider) if key.usable and not key.rests(now)]


def _fitting(project: Project, provider: str) -> list[ProviderKey]:
    keys = list(ProviderKey.objects.filter(provider=provider).order_by("last_used_at", "pk"))
    real = [key for key in keys if not key.is_sandbox]
    drawn = project.sandbox_only or not real
    return [key for key in keys if key.is_sandbox] if drawn else real


def account_words(project: Project) -> tuple[bool, str]:
    """Who would be charged for an order of this project, and whether anyone can take it at all."""
    key, label = key_for(project, project.provider), registry.label(project.provider)
    if key is None:
        return (
            False,
            f"No key for {label} can be used: an admin has to add or enable one. Clips would fail unspent.",
        )
    if key.is_sandbox:
        return (
            True,
            "The sandbox makes these clips: the dollars are what the vendor would charge, nobody pays.",
        )
    return True, f"Real money: {label} charges the account of the key “{key.name}”."


@dataclass(frozen=True, kw_only=True)
class KeyFacts:
    """What an admin typed. An empty secret leaves the stored one."""

    name: str
    provider: str
    base_url: str
    secret: str


def add_key(by: User, facts: KeyFacts) -> ProviderKey:
    key = ProviderKey(name=facts.name, provider=facts.provider, base_url=facts.base_url, created_by=by)
    key.set_credentials({"api_key": facts.secret})
    with transaction.atomic():
        key.save()
        AuditEntry.record(
            by, "added key", key.name, f"provider {key.provider}, {key.base_url or 'own address'}"
        )
    return key


def change_key(by: User, key: ProviderKey, facts: KeyFacts) -> None:
    changed = [
        f"{field} {getattr(key, field) or 'empty'} > {getattr(facts, field) or 'empty'}"
        for field in ("name", "provider", "base_url")
        if getattr(key, field) != getattr(facts, field)
    ]
    key.name, key.provider, key.base_url = facts.name, facts.provider, facts.base_url
    if facts.secret:
        key.set_credentials({"api_key": facts.secret})
        changed.append("secret replaced")
    if not changed:
        return
    # What was found out about the old account says nothing about the new one.
    key.checked_at = key.check_ok = key.check_asked_at = None
    key.check_sentence = key.paused_reason = ""
    with transaction.atomic():
        key.save()
        AuditEntry.record(by, "changed key", key.name, "; ".join(changed))


def set_enabled(by: User, key: ProviderKey, enabled: bool) -> None:
    """Switching a key on also lifts a pause that the machine has put on it."""
    with transaction.atomic():
        ProviderKey.objects.filter(pk=key.pk).update(enabled=enabled, paused_reason="")
        AuditEntry.record(by, "enabled key" if enabled else "disabled key", key.name)


def clips_under_way(key: ProviderKey) -> int:
    return Candidate.objects.filter(provider_key=key, status__in=MACHINE).count()


def remove_key(by: User, key: ProviderKey) -> None:
    with transaction.atomic():
        under_way = clips_under_way(key)
        if under_way:
            raise KeyInUse(
                f"{under_way} clips are being made with {key.name}. Disable it instead: "
                "no new clips are sent with it, and the ones under way still arrive."
            )
        key.delete()
        AuditEntry.record(by, "deleted key", key.name, f"provider {key.provider}")


def ask_check(by: User, key: ProviderKey) -> None:
    """Ask a worker to try the key with a call that costs nothing; `check_sentence` tells what came of it."""
    with transaction.atomic():
        key.check_asked_at = timezone.now()
        key.save(update_fields=["check_asked_at"])
        dispatch.check_key(key)
        AuditEntry.record(by, "tested key", key.name)
