"""What the sandbox tells about itself, and how it starts and ends."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.patience import PATIENCE_S, wait_for
from tests.providers.sandbox.orders import ended, made, order
from tests.sandbox_server import ROOT, Sandbox, running_sandbox


def test_every_vendor_call_is_written_down(vendor: Sandbox, client: httpx.Client) -> None:
    begun = time.time()
    job_id = made(client, seed=5)
    order(client, duration=99)
    client.get(f"/v1/tasks/{job_id}")
    calls = vendor.control.get("/_control/calls").json()["calls"]
    assert [(call["method"], call["status"], call["paid"]) for call in calls] == [
        ("POST", 200, True),
        ("POST", 400, False),
        ("GET", 200, False),
    ]
    assert (calls[0]["prompt"], calls[0]["seed"], calls[0]["key_last4"]) == ("A red ball rolls", 5, "cdef")
    assert calls[2]["job_id"] == job_id
    assert begun <= calls[0]["received_at"] <= calls[0]["answered_at"] <= time.time()


def test_calls_can_be_filtered(vendor: Sandbox, client: httpx.Client) -> None:
    job_id = made(client)
    client.get(f"/v1/tasks/{job_id}")
    later = time.time()
    client.get("/v1/organization")

    def count(**asked: object) -> int:
        found: int = vendor.control.get("/_control/calls", params=asked).json()["count"]  # type: ignore[arg-type]
        return found

    assert (count(), count(paid=1), count(path="/tasks/"), count(since=later)) == (3, 1, 1, 1)
    assert vendor.control.get("/_control/calls", params={"path": "("}).status_code == 400


def test_settings_are_checked_and_told(vendor: Sandbox) -> None:
    for wrong in (
        {"capacity": 0},
        {"min_seconds": "x"},
        {"instant": 1},
        {"colour": "red"},
        {"credits": True},
    ):
        answer = vendor.control.post("/_control/settings", json=wrong)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]
    vendor.settings(capacity=5, daily_limit=None)
    assert vendor.control.get("/_control/settings").json()["capacity"] == 5


def test_reset_forgets_everything(vendor: Sandbox, client: httpx.Client) -> None:
    job_id = made(client)
    vendor.fault("status", times=-1)
    vendor.settings(capacity=9, min_seconds=60)
    vendor.reset()
    assert vendor.paid_count() == 0
    assert vendor.control.get("/_control/calls").json()["count"] == 0
    assert vendor.control.get(f"/_control/jobs/{job_id}").status_code == 404
    assert vendor.control.get("/_control/settings").json()["capacity"] == 2
    assert client.get(f"/v1/tasks/{job_id}").status_code == 404


def test_a_job_tells_the_truth_about_its_picture(vendor: Sandbox, client: httpx.Client) -> None:
    job_id = made(client)
    ended(client, job_id)
    told = vendor.control.get(f"/_control/jobs/{job_id}").json()
    assert told["status"] == "SUCCEEDED"
    assert {one["asked"] for one in told["truth"]["instructions"]} >= {"red"}
    assert told["created_at"] <= told["started_at"] <= told["finished_at"]


def sandbox_command(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "providers.sandbox", "--data", str(data), *more]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.com"])  # noqa: S104 it is refused
def test_it_listens_on_this_machine_only(tmp_path: Path, host: str) -> None:
    ran = sandbox_command(tmp_path, "--host", host, "--port", "0")
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert host in ran.stderr


def test_a_taken_port_is_one_clear_line(vendor: Sandbox, tmp_path: Path) -> None:
    ran = sandbox_command(tmp_path, "--port", str(vendor.port))
    assert ran.returncode == 2
    assert ran.stderr.count("\n") == 1
    assert str(vendor.port) in ran.stderr


def drawing(sandbox: Sandbox) -> list[psutil.Process]:
    """Its render processes, once there is one."""
    assert sandbox.process is not None
    server = psutil.Process(sandbox.process.pid)
    wait_for("a process that draws", lambda: server.children(recursive=True))
    return server.children(recursive=True)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_no_drawing_process_outlives_it(tmp_path: Path, how: str) -> None:
    from tests.providers.sandbox.conftest import HEADERS

    with running_sandbox(tmp_path) as sandbox:
        with httpx.Client(base_url=sandbox.base_url, headers=HEADERS) as client:
            made(client, duration=10)
        children = drawing(sandbox)
        # Nothing is nicer than 19, and a run of tests may be nice itself.
        nice = min(19, os.nice(0) + 10)
        wait_for("processes that step back", lambda: all(child.nice() >= nice for child in children))
        getattr(sandbox, how)()
        assert sandbox.process is not None
        assert sandbox.process.returncode in ({0} if how == "stop" else {-9})
        assert psutil.wait_procs(children, timeout=PATIENCE_S)[1] == []
