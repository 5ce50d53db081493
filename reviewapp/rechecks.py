"""Clips that an older checker has looked at are looked at again, a few at a time, newest first.

The cursor remembers how far it has come: `2:1810` for checker 2 and the report looked at last, `2:end`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.db.models import Q
from django.utils import timezone

from reviewapp import dispatch, turns
from reviewapp.models import Candidate, EarlierReport, QualityReport, Status

KIND: Final = "recheck"
ASK_EVERY: Final = timedelta(minutes=1)
# A machine that still runs the code of yesterday may leave a report of the older checker behind the cursor.
ASK_AFTER_THE_END: Final = timedelta(days=1)
LOOKED_AT: Final = (Status.IN_REVIEW, Status.APPROVED, Status.REJECTED, Status.PASSED_OVER)
_END: Final = "end"


def ask_when_due(checker_version: str) -> bool:
    """For the watcher's housekeeping: send the message that looks at old reports, when the line is empty."""
    done = turns.cursor(KIND) == f"{checker_version}:{_END}"
    if not turns.ask(KIND, ASK_AFTER_THE_END if done else ASK_EVERY):
        return False
    dispatch.recheck()
    return True


def is_newer(version: str, than: str) -> bool:
    """Whether one checker is newer than another: `10` than `9`, `2.1` than `2`."""
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def something_waits() -> bool:
    """Whether a clip waits for its download or its first check: those come first."""
    now = timezone.now()
    begun = Q(tries=0) | Q(due_at__lte=now)
    waiting = Candidate.objects.filter(begun, status__in=[Status.INGESTING, Status.CHECKING], worker="")
    return waiting.exists()


def due(checker_version: str, limit: int, turn: turns.Turn | None = None) -> list[Candidate]:
    """The next clips whose report is of an older checker and whose file is still there, the newest first."""
    versions = QualityReport.objects.order_by().values_list("checker_version", flat=True).distinct()
    older = [version for version in versions if is_newer(checker_version, version)]
    reports = QualityReport.objects.filter(
        checker_version__in=older, candidate__status__in=LOOKED_AT, candidate__clip__removed_at=None
    ).exclude(candidate__clip__file="")
    version, _, last = (turn.cursor if turn else turns.cursor(KIND)).partition(":")
    if version == checker_version and last.isdigit():
        reports = reports.filter(pk__lt=int(last))
    numbers = list(reports.order_by("-pk").values_list("candidate_id", flat=True)[:limit])
    rows = Candidate.objects.whole().in_bulk(numbers)
    return [rows[number] for number in numbers]


def passed(turn: turns.Turn, checker_version: str, report_id: int | None) -> bool:
    """This old report has been seen to, whatever came of it; None: there is no older one left.

    False when another process has the turn by now.
    """
    return turn.keep(f"{checker_version}:{_END if report_id is None else report_id}")


def refused(checker_version: str, sentence: str) -> QualityReport:
    """The report of a clip that people have seen and that this checker would not let through."""
    finding = {"kind": "unplayable", "severity": "reject", "start_s": 0.0, "end_s": 0.0, "sentence": sentence}
    return QualityReport(
        checker_version=checker_version, verdict="reject", findings=[finding | {"value": None, "place": None}]
    )


def keep_earlier(report: QualityReport) -> EarlierReport:
    """Put a report aside as it is: a newer checker's takes its place."""
    shared = {field.attname for field in EarlierReport._meta.concrete_fields} - {
        "id",
        "created_at",
        "made_at",
    }
    columns: dict[str, Any] = {name: getattr(report, name) for name in sorted(shared)}
    return EarlierReport.objects.create(made_at=report.created_at, **columns)
