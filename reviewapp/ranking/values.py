"""What ranking and learning read of a clip. They hold no rows and know no measure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

# How bad a finding is, and what a clip's score is multiplied by for each kind of it.
SEVERITIES: Final = ("info", "suspect", "reject")
PENALTIES: Final[Mapping[str, float]] = MappingProxyType({"info": 1.0, "suspect": 0.75, "reject": 0.25})
# pass before suspect before reject, whatever the score.
TIERS: Final[Mapping[str, int]] = MappingProxyType({"pass": 0, "suspect": 1, "reject": 2})
# The part that only the same model measures on the same scale.
OF_A_MODEL: Final = "match"


@dataclass(frozen=True)
class Part:
    """One part of the score: 0 to 1, higher is better; None when it could not be measured."""

    value: float | None
    weight: float


@dataclass(frozen=True)
class Look:
    """What the checks saw of one clip: parts by name, and the worst severity of each kind of finding.

    `model_mark` names the model that measured how well the pictures match the prompt.
    """

    verdict: str
    parts: Mapping[str, Part] = field(default_factory=dict)
    findings: Mapping[str, str] = field(default_factory=dict)
    model_mark: str = ""

    @property
    def tier(self) -> int:
        """0 for pass, 1 for suspect, 2 for reject; a verdict nobody knows is no pass."""
        return TIERS.get(self.verdict, TIERS["suspect"])

    @property
    def measured(self) -> frozenset[str]:
        """The names of the parts that were measured."""
        return frozenset(
            name for name, part in self.parts.items() if part.value is not None and part.weight > 0
        )


def read(
    verdict: str,
    parts: Iterable[Mapping[str, Any]],
    findings: Iterable[Mapping[str, Any]],
    model_mark: str = "",
) -> Look:
    """A look from the lists that a report keeps of its parts and its findings."""
    worst: dict[str, str] = {}
    for finding in findings:
        kind, severity = str(finding.get("kind", "")), str(finding.get("severity", ""))
        # Reports of the first days kept findings without these: they told, and counted nothing.
        if kind and severity in SEVERITIES:
            known = worst.get(kind, "info")
            worst[kind] = max(known, severity, key=SEVERITIES.index)
    measured = {str(part["name"]): Part(_number(part["value"]), float(part["weight"])) for part in parts}
    return Look(verdict, measured, worst, model_mark)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
