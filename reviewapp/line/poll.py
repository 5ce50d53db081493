"""What the vendors say about running jobs, written down for many rows at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Least
from django.utils import timezone

from providers import catalog
from providers.contract import JobState, ProviderJob
from providers.errors import AuthFailed, JobNotFound, ProviderError, Unsupported
from reviewapp import dispatch, keyring, limits, money
from reviewapp.line.common import backoff_s, end
from reviewapp.line.submit import QUIET_S
from reviewapp.models import Candidate, StaleCandidate, Status

logger = logging.getLogger(__name__)

# What a vendor may wish for a poll, which costs nothing: a finished clip must not lie there for longer.
LONGEST_POLL_S: Final = 3600.0
# Our own word for a job that the vendor said it does not know, until it is believed or known again.
NOT_KNOWN: Final = "not known"
# So often in a row, over a minute, a vendor must say that it knows no such job: another server of it may not
# have heard of the job yet, or a gateway may be in the middle of a change.
SURE_AFTER: Final = 5
GONE: Final = 410
# A lost call is looked up a second time so much later before it is paid again.
SECOND_LOOK_S: Final = 60.0
MOST_FOR_A_CLIP_USD: Final = Decimal(100_000)
# Counting stops here; weeks without an answer would not fit into the column.
MOST_COUNTED: Final = 100

# The vendor's answer to one row: the job, what went wrong, or None for "I know no job with your mark".
Answer = ProviderJob | ProviderError | None


_ONE_MORE = Least(F("tries") + 1, Value(MOST_COUNTED))


def claim_polls(limit: int, lease_s: float) -> list[Candidate]:
    """Lease the due GENERATING and UNCERTAIN rows; a watcher that dies loses its lease and nothing else."""
    rows = Candidate.objects.whole().due().filter(status__in=[Status.GENERATING, Status.UNCERTAIN])
    with transaction.atomic():
        return [row for row in rows.order_by("due_at")[:limit] if row.claim(lease_s)]


def record_polls(answers: Sequence[tuple[Candidate, Answer]]) -> None:
    """Write the answers of one batch in one transaction; each row stands or falls alone."""
    with transaction.atomic():
        for candidate, answer in answers:
            try:
                with transaction.atomic():
                    _record(candidate, answer)
                if candidate.status not in limits.AT_THE_VENDOR:
                    limits.left(candidate.provider_key_id)
            except StaleCandidate:
                # A person, a webhook or another watcher was first: their word stands.
                continue
            except (OperationalError, InterfaceError):
                raise
            except Exception:
                # What cannot be written of one clip must not keep the others waiting. Its lease runs out, and
                # then it is asked about again.
                logger.exception("%s: the provider's answer could not be written down", candidate.code)


def _record(candidate: Candidate, answer: Answer) -> None:
    if candidate.status == Status.UNCERTAIN:
        _reconcile(candidate, answer)
    elif isinstance(answer, ProviderJob):
        _heard(candidate, answer)
    elif answer is not None:
        _not_heard(candidate, answer)


def _reconcile(candidate: Candidate, answer: Answer) -> None:
    """An UNCERTAIN row was looked up by our own mark. Only when it was not found twice it is sent again."""
    if isinstance(answer, ProviderJob):
        _found(candidate, answer)
    elif answer is None and keyring.changed_since_call(candidate):
        words = (
            "The provider knows no such job, but the key was changed after the call, maybe to another "
            "account. A person has to look."
        )
        _look_again(candidate, None, failure=words)
    elif answer is None and candidate.vendor_status != NOT_KNOWN:
        _look_again(candidate, SECOND_LOOK_S, vendor_status=NOT_KNOWN)
    elif answer is None:
        why = "the provider knows no such job: nothing was charged"
        with transaction.atomic():
            money.release(candidate, why)
            facts: dict[str, Any] = {"attempt": candidate.attempt + 1, "failure": "", "vendor_status": ""}
            candidate.move(Status.QUEUED, actor="watch", why=why, due_in=0, **facts)
    elif isinstance(answer, Unsupported):
        # This vendor offers no way to look a job up: a person has to say which it was.
        _look_again(candidate, None)
    else:
        _look_again(candidate, _patience_s(candidate.tries + 3, answer), tries=_ONE_MORE)


def _found(candidate: Candidate, job: ProviderJob) -> None:
    facts: dict[str, Any] = {"provider_job_id": job.id, "submitted_at": timezone.now(), "failure": ""}
    try:
        with transaction.atomic():
            candidate.move(Status.GENERATING, actor="watch", why="found at the provider", due_in=0, **facts)
    except IntegrityError:
        words = "The provider names a job that another clip has already. A person has to look at its page."
        _look_again(candidate, None, failure=words)


def _patience_s(tries: int, error: ProviderError) -> float:
    return min(LONGEST_POLL_S, backoff_s(tries, error.retry_after))


def _look_again(candidate: Candidate, due_in: float | None, **facts: Any) -> None:
    due_at = None if due_in is None else timezone.now() + timedelta(seconds=due_in)
    row = Candidate.objects.filter(pk=candidate.pk, status=candidate.status, fence=candidate.fence)
    # A webhook that came while the vendor was being asked has made the row due again. Its news may be newer
    # than this answer, so it stands.
    unhinted = When(due_at=candidate.due_at, then=Value(due_at, output_field=DateTimeField()))
    row.update(due_at=Case(unhinted, default=F("due_at")), **facts)


def hint(rows: Q) -> int:
    """Have these rows polled now, because a webhook said that their job has moved; how many there were.

    Nothing else is changed: no status, no claim. A call whose answer was lost keeps its quiet time, because
    looking it up too early would find nothing and pay again.
    """
    now = timezone.now()
    waiting = Candidate.objects.filter(rows, status__in=[Status.GENERATING, Status.UNCERTAIN])
    quiet = Q(status=Status.UNCERTAIN, status_at__gt=now - timedelta(seconds=QUIET_S))
    return waiting.exclude(quiet).exclude(due_at__lte=now).update(due_at=now)


def _heard(candidate: Candidate, job: ProviderJob) -> None:
    facts: dict[str, Any] = {"vendor_status": job.vendor_status[:60], "progress": job.progress, "tries": 0}
    match job.state:
        case JobState.SUCCEEDED if job.outputs:
            with transaction.atomic():
                money.settle(candidate, _final_cost(job), "the clip was made")
                facts |= {"progress": 1.0, "vendor_done_at": timezone.now()}
                facts["fetch_by"] = _fetch_by(candidate, job)
                candidate.move(Status.INGESTING, actor="watch", due_in=settings.REQUEUE_S, **facts)
                dispatch.ingest(candidate)
        case JobState.SUCCEEDED:
            _over(candidate, Status.FAILED, "The provider says it is done and gave no clip.", job)
        case JobState.FAILED:
            help_words = " The same request may well pass if it is sent again." if job.retry_helps else ""
            _over(candidate, Status.FAILED, f"The provider could not make the clip.{help_words}", job)
        case JobState.REFUSED:
            _over(candidate, Status.REFUSED, "The provider's safety system said no.", job)
        case JobState.CANCELLED:
            _over(candidate, Status.CANCELLED, "The provider cancelled the job.", job)
        case _:
            wish = settings.POLL_SECONDS or job.poll_after_s or 5.0
            _look_again(candidate, wish, **facts)


def _fetch_by(candidate: Candidate, job: ProviderJob) -> datetime | None:
    """Until when the clip can be had: as the vendor says, else as the catalogue says; None for "nobody
    knows".
    """
    if job.outputs[0].expires_at is not None:
        return job.outputs[0].expires_at
    keeps_for_s = catalog.vendor(candidate.provider).keeps_for_s
    return None if keeps_for_s is None else timezone.now() + timedelta(seconds=keeps_for_s)


def _final_cost(job: ProviderJob) -> Decimal | None:
    """What the vendor says it charged; None where it says nothing, or what no clip can cost."""
    told = job.cost_usd if job.cost_is_final else None
    return told if told is None or told <= MOST_FOR_A_CLIP_USD else None


def _over(candidate: Candidate, to: Status, sentence: str, job: ProviderJob) -> None:
    """The job ended without a clip. Where the vendor names no charge, a job without a clip is taken as
    free.
    """
    with transaction.atomic():
        money.settle(candidate, _final_cost(job) or Decimal(0), job.failure_code or sentence)
        words = " ".join(part for part in (job.failure_code, job.failure_words) if part)[:1000]
        facts = {"vendor_status": job.vendor_status[:60], "vendor_words": words}
        why = f"{sentence} {money.charged_sentence(candidate)}"
        end(candidate, to, why, actor="watch", **facts)


def _not_heard(candidate: Candidate, error: ProviderError) -> None:
    if isinstance(error, JobNotFound) or error.status == GONE:
        _not_known(candidate, error)
        return
    if isinstance(error, AuthFailed) and candidate.provider_key is not None:
        # The job goes on at the vendor; the key's people have to act before anyone can look.
        keyring.pause(candidate.provider_key, str(error))
    _look_again(candidate, _patience_s(candidate.tries + 1, error), tries=_ONE_MORE)


def _not_known(candidate: Candidate, error: ProviderError) -> None:
    said_before = candidate.tries if candidate.vendor_status == NOT_KNOWN else 0
    if candidate.cancel_asked or said_before >= SURE_AFTER:
        _vanished(candidate, error)
        return
    wait_s = settings.POLL_SECONDS or backoff_s(said_before + 1, None)
    _look_again(candidate, wait_s, tries=said_before + 1, vendor_status=NOT_KNOWN)


def _vanished(candidate: Candidate, error: ProviderError) -> None:
    with transaction.atomic():
        money.settle(candidate, None, "the provider no longer knows the job; counted at its estimate")
        if candidate.cancel_asked:
            end(candidate, Status.CANCELLED, "Cancelled at the provider.", actor="watch")
        else:
            why = f"The provider no longer knows this job. {money.charged_sentence(candidate)}"
            end(candidate, Status.FAILED, why, actor="watch", vendor_words=error.vendor_words[:1000])


def record_cancel(candidate: Candidate, done: bool, job: ProviderJob | None) -> None:
    """Write down what came of asking the vendor to stop.

    `job` is the last look before asking. A vendor that stops a waiting job charges nothing; one that stops a
    running job charges for it (Runway's documentation), so without its own figure the estimate is counted.
    """
    if not done:
        # It cannot be stopped: the clip comes, is kept and passed over.
        row = Candidate.objects.filter(pk=candidate.pk, fence=candidate.fence)
        row.update(cancel_asked=False, due_at=timezone.now())
        return
    waiting = job is not None and job.state == JobState.QUEUED
    final = _final_cost(job) if job is not None else None
    try:
        with transaction.atomic():
            money.settle(candidate, Decimal(0) if waiting else final, "cancelled at the provider")
            why = f"Cancelled: another candidate was approved. {money.charged_sentence(candidate)}"
            end(candidate, Status.CANCELLED, why, actor="watch")
            limits.left(candidate.provider_key_id)
    except StaleCandidate:
        return
