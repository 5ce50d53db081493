"""Logistic regression around a known answer, in numpy: damped Newton steps to the one best fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# How strongly the slope is pulled to 1; the intercept is as good as free.
TO_THE_RULES: Final = 4.0
FREE: Final = 1e-3
# A feature that hardly varies must not be stretched to one that decides.
LEAST_SPREAD: Final = 0.1
MOST_STEPS: Final = 60
SMALLEST_SHARE: Final = 1e-4
# Log odds beyond this are certainty.
MOST_ODDS: Final = 30.0
ENOUGH: Final = 1e-7


@dataclass(frozen=True)
class Fit:
    """A fitted model; its features were brought to mean 0 and spread 1."""

    mean: Floats
    spread: Floats
    weights: Floats
    intercept: float
    slope: float

    def predict(self, x: Floats, base: Floats) -> Floats:
        """The chance of a yes for each row; `base` is the known answer's log odds."""
        chance: Floats = sigmoid(
            self.intercept + self.slope * base + _standard(x, self.mean, self.spread) @ self.weights
        )
        return chance


def sigmoid(log_odds: Any) -> Any:
    return 1 / (1 + np.exp(-np.clip(log_odds, -MOST_ODDS, MOST_ODDS)))


def fit(x: Floats, base: Floats, yes: Floats, pull: float) -> Fit:
    """Fit σ(a + b·base + w·x) to yes (1) and no (0), with b at least 0 and w pulled to 0 by `pull`. NaN in
    `x` counts as the usual value.
    """
    mean, spread = _usual(x)
    table = np.column_stack([np.ones(len(base)), base, _standard(x, mean, spread)])
    aim = np.zeros(table.shape[1])
    aim[1] = 1.0
    pulls = np.full(table.shape[1], pull)
    pulls[:2] = FREE, TO_THE_RULES
    found = _newton(table, yes, aim, pulls)
    if found[1] < 0:
        # People who want what the known answer puts last: it says nothing here, and never the opposite, or
        # whatever it holds against somebody else would speak for them.
        table[:, 1] = aim[1] = 0.0
        found = _newton(table, yes, aim, pulls)
    return Fit(mean, spread, found[2:], float(found[0]), float(found[1]))


def _usual(x: Floats) -> tuple[Floats, Floats]:
    known = ~np.isnan(x)
    counts = np.maximum(1, known.sum(axis=0))
    mean = np.where(known, x, 0.0).sum(axis=0) / counts
    filled = np.where(known, x, mean)
    spread = filled.std(axis=0) if len(x) else np.zeros(x.shape[1])
    return mean, np.maximum(spread, LEAST_SPREAD)


def _standard(x: Floats, mean: Floats, spread: Floats) -> Floats:
    filled: Floats = (np.where(np.isnan(x), mean, x) - mean) / spread
    return filled


def _newton(table: Floats, yes: Floats, aim: Floats, pulls: Floats) -> Floats:
    def cost(theta: Floats) -> float:
        odds = np.clip(table @ theta, -MOST_ODDS, MOST_ODDS)
        misfit = (np.logaddexp(0, odds) - yes * odds).sum()
        return float(misfit + 0.5 * (pulls * (theta - aim) ** 2).sum())

    theta, now = aim.copy(), cost(aim)
    for _ in range(MOST_STEPS):
        chance = sigmoid(table @ theta)
        slope = table.T @ (chance - yes) + pulls * (theta - aim)
        bend = (table * (chance * (1 - chance))[:, None]).T @ table + np.diag(pulls)
        step = np.linalg.solve(bend, slope)
        share = 1.0
        # A full step may overshoot where the curve is flat: it is halved until it helps.
        while (then := cost(theta - share * step)) > now + ENOUGH and share > SMALLEST_SHARE:
            share /= 2
        theta, now = theta - share * step, then
        if np.abs(share * step).max() < ENOUGH:
            break
    return theta


def log_loss(yes: Floats, chance: Floats) -> Floats:
    """The surprise at each answer, in nats."""
    near = np.clip(chance, 1e-4, 1 - 1e-4)
    losses: Floats = -(yes * np.log(near) + (1 - yes) * np.log(1 - near))
    return losses


def auc(yes: Floats, chance: Floats) -> float | None:
    """How often a yes stands above a no, ties counting half; None when one of the two is missing."""
    positive, negative = np.sort(chance[yes == 1]), np.sort(chance[yes == 0])
    if not len(positive) or not len(negative):
        return None
    below = np.searchsorted(negative, positive, side="left")
    upto = np.searchsorted(negative, positive, side="right")
    return float((below + upto).sum() / (2 * len(positive) * len(negative)))
