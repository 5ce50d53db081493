"""The station that fetches the vendors' files."""

from __future__ import annotations

from jobs import fetch, heart
from reviewapp import line, logs


def ingest_candidate(candidate_id: int) -> None:
    """Fetch one finished clip: of those that wait, the one whose link or copy is gone first.

    A message says "look at the ingest line", and there is one for each clip in it. Running it twice fetches
    nothing twice and never costs anything.
    """
    with heart.working("media"):
        candidate = line.begin_ingest(candidate_id)
        if candidate is not None:
            with logs.about(candidate):
                fetch.fetch(candidate)
