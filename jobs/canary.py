"""The canary: a message that only proves that its cluster still takes messages."""

from __future__ import annotations

from jobs import heart


def beat(cluster: str) -> None:
    """Write the cluster's sign of life; a supervisor restarts a cluster that has none for long."""
    heart.beat(cluster)
