"""A small storm over the whole app; `make chaos` raises a great one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.__main__ import DATABASES, storm_on
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole

SHOTS, HITS = 6, 6


# Another seed on each, so that the two storms together hit more kinds of processes.
@pytest.mark.parametrize(("database", "seed"), list(zip(DATABASES, (1, 2), strict=True)))
def test_a_storm_of_kills_and_faults_doubles_loses_and_sticks_nothing(
    tmp_path: Path, ready_clips: Path, database: str, seed: int
) -> None:
    outcome = storm_on(
        database, tmp_path, shots=SHOTS, hits=HITS, calm_s=4 * PATIENCE_S, seed=seed, ready_clips=ready_clips
    )
    print(outcome)
    assert outcome.well, str(outcome)
    assert sum(outcome.hits.values()) == HITS
    assert outcome.proof["approved"] == SHOTS
