from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp import backup


class Command(BaseCommand):
    help = "Bring a backup back. Every process must be stopped; every key that spends is paused afterwards."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--over", action="store_true", help="write over a database that has clips")

    def handle(self, *args: Any, folder: Path, over: bool, **options: Any) -> None:
        try:
            backup.restore(folder, self.stdout.write, over=over)
        except backup.CannotBackUp as problem:
            raise CommandError(f"Nothing was restored: {problem}") from None
        except OSError as problem:
            raise CommandError(f"The restore did not come to its end: {problem}") from None
        self.stdout.write("Now run manage.py doctor, start Retake, and enable the keys one by one.")
