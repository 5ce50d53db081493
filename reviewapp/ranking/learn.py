"""What a project's own decisions teach: a correction of the rules' score, and whether it is to be trusted.

The chance that a clip is approved is σ(a + b·logit(score of the rules) + w·x), where x are the parts, what
could not be measured, and the findings. b is pulled to 1, and never below 0, and w to 0: with few decisions
this is the rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from reviewapp.ranking.fit import auc, fit, log_loss, sigmoid
from reviewapp.ranking.score import score
from reviewapp.ranking.values import Look

Floats = NDArray[np.float64]

# Fewer decisions, fewer of either kind or fewer shots teach nothing that can be proved.
FEWEST, FEWEST_OF_EACH, FEWEST_SHOTS = 40, 10, 10
# Enough clips that were drawn at random to judge by them alone: the others were chosen by the score itself.
FEWEST_AUDITS, FEWEST_AUDITS_OF_EACH = 30, 8
# The log loss on unseen shots must be lower than the rules' by so much, and by so many standard errors.
LEAST_GAIN: Final = 0.01
SURE: Final = 1.5
FOLDS: Final = 5
# How strongly w is pulled to 0; the shots that were not learned from choose among them. A weaker pull was
# worse with fewer than 500 simulated decisions.
PULLS: Final = (10.0, 30.0, 100.0)
# How much of each severity a finding brings along as a feature.
AMOUNTS: Final[Mapping[str, float]] = {"info": 0.3, "suspect": 1.0, "reject": 2.0}
# A term smaller than this is no reason.
LEAST_TERM: Final = 0.05


@dataclass(frozen=True)
class Decided:
    """One clip about which a person has decided. `group` is its shot, whose clips are never split between
    learning and judging. `audit` when it was drawn at random.

    A clip that was passed over, because another of its shot was approved, is none: where reviewers take the
    first that will do, it was never looked at, and counting it as a weak no made the order worse.
    """

    look: Look
    group: int
    approved: bool
    audit: bool = False


@dataclass(frozen=True)
class Term:
    """What one property adds to the log odds of approval: `part:motion`, `missing:face` or `seen:flicker`.

    `high` when the clip has more of it than the clips that were learned from.
    """

    name: str
    value: float
    high: bool


@dataclass(frozen=True)
class Model:
    """What was learned. `weights` are of features brought to mean 0 and spread 1."""

    names: tuple[str, ...]
    mean: tuple[float, ...]
    spread: tuple[float, ...]
    weights: tuple[float, ...]
    intercept: float
    slope: float

    def score(self, look: Look) -> float | None:
        """The chance that these reviewers approve such a clip, 0 to 1; None when nothing was measured."""
        base = score(look)
        if base is None:
            return None
        return float(sigmoid(self.intercept + self.slope * _logit(base) + self._terms(look).sum()))

    def why(self, look: Look, most: int = 3) -> list[Term]:
        """What lowers this clip's score the most, the largest first."""
        terms = zip(self.names, self._terms(look), self._standard(look), strict=True)
        lowering = sorted((float(term), name, float(z)) for name, term, z in terms if term < -LEAST_TERM)
        return [Term(name, term, z > 0) for term, name, z in lowering[:most]]

    def largest(self, most: int = 8) -> list[Term]:
        """The strongest corrections, for a clip that has more of the property than others."""
        pairs = sorted(zip(self.weights, self.names, strict=True), key=lambda pair: -abs(pair[0]))
        return [Term(name, weight, True) for weight, name in pairs[:most] if abs(weight) >= LEAST_TERM]

    def numbers(self) -> dict[str, Any]:
        """The model as plain lists, for storing."""
        return {
            "names": list(self.names),
            "mean": list(self.mean),
            "spread": list(self.spread),
            "weights": list(self.weights),
            "intercept": self.intercept,
            "slope": self.slope,
        }

    @classmethod
    def from_numbers(cls, numbers: Mapping[str, Any]) -> Model:
        lists = {key: tuple(numbers[key]) for key in ("names", "mean", "spread", "weights")}
        return cls(**lists, intercept=float(numbers["intercept"]), slope=float(numbers["slope"]))

    @cached_property
    def _arrays(self) -> tuple[Floats, Floats, Floats]:
        return np.array(self.mean), np.array(self.spread), np.array(self.weights)

    def _standard(self, look: Look) -> Floats:
        mean, spread, _ = self._arrays
        x = _row(look, self.names)
        return np.where(np.isnan(x), 0.0, (x - mean) / spread)

    def _terms(self, look: Look) -> Floats:
        return self._standard(look) * self._arrays[2]


@dataclass(frozen=True)
class Figures:
    """How the learned score and the rules' did on shots that were not learned from.

    Losses are mean log losses, lower is better; the rules' score is first brought to this project's scale,
    so that only better knowledge counts as better. `right` is how often an approved clip stands before one
    that was not, 0.5 by chance; None when one of the two kinds is missing.
    """

    judged: int
    audits_only: bool
    loss: float
    rules_loss: float
    right: float | None
    rules_right: float | None
    gain_error: float

    @property
    def better(self) -> bool:
        gain = self.rules_loss - self.loss
        return gain >= LEAST_GAIN and gain >= SURE * self.gain_error


@dataclass(frozen=True)
class Trained:
    """One training: the model where there is one, its figures where they could be had, and the sentence that
    says why it is shown or not.
    """

    model: Model | None
    figures: Figures | None
    shown: bool
    why: str


def train(decided: Sequence[Decided]) -> Trained:
    """Learn from decisions, and show it only where it beats the rules on unseen shots."""
    measured = [one for one in decided if one.look.measured]
    approved = sum(one.approved for one in measured)
    enough = len(measured) >= FEWEST and min(approved, len(measured) - approved) >= FEWEST_OF_EACH
    if not enough or len({one.group for one in measured}) < FEWEST_SHOTS:
        return Trained(None, None, shown=False, why=_not_enough(measured))
    table = _Table.of(measured)
    pull, learned = min(
        ((pull, table.unseen(pull)) for pull in PULLS),
        key=lambda tried: float(log_loss(table.approved, tried[1]).mean()),
    )
    figures = _judge(table, learned)
    return Trained(table.model(pull), figures, figures.better, _sentence(figures, len(measured)))


def _not_enough(measured: Sequence[Decided]) -> str:
    count, approved = len(measured), sum(one.approved for one in measured)
    shots = len({one.group for one in measured})
    return (
        f"{count} {'decision' if count == 1 else 'decisions'}, {approved} of them approvals, on {shots} "
        f"{'shot' if shots == 1 else 'shots'}: not enough yet. It takes {FEWEST} decisions, {FEWEST_OF_EACH} "
        f"of each kind, on {FEWEST_SHOTS} shots."
    )


def _sentence(figures: Figures, count: int) -> str:
    by = "clips drawn at random" if figures.audits_only else "decisions"
    losses = f"{figures.loss:.3f} against {figures.rules_loss:.3f}"
    if figures.better:
        return f"Better than the rules on unseen shots, judged by {figures.judged} {by} (log loss {losses})."
    no_better = "not clearly better" if figures.loss < figures.rules_loss else "no better"
    return (
        f"{count} decisions, and {no_better} than the rules on unseen shots, judged by {figures.judged} {by} "
        f"(log loss {losses})."
    )


@dataclass(frozen=True)
class _Table:
    """Decisions as numbers: one row each, one column for each feature that differs between them."""

    names: tuple[str, ...]
    x: Floats
    base: Floats
    approved: Floats
    group: NDArray[np.int64]
    audit: NDArray[np.bool_]

    @classmethod
    def of(cls, decided: Sequence[Decided]) -> _Table:
        names = tuple(sorted({name for one in decided for name in _features(one.look)}))
        x = np.array([_row(one.look, names) for one in decided]).reshape(len(decided), len(names))
        varies = np.array([len(set(column[~np.isnan(column)])) > 1 for column in x.T], dtype=bool)
        return cls(
            tuple(name for name, kept in zip(names, varies, strict=True) if kept),
            x[:, varies],
            _logit(np.array([score(one.look) for one in decided])),
            np.array([one.approved for one in decided], dtype=float),
            np.array([one.group for one in decided], dtype=np.int64),
            np.array([one.audit for one in decided], dtype=bool),
        )

    def unseen(self, pull: float) -> Floats:
        """Each clip's chance of approval, told by a fit that has not seen its shot."""
        chances = np.empty_like(self.base)
        for tested in _folds(self.group):
            fitted = fit(self.x[~tested], self.base[~tested], self.approved[~tested], pull)
            chances[tested] = fitted.predict(self.x[tested], self.base[tested])
        return chances

    def by_the_rules(self) -> Floats:
        """The same told by the rules' score alone, brought to how often these people approve."""
        chances, nothing = np.empty_like(self.base), self.x[:, :0]
        for tested in _folds(self.group):
            yes = self.approved[~tested]
            fitted = fit(nothing[~tested], self.base[~tested], yes, PULLS[0])
            told = fitted.predict(nothing[tested], self.base[tested])
            # People who want the opposite of the rules are no merit of the rules.
            chances[tested] = told if fitted.slope > 0 else yes.mean()
        return chances

    def model(self, pull: float) -> Model:
        found = fit(self.x, self.base, self.approved, pull)
        mean, spread, weights = (tuple(map(float, one)) for one in (found.mean, found.spread, found.weights))
        return Model(self.names, mean, spread, weights, found.intercept, found.slope)


def _judge(table: _Table, learned: Floats) -> Figures:
    rules = table.by_the_rules()
    drawn, approved = int(table.audit.sum()), int(table.approved[table.audit].sum())
    audits_only = drawn >= FEWEST_AUDITS and min(approved, drawn - approved) >= FEWEST_AUDITS_OF_EACH
    judged = table.audit if audits_only else np.ones_like(table.audit)
    yes, groups = table.approved[judged], table.group[judged]
    losses, rules_losses = log_loss(yes, learned[judged]), log_loss(yes, rules[judged])
    return Figures(
        judged=len(yes),
        audits_only=audits_only,
        loss=float(losses.mean()),
        rules_loss=float(rules_losses.mean()),
        right=auc(yes, learned[judged]),
        rules_right=auc(yes, table.base[judged]),
        gain_error=_error_by_group(rules_losses - losses, groups),
    )


def _folds(groups: NDArray[np.int64]) -> list[NDArray[np.bool_]]:
    """Rows to test on, in turn; always the same for the same shots."""
    shots = np.unique(groups)
    np.random.default_rng(0).shuffle(shots)
    return [np.isin(groups, shots[at::FOLDS]) for at in range(FOLDS)]


def _error_by_group(gains: Floats, groups: NDArray[np.int64]) -> float:
    """The standard error of the mean gain, with the clips of one shot taken as one word."""
    _, at = np.unique(groups, return_inverse=True)
    sums = np.bincount(at, gains - gains.mean())
    count = len(sums)
    return float(np.sqrt((sums**2).sum() * count / max(1, count - 1)) / len(gains))


def _features(look: Look) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, part in look.parts.items():
        found[f"part:{name}"] = np.nan if part.value is None else part.value
        found[f"missing:{name}"] = float(part.value is None)
    for kind, severity in look.findings.items():
        found[f"seen:{kind}"] = AMOUNTS[severity]
    return found


def _row(look: Look, names: Sequence[str]) -> Floats:
    """A look as numbers; a finding that was not seen is 0, a part that was not measured is not a number."""
    found = _features(look)
    return np.array([found.get(name, np.nan if name.startswith("part:") else 0.0) for name in names])


def _logit(scores: Floats | float) -> Any:
    near = np.clip(scores, 0.02, 0.98)
    return np.log(near / (1 - near))
