"""The shot list as CSV: the list itself, the template, and the lines that could not be imported."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from reviewapp.shotlist.lines import Value, number
from reviewapp.shotlist.planning import PlannedLine
from reviewapp.shotlist.table import LABELS, guard, unguard

COLUMNS = tuple(LABELS)
# Spreadsheets take a file without this mark for the machine's own old encoding.
BOM = "\ufeff"

TEMPLATE = (
    {
        "code": "SQ010_SH0010",
        "sequence": "SQ010",
        "prompt": "A red paper boat floats slowly down a rainy street. Close, low camera. Soft grey light.",
        "negative_prompt": "",
        "duration_s": "5",
        "aspect": "16:9",
        "engine": "",
        "acceptance": "The boat is red | The camera stays low",
    },
)


def cell(value: Value) -> str:
    return guard(number(value) if isinstance(value, Decimal) else value)


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> str:
    """A whole CSV file as text, with the mark that spreadsheets look for and cells that would run guarded."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([guard(heading) for heading in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return BOM + out.getvalue()


def shot_list_csv(shots: Iterable[dict[str, Value]]) -> str:
    """The list with exactly the columns that the import reads: what goes out comes in again unchanged."""
    return csv_text(
        [LABELS[column] for column in COLUMNS], ([shot[column] for column in COLUMNS] for shot in shots)
    )


def template_csv() -> str:
    return shot_list_csv(dict(row) for row in TEMPLATE)


def wrong_lines_csv(header: Sequence[str], wrong: Iterable[PlannedLine]) -> str:
    """The lines that were not imported, as the file had them, with line number and reason in front."""
    rows = (
        [str(row.line.number), " ".join(row.line.problems), *(unguard(cell) for cell in row.line.raw)]
        for row in wrong
    )
    return csv_text(["line", "reason", *header], rows)
