"""Faults that a model puts into a clip: when, and how each changes the frames."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from providers.sandbox.picture.parse import Reading

# The chance of each fault for a vague prompt and an average model: one clip in four has one.
RATES = {"freeze": 0.062, "flicker": 0.056, "black": 0.044, "jump": 0.044, "stop": 0.036, "blur": 0.036}
_LENGTHS_S = {"freeze": 1.5, "flicker": 1.4, "black": 0.7, "jump": 0.0, "stop": 1.6, "blur": 1.2}
CARED_FOR = 0.15


@dataclass(frozen=True)
class PlantedFault:
    """A fault and the seconds it lasts."""

    kind: str
    start_s: float
    end_s: float


def plant(
    reading: Reading, unclear: float, model: str, duration_s: float, random: np.random.Generator
) -> tuple[PlantedFault, ...]:
    """The faults of one clip: at most two, rarer when the prompt is clear or speaks of them."""
    cared = {one.value for one in reading.said if one.kind == "care"}
    found: list[PlantedFault] = []
    for kind, rate in RATES.items():
        drawn, place, length = (float(value) for value in random.random(3))
        rate *= habit(model, kind) * (0.35 + 0.65 * unclear) * (CARED_FOR if kind in cared else 1.0)
        if drawn >= rate or len(found) == 2:
            continue
        lasts = min(_LENGTHS_S[kind] * (0.8 + 0.5 * length), duration_s * 0.4)
        start = duration_s * 0.12 + place * max(0.0, duration_s * 0.8 - lasts)
        found.append(PlantedFault(kind, round(start, 3), round(start + lasts, 3)))
    return tuple(found)


def habit(model: str, kind: str) -> float:
    """How prone a model is to a fault, 0.5 to 1.5: each has its own weaknesses."""
    digest = hashlib.sha256(f"{model}|{kind}".encode()).digest()
    return 0.5 + digest[0] / 255
