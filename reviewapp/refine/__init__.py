"""From what reviewers said about a clip to the next prompt, by rules alone: pure, deterministic, offline."""

from __future__ import annotations

from .diff import Piece, diff_pieces, diff_with_causes
from .limits import fits, units
from .values import REASON_TAGS, Change, Feedback, Limits, Refined, Unserved
from .writer import refine

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
