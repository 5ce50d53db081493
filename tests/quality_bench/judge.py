"""What an answer of the checks is worth, held against the truth of the clip."""

from __future__ import annotations

from jobs.quality.report import Finding
from tests.quality_bench.look import Looked
from tests.quality_bench.truth import REASONS

# A finding belongs to a defect when they touch within this time: findings are rounded, and some are seen in
# samples of the clip.
NEAR_S = 0.6


def doubts(looked: Looked) -> list[Finding]:
    """The findings that lower the verdict."""
    found = looked.checked.findings if looked.checked else ()
    return [finding for finding in found if finding.severity != "info"]


def flagged(looked: Looked) -> bool:
    return looked.verdict != "pass"


def right(looked: Looked) -> list[Finding]:
    """The findings that name the defect as what it is, where it is."""
    if looked.clip.truth is None:
        return []
    begins, ends = looked.clip.truth
    kinds = REASONS[looked.clip.kind]
    return [
        finding
        for finding in doubts(looked)
        if (not kinds or finding.kind in kinds)
        and finding.start_s <= ends + NEAR_S
        and finding.end_s >= begins - NEAR_S
    ]


def start_error(looked: Looked) -> float | None:
    """By how many seconds the nearest right finding begins too early or too late; None for a defect that is
    there from the first frame, and where nothing right was found.
    """
    found = right(looked)
    if looked.clip.truth is None or not found or looked.clip.truth[0] == 0:
        return None
    return min(abs(finding.start_s - looked.clip.truth[0]) for finding in found)


def reasons(looked: Looked) -> str:
    """The doubts in short, for a table."""
    if looked.refused:
        return f"refused: {looked.refused}"
    said = [
        f"{finding.kind} {finding.start_s:.1f}–{finding.end_s:.1f} s"
        + ("" if finding.value is None else f" ({finding.value:.2f})")
        + (" !" if finding.severity == "reject" else "")
        for finding in doubts(looked)
    ]
    return ", ".join(said) or "nothing"
