"""What every test of the provider layer shares: one event loop library."""

from __future__ import annotations

import pytest


@pytest.fixture
def anyio_backend() -> str:
    """The adapters are used on asyncio, so that is what they are tested on."""
    return "asyncio"
