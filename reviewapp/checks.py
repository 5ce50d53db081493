"""System checks: what would only be an error at run time is said at start."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Error, register

from reviewapp import dispatch


@register
def dispatch_paths_import(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """django-q2 resolves a dotted path only when it runs: a typing mistake would be a lost message."""
    return [
        Error(f"dispatch sends work to {path}, whose module does not exist", id="retake.E001")
        for path in dispatch.STATIONS.values()
        if find_spec(path.rpartition(".")[0]) is None
    ]
