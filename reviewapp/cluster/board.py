"""Signs that a cluster's processes leave for their main process, in memory that they share.

Plain numbers without a lock: a process may be killed at any moment, and a lock would die with it.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import psutil

# More messages than any cluster takes ahead, and more workers than it ever has alive.
MESSAGES: Final = 256
SEATS: Final = 512

_GUARDED, _CLOSING, _ACKNOWLEDGED, _BEGUN, _PUSHER, _HEAD = 0, 1, 2, 3, 4, 8
_MESSAGE, _SEAT = 2, 4
_SEATS_FROM = _HEAD + MESSAGES * _MESSAGE
_SIZE = _SEATS_FROM + SEATS * _SEAT


@dataclass(frozen=True)
class Busy:
    """A living worker at work: since when (monotonic seconds), and on which candidate, 0 for none."""

    pid: int
    since: float
    candidate: int


class Board:
    """The signs themselves. Each number has one writer at a time; times are `time.monotonic()`."""

    def __init__(self) -> None:
        # Anonymous and shared: processes forked from this one see the same bytes.
        self._numbers = memoryview(mmap.mmap(-1, _SIZE * 8)).cast("d")
        self._forks = 0
        self._seat = -1
        self._numbers[_GUARDED] = time.monotonic()
        os.register_at_fork(before=self._count_fork)

    def _count_fork(self) -> None:
        # The sentinel is the one that forks workers, so this gives each of them a number of its own.
        self._forks += 1

    # --- written by the sentinel, the pusher and the monitor ---

    def guarded(self) -> None:
        """The sentinel has looked after its workers."""
        self._numbers[_GUARDED] = time.monotonic()

    def took(self, messages: Iterable[int]) -> None:
        """The pusher has locked these messages and is handing them to the workers."""
        self._numbers[_PUSHER] = os.getpid()
        for message in messages:
            for at in range(_HEAD, _SEATS_FROM, _MESSAGE):
                if not self._numbers[at]:
                    self._numbers[at + 1] = time.monotonic()
                    self._numbers[at] = message
                    break

    def pushing(self) -> None:
        """The pusher looks for messages."""
        self._numbers[_PUSHER] = os.getpid()

    def acknowledged(self) -> None:
        """The monitor has put a result away."""
        self._numbers[_ACKNOWLEDGED] = time.monotonic()

    # --- written by the workers ---

    def sit_down(self) -> None:
        """A worker has begun its life: it takes a seat of its own."""
        for step in range(SEATS):
            seat = _SEATS_FROM + (self._forks + step) % SEATS * _SEAT
            if not _lives(int(self._numbers[seat])):
                break
        self._seat = seat
        self._numbers[seat + 1] = self._numbers[seat + 2] = self._numbers[seat + 3] = 0
        self._numbers[seat] = os.getpid()

    def begin(self, message: int, candidate: int = 0) -> bool:
        """A worker begins a message; False when it must not, because the cluster is closing."""
        self._numbers[self._seat + 3] = candidate
        self._numbers[self._seat + 1] = time.monotonic()
        # In this order: either the closing main process sees us at work, or we see that it closes.
        if self.closing:
            self._numbers[self._seat + 1] = 0
            return False
        self._begun(message)
        return True

    def _begun(self, message: int) -> None:
        for at in range(_HEAD, _SEATS_FROM, _MESSAGE):
            if self._numbers[at] == message:
                self._numbers[_BEGUN] = max(self._numbers[_BEGUN], self._numbers[at + 1])
                self._numbers[at] = 0

    def end(self) -> None:
        """The worker is done with its message."""
        self._numbers[self._seat + 2] = time.monotonic()
        self._numbers[self._seat + 1] = 0

    # --- written and read by the main process ---

    def close(self) -> None:
        """From now on no worker begins anything."""
        self._numbers[_CLOSING] = 1

    @property
    def closing(self) -> bool:
        return bool(self._numbers[_CLOSING])

    @property
    def guarded_at(self) -> float:
        return float(self._numbers[_GUARDED])

    @property
    def acknowledged_at(self) -> float:
        return float(self._numbers[_ACKNOWLEDGED])

    @property
    def begun_at(self) -> float:
        """When the newest of all messages that were begun had been taken from the queue."""
        return float(self._numbers[_BEGUN])

    @property
    def ended_at(self) -> float:
        """When a worker last ended a message."""
        return float(max(self._numbers[_SEATS_FROM + 2 : _SIZE : _SEAT].tolist()))

    @property
    def pusher_lives(self) -> bool:
        return _lives(int(self._numbers[_PUSHER]))

    def waiting(self) -> dict[int, float]:
        """The messages that were taken and not begun, with the time at which each was taken."""
        pairs = self._numbers[_HEAD:_SEATS_FROM].tolist()
        return {int(pairs[at]): pairs[at + 1] for at in range(0, len(pairs), _MESSAGE) if pairs[at]}

    def forget(self, messages: Iterable[int]) -> None:
        """These were given back to the queue."""
        gone = set(messages)
        for at in range(_HEAD, _SEATS_FROM, _MESSAGE):
            if int(self._numbers[at]) in gone:
                self._numbers[at] = 0

    def busy(self) -> list[Busy]:
        """The workers at work. One that was killed at work does not count."""
        seats = self._numbers[_SEATS_FROM:_SIZE].tolist()
        marked = [
            Busy(int(seats[at]), seats[at + 1], int(seats[at + 3]))
            for at in range(0, len(seats), _SEAT)
            if seats[at + 1]
        ]
        return [worker for worker in marked if _lives(worker.pid)]


def _lives(pid: int) -> bool:
    if not pid:
        return False
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
