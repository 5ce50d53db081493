"""Carrying the files that rows name from one storage to another, each verified by its checksum."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.core.files.storage import Storage

from reviewapp import cleaning
from reviewapp.models import Clip, ShotInput

BATCH: Final = 500
CHUNK_BYTES: Final = 1024 * 1024


@dataclass(frozen=True)
class Carried:
    """What became of one file: `copied`, `there` already, `missing` at the source, or `wrong`."""

    name: str
    became: str
    size: int = 0


def carry(source: Storage, target: Storage) -> Iterator[Carried]:
    """Copy every file that a row names; what is there whole already is left. It may be stopped and begun
    again, and changes no row: the names are the same in every storage.
    """
    seen: set[str] = set()
    after = ""
    while batch := cleaning.rows_with_files(after, BATCH):
        after = batch[-1][0]
        names = {name for _, _, name in batch} - seen
        seen |= names
        known = _checksums(names)
        for name in sorted(names):
            yield _carried(source, target, name, known.get(name, ""))


def _checksums(names: set[str]) -> dict[str, str]:
    """What rows say of their files; pictures made from a clip have no checksum of their own."""
    found: dict[str, str] = {}
    for model in (Clip, ShotInput):
        found |= dict(model._default_manager.filter(file__in=names).values_list("file", "sha256"))
    return found


def _carried(source: Storage, target: Storage, name: str, sha256: str) -> Carried:
    if not source.exists(name):
        return Carried(name, "there" if target.exists(name) else "missing")
    size = source.size(name)
    if target.exists(name):
        # A copy that was cut off in the middle stands under its name in a folder.
        if target.size(name) == size:
            return Carried(name, "there", size)
        target.delete(name)
    read = _checksum(source, name)
    if sha256 and read != sha256:
        return Carried(name, "wrong", size)
    with source.open(name) as file:
        kept = target.save(name, file)
    if kept == name and _checksum(target, name) == read:
        return Carried(name, "copied", size)
    target.delete(kept)
    return Carried(name, "wrong", size)


def _checksum(storage: Storage, name: str) -> str:
    found = hashlib.sha256()
    with storage.open(name) as file:
        while chunk := file.read(CHUNK_BYTES):
            found.update(chunk)
    return found.hexdigest()
