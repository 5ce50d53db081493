"""Where a background has its ground and its water."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ground:
    """Shares of the frame's height: where the ground begins, and where moving water does (1 for none).

    `shadows` is how strongly things shade the ground under them.
    """

    horizon: float
    water: float = 1.0
    shadows: float = 0.4
