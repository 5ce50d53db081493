"""A worker that was frozen between its claim and its paid call wakes up late and sends nothing."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.db import DatabaseError, connections
from django.utils import timezone
from httpcore._backends.auto import AutoBackend
from pytest_django import Settings

from jobs.departure import Departure
from jobs.submit import submit_candidate
from providers.errors import NotPrepared
from reviewapp import generation, ledger, line
from reviewapp.models import Candidate, Status, User
from tests.cast import run_queue
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., list[Candidate]]


def _stopped_in(place: str) -> None:
    """Have this process stop itself for good at one moment of the call, before it goes on as usual."""
    if place == "while the request is prepared":
        prepare = generation.generation_request

        def frozen(candidate: Candidate) -> Any:
            os.kill(os.getpid(), signal.SIGSTOP)
            return prepare(candidate)

        generation.generation_request = frozen
        return
    connect = AutoBackend.connect_tcp

    async def frozen_connect(*args: Any, **kwargs: Any) -> Any:
        stream = await connect(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGSTOP)
        return stream

    AutoBackend.connect_tcp = frozen_connect  # type: ignore[method-assign]


def frozen_worker(candidate: Candidate, place: str) -> int:
    """A worker in a process of its own that has claimed the row and now stands still; its number."""
    connections.close_all()
    pid = os.fork()
    if pid == 0:
        ended = 1
        try:
            _stopped_in(place)
            submit_candidate(candidate.pk)
            ended = 0
        finally:
            os._exit(ended)
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    return pid


def wake(pid: int) -> None:
    os.kill(pid, signal.SIGCONT)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def give_up(candidate: Candidate) -> Candidate:
    """Let the lease run out and the sweep come by."""
    Candidate.objects.filter(pk=candidate.pk).update(due_at=timezone.now())
    (due,) = line.due_now(10)
    line.sweep(due)
    row = Candidate.objects.whole().get(pk=candidate.pk)
    assert row.status == Status.UNCERTAIN
    return row


PLACES = ("while the request is prepared", "when the connection stands")


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_that_wakes_after_its_row_was_sent_again_sends_nothing(
    sandbox: Sandbox, ask: Ask, alice: User, place: str
) -> None:
    (asked,) = ask()
    pid = frozen_worker(asked, place)
    line.resolve_not_made(give_up(asked), alice)
    run_queue()
    asked.refresh_from_db()
    before = (asked.status, asked.attempt, asked.revision, asked.provider_job_id)
    assert before[:2] == (Status.GENERATING, 2)
    wake(pid)
    asked.refresh_from_db()
    assert (asked.status, asked.attempt, asked.revision, asked.provider_job_id) == before
    assert sandbox.paid_count() == 1
    lines = asked.ledger.order_by("pk").values_list("attempt", "kind")
    assert list(lines) == [(1, "reserved"), (1, "released"), (2, "reserved")]
    assert ledger.problems() == []


@pytest.mark.parametrize("place", PLACES)
def test_a_worker_that_wakes_too_late_sends_nothing_though_nobody_was_there_to_take_its_row(
    sandbox: Sandbox, ask: Ask, settings: Settings, place: str
) -> None:
    """As when the whole machine stood still, with the sweep and the database on it."""
    settings.SUBMIT_TIMEOUT_S = 0.5
    (asked,) = ask()
    pid = frozen_worker(asked, place)
    time.sleep(0.6)
    wake(pid)
    asked.refresh_from_db()
    assert (asked.status, asked.attempt, sandbox.paid_count()) == (Status.QUEUED, 2, 0)
    assert "stood still" in asked.failure
    assert list(asked.ledger.values_list("kind", flat=True)) == ["reserved", "released"]


def test_a_worker_whose_row_is_only_uncertain_sets_it_free_because_nothing_was_sent(
    sandbox: Sandbox, ask: Ask
) -> None:
    (asked,) = ask()
    pid = frozen_worker(asked, PLACES[0])
    give_up(asked)
    wake(pid)
    asked.refresh_from_db()
    assert (asked.status, asked.attempt, sandbox.paid_count()) == (Status.QUEUED, 2, 0)
    assert ledger.problems() == []


def test_a_jump_of_either_clock_ends_the_right_to_leave(settings: Settings) -> None:
    settings.SUBMIT_TIMEOUT_S = 60
    now = Departure()
    assert 59 < now.left_s() <= 60
    assert Departure(ticks=now.ticks - 61).left_s() < 0
    assert Departure(wall=now.wall - timedelta(minutes=2).total_seconds()).left_s() < 0
    # A clock that was set back gives nobody more time.
    assert Departure(wall=now.wall + 3600).left_s() <= 60


@pytest.mark.parametrize("over", [{"ticks": 61.0}, {"wall": 61.0}], ids=["ticks", "wall"])
def test_a_call_whose_time_is_over_stays_here_though_the_row_is_still_its_own(
    ask: Ask, settings: Settings, over: dict[str, float]
) -> None:
    settings.SUBMIT_TIMEOUT_S = 60
    claimed = line.begin_submit(ask()[0].pk)
    assert claimed is not None
    departure = Departure()
    for clock, seconds in over.items():
        setattr(departure, clock, getattr(departure, clock) - seconds)
    with pytest.raises(NotPrepared):
        async_to_sync(departure.hook(claimed))(httpx.Request("POST", "https://api.example.com/"))


def test_a_database_that_cannot_be_asked_keeps_the_call_here(
    sandbox: Sandbox, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    (asked,) = ask()

    def broken(candidate: Candidate) -> bool:
        raise DatabaseError("the connection is gone")

    monkeypatch.setattr(line, "is_still_claimed", broken)
    submit_candidate(asked.pk)
    asked.refresh_from_db()
    assert (asked.status, sandbox.paid_count()) == (Status.QUEUED, 0)
    assert "Nothing was sent" in asked.failure
