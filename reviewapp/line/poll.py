"""What the vendors say about running jobs, written down for many rows at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from providers import catalog
from providers.contract import JobState, ProviderJob
from providers.errors import ProviderError
from reviewapp import dispatch, limits, logs, money
from reviewapp.line import lookup, paces
from reviewapp.line.common import end, hold_shot
from reviewapp.line.running import note
from reviewapp.models import Candidate, StaleCandidate, Status

logger = logging.getLogger(__name__)

MOST_FOR_A_CLIP_USD: Final = Decimal(100_000)

# The vendor's answer to one row: the job, what went wrong, or None for "I know no job with your mark".
Answer = ProviderJob | ProviderError | None


UNDER_WAY: Final = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.UNKNOWN})


def record_polls(answers: Sequence[tuple[Candidate, Answer]]) -> int:
    """Write the answers of one batch; how many were no mere "still under way".

    Jobs that are still under way are written with one statement, finished clips in one transaction, both in
    the order of their numbers. What else there is may need its shot, and never waits for that with other
    rows in its hands.
    """
    running: list[tuple[Candidate, ProviderJob]] = []
    made: list[tuple[Candidate, Answer]] = []
    others: list[tuple[Candidate, Answer]] = []
    for row, answer in sorted(answers, key=lambda told: told[0].pk):
        if row.status != Status.GENERATING or not isinstance(answer, ProviderJob):
            others.append((row, answer))
        elif answer.state in UNDER_WAY:
            running.append((row, answer))
        else:
            (made if answer.state == JobState.SUCCEEDED and answer.outputs else others).append((row, answer))
    if not _all_noted(running):
        others += running
    learned: list[tuple[paces.Maker, float]] = []
    if made:
        with transaction.atomic():
            learned += _record_all(made)
    learned += _record_all(others)
    paces.learn(learned)
    return len(made) + len(others)


def _all_noted(running: Sequence[tuple[Candidate, ProviderJob]]) -> bool:
    """Note all of them, or none when there is one that cannot be written."""
    if not running:
        return True
    try:
        with transaction.atomic():
            note(running)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # noqa: BLE001
        # One of them holds what no database takes. Each is tried alone, and that one is complained of there.
        return False
    return True


@contextmanager
def _alone(row: Candidate) -> Iterator[None]:
    """Write about one row, which stands or falls by itself."""
    with logs.about(row):
        try:
            with transaction.atomic():
                yield
        except StaleCandidate:
            # A person, a webhook or another watcher came in between: their word stands.
            pass
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            # What cannot be written of one clip must not keep the others waiting. Its lease runs out, and
            # then it is asked about again.
            logger.exception("%s: the provider's answer could not be written down", row.code)


def _record_all(answers: Iterable[tuple[Candidate, Answer]]) -> Iterator[tuple[paces.Maker, float]]:
    """Write each answer down, whatever it brings; what they teach about the models' paces."""
    for row, answer in answers:
        taught = None
        with _alone(row):
            seconds = paces.duration(row, timezone.now())
            _record(row, answer)
            if row.status not in limits.AT_THE_VENDOR:
                limits.left(row.provider_key_id)
            if row.status == Status.INGESTING and seconds is not None:
                taught = (paces.maker_of(row), seconds)
        if taught:
            yield taught


def _record(candidate: Candidate, answer: Answer) -> None:
    if candidate.status == Status.UNCERTAIN:
        lookup.reconcile(candidate, answer)
    elif isinstance(answer, ProviderJob):
        _heard(candidate, answer)
    elif answer is not None:
        lookup.not_heard(candidate, answer)


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
            # Nobody else holds this row: what cannot be written is the caller's to know.
            note([(candidate, job)])


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
        hold_shot(candidate)
        money.settle(candidate, _final_cost(job) or Decimal(0), job.failure_code or sentence)
        words = " ".join(part for part in (job.failure_code, job.failure_words) if part)[:1000]
        facts = {"vendor_status": job.vendor_status[:60], "vendor_words": words}
        why = f"{sentence} {money.charged_sentence(candidate)}"
        end(candidate, to, why, actor="watch", **facts)


def record_cancel(candidate: Candidate, done: bool, job: ProviderJob | None) -> None:
    """Write down what came of asking the vendor to stop.

    `job` is the last look before asking. A vendor that stops a waiting job charges nothing; one that stops a
    running job charges for it (Runway's documentation), so without its own figure the estimate is counted.
    """
    if not done:
        # It cannot be stopped: the clip comes, is kept and passed over.
        row = Candidate.objects.filter(pk=candidate.pk, fence=candidate.fence)
        row.update(cancel_asked=False, due_at=timezone.now(), worker="")
        return
    waiting = job is not None and job.state == JobState.QUEUED
    with _alone(candidate):
        final = _final_cost(job) if job is not None else None
        hold_shot(candidate)
        money.settle(candidate, Decimal(0) if waiting else final, "cancelled at the provider")
        why = f"Cancelled: another candidate was approved. {money.charged_sentence(candidate)}"
        end(candidate, Status.CANCELLED, why, actor="watch")
        limits.left(candidate.provider_key_id)
