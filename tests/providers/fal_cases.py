"""fal as the tests meet it: requests worth sending, and answers it may give."""

from __future__ import annotations

from typing import Any

import httpx

from providers.contract import GenerationRequest, Media
from providers.fal import FalProvider
from tests.providers.wire import Vendor

KEY = "11112222-3333-4444-5555-666677778888:0123456789abcdef0123456789abcdef"
REQUEST = "764cabcf-b745-4b3e-ae38-1200304cf45b"
JOB = f"fal-ai/veo3.1/requests/{REQUEST}"
BASE = "https://queue.fal.run"
VEO = GenerationRequest(
    model="veo3.1", prompt="A red ball rolls", duration_s=4, width=1280, height=720, seed=7, audio=False
)
CHEAP = GenerationRequest(model="pixverse-v6", prompt="A red ball rolls", duration_s=1, width=640, height=360)
PICTURE = Media(url="https://e.example/a.png")


def fal(vendor: Vendor, **options: Any) -> FalProvider:
    return FalProvider({"api_key": KEY, **options}, vendor.client)


def queued(base: str = BASE, **changes: Any) -> httpx.Response:
    """What a creation is answered with."""
    address = f"{base}/{JOB}"
    told = {"status": "IN_QUEUE", "request_id": REQUEST, "queue_position": 0, "response_url": address}
    told |= {"status_url": f"{address}/status", "cancel_url": f"{address}/cancel"}
    return httpx.Response(200, json=told | changes)


def over(result: httpx.Response, **status: Any) -> Vendor:
    """A vendor that calls a job COMPLETED and answers `result` in the place of its result."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/status"):
            return httpx.Response(200, json={"status": "COMPLETED", "logs": None, **status})
        return result

    return Vendor(answer)


def listed(kind: str, *loc: str, words: str = "It is wrong.") -> dict[str, Any]:
    """An error as a model's endpoint tells it."""
    return {"detail": [{"loc": ["body", *loc], "msg": words, "type": kind}]}
