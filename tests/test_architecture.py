"""The straight line that docs/architecture.md lists is the one in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| (\d+) \| `([\w/.]+)` \| `(\w+)` \|", re.MULTILINE)
# The longest that one of these functions may be: the line has to be readable.
LONGEST = 35


def straight_line() -> list[tuple[int, str, str]]:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    return [(int(number), path, name) for number, path, name in ROW.findall(text)]


def functions(path: str) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def test_it_lists_about_a_dozen_steps_in_order() -> None:
    steps = straight_line()
    assert [number for number, _, _ in steps] == list(range(1, len(steps) + 1))
    assert 10 <= len(steps) <= 16


def test_every_step_exists_and_is_short() -> None:
    for number, path, name in straight_line():
        found = functions(path)
        assert name in found, f"step {number}: {path} has no {name}"
        node = found[name]
        assert (node.end_lineno or 0) - node.lineno < LONGEST, f"step {number}: {name} is too long to read"


def test_the_states_on_the_page_are_the_states_in_the_code() -> None:
    from reviewapp.models import Status

    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    missing = {status.name for status in Status} - set(re.findall(r"\b[A-Z_]{4,}\b", text))
    assert not missing
