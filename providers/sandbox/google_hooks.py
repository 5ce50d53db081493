"""Webhooks as the Gemini API has them: addresses that a key registers, a secret told once, signed events.

Those that are named in a single request, and signed with a key of Google's own, are not spoken here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.google_answers import Refused, body_of, held_back
from providers.sandbox.google_files import name_of, uri_of
from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.order import hex_id, key_of, letters_id
from providers.sandbox.signing import new_secret, standard
from providers.sandbox.store import Endpoint
from providers.sandbox.webhooks import Delivery

VENDOR = "google"
EVENTS = (
    "batch.succeeded",
    "batch.expired",
    "batch.failed",
    "interaction.requires_action",
    "interaction.completed",
    "interaction.failed",
    "video.generated",
)
FIELDS = {"name", "uri", "subscribed_events"}


async def endpoints(house: House, request: Request, secret: str) -> Response:
    """The list of a key's addresses, or a new one, whose secret is told here and nowhere else."""
    key = key_of(VENDOR, secret)
    if request.method == "GET":
        return JSONResponse({"webhooks": [_told(one) for one in house.store.endpoints(VENDOR, key)]})
    made = _read(await body_of(request), key)
    house.store.add_endpoint(made)
    return JSONResponse(_told(made) | {"new_signing_secret": made.secret})


async def endpoint(house: House, request: Request, secret: str) -> Response:
    """One address: shown or removed."""
    found = _own(house, request, secret)
    if request.method == "DELETE":
        house.store.drop_endpoint(found.id)
        return JSONResponse({})
    return JSONResponse(_told(found))


async def rotate(house: House, request: Request, secret: str) -> Response:
    """A fresh secret in the place of the old one, which is good no longer."""
    found = replace(_own(house, request, secret), secret=new_secret())
    house.store.add_endpoint(found)
    return JSONResponse({"secret": found.secret})


def deliveries(house: House, job: Job) -> list[Delivery]:
    """What the job's key wants told of this state, one for each of its addresses."""
    event = _event(job)
    if not event:
        return []
    body = json.dumps(_payload(event, job)).encode()
    return [
        Delivery(one.url, body, standard(one.secret), event, hex_id("msg_", 24))
        for one in house.store.endpoints(VENDOR, job.key)
        if event in one.events
    ]


def _event(job: Job) -> str:
    """The event of this state; an interaction whose clip was held back has completed all the same."""
    if job.state not in {State.SUCCEEDED, State.FAILED}:
        return ""
    if "name" in job.extra:
        return "video.generated"
    failed = job.state is State.FAILED and not held_back(job)
    return "interaction.failed" if failed else "interaction.completed"


def _payload(event: str, job: Job) -> dict[str, Any]:
    data = {"id": job.extra.get("name", job.id)}
    if event == "video.generated" and job.clip:
        data |= {"output_file_uri": uri_of(job), "file_name": f"files/{name_of(job)}"}
    return {"type": event, "version": "v1", "timestamp": _iso(datetime.now(UTC)), "data": data}


def _read(body: Mapping[str, Any], key: str) -> Endpoint:
    for name in sorted(set(body) - FIELDS):
        raise Refused(400, f"Unknown parameter `{name}`.")
    uri, events = body.get("uri"), body.get("subscribed_events")
    # The vendor takes https alone; whoever tests on one machine has plain http there.
    if not isinstance(uri, str) or not uri.startswith(("https://", "http://127.0.0.1", "http://localhost")):
        raise Refused(400, "`uri` must be an https address.")
    if not isinstance(events, list) or not events or not set(map(str, events)) <= set(EVENTS):
        raise Refused(400, "`subscribed_events` must name known events.")
    name = body.get("name", "")
    return Endpoint(letters_id(16), VENDOR, key, uri, tuple(events), new_secret(), str(name))


def _own(house: House, request: Request, secret: str) -> Endpoint:
    wanted = request.path_params["id"]
    for one in house.store.endpoints(VENDOR, key_of(VENDOR, secret)):
        if one.id == wanted:
            return one
    raise Refused(404, f"Webhook {wanted} was not found.")


def _told(endpoint: Endpoint) -> dict[str, Any]:
    made = _iso(datetime.fromtimestamp(endpoint.created_at, UTC))
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "uri": endpoint.url,
        "subscribed_events": list(endpoint.events),
        "state": "enabled",
        "create_time": made,
        "update_time": made,
        "signing_secrets": [{"truncated_secret": f"{endpoint.secret[:10]}..."}],
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
