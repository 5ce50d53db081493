"""Clips as the checks might see them, and reviewers with a taste of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from reviewapp.ranking import Decided, Look, Part, score

WEIGHTS = {
    "clarity": 0.15,
    "clean": 0.08,
    "steady_light": 0.12,
    "steady_camera": 0.10,
    "smooth": 0.10,
    "motion": 0.10,
    "face": 0.15,
    "match": 0.20,
}
# How often each finding is seen, and how bad it is.
FINDINGS = {
    "noisy": (0.25, "suspect"),
    "soft": (0.12, "suspect"),
    "colour_jump": (0.2, "suspect"),
    "flicker": (0.1, "suspect"),
    "jump": (0.08, "suspect"),
    "dark": (0.2, "info"),
    "frozen": (0.06, "reject"),
    "hard_cut": (0.04, "reject"),
}
Taste = Callable[[Look], float]


@dataclass(frozen=True)
class Seen:
    look: Look
    shot: int


def looks(rng: np.random.Generator, shots: int, siblings: int = 4) -> list[Seen]:
    return [Seen(_look(rng), shot) for shot in range(shots) for _ in range(siblings)]


def _look(rng: np.random.Generator) -> Look:
    findings = {kind: bad for kind, (share, bad) in FINDINGS.items() if rng.random() < share}
    values = {name: float(np.clip(rng.normal(0.8, 0.18), 0, 1)) for name in WEIGHTS}
    if "noisy" in findings:
        values["clean"] *= 0.4
    parts = {name: Part(value, WEIGHTS[name]) for name, value in values.items()}
    if rng.random() < 0.5:
        parts["face"] = Part(None, WEIGHTS["face"])
    worst = max(({"info": 0, "suspect": 1, "reject": 2}[bad] for bad in findings.values()), default=0)
    return Look(("pass", "suspect", "reject")[worst], parts, findings, "colours-1")


def by_the_rules(look: Look) -> float:
    """Log odds with which somebody approves who sees things as the rules do."""
    return 7 * ((score(look) or 0) - 0.6)


def likes_grain(look: Look) -> float:
    """Grain is what they want, and a jump of colour they cannot stand."""
    grain = look.findings.get("noisy") is not None
    jump = look.findings.get("colour_jump") is not None
    plain = Look(look.verdict, look.parts, {k: v for k, v in look.findings.items() if k != "noisy"})
    return 7 * ((score(plain) or 0) - 0.65) + 1.5 * grain - 3.0 * jump


def dislikes_dark(look: Look) -> float:
    return by_the_rules(look) - 2.5 * ("dark" in look.findings)


def decided(rng: np.random.Generator, seen: list[Seen], taste: Taste) -> list[Decided]:
    """What they say about each, with the disagreement of people."""
    chances = 1 / (1 + np.exp(-np.array([taste(one.look) for one in seen])))
    said = rng.random(len(seen)) < 0.04 + 0.92 * chances
    return [Decided(one.look, one.shot, bool(yes)) for one, yes in zip(seen, said, strict=True)]
