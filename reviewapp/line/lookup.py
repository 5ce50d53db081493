"""Calls and jobs of which the vendor has to say whether it knows them: lost answers, ids that people have
entered, jobs that are suddenly not there.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, DateTimeField, F, Value, When
from django.db.models.functions import Least
from django.utils import timezone

from providers import registry
from providers.contract import ProviderJob
from providers.errors import AuthFailed, JobNotFound, NotConfigured, ProviderError, Unsupported
from reviewapp import events, keyring, money
from reviewapp.line import paces
from reviewapp.line.common import backoff_s, end, hold_shot
from reviewapp.models import Candidate, EventKind, Status

# Our own words for a job that the vendor said it does not know, until it is believed or known again, and for
# one that a person has entered, until the vendor has said that it knows it.
NOT_KNOWN: Final = "not known"
ENTERED: Final = "entered by a person"
# So often in a row, over a minute, a vendor must say that it knows no such job: another server of it may not
# have heard of the job yet, or a gateway may be in the middle of a change.
SURE_AFTER: Final = 5
# A wrong id only goes back to whoever entered it, and they are waiting.
SURE_OF_ENTERED: Final = 2
GONE: Final = 410
# A lost call is looked up a second time so much later before it is paid again.
SECOND_LOOK_S: Final = 60.0
# So many answers in a row that say nothing, and a person is told.
TOLD_AFTER: Final = 5
# Counting stops here; weeks without an answer would not fit into the column.
MOST_COUNTED: Final = 100

_ONE_MORE = Least(F("tries") + 1, Value(MOST_COUNTED))


def look_again(candidate: Candidate, due_in: float | None, **facts: Any) -> bool:
    """Leave the row where it is and ask again later, or not by itself; False when somebody has moved it."""
    due_at = None if due_in is None else timezone.now() + timedelta(seconds=due_in)
    row = Candidate.objects.filter(pk=candidate.pk, status=candidate.status, fence=candidate.fence)
    # A webhook that came while the vendor was being asked has made the row due again. Its news may be newer
    # than this answer, so it stands.
    unhinted = When(due_at=candidate.due_at, then=Value(due_at, output_field=DateTimeField()))
    return bool(row.update(due_at=Case(unhinted, default=F("due_at")), worker="", **facts))


def _patience_s(tries: int, error: ProviderError) -> float:
    return min(paces.LONGEST_POLL_S, backoff_s(tries, error.retry_after))


def _tell(candidate: Candidate, sentence: str) -> None:
    """Tell people once, however often the vendor says the same of this call."""
    repeats = f"uncertain:{candidate.pk}:{candidate.revision}"
    told = f"{candidate.code}: {sentence}"
    events.tell(EventKind.CALL_UNCERTAIN, told, repeats=repeats, shot=candidate.shot, candidate=candidate)


# --- a paid call whose answer was lost ---


def reconcile(candidate: Candidate, answer: ProviderJob | ProviderError | None) -> None:
    """An UNCERTAIN row was looked up by our own mark. Only when it was not found twice it is sent again."""
    if isinstance(answer, ProviderJob):
        _found(candidate, answer)
    elif answer is None and keyring.changed_since_call(candidate):
        words = (
            "The provider knows no such job, but the key was changed after the call, maybe to another "
            "account. A person has to look."
        )
        _ask_a_person(candidate, words)
    elif answer is None and candidate.vendor_status != NOT_KNOWN:
        look_again(candidate, SECOND_LOOK_S, vendor_status=NOT_KNOWN)
    elif answer is None:
        why = "the provider knows no such job: nothing was charged"
        with transaction.atomic():
            money.release(candidate, why)
            facts: dict[str, Any] = {"attempt": candidate.attempt + 1, "failure": "", "vendor_status": ""}
            candidate.move(Status.QUEUED, actor="watch", why=why, due_in=0, **facts)
    elif isinstance(answer, Unsupported):
        # This vendor offers no way to look a job up: a person has to say which it was.
        _ask_a_person(candidate, f"{candidate.failure} {answer}".strip())
    else:
        _not_looked_up(candidate, answer)


def _ask_a_person(candidate: Candidate, failure: str) -> None:
    with transaction.atomic():
        if look_again(candidate, None, failure=failure[:600]):
            label = registry.label(candidate.provider)
            _tell(
                candidate,
                f"nobody knows whether {label} took the paid call. Look there and say which it was.",
            )


def _not_looked_up(candidate: Candidate, error: ProviderError) -> None:
    """The vendor could not be asked. It is asked on; a person is told when that seems to lead nowhere."""
    with transaction.atomic():
        wait_s = _patience_s(candidate.tries + 3, error)
        looked = look_again(candidate, wait_s, tries=_ONE_MORE, vendor_words=str(error)[:1000])
        if looked and candidate.tries + 1 >= TOLD_AFTER:
            _tell(candidate, f"the lost paid call could not be looked up {TOLD_AFTER} times: {error}")


def _found(candidate: Candidate, job: ProviderJob) -> None:
    facts: dict[str, Any] = {"provider_job_id": job.id, "submitted_at": timezone.now(), "failure": ""}
    facts |= {"tries": 0, "vendor_status": job.vendor_status[:60], "vendor_words": ""}
    try:
        with transaction.atomic():
            candidate.move(Status.GENERATING, actor="watch", why="found at the provider", due_in=0, **facts)
    except IntegrityError:
        words = "The provider names a job that another clip has already. A person has to look at its page."
        _ask_a_person(candidate, words)


# --- a job that the vendor does not tell about ---


def not_heard(candidate: Candidate, error: ProviderError) -> None:
    """A GENERATING row was asked about and the answer was no job."""
    unknown = isinstance(error, JobNotFound) or error.status == GONE
    if candidate.vendor_status == ENTERED and (unknown or _is_about_the_job(error)):
        _not_what_was_entered(candidate, error)
    elif unknown:
        _not_known(candidate, error)
    else:
        if isinstance(error, AuthFailed) and candidate.provider_key is not None:
            # The job goes on at the vendor; the key's people have to act before anyone can look.
            keyring.pause(candidate.provider_key, str(error))
        _cannot_be_asked(candidate, error, _patience_s(candidate.tries + 1, error))


def _is_about_the_job(error: ProviderError) -> bool:
    """Whether asking about this job will fail for ever, and not for the key's or this machine's sake."""
    return error.permanent and not isinstance(error, AuthFailed | NotConfigured)


def _cannot_be_asked(candidate: Candidate, error: ProviderError, wait_s: float, **facts: Any) -> None:
    """The job goes on and nobody can see it: the page shows why, and people are told where it may last."""
    with transaction.atomic():
        facts |= {"failure": str(error)[:600], "vendor_words": error.vendor_words[:1000]}
        asked = look_again(candidate, wait_s, **({"tries": _ONE_MORE} | facts))
        if asked and error.permanent and candidate.tries + 1 >= TOLD_AFTER:
            _tell(candidate, f"the paid job cannot be followed: {error}")


def _not_known(candidate: Candidate, error: ProviderError) -> None:
    said_before = candidate.tries if candidate.vendor_status == NOT_KNOWN else 0
    wait_s = settings.POLL_SECONDS or backoff_s(said_before + 1, None)
    if said_before >= SURE_AFTER and not candidate.cancel_asked and keyring.changed_since_call(candidate):
        label = registry.label(candidate.provider)
        changed = JobNotFound(
            f"{label} knows no such job, but the key was changed after the call, maybe to another account. "
            "The clip is asked for again when the old account is back; its money stays reserved.",
            vendor_words=error.vendor_words,
        )
        _cannot_be_asked(candidate, changed, _patience_s(MOST_COUNTED, changed))
    elif candidate.cancel_asked or said_before >= SURE_AFTER:
        _vanished(candidate, error)
    else:
        look_again(candidate, wait_s, tries=said_before + 1, vendor_status=NOT_KNOWN)


def _not_what_was_entered(candidate: Candidate, error: ProviderError) -> None:
    """The vendor knows no job under the id that a person has entered: the call is as uncertain as before, and
    its money stays reserved.
    """
    if candidate.tries < SURE_OF_ENTERED:
        look_again(candidate, settings.POLL_SECONDS or backoff_s(candidate.tries + 1, None), tries=_ONE_MORE)
        return
    label = registry.label(candidate.provider)
    why = (
        f"{label} knows no job “{candidate.provider_job_id[:80]}”, which was entered by hand. Look once "
        "more; the money of the call stays reserved."
    )
    facts: dict[str, Any] = {"provider_job_id": "", "vendor_status": "", "tries": 0, "progress": None}
    with transaction.atomic():
        words = error.vendor_words[:1000]
        candidate.move(Status.UNCERTAIN, actor="watch", why=why, failure=why, vendor_words=words, **facts)
        _tell(candidate, why)


def _vanished(candidate: Candidate, error: ProviderError) -> None:
    with transaction.atomic():
        hold_shot(candidate)
        money.settle(candidate, None, "the provider no longer knows the job; counted at its estimate")
        if candidate.cancel_asked:
            end(candidate, Status.CANCELLED, "Cancelled at the provider.", actor="watch")
        else:
            why = f"The provider no longer knows this job. {money.charged_sentence(candidate)}"
            end(candidate, Status.FAILED, why, actor="watch", vendor_words=error.vendor_words[:1000])
