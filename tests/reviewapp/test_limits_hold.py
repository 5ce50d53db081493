"""A key's limits under a race of processes, and in every order of arrival."""

from __future__ import annotations

import heapq
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reviewapp import limits
from reviewapp.models import Candidate, Shot, Status
from tests.reviewapp.limit_stage import begin, make_key, queued, under_way

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
ROUND = timedelta(seconds=0.25)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("keys", [1, 2])
def test_processes_that_race_never_exceed_the_limit(shot: Shot, keys: int) -> None:
    made = [make_key(concurrency=3) for _ in range(keys)]
    rows = queued(shot, 24)
    together = threading.Barrier(8)

    def worker(mine: list[Candidate]) -> int:
        try:
            together.wait()
            return sum(begin(row) is not None for row in mine)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        sent = sum(pool.map(worker, [rows[start::8] for start in range(8)]))
    assert sent == 3 * keys
    assert [under_way(key) for key in made] == [3] * keys
    waiting = Candidate.objects.filter(status=Status.QUEUED, waits_since__isnull=False)
    assert waiting.count() == 24 - sent


@pytest.mark.django_db(transaction=True)
def test_two_watchers_call_no_more_than_there_is_room_for(shot: Shot) -> None:
    make_key(concurrency=3, requests_per_minute=600)
    queued(shot, 12, waits_since=timezone.now())
    together = threading.Barrier(4)

    def watcher(_: int) -> int:
        try:
            together.wait()
            return limits.call_waiting()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(watcher, range(4))) == 3
    assert Candidate.objects.filter(send_at__isnull=False).count() == 3


@pytest.mark.django_db
@given(
    per_minute=st.sampled_from([None, 20, 60, 240]),
    concurrency=st.sampled_from([None, 1, 3]),
    job_s=st.sampled_from([0.5, 4.0, 12.0]),
    arrivals=st.lists(st.sampled_from([0.0, 0.0, 0.1, 2.0, 11.0]), min_size=1, max_size=10),
    late_s=st.sampled_from([0.0, 0.4]),
)
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_whatever_comes_the_limits_hold_and_everybody_is_sent_in_time(
    shot: Shot,
    per_minute: int | None,
    concurrency: int | None,
    job_s: float,
    arrivals: list[float],
    late_s: float,
) -> None:
    with transaction.atomic():
        sent = _simulate(shot, per_minute, concurrency, job_s, arrivals, timedelta(seconds=late_s))
        transaction.set_rollback(True)
    came = [sum(arrivals[: turn + 1]) for turn in range(len(arrivals))]
    assert len(sent) == len(came)
    for at in sent:
        if per_minute is not None:
            assert sum(at <= other < at + 60 for other in sent) <= per_minute + limits.FEW
        if concurrency is not None:
            assert sum(at - job_s < other <= at for other in sent) <= concurrency
    # The best that anyone could do: each row as early as its arrival, the rate and the free places allow.
    spacing, best = 60 / per_minute if per_minute else 0.0, list[float]()
    for turn, arrived in enumerate(came):
        earliest = arrived
        if best:
            earliest = max(earliest, best[-1] + spacing)
        if concurrency is not None and turn >= concurrency:
            earliest = max(earliest, best[turn - concurrency] + job_s)
        best.append(earliest)
    rounds = 1 + len(came) / (concurrency or len(came))
    slack = spacing + (0.25 + late_s) * rounds
    if per_minute is None and concurrency is None:
        slack = 0.001
    assert sent[-1] <= best[-1] + slack


def _simulate(
    shot: Shot,
    per_minute: int | None,
    concurrency: int | None,
    job_s: float,
    arrivals: list[float],
    late: timedelta,
) -> list[float]:
    """Let the rows arrive and the watcher make its rounds in a time of our own; the seconds of each call."""
    key = make_key(requests_per_minute=per_minute, concurrency=concurrency)
    rows = queued(shot, len(arrivals))
    now, sent = START, list[float]()
    events: list[tuple[datetime, int, str, int]] = []
    order = count()
    for turn, row in enumerate(rows):
        at = START + timedelta(seconds=sum(arrivals[: turn + 1]))
        heapq.heappush(events, (at, next(order), "try", row.pk))
    heapq.heappush(events, (START, next(order), "round", 0))
    while len(sent) < len(rows):
        now, _, what, pk = heapq.heappop(events)
        assert now < START + timedelta(minutes=20), "somebody waits for ever"
        if what == "round":
            limits.call_waiting(now)
            called = Candidate.objects.filter(
                send_at__isnull=False, due_at__lte=now + ROUND, status=Status.QUEUED
            )
            for row in called:
                assert row.send_at is not None
                Candidate.objects.filter(pk=row.pk).update(due_at=None)
                heapq.heappush(events, (max(now, row.send_at) + late, next(order), "try", row.pk))
            heapq.heappush(events, (now + ROUND, next(order), "round", 0))
        elif what == "end":
            Candidate.objects.filter(pk=pk).update(status=Status.INGESTING)
        else:
            row = Candidate.objects.get(pk=pk)
            with transaction.atomic():
                place = limits.take_place(row, [key], now)
                if place is None:
                    limits.stand_in_line(row, now)
                    continue
                facts = {
                    "status": Status.GENERATING,
                    "provider_key": place,
                    "send_at": None,
                    "waits_since": None,
                }
                Candidate.objects.filter(pk=pk).update(**facts)
            sent.append((now - START).total_seconds())
            heapq.heappush(events, (now + timedelta(seconds=job_s), next(order), "end", pk))
    return sent
