"""How long each model takes: learned from the polls that find an end, and what the next poll follows from."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from providers import catalog
from providers.contract import ProviderJob
from providers.errors import ProviderError
from reviewapp import pacing
from reviewapp.models import Candidate, Pace

# Between two polls of one job where the vendor names no least gap.
LEAST_GAP_S: Final = 2.0
# What a vendor may wish for a poll, which costs nothing: a finished clip must not lie there for longer.
LONGEST_POLL_S: Final = 3600.0

# Provider and model. The sandbox's clips teach nothing about a real vendor.
Maker = tuple[str, str]


def maker_of(candidate: Candidate) -> Maker:
    return (f"sandbox {candidate.provider}" if candidate.drawn else candidate.provider, candidate.model)


def delays(rows: Sequence[tuple[Candidate, ProviderJob]], now: datetime) -> list[float]:
    """Seconds until each of these running jobs is asked about again. One query, however many rows."""
    if settings.POLL_SECONDS:
        return [settings.POLL_SECONDS] * len(rows)
    known = _known({maker_of(candidate) for candidate, _ in rows})
    return [
        _plan(candidate, job, known).delay(_elapsed(candidate, now), job.progress) for candidate, job in rows
    ]


def first_delay(candidate: Candidate, job: ProviderJob) -> float:
    """Seconds from the accepted call until the job is asked about for the first time."""
    if settings.POLL_SECONDS:
        return settings.POLL_SECONDS
    return _plan(candidate, job, _known({maker_of(candidate)})).delay(0.0)


def _plan(candidate: Candidate, job: ProviderJob, known: Mapping[Maker, tuple[float, ...]]) -> pacing.Plan:
    least_s = min(LONGEST_POLL_S, job.poll_after_s or LEAST_GAP_S)
    return pacing.plan_for(known.get(maker_of(candidate), ()), _usual_seconds(candidate), least_s)


def _elapsed(candidate: Candidate, now: datetime) -> float:
    return 0.0 if candidate.submitted_at is None else max(0.0, (now - candidate.submitted_at).total_seconds())


def _known(makers: set[Maker]) -> dict[Maker, tuple[float, ...]]:
    wanted = Q(model__in={model for _, model in makers})
    return {(pace.provider, pace.model): tuple(pace.seconds) for pace in Pace.objects.filter(wanted)}


def _usual_seconds(candidate: Candidate) -> float | None:
    try:
        return catalog.model(candidate.provider, candidate.model).usual_seconds
    except ProviderError:
        # A model that has left the catalogue.
        return None


def duration(candidate: Candidate, ended_at: datetime) -> float | None:
    """How long a job took that was found to have ended at this moment; None where that teaches nothing.

    The end lies somewhere between the last poll that saw it running and this one: the middle is taken, so
    that a model which became faster is believed to be, poll by poll. A clip that is only fetched again has
    ended before, and what nobody looked at for longer than any pause of ours ended at no known time.
    """
    if candidate.submitted_at is None or candidate.vendor_done_at is not None:
        return None
    running_at = max(candidate.submitted_at, candidate.running_at or candidate.submitted_at)
    unseen_s = (ended_at - running_at).total_seconds()
    if not 0 <= unseen_s <= pacing.LONGEST_GAP_S + 60:
        return None
    return (running_at - candidate.submitted_at).total_seconds() + unseen_s / 2


def learn(found: Iterable[tuple[Maker, float]]) -> None:
    """Keep a duration of each model, unless one was kept a moment ago.

    Of many clips that were asked for together the quickest end first, and all at once they would make the
    others look late. So what is kept spans at least two whole durations; and a model is written for once in
    that moment, however many of its clips end.
    """
    by_maker: dict[Maker, list[float]] = defaultdict(list)
    for maker, seconds in found:
        by_maker[maker].append(round(seconds, 1))
    for (provider, model), newest in sorted(by_maker.items()):
        seconds = random.choice(newest)  # noqa: S311  No secret.
        before = timezone.now() - timedelta(seconds=2 * seconds / pacing.KEPT)
        with transaction.atomic():
            Pace.objects.get_or_create(provider=provider, model=model)
            pace = Pace.objects.select_for_update().get(provider=provider, model=model)
            if not pace.seconds or pace.updated_at < before:
                pace.seconds = [*pace.seconds, seconds][-pacing.KEPT :]
                pace.save(update_fields=["seconds", "updated_at"])
