"""The station that learns from people's decisions, one process at a time."""

from __future__ import annotations

from jobs import heart
from jobs.quality.report import CHECKER_VERSION
from reviewapp import learning


def learn() -> None:
    """Train what is due and bring what was learned to the clips that wait."""
    with heart.working("notify"):
        learning.run(CHECKER_VERSION)
