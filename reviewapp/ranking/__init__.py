"""Which clip stands first, and what people's decisions teach about it: pure, numpy alone, no rows."""

from __future__ import annotations

from reviewapp.ranking.learn import (
    Decided,
    Figures,
    Model,
    Term,
    Trained,
    train,
)
from reviewapp.ranking.order import CLOSE, THIN, Doubt, Order, Sibling, order
from reviewapp.ranking.score import coverage, score
from reviewapp.ranking.values import PENALTIES, SEVERITIES, TIERS, Look, Part, read

__all__ = [
    "CLOSE",
    "PENALTIES",
    "SEVERITIES",
    "THIN",
    "TIERS",
    "Decided",
    "Doubt",
    "Figures",
    "Look",
    "Model",
    "Order",
    "Part",
    "Sibling",
    "Term",
    "Trained",
    "coverage",
    "order",
    "read",
    "score",
    "train",
]
