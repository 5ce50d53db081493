"""The station that learns from people's decisions, and brings them to the clips that wait."""

from __future__ import annotations

from jobs import heart
from jobs.quality.report import CHECKER_VERSION
from reviewapp import accepting, learning


def learn() -> None:
    """Train what is due and bring what was learned to the clips that wait, one process at a time."""
    with heart.working("notify"):
        learning.run(CHECKER_VERSION)


def accepted(project_id: int) -> None:
    """Bring what a project accepts now to its clips that wait."""
    with heart.working("notify"):
        accepting.follow(project_id)
