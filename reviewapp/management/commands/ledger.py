from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from reviewapp import ledger
from reviewapp.ledger import Sums
from reviewapp.models import Project

PARTS = ("project", "key", "day")
HEADINGS = ("calls", "reserved", "open", "by charges", "released", "charged", "difference")


class Command(BaseCommand):
    help = "Prove that the ledger adds up, in numbers. Ends with 1 when it does not. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", metavar="SLUG", help="one project instead of the whole site")
        parser.add_argument("--csv", metavar="FILE", type=Path, help="write every line into this file")

    def handle(self, *args: Any, **options: Any) -> None:
        project = _project(options["project"])
        for part in PARTS:
            self._table(part, project)
        proof = ledger.prove(project)
        self.stdout.write(proof.sentence)
        self.stdout.write(proof.difference)
        for problem in proof.problems:
            self.stdout.write(f"WRONG  {problem}")
        if options["csv"]:
            self._write(options["csv"], Q() if project is None else Q(project=project))
        if not proof.adds_up:
            sys.exit(1)

    def _table(self, part: str, project: Project | None) -> None:
        self.stdout.write(f"{part:<32}" + "".join(f"{heading:>13}" for heading in HEADINGS))
        for name, sums in ledger.sums_by(part, project):
            self.stdout.write(f"{name[:31]:<32}" + _figures(sums))
        self.stdout.write("")

    def _write(self, path: Path, where: Q) -> None:
        try:
            with path.open("w", encoding="utf-8", newline="") as file:
                file.writelines(ledger.csv_lines(where))
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"Every line is in {path}.")


def _project(slug: str | None) -> Project | None:
    if slug is None:
        return None
    project = Project.objects.filter(slug=slug).first()
    if project is None:
        raise CommandError(f"There is no project “{slug}”.")
    return project


def _figures(sums: Sums) -> str:
    money = (sums.reserved, sums.open, sums.settled, sums.released, sums.charged, sums.over)
    return f"{sums.calls:>13,}" + "".join(f"{amount:>13,.2f}" for amount in money)
