"""The main process of a cluster: it looks at the board, ends what no longer works, and stops in order.

Ends of the process: 0 when it was told to stop, `WEDGED` when it ended its own workers because they took no
work any more, `BROKEN` when django-q2's sentinel died. Whoever keeps it running then starts it again.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from types import FrameType
from typing import Final

import psutil
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.cluster import Cluster
from django_q.models import OrmQ

from reviewapp import identity, line, logs
from reviewapp.cluster.board import Board, Busy
from reviewapp.cluster.broker import watch_with
from reviewapp.models import Candidate, Heartbeat

logger = logging.getLogger(__name__)

WEDGED: Final = 75
BROKEN: Final = 70
LOOK_S: Final = 0.2
BEAT_S: Final = 3.0
# A message goes from the queue to an idle worker in milliseconds; on a busy machine in a second.
WEDGED_AFTER_S: Final = 8.0
# The sentinel goes its round twice a second, but may wait for a database that is locked or away.
UNGUARDED_AFTER_S: Final = 30.0
# django-q2 ends a task at its timeout and its worker 3 seconds later, unless it hangs in foreign code.
STUCK_AFTER_S: Final = 15.0
# Told to stop twice within this is once: a supervisor and a control group both tell.
TOLD_ONCE_S: Final = 2.0
# How long the last results may take to be put away at the end.
TIDY_S: Final = 5.0
_TOLD = frozenset({signal.SIGTERM, signal.SIGINT})


@dataclass
class Guard:
    """Runs one cluster until it is told to stop or must not go on. `grace_s`: how long work under way may
    take to end once it was told.
    """

    name: str
    timeout_s: float
    grace_s: float
    board: Board = field(default_factory=Board)
    _told_at: float = 0.0
    _hurried: bool = False
    _looked_at: float = field(default_factory=time.monotonic)
    _calm_until: float = 0.0
    _beaten_at: float = 0.0

    def run(self) -> int:
        """The cluster's whole life; how it ended."""
        watch_with(self.board)
        # Blocked while they are forked, and so in all of them for good: a signal to the whole process group
        # (Ctrl-C, a control group's end) must not kill a worker in the middle of a paid call.
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)
        cluster = Cluster()
        cluster.start()
        for told in _TOLD:
            signal.signal(told, self._hear)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
        while cluster.sentinel.is_alive():
            time.sleep(LOOK_S)
            if self._told_at:
                cluster.stop_event.set()
                self.board.close()
                if self._may_end():
                    break
            elif trouble := self._look():
                logger.error("the cluster %s is ended and must be started again: %s", self.name, trouble)
                self._end_children()
                self._give_back(self.board.waiting())
                return WEDGED
        return self._leave()

    def _hear(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        self._hurried = bool(self._told_at) and now - self._told_at > TOLD_ONCE_S
        self._told_at = self._told_at or now

    # --- while it works ---

    def _look(self) -> str:
        now, since = time.monotonic(), self._looked_at
        self._looked_at = now
        self._beat(now)
        if now - since > 10 * LOOK_S:
            # The whole machine stood still, or we waited for the database: everyone gets a fresh start.
            self._calm_until = now + WEDGED_AFTER_S
        busy = self.board.busy()
        self._end_stuck(busy, now)
        self._give_back_lost(now)
        if now < self._calm_until or busy:
            # What is under way may be a paid call, and its worker's time is bounded.
            return ""
        return self._trouble(now)

    def _trouble(self, now: float) -> str:
        """Why this cluster with no worker at work must be started again; empty while all is well."""
        waiting, ended = self.board.waiting(), self.board.ended_at
        oldest = min(waiting.values(), default=now)
        if now - max(oldest, ended) > WEDGED_AFTER_S:
            return f"{len(waiting)} messages were taken and no worker has begun one for {now - oldest:.0f} s"
        if self.board.acknowledged_at < ended < now - UNGUARDED_AFTER_S:
            return f"results have not been put away for {now - ended:.0f} s"
        if now - self.board.guarded_at > UNGUARDED_AFTER_S:
            return f"its workers have not been looked after for {now - self.board.guarded_at:.0f} s"
        return ""

    def _beat(self, now: float) -> None:
        if now - self._beaten_at < BEAT_S:
            return
        self._beaten_at = now
        busy, waiting = len(self.board.busy()), len(self.board.waiting())
        try:
            Heartbeat.beat(f"cluster:{self.name}", f"{busy} at work, {waiting} taken ahead")
        except DatabaseError as error:
            connection.close()
            logger.warning("no sign of life could be written: %s", error)

    def _end_stuck(self, busy: Iterable[Busy], now: float) -> None:
        for worker in busy:
            if now - worker.since > self.timeout_s + STUCK_AFTER_S:
                words = "worker %d of %s, at work on candidate %d, did not end at its timeout and is killed"
                logger.error(words, worker.pid, self.name, worker.candidate)
                _kill(worker.pid)

    def _give_back_lost(self, now: float) -> None:
        """A message whose successor was begun long ago died with a worker or a pusher on its way."""
        begun = self.board.begun_at
        lost = [
            message
            for message, taken in self.board.waiting().items()
            if taken < begun and now - taken > WEDGED_AFTER_S
        ]
        if lost:
            self._give_back(lost)

    def _give_back(self, messages: Iterable[int]) -> None:
        """Unlock messages that were taken and not begun, so that any cluster may take them at once."""
        messages = list(messages)
        try:
            OrmQ.objects.filter(pk__in=messages).update(lock=timezone.now())
        except DatabaseError as error:
            # Their locks run out by themselves, and the sweep finds their rows before that.
            connection.close()
            logger.warning("%d messages could not be given back: %s", len(messages), error)
        self.board.forget(messages)

    # --- when it is told to stop ---

    def _may_end(self) -> bool:
        """Whether nothing is worth waiting for any more. What is under way is ended within the grace."""
        now = time.monotonic()
        waited = now - self._told_at
        self._beat(now)
        if self._hurried or waited > self.grace_s:
            return True
        if self.board.busy() or waited < 2 * LOOK_S:
            return False
        tidy = not self.board.pusher_lives and self.board.acknowledged_at >= self.board.ended_at
        return tidy or now - max(self._told_at, self.board.ended_at) > TIDY_S

    def _leave(self) -> int:
        unfinished = self.board.busy()
        self._end_children()
        self._give_back(self.board.waiting())
        for worker in unfinished:
            self._hand_back(worker)
        try:
            Heartbeat.farewell(f"cluster:{self.name}")
        except DatabaseError as error:
            logger.warning("no farewell could be written: %s", error)
        if not self._told_at:
            logger.error("the sentinel of %s has died; the cluster must be started again", self.name)
        return 0 if self._told_at else BROKEN

    def _hand_back(self, worker: Busy) -> None:
        """A download or a check that was cut short is due again at once. A paid call is never given back."""
        try:
            # Not the candidate of its message: a download takes the most urgent row.
            name = identity.here(f"queue:{self.name}", worker.pid)
            for row in Candidate.objects.whole().filter(worker=name):
                if line.hand_back(row):
                    with logs.about(row):
                        logger.warning("%s: handed back, because %s was told to stop", row.code, self.name)
        except DatabaseError as error:
            # Its lease runs out, and then it is begun again.
            logger.warning("a row could not be handed back: %s", error)

    def _end_children(self) -> None:
        """Kill whatever this process has started, by its number and not by its group: others may be in it."""
        children = psutil.Process().children(recursive=True)
        for child in children:
            _kill(child.pid)
        psutil.wait_procs(children, timeout=5)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def guard_of(name: str) -> Guard:
    """The guard for one of the settings' clusters."""
    chosen = settings.Q_CLUSTER | settings.Q_CLUSTER["ALT_CLUSTERS"].get(name, {})
    return Guard(name, timeout_s=chosen["timeout"], grace_s=settings.STOP_GRACE_S[name])
