"""What several runs of tests share when one command starts them all: each is made once, and never changes.

Environment variables say where; a run that is started alone makes its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

HOME = Path(__file__).resolve().parents[1]
# A folder of what sandboxes have drawn for everybody, and an SQLite database with all tables and no rows.
READY_CLIPS = "RETAKE_TEST_READY_CLIPS"
TABLES = "RETAKE_TEST_TABLES"
# Where the tests of each mark are, so that a run of them need not read all others.
FOLDERS = {
    "browser": ("tests/browser",),
    "whole": ("tests/whole",),
    "database": ("tests/jobs", "tests/reviewapp"),
}


def files_of(kind: str) -> list[str]:
    """The files in the folders of this mark, for pytest; those in folders below are of no such kind."""
    found = [path for folder in FOLDERS[kind] for path in (HOME / folder).glob("test_*.py")]
    return sorted(str(path.relative_to(HOME)) for path in found)


def make_tables(folder: Path) -> Path:
    """Make the database there, as a site does that begins."""
    own = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=HOME,
        env=own | {"RETAKE_DATA_DIR": str(folder)},
        check=True,
    )
    return folder / "retake.sqlite3"


def share_ready_clips(mine: Path, shared: Path) -> None:
    """Give and take ready clips, so that each is drawn once for all processes: they are always the same."""
    for here, there in ((mine, shared), (shared, mine)):
        known = {path.name for path in there.glob("ready_*.mp4")}
        for clip in here.glob("ready_*.mp4"):
            if clip.name not in known:
                with suppress(FileExistsError):
                    os.link(clip, there / clip.name)
