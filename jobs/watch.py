"""The watcher: one process that looks at every row whose time has come, for as long as it lives.

Rows that wait for a vendor are polled together on a handful of connections; all others are swept (a hold
that ended, a message that was lost, a claim that ran out). The rows and their due times are the only state,
so that a watcher may be killed at any moment and several may run side by side.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone
from django_q.models import OrmQ

from jobs.poll import Cancelled, Poller
from reviewapp import cleaning, dispatch, events, hooks, limits, line, mailing, notices, outgoing, push
from reviewapp.line.poll import Answer
from reviewapp.models import Candidate, Heartbeat

logger = logging.getLogger(__name__)

T = TypeVar("T")

TICK_S = 0.25
# A tick that finds more than this waiting comes back at once.
BATCH = 500
IN_FLIGHT = 2000
POLL_TIMEOUT_S = 30.0
# The lease outlives the poll and the writing of its answer.
POLL_LEASE_S = POLL_TIMEOUT_S + 30.0
BEAT_S = 2.0
CANARY_S = 5.0
HOUSEKEEPING_S = 60.0
LONGEST_PAUSE_S = 15.0


@dataclass
class Watcher:
    """One watcher's life. The database is only touched from one thread of its own, with one connection."""

    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    answers: list[tuple[Candidate, Answer | Cancelled]] = field(default_factory=list)
    polls: set[asyncio.Task[None]] = field(default_factory=set)
    database: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "database"))
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    _beaten_at: float = -BEAT_S
    _canaries_at: float = -CANARY_S
    _house_kept_at: float = -HOUSEKEEPING_S

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
            await self._finish()
        await self._in_database(_drop_connection)
        self.database.shutdown()

    async def _tick(self, poller: Poller) -> None:
        await self._in_database(self._keep_signs)
        claimed = await self._claim(poller)
        await self._record()
        # In this order: a job that has ended leaves room, and the row called for it is sent at once.
        await self._in_database(limits.call_waiting)
        swept = await self._in_database(_sweep)
        if swept < BATCH and claimed < BATCH:
            await self._rest(await self._in_database(lambda: line.next_due_in(TICK_S)))

    async def _claim(self, poller: Poller) -> int:
        room = min(BATCH, IN_FLIGHT - len(self.polls))
        if room <= 0:
            return 0
        claimed = await self._in_database(lambda: line.claim_polls(room, POLL_LEASE_S))
        for candidate in claimed:
            task = asyncio.create_task(self._poll(poller, candidate))
            self.polls.add(task)
            task.add_done_callback(self.polls.discard)
        return len(claimed)

    async def _poll(self, poller: Poller, candidate: Candidate) -> None:
        self.answers.append((candidate, await poller.ask(candidate, POLL_TIMEOUT_S)))
        self.heard.set()

    async def _record(self) -> None:
        batch = self.answers[:BATCH]
        if batch:
            await self._in_database(lambda: _write_down(batch))
            # Only now: a hiccup of the database must not lose what the vendors said.
            del self.answers[: len(batch)]

    async def _finish(self) -> None:
        if self.polls:
            await asyncio.wait(self.polls, timeout=POLL_TIMEOUT_S)
        try:
            while self.answers:
                await self._record()
        except DatabaseError as error:
            # The leases run out and the next watcher asks again; polls cost nothing.
            logger.warning("the last answers could not be written down: %s", error)

    async def _rest(self, seconds: float) -> None:
        """Sleep until the time is over, an answer has come or the end is asked for."""
        self.heard.clear()
        waits = [asyncio.create_task(event.wait()) for event in (self.heard, self.stopping)]
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _in_database(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, work)

    def _keep_signs(self) -> None:
        now = time.monotonic()
        if now - self._canaries_at >= CANARY_S:
            self._canaries_at = now
            send_canaries()
            mailing.call_when_due()
            outgoing.wake_due()
            push.wake_due()
        if now - self._beaten_at >= BEAT_S:
            self._beaten_at = now
            Heartbeat.beat("watch", f"{len(self.polls)} polls under way")
        if now - self._house_kept_at >= HOUSEKEEPING_S:
            self._house_kept_at = now
            for keep_house in (hooks.keep_house, events.tell_late, notices.keep_house, mailing.keep_house):
                keep_house()
            cleaning.ask_when_due()


def _write_down(answers: list[tuple[Candidate, Answer | Cancelled]]) -> None:
    for candidate, answer in answers:
        if isinstance(answer, Cancelled):
            line.record_cancel(candidate, answer.done, answer.job)
    line.record_polls([(row, answer) for row, answer in answers if not isinstance(answer, Cancelled)])


def _drop_connection() -> None:
    # Looked up here and not by the caller: every thread has a connection of its own.
    connection.close()


def _sweep() -> int:
    due = line.due_now(BATCH)
    for candidate in due:
        line.sweep(candidate)
    return len(due)


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
    await watcher.run()
