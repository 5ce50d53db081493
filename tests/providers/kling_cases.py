"""Kling as the tests meet it: requests worth sending, and answers it may give."""

from __future__ import annotations

from typing import Any

import httpx

from providers.contract import GenerationRequest, Media
from providers.kling import KlingProvider
from tests.providers.sandbox.orders import png
from tests.providers.wire import Vendor

KEY = "KEY_FAKE_FOR_RECORDING"
PAIR = {"access_key": "AKFAKE_0123456789_0123456789_0123", "secret_key": "SKFAKE_0123456789_0123456789_0123"}
JOB = "900000000000000001"
BOAT = GenerationRequest(
    model="kling-3.0",
    prompt="A paper boat drifts down a rainy street",
    duration_s=5,
    width=1920,
    height=1080,
    audio=False,
    client_token="job-0001",
    webhook_url="https://hooks.example.com/kling",
    extra={"options": {"watermark_info": {"enabled": False}}},
)
START = GenerationRequest(
    model="kling-3.0",
    prompt="The boat starts to move",
    duration_s=5,
    width=1280,
    height=720,
    audio=True,
    first_frame=Media(url="https://assets.example.com/first.png"),
    last_frame=Media(url="https://assets.example.com/last.png"),
    client_token="job-0001",
)
OLD_BOAT = GenerationRequest(
    model="kling-v2-6",
    prompt="A paper boat drifts down a rainy street",
    negative_prompt="text, watermark",
    duration_s=5,
    width=1920,
    height=1080,
    audio=False,
    client_token="job-0001",
    webhook_url="https://hooks.example.com/kling",
    extra={"watermark_info": {"enabled": False}},
)
OLD_START = GenerationRequest(
    model="kling-v2-1",
    prompt="The boat starts to move",
    duration_s=5,
    width=1920,
    height=1080,
    first_frame=Media(url="https://assets.example.com/first.png"),
    last_frame=Media(url="https://assets.example.com/last.png"),
    client_token="job-0001",
    webhook_url="https://hooks.example.com/kling",
)
EDIT = GenerationRequest(
    model="kling-3.0-omni", prompt="Make it dusk", source_video=Media(url="https://e.example/a.mp4")
)
PICTURE = png(640, 360)


def kling(vendor: Vendor, **options: Any) -> KlingProvider:
    return KlingProvider({"api_key": KEY, **options}, vendor.client)


def paired(vendor: Vendor, **options: Any) -> KlingProvider:
    """The same by access key and secret key."""
    return KlingProvider({**PAIR, **options}, vendor.client)


def answer(data: Any, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json={"code": 0, "message": "SUCCEED", "request_id": "r", "data": data})


def error(code: int, message: str = "no", status: int = 400, **headers: str) -> httpx.Response:
    body = {"code": code, "message": message, "request_id": "r"}
    return httpx.Response(status, json=body, headers=headers)


def new(**fields: Any) -> httpx.Response:
    """A list of one record of the newer standard."""
    return answer([{"id": JOB, "status": "processing", "message": "", **fields}])


def old(**fields: Any) -> httpx.Response:
    """One record of the older standard."""
    return answer({"task_id": JOB, "task_status": "processing", "task_status_msg": "", **fields})


def created(request: httpx.Request | None = None) -> httpx.Response:
    """An accepted order of either standard."""
    return answer({"id": JOB, "status": "submitted", "task_id": JOB, "task_status": "submitted"})


async def body_of(request: GenerationRequest) -> tuple[str, dict[str, Any]]:
    vendor = Vendor(created())
    await kling(vendor).submit(request)
    return vendor.calls[0].url.path, vendor.bodies[0]
