from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp import backup


class Command(BaseCommand):
    help = "Copy the database and the media into a folder while everything runs. Secrets are kept apart."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        try:
            made = backup.make(folder, self.stdout.write)
        except (backup.CannotBackUp, OSError) as problem:
            raise CommandError(f"No backup was made: {problem}") from None
        self.stdout.write(f"{made.candidates} candidates, {made.ledger_lines} lines of the ledger.")
        self.stdout.write("Keep apart from it: secret_key, encryption_keys, vapid_key and the environment.")
