"""What the tests of the provider layer share: asyncio, an empty sandbox, a catalogue of the house."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers import catalog
from tests.sandbox_server import Sandbox


@pytest.fixture
def anyio_backend() -> str:
    """The adapters are used on asyncio, so that is what they are tested on."""
    return "asyncio"


@pytest.fixture
def house(every_vendor: Sandbox) -> Sandbox:
    """The sandbox without a memory, quick, and with a ready clip for everyone."""
    every_vendor.reset()
    every_vendor.settings(instant=True, min_seconds=0)
    return every_vendor


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A house's own catalogue file, for the test to write before the catalogue is first asked."""
    path = tmp_path / "own.toml"
    monkeypatch.setenv("RETAKE_CATALOG", str(path))
    catalog._catalog.cache_clear()
    yield path
    catalog._catalog.cache_clear()
