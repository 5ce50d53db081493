"""What the tests of the sandbox's wire begin with: a client with a good key."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.cast import SANDBOX_SECRET
from tests.patience import PATIENCE_S
from tests.sandbox_server import Sandbox

HEADERS = {"Authorization": f"Bearer {SANDBOX_SECRET}", "X-Runway-Version": "2024-11-06"}


@pytest.fixture
def vendor(house: Sandbox) -> Sandbox:
    """The sandbox, where a test speaks of one vendor only."""
    return house


@pytest.fixture
def client(vendor: Sandbox) -> Iterator[httpx.Client]:
    """A client with a good key."""
    with httpx.Client(base_url=vendor.base_url, headers=HEADERS, timeout=PATIENCE_S) as one:
        yield one
