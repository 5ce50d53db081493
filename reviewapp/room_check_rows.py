"""The rows in which the review room shows a report: findings, measures, criteria, and where a clip stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reviewapp import check_words, picks

# A finding that leaves out less than this at either end is one of the whole clip.
A_FRAME_S: Final = 0.05
# Where siblings all have the same value, they stand in the middle of their line.
MIDDLE: Final = 0.5


@dataclass(frozen=True)
class Standing:
    """Where a value lies between the lowest and the highest of all siblings, 0 to 1, and in words."""

    here: float
    others: tuple[float, ...]
    words: str

    @property
    def x(self) -> int:
        return round(self.here * 100)

    @property
    def ticks(self) -> tuple[int, ...]:
        return tuple(round(other * 100) for other in self.others)


@dataclass(frozen=True)
class FindingRow:
    """One finding; `index` is its place in the report, by which the page's scripts know it."""

    index: int
    kind: str
    severity: str
    start_s: float
    end_s: float
    sentence: str
    place: str
    whole: bool
    accepted: bool

    @property
    def severity_words(self) -> str:
        words = check_words.SEVERITIES[self.severity]
        return f"{words}, accepted in this project" if self.accepted else words

    @property
    def is_range(self) -> bool:
        return f"{self.start_s:.1f}" != f"{self.end_s:.1f}"

    @property
    def at(self) -> str:
        """Its time as it is written on a chip."""
        if self.whole:
            return "whole clip"
        return f"{self.start_s:.1f}–{self.end_s:.1f} s" if self.is_range else f"{self.start_s:.1f} s"


@dataclass(frozen=True)
class MeasureRow:
    words: str
    value: str
    standing: Standing | None


@dataclass(frozen=True)
class NotMeasured:
    """Why some things could not be measured, and which."""

    why: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class PartRow:
    """One part of the score; its value is None where it could not be measured."""

    words: str
    value: float | None
    weight: float


@dataclass(frozen=True)
class CriterionRow:
    text: str
    state: str
    why: str
    start_s: float | None


@dataclass(frozen=True)
class PromptRow:
    """A part of the prompt and its match, comparable only with siblings that the same model has looked at."""

    words: str
    match: float | None
    standing: Standing | None

    @property
    def shown(self) -> str:
        return "" if self.match is None else f"{self.match:.3f}".replace("-", "−")


@dataclass(frozen=True)
class Term:
    """What one property of the clip adds to, or takes from, the learned score."""

    words: str
    term: float

    @property
    def sign(self) -> str:
        return f"{'+' if self.term > 0 else '−'}{abs(self.term):.1f}"


def standing_of(here: float, others: Sequence[float | None]) -> Standing | None:
    """Where a value stands among others that were measured; None when there are none."""
    rivals = [other for other in others if other is not None]
    if not rivals:
        return None
    low, high = min(here, *rivals), max(here, *rivals)
    span = high - low

    def share(value: float) -> float:
        return (value - low) / span if span else MIDDLE

    count, place = len(rivals) + 1, 1 + sum(rival > here for rival in rivals)
    words = (
        f"{_place(place, count)} of {count}"
        if span
        else ("both alike" if count == 2 else f"all {count} alike")
    )
    return Standing(share(here), tuple(share(rival) for rival in rivals), words)


def _place(place: int, count: int) -> str:
    if place == 1:
        return "highest"
    if place == count:
        return "lowest"
    return {2: "2nd", 3: "3rd"}.get(place, f"{place}th")


def finding_row(index: int, told: Mapping[str, Any], length_s: float) -> FindingRow:
    """A finding as its report keeps it, of a clip of `length_s` seconds; `index` is its place there."""
    start_s, end_s = float(told["start_s"]), float(told["end_s"])
    sentence, place = str(told["sentence"]), check_words.place_words(told.get("place"))
    # Most sentences say themselves where it is.
    said = all(word in sentence for word in place.split())
    return FindingRow(
        index=index,
        kind=str(told["kind"]),
        severity=str(told["severity"]),
        start_s=start_s,
        end_s=end_s,
        sentence=sentence,
        place="" if said else place,
        accepted=bool(told.get(picks.ACCEPTED)),
        whole=start_s < A_FRAME_S and 0 < length_s - A_FRAME_S < end_s,
    )


def criterion_row(text: str, told: Mapping[str, Any] | None) -> CriterionRow:
    """A line of the criteria with what its report says of it; one that it does not know waits for people."""
    if told is None:
        return CriterionRow(text, "person", "", None)
    return CriterionRow(text, str(told["state"]), str(told.get("why", "")), told.get("start_s"))
