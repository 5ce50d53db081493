"""Siblings in their order, and how clear the first place is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Final, Literal

from reviewapp.ranking.score import score
from reviewapp.ranking.values import OF_A_MODEL, Look

Doubt = Literal["", "provisional", "thin", "close"]

# Two scores nearer than this say nothing, and less of all weights than that is little to judge by.
CLOSE: Final = 0.02
THIN: Final = 0.6


@dataclass(frozen=True)
class Sibling:
    """One clip of a round. `score` and `coverage` are those of its report, over all that it measured;
    `learned` what the project's decisions make of it, None where they say nothing.
    """

    key: int
    slot: int
    look: Look
    score: float | None
    coverage: float
    learned: float | None = None


@dataclass(frozen=True)
class Order:
    """The keys with the best first, and why the first is no clear choice."""

    keys: tuple[int, ...]
    doubt: Doubt


def order(siblings: Sequence[Sibling]) -> Order:
    """Verdict before score before slot. Scores are taken over the parts that all siblings have; where each of
    them has a learned score, that one stands in their place. Neither ever passes a better verdict.
    """
    if not siblings:
        return Order((), "")
    scores = _comparable(siblings)
    # A clip of which nothing can be compared stands behind those of its verdict that can.
    ordered = sorted(
        siblings,
        key=lambda one: (one.look.tier, scores[one.key] is None, -(scores[one.key] or 0.0), one.slot),
    )
    return Order(tuple(one.key for one in ordered), _doubt(ordered, [scores[one.key] for one in ordered]))


def common_parts(looks: Sequence[Look]) -> frozenset[str]:
    """The parts that all of these have measured, on one scale. Who measured nothing at all is left out."""
    measured = [look.measured for look in looks if look.measured]
    if not measured:
        return frozenset()
    marks = {look.model_mark for look in looks if OF_A_MODEL in look.measured}
    return reduce(frozenset.intersection, measured) - ({OF_A_MODEL} if len(marks) > 1 else set())


def _comparable(siblings: Sequence[Sibling]) -> dict[int, float | None]:
    looks = [one.look for one in siblings]
    learned = [one.learned is not None for one in siblings if one.look.measured]
    if learned and all(learned):
        return {one.key: one.learned for one in siblings}
    if not any(look.measured for look in looks):
        # Reports of the first days keep their score and not what it was made of.
        return {one.key: one.score for one in siblings}
    common = common_parts(looks)
    return {one.key: score(one.look, common) for one in siblings}


def _doubt(ordered: Sequence[Sibling], scores: Sequence[float | None]) -> Doubt:
    first = ordered[0]
    if first.look.tier > 0:
        return "provisional"
    if first.coverage < THIN:
        return "thin"
    if len(ordered) == 1 or ordered[1].look.tier > first.look.tier:
        return ""
    best, next_best = scores[0], scores[1]
    return "close" if best is None or next_best is None or best - next_best < CLOSE else ""
