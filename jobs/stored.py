"""What lies in the storage, page by page, whether it is a folder or a bucket."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from django.core.files.storage import FileSystemStorage, default_storage

PAGE = 500


@dataclass(frozen=True)
class Stored:
    """One file of the storage: its name as rows have it, its bytes, and when it was last written."""

    name: str
    size: int
    changed_at: datetime


def pages(folder: str, after: str) -> Iterator[list[Stored]]:
    """The files of a folder, in the order of their names from behind `after`, a page at a time.

    A storage that can neither be walked nor listed gives nothing.
    """
    files = _listed(folder, after)
    while page := list(islice(files, PAGE)):
        yield page


def _listed(folder: str, after: str) -> Iterator[Stored]:
    # Read at each call: Django hands out another storage when its settings change.
    bucket = getattr(default_storage, "bucket", None)
    if isinstance(default_storage, FileSystemStorage):
        return _in_folder(Path(default_storage.location), folder, after)
    return iter(()) if bucket is None else _in_bucket(bucket, folder, after)


def _in_folder(root: Path, folder: str, after: str) -> Iterator[Stored]:
    """One directory is in memory at a time, and of its files the names only."""
    try:
        with os.scandir(root / folder) as entries:
            found = sorted((entry.name + "/" * entry.is_dir(follow_symlinks=False)) for entry in entries)
    except FileNotFoundError:
        return
    for entry in found:
        name = f"{folder}/{entry}"
        if entry.endswith("/"):
            # Everything below sorts between the directory's name and that name with the last possible letter.
            if name > after or after.startswith(name):
                yield from _in_folder(root, name.rstrip("/"), after)
        elif name > after and (stored := _looked_at(root, name)):
            yield stored


def _looked_at(root: Path, name: str) -> Stored | None:
    try:
        facts = os.lstat(root / name)
    except FileNotFoundError:
        # Gone between the listing and the look.
        return None
    if not stat.S_ISREG(facts.st_mode):
        # A link to another disk is somebody's arrangement and no file of ours.
        return None
    return Stored(name, facts.st_size, datetime.fromtimestamp(facts.st_mtime, UTC))


def _in_bucket(bucket: object, folder: str, after: str) -> Iterator[Stored]:
    """boto3 asks for a thousand keys at a time, with sizes and times, and no key is asked about alone."""
    location = str(getattr(default_storage, "location", "")).strip("/")
    lead = f"{location}/" if location else ""
    marker = f"{lead}{after}" if after else ""
    for entry in bucket.objects.filter(Prefix=f"{lead}{folder}/", Marker=marker):  # type: ignore[attr-defined]
        yield Stored(entry.key.removeprefix(lead), entry.size, entry.last_modified)
