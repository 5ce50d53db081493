"""The watcher: one process that looks at every row whose time has come, for as long as it lives.

Rows that wait for a vendor are polled together on a handful of connections; all others are swept (a hold
that ended, a message that was lost, a claim that ran out). The rows and their due times are the only state,
so that a watcher may be killed at any moment and several may run side by side.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone
from django_q.models import OrmQ

from jobs import lanes
from jobs.alarm import stand_guard
from jobs.media import MEDIA_VERSION
from jobs.poll import Cancelled, Poller
from jobs.quality.report import CHECKER_VERSION
from providers.contract import ProviderJob
from reviewapp import (
    carry,
    cleaning,
    dispatch,
    events,
    hooks,
    identity,
    learning,
    limits,
    line,
    logs,
    mailing,
    notices,
    outgoing,
    preparing,
    push,
    rechecks,
    retakes,
)
from reviewapp.line.poll import UNDER_WAY, Answer
from reviewapp.models import Candidate, Heartbeat

logger = logging.getLogger(__name__)

T = TypeVar("T")

# How often holds, lost messages and waiting rows are looked at, at most; a row's own time comes first.
TICK_S = 0.25
# Answers and due rows are gathered for so long, so that a thousand polls a second are not a thousand rounds.
LEAST_PAUSE_S = 0.05
# A round takes no more than this many; one that finds more waiting is followed by the next at once.
BATCH = 1000
SWEPT = 100
ENDS = 50
IN_FLIGHT = 2000
POLL_TIMEOUT_S = 30.0
# The lease outlives the poll and the writing of its answer.
POLL_LEASE_S = POLL_TIMEOUT_S + 30.0
BEAT_S = 2.0
CANARY_S = 5.0
HOUSEKEEPING_S = 60.0
# When a row is looked at again that could not be seen to.
TROUBLED_S = 60.0
LONGEST_PAUSE_S = 15.0


@dataclass
class Watcher:
    """One watcher's life. The database is only touched from one thread of its own, with one connection."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[tuple[Candidate, Answer | Cancelled]] = field(default_factory=list)
    polls: set[asyncio.Task[None]] = field(default_factory=set)
    lanes: lanes.Lanes = field(default_factory=lanes.Lanes)
    database: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "database"))
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    _round_ended_at: float = field(default_factory=time.monotonic)
    _swept_at: float = -TICK_S
    _canaries_at: float = -CANARY_S
    _beaten_at: float = -BEAT_S
    _house_kept_at: float = -HOUSEKEEPING_S
    _asked: int = 0

    async def run(self) -> None:
        """Watch until `stopping` is set; then let the polls under way end and write them down."""
        pause = 0.0
        async with Poller() as poller:
            while not self.stopping.is_set():
                try:
                    await self._tick(poller)
                    pause = 0.0
                except DatabaseError as error:
                    pause = min(LONGEST_PAUSE_S, pause * 2 or 0.5)
                    logger.warning("the database did not answer (%s); trying again in %.1f s", error, pause)
                    await self._in_database(_drop_connection)
                    await self._rest(pause)
                self._round_ended_at = time.monotonic()
            await self._finish()
        await self._in_database(_drop_connection)
        self.database.shutdown()

    def idle_s(self) -> float:
        """Seconds since the last round ended; a database that answers with an error ends one as well."""
        return time.monotonic() - self._round_ended_at

    async def _tick(self, poller: Poller) -> None:
        self.heard.clear()
        claimed, ended = await self._in_database(self._exchange)
        for candidate in claimed:
            self.lanes.begin(candidate.provider_key_id)
            task = asyncio.create_task(self._poll(poller, candidate))
            self.polls.add(task)
            task.add_done_callback(self.polls.discard)
        pause = LEAST_PAUSE_S
        if ended or time.monotonic() - self._swept_at >= TICK_S:
            pause = await self._in_database(self._sweep)
        elif len(claimed) < BATCH:
            pause = await self._in_database(lambda: line.next_due_in(TICK_S))
        await self._rest(0.0 if self.answers else pause)

    async def _poll(self, poller: Poller, candidate: Candidate) -> None:
        with logs.about(candidate):
            answer = await poller.ask(candidate, POLL_TIMEOUT_S)
        self.lanes.end(candidate.provider_key_id, answer)
        self.answers.append((candidate, answer))
        self.heard.set()

    async def _finish(self) -> None:
        if self.polls:
            await asyncio.wait(self.polls, timeout=POLL_TIMEOUT_S)
        try:
            while self.answers:
                await self._in_database(self._record)
            await self._in_database(_say_goodbye)
        except DatabaseError as error:
            # The leases run out and the next watcher asks again; polls cost nothing.
            logger.warning("the last answers could not be written down: %s", error)

    async def _rest(self, seconds: float) -> None:
        """Sleep until the time is over, an answer has come or the end is asked for."""
        await asyncio.sleep(LEAST_PAUSE_S)
        waits = [asyncio.create_task(event.wait()) for event in (self.heard, self.stopping)]
        left = max(0.0, seconds - LEAST_PAUSE_S)
        await asyncio.wait(waits, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, work)

    def _exchange(self) -> tuple[list[Candidate], int]:
        """Write down what was heard and claim what is due; how many jobs have ended."""
        self._keep_signs()
        ended = self._record()
        room = min(BATCH, IN_FLIGHT - len(self.polls))
        if room <= 0:
            return [], ended
        # Last, so that nothing which fails afterwards leaves a row claimed and not asked about.
        claimed = line.claim_polls(
            room, POLL_LEASE_S, identity.me("watch"), places=self.lanes.places(), each=lanes.MOST
        )
        self._asked += len(claimed)
        return claimed, ended

    def _record(self) -> int:
        # The other thread only adds at the end, and what is written is only taken away afterwards: a hiccup
        # of the database must not lose what the vendors said.
        batch = _some(self.answers[:BATCH])
        ended = _write_down(batch)
        del self.answers[: len(batch)]
        return ended

    def _sweep(self) -> float:
        """See to everything that is no poll; seconds until there is something to do again."""
        self._swept_at = time.monotonic()
        # In this order: a job that has ended leaves room, and the row called for it is sent at once.
        limits.call_waiting()
        due = line.due_now(SWEPT)
        for candidate in due:
            with logs.about(candidate):
                _sweep_one(candidate)
        return 0.0 if len(due) == SWEPT else line.next_due_in(TICK_S)

    def _keep_signs(self) -> None:
        now = time.monotonic()
        if now - self._canaries_at >= CANARY_S:
            self._canaries_at = now
            _each(send_canaries, mailing.call_when_due, outgoing.wake_due, push.wake_due)
        if now - self._beaten_at >= BEAT_S:
            # The first sign comes before the first claim, and whoever had this name before is no more.
            former = identity.me("watch") if self._beaten_at < 0 else ""
            rate = self._asked / (now - self._beaten_at)
            self._beaten_at, self._asked = now, 0
            Heartbeat.beat("watch", f"{len(self.polls)} polls under way, {rate:.1f} sent a second")
            line.take_over(former)
        if now - self._house_kept_at >= HOUSEKEEPING_S:
            self._house_kept_at = now
            _each(hooks.keep_house, events.tell_late, retakes.look_for_room, carry.advance)
            _each(notices.keep_house, mailing.keep_house, cleaning.ask_when_due)
            _each(learning.ask_when_due, partial(rechecks.ask_when_due, CHECKER_VERSION))
            _each(partial(preparing.ask_when_quiet, MEDIA_VERSION))


def _sweep_one(candidate: Candidate) -> None:
    fence = candidate.fence
    try:
        line.sweep(candidate)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        # A row that nobody can see to must not end the watch over all others, each time it is begun anew.
        logger.exception("%s could not be seen to; it is looked at again later", candidate.code)
        later = timezone.now() + timedelta(seconds=TROUBLED_S)
        Candidate.objects.filter(pk=candidate.pk, fence=fence).update(due_at=later)


def _each(*chores: Callable[[], object]) -> None:
    """Do these side works of the watch, each whatever becomes of the others."""
    for chore in chores:
        try:
            chore()
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # None of them is worth the end of the watch over the clips; each is done again soon.
            logger.exception("%r broke off", chore)


def _some(answers: list[tuple[Candidate, Answer | Cancelled]]) -> list[tuple[Candidate, Answer | Cancelled]]:
    """As many of the first answers as do not keep the next claim waiting: an end costs a hundred times what a
    "still under way" does.
    """
    ends = 0
    for at, (_, answer) in enumerate(answers):
        ends += not (isinstance(answer, ProviderJob) and answer.state in UNDER_WAY)
        if ends > ENDS:
            return answers[:at]
    return answers


def _write_down(answers: list[tuple[Candidate, Answer | Cancelled]]) -> int:
    for candidate, answer in answers:
        if isinstance(answer, Cancelled):
            with logs.about(candidate):
                line.record_cancel(candidate, answer.done, answer.job)
    told = [(row, answer) for row, answer in answers if not isinstance(answer, Cancelled)]
    return line.record_polls(told) + len(answers) - len(told)


def _say_goodbye() -> None:
    # Whatever was asked about and not answered is due again at once, for whoever watches on.
    line.drop_claims(identity.me("watch"))
    Heartbeat.farewell("watch")


def _drop_connection() -> None:
    # Looked up here and not by the caller: every thread has a connection of its own.
    connection.close()


def send_canaries() -> None:
    """Ask every idle cluster for a sign of life.

    Where a message waits already, taking it is the sign (every station gives one), and a cluster that is
    down finds one canary in its queue and not a night's worth.
    """
    for cluster in (settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]):
        if not OrmQ.objects.filter(key=cluster, lock__lte=timezone.now()).exists():
            dispatch.canary(cluster)


def main() -> None:
    """Run a watcher until SIGTERM or SIGINT."""
    asyncio.run(_until_told())


async def _until_told() -> None:
    watcher = Watcher()
    for told in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(told, watcher.stopping.set)
    over = threading.Event()
    stand_guard(watcher.idle_s, over)
    await watcher.run()
    over.set()
