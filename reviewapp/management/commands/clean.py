from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand
from django.template.defaultfilters import filesizeformat

from jobs import clean
from reviewapp import cleaning
from reviewapp.environment_keys import read_environment


class Command(BaseCommand):
    help = (
        "Clean now what is otherwise cleaned at night: rejected clips past their project's retention, "
        "unused inputs, files without a row, the providers' copies, old rows. Nothing approved, nothing that "
        "is still in use. It may be stopped at any time, and run while the app runs."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")
        parser.add_argument("--only", choices=list(cleaning.KINDS), metavar="KIND", help=_kinds())
        parser.add_argument(
            "--even-many", action="store_true", help="also orphans that are most of what lies in a folder"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        read_environment()
        for kind in [options["only"]] if options["only"] else cleaning.KINDS:
            said = _would(kind) if options["dry_run"] else self._now(kind, even_many=options["even_many"])
            self.stdout.write(f"{kind:<9}{said}")

    def _now(self, kind: str, *, even_many: bool) -> str:
        if not clean.run(kind, even_many=even_many):
            return "There is more to do; run this again."
        row = next(row for row in cleaning.last_runs() if row.kind == kind)
        return "Another process is cleaning this." if row.under_way else row.said


def _would(kind: str) -> str:
    step = clean.would(kind)
    freed = f", {filesizeformat(step.size)}" if step.size else ""
    if kind == "missing":
        return f"{step.failed} rows name a file that is gone. {step.said}".strip()
    return f"{step.removed or 'Nothing'} would be removed{freed}. {step.said}".strip()


def _kinds() -> str:
    return "; ".join(f"{kind}: {title}" for kind, title in cleaning.KINDS.items())
