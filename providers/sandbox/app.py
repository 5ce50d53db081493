"""The application: the vendors' routes, the control page, and the traffic watch around them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox import comfyui, fal, google, kling, luma, openai, runcrate, runway, vertex
from providers.sandbox.connections import Connections
from providers.sandbox.control import Control
from providers.sandbox.engine import Engine
from providers.sandbox.faults import Faults
from providers.sandbox.house import House
from providers.sandbox.job import Job
from providers.sandbox.settings import Settings
from providers.sandbox.signing import fal_keys
from providers.sandbox.store import Store
from providers.sandbox.traffic import Traffic
from providers.sandbox.webhooks import Post
from providers.sandbox.wire import Wire

# By these names only, so that no page on the web can reach it through a name of its own.
HOSTS = ["127.0.0.1", "localhost"]
# The vendors whose formats are spoken, one line each.
WIRES: tuple[Wire, ...] = (
    runway.WIRE,
    kling.WIRE,
    openai.WIRE,
    runcrate.WIRE,
    google.WIRE,
    vertex.WIRE,
    fal.WIRE,
    luma.WIRE,
    comfyui.WIRE,
)  # fmt: skip


def create_app(
    data: Path,
    settings: Settings | None = None,
    render_workers: int = 1,
    connections: Connections | None = None,
    spoken: tuple[Wire, ...] = WIRES,
) -> Starlette:
    """The whole sandbox with its memory in `data`. Jobs that were open there go on when it starts."""
    store = Store(data.resolve())
    wires = {wire.name: wire for wire in spoken}
    dooms = {name: wire.doom for name, wire in wires.items()}
    slots = {name: wire.slots for name, wire in wires.items() if wire.slots is not None}
    engine = Engine(store, settings or Settings(), render_workers, dooms, slots)
    faults = Faults()
    house = House(store, engine, faults, connections or Connections(), Post(store, faults))

    def announce(job: Job) -> None:
        for delivery in wires[job.vendor].callback(house, job):
            house.post.send(job, delivery)

    @asynccontextmanager
    async def life(app: Starlette) -> AsyncIterator[None]:
        engine.changed = announce
        engine.resume()
        yield
        await engine.close()
        await house.post.close()
        store.close()

    watch = Middleware(
        Traffic, engine=engine, faults=house.faults, connections=house.connections, wires=wires
    )
    return Starlette(
        routes=[
            fal_keys(store),
            *(route for wire in spoken for route in wire.routes(house)),
            *Control(house).routes(),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HOSTS, www_redirect=False), watch],
        exception_handlers={HTTPException: _plain_error},
        lifespan=life,
    )


async def _plain_error(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)  # noqa: S101 registered for this class
    return JSONResponse({"error": exc.detail}, exc.status_code, exc.headers)
