"""Webhooks as OpenAI has them: addresses that a key registers, a secret told once, events with only an id."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.openai_answers import Refused, page
from providers.sandbox.openai_order import VENDOR, body_of
from providers.sandbox.order import hex_id, key_of
from providers.sandbox.responses import json_of
from providers.sandbox.signing import new_secret, standard
from providers.sandbox.store import Endpoint
from providers.sandbox.webhooks import Delivery

EVENTS = {State.SUCCEEDED: "video.completed", State.FAILED: "video.failed"}
KNOWN = ("batch.completed", "batch.failed", "response.completed", "response.failed", *EVENTS.values())
KEEPING_THE_OLD = "keep_old_secret_active_for_24_hours"
FIELDS = {"event_types", "name", "url"}
AGENT = {"User-Agent": "OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)"}


async def endpoints(house: House, request: Request, secret: str) -> Response:
    """The list of a key's addresses, or a new one, whose secret is told here and nowhere else."""
    key = key_of(VENDOR, secret)
    if request.method == "GET":
        return JSONResponse(page([_told(one) for one in house.store.endpoints(VENDOR, key)], more=False))
    fields = (await body_of(request, FIELDS)).fields
    for name in sorted(FIELDS - set(fields)):
        raise Refused(400, f"Missing required parameter: '{name}'.", "missing_required_parameter", name)
    endpoint = Endpoint(hex_id("whe_", 24), VENDOR, key, "", (), new_secret())
    endpoint = _changed(endpoint, fields)
    house.store.add_endpoint(endpoint)
    return JSONResponse(_told(endpoint) | {"signing_secret": endpoint.secret})


async def endpoint(house: House, request: Request, secret: str) -> Response:
    """One address: shown, changed or removed."""
    found = _own(house, request, secret)
    if request.method == "DELETE":
        house.store.drop_endpoint(found.id)
        return JSONResponse({"id": found.id, "object": "webhook_endpoint.deleted", "deleted": True})
    if request.method == "POST":
        found = _changed(found, (await body_of(request, FIELDS)).fields)
        house.store.add_endpoint(found)
    return JSONResponse(_told(found))


async def rotate(house: House, request: Request, secret: str) -> Response:
    """A fresh secret in the place of the old one, which is good no longer."""
    if json_of(await request.body()).get(KEEPING_THE_OLD):
        raise Refused(400, "This server keeps no old secret.", "invalid_value", KEEPING_THE_OLD)
    found = replace(_own(house, request, secret), secret=new_secret())
    house.store.add_endpoint(found)
    return JSONResponse(_told(found) | {"signing_secret": found.secret})


def deliveries(house: House, job: Job) -> list[Delivery]:
    """What the job's key wants told of this state, one for each of its addresses."""
    event = EVENTS.get(job.state)
    if event is None:
        return []
    return [
        Delivery(
            one.url,
            _body(event, job.id),
            standard(one.secret),
            event,
            hex_id("wh_", 32),
            AGENT,
        )
        for one in house.store.endpoints(VENDOR, job.key)
        if event in one.events
    ]


def _body(event: str, job_id: str) -> bytes:
    told = {
        "id": hex_id("evt_", 24),
        "object": "event",
        "created_at": int(time.time()),
        "type": event,
        "data": {"id": job_id},
    }
    return json.dumps(told).encode()


def _own(house: House, request: Request, secret: str) -> Endpoint:
    wanted = request.path_params["id"]
    for one in house.store.endpoints(VENDOR, key_of(VENDOR, secret)):
        if one.id == wanted:
            return one
    raise Refused(404, f"No webhook endpoint with id '{wanted}'.", "not_found")


def _changed(endpoint: Endpoint, fields: Mapping[str, Any]) -> Endpoint:
    events, url = fields.get("event_types", list(endpoint.events)), fields.get("url", endpoint.url)
    name = fields.get("name", endpoint.name)
    if not isinstance(events, list) or not events or not set(events) <= set(KNOWN):
        raise Refused(400, "'event_types' names an unknown event.", "invalid_value", "event_types")
    # The vendor takes https alone; whoever tests on one machine has plain http there.
    if not isinstance(url, str) or not url.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Refused(400, "'url' must begin with https://.", "invalid_value", "url")
    if not isinstance(name, str) or not name:
        raise Refused(400, "'name' must be a text.", "invalid_value", "name")
    return replace(endpoint, events=tuple(events), url=url, name=name)


def _told(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "object": "webhook_endpoint",
        "created_at": int(endpoint.created_at),
        "event_types": list(endpoint.events),
        "name": endpoint.name,
        "url": endpoint.url,
        "signing_secret_hint": f"whsec_…{endpoint.secret[-4:]}",
        "updated_at": None,
    }
