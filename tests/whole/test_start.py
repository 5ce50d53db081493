"""What `make run` starts, restarts, refuses and leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.patience import PATIENCE_S, wait_for
from tests.whole.house import HOME, House

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
        timeout=PATIENCE_S,
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


@pytest.fixture(scope="module")
def _one_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("house") / "data")
    made.folder.mkdir()
    yield made
    made.clear()


@pytest.fixture
def running(_one_house: House) -> House:
    """A house that runs; the tests share it, because each start takes seconds."""
    if not _one_house.is_running:
        _one_house.start()
    return _one_house


def test_a_killed_process_comes_back_and_leaves_no_worker_behind(running: House) -> None:
    main = running.pids()["submit"]
    wait_for("the workers", lambda: len(psutil.Process(main).children(recursive=True)) >= 4)
    workers = psutil.Process(main).children(recursive=True)
    os.kill(main, signal.SIGKILL)
    wait_for("the new cluster", lambda: running.pids().get("submit", main) != main)
    wait_for("the end of the old workers", lambda: not any(worker.is_running() for worker in workers))


def test_a_cluster_that_no_longer_takes_work_is_restarted(running: House) -> None:
    stuck = running.pids()["media"]
    # A cluster that lost its queue's lock looks like this from outside: it is there and does nothing.
    os.killpg(stuck, signal.SIGSTOP)
    wait_for("the new cluster", lambda: running.pids().get("media", stuck) != stuck)
    assert "media gave no sign of life" in running.output
    assert not psutil.pid_exists(stuck)


def test_it_starts_once_stops_clean_and_starts_again_quickly(running: House) -> None:
    assert "Another Retake" in refusal(running)
    assert running.stop() == 0
    assert running.everyone() == []
    # The first start has made all tables besides; none waits for the signs of life of the former to end.
    first_s = running.started_in_s
    running.start()
    assert running.started_in_s < 2 * first_s + 10


def test_nothing_outlives_a_supervisor_that_was_killed(running: House) -> None:
    assert running.process is not None
    running.process.kill()
    running.process.wait()
    wait_for("the end of all processes", lambda: running.everyone() == [])
