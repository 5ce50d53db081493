"""What an import would do, before it does anything: new, changed, unchanged, wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from reviewapp.shotlist.lines import Line, Value, number, read_acceptance, read_text
from reviewapp.shotlist.table import LABELS


class Kind(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True)
class Existing:
    """A shot as it stands; `generated` says that clips have been asked for with its prompt."""

    pk: int
    code: str
    values: Mapping[str, Value]
    generated: bool


@dataclass(frozen=True)
class Change:
    """One field of one shot, from and to, as people read it."""

    field: str
    old: Value
    new: Value

    @property
    def label(self) -> str:
        return LABELS[self.field]

    @property
    def was(self) -> str:
        return _words(self.old)

    @property
    def becomes(self) -> str:
        return _words(self.new)


def _words(value: Value) -> str:
    return number(value) if isinstance(value, Decimal) else value


@dataclass(frozen=True)
class PlannedLine:
    """What one line of the file would do to the list."""

    kind: Kind
    line: Line
    shot_pk: int | None = None
    code: str = ""
    changes: tuple[Change, ...] = ()
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What the whole file would do. Lines stand in the order of the file."""

    lines: tuple[PlannedLine, ...]

    def of(self, kind: Kind) -> list[PlannedLine]:
        return [line for line in self.lines if line.kind == kind]

    @property
    def counts(self) -> dict[str, int]:
        return {kind.value: sum(line.kind == kind for line in self.lines) for kind in Kind}

    @property
    def fingerprint(self) -> str:
        """The same for two plans that would do the same: what was previewed is what is applied."""
        facts = [
            [
                line.kind,
                line.shot_pk,
                line.line.code,
                sorted((field, str(value)) for field, value in line.line.values.items()),
                [(change.field, str(change.old)) for change in line.changes],
            ]
            for line in self.lines
            if line.kind in (Kind.NEW, Kind.CHANGED)
        ]
        return hashlib.sha256(json.dumps(facts).encode("utf-8", "surrogatepass")).hexdigest()


def plan(lines: Sequence[Line], existing: Mapping[str, Existing]) -> Plan:
    """Hold every line against the list. `existing` is keyed by the code in lower case."""
    return Plan(tuple(_planned(line, existing.get(line.code.lower())) for line in lines))


def _planned(line: Line, shot: Existing | None) -> PlannedLine:
    if line.problems:
        return PlannedLine(Kind.WRONG, line, code=line.code)
    if shot is None:
        return PlannedLine(Kind.NEW, line, code=line.code)
    changes = tuple(
        Change(field, shot.values[field], value)
        for field, value in line.values.items()
        if not _same(field, shot.values[field], value)
    )
    if not changes:
        return PlannedLine(Kind.UNCHANGED, line, shot.pk, shot.code)
    return PlannedLine(Kind.CHANGED, line, shot.pk, shot.code, changes, _cautions(shot, changes))


def _same(field: str, old: Value, new: Value) -> bool:
    """Line ends, blanks at the ends and how criteria are parted make no difference to anybody."""
    if isinstance(old, str):
        old = read_acceptance(old) if field == "acceptance" else read_text(old, len(old), field)
    return old == new


def _cautions(shot: Existing, changes: tuple[Change, ...]) -> tuple[str, ...]:
    fields = {change.field for change in changes}
    if shot.generated and fields & {"prompt", "negative_prompt"}:
        return (
            "This shot has clips of the old prompt. They stay; the new one is used when you generate again.",
        )
    return ()
