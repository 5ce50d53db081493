"""What every test of the provider layer shares: one event loop library, and a catalogue of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from providers import catalog


@pytest.fixture
def anyio_backend() -> str:
    """The adapters are used on asyncio, so that is what they are tested on."""
    return "asyncio"


@pytest.fixture
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A house's own catalogue file, for the test to write before the catalogue is first asked."""
    path = tmp_path / "own.toml"
    monkeypatch.setenv("RETAKE_CATALOG", str(path))
    catalog._catalog.cache_clear()
    yield path
    catalog._catalog.cache_clear()
