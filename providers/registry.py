"""The vendors by name. Each adapter is imported when first asked for, so that one cannot break another."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, cast

import httpx

from providers.contract import VideoProvider
from providers.errors import NotConfigured

NAMES: Mapping[str, str] = {
    "runway": "providers.runway.RunwayProvider",
}
LABELS: Mapping[str, str] = {
    "runway": "Runway",
}


def names() -> tuple[str, ...]:
    """Every provider's name, in the order in which pages list them."""
    return tuple(NAMES)


def label(name: str) -> str:
    """The provider's name as pages show it; a name that is gone from the list is shown as it is."""
    return LABELS.get(name, name)


def load(name: str, options: Mapping[str, Any], client: httpx.AsyncClient | None = None) -> VideoProvider:
    """The provider, ready for calls; nothing is sent. Raises `NotConfigured` naming what is missing.

    A `client` that is handed in stays the caller's to close.
    """
    if name not in NAMES:
        raise NotConfigured(f"There is no provider “{name}”. There are: {', '.join(NAMES)}.")
    module, _, attribute = NAMES[name].rpartition(".")
    provider = getattr(import_module(module), attribute)
    return cast(VideoProvider, provider(options, client))
