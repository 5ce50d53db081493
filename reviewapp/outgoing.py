"""Events on their way to other systems: what is sent, in which order, how often, and when it is given up.

Every delivery reaches its receiver at least once: a worker that is killed after the call and before its
answer is written down makes it come twice, with the same id. One worker at a time serves a receiver, oldest
first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from reviewapp import dispatch, keyhealth, secretbox
from reviewapp.models import Event, HookStyle, OutgoingDelivery, OutgoingHook
from reviewapp.notices import leads_to

# Between the tries: eight in all, over not quite a day.
WAITS_S: Final = (5, 60, 600, 3600, 4 * 3600, 8 * 3600, 10 * 3600)
# Longer than any call; after this a worker that held the receiver is thought dead.
LEASE: Final = timedelta(seconds=60)
LONGEST_ASKED_S: Final = 3600.0
# A test is tried once, and its answer shown.
TEST_KIND: Final = "test"


def spread(event: Event) -> None:
    """Write down, in the caller's transaction, where the event has to go, and wake the station."""
    wanted = [hook for hook in _hooks_of(event) if event.kind in hook.kinds]
    due_at = timezone.now()
    OutgoingDelivery.objects.bulk_create(
        OutgoingDelivery(hook=hook, event=event, due_at=due_at) for hook in wanted
    )
    for hook in wanted:
        dispatch.outgoing(hook)


def _hooks_of(event: Event) -> QuerySet[OutgoingHook]:
    """The receivers that are on; what is about a key goes to every project that the key pays for."""
    hooks = OutgoingHook.objects.filter(enabled=True, paused_reason="")
    if event.project_id is not None:
        return hooks.filter(project=event.project_id)
    if event.key is not None:
        return hooks.filter(project__in=keyhealth.paid_with(event.key))
    return hooks.none()


def wake_due() -> None:
    """Call the station for receivers whose next try has come. The watcher does this now and then."""
    for hook in OutgoingHook.objects.filter(pk__in=_due().values("hook")):
        dispatch.outgoing(hook)


def _due() -> QuerySet[OutgoingDelivery]:
    # A test is what one sends to find out whether a receiver that is paused is well again.
    may = Q(hook__enabled=True, hook__paused_reason="") | Q(event__kind=TEST_KIND)
    return OutgoingDelivery.objects.filter(may, due_at__lte=timezone.now())


# --- one worker at one receiver ---


@dataclass(frozen=True)
class Opened:
    """Where a receiver is and what its messages are signed with. Both are secrets."""

    url: str = field(repr=False)
    secret: str = field(repr=False)


@sensitive_variables()
def opened(hook: OutgoingHook) -> Opened:
    """Raises `CannotDecrypt`."""
    secret = secretbox.decrypt(hook.secret_encrypted) if hook.secret_encrypted else ""
    return Opened(secretbox.decrypt(hook.url_encrypted), secret)


def hold(hook_id: int) -> OutgoingHook | None:
    """Take the receiver for as long as a lease; None while another worker serves it."""
    now = timezone.now()
    free = OutgoingHook.objects.filter(Q(busy_until=None) | Q(busy_until__lte=now), pk=hook_id)
    if not free.update(busy_until=now + LEASE):
        return None
    return OutgoingHook.objects.select_related("project").filter(pk=hook_id, busy_until=now + LEASE).first()


def take(hook: OutgoingHook) -> OutgoingDelivery | None:
    """The oldest delivery that is due, claimed; None when there is none or the receiver is another's."""
    row = _due().filter(hook=hook).order_by("pk").first()
    if row is None:
        return None
    until = timezone.now() + LEASE
    if not OutgoingHook.objects.filter(pk=hook.pk, busy_until=hook.busy_until).update(busy_until=until):
        return None
    hook.busy_until = until
    # Before the call: a worker that dies in it has used up a try, and the lease brings the row back.
    if not _as_seen(row).update(tries=F("tries") + 1, due_at=until):
        return None
    return OutgoingDelivery.objects.select_related(
        "event__project", "event__shot__project", "event__candidate__shot", "event__candidate__version"
    ).get(pk=row.pk)


def give_back(hook: OutgoingHook) -> None:
    """Another worker may serve the receiver; it is called if something has become due in this moment."""
    OutgoingHook.objects.filter(pk=hook.pk, busy_until=hook.busy_until).update(busy_until=None)
    if _due().filter(hook=hook).exists():
        dispatch.outgoing(hook)


def _as_seen(row: OutgoingDelivery) -> QuerySet[OutgoingDelivery]:
    return OutgoingDelivery.objects.filter(pk=row.pk, tries=row.tries, due_at=row.due_at, done_at=None)


# --- what came of it ---


def arrived(hook: OutgoingHook, row: OutgoingDelivery, said: str) -> None:
    """The receiver took it: what failed before is sent now, because the receiver is back."""
    if not _close(row, ok=True, said=said):
        return
    OutgoingHook.objects.filter(pk=hook.pk).exclude(failures=0).update(failures=0)
    waiting = OutgoingDelivery.objects.filter(hook=hook, done_at=None, due_at__gt=timezone.now())
    waiting.update(due_at=timezone.now())


def failed(hook: OutgoingHook, row: OutgoingDelivery, said: str, wait_s: float | None = None) -> bool:
    """It was not taken: tried again later, as the receiver asks (`wait_s`) if it does, or given up. Whether
    the receiver was paused by it.
    """
    if row.event.kind == TEST_KIND:
        _close(row, ok=False, said=said)
        return False
    OutgoingHook.objects.filter(pk=hook.pk).update(failures=F("failures") + 1)
    if row.tries > len(WAITS_S):
        return _close(row, ok=False, said=said) and _give_up(hook, said)
    usual = float(WAITS_S[row.tries - 1])
    wait = max(usual, min(wait_s or 0.0, LONGEST_ASKED_S))
    _as_seen(row).update(due_at=timezone.now() + timedelta(seconds=wait), said=said[:300])
    return False


def gone(hook: OutgoingHook, row: OutgoingDelivery, said: str) -> bool:
    """The receiver says that it will never take anything again (410). Whether it was switched off by it."""
    if not _close(row, ok=False, said=said):
        return False
    reason = "It was switched off: the receiver answered 410, which means that it is gone for good."
    on = OutgoingHook.objects.filter(pk=hook.pk, paused_reason="")
    return bool(on.update(enabled=False, paused_reason=reason))


def _close(row: OutgoingDelivery, *, ok: bool, said: str) -> bool:
    return bool(_as_seen(row).update(done_at=timezone.now(), due_at=None, ok=ok, said=said[:300]))


def _give_up(hook: OutgoingHook, said: str) -> bool:
    """A delivery was tried for a day. When nothing else came through either, the receiver is paused."""
    down = OutgoingHook.objects.filter(pk=hook.pk, failures__gt=len(WAITS_S), paused_reason="")
    return bool(
        down.update(paused_reason=f"Paused: nothing was taken for a day. The last answer: {said}"[:300])
    )


# --- what is sent ---


def message(row: OutgoingDelivery) -> dict[str, Any]:
    """The JSON of an event, as docs/hooks.md describes it."""
    event = row.event
    project, shot, candidate = event.project, event.shot, event.candidate
    return {
        "type": event.kind,
        "id": str(event.uid),
        "at": _stamp(event.at),
        "project": {"slug": project.slug, "name": project.name} if project else None,
        "shot": shot.code if shot else None,
        "candidate": candidate.code if candidate else None,
        "sentence": event.sentence,
        "url": _link(event),
    }


def slack_message(row: OutgoingDelivery) -> dict[str, Any]:
    """The same as a message that Slack and what imitates it can show."""
    event = row.event
    title = f"*{_mrkdwn(event.project.name)}*\n" if event.project else ""
    link = _link(event)
    more = f"\n<{link}|Open in Retake>" if link.startswith("http") else ""
    text = f"{title}{_mrkdwn(event.sentence)}{more}"
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]
    return {"text": _mrkdwn(event.sentence), "blocks": blocks}


def webhook_id(row: OutgoingDelivery) -> str:
    """The same for every try of a delivery, and no other delivery's."""
    return f"evt_{row.event.uid.hex}_{row.hook_id}"


def style_of(hook: OutgoingHook) -> HookStyle:
    return HookStyle(hook.style)


def _link(event: Event) -> str:
    """The whole address where the site knows its own, else the path."""
    return f"{settings.SITE_URL}{leads_to(event)}"


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _mrkdwn(text: str) -> str:
    """Slack's own three characters; with them a prompt could call everybody or hide where a link leads."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
