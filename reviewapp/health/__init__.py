"""How every part of the app is, from the one place that knows: `/readyz`, the status page, `manage.py doctor`
and `/metrics` all read this.

Nothing is changed and nobody is asked who costs money. Sentences are for admins; strangers hear names and
states only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from django.db import DatabaseError, connection

from reviewapp.health import database, machine, processes, rows
from reviewapp.health.part import Part, State

__all__ = ["Part", "State", "parts", "ready", "unfit"]

_OF_ROWS: Final[Sequence[Callable[[], Sequence[Part]]]] = (
    processes.processes, rows.queues, rows.line, rows.keys, rows.deliveries, rows.cleaning, database.room,
)  # fmt: skip
_OF_THIS_MACHINE: Final[Sequence[Callable[[], Sequence[Part]]]] = (machine.storage, machine.sandbox)
_OUT: Final = {State.SILENT, State.MISSING}


def parts() -> list[Part]:
    """Everything, whatever is broken. Without a database only what needs none."""
    base = database.database()
    looks = [*(() if base.state in _OUT else _OF_ROWS), *_OF_THIS_MACHINE]
    return [base, *(part for look in looks for part in _looked(look))]


def ready() -> list[Part]:
    """The few parts that readiness is about. Cheap: anyone may ask."""
    base = database.database()
    return [base, *([] if base.state in _OUT else _looked(processes.processes))]


def unfit(found: Iterable[Part]) -> list[Part]:
    """What keeps the site from its work: the database, or no living process of a kind that it needs."""
    found = list(found)
    bad = [part for part in found if part.name == "database" and part.state in _OUT]
    for kind in processes.needed():
        of_kind = [part for part in found if part.name == kind]
        if of_kind and all(part.state in _OUT for part in of_kind):
            bad.append(of_kind[0])
    return bad


def _looked(look: Callable[[], Sequence[Part]]) -> Sequence[Part]:
    try:
        return look()
    except DatabaseError as error:
        connection.close()
        words = f"The database did not answer ({type(error).__name__})."
        return [Part(look.__name__, State.SILENT, words)]
