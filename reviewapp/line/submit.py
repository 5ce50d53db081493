"""The one paid call: claim and reserve, then say which of its three ends it had."""

from __future__ import annotations

import logging
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from providers import registry
from providers.contract import ProviderJob
from providers.errors import ContentRefused, ProviderError
from reviewapp import budgets, events, keyring, limits, money, shortage
from reviewapp.line import fallback, paces
from reviewapp.line.common import backoff_s, end, end_unless_late, hold_shot
from reviewapp.line.fallback import Spared
from reviewapp.models import Candidate, EventKind, StaleCandidate, Status

logger = logging.getLogger(__name__)

# A call that surely did not count is tried again this often before a person is asked.
MAX_TRIES: Final = 10
# The vendor may still be writing the job down when its answer is lost; only after this is it looked up.
QUIET_S: Final = 30.0
# How often a waiting clip looks whether its shot is still on hold.
ON_HOLD_S: Final = 30.0
# How often a clip that nobody can take now looks whether a provider's rest is over.
REST_S: Final = 30.0
# How soon another account of the same provider is asked.
JUST_NOW_S: Final = 0.5


def begin_submit(candidate_id: int) -> Candidate | None:
    """Claim a QUEUED candidate for its one paid call, with the reservation in the same transaction.

    None when there is nothing to do: the row has moved on, its shot is on hold, no key is usable, a cap
    leaves no money and the row waits for some, or the keys leave no room and the row stands in line. Whoever
    gets the candidate must end in `submit_accepted` or `submit_failed`.
    """
    candidate = Candidate.objects.whole().filter(pk=candidate_id, status=Status.QUEUED).first()
    if candidate is None or limits.is_early(candidate) or _no_longer_wanted(candidate):
        return None
    try:
        return candidate if _may_be_asked(candidate) and _claim(candidate) else None
    except budgets.KeyBudgetReached as reached:
        _give_away(candidate, str(reached), or_end=True, short=reached)
    except budgets.BudgetReached as reached:
        shortage.park(candidate, reached)
    except StaleCandidate:
        # Another worker has claimed the row or a person has moved it: theirs is the call.
        pass
    return None


def _may_be_asked(candidate: Candidate) -> bool:
    """Whether the row's provider can be asked, now or by standing in line for it; else the row is seen to."""
    label = registry.label(candidate.provider)
    keys = [key for key in keyring.fitting(candidate.provider, drawn=candidate.drawn) if key.usable]
    if not keys:
        why = f"No usable key for {label}: an admin has to add or enable one. Nothing was sent."
        _give_away(candidate, why, or_end=True)
        return False
    ill = [key for key in keys if key.rests(timezone.now()) and key.resting_reason != limits.FULL_WORDS]
    if len(ill) < len(keys):
        return True
    return not _give_away(candidate, f"{label} rests: {ill[0].resting_reason}", or_end=False)


def _give_away(
    candidate: Candidate, why: str, *, or_end: bool, short: budgets.BudgetReached | None = None
) -> bool:
    """Give a row that was not sent to whoever comes next by its policy; False when it stays as it is.

    `or_end`: where it cannot stay, it waits for a provider that rests or, `short` of money, for that; else it
    ends with the reason.
    """
    passed = fallback.passed(candidate, why)
    next_one = fallback.look_around(candidate, passed)
    if next_one.at_once is not None:
        try:
            with transaction.atomic():
                fallback.hand_over(candidate, next_one.at_once, why, passed)
        except StaleCandidate:
            # Somebody else has seen to it in this moment.
            pass
        return True
    if or_end and (next_one.choice is not None or (short and _another_rests(candidate, short))):
        candidate.claim(REST_S)
    elif short is not None:
        shortage.park(candidate, short)
    elif or_end:
        words = " ".join(filter(None, [why, next_one.nobody]))
        end_unless_late(candidate, Status.FAILED, words, actor="submit")
    return or_end


def _another_rests(candidate: Candidate, reached: budgets.BudgetReached) -> bool:
    """Whether another account of the provider has the money and only rests, which is over sooner."""
    now = timezone.now()
    fit = keyring.fitting(candidate.provider, drawn=candidate.drawn)
    resting = [key for key in fit if key.usable and key.rests(now)]
    return len(budgets.refusals(resting, reached.amount)) < len(resting)


@transaction.atomic
def _claim(candidate: Candidate) -> bool:
    """Take a place on a key, the money and the row, or put the row in line for a place."""
    # The project before the key, always: the other way round two workers could wait for each other for ever.
    money.lock(candidate.shot.project_id)
    able = keyring.keys_for(candidate.provider, drawn=candidate.drawn)
    short = budgets.refusals(able, candidate.estimate_usd)
    # Where no account has money left, the reservation says so, and first of one that has some tomorrow.
    keys = [key for key in able if key.pk not in short] or sorted(
        able, key=lambda key: not short[key.pk].is_day
    )
    now = timezone.now()
    key = limits.take_place(candidate, keys, now)
    if key is None:
        limits.stand_in_line(candidate, now)
        return False
    money.reserve(candidate, key)
    facts: dict[str, Any] = {"provider_key": key, "failure": "", "vendor_words": ""}
    facts |= {"waits_since": None, "send_at": None}
    candidate.move(Status.SUBMITTING, actor="submit", due_in=settings.SUBMIT_LEASE_S, **facts)
    key.mark_used()
    return True


def _no_longer_wanted(candidate: Candidate) -> bool:
    """Whether people have changed their minds since: what is not wanted is not paid for."""
    if candidate.cancel_asked or candidate.shot.omitted:
        why = "Not sent: the shot was approved or omitted first. Nothing was spent."
        end_unless_late(candidate, Status.CANCELLED, why, actor="submit")
        return True
    if candidate.shot.on_hold:
        if candidate.claim(ON_HOLD_S):
            limits.leave_line(candidate)
        return True
    return False


def is_still_claimed(candidate: Candidate) -> bool:
    """Whether the row is still this worker's claim; nobody has given it up or taken it over since."""
    mine = Candidate.objects.filter(pk=candidate.pk, status=Status.SUBMITTING, fence=candidate.fence)
    return mine.exists()


def _same_attempt(candidate: Candidate) -> Candidate | None:
    """The row as it stands, if this attempt's answer still means anything to it.

    The lease may have run out while the answer was on its way: the row is UNCERTAIN then, and this is its
    answer.
    """
    row = Candidate.objects.whole().get(pk=candidate.pk)
    open_statuses = (Status.SUBMITTING, Status.UNCERTAIN)
    return row if row.status in open_statuses and row.attempt == candidate.attempt else None


def submit_accepted(candidate: Candidate, job: ProviderJob) -> None:
    """The vendor took the job: its id is kept at once, even when the answer came late."""
    row = _same_attempt(candidate)
    if row is None:
        _too_late(candidate, job)
        return
    row.move(
        Status.GENERATING,
        actor="submit",
        due_in=paces.first_delay(row, job),
        provider_job_id=job.id,
        vendor_status=job.vendor_status[:60],
        submitted_at=timezone.now(),
        running_at=None,
        tries=0,
        failure="",
    )


def _too_late(candidate: Candidate, job: ProviderJob) -> None:
    """The call had been given up by then. Where it was sent again since, people must hear of it."""
    row = Candidate.objects.whole().get(pk=candidate.pk)
    if row.attempt == candidate.attempt:
        return
    label = registry.label(candidate.provider)
    told = (
        f"{row.code}: {label} has taken a call after all that was given up and sent again. "
        f"Its job is {job.id[:100]}; look there whether both are charged."
    )
    logger.error("%s", told)
    repeats = f"uncertain:{row.pk}:late:{candidate.attempt}"
    events.tell(EventKind.CALL_UNCERTAIN, told, repeats=repeats, shot=row.shot, candidate=row)


def submit_failed(candidate: Candidate, error: ProviderError) -> None:
    """The call brought no job: UNCERTAIN, tried again, or ended, as the error's class says."""
    row = _same_attempt(candidate)
    if row is None or (error.may_have_spent and row.status == Status.UNCERTAIN):
        return
    words = error.vendor_words[:1000]
    if error.may_have_spent:
        fallback.spare_key(row, error)
        why = str(error)
        row.move(
            Status.UNCERTAIN, actor="submit", why=why, due_in=QUIET_S, failure=why[:600], vendor_words=words
        )
        return
    with transaction.atomic():
        hold_shot(row)
        money.release(row, str(error))
        _after_nothing(row, error, words)


def _after_nothing(row: Candidate, error: ProviderError, words: str) -> None:
    """The call surely took nothing: another key or provider is asked, or this one later, or a person."""
    spared, gone = fallback.spare_key(row, error), fallback.is_gone(error)
    passed = fallback.passed(row, str(error), gone=gone)
    next_one = fallback.Next()
    if other_key := fallback.another_key(row, error):
        spared = Spared(JUST_NOW_S, full=spared.full)
    elif fallback.helps(error):
        next_one = fallback.look_around(row, passed)
    # A model that is gone is not waited for: the clip stands in line for the next one.
    if chosen := next_one.choice if gone else next_one.at_once:
        facts: dict[str, Any] = {"attempt": row.attempt + 1, "vendor_words": words}
        fallback.hand_over(row, chosen, str(error), passed, **facts)
    elif (other_key or next_one.choice or not error.permanent) and row.tries + 1 < MAX_TRIES:
        _try_again(row, error, words, spared)
    else:
        to = Status.REFUSED if isinstance(error, ContentRefused) else Status.FAILED
        why = " ".join(filter(None, [str(error), next_one.nobody, fallback.advice(row, error)]))
        end(row, to, why, actor="submit", vendor_words=words)


def _try_again(row: Candidate, error: ProviderError, words: str, spared: Spared) -> None:
    facts: dict[str, Any] = {"attempt": row.attempt + 1, "tries": row.tries + 1, "vendor_words": words}
    if spared.full:
        # Nothing is wrong: it stands first in line, and no number of such tries ends it.
        facts |= {"tries": row.tries, "waits_since": row.created_at}
    wish = error.retry_after if spared.rest_s is None else spared.rest_s
    due_in = backoff_s(row.tries + 1, wish)
    why = f"{error} The next try is in {due_in:.0f} s."
    row.move(Status.QUEUED, actor="submit", why=why, due_in=due_in, failure=why[:600], **facts)
