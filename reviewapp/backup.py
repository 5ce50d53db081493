"""A backup of a running site, and its return.

The database is copied first, in one consistent state, and the media after it, so that every file that a row
names is there. Files of clips are never written twice under one name, so a later backup into the same folder
copies what is new and nothing else. Secrets are not in it: they are kept apart, by whoever runs the site.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import Q
from django.utils import timezone
from django_q.models import OrmQ

from reviewapp import environment_keys, keyring
from reviewapp.models import (
    AuditEntry,
    Candidate,
    Clip,
    Heartbeat,
    LedgerEntry,
    Mail,
    Notice,
    OutgoingDelivery,
    ProviderKey,
)

MANIFEST = "backup.json"
DUMPS = {"sqlite": "retake.sqlite3", "postgresql": "retake.dump"}
MEDIA = "media"
# A process that gave a sign of life this recently still works on the rows.
ALIVE_S = 60.0
# What psycopg calls a connection's parts, and where PostgreSQL's own programs look for them.
PG_ENVIRONMENT = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}
# Nothing that spends may start by itself on rows that may be older than what was paid.
PAUSED = (
    f"{keyring.RESTORED} of {{at}}. Compare with the provider's own page what was paid since, then enable."
)

# What was on its way to people and other systems went out before the backup came back, or is old news.
NOT_SENT = "Not sent: the site was restored from a backup, and this may have gone out before."

Say = Callable[[str], None]


class CannotBackUp(Exception):
    """A backup or its return is not possible; the sentence says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds. `migrations` are those that its `tables` have seen."""

    at: str
    database: str
    migrations: list[str]
    tables: list[str]
    candidates: int
    ledger_lines: int
    media: str


def make(folder: Path, say: Say) -> Manifest:
    """Copy database and media into the folder while everything runs. Raises CannotBackUp."""
    folder.mkdir(parents=True, exist_ok=True)
    dump = folder / DUMPS[connection.vendor]
    fresh = dump.with_suffix(".new")
    manifest = _manifest()
    if connection.vendor == "sqlite":
        _copy_sqlite(Path(settings.DATABASES["default"]["NAME"]), fresh)
    else:
        _run_pg("pg_dump", "--format=custom", "--no-owner", f"--file={fresh}")
    fresh.replace(dump)
    say(f"Database: {dump} ({dump.stat().st_size / 1e6:.1f} MB)")
    if isinstance(default_storage, FileSystemStorage):
        copied, kept = _copy_new(Path(default_storage.location), folder / MEDIA)
        say(f"Media: {copied} files copied, {kept} were there already")
    else:
        say("Media lie in a bucket and are not copied: keep versions of them there.")
    # Last, and only whole: a folder without it is no backup.
    _write(folder / MANIFEST, json.dumps(asdict(manifest), indent=1))
    return manifest


def restore(folder: Path, say: Say, *, over: bool = False) -> Manifest:
    """Bring a backup back and pause every key that spends. Raises CannotBackUp, then nothing was changed.

    `over` allows to write over a database that has rows.
    """
    manifest = read(folder)
    _refuse_unfit(folder, manifest, over=over)
    dump = folder / DUMPS[manifest.database]
    if manifest.database == "sqlite":
        _return_sqlite(dump, Path(settings.DATABASES["default"]["NAME"]))
    else:
        words = ("--clean", "--if-exists", "--no-owner", "--single-transaction")
        _run_pg("pg_restore", *words, f"--dbname={connection.get_connection_params()['dbname']}", str(dump))
        _drop_others(manifest.tables)
    say(f"Database of {manifest.at} is back.")
    if (folder / MEDIA).is_dir() and isinstance(default_storage, FileSystemStorage):
        copied, kept = _copy_new(folder / MEDIA, Path(default_storage.location))
        say(f"Media: {copied} files brought back, {kept} were there already")
    call_command("migrate", verbosity=0, interactive=False)
    say(f"{_keep_quiet()} mails, notices and calls to receivers that were waiting are not sent.")
    # A key that came into the environment after the backup has no row yet, and would begin its life enabled.
    environment_keys.read_environment()
    for name in _pause_keys(manifest.at):
        say(f"Paused the key “{name}”.")
    missing = sum(1 for _ in missing_files())
    say(f"{missing} clips have no file." if missing else "Every clip has its file.")
    return manifest


def read(folder: Path) -> Manifest:
    """The manifest of a backup. Raises CannotBackUp where there is none."""
    try:
        return Manifest(**json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise CannotBackUp(f"{folder} holds no whole backup ({MANIFEST}: {type(error).__name__}).") from None


def missing_files() -> Iterator[str]:
    """The names of clips' files that rows name and storage does not have, or has in another length."""
    rows = Clip.objects.filter(removed_at=None).exclude(file="").values_list("file", "size")
    for name, size in rows.iterator():
        if not default_storage.exists(name) or default_storage.size(name) != size:
            yield name


def _manifest() -> Manifest:
    applied = MigrationRecorder(connection).applied_migrations()
    return Manifest(
        at=timezone.now().isoformat(timespec="seconds"),
        database=connection.vendor,
        migrations=sorted(f"{app}.{name}" for app, name in applied),
        tables=sorted(connection.introspection.table_names()),
        candidates=Candidate.objects.count(),
        ledger_lines=LedgerEntry.objects.count(),
        media="folder" if isinstance(default_storage, FileSystemStorage) else "bucket",
    )


def _refuse_unfit(folder: Path, manifest: Manifest, *, over: bool) -> None:
    if manifest.database != connection.vendor:
        raise CannotBackUp(
            f"This backup is of {manifest.database} and DATABASE_URL leads to {connection.vendor}."
        )
    if not (folder / DUMPS[manifest.database]).is_file():
        raise CannotBackUp(f"{folder / DUMPS[manifest.database]} is missing.")
    known = {
        f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    }
    newer = sorted(set(manifest.migrations) - known)
    if newer:
        raise CannotBackUp(f"The backup is of a newer Retake: {newer[0]} is unknown here. Upgrade first.")
    tables = connection.introspection.table_names()
    if Heartbeat._meta.db_table in tables and (alive := _alive()):
        raise CannotBackUp(f"{alive} still works on this database. Stop every process first.")
    if Candidate._meta.db_table in tables and Candidate.objects.exists() and not over:
        raise CannotBackUp("This database has clips in it. Say --over to lose what it has.")


def _alive() -> str:
    columns = {
        column.name
        for column in connection.introspection.get_table_description(
            connection.cursor(), Heartbeat._meta.db_table
        )
    }
    if "kind" not in columns:
        # Tables of an older Retake; whether something runs on them cannot be told from here.
        return ""
    beat = Heartbeat.objects.order_by("-at").first()
    fresh = beat is not None and (timezone.now() - beat.at).total_seconds() < ALIVE_S
    return beat.name if beat is not None and fresh else ""


@transaction.atomic
def _keep_quiet() -> int:
    """Nothing goes out a second time, no message that was queued then does anything now, and nobody is signed
    in who has signed out since; how many were not sent.
    """
    now = timezone.now()
    said = {"due_at": None, "done_at": now, "said": NOT_SENT}
    quiet = Mail.objects.filter(done_at=None).update(ok=None, **said)
    quiet += OutgoingDelivery.objects.filter(done_at=None).update(ok=False, **said)
    waiting = Notice.objects.filter(Q(mail_due_at__isnull=False) | Q(push_due_at__isnull=False))
    quiet += waiting.update(mail_due_at=None, push_due_at=None)
    # The rows are the truth, and the sweep sends what they need.
    OrmQ.objects.all().delete()
    Session.objects.all().delete()
    return quiet


def _pause_keys(at: str) -> list[str]:
    moment = datetime.fromisoformat(at)
    reason = PAUSED.format(at=f"{moment:%Y-%m-%d %H:%M} UTC")
    paused = []
    for key in ProviderKey.objects.filter(enabled=True, paused_reason=""):
        if not key.is_sandbox:
            key.pause(reason)
            paused.append(key.name)
    AuditEntry.record(None, "restored a backup", at, f"{len(paused)} keys paused")
    return paused


def _copy_sqlite(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
        live.backup(copy)
        # A copy of a database in WAL mode would be three files.
        copy.execute("PRAGMA journal_mode=DELETE")
        [(verdict,)] = copy.execute("PRAGMA integrity_check").fetchall()
    if verdict != "ok":
        raise CannotBackUp(f"SQLite finds the database damaged: {verdict}")


def _return_sqlite(dump: Path, target: Path) -> None:
    connection.close()
    fresh = target.with_suffix(".restored")
    shutil.copyfile(dump, fresh)
    for leftover in ("-wal", "-shm"):
        Path(f"{target}{leftover}").unlink(missing_ok=True)
    fresh.replace(target)


def _run_pg(program: str, *words: str) -> None:
    """One of PostgreSQL's own programs, with the connection in its environment: a password is no argument."""
    params: dict[str, Any] = connection.get_connection_params()
    told = {PG_ENVIRONMENT[name]: str(value) for name, value in params.items() if name in PG_ENVIRONMENT}
    connection.close()
    try:
        done = subprocess.run(  # noqa: S603  A program of PostgreSQL's, with our own words.
            [program, *words], env=os.environ | told, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise CannotBackUp(
            f"{program} is not installed here. It comes with PostgreSQL's client programs, of the server's "
            "version or newer."
        ) from None
    if done.returncode:
        raise CannotBackUp(f"{program} failed: {' '.join(done.stderr.split())[:400]}")


def _drop_others(tables: Sequence[str]) -> None:
    """Tables of later migrations, which the backup does not have, stand in the way of these migrations."""
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for name in sorted(set(connection.introspection.table_names(cursor)) - set(tables)):
            cursor.execute(f"DROP TABLE {quote(name)} CASCADE")


def _copy_new(source: Path, target: Path) -> tuple[int, int]:
    """Copy the files that are not there in the same length; how many were copied and how many were there."""
    copied = kept = 0
    for path in sorted(source.rglob("*")):
        inside = path.relative_to(source)
        # What is just arriving is no clip yet, and is fetched again.
        if not path.is_file() or inside.parts[0] == "arriving":
            continue
        there = target / inside
        try:
            if there.is_file() and there.stat().st_size == path.stat().st_size:
                kept += 1
                continue
            there.parent.mkdir(parents=True, exist_ok=True)
            half = there.with_name(f"{there.name}.half")
            shutil.copy2(path, half)
            half.replace(there)
            copied += 1
        except FileNotFoundError:
            # Removed by the project's retention in this very moment.
            continue
    return copied, kept


def _write(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
