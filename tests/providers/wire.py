"""A vendor made of canned answers: what was recorded, and a client that never opens a connection."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

RECORDED = Path(__file__).parents[1] / "recorded"
Handler = Callable[[httpx.Request], httpx.Response]


def recorded(vendor: str, name: str, index: int = 0) -> dict[str, Any]:
    """One recorded request with its answer: `method`, `path`, `headers`, `body`, `answer`."""
    text = (RECORDED / vendor / f"{name}.json").read_text(encoding="utf-8")
    request: dict[str, Any] = json.loads(text)["requests"][index]
    return request


def answer_of(entry: dict[str, Any]) -> httpx.Response:
    """The recorded answer as a response."""
    answer = entry["answer"]
    if answer["body"] is None:
        return httpx.Response(answer["status"])
    return httpx.Response(answer["status"], json=answer["body"])


class Vendor:
    """Answers each call with `reply` (a response, an error to raise, or a function) and keeps the calls."""

    def __init__(self, reply: httpx.Response | Exception | Handler) -> None:
        self.reply = reply
        self.calls: list[httpx.Request] = []
        self.client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.calls.append(request)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply if isinstance(self.reply, httpx.Response) else self.reply(request)

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of the calls made so far."""
        return [json.loads(call.content) for call in self.calls]

    def bodies_of(self, index: int) -> Any:
        """The JSON body of one call, where others are no JSON."""
        return json.loads(self.calls[index].content)


def own_headers(request: httpx.Request, names: set[str]) -> dict[str, str]:
    """The headers of a call that a recording speaks of, by the recording's names."""
    return {name: request.headers[name] for name in names if name in request.headers}
