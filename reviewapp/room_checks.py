"""What the checks saw in a clip as the review room shows it, and how the clip stands among its siblings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reviewapp import check_words
from reviewapp.check_words import Words
from reviewapp.models import QualityReport
from reviewapp.room_check_rows import (
    CriterionRow,
    FindingRow,
    MeasureRow,
    NotMeasured,
    PartRow,
    PromptRow,
    Term,
    criterion_row,
    finding_row,
    standing_of,
)

# So many findings stand open; the rest is folded.
OPEN_FINDINGS: Final = 6
_ORDER: Final = {"reject": 0, "suspect": 1, "info": 2}


@dataclass(frozen=True)
class Checks:
    """The report of one clip with those of its siblings (the clips of the same version, without this one)."""

    report: QualityReport
    siblings: tuple[QualityReport, ...]
    lines: tuple[str, ...]
    length_s: float

    # --- the verdict and its reasons ---

    @property
    def verdict(self) -> str:
        return check_words.verdict_of(self.report)

    @property
    def verdict_words(self) -> str:
        return check_words.VERDICTS[self.verdict]

    @property
    def findings(self) -> list[FindingRow]:
        """Every finding, the worst first, then by time."""
        told = enumerate(self.report.findings)
        rows = [finding_row(index, one, self.length_s) for index, one in told]
        return sorted(rows, key=lambda row: (_ORDER[row.severity], row.start_s, row.end_s))

    @property
    def faults(self) -> list[FindingRow]:
        return [row for row in self.findings if row.severity != "info"]

    @property
    def first_faults(self) -> list[FindingRow]:
        return self.faults[:OPEN_FINDINGS]

    @property
    def more_faults(self) -> list[FindingRow]:
        return self.faults[OPEN_FINDINGS:]

    @property
    def remarks(self) -> list[FindingRow]:
        return [row for row in self.findings if row.severity == "info"]

    # --- the score ---

    @property
    def score(self) -> float | None:
        return self.report.shown_score

    @property
    def learned(self) -> bool:
        return self.report.learned_score is not None

    @property
    def decisions(self) -> int | None:
        """From how many decisions the score was corrected; None once that training is gone."""
        return self.report.learned_by.decisions if self.report.learned_by else None

    @property
    def terms(self) -> list[Term]:
        return [Term(str(told["words"]), float(told["term"])) for told in self.report.learned_why]

    @property
    def parts(self) -> list[PartRow]:
        return [
            PartRow(check_words.part_words(part["name"]), part["value"], part["weight"])
            for part in self.report.parts
        ]

    # --- the measures ---

    @property
    def groups(self) -> list[tuple[str, list[MeasureRow]]]:
        """What was measured, by group; groups of which nothing was measured are left out."""
        taken = {key: value for key, value in self.report.measures.items() if value is not None}
        known = [(name, [words for words in group if words.key in taken]) for name, group in _groups(taken)]
        return [(name, [self._measure(words, taken) for words in group]) for name, group in known if group]

    def _measure(self, words: Words, taken: Mapping[str, float]) -> MeasureRow:
        siblings = self._alike if words in check_words.MEASURES[check_words.OF_A_MODEL] else self.siblings
        others = [report.measures.get(words.key) for report in siblings]
        standing = standing_of(taken[words.key], others)
        return MeasureRow(words.name, check_words.number(taken[words.key], words), standing)

    @property
    def _alike(self) -> list[QualityReport]:
        """The siblings that the same model has held against the prompt: each has a scale of its own."""
        return [report for report in self.siblings if report.model_mark == self.report.model_mark]

    @property
    def not_measured(self) -> list[NotMeasured]:
        """What could not be measured, by reason."""
        missing = [key for key, value in self.report.measures.items() if value is None]
        names = {words.key: words.name for group in check_words.MEASURES.values() for words in group}
        reasons: dict[str, list[str]] = {}
        for key in dict.fromkeys([*missing, *self.report.unmeasured]):
            why = self.report.unmeasured.get(key) or "No reason is known."
            reasons.setdefault(why, []).append(names.get(key) or check_words.other_words(key).name)
        return [NotMeasured(why, tuple(found)) for why, found in reasons.items()]

    @property
    def not_measured_count(self) -> int:
        return sum(len(entry.names) for entry in self.not_measured)

    # --- what was asked for ---

    @property
    def prompt_rows(self) -> list[PromptRow]:
        rows = []
        for part in self.report.prompt_parts:
            words, match = str(part["words"]), part["match"]
            others = [_match(report, words) for report in self._alike]
            rows.append(PromptRow(words, match, None if match is None else standing_of(match, others)))
        return rows

    @property
    def prompt_unmeasured(self) -> str:
        """Why no part of the prompt has a match; empty when one has."""
        if any(part["match"] is not None for part in self.report.prompt_parts):
            return ""
        return self.report.unmeasured.get("prompt_match") or "No reason is known."

    @property
    def criteria(self) -> list[CriterionRow]:
        """The shot's criteria as they stand now; one written later than the report waits for people."""
        told = {str(entry["text"]): entry for entry in self.report.criteria}
        return [criterion_row(line, told.get(line)) for line in self.lines]


def checks_of(
    report: QualityReport | None, siblings: Sequence[QualityReport], lines: Sequence[str], length_s: float
) -> Checks | None:
    """The checks of one clip of `length_s` seconds; None while it has no report. `lines` are the shot's
    acceptance criteria.
    """
    if report is None:
        return None
    others = tuple(sibling for sibling in siblings if sibling.pk != report.pk)
    return Checks(report, others, tuple(lines), length_s)


def _groups(taken: Mapping[str, float]) -> list[tuple[str, tuple[Words, ...]]]:
    others = tuple(check_words.other_words(key) for key in taken if key not in check_words.KNOWN)
    return [*check_words.MEASURES.items(), (check_words.OTHER, others)]


def _match(report: QualityReport, words: str) -> float | None:
    return next((part["match"] for part in report.prompt_parts if part["words"] == words), None)
