"""One job of any vendor: what was ordered, where it stands, what it cost."""

from __future__ import annotations

import json
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


@dataclass
class Job:
    """Times are seconds since the epoch, costs are the vendor's credits. `doom` is a failure code that was
    decided at acceptance and comes true at the end; `doom_words` is its sentence.
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

    @property
    def lane(self) -> tuple[str, str]:
        """Jobs of one lane share their slots."""
        return self.key, self.model

    @property
    def is_over(self) -> bool:
        return self.state not in OPEN


COLUMNS = (
    "id", "vendor", "key", "key_last4", "mode", "model", "prompt", "negative", "seed", "width", "height",
    "duration_s", "estimated", "created_at", "state", "started_at", "finished_at", "deleted_at", "cost",
    "doom", "doom_words", "failure_code", "failure", "truth", "image", "video", "clip", "sha256",
)  # fmt: skip


def row_of(job: Job) -> tuple[Any, ...]:
    """The job's columns in the order of COLUMNS."""
    values = {name: getattr(job, name) for name in COLUMNS}
    values["truth"] = json.dumps(job.truth)
    values["state"] = job.state.value
    return tuple(values.values())


def job_of(row: sqlite3.Row) -> Job:
    """The job of a row with all of COLUMNS."""
    values = {name: row[name] for name in COLUMNS}
    values["truth"] = json.loads(values["truth"])
    values["state"] = State(values["state"])
    return Job(**values)
