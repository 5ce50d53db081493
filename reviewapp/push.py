"""Messages in people's browsers: which browsers, what they are told, and what came of it.

A message reaches a browser at least once; one that comes twice takes the place of the first (`tag`).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.db.models import F, Q
from django.utils import timezone

from reviewapp import dispatch
from reviewapp.models import Event, EventKind, Notice, PushSubscription, User
from reviewapp.notices import leads_to

MOST_BROWSERS: Final = 10
# A browser that could not be reached so often in a row is forgotten; its person can switch it on again.
MOST_FAILURES: Final = 20
LEASE: Final = timedelta(seconds=60)
WAITS_S: Final = (10, 60, 300, 1800, 7200)
LONGEST_ASKED_S: Final = 7200.0
# What nobody was shown by then is old news; it stands on the page.
TOO_LATE: Final = timedelta(hours=12)
URGENT: Final = frozenset({EventKind.CALL_UNCERTAIN, EventKind.KEY_FAILING, EventKind.BUDGET_REACHED})


# --- browsers ---


def subscribe(user: User, *, endpoint: str, p256dh: str, auth: str, browser: str) -> PushSubscription:
    """Keep a browser's address; a browser belongs to whoever switched it on last."""
    facts = {"user": user, "p256dh": p256dh, "auth": auth, "browser": browser[:120], "failures": 0}
    row, _ = PushSubscription.objects.update_or_create(endpoint=endpoint, defaults=facts)
    surplus = of(user)[MOST_BROWSERS:]
    PushSubscription.objects.filter(pk__in=[one.pk for one in surplus]).delete()
    return row


def unsubscribe(user: User, endpoint: str) -> bool:
    return bool(PushSubscription.objects.filter(user=user, endpoint=endpoint).delete()[0])


def remove(user: User, pk: int) -> bool:
    return bool(PushSubscription.objects.filter(user=user, pk=pk).delete()[0])


def public_key() -> str:
    """The half of this site's key that browsers are given, in URL-safe base64."""
    raw = settings.VAPID_KEY + "=" * (-len(settings.VAPID_KEY) % 4)
    key = ec.derive_private_key(int.from_bytes(urlsafe_b64decode(raw), "big"), ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).decode().rstrip("=")


def of(user: User) -> list[PushSubscription]:
    """The person's browsers, the newest first."""
    return list(PushSubscription.objects.filter(user=user).order_by("-pk"))


# --- what waits ---


def wake(notices: Sequence[Notice]) -> None:
    """Call the station in the transaction that wrote these notices, if one of them is to be pushed."""
    if any(notice.push_due_at is not None for notice in notices):
        dispatch.push()


def wake_due() -> None:
    """Call the station for what is due still. The watcher does this now and then."""
    if Notice.objects.filter(push_due_at__lte=timezone.now()).exists():
        dispatch.push()


def take() -> Notice | None:
    """The next notice that is due, claimed for as long as a lease; None when there is none."""
    for _ in range(20):
        row = Notice.objects.filter(push_due_at__lte=timezone.now()).order_by("push_due_at", "pk").first()
        if row is None:
            return None
        until = timezone.now() + LEASE
        if Notice.objects.filter(pk=row.pk, push_due_at=row.push_due_at).update(push_due_at=until):
            wanted = Notice.objects.select_related("event__project", "event__shot__project", "user")
            return wanted.select_related("event__candidate", "event__key").get(pk=row.pk)
    return None


def browsers_for(notice: Notice) -> list[PushSubscription]:
    """Where the notice is still to go: at first everywhere, then only where it did not get through.

    None at all when it was seen on a page meanwhile, when it is old, or when the person has left.
    """
    left = not (
        notice.user.is_site_admin
        or notice.event.project is None
        or notice.event.project.memberships.filter(user=notice.user).exists()
    )
    old = notice.event.at < timezone.now() - TOO_LATE
    if notice.seen_at is not None or old or left or not notice.user.is_active:
        return []
    mine = PushSubscription.objects.filter(user=notice.user)
    return list(mine.exclude(failures=0) if notice.tries else mine)


# --- what came of it ---


def arrived(browser: PushSubscription) -> None:
    PushSubscription.objects.filter(pk=browser.pk).update(failures=0, last_ok_at=timezone.now())


def gone(browser: PushSubscription) -> None:
    """The push service does not know this browser any more, or nothing was ever taken for it."""
    PushSubscription.objects.filter(pk=browser.pk).delete()


def failed(browser: PushSubscription) -> None:
    PushSubscription.objects.filter(pk=browser.pk).update(failures=F("failures") + 1)
    PushSubscription.objects.filter(pk=browser.pk, failures__gte=MOST_FAILURES).delete()


def done(notice: Notice, *, reached: bool) -> None:
    """Nothing is left to do for the notice."""
    facts = {"pushed_at": timezone.now()} if reached else {}
    _as_seen(notice).update(push_due_at=None, **facts)


def later(notice: Notice, wait_s: float | None) -> None:
    """Some browser was not reached: once more in a while, as the service asks if it does, or given up."""
    if notice.tries >= len(WAITS_S):
        done(notice, reached=False)
        return
    wait = max(float(WAITS_S[notice.tries]), min(wait_s or 0.0, LONGEST_ASKED_S))
    due_at = timezone.now() + timedelta(seconds=wait)
    _as_seen(notice).update(push_due_at=due_at, tries=F("tries") + 1)


def _as_seen(notice: Notice) -> Any:
    return Notice.objects.filter(Q(pk=notice.pk), push_due_at=notice.push_due_at)


# --- what is sent ---


def payload(notice: Notice) -> dict[str, str]:
    """What the browser shows: a sentence and where it leads, nothing that opens anything by itself."""
    event = notice.event
    return {
        "title": event.project.name if event.project else "Retake",
        "body": event.sentence,
        "url": leads_to(event),
        "tag": topic(event),
    }


def topic(event: Event) -> str:
    """What a newer message takes the place of, while the browser is away: the same kind of the same shot."""
    about = f"{event.kind}:{event.project_id}:{event.shot_id}:{event.key_id}"
    return urlsafe_b64encode(hashlib.sha256(about.encode()).digest())[:32].decode()


def urgency(event: Event) -> str:
    """As the push services name it (RFC 8030 section 5.3)."""
    return "high" if event.kind in URGENT else "normal"


def lives_s(event: Event, now: datetime) -> int:
    """How many seconds the push service keeps it for a browser that is away."""
    return max(60, int((event.at + TOO_LATE - now).total_seconds()))
