"""The folder of the CLIP model: pinned by checksums, looked at without a network, and replaced as a whole."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# As `sha256sum --check` reads it.
SUMS: Final = "SHA256SUMS"
ORIGIN: Final = "ORIGIN"


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """An empty folder on the same disk, gone afterwards unless it was put in the place of the other."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".clip-", dir=folder.parent))
    # The workers may be another user than who runs the command.
    staged.chmod(0o755)
    try:
        yield staged
    finally:
        shutil.rmtree(staged, ignore_errors=True)


def copy(source: Path, files: Iterable[Path], staged: Path) -> None:
    """Copy the files of a model, and its origin where it is told, into another folder."""
    for path in [*files, *(path for path in [source / ORIGIN] if path.is_file())]:
        target = staged / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def pin(folder: Path, origin: str) -> None:
    """Write down where the model came from and the checksum of every file."""
    (folder / ORIGIN).write_text(f"{origin}\n", encoding="utf-8")
    lines = [f"{sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in _files(folder)]
    (folder / SUMS).write_text("".join(lines), encoding="utf-8")


def put(staged: Path, folder: Path) -> None:
    """Put a whole model where another may lie. A check that begins meanwhile finds one of the two, or none
    for an instant, and never a mixture.
    """
    if not folder.exists():
        staged.rename(folder)
        return
    with beside(folder) as aside:
        folder.rename(aside / "old")
        try:
            staged.rename(folder)
        except OSError:
            (aside / "old").rename(folder)
            raise


def origin(folder: Path) -> str:
    """Where the model came from; empty where nobody wrote it down."""
    try:
        return (folder / ORIGIN).read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def problems(folder: Path) -> list[str]:
    """What differs from the checksums; a folder without any cannot be judged, and that is one."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except OSError:
        return [f"{folder} has no {SUMS}: fetch_clip_model --from writes one."]
    told = {name: checksum for checksum, _, name in (line.partition("  ") for line in lines)}
    there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
    found = [f"{name} is missing." for name in sorted(told.keys() - there.keys())]
    found += [f"{name} was added." for name in sorted(there.keys() - told.keys())]
    changed = [name for name in sorted(told.keys() & there.keys()) if sha256(there[name]) != told[name]]
    return found + [f"{name} was changed." for name in changed]


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SUMS)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
