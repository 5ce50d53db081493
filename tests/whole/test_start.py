"""What `make run` starts, restarts, refuses and leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.whole.house import HOME, House, wait_for

pytestmark = pytest.mark.whole


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "data")
    made.folder.mkdir()
    yield made
    made.clear()


def refusal(house: House, **environment: str) -> str:
    """The one line `up` says when it cannot start."""
    done = subprocess.run(
        [sys.executable, "manage.py", "up"],
        cwd=HOME,
        env=house.variables | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("setting", "attribute"), [("RETAKE_BIND", "web_port"), ("RETAKE_SANDBOX_URL", "sandbox_port")]
)
def test_a_taken_port_is_named_with_the_setting_that_changes_it(
    house: House, setting: str, attribute: str
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", getattr(house, attribute)))
        taken.listen()
        said = refusal(house)
    assert f"127.0.0.1:{getattr(house, attribute)}" in said
    assert setting in said


def test_demo_mode_is_refused_where_others_can_reach_it(house: House) -> None:
    said = refusal(house, RETAKE_BIND=f"0.0.0.0:{house.web_port}", RETAKE_DEMO="1")
    assert "demo mode" in said


def test_a_folder_that_cannot_be_written_to_is_named(house: House) -> None:
    (house.folder / "file").write_text("", encoding="utf-8")
    assert "RETAKE_DATA_DIR" in refusal(house, RETAKE_DATA_DIR=str(house.folder / "file" / "data"))


def test_a_wrong_address_is_named(house: House) -> None:
    assert "host:port" in refusal(house, RETAKE_BIND="nonsense")


def test_a_database_that_cannot_be_reached_is_named(house: House) -> None:
    assert "DATABASE_URL" in refusal(house, DATABASE_URL="postgres://nobody@127.0.0.1:1/nothing")


def test_it_starts_once_stops_clean_and_starts_again_quickly(house: House) -> None:
    house.start()
    assert "Another Retake" in refusal(house)
    assert house.stop() == 0
    assert house.everyone() == []
    began = time.monotonic()
    house.start()
    assert time.monotonic() - began < 15
    assert house.stop() == 0


def test_a_killed_process_comes_back_and_leaves_no_worker_behind(house: House) -> None:
    house.start()
    main = house.pids()["submit"]
    wait_for("the workers", lambda: len(psutil.Process(main).children(recursive=True)) >= 4)
    workers = psutil.Process(main).children(recursive=True)
    os.kill(main, signal.SIGKILL)
    wait_for("the new cluster", lambda: house.pids().get("submit", main) != main)
    wait_for("the end of the old workers", lambda: not any(worker.is_running() for worker in workers), 5)


def test_nothing_outlives_a_supervisor_that_was_killed(house: House) -> None:
    house.start()
    assert house.process is not None
    house.process.kill()
    house.process.wait()
    wait_for("the end of all processes", lambda: house.everyone() == [], 20)


def test_a_cluster_that_no_longer_takes_work_is_restarted(house: House) -> None:
    house.start()
    stuck = house.pids()["media"]
    # A cluster that lost its queue's lock looks like this from outside: it is there and does nothing.
    os.killpg(stuck, signal.SIGSTOP)
    wait_for("the new cluster", lambda: house.pids().get("media", stuck) != stuck, 60)
    assert "media gave no sign of life" in house.output
    assert not psutil.pid_exists(stuck)
    assert house.stop() == 0
