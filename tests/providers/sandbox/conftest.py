"""One sandbox for every test of its wire; each test finds it empty and as it is at the start."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.cast import SANDBOX_SECRET
from tests.sandbox_server import Sandbox, running_sandbox

HEADERS = {"Authorization": f"Bearer {SANDBOX_SECRET}", "X-Runway-Version": "2024-11-06"}


@pytest.fixture(scope="session")
def _vendor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with running_sandbox(tmp_path_factory.mktemp("vendor")) as running:
        yield running


@pytest.fixture
def vendor(_vendor: Sandbox) -> Sandbox:
    """Empty, quick, and with a ready clip for everyone."""
    _vendor.reset()
    _vendor.settings(instant=True, min_seconds=0)
    return _vendor


@pytest.fixture
def client(vendor: Sandbox) -> Iterator[httpx.Client]:
    """A client with a good key."""
    with httpx.Client(base_url=vendor.base_url, headers=HEADERS, timeout=30) as one:
        yield one
