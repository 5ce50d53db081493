"""What several machine verbs share."""

from __future__ import annotations

import random
from typing import Any, Final

from django.db import transaction

from reviewapp import events, retakes, review
from reviewapp.models import Candidate, Shot, StaleCandidate, Status

LONGEST_BACKOFF_S: Final = 300.0
# From here on doubling changes nothing, and without an end it would leave what numbers can hold.
_MOST_DOUBLINGS: Final = 10


def backoff_s(tries: int, wish: float | None) -> float:
    """Seconds until the next try: the vendor's wish first, else doubling with jitter up to five minutes."""
    if wish is not None:
        return wish + random.uniform(0, 1)  # noqa: S311  Jitter, not a secret.
    return min(LONGEST_BACKOFF_S, 2.0 ** min(tries, _MOST_DOUBLINGS)) * random.uniform(0.75, 1.25)  # noqa: S311


def hold_shot(candidate: Candidate) -> None:
    """Stand in line with whoever decides about the shot, until the transaction ends.

    Whoever needs a shot and its clips locks the shot first, as people's decisions do: the other way round
    two could wait for each other for ever. And of two clips that end at once the second sees the first.
    """
    Shot.objects.select_for_update(no_key=True).get(pk=candidate.shot_id)


def end(candidate: Candidate, to: Status, why: str, *, actor: str, **facts: Any) -> None:
    """End the machine's part of the line: the row keeps the sentence, and the round may be over with it."""
    with transaction.atomic():
        hold_shot(candidate)
        candidate.move(to, actor=actor, why=why, failure=why[:600], **facts)
        retakes.round_may_be_over(candidate.version)
        review.let_the_pick_pass(candidate.version)
        events.clip_ended(candidate, why)


def end_unless_late(candidate: Candidate, to: Status, why: str, *, actor: str, **facts: Any) -> None:
    """The same for a station that may come late: when someone was first, it has nothing to add."""
    try:
        end(candidate, to, why, actor=actor, **facts)
    except StaleCandidate:
        return
