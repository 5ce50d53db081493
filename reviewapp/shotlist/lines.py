"""From a row to a shot's values: codes stay text, numbers are read as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from reviewapp.shotlist.table import Row, Table

MAX_CODE = 60
MAX_SEQUENCE = 40
MAX_PROMPT = 8000
MAX_NEGATIVE = 4000
MAX_ACCEPTANCE = 2000
MAX_SECONDS = Decimal("999.99")

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_ASPECT = re.compile(r"(\d{1,4})\s*[:x×/]\s*(\d{1,4})")
_SECONDS = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:s|sec|secs|seconds?)?\.?", re.IGNORECASE)

Value = str | Decimal


@dataclass(frozen=True)
class Line:
    """One row as a shot: only the values the file gives. `problems` keep the line from being imported."""

    number: int
    code: str
    values: dict[str, Value]
    problems: tuple[str, ...]
    raw: tuple[str, ...]


def number(value: Decimal) -> str:
    """5 and not 5.00; 2.5 stays 2.5."""
    return f"{value.normalize():f}"


class BadValue(ValueError):
    """A cell that cannot be read; the sentence is for people."""


# --- one value each; the forms use the same ones ---


def read_code(text: str) -> str:
    code = text.strip()
    if not code:
        raise BadValue("The code is missing.")
    if len(code) > MAX_CODE:
        raise BadValue(f"The code has {len(code)} characters; {MAX_CODE} is the most.")
    if not _CODE.fullmatch(code):
        raise BadValue(
            f"The code “{code}” may hold letters (A to Z), digits, _ - and . only, and begins with a "
            "letter or digit."
        )
    return code


def read_text(text: str, most: int, label: str) -> str:
    """Text with `\\n` line ends and without blanks at its ends."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in clean:
        raise BadValue(f"The {label} holds a character that is no text (NUL).")
    if len(clean) > most:
        raise BadValue(f"The {label} has {len(clean):,} characters; {most:,} is the most.")
    return clean


def read_prompt(text: str) -> str:
    prompt = read_text(text, MAX_PROMPT, "prompt")
    if not prompt:
        raise BadValue("The prompt is missing.")
    return prompt


def read_seconds(text: str) -> Decimal:
    """5, 5.0, 5,5 and "5 s" are all seconds."""
    found = _SECONDS.fullmatch(text.strip())
    if not found:
        raise BadValue(f"The duration “{text.strip()[:40]}” is not a number of seconds, such as 5.")
    try:
        seconds = Decimal(found[1].replace(",", ".")).quantize(Decimal("0.01"))
    except InvalidOperation:
        seconds = Decimal("Infinity")
    if not 0 < seconds <= MAX_SECONDS:
        raise BadValue(f"The duration must lie between 0 and {MAX_SECONDS} seconds.")
    return seconds


def read_aspect(text: str) -> str:
    found = _ASPECT.fullmatch(text.strip())
    if not found or not int(found[1]) or not int(found[2]):
        raise BadValue(f"The aspect “{text.strip()[:40]}” is not a ratio such as 16:9.")
    return f"{int(found[1])}:{int(found[2])}"


def read_acceptance(text: str) -> str:
    """One criterion a line; a file may also part them with vertical bars."""
    criteria = [part.strip() for part in re.split(r"[|\n]", text.replace("\r\n", "\n").replace("\r", "\n"))]
    return read_text("\n".join(filter(None, criteria)), MAX_ACCEPTANCE, "acceptance")


@dataclass(frozen=True)
class EngineNames:
    """What a file may write for a model: in lower case, each name with every value it may mean, and each
    provider's names. A value is `runway/gen4.5` or `policy:cheapest`.
    """

    values: Mapping[str, tuple[str, ...]]
    providers: Mapping[str, str]


def read_engine(model: str, provider: str, names: EngineNames) -> str:
    """The value that a model's name means, with its provider's where the file has one; empty for none."""
    if not model:
        if provider:
            raise BadValue(f"The line names the provider “{provider[:40]}” and no model of it.")
        return ""
    found = names.values.get(model.lower(), ())
    if provider:
        vendor = names.providers.get(provider.lower())
        if vendor is None:
            raise BadValue(f"There is no provider “{provider[:40]}”.")
        found = tuple(value for value in found if value.startswith(f"{vendor}/"))
    if not found:
        of = f" of {provider[:40]}" if provider else ""
        raise BadValue(f"There is no model “{model[:60]}”{of} to choose. The page Models lists them all.")
    if len(found) > 1:
        raise BadValue(f"“{model[:60]}” may mean {' or '.join(found)}. Write one of these.")
    return found[0]


# --- the whole table ---


def read_lines(table: Table, names: EngineNames) -> list[Line]:
    """Every row as a line; `names` are the models a shot may name. Doubled codes are faults."""
    lines = [_read_line(row, names) for row in table.rows]
    return list(_with_doubles(lines))


def _read_line(row: Row, names: EngineNames) -> Line:
    problems: list[str] = []
    values: dict[str, Value] = {}
    code = row.cells.get("code", "")
    try:
        code = read_code(code)
    except BadValue as bad:
        problems.append(str(bad))
    cells = dict(row.cells)
    if "provider" in cells:
        # A provider without a model's column still has to be answered.
        cells.setdefault("engine", "")
    for column, cell in cells.items():
        if column in ("code", "provider"):
            continue
        try:
            value = _read_value(column, cell, row, names)
        except BadValue as bad:
            problems.append(str(bad))
            continue
        if value is not None:
            values[column] = value
    return Line(row.number, code, values, tuple(problems), row.raw)


def _read_value(column: str, cell: str, row: Row, names: EngineNames) -> Value | None:
    """The cell's value; None leaves the shot as it is, which is what an empty duration or aspect means."""
    match column:
        case "prompt":
            return read_prompt(cell)
        case "duration_s":
            return read_seconds(cell) if cell else None
        case "aspect":
            return read_aspect(cell) if cell else None
        case "acceptance":
            return read_acceptance(cell)
        case "negative_prompt":
            return read_text(cell, MAX_NEGATIVE, "negative prompt")
        case "sequence":
            return " ".join(read_text(cell, MAX_SEQUENCE, "sequence").split())
        case _:
            return read_engine(cell, row.cells.get("provider", ""), names)


def _with_doubles(lines: list[Line]) -> Iterable[Line]:
    places: dict[str, list[int]] = {}
    for line in lines:
        if line.code:
            places.setdefault(line.code.lower(), []).append(line.number)
    for line in lines:
        numbers = places.get(line.code.lower(), [])
        if len(numbers) > 1:
            words = f"The code {line.code} stands on lines {_listed(numbers)}."
            line = Line(line.number, line.code, line.values, (*line.problems, words), line.raw)
        yield line


def _listed(numbers: list[int]) -> str:
    shown = [str(number) for number in numbers[:5]]
    last = f"{len(numbers) - 5} more" if len(numbers) > 5 else shown.pop()
    return f"{', '.join(shown)} and {last}"
