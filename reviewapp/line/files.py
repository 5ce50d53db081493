"""From the vendor's file to a clip that a reviewer can watch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from providers.errors import JobNotFound, LinkExpired, NotPrepared, ProviderError
from reviewapp import dispatch, events, fixes, identity, money, picks, rechecks, review
from reviewapp.line.common import backoff_s, end_unless_late
from reviewapp.line.sweep import worn_out
from reviewapp.models import Candidate, Clip, QualityReport, Shot, StaleCandidate, Status

# The most urgent rows that one look may try to take.
AT_A_LOOK: Final = 20
MOST_FETCHES: Final = 5
# A disk that is full or a bucket that is away is asked again so often.
STORAGE_PAUSE_S: Final = 30.0
# A check that a busy machine does not end in time is begun so often.
MOST_LATE_CHECKS: Final = 2


def begin_ingest(candidate_id: int) -> Candidate | None:
    """Lease the most urgent of the clips that wait for their download, or None when none does.

    What its provider deletes first is fetched first, then what has waited longest. The candidate of the
    message is one of those that wait; another of its messages may find it done.
    """
    return _begin(_waiting(Status.INGESTING, candidate_id), settings.INGEST_LEASE_S, "The download")


def begin_urgent_ingest() -> Candidate | None:
    """Lease a clip that its provider keeps for a few minutes more only, or None."""
    soon = timezone.now() + timedelta(seconds=settings.FETCH_URGENT_S)
    rows = _waiting(Status.INGESTING, None).filter(fetch_by__lte=soon)
    return _begin(rows, settings.INGEST_LEASE_S, "The download")


def begin_check(candidate_id: int) -> Candidate | None:
    """Lease a CHECKING candidate for its checks, or None when there is nothing to do."""
    rows = _waiting(Status.CHECKING, candidate_id).filter(pk=candidate_id)
    return _begin(rows, settings.CHECK_LEASE_S, "The check")


def _waiting(status: Status, named: int | None) -> QuerySet[Candidate]:
    """Rows that nobody works on: not begun yet, named by the message in hand, or due by now.

    A row that failed a moment ago waits out its pause: a message that comes before its end, its own
    included, is one of many that were sent while it waited.
    """
    idle = Q(worker="") & (Q(tries=0) | Q(pk=named, failure=""))
    return Candidate.objects.whole().filter(idle | Q(due_at__lte=timezone.now()), status=status)


def _begin(rows: QuerySet[Candidate], lease_s: float, doing: str) -> Candidate | None:
    # Whoever loses the claim on one takes the next.
    for candidate in rows.order_by(F("fetch_by").asc(nulls_last=True), "status_at", "pk")[:AT_A_LOOK]:
        if not worn_out(candidate, doing) and candidate.claim(lease_s, worker=identity.me("queue:media")):
            Candidate.objects.filter(pk=candidate.pk).update(tries=F("tries") + 1)
            candidate.tries += 1
            return candidate
    return None


def keep_lease(candidate: Candidate) -> bool:
    """Begin the lease of a download anew; False when somebody else has taken or moved the row."""
    return candidate.claim(settings.INGEST_LEASE_S, worker=candidate.worker)


def ingested(candidate: Candidate, clip: Clip) -> None:
    """The vendor's bytes are in storage: keep their facts and hand them to the check."""
    try:
        with transaction.atomic():
            facts: dict[str, Any] = {"tries": 0, "failure": ""}
            candidate.move(Status.CHECKING, actor="ingest", due_in=settings.REQUEUE_S, **facts)
            Clip.objects.filter(candidate=candidate).delete()
            clip.candidate = candidate
            clip.save()
            dispatch.check(candidate)
    except StaleCandidate:
        return


def ingest_failed(candidate: Candidate, error: ProviderError) -> None:
    """The download did not come whole: tried again with patience, or ended when trying cannot help.

    What this site could not write down is no fault of the clip, and is tried for as long as it takes.
    """
    late = isinstance(error, LinkExpired | JobNotFound) and _is_past(candidate.fetch_by)
    ours = isinstance(error, NotPrepared)
    if ours or (not error.permanent and not late and candidate.tries < MOST_FETCHES):
        wait = STORAGE_PAUSE_S if ours else backoff_s(candidate.tries, error.retry_after)
        facts = {"due_at": timezone.now() + timedelta(seconds=wait), "failure": str(error)[:600]}
        row = Candidate.objects.filter(pk=candidate.pk, status=Status.INGESTING, fence=candidate.fence)
        row.update(worker="", tries=1 if ours else candidate.tries, **facts)
        return
    why = f"{_too_late(candidate) if late else error} {money.charged_sentence(candidate)}"
    end_unless_late(candidate, Status.FAILED, why, actor="ingest", vendor_words=error.vendor_words[:1000])


def _is_past(moment: datetime | None) -> bool:
    return moment is not None and moment <= timezone.now()


def _too_late(candidate: Candidate) -> str:
    """The sentence for a clip that was made, was not fetched in time, and was asked for once more in vain."""
    assert candidate.fetch_by is not None  # noqa: S101  Only of a clip whose time is known to be over.
    until = timezone.localtime(candidate.fetch_by)
    return (
        "The clip was made and could not be fetched in time: its provider kept it until "
        f"{until:%d %B, %H:%M} and no longer gives it out."
    )


def hand_back(candidate: Candidate) -> bool:
    """Give back a download or a check that was cut short because its process had to stop.

    It is due again at once, and the try does not count. False when somebody else has moved the row, and for
    a paid call, which is never begun a second time.
    """
    row = Candidate.objects.filter(pk=candidate.pk, fence=candidate.fence)
    facts: dict[str, Any] = {"fence": F("fence") + 1, "tries": Greatest(F("tries") - 1, Value(0))}
    interrupted = row.filter(status__in=[Status.INGESTING, Status.CHECKING])
    return interrupted.update(due_at=timezone.now(), worker="", **facts) == 1


def check_postponed(candidate: Candidate, sentence: str, *, counts: bool) -> None:
    """The check could not be made now, which says nothing of the clip: it is tried again after a pause.

    As often as it takes; where the clip may have its part in it, this try `counts`, and the last one that
    counts ends the clip.
    """
    row = Candidate.objects.filter(pk=candidate.pk, status=Status.CHECKING, fence=candidate.fence)
    facts = {"due_at": timezone.now() + timedelta(seconds=STORAGE_PAUSE_S), "failure": sentence[:600]}
    row.update(worker="", tries=candidate.tries if counts else 1, **facts)


def check_out_of_time(candidate: Candidate, sentence: str) -> None:
    """The check was not done in time: once more, as the machine may have been busy, and then no more."""
    if candidate.tries < MOST_LATE_CHECKS:
        check_postponed(candidate, sentence, counts=True)
    else:
        check_refused(candidate, sentence)


def check_refused(candidate: Candidate, sentence: str) -> None:
    """What came is not a playable clip."""
    end_unless_late(
        candidate, Status.FAILED, f"{sentence} {money.charged_sentence(candidate)}", actor="check"
    )


def checked(candidate: Candidate, report: QualityReport, clip_facts: dict[str, Any]) -> None:
    """The clip is playable and measured: it goes to people, ranked among its siblings.

    What the project accepts becomes a remark here, and the report's score, coverage and learned score are
    filled in from its parts and findings.
    """
    try:
        with transaction.atomic():
            Shot.objects.select_for_update(no_key=True).get(pk=candidate.shot_id)
            now = timezone.now()
            candidate.move(Status.IN_REVIEW, actor="check", tries=0, failure="", in_review_at=now)
            Clip.objects.filter(candidate=candidate).update(**clip_facts)
            QualityReport.objects.filter(candidate=candidate).delete()
            _keep(candidate, report)
            picks.bring_up_to_date(candidate.shot_id)
            review.arrived(candidate)
            events.clip_came(candidate.version)
    except StaleCandidate:
        return


def rechecked(candidate: Candidate, report: QualityReport, clip_facts: dict[str, Any]) -> bool:
    """A newer checker has looked at a clip that people have seen: its report counts, the old one is kept.

    No status and no decision is touched, and nothing is approved by itself; only clips that still wait are
    ranked anew. False when there was nothing to replace: somebody was first, the clip is made again, or its
    files were removed meanwhile.
    """
    with transaction.atomic():
        Shot.objects.select_for_update(no_key=True).get(pk=candidate.shot_id)
        row = Candidate.objects.whole().get(pk=candidate.pk)
        old: QualityReport | None = getattr(row, "quality", None)
        seen = row.status in rechecks.LOOKED_AT and row.clip.removed_at is None
        if not seen or old is None or not rechecks.is_newer(report.checker_version, old.checker_version):
            return False
        rechecks.keep_earlier(old)
        QualityReport.objects.filter(pk=old.pk).delete()
        Clip.objects.filter(candidate=row, removed_at=None).update(**clip_facts)
        _keep(row, report)
        for later in row.replaced_by.all():
            fixes.seen(later)
        if row.status == Status.IN_REVIEW:
            picks.bring_up_to_date(row.shot_id)
    return True


def _keep(candidate: Candidate, report: QualityReport) -> None:
    report.candidate = candidate
    waits, project_id = candidate.status == Status.IN_REVIEW, candidate.shot.project_id
    picks.accept(report, picks.accepted_in(project_id))
    picks.score(report, picks.model_for(project_id) if waits else None)
    report.save()
    fixes.seen(candidate)
