"""What `make test` runs: all tests on SQLite, then those that depend on the database again on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.postgres import postgres
from tests.shared import READY_CLIPS, TABLES, files_of, make_tables

PYTEST = [sys.executable, "-m", "pytest", "-q"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Tests that start the processes or a browser have a run of their own: a browser that gets no time answers
# keys late. The tests of one file stay together and share what was set up. Those that start processes wait as
# well as they work, for leases and signs of life, so that it takes three of them to fill two cores.
TOGETHER = "not browser and not whole"
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")


def main() -> int:
    strict = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
    chromium = any(map(shutil.which, CHROMIUMS))
    if not chromium and strict:
        print("Chromium is missing, and with CI set no test may be left out.")
        return 1
    results: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="retake-tests-") as folder:
        # Made once, for all runs.
        shared = {READY_CLIPS: folder, TABLES: str(make_tables(Path(folder)))}
        results["SQLite"] = _run("-n", "2", "-m", TOGETHER, **shared)
        if chromium:
            results["browser"] = _run("-n", "2", *BY_FILE, *files_of("browser"), **shared)
        results["processes"] = _run("-n", "3", *BY_FILE, *files_of("whole"), **shared)
        with postgres() as url:
            more = shared | {"DATABASE_URL": url}
            results["PostgreSQL"] = _run("-n", "2", "-m", "database", *files_of("database"), **more)
    print("\n" + "\n".join(f"{name:<24}{outcome}" for name, outcome in results.items()))
    if not chromium:
        print(
            "LEFT OUT: the browser tests, because no Chromium was found (looked for "
            + ", ".join(CHROMIUMS)
            + ")."
        )
    return 1 if any(outcome.startswith("FAILED") for outcome in results.values()) else 0


def _run(*words: str, **environment: str) -> str:
    """Run pytest with these words in this environment, and tell how that went."""
    on = " on PostgreSQL" if "DATABASE_URL" in environment else ""
    told = " ".join(word for word in words if not word.endswith(".py"))
    print(f"\n$ pytest {told} …{on}", flush=True)
    began = time.monotonic()
    done = subprocess.run([*PYTEST, *words, *sys.argv[1:]], env=os.environ | environment, check=False)
    return f"{'FAILED' if done.returncode else 'passed'} in {time.monotonic() - began:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
