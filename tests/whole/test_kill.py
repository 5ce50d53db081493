"""Processes are killed while they work: nothing is paid twice, nothing is lost, nothing is stuck."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil
import pytest

from tests.patience import PATIENCE_S, wait_for
from tests.whole.acts import control, hand, sandbox_answers, statuses
from tests.whole.conftest import Open
from tests.whole.house import House

pytestmark = pytest.mark.whole

QUICK = {
    "RETAKE_DEMO": "0",
    "RETAKE_SUBMIT_TIMEOUT_S": "9",
    "RETAKE_SUBMIT_LEASE_S": "11",
    "RETAKE_REQUEUE_S": "2",
    # Long enough for a busy machine; what a dead worker held is taken over when its signs of life have ended.
    "RETAKE_INGEST_LEASE_S": "60",
    "RETAKE_CHECK_LEASE_S": "90",
    "RETAKE_POLL_SECONDS": "0.3",
    "RETAKE_SANDBOX_SECONDS": "0.2",
    "RETAKE_SANDBOX_CAPACITY": "8",
}
# How long the call stays under way, in which the test has to see it and to strike.
WINDOW_S = 8
UNDER_WAY = {"held", "queued", "submitting", "generating", "ingesting", "checking"}


@pytest.fixture
def house(open_house: Open) -> House:
    return open_house(**QUICK)


def settle_everything(house: House) -> None:
    """Wait until nothing is under way, with a person who settles what is uncertain."""

    def settled() -> bool:
        now = statuses(house)
        if now["uncertain"] and sandbox_answers(house):
            hand(house, "resolve")
        return not now["uncertain"] and not any(now[status] for status in UNDER_WAY)

    try:
        wait_for("the end of all work", settled, 2 * PATIENCE_S)
    except AssertionError as error:
        raise AssertionError(f"{error}: {hand(house, 'state')}\n{house.output}") from None


def prove(house: House, asked: int) -> None:
    """One payment for each candidate, a ledger that adds up, and every row in the hands of people."""
    told = hand(house, "state")
    assert told["ledger"] == []
    assert control(house, "GET", "paid")["count"] == asked
    assert {status for status, _ in told["rows"].values()} <= {"in_review", "failed"}, told


def test_it_survives_the_death_of_the_whole_house(house: House) -> None:
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    hand(house, "order", "6")
    wait_for("work under way", lambda: statuses(house)["generating"] > 0)
    for process in house.everyone():
        with suppress(psutil.Error):
            process.kill()
    assert house.process is not None
    house.process.wait()
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    settle_everything(house)
    prove(house, 6)


def test_a_worker_killed_after_the_vendor_took_the_call_leads_to_no_second_call(house: House) -> None:
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    fault = {
        "kind": "latency",
        "match": {"method": "POST", "path": "_to_video"},
        "seconds": WINDOW_S,
        "when": "after",
    }
    control(house, "POST", "faults", fault)
    hand(house, "order", "1")
    wait_for("the vendor's acceptance", lambda: control(house, "GET", "paid")["count"] == 1)
    os.kill(house.pids()["submit"], signal.SIGKILL)
    wait_for("the row that nobody knows about", lambda: statuses(house)["uncertain"] == 1)
    assert control(house, "GET", "paid")["count"] == 1
    settle_everything(house)
    prove(house, 1)


def test_a_worker_killed_before_the_vendor_took_the_call_leads_to_one_call(house: House) -> None:
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    fault = {
        "kind": "latency",
        "match": {"method": "POST", "path": "_to_video"},
        "seconds": WINDOW_S,
        "when": "before",
    }
    control(house, "POST", "faults", fault)
    hand(house, "order", "1")
    wait_for("the claim", lambda: statuses(house)["submitting"] == 1)
    # Both ends die, so that the call that was on its way arrives nowhere.
    pids = house.pids()
    os.kill(pids["submit"], signal.SIGKILL)
    os.kill(pids["sandbox"], signal.SIGKILL)
    wait_for("the row that nobody knows about", lambda: statuses(house)["uncertain"] == 1)
    wait_for("the sandbox", lambda: sandbox_answers(house))
    assert control(house, "GET", "paid")["count"] == 0
    settle_everything(house)
    prove(house, 1)
