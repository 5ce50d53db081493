"""A small storm over the whole app; `make chaos` raises a great one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.__main__ import DATABASES, storm_on
from tests.patience import PATIENCE_S

pytestmark = pytest.mark.whole


@pytest.mark.parametrize("database", DATABASES)
def test_a_storm_of_kills_and_faults_doubles_loses_and_sticks_nothing(
    tmp_path: Path, ready_clips: Path, database: str
) -> None:
    outcome = storm_on(
        database, tmp_path, shots=10, hits=9, calm_s=4 * PATIENCE_S, seed=1, ready_clips=ready_clips
    )
    print(outcome)
    assert outcome.well, str(outcome)
    assert sum(outcome.hits.values()) == 9
    assert outcome.proof["approved"] == 10
