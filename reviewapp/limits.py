"""How many clips a key may have under way and how often it may be called, over all worker processes.

The key's row is locked while a place is taken, so that two processes never count the same room twice. A row
that finds no room stands in line (`waits_since`), and nobody overtakes the line. The watcher calls retakes
first and then the rows that wait longest, exactly as many as there is room for: it gives each its key and its
moment (`send_at`), which the submit station then only has to use. A row that was called and did not come in
time stands in line again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from providers import catalog
from providers.errors import NotConfigured
from reviewapp import keyring
from reviewapp.models import Candidate, ProviderKey, Status
from reviewapp.models.candidates import CandidateQuerySet

AT_THE_VENDOR: Final = (Status.SUBMITTING, Status.GENERATING, Status.UNCERTAIN)
# A job whose answer was lost has ended after this long, whatever became of it; it must not hold its place for
# the days until a person has looked.
LOST_FOR: Final = timedelta(minutes=30)
# A row that was called is waited for this long; the workers may be busy.
CALLED_FOR: Final = timedelta(seconds=60)
# Places in the rate are given away a little ahead, so that the watcher's rounds cost no rate.
AHEAD: Final = timedelta(seconds=0.5)
# How many rows may be called and on their way at once: a few, or those of a few seconds at a high rate.
FEW: Final = 3
FEW_S: Final = 2.0
# So many are called in one round where no limit is known, as after a provider's outage.
MANY: Final = 20
# A vendor that says it is full is asked again after this long, or as soon as a job of the key has ended.
FULL_S: Final = 30.0
# A vendor that asks for no wait at all would be asked without a pause, each time with a new attempt.
LEAST_FULL_S: Final = 2.0
FULL_WORDS: Final = "The provider has as many clips under way as it takes from this account."
# A reviewer waits for a retake; a long order of first clips has nobody before the screen yet.
RETAKES_FIRST: Final = Case(When(replaces=None, then=1), default=0)
# The line moves by being called. Looking by itself is for the day on which that went wrong.
LOOK_S: Final = (240, 360)


def take_place(candidate: Candidate, keys: Sequence[ProviderKey], now: datetime) -> ProviderKey | None:
    """The first of these keys that has room for this QUEUED row, with its place in the rate taken; None when
    it has to stand in line.

    Stands inside the transaction that claims the row.
    """
    called = candidate.provider_key_id if _is_called(candidate, now) else None
    if called is None and _others_wait(candidate):
        return None
    if keys and called is None and _limits(keys[0]) == (None, None):
        return keys[0]
    locked = _locked([key.pk for key in keys])
    fresh = [locked[key.pk] for key in keys if key.pk in locked]
    for key in sorted(fresh, key=lambda key: key.pk != called):
        concurrency, per_minute = _limits(key)
        is_full = concurrency is not None and _taken(key, now, candidate) >= concurrency
        if is_full or key.rests(now):
            continue
        if key.pk == called or per_minute is None:
            return key
        if _next_free(key, now, per_minute) <= now:
            _spend_rate(key, now, per_minute)
            return key
    return None


def stand_in_line(candidate: Candidate, now: datetime) -> None:
    """Have a QUEUED row wait until it is called; it keeps its place if it waits already."""
    row = Candidate.objects.filter(pk=candidate.pk, status=Status.QUEUED, fence=candidate.fence)
    row.update(
        waits_since=Coalesce("waits_since", now),
        send_at=None,
        short_of="",
        due_at=now + timedelta(seconds=random.uniform(*LOOK_S)),  # noqa: S311  Jitter, not a secret.
        fence=F("fence") + 1,
    )


def leave_line(candidate: Candidate) -> None:
    """A row that may not go now gives its place to the others."""
    row = Candidate.objects.filter(pk=candidate.pk, status=Status.QUEUED, fence=candidate.fence)
    row.update(waits_since=None, send_at=None)


def is_early(candidate: Candidate) -> bool:
    """Whether the row was called for a moment that has not come: a message came twice."""
    return candidate.send_at is not None and candidate.send_at > timezone.now()


def call_waiting(now: datetime | None = None) -> int:
    """Call as many rows as there is room for, those that wait longest first; how many were called."""
    now = now or timezone.now()
    line = Candidate.objects.filter(status=Status.QUEUED, waits_since__isnull=False, send_at=None)
    called = 0
    for provider, drawn in line.order_by().values_list("provider", "drawn").distinct():
        keys = tuple(sorted(key.pk for key in keyring.keys_for(provider, drawn=drawn)))
        if keys:
            called += _call(line.filter(provider=provider, drawn=drawn), keys, now)
    return called


def _call(line: CandidateQuerySet, keys: tuple[int, ...], now: datetime) -> int:
    with transaction.atomic():
        locked = _locked(keys)
        # In turn over the keys, so that they share the work.
        places = sorted(
            (at, turn, key.pk) for key in locked.values() for turn, at in enumerate(_free_places(key, now))
        )
        called = 0
        waiting = line.order_by(RETAKES_FIRST, "waits_since", "pk").only("fence")[: len(places)]
        for row, (at, _, key_id) in zip(waiting, places, strict=False):
            mine = Candidate.objects.filter(pk=row.pk, status=Status.QUEUED, fence=row.fence)
            facts = {"provider_key": locked[key_id], "send_at": at, "due_at": at}
            if not mine.update(fence=F("fence") + 1, **facts):
                continue
            called += 1
            per_minute = _limits(locked[key_id])[1]
            if per_minute is not None:
                _spend_rate(locked[key_id], at, per_minute)
    return called


def full(candidate: Candidate, wait_s: float | None) -> float | None:
    """The vendor has refused this SUBMITTING row for want of room: let its key rest, and for how long.

    None where the key has nothing else under way: then it is no room that will come free by itself.
    """
    key, now = candidate.provider_key, timezone.now()
    if key is None or not _under_way(key, now).exclude(pk=candidate.pk).exists():
        return None
    rest_s = FULL_S if wait_s is None else max(wait_s, LEAST_FULL_S)
    rest = {"resting_until": now + timedelta(seconds=rest_s), "resting_reason": FULL_WORDS}
    ProviderKey.objects.filter(pk=key.pk).update(**rest)
    return rest_s


def left(key_id: int | None) -> None:
    """A job of this key has ended: where the key only rested because the vendor was full, there is room."""
    if key_id is None:
        return
    now = timezone.now()
    rests = ProviderKey.objects.filter(pk=key_id, resting_reason=FULL_WORDS, resting_until__gt=now)
    # Apart from the caller's transaction, which holds the locks of many rows. The reason stays: it says that
    # this provider's room is to be found out one by one.
    transaction.on_commit(lambda: rests.update(resting_until=now))


def _is_called(candidate: Candidate, now: datetime) -> bool:
    return candidate.send_at is not None and candidate.send_at > now - CALLED_FOR


def _others_wait(candidate: Candidate) -> bool:
    """Whether somebody stands in line before this row."""
    line = Candidate.objects.filter(
        status=Status.QUEUED, provider=candidate.provider, waits_since__isnull=False, send_at=None
    )
    before = {} if candidate.waits_since is None else {"waits_since__lt": candidate.waits_since}
    return line.filter(**before).exclude(pk=candidate.pk).exists()


def _locked(key_ids: Sequence[int]) -> dict[int, ProviderKey]:
    """The keys, locked until the transaction ends, always in the same order."""
    keys = ProviderKey.objects.select_for_update(no_key=True).filter(pk__in=key_ids).order_by("pk")
    return {key.pk: key for key in keys}


def _limits(key: ProviderKey) -> tuple[int | None, int | None]:
    """Clips at once and calls a minute: the key's own, else the vendor's usual ones, else none."""
    try:
        usual = catalog.vendor(key.provider)
    except NotConfigured:
        return key.concurrency, key.requests_per_minute
    return key.concurrency or usual.concurrency, key.requests_per_minute or usual.requests_per_minute


def _under_way(key: ProviderKey, now: datetime) -> CandidateQuerySet:
    lost = Q(status=Status.UNCERTAIN, status_at__lt=now - LOST_FOR)
    return Candidate.objects.filter(provider_key=key, status__in=AT_THE_VENDOR).exclude(lost)


def _taken(key: ProviderKey, now: datetime, but: Candidate) -> int:
    """How many places of the key others have: clips at the vendor, and rows called and on their way."""
    return _under_way(key, now).count() + _called(key, now).exclude(pk=but.pk).count()


def _called(key: ProviderKey, now: datetime) -> CandidateQuerySet:
    return Candidate.objects.filter(provider_key=key, status=Status.QUEUED, send_at__gt=now - CALLED_FOR)


def _free_places(key: ProviderKey, now: datetime) -> list[datetime]:
    """The moments at which the key may be called next, as many as there is room for."""
    concurrency, per_minute = _limits(key)
    called = _called(key, now).count()
    room = None if concurrency is None else concurrency - called - _under_way(key, now).count()
    if per_minute is None:
        # Of a vendor that was full nobody knows how many it takes: it is one more each round.
        unknown = 1 if key.resting_reason == FULL_WORDS else MANY
        return [now] * (unknown if room is None else max(0, room))
    # Workers that come late must not bring the calls of a minute all at once.
    soon = max(FEW, round(per_minute * FEW_S / 60)) - called
    first = _next_free(key, now, per_minute)
    moments = [
        first + turn * _interval(per_minute) for turn in range(soon if room is None else min(room, soon))
    ]
    return [at for at in moments if at <= now + AHEAD]


def _next_free(key: ProviderKey, now: datetime, per_minute: int) -> datetime:
    """The next free place in the key's rate. One that lies further ahead than any call can have put it was
    written by a clock that ran wrong, and would keep the key waiting until that time has really come.
    """
    furthest = now + AHEAD + 2 * _interval(per_minute)
    return now if key.next_call_at is None or key.next_call_at > furthest else max(now, key.next_call_at)


def _spend_rate(key: ProviderKey, at: datetime, per_minute: int) -> None:
    key.next_call_at = at + _interval(per_minute)
    ProviderKey.objects.filter(pk=key.pk).update(next_call_at=key.next_call_at)


def _interval(per_minute: int) -> timedelta:
    """Calls are spaced evenly, so that no minute holds more than the limit, wherever it begins."""
    return timedelta(minutes=1) / per_minute
