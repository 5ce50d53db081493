"""Signs of life of a cluster whose workers are all busy."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

from reviewapp.models import Heartbeat

logger = logging.getLogger(__name__)

BEAT_S = 2.0


_last_beat: dict[str, float] = {}


def beat(cluster: str) -> None:
    """Note that this cluster's workers take and do work."""
    Heartbeat.beat(f"queue:{cluster}")


def _beat_now_and_then(cluster: str) -> None:
    now = time.monotonic()
    if now - _last_beat.get(cluster, -BEAT_S) >= BEAT_S:
        _last_beat[cluster] = now
        beat(cluster)


@contextmanager
def working(cluster: str) -> Iterator[None]:
    """Beat for the cluster at the beginning of a piece of work and while it goes on.

    The canary waits behind it in the queue: without this, a slow download or a long row of short checks
    would look like a cluster that has stopped. And what this process claims inside the block is taken over by
    others soon after its signs have ended.
    """
    _beat_now_and_then(cluster)
    over = threading.Event()
    thread = threading.Thread(target=_beat_until, args=(cluster, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _beat_until(cluster: str, over: threading.Event) -> None:
    while not over.wait(BEAT_S):
        try:
            beat(cluster)
        except DatabaseError as error:
            # The next one may come through. A worker that falls silent for good loses what it works on.
            logger.warning("no sign of life could be written: %s", error)
            connection.close()
    connection.close()
