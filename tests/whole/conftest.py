"""The order of the tests that start the processes."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first: what begins last should not be what the others wait for."""
    items.sort(key=lambda item: (item.get_closest_marker("whole") is None, item.path.stem != "test_chaos"))
