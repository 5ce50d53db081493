"""Names and moves of the files that the stations keep, through Django's storage."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, Final, cast

from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.db.models.fields.files import FieldFile
from django.utils.text import get_valid_filename

from providers.contract import Beginning
from reviewapp.models import Candidate

EXTENSIONS = {"video/webm": "webm", "video/quicktime": "mov"}
CHUNK_BYTES: Final = 1024 * 1024
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class _Arrived(File):  # type: ignore[type-arg]
    """A finished file on this machine that storage may move instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)


class Part:
    """A download on its way: its bytes, and a note beside them of whose beginning they are.

    Both outlive a failed try and a killed worker. The note is also the lock: two workers never write into
    one part. It is the `Memory` of a download.
    """

    def __init__(self, path: Path, note: BinaryIO) -> None:
        self.path = path
        self._note = note
        self.sink = path.open("r+b" if path.exists() else "w+b")

    def recall(self) -> Beginning | None:
        """What the bytes are the beginning of; None where the note is torn or from before a power cut, after
        which a file may hold less than was written.
        """
        self._note.seek(0)
        try:
            told = json.loads(self._note.read())
            return Beginning(**told["beginning"]) if told["boot"] == _boot() else None
        except (ValueError, KeyError, TypeError):
            return None

    def keep(self, beginning: Beginning | None) -> None:
        told = {"boot": _boot(), "beginning": None if beginning is None else asdict(beginning)}
        self._note.seek(0)
        self._note.truncate()
        self._note.write(json.dumps(told).encode())
        self._note.flush()

    def drop(self) -> None:
        """Nothing of it is wanted any more."""
        self.path.unlink(missing_ok=True)
        _note_of(self.path).unlink(missing_ok=True)

    def close(self) -> None:
        self.sink.close()
        self._note.close()


@contextmanager
def arriving(candidate: Candidate) -> Iterator[Part]:
    """The part of this candidate's download, with what an earlier try has left of it."""
    job = hashlib.sha256(candidate.provider_job_id.encode()).hexdigest()[:12]
    path = _arrivals() / f"{candidate.uid}-{candidate.attempt}-{job}.part"
    note = _locked(_note_of(path))
    if note is None:
        # Another worker writes there, one that was thought dead perhaps.
        path = path.with_name(f"{candidate.uid}-{candidate.attempt}-{candidate.fence}-alone.part")
        note = _note_of(path).open("w+b")
    part = Part(path, note)
    try:
        yield part
    finally:
        part.close()


def _note_of(path: Path) -> Path:
    return path.with_suffix(".note")


def _locked(path: Path) -> BinaryIO | None:
    note = cast(BinaryIO, os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o644), "r+b"))
    try:
        fcntl.flock(note, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Its holder may have dropped it between our two steps: the lock would be on a file that is gone.
        if os.fstat(note.fileno()).st_ino == path.stat().st_ino:
            return note
    except OSError:
        # Somebody holds it, or it went away between our steps: either way it is not ours.
        pass
    note.close()
    return None


def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def sweep_arrivals(older_than: timedelta) -> int:
    """Remove the parts that nobody has written to for so long, and what killed workers were making; how many
    there were.
    """
    swept = 0
    for path in _arrivals().iterdir():
        with suppress(FileNotFoundError):
            # A note is written once, at the beginning, and goes with its part.
            part = path.with_suffix(".part") if path.suffix == ".note" else path
            newest = max(one.stat().st_mtime for one in (part, path) if one.exists())
            if time.time() - newest > older_than.total_seconds():
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()
                swept += path.suffix != ".note"
    return swept


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for files that are being made here; what was not moved out of it goes with it."""
    with tempfile.TemporaryDirectory(prefix="making-", dir=_arrivals()) as folder:
        yield Path(folder)


def _arrivals() -> Path:
    # Beside the final names where storage is a folder: the move is then one rename and never a half file.
    folder = (
        Path(default_storage.location) / "arriving"
        if isinstance(default_storage, FileSystemStorage)
        else Path(settings.DATA_DIR) / "arriving"
    )
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def name_for(candidate: Candidate, folder: str, sha256: str, extension: str) -> str:
    """Where a file of this candidate is kept: the same bytes always under the same name."""
    code = get_valid_filename(candidate.code)
    return f"{folder}/{candidate.shot.project.slug}/{code}-{sha256[:8]}.{extension}"


@contextmanager
def _told_as_the_system_does() -> Iterator[None]:
    """Buckets raise errors of their own making; to whoever asks they are what a failing disk is."""
    try:
        yield
    except OSError:
        raise
    except Exception as error:
        raise OSError(errno.EIO, type(error).__name__) from error


@_told_as_the_system_does()
def keep(path: Path, name: str) -> str:
    """Move a finished file to its final name, and give the name. A file of that name with the same bytes
    stays; one that was damaged in storage makes way.
    """
    if default_storage.exists(name):
        if _is_the_same(path, name):
            return name
        default_storage.delete(name)
    with path.open("rb") as file:
        return default_storage.save(name, _Arrived(file, name=str(path)))


def _is_the_same(path: Path, name: str) -> bool:
    if default_storage.size(name) != path.stat().st_size:
        return False
    with path.open("rb") as file, default_storage.open(name) as kept:
        while chunk := file.read(CHUNK_BYTES):
            if kept.read(CHUNK_BYTES) != chunk:
                return False
    return True


def keep_made(path: Path, candidate: Candidate, folder: str) -> str:
    """Move a file that was made of a candidate's clip to a name that has its own checksum; the name.

    Nothing is ever written over: a copy that another row or another try names is the same copy.
    """
    return keep(path, name_for(candidate, folder, sha256_of(path), path.suffix[1:]))


def sha256_of(path: Path) -> str:
    """The checksum of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@_told_as_the_system_does()
def keep_bytes(content: bytes, candidate: Candidate, folder: str, extension: str) -> str:
    """Keep a small file that was made of a candidate's clip; its name, or "" when there is nothing to keep.

    What is made anew and is not the same gets another name: until its row names the new one, people see the
    old one, and no browser takes the one for the other.
    """
    if not content:
        return ""
    for sha256 in (candidate.clip.sha256, hashlib.sha256(content).hexdigest()):
        name = name_for(candidate, folder, sha256, extension)
        if not default_storage.exists(name):
            return default_storage.save(name, ContentFile(content))
        with default_storage.open(name) as kept:
            if kept.read() == content:
                return name
    # Half written by a killed worker, or damaged in storage.
    default_storage.delete(name)
    return default_storage.save(name, ContentFile(content))


@contextmanager
def on_this_machine(kept: FieldFile) -> Iterator[Path]:
    """A path to a kept file: its own, or a copy where storage is not a folder of this machine. Raises
    FileNotFoundError.
    """
    try:
        path = Path(kept.path)
    except NotImplementedError:
        # Where it is swept up behind a worker that was killed.
        with workshop() as folder:
            path = folder / "clip"
            with _told_as_the_system_does():
                _fetch(kept, path)
            yield path
    else:
        if not path.exists():
            raise FileNotFoundError(path)
        yield path


def _fetch(kept: FieldFile, to: Path) -> None:
    with kept.storage.open(str(kept.name), "rb") as source, to.open("wb") as copy:
        while chunk := source.read(CHUNK_BYTES):
            copy.write(chunk)
