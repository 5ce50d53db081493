"""The ORM broker that also says on the board what it does, and the signals that say the rest.

django-q2 makes a broker in each process that asks for one. Outside a cluster there is no board, and then
this is the ORM broker as it comes.
"""

from __future__ import annotations

import sys
import time
from typing import Any

from django.db import DatabaseError
from django_q.brokers.orm import ORM
from django_q.signals import post_execute, post_execute_in_worker, post_spawn, pre_execute

from reviewapp import dispatch, logs
from reviewapp.cluster.board import Board
from reviewapp.models import Candidate

# A worker of a closing cluster waits this long for its end; then it leaves by itself.
LEAVES_AFTER_S = 30.0
# The stations whose message carries a candidate's number.
_OF_CANDIDATES = {dispatch.STATIONS[name] for name in ("submit", "ingest", "check", "prepare")}

_board: Board | None = None


class WatchedBroker(ORM):  # type: ignore[misc]  # django-q2 brings no types.
    """Named in Q_CLUSTER["broker_class"]."""

    def dequeue(self) -> list[tuple[int, str]] | None:
        """Lock messages for this cluster, as the pusher asks in an endless row."""
        if _board is None:
            found: list[tuple[int, str]] | None = super().dequeue()
            return found
        _board.pushing()
        found = super().dequeue()
        if found:
            _board.took(message for message, _ in found)
        return found

    def delete(self, task_id: int) -> None:
        """Remove a message: one that cannot be read is never begun, and nobody waits for it."""
        super().delete(task_id)
        if _board is not None:
            _board.forget([task_id])

    def set_stat(self, key: str, value: str, timeout: int) -> None:
        """Keep the cluster's figures, which only the sentinel does, once in each of its rounds."""
        super().set_stat(key, value, timeout)
        if _board is not None:
            _board.guarded()


def watch_with(board: Board) -> None:
    """Have this cluster's processes, all forked later, leave their signs on this board."""
    global _board
    _board = board
    post_spawn.connect(_spawned)
    pre_execute.connect(_begins)
    post_execute_in_worker.connect(_ended)
    post_execute.connect(_put_away)


def _spawned(**_: Any) -> None:
    if _board is not None:
        _board.sit_down()


def _begins(task: dict[str, Any], **_: Any) -> None:
    if _board is None or _board.begin(task.get("ack_id", 0), _candidate(task)):
        return
    # It was not begun, so the main process gives it back to the queue and then ends us.
    time.sleep(LEAVES_AFTER_S)
    sys.exit(0)


def _candidate(task: dict[str, Any]) -> int:
    return int(task["args"][0]) if task["func"] in _OF_CANDIDATES else 0


def _ended(**_: Any) -> None:
    if _board is not None:
        _board.end()


def _put_away(task: dict[str, Any], **_: Any) -> None:
    if _board is not None:
        _board.acknowledged()
        logs.from_now_about(None if task["success"] else _row(_candidate(task)))


def _row(number: int) -> Candidate | None:
    """The candidate of a message that failed: the monitor's next line is about it."""
    try:
        return Candidate.objects.whole().filter(pk=number).first()
    except DatabaseError:
        # The line about the failure matters more than its code.
        return None
