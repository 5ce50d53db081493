"""The database: whether it answers, whether its tables are those of this code, and what room it has."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from reviewapp.health.part import Part, State

WAL_BYTES: Final = 256_000_000
CONNECTIONS_SHARE: Final = 0.8
# A database that takes longer for nothing at all is in trouble.
SLOW_S: Final = 1.0


def database() -> Part:
    """Whether it answers, how fast, and whether its tables are those of this code."""
    began = time.perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        took = time.perf_counter() - began
        waiting = _unapplied()
    except DatabaseError as error:
        # The driver's own words may hold the address and the user; its kind says enough.
        connection.close()
        words = f"The database does not answer ({type(error).__name__})."
        return Part("database", State.SILENT, words, remedy="Start it, or look at DATABASE_URL.")
    figures = {"seconds": took}
    if waiting:
        words = f"{waiting} migrations are not applied."
        return Part(
            "database", State.MISSING, words, remedy="Run manage.py migrate, or make run.", figures=figures
        )
    words = f"{connection.display_name} answers in {1000 * took:.1f} ms and is up to date."
    return Part("database", State.LOOK if took > SLOW_S else State.OK, words, figures=figures)


_applied = False


def _unapplied() -> int:
    """How many migrations wait; once none does, this process does not look again."""
    global _applied
    if _applied:
        return 0
    executor = MigrationExecutor(connection)
    waiting = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    _applied = not waiting and not settings.DEBUG
    return waiting


def room() -> list[Part]:
    """What the database has left: SQLite's log that is not folded in yet, PostgreSQL's connections."""
    if connection.vendor == "sqlite":
        log = Path(f"{connection.settings_dict['NAME']}-wal")
        size = log.stat().st_size if log.exists() else 0
        state = State.LOOK if size > WAL_BYTES else State.OK
        remedy = (
            "A process reads without an end and keeps it open: restart them one by one."
            if size > WAL_BYTES
            else ""
        )
        words = f"The write-ahead log has {size / 1_000_000:.1f} MB."
        return [Part("database log", state, words, remedy=remedy, figures={"bytes": float(size)})]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT count(*) FROM pg_stat_activity), current_setting('max_connections')::int"
        )
        used, most = cursor.fetchone()
    full = used > CONNECTIONS_SHARE * most
    words = f"{used} of {most} connections of the database are in use."
    remedy = "Raise max_connections, or put a pool before it." if full else ""
    figures = {"used": float(used), "most": float(most)}
    state = State.LOOK if full else State.OK
    return [Part("database connections", state, words, remedy=remedy, figures=figures)]
