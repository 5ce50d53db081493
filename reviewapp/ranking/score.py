"""One number for a clip, from its parts and its findings."""

from __future__ import annotations

from collections.abc import Collection
from math import fsum, prod

from reviewapp.ranking.values import PENALTIES, Look


def score(look: Look, only: Collection[str] | None = None) -> float | None:
    """The weighted mean of the measured parts, lowered once for each kind of finding; 0 to 1.

    None when nothing was measured: what could not be measured counts neither for a clip nor against it.
    `only` names the parts that may count.
    """
    # In the order of their names: the sum of the same parts is the same to its last digit.
    names = sorted(look.measured if only is None else look.measured & frozenset(only))
    if not names:
        return None
    counted = [look.parts[name] for name in names]
    weights = fsum(part.weight for part in counted)
    mean = fsum((part.value or 0.0) * part.weight for part in counted) / weights
    return mean * prod(PENALTIES[severity] for _, severity in sorted(look.findings.items()))


def coverage(look: Look) -> float:
    """The share of all weights that was measured, 0 to 1."""
    whole = fsum(part.weight for part in look.parts.values())
    return fsum(look.parts[name].weight for name in look.measured) / whole if whole else 0.0
