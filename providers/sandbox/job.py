"""One job of any vendor: what was ordered, where it stands, what it cost."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class State(StrEnum):
    """PENDING has a slot and waits for the renderer; THROTTLED waits for a slot."""

    PENDING = "PENDING"
    THROTTLED = "THROTTLED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OPEN = (State.PENDING, State.THROTTLED, State.RUNNING)
# What names a file and a place in a path at once.
JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True)
class Doom:
    """A failure in a vendor's own words. The neutral kinds are `prompt` (the scene is refused), `refuse` and
    `fail` (faults on order) and `broken` (the drawing went wrong). `charged`: the vendor keeps the money.
    """

    code: str
    words: str
    charged: bool = False


@dataclass
class Job:
    """Times are seconds since the epoch, costs are the vendor's credits. `doom` is a failure code that was
    decided at acceptance and comes true at the end; `doom_words` is its sentence. `id` names files and is
    unique over all vendors; `token` is the caller's own name of the job; `extra` is the wire's to fill.
    """

    id: str
    vendor: str
    key: str
    key_last4: str
    mode: str
    model: str
    prompt: str
    negative: str
    seed: int
    width: int
    height: int
    duration_s: float
    estimated: int
    created_at: float
    state: State = State.PENDING
    started_at: float | None = None
    finished_at: float | None = None
    deleted_at: float | None = None
    cost: int | None = None
    doom: str = ""
    doom_words: str = ""
    charged_if_doomed: bool = False
    failure_code: str = ""
    failure: str = ""
    truth: dict[str, Any] = field(default_factory=dict)
    # Files: what was handed in to start from, and what was made.
    image: str = ""
    video: str = ""
    clip: str = ""
    sha256: str = ""
    # Of the render alone, 0 to 1; not kept over a restart because the render is not either.
    rendered: float = 0.0
    token: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def doomed(self, doom: Doom) -> None:
        """It will end so."""
        self.doom, self.doom_words, self.charged_if_doomed = doom.code, doom.words, doom.charged

    @property
    def lane(self) -> tuple[str, str]:
        """Jobs of one lane share their slots: a key's of one model, unless the wire says otherwise."""
        return self.key, str(self.extra.get("lane", self.model))

    @property
    def is_over(self) -> bool:
        return self.state not in OPEN


COLUMNS = (
    "id", "vendor", "key", "key_last4", "mode", "model", "prompt", "negative", "seed", "width", "height",
    "duration_s", "estimated", "created_at", "state", "started_at", "finished_at", "deleted_at", "cost",
    "doom", "doom_words", "failure_code", "failure", "truth", "image", "video", "clip", "sha256",
    "charged_if_doomed", "token", "extra",
)  # fmt: skip


def row_of(job: Job) -> tuple[Any, ...]:
    """The job's columns in the order of COLUMNS."""
    values = {name: getattr(job, name) for name in COLUMNS}
    values["truth"], values["extra"] = json.dumps(job.truth), json.dumps(job.extra)
    values["state"] = job.state.value
    return tuple(values.values())


def job_of(row: sqlite3.Row) -> Job:
    """The job of a row with all of COLUMNS."""
    values = {name: row[name] for name in COLUMNS}
    values["truth"], values["extra"] = json.loads(values["truth"]), json.loads(values["extra"] or "{}")
    # Of rows that were written before these columns were there.
    values["token"] = values["token"] or ""
    values["charged_if_doomed"] = bool(values["charged_if_doomed"])
    values["state"] = State(values["state"])
    return Job(**values)
