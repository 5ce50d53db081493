"""Faults on order: which calls they meet, and that what they break is really broken."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.providers.sandbox.orders import ended, made, order, task
from tests.sandbox_server import Sandbox

HELD_S = 0.3


def test_a_connection_dropped_before_takes_no_job(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("drop_before", match={"method": "POST"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        order(client)
    assert vendor.paid_count() == 0
    (call,) = vendor.control.get("/_control/calls").json()["calls"]
    assert (call["status"], call["paid"]) == ("dropped", False)
    assert order(client).status_code == 200


def test_a_connection_dropped_after_has_taken_the_job(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("drop_after", match={"method": "POST"})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        order(client, seed=99)
    (job,) = vendor.control.get("/_control/paid").json()["jobs"]
    assert (job["seed"], job["model"], job["key_last4"]) == (99, "gen4.5", "cdef")
    (call,) = vendor.control.get("/_control/calls").json()["calls"]
    assert (call["status"], call["paid"], call["job_id"]) == ("dropped", True, job["id"])
    assert ended(client, job["id"])["status"] == "SUCCEEDED"


def test_a_status_takes_the_place_of_the_answer(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("status", match={"method": "POST"}, code=429, retry_after=7)
    vendor.fault("status", match={"path": "/v1/tasks/"}, code=503)
    busy = order(client)
    assert (busy.status_code, busy.headers["retry-after"], vendor.paid_count()) == (429, "7", 0)
    job_id = made(client)
    assert client.get(f"/v1/tasks/{job_id}").status_code == 503
    assert client.get(f"/v1/tasks/{job_id}").status_code == 200


@pytest.mark.parametrize("when", ["before", "after"])
def test_latency_holds_the_answer_before_or_after_the_job_is_taken(
    vendor: Sandbox, client: httpx.Client, when: str
) -> None:
    vendor.fault("latency", match={"method": "POST"}, seconds=HELD_S, when=when)
    made(client)
    [job] = vendor.control.get("/_control/paid").json()["jobs"]
    [call] = vendor.control.get("/_control/calls", params={"paid": 1}).json()["calls"]
    created_at = vendor.control.get(f"/_control/jobs/{job['id']}").json()["created_at"]
    held = {"before": created_at - call["received_at"], "after": call["answered_at"] - created_at}
    assert held[when] > HELD_S * 0.9


def test_a_failure_ends_the_job_with_its_code(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("fail", failureCode="INTERNAL.BAD_OUTPUT.CODE01")
    told = ended(client, made(client))
    assert (told["status"], told["failureCode"]) == ("FAILED", "INTERNAL.BAD_OUTPUT.CODE01")
    assert told["cost"] == {"credits": 0}
    assert ended(client, made(client))["status"] == "SUCCEEDED"


def test_a_refusal_of_the_input_keeps_the_money(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("refuse", failureCode="SAFETY.INPUT.IMAGE")
    told = ended(client, made(client))
    assert (told["failureCode"], told["cost"]) == ("SAFETY.INPUT.IMAGE", {"credits": 24})


def test_a_task_can_tell_what_nobody_knows(vendor: Sandbox, client: httpx.Client) -> None:
    job_id = made(client)
    ended(client, job_id)
    vendor.fault("unknown_status")
    vendor.fault("empty_output", times=2)
    assert task(client, job_id)["status"] == "REVIEWING"
    assert task(client, job_id)["output"] == []
    assert len(task(client, job_id)["output"]) == 1


def test_malformed_json_still_takes_the_job(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("malformed_json", match={"method": "POST"})
    answer = order(client)
    assert (answer.status_code, vendor.paid_count()) == (200, 1)
    with pytest.raises(ValueError, match="line 1 column"):
        answer.json()


def test_a_file_can_be_cut_or_be_no_file(vendor: Sandbox, client: httpx.Client) -> None:
    link = ended(client, made(client))["output"][0]
    vendor.fault("truncate")
    with pytest.raises(httpx.RemoteProtocolError, match=r"complete message body"):
        httpx.get(link)
    vendor.fault("html")
    page = httpx.get(link)
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    vendor.fault("expired_link")
    assert httpx.get(link).status_code == 403
    vendor.fault("wrong_content_type", content_type="application/octet-stream")
    assert httpx.get(link).headers["content-type"] == "application/octet-stream"
    assert httpx.get(link).headers["content-type"] == "video/mp4"


def test_a_fault_meets_only_what_it_names(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("status", match={"path": "text_to_video$", "model": "veo3.1", "nth": 2}, code=500)
    assert order(client).status_code == 200
    answers = [order(client, model="veo3.1", duration=4).status_code for _ in range(3)]
    assert answers == [200, 500, 200]


def test_a_fault_strikes_as_often_as_it_says(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.fault("status", code=502, times=2)
    assert [client.get("/v1/organization").status_code for _ in range(3)] == [502, 502, 200]
    vendor.fault("status", code=502, times=-1)
    assert {client.get("/v1/organization").status_code for _ in range(4)} == {502}
    (_, always) = vendor.control.get("/_control/faults").json()["faults"]
    assert (always["struck"], always["times"]) == (4, -1)
    vendor.control.delete("/_control/faults")
    assert client.get("/v1/organization").status_code == 200


def test_dice_with_the_same_seed_fall_the_same(vendor: Sandbox, client: httpx.Client) -> None:
    def throw() -> list[int]:
        vendor.control.delete("/_control/faults")
        vendor.fault("status", code=500, times=-1, probability=0.5, seed=3)
        return [client.get("/v1/organization").status_code for _ in range(16)]

    first = throw()
    assert set(first) == {200, 500}
    assert throw() == first


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "meteor"},
        {"kind": "status", "match": {"paht": "x"}},
        {"kind": "status", "match": {"path": "("}},
        {"kind": "status", "code": "x"},
        {"kind": "latency", "when": "later"},
        {"kind": "truncate", "seconds": 1},
        {"kind": "drop_after", "probability": -1},
    ],
)
def test_an_order_that_makes_no_sense_is_refused(vendor: Sandbox, wrong: dict[str, Any]) -> None:
    answer = vendor.control.post("/_control/faults", json=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert vendor.control.get("/_control/faults").json() == {"faults": []}
