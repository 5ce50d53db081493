"""A sandbox that was killed goes on where it was."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.patience import PATIENCE_S
from tests.providers.sandbox.conftest import HEADERS
from tests.providers.sandbox.orders import ended, made, task
from tests.sandbox_server import running_sandbox


def test_killed_jobs_are_kept_counted_and_finished(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, capacity=2, min_seconds=1) as sandbox:
        with httpx.Client(base_url=sandbox.base_url, headers=HEADERS, timeout=PATIENCE_S) as client:
            done = made(client, seed=1)
            link = ended(client, done)["output"][0]
            ids = [made(client, seed=seed) for seed in (2, 3, 4)]
            client.delete(f"/v1/tasks/{ids[2]}")
            assert task(client, ids[0])["status"] in {"PENDING", "RUNNING"}
        sandbox.kill()
        sandbox.start()
        assert sandbox.paid_count() == 4
        with httpx.Client(base_url=sandbox.base_url, headers=HEADERS, timeout=PATIENCE_S) as client:
            # A link that was given before is still signed by the same hand.
            assert httpx.get(link).status_code == 200
            for job_id in ids[:2]:
                told = ended(client, job_id)
                assert (told["status"], told["cost"]) == ("SUCCEEDED", {"credits": 24})
                assert httpx.get(told["output"][0]).status_code == 200
            assert client.get(f"/v1/tasks/{ids[2]}").status_code == 404
        assert sandbox.paid_count() == 4
        assert not list(tmp_path.rglob("*.part"))


def test_changed_settings_and_the_place_in_the_line_outlive_a_kill(tmp_path: Path) -> None:
    with running_sandbox(tmp_path, instant=True) as sandbox:
        sandbox.settings(capacity=1, min_seconds=1)
        with httpx.Client(base_url=sandbox.base_url, headers=HEADERS, timeout=PATIENCE_S) as client:
            ids = [made(client, seed=seed) for seed in range(3)]
        sandbox.kill()
        sandbox.start()
        assert sandbox.control.get("/_control/settings").json()["capacity"] == 1
        with httpx.Client(base_url=sandbox.base_url, headers=HEADERS, timeout=PATIENCE_S) as client:
            assert [task(client, one)["status"] == "THROTTLED" for one in ids] == [False, True, True]
            ended(client, ids[2])
        started = [sandbox.control.get(f"/_control/jobs/{one}").json()["started_at"] for one in ids]
        assert started == sorted(started)
