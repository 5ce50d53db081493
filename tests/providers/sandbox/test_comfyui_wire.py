"""The sandbox's ComfyUI as ComfyUI's own example scripts use it, and as strict as the server itself."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest

from providers.comfyui_body import SHIPPED
from tests.patience import PATIENCE_S
from tests.providers.sandbox.orders import png
from tests.sandbox_server import Sandbox

VALUES: dict[str, Any] = {
    "prompt": "A red ball rolls", "negative_prompt": "", "seed": 5, "width": 768, "height": 512, "frames": 25,
    "fps": 24, "first_frame": "ball.png",
}  # fmt: skip


def workflow(name: str = "ltxv_text.json") -> dict[str, Any]:
    """A shipped workflow, filled in by hand."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    for place, value in VALUES.items():
        text = text.replace(f'"{{{{{place}}}}}"', json.dumps(value))
    graph: dict[str, Any] = json.loads(text)
    return graph


@pytest.fixture(params=["", "/api"], ids=["plain", "api"])
def server(request: pytest.FixtureRequest, vendor: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=vendor.base("comfyui") + request.param, timeout=PATIENCE_S) as client:
        yield client


def test_an_example_script_gets_its_clip(server: httpx.Client) -> None:
    """The way of ComfyUI's script_examples: an order, the history until it is there, the file."""
    order = {"prompt": workflow(), "client_id": str(uuid.uuid4())}
    told = server.post("/prompt", content=json.dumps(order)).raise_for_status().json()
    assert set(told) == {"prompt_id", "number", "node_errors"}
    deadline = time.monotonic() + PATIENCE_S
    while not (history := server.get(f"/history/{told['prompt_id']}").json()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    entry = history[told["prompt_id"]]
    assert entry["status"]["completed"]
    (node,) = entry["outputs"].values()
    (file,) = node["images"]
    clip = server.get("/view", params=file)
    assert clip.content[4:8] == b"ftyp"
    assert server.get("/view", params=file | {"type": "temp"}).status_code == 404
    assert server.get("/view", params={"filename": "../secret"}).status_code == 400
    assert server.get("/prompt").json() == {"exec_info": {"queue_remaining": 0}}


def test_the_server_tells_of_itself(server: httpx.Client) -> None:
    assert server.get("/system_stats").json()["devices"][0]["vram_total"] > 0
    (node,) = server.get("/object_info/KSampler").json().values()
    assert "seed" in node["input"]["required"]
    assert server.get("/object_info/NoSuchNode").json() == {}
    assert len(server.get("/object_info").json()) > 10


WRONG: list[tuple[str, str, Any, str]] = [
    ("44", "ckpt_name", "other.safetensors", "value_not_in_list"),
    ("72", "noise_seed", -1, "value_smaller_than_min"),
    ("72", "cfg", 101, "value_bigger_than_max"),
    ("72", "noise_seed", "many", "invalid_input_type"),
    ("72", "positive", None, "required_input_missing"),
    ("72", "positive", ["44", 0], "return_type_mismatch"),
    ("72", "positive", ["44", 9], "return_type_mismatch"),
    ("72", "positive", ["nowhere", 0], "exception_during_inner_validation"),
    ("72", "positive", "words", "bad_linked_input"),
]


@pytest.mark.parametrize(("node", "name", "value", "kind"), WRONG)
def test_a_wrong_input_is_told_at_its_node(
    vendor: Sandbox, node: str, name: str, value: Any, kind: str
) -> None:
    graph = deepcopy(workflow())
    graph[node]["inputs"][name] = value
    answer = httpx.post(f"{vendor.base('comfyui')}/prompt", json={"prompt": graph})
    assert answer.status_code == 400
    told = answer.json()
    assert told["error"]["type"] == "prompt_outputs_failed_validation"
    assert [fault["type"] for fault in told["node_errors"][node]["errors"]] == [kind]
    assert vendor.paid_count() == 0


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "no_prompt"),
        ({"prompt": {"1": {"class_type": "NoSuchNode", "inputs": {}}}}, "missing_node_type"),
        ({"prompt": {"1": {"inputs": {}}}}, "missing_node_type"),
        ({"prompt": {"1": {"class_type": "KSamplerSelect", "inputs": {}}}}, "prompt_no_outputs"),
        ({"prompt": {}, "prompt_id": "ABCDEF"}, "invalid_prompt_id"),
        ({"prompt": {}, "prompt_id": str(uuid.uuid4()).upper()}, "invalid_prompt_id"),
    ],
)
def test_an_order_that_is_none_is_refused_by_name(vendor: Sandbox, body: dict[str, Any], kind: str) -> None:
    answer = httpx.post(f"{vendor.base('comfyui')}/prompt", json=body)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, kind)


def test_a_picture_has_to_be_there_first(vendor: Sandbox) -> None:
    with httpx.Client(base_url=vendor.base("comfyui")) as client:
        order = {"prompt": workflow("ltxv_image.json")}
        refused = client.post("/prompt", json=order).json()
        assert refused["node_errors"]["78"]["errors"][0]["type"] == "custom_validation_failed"
        told = client.post("/upload/image", files={"image": ("ball.png", png(), "image/png")}).json()
        assert told == {"name": "ball.png", "subfolder": "", "type": "input"}
        assert client.post("/prompt", json=order).status_code == 200
        assert client.post("/upload/image", data={"type": "input"}).status_code == 400
        escape = {"image": ("../ball.png", png(), "image/png")}
        assert client.post("/upload/image", files=escape, data={"subfolder": ".."}).status_code == 400


def test_an_interrupt_for_another_job_stops_nothing(vendor: Sandbox) -> None:
    vendor.settings(min_seconds=60)
    with httpx.Client(base_url=vendor.base("comfyui")) as client:
        ids = [client.post("/prompt", json={"prompt": workflow()}).json()["prompt_id"] for _ in range(2)]
        client.post("/interrupt", json={"prompt_id": ids[1]}).raise_for_status()
        queue = client.get("/queue").json()
        assert [item[1] for item in queue["queue_running"]] == ids[:1]
        assert [item[1] for item in queue["queue_pending"]] == ids[1:]
        client.post("/queue", json={"clear": True}).raise_for_status()
        assert client.get("/queue").json()["queue_pending"] == []
        client.post("/interrupt").raise_for_status()
        history = client.get(f"/history/{ids[0]}").json()
        assert history[ids[0]]["status"]["messages"][-1][0] == "execution_interrupted"
