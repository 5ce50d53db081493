"""Google's error envelope, and the few things its two surfaces answer alike."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from providers.sandbox.house import House
from providers.sandbox.job import Doom, Job
from providers.sandbox.responses import json_of

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
TYPE = "type.googleapis.com/google.rpc."
QUOTA = "You exceeded your current quota, please check your plan and billing details."
DAY_S = 24 * 3600.0
BROKEN = ("13", "Video generation failed due to an internal server issue. Please try again later.")
HELD_BACK = (
    "Veo could not generate the video because the {what} might violate our usage guidelines. "
    "Try rephrasing the prompt. Support codes: {code}"
)
# A support code of violence for words, one of a finished picture that is not safe for the rest.
DOOMS = {"prompt": ("61493863", "input prompt"), "refuse": ("64151117", "generated video")}
Answer = Callable[[House, Request, str], Awaitable[Response]]


class Refused(Exception):
    """An error answer on its way out. `status` is the name where the number alone says too little."""

    def __init__(
        self, code: int, message: str, status: str = "", details: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(message)
        self.code, self.message = code, message
        self.status = status or STATUSES.get(code, "")
        self.details = details

    def response(self) -> Response:
        """The error with its number, as nearly everywhere at Google."""
        return JSONResponse(envelope(self.code, self.message, self.status, self.details), self.code)

    def named(self) -> Response:
        """The error as interactions and webhooks tell it, whose `code` is a name."""
        name = "invalid_request" if self.status == "INVALID_ARGUMENT" else self.status.lower()
        inner: dict[str, Any] = {"code": name, "message": self.message}
        return JSONResponse({"error": inner | ({"details": self.details} if self.details else {})}, self.code)


def envelope(
    code: int, message: str, status: str = "", details: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The body of every error."""
    inner: dict[str, Any] = {"code": code, "message": message, "status": status or STATUSES.get(code, "")}
    return {"error": inner | ({"details": details} if details else {})}


def fault_body(code: int, wait: float | None) -> Mapping[str, Any]:
    """What a fault on order says: the wish to wait lies in the body, as everywhere at Google."""
    if code != 429:
        return envelope(code, "The sandbox was asked for this error.")
    return envelope(429, QUOTA, details=quota("GenerateRequestsPerMinutePerProjectPerModel", wait))


def quota(name: str, wait: float | None = None) -> list[dict[str, Any]]:
    """The details of 429: the quota that was hit, and the wait where there is one."""
    violations = [{"quotaId": name, "quotaValue": "10"}]
    hit: dict[str, Any] = {"@type": f"{TYPE}QuotaFailure", "violations": violations}
    return [hit] if wait is None else [hit, {"@type": f"{TYPE}RetryInfo", "retryDelay": f"{wait:g}s"}]


def doom(kind: str, code: str) -> Doom:
    """A number up to 16 is an operation's error, a longer one a support code of what was held back."""
    if kind not in DOOMS:
        return Doom(code or BROKEN[0], BROKEN[1])
    usual, what = DOOMS[kind]
    if code and len(code) <= 2:
        return Doom(code, HELD_BACK.format(what=what, code=usual))
    return Doom(code or usual, HELD_BACK.format(what=what, code=code or usual))


def held_back(job: Job) -> bool:
    """Whether the job ended without an error, and with its clip filtered."""
    return len(job.failure_code) > 2


def check_account(house: House, job: Job) -> None:
    """The two limits that a key can run into: of a day, and of its money."""
    if house.engine.dollars(job.key) * 1_000_000 < job.estimated:
        raise Refused(429, "Your project has exceeded its spending limit. Please try again later.")
    limit = house.engine.settings.daily_limit
    if limit is not None and house.store.count_since(job.key, time.time() - DAY_S).get(job.model, 0) >= limit:
        raise Refused(429, QUOTA, details=quota("GenerateRequestsPerDayPerProjectPerModel"))


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a call."""
    body = json_of(await request.body())
    if not body:
        raise Refused(400, "Invalid JSON payload received. Expected an object.")
    return body


def unsupported(name: str) -> Refused:
    """A field that the model does not take, in the words that the live service uses."""
    return Refused(
        400,
        f"`{name}` isn't supported by this model. Please remove it or refer to the Gemini API documentation "
        "for supported usage.",
    )
