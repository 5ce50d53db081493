"""What every vendor's wire leans on: the part a call plays, dooms, tokens, webhooks, the memory of before."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import Any

import httpx
import pytest
import uvicorn

from providers.sandbox.app import WIRES, create_app
from providers.sandbox.call import Role
from providers.sandbox.engine import Engine
from providers.sandbox.media import MediaProblem, from_base64, from_data_uri
from providers.sandbox.order import SHORT_SIDES, digits_id, even, hex_id, key_of, letters_id, size_of
from providers.sandbox.rendering import READ_LETTERS, plan_arguments
from providers.sandbox.settings import Settings
from providers.sandbox.signing import standard
from providers.sandbox.store import Store
from tests.patience import PATIENCE_S
from tests.providers.sandbox.orders import png
from tests.providers.sandbox.receiver import receiving
from tests.providers.sandbox.small_wire import SECRET, WIRE
from tests.providers.sandbox.test_webhooks import a_job

KEY = {"Authorization": "Bearer secret-of-abcd"}
CLIP = {"model": "small-1", "prompt": "A red ball rolls"}


@pytest.fixture(scope="module")
def _server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox that also speaks the small vendor's format; its memory belongs to the thread it runs in."""
    folder, door = tmp_path_factory.mktemp("small"), socket.create_server(("127.0.0.1", 0))
    servers: Queue[uvicorn.Server] = Queue()

    def serve() -> None:
        app = create_app(folder, spoken=(*WIRES, WIRE))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none"))
        servers.put(server)
        server.run(sockets=[door])

    thread = threading.Thread(target=serve)
    thread.start()
    server = servers.get(timeout=PATIENCE_S)
    yield f"http://127.0.0.1:{door.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def small(_server: str) -> Iterator[httpx.Client]:
    """Empty, quick, and with a ready clip for everyone."""
    with httpx.Client(base_url=_server, headers=KEY, timeout=PATIENCE_S) as client:
        client.post("/_control/reset").raise_for_status()
        client.post("/_control/settings", json={"instant": True, "min_seconds": 0}).raise_for_status()
        yield client


def made(small: httpx.Client, **more: str) -> str:
    answer = small.post("/small/v1/clips", data=CLIP | more, files={"image": ("a.png", png(), "image/png")})
    assert answer.status_code == 200, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def ended(small: httpx.Client, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE_S
    while (told := small.get(f"/small/v1/clips/{name}").json())["status"] in {"waiting", "working"}:
        assert time.monotonic() < deadline, told
        time.sleep(0.02)
    return dict(told)


def control(small: httpx.Client, what: str, **order: Any) -> Any:
    answer = small.post(f"/_control/{what}", json=order) if order else small.get(f"/_control/{what}")
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("POST", "/runway/v1/text_to_video", Role.CREATION),
        ("GET", "/runway/v1/text_to_video", Role.CALL),
        ("GET", "/runway/v1/tasks/1", Role.POLL),
        ("DELETE", "/runway/v1/tasks/1", Role.DELETION),
        ("GET", "/runway-cdn/1.mp4", Role.DOWNLOAD),
        ("POST", "/runway-uploads/1", Role.ASIDE),
    ],
)
def test_runways_calls_play_their_parts(method: str, path: str, role: Role) -> None:
    (runway,) = (wire for wire in WIRES if wire.name == "runway")
    assert runway.role(method, path) is role


def test_every_wire_has_a_prefix_of_its_own_and_words_for_every_failure() -> None:
    names = [wire.name for wire in WIRES]
    assert len(set(names)) == len(names)
    for wire in WIRES:
        # What lies beside the prefix is told from it by the hyphen.
        assert wire.name.isidentifier()
        for kind in ("prompt", "refuse", "fail", "broken"):
            doom = wire.doom(kind, "")
            assert doom.code, (wire.name, kind)
            assert doom.words, (wire.name, kind)
            assert wire.doom(kind, "OTHER").code == "OTHER"


def test_a_paid_form_is_written_down_with_its_model_and_its_prompt(small: httpx.Client) -> None:
    job_id = made(small)
    small.get(f"/small/v1/clips/{job_id}")
    created, polled = control(small, "calls")["calls"]
    assert (created["vendor"], created["role"], created["paid"]) == ("small", "creation", True)
    assert (created["model"], created["prompt"], created["job_id"]) == ("small-1", CLIP["prompt"], job_id)
    assert (polled["role"], polled["model"], polled["job_id"]) == ("poll", "small-1", job_id)
    assert created["key_last4"] == polled["key_last4"] == "abcd"


def test_the_file_of_a_form_is_what_the_clip_starts_from(small: httpx.Client) -> None:
    told = control(small, f"jobs/{made(small)}")
    assert Path(told["image"]).read_bytes() == png()
    assert told["seed"] >= 0
    assert (told["width"], told["height"]) == (854, 480)


def test_faults_act_by_the_part_a_call_plays(small: httpx.Client) -> None:
    control(small, "faults", kind="unknown_status", match={"vendor": "small"})
    control(small, "faults", kind="expired_link")
    control(small, "faults", kind="malformed_json", match={"vendor": "runway"}, times=-1)
    job_id = made(small)
    assert small.get(f"/small/v1/clips/{job_id}").json()["status"] == "REVIEWING"
    assert ended(small, job_id)["status"] == "done"
    assert small.get(f"/small/v1/clips/{job_id}/content").status_code == 403
    clip = small.get(f"/small/v1/clips/{job_id}/content")
    assert (clip.status_code, clip.headers["content-type"]) == (200, "video/mp4")


def test_a_neutral_failure_gets_the_vendors_code_and_the_vendors_way_with_money(small: httpx.Client) -> None:
    control(small, "faults", kind="refuse", match={"model": "small-2"})
    control(small, "faults", kind="fail", match={"model": "small-1"})
    told = ended(small, made(small))
    assert (told["status"], told["code"], told["cost"]) == ("failed", "bad_luck", 250_000)
    control(small, "faults", kind="refuse", failureCode="too_pretty")
    told = ended(small, made(small))
    assert (told["code"], told["cost"]) == ("too_pretty", 0)


def test_a_prompt_to_refuse_is_refused_in_the_vendors_words(small: httpx.Client) -> None:
    assert (
        ended(small, made(small, prompt="Gore and blood and graphic violence everywhere"))["code"]
        == "blocked"
    )


def test_a_status_can_carry_a_vendors_own_body(small: httpx.Client) -> None:
    body = {"error": {"code": "rate_limit_exceeded"}}
    control(small, "faults", kind="status", code=429, body=body, headers={"x-should-retry": "false"})
    answer = small.post("/small/v1/clips", data=CLIP)
    assert (answer.status_code, answer.json(), answer.headers["x-should-retry"]) == (429, body, "false")
    for wrong in ({"body": 1}, {"headers": {"a": 1}}):
        assert small.post("/_control/faults", json={"kind": "status", **wrong}).status_code == 400


def test_a_surplus_job_can_be_refused_instead_of_waiting(small: httpx.Client) -> None:
    control(small, "settings", capacity=1, min_seconds=30)
    made(small)
    assert small.post("/small/v1/clips", data=CLIP, files={}).status_code == 429
    assert small.post("/small/v1/clips", data=CLIP | {"model": "small-2"}).status_code == 200


def test_a_job_is_found_by_the_callers_own_name_of_it(small: httpx.Client) -> None:
    job_id = made(small, name="take-7")
    assert ended(small, "take-7")["id"] == job_id
    stranger = small.get("/small/v1/clips/take-7", headers={"Authorization": "Bearer other"})
    assert stranger.status_code == 404


def test_a_retired_model_is_the_wires_to_answer(small: httpx.Client) -> None:
    control(small, "settings", retired=["small/small-1"])
    assert small.post("/small/v1/clips", data=CLIP).status_code == 410
    assert small.post("/small/v1/clips", data=CLIP | {"model": "small-2"}).status_code == 200
    assert control(small, "settings")["retired"] == ["small/small-1"]
    for wrong in ("small/small-1", ["small"], ["/x"], [1]):
        assert small.post("/_control/settings", json={"retired": wrong}).status_code == 400


def test_settings_outlive_a_restart(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.change_settings({"retired": ["a/b"], "dollars": 3.5})
    again = store.settings(Settings())
    assert (again.retires("a", "b"), again.retires("a", "c"), again.dollars) == (True, False, 3.5)
    store.close()


def test_dollars_are_what_is_left_of_millionths(tmp_path: Path) -> None:
    store = Store(tmp_path)
    job = a_job()
    job.cost = 1_250_000
    store.add_job(job)
    engine = Engine(store, Settings(dollars=10), 1, {})
    assert engine.dollars(job.key) == 8.75
    store.close()


def test_a_change_of_state_reaches_the_webhook_signed(small: httpx.Client) -> None:
    with receiving() as receiver:
        job_id = made(small, hook=receiver.url)
        calls = receiver.wait_for(3)
        assert [json.loads(call.body)["status"] for call in calls] == ["waiting", "working", "done"]
        for call in calls:
            moment = int(call.headers["webhook-timestamp"])
            proof = standard(SECRET)(call.headers["webhook-id"], moment, call.body)
            assert proof["webhook-signature"] == call.headers["webhook-signature"]
        link = json.loads(calls[-1].body)["url"]
        assert link.startswith(f"{small.base_url}/small-cdn/{job_id}.mp4?")
    told = control(small, f"webhooks?job={job_id}")
    assert told["count"] == 3
    assert control(small, "webhooks?vendor=runway")["count"] == 0
    small.post("/_control/reset")
    assert control(small, "webhooks")["count"] == 0


def test_a_job_whose_name_could_lead_out_of_its_folder_is_not_taken(tmp_path: Path) -> None:
    store = Store(tmp_path)
    engine = Engine(store, Settings(), 1, {})
    job = a_job()
    for name in ("../x", "a/b", "", ".", "a" * 101):
        job.id = name
        with pytest.raises(ValueError, match="cannot name a job"):
            engine.accept(job)
    assert store.jobs() == []
    store.close()


def test_only_the_start_of_a_very_long_prompt_is_read() -> None:
    job = a_job()
    job.prompt = "red boat " * 2000
    assert len(plan_arguments(job)["prompt"]) == READ_LETTERS


BEFORE = (
    "id, vendor, key, key_last4, mode, model, prompt, negative, seed, width, height, duration_s, estimated, "
    "created_at, state, started_at, finished_at, deleted_at, cost, doom, doom_words, failure_code, failure, "
    "truth, image, video, clip, sha256"
)


def test_a_memory_of_before_is_taken_up(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    old.execute(f"create table jobs (seq integer primary key autoincrement, {BEFORE})")
    old.execute(
        "create table calls (seq integer primary key autoincrement, vendor, method, path, received_at, "
        "answered_at, status, key_last4, job_id, paid, model, prompt, seed)"
    )
    job = a_job()
    names = BEFORE.split(", ")
    values = [str(job.state) if name == "state" else getattr(job, name) for name in names]
    values[names.index("truth")], values[names.index("key")] = "{}", "0123abcd"
    marks = ", ".join("?" * len(names))
    old.execute(f"insert into jobs ({BEFORE}) values ({marks})", values)  # noqa: S608 own names
    old.commit()
    old.close()
    for _ in range(2):
        store = Store(tmp_path)
        assert store.jobs() == [replace(job, key="runway:0123abcd")]
        store.add_call({"vendor": "small", "role": "poll", "received_at": time.time()})
        store.close()


def test_one_secret_at_two_vendors_is_two_keys() -> None:
    assert key_of("openai", "s") != key_of("google", "s")
    assert key_of("openai", "s") == key_of("openai", "s")
    assert "secret" not in key_of("openai", "secret")


def test_ids_have_every_vendors_form() -> None:
    assert hex_id("video_", 48).removeprefix("video_").isalnum()
    assert len(hex_id("video_", 47)) == 6 + 47
    assert len(digits_id()) == 18
    assert digits_id()[0] != "0"
    assert len(letters_id()) == 12
    assert digits_id() != digits_id()


def test_sizes_are_even_and_follow_the_shape() -> None:
    assert size_of("16:9", "1080p") == (1920, 1080)
    assert size_of("9:16", "4K") == (2160, 3840)
    assert size_of("1:1", "") == (720, 720)
    assert size_of("0:9", "?") == even(1280, 720)
    assert all(side % 2 == 0 for side in SHORT_SIDES.values())


def test_files_in_a_body_are_read_or_refused() -> None:
    assert from_base64("YWJj") == b"abc"
    read = from_data_uri("data:image/PNG;base64,YWJj")
    assert (read.content, read.type) == (b"abc", "image/png")
    for wrong in ("data:image/png,abc", "data:image/png;base64,", "data:image/png;base64,%%", "YWJj"):
        with pytest.raises(MediaProblem, match="Invalid data URI"):
            from_data_uri(wrong)


def test_a_fault_on_webhooks_meets_no_call_of_a_client(small: httpx.Client) -> None:
    control(small, "faults", kind="webhook_lost", match={"path": "clips"}, times=-1)
    assert ended(small, made(small))["status"] == "done"
    assert [one["struck"] for one in control(small, "faults")["faults"]] == [0]
