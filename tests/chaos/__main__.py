"""`make chaos`: the storm on one machine (SQLite, folder) and over a fleet (PostgreSQL, bucket)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import buckets
from tests.chaos.storm import QUICK, Outcome, Storm
from tests.postgres import postgres
from tests.whole.house import House

DATABASES = ("sqlite", "postgres")


def storm_on(
    name: str,
    folder: Path,
    *,
    shots: int,
    hits: int,
    calm_s: float,
    seed: int,
    ready_clips: Path | None = None,
) -> Outcome:
    """One storm in this folder, on a database of its own."""
    with _services(name) as variables:
        house = House(folder / "data", environment=QUICK | variables, ready_clips=ready_clips)
        house.folder.mkdir()
        return Storm(house, seed).run(shots, hits, calm_s)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--shots", type=int, default=200)
    parser.add_argument("--hits", type=int, default=120, help="kills, freezes and cuts")
    parser.add_argument("--calm", type=float, default=600, help="seconds for coming to rest afterwards")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=[*DATABASES, "both"], default="both")
    told = parser.parse_args()
    well = True
    for name in DATABASES if told.database == "both" else (told.database,):
        print(f"\n{name}: {told.shots} shots, {told.hits} kills and cuts, seed {told.seed} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="retake-chaos-") as folder:
            outcome = storm_on(
                name, Path(folder), shots=told.shots, hits=told.hits, calm_s=told.calm, seed=told.seed
            )
        print(outcome, flush=True)
        well = well and outcome.well
    return 0 if well else 1


@contextmanager
def _services(name: str) -> Iterator[dict[str, str]]:
    """The settings of one machine, or of a fleet: there database and media lie elsewhere, on real servers."""
    if name == "sqlite":
        yield {}
        return
    with postgres() as url, buckets.s3_server() as address:
        buckets.bucket_at(address)
        keys = dict(zip(("RETAKE_MEDIA_ACCESS_KEY", "RETAKE_MEDIA_SECRET_KEY"), buckets.KEYS, strict=True))
        yield {"DATABASE_URL": url, "RETAKE_MEDIA_URL": buckets.url_at(address)} | keys


if __name__ == "__main__":
    sys.exit(main())
