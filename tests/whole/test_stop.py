"""Processes are told to stop while they work, and clusters wedge: nothing is cut off, nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress

import psutil
import pytest

from tests.patience import PATIENCE_S, wait_for
from tests.whole.acts import control, hand, sandbox_answers, statuses
from tests.whole.conftest import Open
from tests.whole.house import HOME, House

pytestmark = pytest.mark.whole

UNHURRIED = {
    "RETAKE_DEMO": "0",
    "RETAKE_SUBMIT_TIMEOUT_S": "20",
    # Long leases: whatever comes back sooner was given back.
    "RETAKE_INGEST_LEASE_S": "900",
    "RETAKE_REQUEUE_S": "900",
    "RETAKE_MEDIA_STOP_S": "1",
    "RETAKE_POLL_SECONDS": "0.3",
    "RETAKE_SANDBOX_SECONDS": "0.2",
    "RETAKE_LOG_FORMAT": "json",
}


@pytest.fixture
def house(open_house: Open) -> House:
    return open_house(**UNHURRIED)


def slow(house: House, role: str, seconds: float) -> None:
    fault = {"kind": "latency", "match": {"role": role}, "seconds": seconds, "times": 1}
    control(house, "POST", "faults", fault)


def restarted(house: House, name: str, was: int) -> bool:
    return house.pids().get(name, was) != was


def is_at_work(house: House, name: str) -> bool:
    """Whether a cluster says that one of its workers has begun something."""
    return any(f"cluster:{name}" in sign and "1 at work" in sign for sign in hand(house, "signs"))


def test_what_is_under_way_is_answered_or_given_back_when_a_whole_group_is_told_to_stop(house: House) -> None:
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    submit, media = house.pids()["submit"], house.pids()["media"]
    slow(house, "creation", 8)
    slow(house, "download", 600)
    hand(house, "order", "1")
    wait_for("the call under way", lambda: statuses(house)["submitting"] == 1)
    # As Ctrl-C in a terminal and the end of a control group do it: to the workers as well.
    os.killpg(submit, signal.SIGTERM)
    wait_for("the answer, written down", lambda: statuses(house)["submitting"] == 0)
    # A download that hears nothing is given up after a while, so the next cluster is waited for at the end.
    wait_for("the download under way", lambda: statuses(house)["ingesting"] == 1)
    wait_for("its worker", lambda: is_at_work(house, "media"))
    os.killpg(media, signal.SIGTERM)
    wait_for("the clip, fetched by the next cluster", lambda: statuses(house)["in_review"] == 1)
    assert "handed back" in (house.folder / "log" / "media.log").read_text(encoding="utf-8")
    wait_for("the next cluster", lambda: restarted(house, "submit", submit))
    assert control(house, "GET", "paid")["count"] == 1
    assert house.stop() == 0
    assert house.everyone() == []


def kill_workers(cluster: int) -> None:
    """Kill the two workers of an idle cluster; one that ends meanwhile has none any more."""
    with suppress(psutil.NoSuchProcess, ValueError):
        [sentinel] = psutil.Process(cluster).children()
        for worker in sorted(sentinel.children(), key=lambda child: child.create_time())[:2]:
            worker.kill()


def test_a_wedged_cluster_of_two_is_restarted_alone_and_loses_nothing(house: House) -> None:
    house.start()
    wait_for("the sandbox", lambda: sandbox_answers(house))
    second = subprocess.Popen(
        [sys.executable, "manage.py", "cluster", "submit"],
        cwd=HOME,
        env=house.variables | {"RETAKE_HOST_NAME": "second"},
        stderr=subprocess.DEVNULL,
    )
    wedged = house.pids()["submit"]
    wait_for(
        "both clusters", lambda: len([sign for sign in hand(house, "signs") if "cluster:submit" in sign]) == 2
    )
    # One of the idle workers holds the lock of the queue, and dies with it. On a busy machine they may only
    # be on their way to it: those that take the place of the dead are killed as well then.
    ends = time.monotonic() + 90
    while not restarted(house, "submit", wedged):
        assert time.monotonic() < ends, "waited 90 s in vain: the next cluster"
        kill_workers(wedged)
        with suppress(AssertionError):
            wait_for("the next cluster", lambda: restarted(house, "submit", wedged), 25)
    assert "taken and no worker has begun" in house.output
    assert second.poll() is None
    hand(house, "order", "4")
    wait_for("all clips", lambda: statuses(house)["in_review"] == 4)
    assert control(house, "GET", "paid")["count"] == 4
    second.terminate()
    assert second.wait(PATIENCE_S) == 0
