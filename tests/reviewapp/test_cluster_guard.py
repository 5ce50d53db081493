"""When a cluster's main process takes its workers for stuck, and what it does for their messages and rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from django_q.brokers import get_broker
from django_q.models import OrmQ

from reviewapp import dispatch, generation, identity, line
from reviewapp.cluster import broker, guard
from reviewapp.cluster.board import Board, Busy
from reviewapp.cluster.guard import Guard
from reviewapp.models import Candidate, Heartbeat, Shot, Status, User
from tests.cast import sandbox_key


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Guard:
    """A guard whose one worker is this very process."""
    made = Guard("submit", timeout_s=120, grace_s=1)
    made.board.sit_down()
    monkeypatch.setattr(broker, "_board", made.board)
    return made


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Time goes on, and everybody was looking all the while."""
    then = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: then)


def look(of: Guard) -> str:
    of._looked_at = time.monotonic()
    return of._look()


def taken() -> list[int]:
    """Send two messages and have this cluster's pusher take them."""
    for _ in range(2):
        dispatch.canary("submit")
    pusher = get_broker("submit")
    return [message for _ in range(2) for message, _ in pusher.dequeue() or []]


@pytest.mark.django_db
class TestGuard:
    def test_messages_that_nobody_begins_are_a_wedge_and_go_back(
        self, told: Guard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        messages = taken()
        assert len(messages) == 2
        assert look(told) == ""
        later(monkeypatch, guard.WEDGED_AFTER_S + 1)
        assert "2 messages were taken" in look(told)
        assert not OrmQ.objects.filter(lock__lte=timezone.now()).exists()
        told._give_back(told.board.waiting())
        assert OrmQ.objects.filter(lock__lte=timezone.now()).count() == 2
        assert told.board.waiting() == {}

    def test_a_worker_at_work_is_no_wedge_whatever_waits_behind_it(
        self, told: Guard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, _ = taken()
        assert told.board.begin(first)
        later(monkeypatch, 60)
        told.board.guarded()
        assert look(told) == ""
        told.board.end()
        # It has only just become free.
        assert look(told) == ""
        later(monkeypatch, guard.WEDGED_AFTER_S + 1)
        assert "1 messages were taken" in look(told)

    def test_a_message_that_died_on_its_way_goes_back_alone(
        self, told: Guard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lost, second = taken()
        assert told.board.begin(second)
        told.board.end()
        told.board.acknowledged()
        later(monkeypatch, guard.WEDGED_AFTER_S + 1)
        assert look(told) == ""
        assert list(OrmQ.objects.filter(lock__lte=timezone.now()).values_list("pk", flat=True)) == [lost]

    def test_a_machine_that_stood_still_gets_a_fresh_start(
        self, told: Guard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        taken()
        later(monkeypatch, 60)
        assert told._look() == ""
        assert look(told) == ""

    @pytest.mark.parametrize("sign", ["sentinel", "monitor"])
    def test_it_notices_who_else_gives_no_sign(
        self, told: Guard, monkeypatch: pytest.MonkeyPatch, sign: str
    ) -> None:
        if sign == "monitor":
            assert told.board.begin(0)
            told.board.end()
        later(monkeypatch, guard.UNGUARDED_AFTER_S + 1)
        if sign == "monitor":
            told.board.guarded()
        assert {"sentinel": "looked after", "monitor": "put away"}[sign] in look(told)

    def test_a_worker_that_hangs_past_its_timeout_is_killed(
        self, told: Guard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        killed: list[int] = []
        monkeypatch.setattr(os, "kill", lambda pid, _: killed.append(pid))
        assert told.board.begin(0)
        later(monkeypatch, 130)
        look(told)
        assert killed == []
        later(monkeypatch, 10)
        look(told)
        assert killed == [os.getpid()]

    def test_it_gives_its_own_sign_of_life(self, told: Guard) -> None:
        look(told)
        [beat] = Heartbeat.objects.filter(kind="cluster:submit")
        assert beat.detail == "0 at work, 0 taken ahead"


def test_a_closing_cluster_begins_nothing_and_a_dead_worker_is_not_at_work() -> None:
    board = Board()
    board.sit_down()
    board.took([7])
    board.close()
    assert board.begin(7, 3) is False
    assert (board.busy(), list(board.waiting())) == ([], [7])
    child = os.fork()
    if child == 0:
        board.sit_down()
        board._numbers[board._seat + 1] = 1
        os._exit(0)
    # It has ended, and nobody has buried it yet.
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    assert board.busy() == []
    os.waitpid(child, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "given_back"), [(Status.INGESTING, True), (Status.CHECKING, True), (Status.SUBMITTING, False)]
)
def test_what_was_cut_short_is_due_at_once_and_a_paid_call_never(
    alice: User, make_shot: Callable[..., Shot], told: Guard, status: Status, given_back: bool
) -> None:
    sandbox_key("http://127.0.0.1:1/runway")
    shot = make_shot()
    (row,) = generation.generate(shot.project, [shot], alice, token=uuid4(), count=1)
    lease, name = timezone.now() + timedelta(minutes=5), identity.here("queue:submit", 1)
    Candidate.objects.filter(pk=row.pk).update(status=status, due_at=lease, tries=1, worker=name)
    told._hand_back(Busy(1, 0.0, row.pk))
    row.refresh_from_db()
    assert (row.due_at == lease) is not given_back
    assert row.tries == (0 if given_back else 1)
    if given_back:
        assert row in line.due_now(10)
