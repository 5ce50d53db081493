"""The sandbox's fal, call by call: addresses, keys, what a job is told of while it lasts and afterwards."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.patience import PATIENCE_S
from tests.sandbox_server import Sandbox

ENDPOINT = "fal-ai/pixverse/v6/text-to-video"
APP = "fal-ai/pixverse"
BODY = {"prompt": "A red ball rolls", "duration": 1, "resolution": "360p"}
KEY = {"Authorization": "Key one:secret"}


@pytest.fixture
def client(vendor: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=vendor.base("fal"), headers=KEY, timeout=PATIENCE_S) as one:
        yield one


def order(client: httpx.Client, **changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = client.post(f"/{ENDPOINT}", json=BODY | changes).raise_for_status().json()
    return told


def over(client: httpx.Client, told: dict[str, Any]) -> httpx.Response:
    """The status once the job is over."""
    deadline = time.monotonic() + PATIENCE_S
    while (answer := client.get(told["status_url"])).json()["status"] != "COMPLETED":
        assert answer.status_code == 202
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert answer.status_code == 200
    return answer


def test_an_order_is_told_its_addresses_below_the_app(vendor: Sandbox, client: httpx.Client) -> None:
    told = order(client)
    base = f"{vendor.url}/fal/{APP}/requests/{told['request_id']}"
    assert (told["status"], told["queue_position"]) == ("IN_QUEUE", 0)
    assert [told[f"{name}_url"] for name in ("response", "status", "cancel")] == [
        base, f"{base}/status", f"{base}/cancel",
    ]  # fmt: skip
    over(client, told)
    assert client.get(base).json()["video"]["url"].startswith(f"{vendor.url}/fal-cdn/")
    assert client.get(f"/{ENDPOINT}/requests/{told['request_id']}/status").status_code == 404


def test_a_job_belongs_to_its_key_alone(vendor: Sandbox, client: httpx.Client) -> None:
    told = order(client)
    for headers, status in (
        ({"Authorization": "Key two:secret"}, 404),
        ({"Authorization": "Bearer x"}, 401),
        ({}, 401),
    ):
        for name, method in (("status_url", "GET"), ("response_url", "GET"), ("cancel_url", "PUT")):
            assert httpx.request(method, told[name], headers=headers).status_code == status


def test_there_is_no_result_before_the_end(vendor: Sandbox, client: httpx.Client) -> None:
    vendor.settings(min_seconds=60)
    told = order(client)
    assert client.get(told["response_url"]).status_code == 400
    assert client.put(told["cancel_url"]).status_code == 202
    assert client.put(told["cancel_url"]).json() == {"status": "ALREADY_COMPLETED"}
    assert over(client, told).json()["error_type"] == "client_cancelled"
    assert client.get(told["response_url"]).headers["x-fal-error-type"] == "client_cancelled"


def test_logs_are_told_to_whoever_asks_for_them(client: httpx.Client) -> None:
    told = order(client)
    assert over(client, told).json()["logs"] is None
    assert client.get(told["status_url"], params={"logs": "1"}).json()["logs"]


@pytest.mark.parametrize(
    ("changes", "field", "kind"),
    [
        ({"prompt": None}, "prompt", "missing"),
        ({"prompt": 5}, "prompt", "string_type"),
        ({"resolution": "9000p"}, "resolution", "one_of"),
        ({"duration": "5"}, "duration", "number_type"),
        ({"generate_audio_switch": "yes"}, "generate_audio_switch", "boolean_type"),
    ],
)
def test_a_wrong_input_is_taken_and_told_of_in_the_result(
    vendor: Sandbox, client: httpx.Client, changes: dict[str, Any], field: str, kind: str
) -> None:
    told = order(client, **changes)
    assert over(client, told).json()["error"]
    answer = client.get(told["response_url"])
    (fault,) = answer.json()["detail"]
    assert (answer.status_code, fault["loc"], fault["type"]) == (422, ["body", field], kind)
    assert vendor.paid_count() == 1


@pytest.mark.parametrize(
    "picture", ["data:image/png;base64,AAAA", "data:nonsense", "file:///etc/passwd", "http://box/a"]
)
def test_a_picture_that_cannot_be_had_is_told_of(client: httpx.Client, picture: str) -> None:
    path = "/fal-ai/pixverse/v6/image-to-video"
    told = client.post(path, json=BODY | {"image_url": picture}).raise_for_status().json()
    over(client, told)
    (fault,) = client.get(told["response_url"]).json()["detail"]
    assert fault["type"] in {"image_load_error", "file_download_error"}


@pytest.mark.parametrize("path", ["/fal-ai/no-such-model", "/fal-ai"])
def test_what_is_no_endpoint_is_not_found(client: httpx.Client, path: str) -> None:
    assert client.post(path, json=BODY).status_code == 404


def test_a_body_that_is_no_json_is_refused(vendor: Sandbox, client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.post(f"/{ENDPOINT}", content=b"{", headers=headers).status_code == 400
    assert vendor.paid_count() == 0
