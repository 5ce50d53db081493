"""Runcrate as the tests meet it: an order worth sending, and answers it may give."""

from __future__ import annotations

from typing import Any

import httpx

from providers.contract import GenerationRequest, Media
from providers.runcrate import RuncrateProvider
from tests.providers.wire import Vendor

KEY = "rc_live_FAKE_FOR_RECORDING"
JOB = "vid_1"
HILLS = GenerationRequest(
    model="veo-3", prompt="A sunrise over hills", duration_s=6, width=1280, height=720, audio=False
)
LINK = Media(url="https://e.example/a.png")


def runcrate(vendor: Vendor, **options: Any) -> RuncrateProvider:
    return RuncrateProvider({"api_key": KEY, **options}, vendor.client)


def taken(**fields: Any) -> httpx.Response:
    return httpx.Response(200, json={"id": JOB, "status": "queued"} | fields)
