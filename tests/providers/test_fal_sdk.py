"""fal's own client, unchanged: against the sandbox, and beside our adapter before a server that records."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from providers.contract import GenerationRequest
from providers.fal import FalProvider
from tests.providers.fal_cases import KEY, REQUEST
from tests.providers.recorder import Recorder, difference, recording
from tests.providers.tls_front import Front, tls_front
from tests.sandbox_server import Sandbox

pytest.importorskip("fal_client")

APP = "fal-ai/pixverse/v6/text-to-video"
BODY = {"prompt": "A red ball rolls", "duration": 1, "aspect_ratio": "16:9", "resolution": "360p"}
HOOK = "https://retake.example/hooks/fal/abc?x=1"
# It asks for https and reads its host from the environment, once, which is why it has a process of its own.
WHOLE_WAY = """
import json, sys
import fal_client, httpx
app, body = json.loads(sys.argv[1])
handle = fal_client.submit(app, arguments=body)
states = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.05)]
result = handle.get()
clip = httpx.get(result["video"]["url"])
late = fal_client.submit(app, arguments={**body, "resolution": "9000p"})
try:
    late.get(interval=0.05)
    refused = None
except fal_client.FalClientHTTPError as exc:
    refused = [exc.status_code, exc.response.json()["detail"][0]["type"]]
again = fal_client.status(app, handle.request_id)
try:
    fal_client.cancel(app, handle.request_id)
    cancelled = None
except fal_client.FalClientHTTPError as exc:
    cancelled = exc.status_code
print(json.dumps({"id": handle.request_id, "states": states, "size": len(clip.content), "refused": refused,
                  "again": type(again).__name__, "cancel of a finished one": cancelled}))
"""
CANCEL = """
import json, sys
import fal_client
app, body = json.loads(sys.argv[1])
handle = fal_client.submit(app, arguments=body)
before = type(handle.status()).__name__
handle.cancel()
after = handle.status()
print(json.dumps([before, type(after).__name__, after.error_type]))
"""
ORDERS = """
import json, sys
import fal_client
app, body, hook, request_id = json.loads(sys.argv[1])
handle = fal_client.submit(app, arguments=body, webhook_url=hook)
handle.status()
handle.get()
handle.cancel()
"""


def client_says(front: Front, script: str, *told: Any, path: str = "/fal") -> Any:
    """What the client prints."""
    environment = {
        **os.environ,
        "FAL_KEY": KEY,
        "FAL_QUEUE_RUN_HOST": f"localhost:{front.port}{path}",
        "SSL_CERT_FILE": str(front.certificate),
    }
    command = [sys.executable, "-c", script, json.dumps(told)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout) if done.stdout else None


def test_its_client_goes_the_whole_way(house: Sandbox, tmp_path: Path) -> None:
    with tls_front(house.port, tmp_path) as front:
        told = client_says(front, WHOLE_WAY, APP, BODY)
    assert told["states"][-1] == "Completed"
    assert told["size"] > 1000
    assert told["refused"] == [422, "one_of"]
    assert (told["again"], told["cancel of a finished one"]) == ("Completed", 400)
    (job, _) = house.control.get("/_control/paid").json()["jobs"]
    assert job["id"] == told["id"]


def test_its_client_cancels(house: Sandbox, tmp_path: Path) -> None:
    house.settings(min_seconds=60)
    with tls_front(house.port, tmp_path) as front:
        told = client_says(front, CANCEL, APP, BODY)
    assert told == ["InProgress", "Completed", "client_cancelled"]


@pytest.mark.anyio
async def test_nobody_can_tell_our_calls_from_its_clients(tmp_path: Path) -> None:
    job = f"/fal-ai/pixverse/requests/{REQUEST}"
    with recording({}) as recorder, tls_front(recorder.port, tmp_path) as front:
        recorder.answers |= _answers(f"http://localhost:{front.port}{job}", job)
        client_says(front, ORDERS, APP, BODY, HOOK, REQUEST, path="")
        theirs = recorder.take()
        await _same(recorder)
        ours = recorder.take()
    # Its client asks once more before it fetches the result, and every time whether there are logs.
    theirs = [theirs[0], theirs[1], theirs[3], theirs[4]]
    told = [difference(mine, other) for mine, other in zip(ours, theirs, strict=True)]
    assert told == [{}, {"query": ((), (("logs", "false"),))}, {}, {}]


def _answers(address: str, job: str) -> dict[str, tuple[int, Any]]:
    names = {"request_id": REQUEST, "response_url": address}
    names |= {"status_url": f"{address}/status", "cancel_url": f"{address}/cancel"}
    return {
        f"/{APP}": (200, {"status": "IN_QUEUE", "queue_position": 0, **names}),
        f"{job}/status": (200, {"status": "COMPLETED", "logs": None, "metrics": {}, **names}),
        job: (200, {"video": {"url": "https://v3.fal.media/files/a.mp4"}}),
        f"{job}/cancel": (202, {"status": "CANCELLATION_REQUESTED"}),
    }


async def _same(recorder: Recorder) -> None:
    asked = GenerationRequest(
        model="pixverse-v6",
        prompt=str(BODY["prompt"]),
        duration_s=1,
        width=640,
        height=360,
        webhook_url=HOOK,
    )
    async with httpx.AsyncClient() as client:
        adapter = FalProvider({"api_key": KEY, "base_url": recorder.url}, client)
        job = await adapter.submit(asked)
        await adapter.poll(job.id)
        await adapter.cancel(job.id)
