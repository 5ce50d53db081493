"""The life of a Runway task: from the order to the file, its cost, its links and its end."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

import av
import httpx
import pytest

from providers.sandbox.engine import READY
from providers.sandbox.picture.clip import render
from providers.sandbox.picture.plan import plan
from tests.providers.sandbox.orders import TASK_KEYS, data_uri, ended, made, order, png, task
from tests.sandbox_server import Sandbox


@pytest.mark.parametrize(
    ("changes", "credits"),
    [
        ({"duration": 10}, 120),
        ({"outputFormat": "prores", "proresProfile": "422 HQ"}, 34),
        ({"model": "veo3.1", "duration": 4}, 160),
        ({"model": "veo3.1", "duration": 4, "audio": False}, 80),
        ({"model": "seedance2_mini", "duration": "auto"}, 80),
        ({"model": "seedance2_mini", "duration": 4}, 64),
    ],
)
def test_an_order_is_answered_with_its_id_and_its_price(
    client: httpx.Client, changes: dict[str, Any], credits: int
) -> None:
    answer = order(client, **changes)
    assert answer.status_code == 200
    assert set(answer.json()) == {"id", "estimatedCost"}
    assert answer.json()["estimatedCost"] == {"credits": credits}
    assert client.delete(f"/v1/tasks/{answer.json()['id']}").status_code == 204


def test_a_task_runs_with_rising_progress_and_gives_the_clip_that_was_ordered(
    vendor: Sandbox, client: httpx.Client
) -> None:
    # It runs no longer than it is drawn: that it is seen running at all shows that the server answers while a
    # child of it draws.
    vendor.settings(instant=False, min_seconds=0)
    job_id, seen = made(client, ratio="720:1280"), list[dict[str, Any]]()
    while not seen or seen[-1]["status"] != "SUCCEEDED":
        seen.append(task(client, job_id))
        assert seen[-1]["status"] in {"PENDING", "RUNNING", "SUCCEEDED"}
        time.sleep(0.02)
    running = [one for one in seen if one["status"] == "RUNNING"]
    progress = [one["progress"] for one in running]
    assert progress == sorted(progress)
    assert 0 < progress[-1] < 1
    assert set(running[0]) == TASK_KEYS | {"progress", "estimatedCost"}
    assert set(seen[-1]) == TASK_KEYS | {"output", "cost"}
    assert seen[-1]["cost"] == {"credits": 24}
    clip = httpx.get(seen[-1]["output"][0])
    assert clip.headers["content-type"] == "video/mp4"
    assert int(clip.headers["content-length"]) == len(clip.content)
    with av.open(io.BytesIO(clip.content), "r") as film:
        stream = film.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 720, 1280)
        assert (film.duration or 0) / 1_000_000 == pytest.approx(2, abs=0.1)


def test_a_job_lasts_at_least_its_shortest_time(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(min_seconds=0.3)
    job_id = made(client)
    ended(client, job_id)
    told = vendor.control.get(f"/_control/jobs/{job_id}").json()
    assert told["finished_at"] - told["started_at"] >= 0.3
    assert told["created_at"] <= told["started_at"]
    assert told["truth"]["things"]


def test_surplus_is_throttled_and_starts_in_order(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(capacity=2, min_seconds=60)
    ids = [made(client, seed=seed) for seed in range(4)]
    assert [task(client, one)["status"] == "THROTTLED" for one in ids] == [False, False, True, True]
    assert task(client, made(client, model="veo3.1", duration=4))["status"] != "THROTTLED"
    vendor.reset()
    vendor.settings(capacity=2, min_seconds=0.3, instant=True)
    ids = [made(client, seed=seed) for seed in range(4)]
    for one in ids:
        assert ended(client, one)["status"] == "SUCCEEDED"
    started = [vendor.control.get(f"/_control/jobs/{one}").json()["started_at"] for one in ids]
    assert started == sorted(started)
    assert started[2] - started[0] >= 0.3


def test_a_refused_prompt_fails_and_is_charged_in_full(vendor: Sandbox, client: httpx.Client) -> None:
    told = ended(client, made(client, promptText="A bloody corpse with gore"))
    assert (told["status"], told["failureCode"], told["cost"]) == (
        "FAILED",
        "SAFETY.INPUT.TEXT",
        {"credits": 24},
    )
    assert told["failure"]
    assert "output" not in told


def test_a_refused_output_costs_nothing(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("fail", failureCode="SAFETY.OUTPUT.VIDEO")
    before = client.get("/v1/organization").json()["creditBalance"]
    told = ended(client, made(client))
    assert (told["failureCode"], told["cost"]) == ("SAFETY.OUTPUT.VIDEO", {"credits": 0})
    assert client.get("/v1/organization").json()["creditBalance"] == before


def test_each_look_gives_another_link_and_links_run_out(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(link_seconds=0.2)
    job_id = made(client)
    first, second = ended(client, job_id)["output"][0], task(client, job_id)["output"][0]
    assert first != second
    time.sleep(0.25)
    assert httpx.get(second).status_code == 403
    vendor.settings(link_seconds=3600)
    fresh = task(client, job_id)["output"][0]
    assert httpx.get(fresh).status_code == 200
    assert httpx.get(fresh[:-2] + "xx").status_code == 403
    assert httpx.get(fresh.partition("?")[0]).status_code == 403


def test_a_deleted_task_is_gone_with_its_file(client: httpx.Client) -> None:
    job_id = made(client)
    link = ended(client, job_id)["output"][0]
    deleted = client.delete(f"/v1/tasks/{job_id}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    gone = client.get(f"/v1/tasks/{job_id}")
    assert (gone.status_code, gone.json()["error"]) == (404, "Could not find Task")
    assert client.delete(f"/v1/tasks/{job_id}").status_code == 404
    assert httpx.get(link).status_code == 403


def test_a_cancelled_task_gives_its_slot_to_the_next(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(capacity=1, min_seconds=30)
    first, second = made(client, seed=1), made(client, seed=2)
    assert task(client, second)["status"] == "THROTTLED"
    assert client.delete(f"/v1/tasks/{first}").status_code == 204
    assert task(client, second)["status"] in {"PENDING", "RUNNING"}
    assert vendor.control.get(f"/_control/jobs/{first}").json()["status"] == "CANCELLED"
    assert vendor.paid_count() == 2


def test_another_keys_tasks_are_unknown(vendor: Sandbox, client: httpx.Client) -> None:
    job_id = made(client)
    other = {"Authorization": "Bearer key_" + "f" * 128}
    assert client.get(f"/v1/tasks/{job_id}", headers=other).status_code == 404
    assert client.delete(f"/v1/tasks/{job_id}", headers=other).status_code == 404
    assert client.get("/v1/organization", headers=other).json()["creditBalance"] == 1_000_000


def test_the_first_frame_is_seen_in_the_clip(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(instant=False)
    answer = order(client, "image_to_video", promptImage=data_uri(png(640, 360)), promptText="static camera")
    told = ended(client, answer.json()["id"])
    content = httpx.get(told["output"][0]).content
    with av.open(io.BytesIO(content), "r") as film:
        frame = next(film.decode(video=0)).to_ndarray(format="rgb24")
    red, green, blue = frame[:60, :60].reshape(-1, 3).mean(axis=0)
    assert red > green + 80
    assert red > blue + 80


def test_a_ready_clip_is_the_same_good_one_whoever_asks_first(
    vendor: Sandbox, client: httpx.Client, tmp_path: Path
) -> None:
    # Nobody else asks for this length.
    asked = made(client, promptText="Something vague at night", seed=1, ratio="720:1280", duration=3)
    content = httpx.get(ended(client, asked)["output"][0]).content
    told = {name: READY[name] for name in ("prompt", "negative", "seed", "model")}
    for seconds in (1, 2, 3, 8, 20):
        assert plan(**told, width=1280, height=720, duration_s=seconds).faults == ()
    render(plan(**told, width=720, height=1280, duration_s=3), tmp_path / "ready.mp4")
    assert content == (tmp_path / "ready.mp4").read_bytes()


def test_usage_is_told_by_day_and_model(client: httpx.Client) -> None:
    ended(client, made(client))
    told = client.post("/v1/organization/usage", json={}).json()
    spent = [used for day in told["results"] for used in day["usedCredits"]]
    assert (spent, told["models"]) == ([{"model": "gen4.5", "amount": 24}], ["gen4.5"])
    long = client.post("/v1/organization/usage", json={"startDate": "2026-01-01", "beforeDate": "2026-08-01"})
    assert long.status_code == 400
