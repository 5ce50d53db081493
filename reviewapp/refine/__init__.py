"""From what reviewers said about a clip to the next prompt, by rules alone: pure, deterministic, offline."""

from __future__ import annotations

from reviewapp.refine.diff import Piece, diff_pieces, diff_with_causes
from reviewapp.refine.limits import fits, units
from reviewapp.refine.values import REASON_TAGS, Change, Feedback, Limits, Refined, Unserved
from reviewapp.refine.writer import refine

__all__ = [
    "REASON_TAGS",
    "Change",
    "Feedback",
    "Limits",
    "Piece",
    "Refined",
    "Unserved",
    "diff_pieces",
    "diff_with_causes",
    "fits",
    "refine",
    "units",
]
