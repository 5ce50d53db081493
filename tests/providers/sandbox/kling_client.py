"""The sandbox's Kling by bare HTTP: a client with an API key, and bodies that are right."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.sandbox_server import Sandbox

KEY = "sandbox-key-0123456789"
OLD = {"model_name": "kling-v2-6", "prompt": "A red ball rolls", "duration": "5"}


@contextmanager
def calling(house: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=f"{house.url}/kling", headers=headers) as client:
        yield client


def plain(**settings: Any) -> dict[str, Any]:
    return {"prompt": "A red ball rolls", "settings": settings}
