"""The vendors' calls to their clients: signed, repeated on failure, written down, never off this machine."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from providers.sandbox.call import Call, Role
from providers.sandbox.faults import Fault, Faults
from providers.sandbox.job import Job
from providers.sandbox.signing import Signer, unsigned
from providers.sandbox.store import Store

# After each of these one more try; vendors go on for hours, which no test waits for.
RETRIES_S = (0.2, 1.0, 5.0)
PATIENCE_S = 10.0
AN_HOUR_S = 3600
FAULTS = ("webhook_lost", "webhook_late", "webhook_twice", "webhook_forged", "webhook_old")


@dataclass(frozen=True)
class Delivery:
    """What a wire wants sent. `event` is its name on the control page; every try carries the same `id`."""

    url: str
    body: bytes
    sign: Signer = unsigned
    event: str = ""
    id: str = field(default_factory=lambda: f"msg_{secrets.token_hex(12)}")
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class _Parcel:
    """A delivery on its way. `last` is the final word on its job."""

    seq: int
    delivery: Delivery
    job_id: str
    last: bool
    faults: dict[str, Fault]
    tries: list[dict[str, Any]] = field(default_factory=list)


class Post:
    """Sends in the background; the words on one job leave in their order unless a fault says otherwise."""

    def __init__(self, store: Store, faults: Faults) -> None:
        self.store, self.faults = store, faults
        self._client = httpx.AsyncClient(timeout=PATIENCE_S, trust_env=False, follow_redirects=False)
        self._work: set[asyncio.Task[None]] = set()
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._held: defaultdict[str, list[_Parcel]] = defaultdict(list)

    def send(self, job: Job, delivery: Delivery) -> None:
        """Write the delivery down and send it; an address off this machine is only written down.

        A second word on the same state is dropped: waiting for a slot and having one are one to most vendors,
        and after a restart a job begins again.
        """
        if delivery.event and self.store.last_event(job.id, delivery.url) == delivery.event:
            return
        path = _loopback_path(delivery.url)
        faults = {} if path is None else self._struck(job, path)
        values = {
            "id": delivery.id,
            "vendor": job.vendor,
            "job_id": job.id,
            "event": delivery.event,
            "url": delivery.url,
            "body": delivery.body.decode("utf-8", "replace"),
            "made_at": time.time(),
            "state": "skipped" if path is None else "pending",
            "faults": json.dumps(list(faults)),
        }
        seq = self.store.add_delivery(values)
        if path is not None:
            self._start(_Parcel(seq, delivery, job.id, job.is_over, faults))

    def forget(self) -> None:
        """Stop all that is on its way."""
        for work in self._work:
            work.cancel()
        self._turns.clear()
        self._held.clear()

    async def close(self) -> None:
        """Stop, and close the connections. What was on its way is told as lost at the next start."""
        work = list(self._work)
        self.forget()
        await asyncio.gather(*work, return_exceptions=True)
        await self._client.aclose()

    def _struck(self, job: Job, path: str) -> dict[str, Fault]:
        call = Call("POST", path, job.model, job.vendor, Role.WEBHOOK)
        # The last word cannot be overtaken by a later one.
        kinds = FAULTS if job.is_over else (*FAULTS, "webhook_reordered")
        return {fault.kind: fault for fault in self.faults.take_all(call, *kinds)}

    def _start(self, parcel: _Parcel) -> None:
        work = asyncio.create_task(self._carry(parcel))
        self._work.add(work)
        work.add_done_callback(self._work.discard)

    async def _carry(self, parcel: _Parcel) -> None:
        if late := parcel.faults.get("webhook_late"):
            await asyncio.sleep(late.options["seconds"])
        if parcel.faults.pop("webhook_reordered", None):
            self._held[parcel.job_id].append(parcel)
            return
        if "webhook_lost" in parcel.faults:
            self.store.save_delivery(parcel.seq, {"state": "lost"})
        else:
            await self._deliver(parcel)
        if parcel.last:
            self._turns.pop(parcel.job_id, None)
            for held in self._held.pop(parcel.job_id, []):
                self._start(held)

    async def _deliver(self, parcel: _Parcel) -> None:
        # Only the first try keeps its turn: a client that is down must not hold back the later words.
        async with self._turns[parcel.job_id]:
            done = await self._try(parcel)
        for wait in RETRIES_S:
            if done:
                break
            await asyncio.sleep(wait)
            done = await self._try(parcel)
        if done and "webhook_twice" in parcel.faults:
            await self._try(parcel)
        self.store.save_delivery(parcel.seq, {"state": "delivered" if done else "failed"})

    async def _try(self, parcel: _Parcel) -> bool:
        """One call; whether the client took it. Each try has its own time, as the signature needs."""
        delivery, now = parcel.delivery, int(time.time())
        moment = now - AN_HOUR_S if "webhook_old" in parcel.faults else now
        # A proof of other bytes: well formed, and wrong.
        proved = delivery.body + b" " if "webhook_forged" in parcel.faults else delivery.body
        headers = {"Content-Type": "application/json", **delivery.headers}
        headers |= delivery.sign(delivery.id, moment, proved)
        told: dict[str, Any] = {"at": time.time()}
        try:
            answer = await self._client.post(delivery.url, content=delivery.body, headers=headers)
            told["status"] = answer.status_code
        except httpx.HTTPError as exc:
            told["error"] = str(exc) or type(exc).__name__
        parcel.tries.append(told)
        changes = {"headers": json.dumps(headers), "tries": json.dumps(parcel.tries)}
        self.store.save_delivery(parcel.seq, changes)
        return bool(200 <= told.get("status", 0) < 300)


def _loopback_path(url: str) -> str | None:
    """The path of an address on this machine, None for every other address."""
    try:
        parts = httpx.URL(url)
        if parts.scheme not in {"http", "https"}:
            return None
        if parts.host == "localhost" or ipaddress.ip_address(parts.host).is_loopback:
            return parts.path
    except (httpx.InvalidURL, ValueError):
        return None
    return None
