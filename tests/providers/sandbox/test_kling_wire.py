"""The sandbox's Kling: keys that are really checked, one store of tasks in two standards, and its facts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import jwt
import pytest

from providers import catalog
from providers.sandbox.kling_auth import ACCESS_KEY, SECRET_KEY
from providers.sandbox.kling_facts import HD, LEGACY, NEW, units
from tests.patience import PATIENCE_S
from tests.providers.sandbox.kling_client import OLD, calling, plain
from tests.sandbox_server import Sandbox


@pytest.fixture
def client(house: Sandbox) -> Iterator[httpx.Client]:
    with calling(house) as client:
        yield client


def token(secret: str = SECRET_KEY, exp_in: int = 1800, nbf_in: int = -5, **claims: Any) -> str:
    now = int(time.time())
    return jwt.encode(
        {"iss": ACCESS_KEY, "exp": now + exp_in, "nbf": now + nbf_in, **claims}, secret, "HS256"
    )


class TestKeys:
    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ("", 1001),
            ("Basic abc", 1002),
            ("Bearer short", 1002),
            ("Bearer a.b.c", 1002),
            ({"secret": SECRET_KEY[::-1]}, 1002),
            ({"iss": "AKsomebody"}, 1002),
            ({"nbf_in": 600}, 1003),
            ({"exp_in": -1}, 1004),
        ],
    )
    def test_what_is_no_key_is_refused_with_its_code(
        self, client: httpx.Client, given: str | dict[str, Any], code: int
    ) -> None:
        told = given if isinstance(given, str) else f"Bearer {token(**given)}"
        answer = client.post("/v1/videos/text2video", json=OLD, headers={"Authorization": told})
        assert (answer.status_code, answer.json()["code"]) == (401, code)

    def test_claims_that_nobody_asked_for_are_passed_over(self, client: httpx.Client) -> None:
        headers = {"Authorization": f"Bearer {token(iat=int(time.time()))}"}
        assert client.post("/v1/videos/text2video", json=OLD, headers=headers).status_code == 200

    @pytest.mark.parametrize("path", ["/text-to-video/kling-2.6", "/tasks"])
    def test_a_token_does_not_reach_the_newer_standard(self, client: httpx.Client, path: str) -> None:
        answer = client.post(path, json=plain(), headers={"Authorization": f"Bearer {token()}"})
        assert (answer.status_code, answer.json()["code"]) == (401, 1002)
        assert "AK/SK" in answer.json()["message"]


def ended(client: httpx.Client, job_id: str) -> dict[str, Any]:
    """The record of the newer standard once the job is over."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        (told,) = client.get("/tasks", params={"task_ids": job_id}).json()["data"]
        if told["status"] in {"succeeded", "failed"}:
            return dict(told)
        assert time.monotonic() < deadline
        time.sleep(0.02)


class TestTasks:
    def test_one_store_is_told_in_both_standards(self, client: httpx.Client) -> None:
        made = client.post("/v1/videos/text2video", json=OLD | {"external_task_id": "mine"}).json()["data"]
        assert made["task_status"] == "submitted"
        newer = ended(client, made["task_id"])
        older = client.get("/v1/videos/text2video/mine").json()["data"]
        assert (newer["status"], older["task_status"]) == ("succeeded", "succeed")
        assert (newer["external_id"], older["task_info"]) == ("mine", {"external_task_id": "mine"})
        assert newer["billing"] == [{"charge_type": "unit", "package_type": "video", "amount": "1.5"}]
        assert older["final_unit_deduction"] == "1.5"
        assert "progress" not in json.dumps([newer, older])
        assert isinstance(older["task_result"]["videos"][0]["duration"], str)
        assert client.get("/v1/videos/image2video/mine").json()["code"] == 1201

    def test_the_time_of_the_last_change_moves_while_it_runs(
        self, client: httpx.Client, house: Sandbox
    ) -> None:
        house.settings(min_seconds=60)
        job = client.post("/text-to-video/kling-2.6", json=plain()).json()["data"]["id"]
        seen: set[int] = set()
        deadline = time.monotonic() + PATIENCE_S
        while len(seen) < 3:
            assert time.monotonic() < deadline
            (told,) = client.get("/tasks", params={"task_ids": job}).json()["data"]
            seen |= {told["update_time"]} if told["status"] == "processing" else set()

    def test_a_mark_serves_once(self, client: httpx.Client, house: Sandbox) -> None:
        body = plain() | {"options": {"external_task_id": "mine"}}
        assert client.post("/text-to-video/kling-2.6", json=body).status_code == 200
        for path, again in (
            ("/text-to-video/kling-2.6", body),
            ("/v1/videos/text2video", OLD | {"external_task_id": "mine"}),
        ):
            answer = client.post(path, json=again)
            assert (answer.status_code, answer.json()["code"]) == (400, 1201)
            assert "already exists" in answer.json()["message"]
        assert house.paid_count() == 1

    def test_a_failed_task_is_a_good_answer(self, client: httpx.Client) -> None:
        bad = OLD | {"prompt": "A bloody corpse with gore"}
        job = client.post("/v1/videos/text2video", json=bad).json()["data"]["task_id"]
        assert ended(client, job)["message"] == "Failure to pass the risk control system"
        answer = client.get(f"/v1/videos/text2video/{job}")
        assert (answer.status_code, answer.json()["code"]) == (200, 0)
        assert answer.json()["data"]["task_status"] == "failed"
        assert answer.json()["data"]["final_unit_deduction"] == "0"

    def test_unknown_ids_are_left_out_and_others_keys_see_nothing(self, client: httpx.Client) -> None:
        job = client.post("/text-to-video/kling-2.6", json=plain()).json()["data"]["id"]
        asked = {"task_ids": f"900000000000000001,{job}"}
        assert [one["id"] for one in client.get("/tasks", params=asked).json()["data"]] == [job]
        stranger = {"Authorization": "Bearer another-key-0123456789"}
        assert client.get("/tasks", headers=stranger, params=asked).json()["data"] == []

    def test_lists_go_by_pages_and_by_cursor(self, client: httpx.Client, house: Sandbox) -> None:
        house.settings(capacity=9)
        jobs = [client.post("/v1/videos/text2video", json=OLD).json()["data"]["task_id"] for _ in range(3)]
        page = client.get("/v1/videos/text2video", params={"pageNum": 2, "pageSize": 2}).json()["data"]
        assert [one["task_id"] for one in page] == jobs[:1]
        now = int(time.time() * 1000)
        asked = {"start_time": now - 60_000, "end_time": now + 60_000, "limit": 2}
        first = client.post("/tasks", json=asked).json()["data"]
        second = client.post("/tasks", json={"cursor": first["next_cursor"]}).json()["data"]
        listed = [one["id"] for one in first["result"] + second["result"]]
        assert listed == jobs[::-1]
        assert (first["has_more"], second["has_more"]) == (True, False)
        none = asked | {"filters": [{"key": "status", "values": ["failed"]}]}
        assert client.post("/tasks", json=none).json()["data"]["count"] == 0

    @pytest.mark.parametrize(
        "body", [{}, {"cursor": "x"}, {"start_time": 1, "end_time": 2, "filters": 5}, {"start_time": "1"}]
    )
    def test_a_list_that_was_asked_for_wrongly_is_1201(
        self, client: httpx.Client, body: dict[str, Any]
    ) -> None:
        assert client.post("/tasks", json=body).json()["code"] == 1201


class TestFacts:
    @pytest.mark.parametrize("name", [*NEW, *LEGACY])
    def test_the_sandbox_and_the_catalogue_say_the_same(self, name: str) -> None:
        facts, model = (NEW | LEGACY)[name], catalog.model("kling", name)
        assert set(facts.units) == set(model.tiers)
        assert facts.limit == model.prompt_limit
        assert bool(facts.last_frame) == model.last_frame
        assert set(model.durations) <= set(facts.seconds)
        for mode in model.modes.values():
            size = next(size for size in mode.sizes if size.tier == (HD if HD in facts.units else size.tier))
            sound, clip = model.audio == "always", mode.name == "video"
            rate = units(facts, size.tier, sound=sound, clip=clip)
            assert rate is not None
            price = catalog.estimate_usd(model, 5, (size.width, size.height), sound, mode.name)
            assert price == Decimal(rate * 5 * 14) / 10_000

    def test_no_model_is_known_to_one_of_them_alone(self) -> None:
        assert set(NEW | LEGACY) == {model.id for model in catalog.models() if model.vendor == "kling"}
