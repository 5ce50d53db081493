"""Who waits for whom: people's decisions and the machine's ends never wait for each other for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection, transaction

from providers.contract import JobState, ProviderJob
from reviewapp import ledger, line, money
from reviewapp.models import Candidate, Event, EventKind, Shot, Status, User
from tests.patience import PATIENCE_S
from tests.reviewapp.stages import account, asked, bring

pytestmark = pytest.mark.django_db(transaction=True)

T = TypeVar("T")

RUNNING = ProviderJob(id="a", state=JobState.RUNNING)
FAILED = ProviderJob(id="b", state=JobState.FAILED)


def begun(work: Callable[[], T]) -> Future[T]:
    """Another process's work, begun now. It comes as far as the locks of this transaction let it."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    other = pool.submit(run)
    pool.shutdown(wait=False)
    if connection.vendor == "postgresql":
        _wait_for_a_waiter()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '20s'")
    return other


def _wait_for_a_waiter() -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


def generating(shot: Shot, alice: User, count: int) -> list[Candidate]:
    with transaction.atomic():
        return [bring(row, Status.GENERATING) for row in asked(shot, alice, count)]


def test_an_end_waits_for_a_decision_with_no_clip_of_its_shot_in_its_hands(shot: Shot, alice: User) -> None:
    running, failed = generating(shot, alice, 2)
    with transaction.atomic():
        Shot.objects.select_for_update(no_key=True).get(pk=shot.pk)
        other = begun(lambda: line.record_polls([(running, RUNNING), (failed, FAILED)]))
        # As an approval does with everything that is at the vendor.
        assert Candidate.objects.filter(shot=shot).update(cancel_asked=True) == 2
    assert other.result(PATIENCE_S) == 1
    assert Candidate.objects.get(pk=failed.pk).status == Status.FAILED
    assert ledger.problems() == []


def test_of_two_clips_that_end_at_once_the_second_tells_that_nothing_is_left(shot: Shot, alice: User) -> None:
    first, second = generating(shot, alice, 2)
    with transaction.atomic():
        line.record_polls([(first, FAILED)])
        other = begun(lambda: line.record_polls([(second, FAILED)]))
    other.result(PATIENCE_S)
    assert Event.objects.filter(kind=EventKind.SHOT_ESCALATED).count() == 1


def test_a_lookup_that_is_answered_as_a_person_answers_keeps_nobody_waiting(shot: Shot, alice: User) -> None:
    (row,) = asked(shot, alice)
    with transaction.atomic():
        row = bring(row, Status.UNCERTAIN, vendor_status="not known", provider_key=account())
    with transaction.atomic():
        # The watcher has heard for the second time that there is no such job: the first of its two steps.
        money.release(row, "the provider knows no such job")
        other = begun(lambda: line.resolve_not_made(row, alice))
        row.move(Status.QUEUED, actor="watch", due_in=0, attempt=2)
    with pytest.raises(line.CannotAskAgain):
        other.result(PATIENCE_S)
    assert Candidate.objects.get(pk=row.pk).attempt == 2
    assert ledger.problems() == []
