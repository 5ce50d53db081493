"""Names and moves of the files that the stations keep, through Django's storage."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models.fields.files import FieldFile
from django.utils.text import get_valid_filename

from reviewapp.models import Candidate

EXTENSIONS = {"video/webm": "webm", "video/quicktime": "mov"}


class _Arrived(File):  # type: ignore[type-arg]
    """A finished file on this machine that storage may move instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def name_for(candidate: Candidate, folder: str, sha256: str, extension: str) -> str:
    """Where a file of this candidate is kept: the same bytes always under the same name."""
    code = get_valid_filename(candidate.code)
    return f"{folder}/{candidate.shot.project.slug}/{code}-{sha256[:8]}.{extension}"


@contextmanager
def arriving(candidate: Candidate) -> Iterator[Path]:
    """A temporary name for a download, gone afterwards unless it was kept. Leftovers of earlier tries go as
    well.
    """
    folder = _arrivals()
    for leftover in folder.glob(f"{candidate.uid}-*.part"):
        leftover.unlink(missing_ok=True)
    path = folder / f"{candidate.uid}-{candidate.fence}.part"
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _arrivals() -> Path:
    # Beside the final names where storage is a folder: the move is then one rename and never a half file.
    root = (
        Path(default_storage.location)
        if isinstance(default_storage, FileSystemStorage)
        else Path(tempfile.gettempdir()) / "retake"
    )
    folder = root / "arriving"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def keep(path: Path, name: str) -> None:
    """Move a finished file to its final name. A file of that name with the same length is the same file."""
    if default_storage.exists(name):
        if default_storage.size(name) == path.stat().st_size:
            return
        default_storage.delete(name)
    with path.open("rb") as file:
        arrived = _Arrived(file, name=str(path))
        default_storage.save(name, arrived)


def keep_bytes(content: bytes, name: str) -> str:
    """Write a small file under its final name, over an older one; the name, or "" when there is nothing to
    keep.
    """
    if not content:
        return ""
    default_storage.delete(name)
    default_storage.save(name, ContentFile(content))
    return name


@contextmanager
def on_this_machine(kept: FieldFile) -> Iterator[Path]:
    """A path to a kept file: its own, or a copy where storage is not a folder of this machine."""
    try:
        path = Path(kept.path)
    except NotImplementedError:
        with tempfile.NamedTemporaryFile(prefix="retake-") as copy:
            with kept.open("rb") as source:
                for chunk in source.chunks():
                    copy.write(chunk)
            copy.flush()
            yield Path(copy.name)
    else:
        yield path
