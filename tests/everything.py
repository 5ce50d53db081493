"""What `make test` runs: all tests on SQLite, then those that depend on the database again on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.postgres import postgres

PYTEST = [sys.executable, "-m", "pytest", "-q"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Tests that start the processes or a browser wait more than they work: two files of them at a time, and
# neither beside the other, because a browser that gets no time answers keys late. The tests of one file stay
# together and share what was set up.
TOGETHER = "not browser and not whole"
BY_FILE = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")


def main() -> int:
    strict = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
    chromium = any(map(shutil.which, CHROMIUMS))
    if not chromium and strict:
        print("Chromium is missing, and with CI set no test may be left out.")
        return 1
    results = {"SQLite": _run("-n", "2", "-m", TOGETHER)}
    if chromium:
        results["browser"] = _run(*BY_FILE, "-m", "browser")
    results["processes"] = _run(*BY_FILE, "-m", "whole and not browser")
    with postgres() as url:
        results["PostgreSQL"] = _run("-n", "2", "-m", f"database and {TOGETHER}", DATABASE_URL=url)
    print("\n" + "\n".join(f"{name:<24}{'passed' if good else 'FAILED'}" for name, good in results.items()))
    if not chromium:
        print(
            "LEFT OUT: the browser tests, because no Chromium was found (looked for "
            + ", ".join(CHROMIUMS)
            + ")."
        )
    return 0 if all(results.values()) else 1


def _run(*words: str, **environment: str) -> bool:
    print(f"\n$ pytest {' '.join(words)}" + (" on PostgreSQL" if environment else ""), flush=True)
    done = subprocess.run([*PYTEST, *words, *sys.argv[1:]], env=os.environ | environment, check=False)
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
