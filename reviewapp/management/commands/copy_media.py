"""Moving house: every file that a row names, from the storage in use to another one."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage, Storage, default_storage
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils.module_loading import import_string

from reviewapp import media_url, moving


class Command(BaseCommand):
    help = (
        "Copy the files of all clips, pictures and inputs to another folder or bucket, and read each back to "
        "compare its checksum. Nothing is removed and no row is changed. It may be stopped and begun again, "
        "and run while the app runs: run it once more after the setting was changed, for what came meanwhile."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        place = "s3://… as in RETAKE_MEDIA_URL, or a folder"
        direction = parser.add_mutually_exclusive_group(required=True)
        direction.add_argument("--to", metavar="PLACE", help=f"copy there: {place}")
        direction.add_argument("--from", dest="source", metavar="PLACE", help="copy from there")

    def handle(self, *args: Any, **options: Any) -> None:
        given = _storage(options["to"] or options["source"])
        source, target = (default_storage, given) if options["to"] else (given, default_storage)
        became: Counter[str] = Counter()
        size = 0
        for file in moving.carry(source, target):
            became[file.became] += 1
            size += file.size if file.became == "copied" else 0
            if file.became in ("missing", "wrong"):
                self.stderr.write(f"{file.became}: {file.name}")
        self.stdout.write(
            f"{became['copied']} files copied ({filesizeformat(size)}), {became['there']} there already, "
            f"{became['missing']} missing at the source, {became['wrong']} whose checksum was wrong."
        )
        if became["missing"] or became["wrong"]:
            raise CommandError("Not every file could be copied; the rest was.")


def _storage(place: str) -> Storage:
    if "://" not in place:
        return FileSystemStorage(location=Path(place).expanduser())
    try:
        told = media_url.storage(place, settings.MEDIA_ACCESS_KEY, settings.MEDIA_SECRET_KEY)
    except ImproperlyConfigured as problem:
        raise CommandError(str(problem)) from problem
    made: Storage = import_string(told["BACKEND"])(**told["OPTIONS"])
    return made
