"""One sandbox for every test of its wire; each test finds it empty and as it is at the start."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.cast import SANDBOX_SECRET
from tests.sandbox_server import Sandbox

HEADERS = {"Authorization": f"Bearer {SANDBOX_SECRET}", "X-Runway-Version": "2024-11-06"}


@pytest.fixture
def vendor(every_vendor: Sandbox) -> Sandbox:
    """Empty, quick, and with a ready clip for everyone."""
    every_vendor.reset()
    every_vendor.settings(instant=True, min_seconds=0)
    return every_vendor


@pytest.fixture
def client(vendor: Sandbox) -> Iterator[httpx.Client]:
    """A client with a good key."""
    with httpx.Client(base_url=vendor.base_url, headers=HEADERS, timeout=30) as one:
        yield one
