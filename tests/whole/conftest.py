"""What the tests that start the processes share, and their order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.whole.house import House

Open = Callable[..., House]


# What begins last should not be what the others wait for.
LONGEST = ("test_chaos", "test_stop", "test_kill", "test_every_provider", "test_backup")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture
def open_house(tmp_path: Path, tables: Path, ready_clips: Path) -> Iterator[Open]:
    """A maker of a house with these settings, whose tables are there and whose processes are not."""
    opened: list[House] = []

    def make(**environment: str) -> House:
        house = House(tmp_path / "data", environment=environment, ready_clips=ready_clips)
        opened.append(house)
        house.furnish(tables)
        return house

    yield make
    for house in opened:
        house.clear()
