"""Signs of life of a process that serves pages: from a thread of its own, so that no request pays."""

from __future__ import annotations

import atexit
import logging
import threading
from contextlib import suppress
from typing import Final

from django.db import DatabaseError, connection

from reviewapp import logs
from reviewapp.models import Heartbeat

logger = logging.getLogger(__name__)

EVERY_S: Final = 10.0


def keep_giving(kind: str) -> None:
    """Give signs of life as this kind of process until it ends. For the servers' entry, and no test's."""
    logs.name_process(kind)
    over = threading.Event()
    thread = threading.Thread(target=_give, args=(kind, over), name="signs of life", daemon=True)
    thread.start()
    atexit.register(_farewell, kind, over)


def _give(kind: str, over: threading.Event) -> None:
    while True:
        try:
            Heartbeat.beat(kind)
        except DatabaseError as error:
            logger.warning("no sign of life could be written: %s", type(error).__name__)
            connection.close()
        if over.wait(EVERY_S):
            connection.close()
            return


def _farewell(kind: str, over: threading.Event) -> None:
    over.set()
    with suppress(DatabaseError):  # Then the sign grows old by itself.
        Heartbeat.farewell(kind)
    connection.close()
