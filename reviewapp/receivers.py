"""What producers do with the receivers of their project's events: add, change, test, send again."""

from __future__ import annotations

import base64
import secrets
import uuid
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from reviewapp import dispatch, outgoing, secretbox
from reviewapp.models import AuditEntry, Event, HookStyle, OutgoingDelivery, OutgoingHook, Project, User

MOST_RECEIVERS = 10
LAST_DELIVERIES = 8


class TooMany(Exception):
    """The project has as many receivers as one may have."""


@sensitive_variables()
def add(
    by: User, project: Project, *, name: str, style: HookStyle, url: str, kinds: Sequence[str]
) -> tuple[OutgoingHook, str]:
    """A new receiver, and its signing secret, which is told this once; empty where nothing is signed."""
    secret = _new_secret() if style == HookStyle.JSON else ""
    with transaction.atomic():
        # The lock makes two producers who add one at the same time stand in line.
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)
        if project.outgoing_hooks.count() >= MOST_RECEIVERS:
            raise TooMany(f"A project has {MOST_RECEIVERS} receivers at most. Remove one first.")
        hook = OutgoingHook(project=project, name=name, style=style, kinds=list(kinds), created_by=by)
        _set_address(hook, url)
        hook.secret_encrypted = secretbox.encrypt(secret) if secret else ""
        hook.save()
        AuditEntry.record(by, "added receiver", project.slug, str(hook))
    return hook, secret


@sensitive_variables()
def change(by: User, hook: OutgoingHook, *, name: str, url: str, kinds: Sequence[str]) -> None:
    """New facts of a receiver; an empty address keeps the stored one."""
    with transaction.atomic():
        hook.name, hook.kinds = name, list(kinds)
        fields = ["name", "kinds"]
        if url:
            _set_address(hook, url)
            fields += ["url_encrypted", "host"]
        hook.save(update_fields=fields)
        AuditEntry.record(by, "changed receiver", hook.project.slug, str(hook))
        if url:
            _resume(hook)


def _set_address(hook: OutgoingHook, url: str) -> None:
    hook.url_encrypted, hook.host = secretbox.encrypt(url), (urlsplit(url).hostname or "")[:255]


@sensitive_variables()
def rotate(by: User, hook: OutgoingHook) -> str:
    """A new signing secret in the place of the old one, from the next try on. It is told this once."""
    secret = _new_secret()
    with transaction.atomic():
        OutgoingHook.objects.filter(pk=hook.pk).update(secret_encrypted=secretbox.encrypt(secret))
        AuditEntry.record(by, "changed receiver's secret", hook.project.slug, str(hook))
    return secret


def switch(by: User, hook: OutgoingHook, *, on: bool) -> None:
    """Off: nothing is sent and nothing new is written down for it. On: what waits goes out."""
    with transaction.atomic():
        OutgoingHook.objects.filter(pk=hook.pk).update(enabled=on)
        AuditEntry.record(by, f"switched receiver {'on' if on else 'off'}", hook.project.slug, str(hook))
        if on:
            _resume(hook)


def _resume(hook: OutgoingHook) -> None:
    OutgoingHook.objects.filter(pk=hook.pk).update(paused_reason="", failures=0)
    hook.deliveries.filter(done_at=None).update(due_at=timezone.now())
    dispatch.outgoing(hook)


def remove(by: User, hook: OutgoingHook) -> None:
    with transaction.atomic():
        AuditEntry.record(by, "removed receiver", hook.project.slug, str(hook))
        OutgoingHook.objects.filter(pk=hook.pk).delete()


@transaction.atomic
def test(by: User, hook: OutgoingHook) -> OutgoingDelivery:
    """Send a message that says it is a test, once, also to a receiver that is paused."""
    event = Event.objects.create(
        kind=outgoing.TEST_KIND,
        project=hook.project,
        sentence=f"This is a test of {hook.name} from Retake, sent by {by.display_name}."[:400],
        repeats=f"test:{uuid.uuid4()}",
    )
    row = OutgoingDelivery.objects.create(hook=hook, event=event, due_at=timezone.now())
    dispatch.outgoing(hook)
    return row


@transaction.atomic
def again(row: OutgoingDelivery) -> None:
    """Send what was given up, or what a receiver wants once more, with the same id."""
    over = OutgoingDelivery.objects.filter(pk=row.pk, done_at__isnull=False)
    if over.update(done_at=None, ok=None, tries=0, due_at=timezone.now(), said=""):
        dispatch.outgoing(row.hook)


def last_of(hook: OutgoingHook) -> list[OutgoingDelivery]:
    return list(hook.deliveries.select_related("event").order_by("-pk")[:LAST_DELIVERIES])


def _new_secret() -> str:
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
