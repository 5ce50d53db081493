"""What every room of the sandbox is given: the jobs, the faults on order, the open connections, the post."""

from __future__ import annotations

from dataclasses import dataclass

from providers.sandbox.connections import Connections
from providers.sandbox.engine import Engine
from providers.sandbox.faults import Faults
from providers.sandbox.store import Store
from providers.sandbox.webhooks import Post


@dataclass(frozen=True)
class House:
    """One running sandbox."""

    store: Store
    engine: Engine
    faults: Faults
    connections: Connections
    post: Post
