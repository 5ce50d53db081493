"""What outlives a crash: jobs, calls, upload slots and changed settings, in one SQLite file."""

from __future__ import annotations

import json
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from providers.sandbox.job import COLUMNS, OPEN, Job, job_of, row_of
from providers.sandbox.settings import Settings

# A watcher asks all day long; what was asked a week ago serves no test.
KEPT_CALLS_S = 7 * 24 * 3600.0
SCHEMA = f"""
create table if not exists jobs (seq integer primary key autoincrement, {", ".join(COLUMNS)});
create table if not exists calls (seq integer primary key autoincrement, vendor, method, path, received_at,
  answered_at, status, key_last4, job_id, paid, model, prompt, seed, role);
create table if not exists uploads (token primary key, key, filename, fields, created_at, size);
create table if not exists deliveries (seq integer primary key autoincrement, id, vendor, job_id, event, url,
  body, made_at, state, faults, headers, tries);
create table if not exists endpoints (seq integer primary key autoincrement, id unique, vendor, key, url,
  events, secret, name, created_at);
create table if not exists settings (name primary key, value);
create table if not exists secrets (name primary key, value);
"""
# A table of before has none of these columns; they are added before anything leans on them.
ADDED = {"jobs": COLUMNS, "calls": ("role",)}
INDEXES = """
create unique index if not exists jobs_id on jobs (id);
create index if not exists jobs_state on jobs (state);
create index if not exists jobs_lane on jobs (key, model, created_at);
create index if not exists jobs_sha256 on jobs (sha256);
create index if not exists jobs_token on jobs (vendor, token);
create index if not exists deliveries_job on deliveries (job_id);
"""


def _random_bytes() -> bytes:
    return secrets.token_bytes(32)


@dataclass(frozen=True)
class Endpoint:
    """A webhook as a key registered it with a vendor. No `events` means all; `key` is as jobs keep it."""

    id: str
    vendor: str
    key: str
    url: str
    events: tuple[str, ...]
    secret: str
    name: str = ""
    created_at: float = field(default_factory=time.time)


class Store:
    """All reading and writing. Every statement is committed when its method returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clips = folder / "clips"
        self.uploads = folder / "uploads"
        self.inputs = folder / "inputs"
        for path in (self.clips, self.uploads, self.inputs):
            path.mkdir(parents=True, exist_ok=True)
        # Halves of clips that were being drawn when the server ended; they are drawn again from the start.
        for half in (*folder.glob("*.part"), *self.clips.glob("*.part")):
            half.unlink(missing_ok=True)
        self.db = sqlite3.connect(folder / "sandbox.sqlite3", isolation_level=None)
        self.db.row_factory = sqlite3.Row
        self.db.execute("pragma journal_mode = wal")
        # A killed process loses nothing that was written, with or without a sync; only a power cut would.
        self.db.execute("pragma synchronous = off")
        self.db.executescript(SCHEMA)
        self._take_up()
        self.db.executescript(INDEXES)
        # A killed server does not go on where it was with what it was sending.
        self.db.execute("update deliveries set state = 'lost' where state = 'pending'")
        self.db.execute("delete from calls where received_at < ?", (time.time() - KEPT_CALLS_S,))

    def close(self) -> None:
        self.db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Several writes that become visible at once or not at all."""
        self.db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self.db.execute("rollback")
            raise
        self.db.execute("commit")

    def _take_up(self) -> None:
        """Bring a memory of before to the columns of now, and its keys to their vendors."""
        for table, names in ADDED.items():
            there = {row["name"] for row in self.db.execute(f"pragma table_info({table})")}
            for name in names:
                if name not in there:
                    self.db.execute(f"alter table {table} add column {name}")
        # There was one vendor then.
        for table in ("jobs", "uploads"):
            self.db.execute(f"update {table} set key = 'runway:' || key where instr(key, ':') = 0")  # noqa: S608 own names

    # Jobs.

    def add_job(self, job: Job) -> None:
        marks = ", ".join("?" * len(COLUMNS))
        self.db.execute(f"insert into jobs ({', '.join(COLUMNS)}) values ({marks})", row_of(job))  # noqa: S608 own names

    def save_job(self, job: Job) -> None:
        pairs = ", ".join(f"{name} = ?" for name in COLUMNS)
        self.db.execute(f"update jobs set {pairs} where id = ?", (*row_of(job), job.id))  # noqa: S608 own names

    def job(self, job_id: str) -> Job | None:
        row = self.db.execute("select * from jobs where id = ?", (job_id,)).fetchone()
        return None if row is None else job_of(row)

    def job_by_token(self, vendor: str, key: str, token: str) -> Job | None:
        """The latest job that this key gave this name of its own."""
        query = "select * from jobs where vendor = ? and token = ? and key = ? order by seq desc"
        row = self.db.execute(query, (vendor, token, key)).fetchone()
        return None if row is None else job_of(row)

    def jobs(self) -> list[Job]:
        return [job_of(row) for row in self.db.execute("select * from jobs order by seq")]

    def jobs_of(self, key: str) -> list[Job]:
        return [
            job_of(row) for row in self.db.execute("select * from jobs where key = ? order by seq", (key,))
        ]

    def open_jobs(self) -> list[Job]:
        """Those that are not over, oldest first."""
        marks = ", ".join("?" * len(OPEN))
        query = f"select * from jobs where state in ({marks}) order by seq"  # noqa: S608 only question marks
        return [job_of(row) for row in self.db.execute(query, [state.value for state in OPEN])]

    def job_of_clip(self, sha256: str) -> Job | None:
        """The job that made these very bytes, so that an edit of a clip knows what the clip shows."""
        row = self.db.execute("select * from jobs where sha256 = ? order by seq desc", (sha256,)).fetchone()
        return None if row is None else job_of(row)

    def spent(self, key: str) -> int:
        """Credits that this key has used or has bound in open jobs."""
        query = "select coalesce(sum(coalesce(cost, estimated)), 0) from jobs where key = ?"
        return int(self.db.execute(query, (key,)).fetchone()[0])

    def count_since(self, key: str, since: float) -> dict[str, int]:
        """How many jobs of each model this key has ordered since then."""
        query = "select model, count(*) from jobs where key = ? and created_at >= ? group by model"
        return dict(self.db.execute(query, (key, since)).fetchall())

    # Calls.

    def add_call(self, values: dict[str, Any]) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        cursor = self.db.execute(f"insert into calls ({names}) values ({marks})", tuple(values.values()))  # noqa: S608 own names
        return cursor.lastrowid or 0

    def save_call(self, seq: int, values: dict[str, Any]) -> None:
        pairs = ", ".join(f"{name} = ?" for name in values)
        self.db.execute(f"update calls set {pairs} where seq = ?", (*values.values(), seq))  # noqa: S608 own names

    def calls(self, since: float) -> list[dict[str, Any]]:
        query = "select * from calls where received_at >= ? order by seq"
        return [dict(row) | {"paid": bool(row["paid"])} for row in self.db.execute(query, (since,))]

    # Upload slots.

    def add_upload(self, values: dict[str, Any]) -> None:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.db.execute(f"insert into uploads ({names}) values ({marks})", tuple(values.values()))  # noqa: S608 own names

    def upload(self, token: str) -> dict[str, Any] | None:
        row = self.db.execute("select * from uploads where token = ?", (token,)).fetchone()
        return None if row is None else dict(row)

    def uploaded(self, token: str, size: int) -> None:
        self.db.execute("update uploads set size = ? where token = ?", (size, token))

    # Webhooks: what was sent, and where a key wants them.

    def add_delivery(self, values: dict[str, Any]) -> int:
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        cursor = self.db.execute(f"insert into deliveries ({names}) values ({marks})", tuple(values.values()))  # noqa: S608 own names
        return cursor.lastrowid or 0

    def save_delivery(self, seq: int, values: dict[str, Any]) -> None:
        pairs = ", ".join(f"{name} = ?" for name in values)
        self.db.execute(f"update deliveries set {pairs} where seq = ?", (*values.values(), seq))  # noqa: S608 own names

    def last_event(self, job_id: str, url: str) -> str:
        """The latest event of this job that was meant for this address, or ""."""
        query = "select event from deliveries where job_id = ? and url = ? order by seq desc"
        row = self.db.execute(query, (job_id, url)).fetchone()
        return row["event"] if row else ""

    def deliveries(self) -> list[dict[str, Any]]:
        """Every delivery, oldest first."""
        rows = [dict(row) for row in self.db.execute("select * from deliveries order by seq")]
        lists = ("faults", "tries")
        return [
            row
            | {name: json.loads(row[name] or "[]") for name in lists}
            | {"headers": json.loads(row["headers"] or "{}")}
            for row in rows
        ]

    def add_endpoint(self, endpoint: Endpoint) -> None:
        """Keep it, or keep it changed."""
        values = asdict(endpoint) | {"events": json.dumps(endpoint.events)}
        names, marks = ", ".join(values), ", ".join("?" * len(values))
        self.db.execute(
            f"insert or replace into endpoints ({names}) values ({marks})",  # noqa: S608 own names
            tuple(values.values()),
        )

    def endpoints(self, vendor: str, key: str) -> list[Endpoint]:
        """Where this key wants the vendor's webhooks, oldest first."""
        names = ", ".join(field.name for field in fields(Endpoint))
        query = f"select {names} from endpoints where vendor = ? and key = ? order by created_at, seq"  # noqa: S608 own names
        rows = [dict(row) for row in self.db.execute(query, (vendor, key))]
        return [Endpoint(**row | {"events": tuple(json.loads(row["events"]))}) for row in rows]

    def drop_endpoint(self, endpoint_id: str) -> None:
        self.db.execute("delete from endpoints where id = ?", (endpoint_id,))

    # Settings and secrets.

    def settings(self, start: Settings) -> Settings:
        """The settings of the start with what was changed since."""
        changes = {row["name"]: json.loads(row["value"]) for row in self.db.execute("select * from settings")}
        return start.changed(changes)

    def change_settings(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.db.execute("insert or replace into settings values (?, ?)", (name, json.dumps(value)))

    def secret(self, name: str, make: Callable[[], bytes] = _random_bytes) -> bytes:
        """A secret made once per folder, so that what it signed stays good over a restart."""
        query = "select value from secrets where name = ?"
        if self.db.execute(query, (name,)).fetchone() is None:
            self.db.execute("insert into secrets values (?, ?)", (name, make()))
        value: bytes = self.db.execute(query, (name,)).fetchone()[0]
        return value

    def clear(self) -> None:
        """Forget everything but the secrets; files included."""
        with self.together():
            for table in ("jobs", "calls", "uploads", "deliveries", "endpoints", "settings"):
                self.db.execute(f"delete from {table}")  # noqa: S608 own names
        for folder in (self.clips, self.uploads, self.inputs):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
