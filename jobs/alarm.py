"""A watcher that hangs ends itself, so that whoever started it starts it again."""

from __future__ import annotations

import faulthandler
import logging
import os
import threading
from collections.abc import Callable
from typing import Final

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)

# Longer than any wait for a lock of SQLite (20 s), after which a round ends with an error.
HANGS_AFTER_S: Final = 60.0
_LOOK_S: Final = 5.0
EXIT_CODE: Final = 70


def hangs(idle_s: Callable[[], float], limit_s: float = HANGS_AFTER_S) -> bool:
    """Whether no round has ended for too long although the database answers.

    While the database is away nothing can end, and starting again would change nothing: asking it here takes
    as long as that lasts. A round that ends meanwhile was only slow.
    """
    return idle_s() > limit_s and _database_answers() and idle_s() > limit_s


def _database_answers() -> bool:
    try:
        # This thread's own connection, and a new one: the watcher's may be what hangs.
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    finally:
        connection.close()
    return True


def stand_guard(idle_s: Callable[[], float], over: threading.Event) -> None:
    """Look every few seconds, in a thread of its own, until `over` is set; end the process when it hangs."""
    threading.Thread(target=_guard, args=(idle_s, over), name="alarm", daemon=True).start()


def _guard(idle_s: Callable[[], float], over: threading.Event) -> None:
    while not over.wait(_LOOK_S):
        if hangs(idle_s) and not over.is_set():
            logger.critical("no round has ended for %.0f s: the watcher hangs and is ended", idle_s())
            faulthandler.dump_traceback()
            # Nothing can be tidied up by a process that hangs; its rows are taken over.
            os._exit(EXIT_CODE)
