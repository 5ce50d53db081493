"""Clips of rounds with reports made by hand, brought to people by the line's own verb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jobs.quality.report import CHECKER_VERSION
from reviewapp import line
from reviewapp.models import Candidate, QualityReport, Shot, Status, User
from tests.reviewapp.stages import asked, bring

Parts = Mapping[str, float | None]


def report(
    value: float | None = 0.8,
    verdict: str = "pass",
    findings: Sequence[str] = (),
    version: str = CHECKER_VERSION,
    **parts: float | None,
) -> QualityReport:
    """What a checker might say: one part of `value`, or the parts given, of equal weight; findings as `kind`
    or `kind:severity`.
    """
    values: Parts = parts or {"clarity": value}
    return QualityReport(
        checker_version=version,
        verdict=verdict,
        parts=[{"name": name, "value": one, "weight": 1 / len(values)} for name, one in values.items()],
        findings=[_finding(*told.split(":")) for told in findings],
    )


def _finding(kind: str, severity: str = "suspect") -> dict[str, object]:
    told: dict[str, object] = {"kind": kind, "severity": severity, "start_s": 1.0, "end_s": 2.0}
    return told | {"sentence": f"{kind} from 1.0 s to 2.0 s", "value": None, "place": None}


def come(candidate: Candidate, told: QualityReport) -> Candidate:
    """The clip's check is over."""
    row = Candidate.objects.whole().get(pk=candidate.pk)
    if row.status == Status.QUEUED:
        row = bring(row, Status.CHECKING)
    line.checked(row, told, {})
    return Candidate.objects.whole().get(pk=candidate.pk)


def round_of(shot: Shot, by: User, *told: QualityReport) -> list[Candidate]:
    """A whole round, its clips arriving in the order of their slots."""
    rows = [bring(row, Status.CHECKING) for row in asked(shot, by, len(told))]
    for row, one in zip(rows, told, strict=True):
        come(row, one)
    return list(Candidate.objects.whole().filter(pk__in=[row.pk for row in rows]).order_by("slot"))
