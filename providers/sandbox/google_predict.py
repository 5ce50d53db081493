"""Veo's orders and operations, which Vertex AI and the older Gemini API tell of in two shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from providers.sandbox import order
from providers.sandbox.google_answers import Refused, body_of, check_account, held_back
from providers.sandbox.google_rules import Asked, Rule, read
from providers.sandbox.house import House
from providers.sandbox.job import Job, State
from providers.sandbox.order import Order, size_of, take
from providers.sandbox.traffic import record_of


@dataclass(frozen=True)
class NewJob:
    """Whose order it is, and under which id and name of an operation it will be asked about."""

    vendor: str
    secret: str
    id: str
    name: str


async def ordered(house: House, request: Request, rules: Mapping[str, Rule], new: NewJob) -> Job:
    """Take the order in a body. Raises `Refused`."""
    model = request.path_params["model"]
    if model not in rules or house.engine.settings.retires(new.vendor, model):
        raise Refused(404, f"models/{model} is not found, or is no longer available.")
    asked = read(new.vendor, rules[model], await body_of(request))
    job = order.job_of(_order(new, model, asked, rules[model]), house.store)
    check_account(house, job)
    take(house, request, job)
    return job


def _order(new: NewJob, model: str, asked: Asked, rule: Rule) -> Order:
    storage = str(asked.parameters.get("storageUri", "")).rstrip("/")
    # A folder of its own for each order, as the service makes one from the time.
    place = f"{storage}/{new.id.replace('-', '')[:20]}" if storage else ""
    return Order(
        vendor=new.vendor,
        secret=new.secret,
        id=new.id,
        mode="image_to_video" if asked.image else "text_to_video",
        model=model,
        prompt=asked.prompt,
        size=size_of(asked.aspect, asked.resolution),
        seconds=asked.seconds,
        estimated=rule.usd[asked.resolution] * asked.seconds * asked.samples,
        negative=str(asked.parameters.get("negativePrompt", "")),
        seed=asked.parameters.get("seed"),
        image=asked.image,
        token=f"{place}/sample_0.mp4" if place else "",
        extra={"name": new.name, "samples": asked.samples, "place": place},
    )


def operation(house: House, request: Request, job: Job, name: str, done: dict[str, Any]) -> dict[str, Any]:
    """The operation as it stands; `done` is the response of one that ended well."""
    told: dict[str, Any] = {"name": name}
    if job.is_over:
        told["done"] = True
        if job.state is State.SUCCEEDED:
            told["response"] = done
        elif held_back(job):
            told["response"] = filtered(job, done)
        else:
            code = int(job.failure_code) if job.failure_code.isdecimal() else 1
            told["error"] = {"code": code, "message": job.failure or "The operation was cancelled."}
    if strange := house.faults.take(record_of(request).call, "unknown_status"):
        told["done"] = strange.options["status"]
    return told


def filtered(job: Job, done: dict[str, Any]) -> dict[str, Any]:
    """The response with the reasons in the place of the clips, which is no error."""
    reasons = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [job.failure]}
    told = {name: value for name, value in done.items() if name not in {"videos", "generateVideoResponse"}}
    return told | ({"generateVideoResponse": reasons} if "generateVideoResponse" in done else reasons)
