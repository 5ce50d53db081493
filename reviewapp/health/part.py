"""What is said about one part of the app."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """How a part is. Only `silent` and `missing` are outages; `look` works and wants one."""

    OK = "ok"
    LOOK = "look"
    SILENT = "silent"
    MISSING = "missing"
    OFF = "off"


@dataclass(frozen=True)
class Part:
    """One part. `since` is the last sign of life, or since when it is so; `remedy` is what to do about it.

    `figures` are the same facts as numbers, by the name of their unit.
    """

    name: str
    state: State
    sentence: str
    since: datetime | None = None
    detail: str = ""
    host: str = ""
    remedy: str = ""
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def is_well(self) -> bool:
        return self.state in {State.OK, State.OFF}
