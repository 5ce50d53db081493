"""From text to rows: the delimiter, the header, and where in the file each row stands."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from reviewapp.shotlist.decoding import NotAShotList

MAX_LINES = 20_000
MAX_CELL = 100_000
DELIMITERS = (",", ";", "\t", "|")

# Our column and every name under which people bring it; compared without case, spaces and underlines.
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("code", "shot", "shotcode", "shotname", "shotid", "shotnumber", "name", "id"),
    "sequence": ("sequence", "seq", "scene", "sequencecode", "sequencename"),
    "prompt": ("prompt", "description", "text", "shotdescription", "brief"),
    "negative_prompt": ("negativeprompt", "negative", "avoid"),
    "duration_s": (
        "duration",
        "durations",
        "durationsec",
        "durationseconds",
        "length",
        "seconds",
        "secs",
    ),
    "aspect": ("aspect", "aspectratio", "ratio", "shape"),
    "engine": ("model", "modelid", "modelname", "engine"),
    "provider": ("provider", "vendor"),
    "acceptance": ("acceptance", "acceptancecriteria", "criteria", "mustshow"),
}
LABELS = {
    "code": "code",
    "sequence": "sequence",
    "prompt": "prompt",
    "negative_prompt": "negative prompt",
    "duration_s": "duration",
    "aspect": "aspect",
    "engine": "model",
    "acceptance": "acceptance",
}
REQUIRED = ("code", "prompt")
_ALIAS = {alias: column for column, aliases in COLUMNS.items() for alias in aliases}


@dataclass(frozen=True)
class Row:
    """One row of the file. `number` is the line on which it begins; `cells` by our own column names."""

    number: int
    cells: dict[str, str]
    raw: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """The rows, the header as the file spells it, the columns found, and what a person should know."""

    rows: tuple[Row, ...]
    header: tuple[str, ...]
    columns: tuple[str, ...]
    notices: tuple[str, ...]


def column_of(heading: str) -> str | None:
    """Our column for a heading in any spelling; None for one we do not know."""
    return _ALIAS.get(re.sub(r"[\W_]+", "", heading, flags=re.ASCII).lower())


def read_table(text: str) -> Table:
    """Read the rows. Raises NotAShotList when a required column is missing or there is too much of it."""
    delimiter = _sniff(text)
    rows = _rows(text, delimiter)
    try:
        _, header = next(rows)
        names, notices = _read_header(header)
        found = tuple(_row(number, raw, names) for number, raw in _limited(rows))
    except StopIteration as error:
        raise NotAShotList(
            "The file has no lines. The first must name the columns: code and prompt."
        ) from error
    except csv.Error as error:
        raise NotAShotList(
            f"The file cannot be read as CSV: {error}. Save it again as CSV (UTF-8)."
        ) from error
    columns = tuple(name for name in names if name)
    return Table(found, tuple(header), columns, (*notices, *_ragged(found, header)))


def _sniff(text: str) -> str:
    """The delimiter with which the first line names the most columns we know, then the most columns."""
    counts = []
    for order, delimiter in enumerate(DELIMITERS):
        try:
            header = next((cells for _, cells in _rows(text, delimiter)), [])
        except csv.Error:
            continue
        known = len({column_of(cell) for cell in header} - {None})
        counts.append((known, len(header), -order, delimiter))
    return max(counts, default=(0, 0, 0, ","))[3]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Every row with something in it, and the line on which it begins: a quoted cell may span lines."""
    csv.field_size_limit(MAX_CELL)
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter)
    begins = 1
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _limited(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    for count, row in enumerate(rows, start=1):
        if count > MAX_LINES:
            raise NotAShotList(
                f"The file has more than {MAX_LINES:,} lines. Split it into several files and import one "
                "after the other."
            )
        yield row


def _read_header(header: list[str]) -> tuple[list[str | None], list[str]]:
    """Our name for each column, and notices on those we do not know or have met before."""
    names: list[str | None] = []
    unknown: list[str] = []
    twice: list[str] = []
    for heading in header:
        name = column_of(heading)
        if name is None and heading.strip():
            unknown.append(heading.strip())
        if name is not None and name in names:
            twice.append(heading.strip())
            name = None
        names.append(name)
    missing = [LABELS[name] for name in REQUIRED if name not in names]
    if missing:
        raise NotAShotList(_missing_words(missing, header))
    notices = []
    if unknown:
        notices.append(f"Not imported, as we do not know {_these(unknown, 'column')}: {_quoted(unknown)}.")
    if twice:
        notices.append(f"Not imported, as the list has the same column twice: {_quoted(twice)}.")
    return names, notices


def _missing_words(missing: list[str], header: list[str]) -> str:
    found = [heading.strip() for heading in header if heading.strip()]
    columns = "column" if len(missing) == 1 else "columns"
    return (
        f"The first line must name the columns, and the {columns} {' and '.join(missing)} "
        f"{'is' if len(missing) == 1 else 'are'} missing. Found: {_quoted(found) or 'nothing'}. "
        "The template on this page shows how it should look."
    )


def _quoted(words: list[str]) -> str:
    shown = ", ".join(f"“{word[:40]}”" for word in words[:12])
    return f"{shown} and {len(words) - 12} more" if len(words) > 12 else shown


def _these(words: list[str], noun: str) -> str:
    return f"this {noun}" if len(words) == 1 else f"these {noun}s"


def _row(number: int, raw: list[str], names: list[str | None]) -> Row:
    # strict=False: a short line leaves its last columns empty, and what stands beyond the header has no name.
    cells = {name: unguard(cell.strip()) for name, cell in zip(names, raw, strict=False) if name}
    return Row(number, cells, tuple(raw))


def _ragged(rows: tuple[Row, ...], header: list[str]) -> list[str]:
    longer = [row.number for row in rows if any(cell.strip() for cell in row.raw[len(header) :])]
    if not longer:
        return []
    lines = ", ".join(str(number) for number in longer[:8]) + (" …" if len(longer) > 8 else "")
    return [
        f"{len(longer)} {'line has' if len(longer) == 1 else 'lines have'} more cells than the first line "
        f"has columns (line {lines}); what stands there was not imported. A text with commas in it needs "
        "quotes."
    ]


# --- What a spreadsheet would run ---

_RUNS = ("=", "+", "-", "@", "\t", "\r")


def _would_run(cell: str) -> bool:
    return cell.lstrip("'").startswith(_RUNS)


def guard(cell: str) -> str:
    """A cell that a spreadsheet would run as a formula gets an apostrophe, which spreadsheets read as "text".

    One apostrophe more, also where there is one already, so that `unguard` always gives back the very text.
    """
    return f"'{cell}" if _would_run(cell) else cell


def unguard(cell: str) -> str:
    """The text of a cell that `guard` has written."""
    return cell[1:] if cell.startswith("'") and _would_run(cell) else cell
