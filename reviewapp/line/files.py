"""From the vendor's file to a clip that a reviewer can watch."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from providers.errors import ProviderError
from reviewapp import dispatch, events, money, review
from reviewapp.line.common import backoff_s, end_unless_late
from reviewapp.line.sweep import worn_out
from reviewapp.models import Candidate, Clip, QualityReport, Shot, StaleCandidate, Status

# pass before suspect before reject, whatever the score.
TIERS = {"pass": 0, "suspect": 1, "reject": 2}


def begin_ingest(candidate_id: int) -> Candidate | None:
    """Lease an INGESTING candidate for its download, or None when there is nothing to do."""
    return _begin(candidate_id, Status.INGESTING, settings.INGEST_LEASE_S, "The download")


def begin_check(candidate_id: int) -> Candidate | None:
    """Lease a CHECKING candidate for its checks, or None when there is nothing to do."""
    return _begin(candidate_id, Status.CHECKING, settings.CHECK_LEASE_S, "The check")


def _begin(candidate_id: int, status: Status, lease_s: float, doing: str) -> Candidate | None:
    candidate = Candidate.objects.whole().filter(pk=candidate_id, status=status).first()
    if candidate is None or worn_out(candidate, doing) or not candidate.claim(lease_s):
        return None
    Candidate.objects.filter(pk=candidate.pk).update(tries=F("tries") + 1)
    return Candidate.objects.whole().get(pk=candidate.pk)


def ingested(candidate: Candidate, clip: Clip) -> None:
    """The vendor's bytes are in storage: keep their facts and hand them to the check."""
    try:
        with transaction.atomic():
            candidate.move(Status.CHECKING, actor="ingest", due_in=settings.REQUEUE_S, tries=0)
            Clip.objects.filter(candidate=candidate).delete()
            clip.candidate = candidate
            clip.save()
            dispatch.check(candidate)
    except StaleCandidate:
        return


def ingest_failed(candidate: Candidate, error: ProviderError) -> None:
    """The download did not come whole: tried again with patience, or ended when trying cannot help."""
    if not error.permanent and candidate.tries < 5:
        wait = backoff_s(candidate.tries, error.retry_after)
        due_at = timezone.now() + timedelta(seconds=wait)
        row = Candidate.objects.filter(pk=candidate.pk, status=Status.INGESTING, fence=candidate.fence)
        row.update(due_at=due_at, failure=str(error)[:600])
        return
    why = f"{error} {money.charged_sentence(candidate)}"
    end_unless_late(candidate, Status.FAILED, why, actor="ingest", vendor_words=error.vendor_words[:1000])


def hand_back(candidate: Candidate) -> bool:
    """Give back a download or a check that was cut short because its process had to stop.

    It is due again at once, and the try does not count. False when somebody else has moved the row, and for
    a paid call, which is never begun a second time.
    """
    row = Candidate.objects.filter(pk=candidate.pk, fence=candidate.fence)
    facts: dict[str, Any] = {"fence": F("fence") + 1, "tries": Greatest(F("tries") - 1, Value(0))}
    interrupted = row.filter(status__in=[Status.INGESTING, Status.CHECKING])
    return interrupted.update(due_at=timezone.now(), worker="", **facts) == 1


def check_refused(candidate: Candidate, sentence: str) -> None:
    """What came is not a playable clip."""
    end_unless_late(
        candidate, Status.FAILED, f"{sentence} {money.charged_sentence(candidate)}", actor="check"
    )


def checked(candidate: Candidate, report: QualityReport, clip_facts: dict[str, Any]) -> None:
    """The clip is playable and measured: it goes to people, ranked among its siblings."""
    try:
        with transaction.atomic():
            Shot.objects.select_for_update(no_key=True).get(pk=candidate.shot_id)
            now = timezone.now()
            candidate.move(Status.IN_REVIEW, actor="check", tries=0, failure="", in_review_at=now)
            Clip.objects.filter(candidate=candidate).update(**clip_facts)
            QualityReport.objects.filter(candidate=candidate).delete()
            report.candidate = candidate
            report.save()
            _rank(candidate)
            review.arrived(candidate)
            events.clip_came(candidate.version)
    except StaleCandidate:
        return


def _rank(candidate: Candidate) -> None:
    """Rank the version's candidates: verdict tier first, then the score, then the slot."""
    reports = QualityReport.objects.filter(candidate__version=candidate.version).select_related("candidate")
    best_first = sorted(
        reports,
        key=lambda report: (TIERS.get(report.verdict, 1), -(report.score or 0.0), report.candidate.slot),
    )
    for rank, report in enumerate(best_first, start=1):
        Candidate.objects.filter(pk=report.candidate_id).exclude(rank=rank).update(rank=rank)
