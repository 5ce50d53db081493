"""Kling's lists of tasks, by pages and by cursor, and what is left on an account."""

from __future__ import annotations

import base64
import binascii
import json
import time
from typing import Any

from starlette.requests import Request

from providers.sandbox.house import House
from providers.sandbox.kling_rules import wrong
from providers.sandbox.kling_told import STATES, VENDOR, legacy_record, new_record
from providers.sandbox.order import key_of
from providers.sandbox.responses import json_of

MOST_LISTED = 500
MOST_PAGES = 1000
FILTERS = ("status", "product_type")
A_MONTH_MS = 30 * 24 * 3600 * 1000


async def pages(kind: str, house: House, request: Request, account: str) -> Any:
    """The older standard's list: one kind of task, latest first, and no total."""
    page, size = _whole(request, "pageNum", 1, MOST_PAGES), _whole(request, "pageSize", 30, MOST_LISTED)
    jobs = [job for job in house.store.jobs_of(key_of(VENDOR, account)) if job.mode == kind]
    shown = jobs[::-1][(page - 1) * size : page * size]
    return [legacy_record(house, house.engine.job(job.id) or job) for job in shown]


async def cursor(house: House, request: Request, account: str) -> Any:
    """The newer standard's list. A cursor overrides all other fields, as it holds them."""
    body = json_of(await request.body())
    asked = _cursor(body["cursor"]) if body.get("cursor") else _asked(body)
    jobs = [house.engine.job(job.id) or job for job in house.store.jobs_of(key_of(VENDOR, account))[::-1]]
    fitting = [
        job
        for job in jobs
        if asked["start"] <= job.created_at * 1000 <= asked["end"]
        and (not asked["status"] or STATES[job.state] in asked["status"])
        and (not asked["product_type"] or job.mode in asked["product_type"])
    ]
    end = asked["from"] + asked["limit"]
    shown, more = fitting[asked["from"] : end], len(fitting) > end
    return {
        "result": [new_record(house, job) for job in shown],
        "count": len(shown),
        "next_cursor": _written(asked | {"from": end}) if more else "",
        "has_more": more,
    }


async def costs(house: House, request: Request, account: str) -> Any:
    """The one pack of the account; a real one's figures may be half a day old."""
    start, end = (_whole(request, name, 0, 10**15) for name in ("start_time", "end_time"))
    if start >= end:
        raise wrong("start_time must be earlier than end_time")
    now = int(time.time() * 1000)
    pack = {
        "resource_pack_name": "Video Generation",
        "resource_pack_id": "5a4d0b0c5a4d0b0c5a4d0b0c5a4d0b0c",
        "resource_pack_type": "decreasing_total",
        "total_quantity": house.engine.settings.credits / 100,
        "remaining_quantity": house.engine.balance(key_of(VENDOR, account)) / 100,
        "purchase_time": now - A_MONTH_MS,
        "effective_time": now - A_MONTH_MS,
        "invalid_time": now + A_MONTH_MS,
        "status": "online",
    }
    return {"code": 0, "msg": "success", "resource_pack_subscribe_infos": [pack]}


def _whole(request: Request, name: str, usual: int, most: int) -> int:
    """A whole number of the query; without a usual one it has to be there."""
    written = request.query_params.get(name, str(usual) if usual else "")
    if not (written.isascii() and written.isdecimal() and len(written) < 16 and 1 <= int(written) <= most):
        raise wrong(f"{name} is invalid")
    return int(written)


def _asked(body: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = {"from": 0, "limit": body.get("limit", 100), "status": [], "product_type": []}
    asked |= {"start": body.get("start_time"), "end": body.get("end_time")}
    numbers = (asked["limit"], asked["start"], asked["end"])
    if any(isinstance(one, bool) or not isinstance(one, int) for one in numbers):
        raise wrong("start_time, end_time and limit must be whole numbers")
    if not 1 <= asked["limit"] <= MOST_LISTED or asked["start"] >= asked["end"]:
        raise wrong("limit is at most 500, and start_time must be earlier than end_time")
    filters = body.get("filters", [])
    for one in filters if isinstance(filters, list) else [None]:
        told = one if isinstance(one, dict) else {}
        if told.get("key") not in FILTERS or not isinstance(told.get("values"), list):
            raise wrong("filters is invalid")
        asked[told["key"]] += told["values"]
    return asked


def _written(asked: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(asked).encode()).decode()


def _cursor(written: object) -> dict[str, Any]:
    try:
        held = json_of(base64.b64decode(str(written), altchars=b"-_", validate=True))
        filters = [{"key": name, "values": held[name]} for name in FILTERS]
        told = {"start_time": held["start"], "end_time": held["end"], "limit": held["limit"]}
        start = held["from"]
    except (binascii.Error, ValueError, KeyError):
        raise wrong("cursor is invalid") from None
    if isinstance(start, bool) or not isinstance(start, int) or start < 0:
        raise wrong("cursor is invalid")
    return _asked(told | {"filters": filters}) | {"from": start}
