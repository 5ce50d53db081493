"""What has just changed, told to the open pages: names only, for which each page then asks as it always does.

One thread in each web process reads what was written since it last looked, once for all listeners, and only
while there are any. The rows stay the truth: a name that is lost costs a page the wait for its slow poll.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection
from django.db.models import Count, Max, Model, Q, Sum
from django.utils import timezone

from reviewapp.models import Candidate, Membership, Notice, ProviderKey, Status, Transition, User

logger = logging.getLogger(__name__)

TICK_S: Final = 0.5
# Progress and holds move without a transition; counting them costs more than looking at the newest rows.
PROGRESS_S: Final = 1.0
# A member who was removed, or a session that has ended, is deaf after this long at most.
RIGHTS_S: Final = 5.0
# A number that was given out and not yet seen may belong to a transaction that has still to commit.
LATE_S: Final = 30.0
MOST_GAPS: Final = 500
MOST_ROWS: Final = 2000
READY_S: Final = 5.0


class NoRoom(Exception):
    """This process has as many listeners as it may have; the page polls instead."""


@dataclass
class Newest:
    """The rows of one table as they appear, each once, also those that commit after a higher number."""

    model: type[Model]
    columns: tuple[str, ...]
    high: int = 0
    # Numbers below `high` that were not there yet, and until when they are waited for.
    gaps: dict[int, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Count everything that is there now as known."""
        newest = self.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        known = set(newest[:MOST_GAPS])
        self.high = max(known, default=0)
        self._miss(set(range(min(known, default=0), self.high)) - known)

    def fresh(self) -> list[tuple[Any, ...]]:
        """What has come since the last call, with the number first."""
        now = time.monotonic()
        self.gaps = {pk: until for pk, until in self.gaps.items() if until > now}
        unseen = Q(pk__gt=self.high) | Q(pk__in=list(self.gaps))
        rows = self.model._default_manager.filter(unseen).order_by("pk").values_list("pk", *self.columns)
        found = list(rows[:MOST_ROWS])
        seen = {row[0] for row in found}
        top = max([self.high, *seen])
        for pk in seen:
            self.gaps.pop(pk, None)
        self._miss(set(range(max(self.high + 1, top - MOST_GAPS), top)) - seen)
        self.high = top
        return found

    def _miss(self, numbers: Iterable[int]) -> None:
        until = time.monotonic() + LATE_S
        self.gaps |= dict.fromkeys(numbers, until)
        for pk in sorted(self.gaps)[:-MOST_GAPS]:
            del self.gaps[pk]


@dataclass(frozen=True)
class Rights:
    """Whose pages a listener may hear of. `projects` is None for all of them."""

    projects: frozenset[int] | None
    password: str = field(default="", repr=False)

    def sees(self, project: int) -> bool:
        return self.projects is None or project in self.projects


def rights_of(people: Iterable[int]) -> dict[int, Rights]:
    """What each of these people may hear of, in two queries; who may not sign in any more is not in it."""
    facts = User.objects.filter(pk__in=people, is_active=True).values_list("pk", "is_superuser", "password")
    mine: dict[int, set[int]] = {}
    for user, project in Membership.objects.filter(user__in=people).values_list("user_id", "project_id"):
        mine.setdefault(user, set()).add(project)
    return {
        pk: Rights(None if is_admin else frozenset(mine.get(pk, ())), password)
        for pk, is_admin, password in facts
    }


@dataclass(eq=False)
class Listener:
    """One open page of one person. Names pile up in it until they are taken."""

    user: int
    session: str
    rights: Rights
    hub: Hub = field(repr=False)
    names: set[str] = field(default_factory=set)
    at: str = ""
    closed: bool = False
    _heard: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def tell(self, names: Iterable[str], at: str) -> None:
        with self._heard:
            self.names.update(names)
            self.at = at
            if self.names:
                self._heard.notify()

    def take(self, seconds: float) -> tuple[list[str], str]:
        """The names since the last call and where they end, after a wait of so many seconds at most."""
        with self._heard:
            if not (self.names or self.closed):
                self._heard.wait(seconds)
            names, self.names = sorted(self.names), set()
            return names, self.at

    def close(self) -> None:
        self.hub.forget(self)
        with self._heard:
            self.closed = True
            self._heard.notify()


@dataclass
class Hub:
    """The listeners of this process, and the one thread that reads for them while there are any."""

    listeners: set[Listener] = field(default_factory=set)
    stopped: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None
    _ready: threading.Event = field(default_factory=threading.Event)

    def listen(self, user: User, session: str, last: str) -> Listener:
        """A new listener, which has heard everything up to `last` before. Raises NoRoom."""
        rights = rights_of([user.pk]).get(user.pk)
        with self._lock:
            if rights is None or self.stopped or len(self.listeners) >= settings.LIVE_LISTENERS:
                raise NoRoom
            listener = Listener(user.pk, session, rights, self)
            self.listeners.add(listener)
            if self._thread is None:
                self._ready = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(self._ready,), daemon=True)
                self._thread.start()
        # What is written from now on is told; only then is looked up what was written before.
        self._ready.wait(READY_S)
        listener.tell(missed(listener, last), listener.at)
        return listener

    def forget(self, listener: Listener) -> None:
        with self._lock:
            self.listeners.discard(listener)

    def stop(self) -> None:
        """End every listener and take no new one: the process is about to end."""
        self.stopped = True
        for listener in self._all():
            listener.close()

    def _all(self) -> list[Listener]:
        with self._lock:
            return list(self.listeners)

    def _run(self, ready: threading.Event) -> None:
        reader = Reader()
        try:
            while self._goes_on():
                try:
                    reader.look(self._all())
                    ready.set()
                except DatabaseError as error:
                    logger.warning("what has changed could not be read: %s", error)
                    connection.close()
                time.sleep(TICK_S)
        finally:
            connection.close()
            # Whatever ended this thread: nobody may go on listening to nothing.
            with self._lock:
                self._thread = None if self._ready is ready else self._thread
            for listener in self._all() if self._thread is None else ():
                listener.close()

    def _goes_on(self) -> bool:
        with self._lock:
            if not self.listeners:
                self._thread = None
            return self._thread is not None


@dataclass
class Reader:
    """What one round of reading finds, and whom it concerns."""

    moves: Newest = field(
        default_factory=lambda: Newest(
            Transition, ("candidate__shot__project_id", "candidate__shot__project__slug", "was", "became")
        )
    )
    notices: Newest = field(default_factory=lambda: Newest(Notice, ("user_id",)))
    _begun: bool = False
    _progress: dict[tuple[int, str], Any] | None = None
    _keys: list[Any] | None = None
    _progress_at: float = 0.0
    _rights_at: float = 0.0

    @property
    def at(self) -> str:
        return f"{self.moves.high}-{self.notices.high}"

    def look(self, listeners: Sequence[Listener]) -> None:
        """Read what is new and tell each listener what concerns it."""
        now = time.monotonic()
        if not self._begun:
            self.moves.begin()
            self.notices.begin()
            self._begun, self._rights_at = True, now
        if now - self._rights_at >= RIGHTS_S:
            self._rights_at = now
            renew(listeners)
        moved = [row[1:] for row in self.moves.fresh()]
        told = {row[1] for row in self.notices.fresh()}
        keys = False
        if now - self._progress_at >= PROGRESS_S:
            self._progress_at = now
            moved += self._moving()
            keys = any(one.rights.projects is None for one in listeners) and self._keys_changed()
        for listener in listeners:
            listener.tell(_names(listener, moved, told, keys), self.at)

    def _moving(self) -> list[tuple[Any, ...]]:
        """The projects in which progress or a hold has changed, as moves that change nobody's queue."""
        rows = (
            Candidate.objects.filter(status__in=[Status.HELD, Status.GENERATING])
            .order_by()
            .values_list("shot__project_id", "shot__project__slug")
            .annotate(
                rows=Count("pk"),
                sum=Sum("progress"),
                ends=Max("due_at", filter=Q(status=Status.HELD)),
                newest=Max("version_id"),
            )
        )
        was, now = self._progress, {row[:2]: row[2:] for row in rows}
        self._progress = now
        if was is None:
            return []
        return [(*key, "", "") for key in was.keys() | now.keys() if was.get(key) != now.get(key)]

    def _keys_changed(self) -> bool:
        """Whether a key looks different on the admins' page; there are a handful of them."""
        facts = ("pk", "enabled", "paused_reason", "resting_until", "checked_at", "check_asked_at")
        was, self._keys = self._keys, list(ProviderKey.objects.order_by("pk").values_list(*facts))
        return was is not None and was != self._keys


def _names(listener: Listener, moved: Sequence[tuple[Any, ...]], told: set[int], keys: bool) -> set[str]:
    names = set()
    for project, slug, was, became in moved:
        if listener.rights.sees(project):
            names.add(f"project:{slug}")
            if Status.IN_REVIEW in (was, became):
                names.add("queue")
    if listener.user in told:
        names.add("notices")
    if keys and listener.rights.projects is None:
        names.add("keys")
    return names


def renew(listeners: Sequence[Listener]) -> None:
    """Read anew who may hear what, and close those whose session has ended or whose password has changed."""
    rights = rights_of({one.user for one in listeners})
    sessions = set(
        Session.objects.filter(
            pk__in={one.session for one in listeners}, expire_date__gt=timezone.now()
        ).values_list("pk", flat=True)
    )
    for one in listeners:
        mine = rights.get(one.user)
        if mine is None or one.session not in sessions or mine.password != one.rights.password:
            one.close()
        else:
            one.rights = mine


def missed(listener: Listener, last: str) -> set[str]:
    """The names of what was written after `last`, the end of what this page has heard; none without it."""
    move, _, notice = last.partition("-")
    if not all(part.isascii() and part.isdigit() and len(part) < 19 for part in (move, notice)):
        return set()
    columns = ("candidate__shot__project_id", "candidate__shot__project__slug", "was", "became")
    # A few more than asked for: one of them may have committed late.
    moves = Transition.objects.filter(pk__gt=int(move) - 20).order_by("-pk").values_list(*columns)
    told = Notice.objects.filter(pk__gt=int(notice), user=listener.user).exists()
    return _names(listener, list(moves[:MOST_ROWS]), {listener.user} if told else set(), False)


hub = Hub()
