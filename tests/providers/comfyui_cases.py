"""ComfyUI as the tests meet it: orders worth sending, and answers it may give."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx

from providers.comfyui import ComfyUIProvider
from providers.comfyui_body import prompt_id_of
from providers.contract import GenerationRequest, Media
from tests.providers.runway_cases import PIXEL
from tests.providers.wire import Vendor

JOB = prompt_id_of("mark-1")
BASE = "http://127.0.0.1:8188"
BOAT = GenerationRequest(
    model="wan2.2-5b",
    prompt="A paper boat",
    duration_s=5,
    width=704,
    height=1280,
    seed=42,
    client_token="mark-1",
)
FRAME = replace(BOAT, first_frame=Media(data=PIXEL))
TAKEN = {"prompt_id": JOB, "number": 1, "node_errors": {}}
FILE = {"filename": "retake_00001_.mp4", "subfolder": "video", "type": "output"}


def comfyui(vendor: Vendor, **options: Any) -> ComfyUIProvider:
    return ComfyUIProvider(options, vendor.client)


def history(**entry: Any) -> httpx.Response:
    return httpx.Response(200, json={JOB: {"prompt": [], "outputs": {}, **entry}})


def server(**paths: httpx.Response) -> Vendor:
    """Answers by the path's first part; what is not named is empty."""
    usual = {"queue": httpx.Response(200, json={"queue_running": [], "queue_pending": []})}

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.split("/")[1]
        return (usual | paths).get(name) or httpx.Response(200, json={})

    return Vendor(answer)


def ended(told: str, *messages: list[Any]) -> dict[str, Any]:
    return {"status": {"status_str": told, "completed": told == "success", "messages": list(messages)}}
