"""Where a person has to move a candidate that the machine could not."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from reviewapp import dispatch, money
from reviewapp.line.lookup import ENTERED
from reviewapp.models import Candidate, StaleCandidate, Status, User


class CannotAskAgain(Exception):
    """This candidate is not in a state from which it can be asked for again; the sentence says why."""


class JobTaken(Exception):
    """The job that a person has entered already belongs to another clip."""


def _row(candidate: Candidate, *allowed: Status) -> Candidate:
    """The row as it stands, and nobody else's until the transaction ends: two people may press at once."""
    locked = Candidate.objects.whole().select_for_update(of=("self",), no_key=True)
    return _seen(locked.get(pk=candidate.pk), *allowed)


def _seen(row: Candidate, *allowed: Status) -> Candidate:
    if row.status not in allowed:
        raise CannotAskAgain(f"{row.code} is {Status(row.status).label.lower()} by now. Nothing was changed.")
    return row


@transaction.atomic
def ask_again(candidate: Candidate, by: User, *, pay_again: bool = False) -> Candidate:
    """Send a FAILED or REFUSED candidate again.

    A clip that was made and paid is only fetched again, free of charge, unless the person asks to pay for
    another.
    """
    row = _row(candidate, Status.FAILED, Status.REFUSED)
    if was_made(row) and not pay_again:
        row.move(Status.GENERATING, by=by, why="fetch the paid clip again", due_in=0, failure="", tries=0)
        return row
    facts: dict[str, Any] = {
        "attempt": row.attempt + 1,
        "provider_job_id": "",
        "failure": "",
        "vendor_words": "",
        "tries": 0,
        "passed_by": [],
    }
    facts |= {"progress": None, "vendor_status": "", "cancel_asked": False, "vendor_done_at": None}
    facts |= {"vendor_copy_gone_at": None}
    facts |= {"waits_since": None, "send_at": None}
    row.move(Status.QUEUED, by=by, why="sent again", due_in=settings.REQUEUE_S, **facts)
    dispatch.submit(row)
    return row


def was_made(candidate: Candidate) -> bool:
    """Whether the vendor made (and charged for) a clip that is still to be fetched: asking again is free."""
    if candidate.vendor_copy_gone_at is not None:
        return False
    return bool(candidate.provider_job_id and candidate.vendor_done_at and candidate.status == Status.FAILED)


@transaction.atomic
def resolve_made(candidate: Candidate, by: User, job_id: str) -> Candidate:
    """A person found the job at the vendor: it is polled like any other from now on. Should the vendor not
    know it, the call is as uncertain as before. Raises JobTaken and CannotAskAgain.
    """
    row = _row(candidate, Status.UNCERTAIN)
    facts: dict[str, Any] = {"provider_job_id": job_id, "vendor_status": ENTERED, "tries": 0}
    # Nobody knows when the vendor took it; a guess would teach a wrong length of time.
    facts |= {"submitted_at": None, "failure": "", "vendor_words": ""}
    try:
        with transaction.atomic():
            why = "found at the provider by a person"
            row.move(Status.GENERATING, by=by, why=why, due_in=0, **facts)
    except IntegrityError as error:
        raise JobTaken("Another clip already carries this job id. Check it and try again.") from error
    return row


@transaction.atomic
def resolve_not_made(candidate: Candidate, by: User) -> Candidate:
    """A person is sure that the vendor never took the call: the money is released and it is sent again."""
    row = _seen(Candidate.objects.whole().get(pk=candidate.pk), Status.UNCERTAIN)
    why = "a person found no such job at the provider"
    facts: dict[str, Any] = {"attempt": row.attempt + 1, "failure": "", "vendor_words": "", "tries": 0}
    try:
        # The money before the row, as everyone who closes a call: a lookup may be answered in this moment.
        with transaction.atomic():
            money.release(row, why)
            row.move(Status.QUEUED, by=by, why=why, due_in=settings.REQUEUE_S, vendor_status="", **facts)
    except (IntegrityError, StaleCandidate):
        raise CannotAskAgain(f"{row.code} has moved on in this moment. Nothing was changed.") from None
    dispatch.submit(row)
    return row
