"""Runway as the tests meet it: requests worth sending, and answers it may give."""

from __future__ import annotations

import base64
from typing import Any

import httpx

from providers.contract import GenerationRequest, Media
from providers.runway import RunwayProvider
from tests.providers.wire import Vendor

KEY = "key_FAKE_FOR_RECORDING"
JOB = "17f20503-6c24-4c16-946b-35dbbce2af2f"
BOAT = GenerationRequest(
    model="gen4.5",
    prompt="A paper boat drifts down a rainy street",
    duration_s=5,
    width=1280,
    height=720,
    seed=42,
    extra={"contentModeration": {"publicFigureThreshold": "auto"}},
)
BUNNY = GenerationRequest(
    model="gen4_turbo",
    prompt="The bunny looks up",
    duration_s=5,
    width=1280,
    height=720,
    first_frame=Media(url="https://example.com/bunny.jpg"),
)
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
DOT = GenerationRequest(
    model="gen4.5",
    prompt="The pixel glows",
    duration_s=2,
    width=960,
    height=960,
    first_frame=Media(data=PIXEL, content_type="image/png"),
)
VEO = GenerationRequest(model="veo3.1", prompt="Rain", width=1920, height=1080, duration_s=8)
EDIT = GenerationRequest(
    model="aleph2", prompt="Make it dusk", source_video=Media(url="https://e.example/a.mp4")
)
MP4 = b"\x00\x00\x00\x18ftypisom" + bytes(64)


def runway(vendor: Vendor, **options: Any) -> RunwayProvider:
    return RunwayProvider({"api_key": KEY, **options}, vendor.client)


def created(**answer: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": JOB, **answer})


def task(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": JOB, "createdAt": "2026-01-02T03:04:05.678Z", **fields})


async def body_of(request: GenerationRequest) -> tuple[str, dict[str, Any]]:
    vendor = Vendor(created())
    await runway(vendor).submit(request)
    return vendor.calls[0].url.path, vendor.bodies[0]
