"""The vendors by name. Each adapter is imported when first asked for, so that one cannot break another."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import httpx

from providers import catalog
from providers.contract import VideoProvider
from providers.errors import NotConfigured


def names() -> tuple[str, ...]:
    """Every provider's name, in the order in which pages list them."""
    return tuple(vendor.name for vendor in catalog.vendors())


def label(name: str) -> str:
    """The provider's name as pages show it; a name that is gone from the list is shown as it is."""
    try:
        return catalog.vendor(name).label
    except NotConfigured:
        return name


def load(name: str, options: Mapping[str, Any], client: httpx.AsyncClient | None = None) -> VideoProvider:
    """The provider, ready for calls; nothing is sent. Raises `NotConfigured` naming what is missing.

    A `client` that is handed in stays the caller's to close.
    """
    return cast(VideoProvider, _adapter(name)(options, client))


def can_delete(name: str) -> bool:
    """Whether this vendor deletes a finished job's clip when asked (`DeletesJobs`)."""
    return hasattr(_adapter(name), "delete")


def _adapter(name: str) -> Any:
    adapter = catalog.vendor(name).adapter
    module, _, attribute = adapter.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError):
        raise NotConfigured(
            f"The catalogue names the adapter {adapter} for {label(name)}, which is not there. "
            "Nothing was sent."
        ) from None
