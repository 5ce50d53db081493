"""Every call of a vendor's client passes here: it is written down, and faults on order strike it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from providers.sandbox.call import Call, Role
from providers.sandbox.connections import Connections
from providers.sandbox.engine import Engine
from providers.sandbox.faults import Fault, Faults
from providers.sandbox.job import Job
from providers.sandbox.responses import expired_page, json_of, outage_page, status_answer
from providers.sandbox.wire import Asked, Wire, vendor_of

TRANSPORT = (
    "latency", "status", "drop_before", "drop_after", "html", "expired_link", "truncate", "malformed_json",
    "wrong_content_type", "redirect",
)  # fmt: skip
# The largest creation carries a clip as a data URI of 16 MB and up to 30 pictures.
MOST_JSON = 200_000_000


@dataclass
class Record:
    """One call on its way; what the wire learns about it is added before the answer goes out."""

    seq: int
    call: Call
    job: Job | None = None

    def took(self, job: Job) -> None:
        """This call made the job, and is paid."""
        self.job = job


def record_of(request: Request) -> Record:
    """The record of the call that is being answered."""
    record: Record = request.state.record
    return record


@dataclass(frozen=True)
class Traffic:
    """Around the vendors' routes; what is under /_control is no vendor's and passes unseen."""

    app: ASGIApp
    engine: Engine
    faults: Faults
    connections: Connections
    wires: Mapping[str, Wire]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self.app(scope, receive, send)
            return
        received_at = time.time()
        headers = Headers(scope=scope)
        body = await _json_body(headers, receive)
        if body is None:
            await PlainTextResponse("Too large.", 413)(scope, receive, send)
            return
        record = self._record(scope, headers, body, received_at)
        scope.setdefault("state", {})["record"] = record
        answer = _Answer(self, scope, send, record)
        # Without a JSON body nothing was read, and an upload streams straight to its slot.
        again = _Again(body, receive) if body else receive
        try:
            await self._serve(scope, again, answer, self.faults.take_all(record.call, *TRANSPORT))
        finally:
            self._close(record, answer)

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.kind == "latency" and fault.options["when"] == "before":
                await asyncio.sleep(fault.options["seconds"])
            elif fault.kind == "drop_before":
                await answer.drop(receive)
                return
            elif instead := _instead(fault, self.wires.get(answer.record.call.vendor)):
                await instead(scope, receive, answer)
                return
        answer.faults = faults
        await self.app(scope, receive, answer)
        if answer.dropped:
            await _gone(receive)

    def _record(self, scope: Scope, headers: Headers, body: bytes, received_at: float) -> Record:
        call, job, key = self._read(scope, headers, body)
        values: dict[str, Any] = {
            "vendor": call.vendor,
            "role": call.role.value,
            "method": call.method,
            "path": call.path,
            "received_at": received_at,
            "key_last4": key[-4:],
            "model": call.model,
            "job_id": job.id if job else None,
            "paid": False,
        }
        return Record(self.engine.store.add_call(values), call)

    def _read(self, scope: Scope, headers: Headers, body: bytes) -> tuple[Call, Job | None, str]:
        """The call as its vendor understands it: its part, the job it speaks of, the key it came with."""
        method, path = scope["method"], scope["path"]
        wire = self.wires.get(vendor_of(path))
        if wire is None:
            return Call(method, path, "", vendor_of(path), Role.ASIDE), None, ""
        query = QueryParams(scope["query_string"].decode("latin-1"))
        asked = Asked(method, path, query, json_of(body) if body else {})
        job = self.engine.job(wire.job_in(asked) or "")
        model = wire.model_in(asked) or (job.model if job else "")
        return Call(method, path, model, wire.name, wire.role(method, path)), job, wire.key_of(headers)

    def _close(self, record: Record, answer: _Answer) -> None:
        values: dict[str, Any] = {
            "answered_at": time.time(),
            "status": "dropped" if answer.dropped and answer.status is None else answer.status,
        }
        self.engine.store.save_call(record.seq, values)

    def paid(self, record: Record) -> None:
        """Write down what the call bought, before anything of the answer leaves."""
        job = record.job
        if job is not None:
            bought = {
                "job_id": job.id,
                "paid": True,
                "prompt": job.prompt,
                "seed": job.seed,
                "model": job.model,
            }
            self.engine.store.save_call(record.seq, bought)


class _Answer:
    """The way of an answer to the client, with the faults that strike after the work was done."""

    def __init__(self, traffic: Traffic, scope: Scope, send: Send, record: Record) -> None:
        self.traffic, self.scope, self.send, self.record = traffic, scope, send, record
        self.faults: list[Fault] = []
        self.status: int | None = None
        self.dropped = False
        self._start: Message = {}
        self._held = b""
        self._left = -1

    async def drop(self, receive: Receive) -> None:
        """Close without a byte of an answer."""
        self._hang_up()
        await _gone(receive)

    async def __call__(self, message: Message) -> None:
        if self.dropped:
            return
        if message["type"] == "http.response.start":
            self.traffic.paid(self.record)
            await self._begin(message)
        elif self._fault("malformed_json"):
            await self._spoil(message)
        elif self._left >= 0:
            await self._cut(message)
        else:
            await self.send(message)

    def _fault(self, kind: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.kind == kind), None)

    def _hang_up(self) -> None:
        self.dropped = True
        self.traffic.connections.close(self.scope)

    async def _begin(self, message: Message) -> None:
        late = self._fault("latency")
        if late is not None and late.options["when"] == "after":
            await asyncio.sleep(late.options["seconds"])
        if self._fault("drop_after"):
            self._hang_up()
            return
        self.status = message["status"]
        if wrong := self._fault("wrong_content_type"):
            message = _with_header(message, b"content-type", wrong.options["content_type"].encode())
        if self._fault("malformed_json"):
            self._start = message
            return
        if cut := self._fault("truncate"):
            half = int(Headers(raw=message["headers"]).get("content-length", 0)) // 2
            self._left = half if cut.options["at"] is None else cut.options["at"]
        await self.send(message)

    async def _spoil(self, message: Message) -> None:
        """Half of the JSON, which says that it is whole."""
        self._held += message.get("body", b"")
        if not message.get("more_body"):
            half = self._held[: max(1, len(self._held) // 2)]
            await self.send(_with_header(self._start, b"content-length", str(len(half)).encode()))
            await self.send({"type": "http.response.body", "body": half})

    async def _cut(self, message: Message) -> None:
        """The first of the promised bytes, and then the end of the connection."""
        body = message.get("body", b"")[: self._left]
        self._left -= len(body)
        await self.send({"type": "http.response.body", "body": body, "more_body": True})
        if self._left <= 0:
            self._hang_up()


class _Again:
    """A body that was read already, given to the route as if it came now."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body: bytes | None = body
        self.receive = receive

    async def __call__(self) -> Message:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _instead(fault: Fault, wire: Wire | None) -> Response | None:
    """The answer that takes the place of the real one."""
    if fault.kind == "status":
        return _error(fault.options, wire)
    if fault.kind == "redirect":
        return RedirectResponse(fault.options["to"], 302)
    if fault.kind == "html":
        return outage_page()
    if fault.kind == "expired_link":
        return expired_page()
    return None


def _error(told: Mapping[str, Any], wire: Wire | None) -> Response:
    """An error on order, in the vendor's own form where he has one; his wish to wait is in the body then."""
    code, wait, headers = told["code"], told["retry_after"], told["headers"]
    own = wire.error_body(code, wait) if wire is not None and not told["body"] else None
    if own is not None:
        return status_answer(code, None, own, headers)
    return status_answer(code, wait, told["body"], headers)


async def _gone(receive: Receive) -> None:
    """Wait until the closed socket is noticed; the server would otherwise try to answer."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _json_body(headers: Headers, receive: Receive) -> bytes | None:
    """The body where it is JSON, b"" where it is not, None where it is too large."""
    if "json" not in headers.get("content-type", "") or headers.get("content-length") == "0":
        return b""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > MOST_JSON:
            return None
        more = message.get("more_body", False)
    return b"".join(parts)


def _with_header(message: Message, name: bytes, value: bytes) -> Message:
    headers = [(key, old) for key, old in message["headers"] if key != name]
    return {**message, "headers": [*headers, (name, value)]}
