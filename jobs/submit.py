"""The station that spends money: claim the row, make the one paid call, write its answer down."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace

from asgiref.sync import async_to_sync
from django.db import OperationalError, connection

from jobs import heart, vendor
from jobs.departure import Departure
from providers.contract import GenerationRequest, ProviderJob
from providers.errors import AnswerLost, NotPrepared, ProviderError
from reviewapp import generation, hooks, line, logs
from reviewapp.models import Candidate, StaleCandidate

logger = logging.getLogger(__name__)

WRITE_TRIES = 10


def submit_candidate(candidate_id: int) -> None:
    """Pay for one candidate, once. A repeated or late message finds the row moved on and does nothing."""
    with heart.working("submit"):
        departure = Departure()
        candidate = line.begin_submit(candidate_id)
        if candidate is not None:
            with logs.about(candidate):
                _submit(candidate, departure)


def _submit(candidate: Candidate, departure: Departure) -> None:
    # The reservation stands: whatever happens from here on must be written down.
    answer = _pay(candidate, departure)
    if isinstance(answer, ProviderError):
        logger.warning("%s: %s", candidate.code, answer)
        _write_down(lambda: line.submit_failed(candidate, answer))
    else:
        _write_down(lambda: line.submit_accepted(candidate, answer))


def _pay(candidate: Candidate, departure: Departure) -> ProviderJob | ProviderError:
    """The paid call. Anything unforeseen in it is an answer that was lost, because the money may be spent."""
    try:
        request, account = _prepared(candidate)
        # The row is asked about from within the call, on this thread's own connection.
        return async_to_sync(_call)(candidate, account, request, departure)
    except ProviderError as error:
        return error
    except TimeoutError:
        if not departure.may_have_left:
            return departure.too_late()
        return AnswerLost(
            "The provider did not answer the paid call in time. The clip may have been ordered and paid for, "
            "so it is not sent again by itself."
        )
    except Exception as error:
        # A paid call is never repeated on a guess.
        logger.exception("%s: the paid call ended in a way nobody foresaw", candidate.code)
        return AnswerLost(f"The answer to the paid call was lost ({type(error).__name__}).")


def _prepared(candidate: Candidate) -> tuple[GenerationRequest, vendor.Account]:
    """All that the call needs, read while surely nothing is sent yet. Raises `ProviderError`."""
    try:
        request = generation.generation_request(candidate)
        request = replace(request, webhook_url=hooks.callback_url(candidate))
        return request, vendor.account_of(candidate)
    except ProviderError:
        raise
    except Exception as error:
        logger.exception("%s: the call could not be put together", candidate.code)
        raise NotPrepared(
            f"This machine could not put the call together ({type(error).__name__}). Nothing was sent and "
            "nothing was spent."
        ) from error


async def _call(
    candidate: Candidate, account: vendor.Account, request: GenerationRequest, departure: Departure
) -> ProviderJob:
    hook = departure.hook(candidate)
    async with asyncio.timeout(departure.left_s()), account.connected(before_sending=hook) as provider:
        return await provider.submit(request)


def _write_down(write: Callable[[], None]) -> None:
    """Write the answer of a paid call, through a hiccup of the database and past a sweep that came in
    between.
    """
    for tried in range(1, WRITE_TRIES + 1):
        try:
            write()
            return
        except (OperationalError, StaleCandidate):
            if tried == WRITE_TRIES:
                raise
            if not connection.in_atomic_block:
                connection.close()
            time.sleep(0.2 * tried)
