"""/_control: what the sandbox saw, and what shall go wrong. For tests and benchmarks on this machine."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from providers.sandbox.house import House
from providers.sandbox.job import Job
from providers.sandbox.responses import json_of


class Control:
    """The routes, each a question or an order."""

    def __init__(self, house: House) -> None:
        self.house = house

    def routes(self) -> list[BaseRoute]:
        def at(path: str, answer: Callable[[Request], Awaitable[Response]], method: str = "GET") -> Route:
            return Route(path, answer, methods=[method])

        return [
            Mount(
                "/_control",
                routes=[
                    at("/health", self.health),
                    at("/calls", self.calls),
                    at("/paid", self.paid),
                    at("/jobs/{id}", self.job),
                    at("/faults", self.faults),
                    at("/faults", self.add_fault, "POST"),
                    at("/faults", self.clear_faults, "DELETE"),
                    at("/webhooks", self.webhooks),
                    at("/settings", self.settings),
                    at("/settings", self.change_settings, "POST"),
                    at("/reset", self.reset, "POST"),
                ],
            )
        ]

    async def health(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def calls(self, request: Request) -> Response:
        """Every vendor's call, oldest first. Filters: paid=1, path=<regular expression>, since=<epoch>."""
        asked = request.query_params
        try:
            path, since = re.compile(asked.get("path", "")), float(asked.get("since", 0))
        except (re.error, ValueError) as exc:
            return JSONResponse({"error": f"A filter cannot be read: {exc}."}, 400)
        found = [call for call in self.house.store.calls(since) if path.search(call["path"])]
        if "paid" in asked:
            wanted = asked["paid"] not in {"0", "false", ""}
            found = [call for call in found if call["paid"] is wanted]
        return JSONResponse({"count": len(found), "calls": found})

    async def paid(self, request: Request) -> Response:
        """Every job that was ever accepted, whatever became of it and of the answer."""
        jobs = [
            {
                "id": job.id,
                "vendor": job.vendor,
                "model": job.model,
                "prompt": job.prompt,
                "seed": job.seed,
                "key_last4": job.key_last4,
                "received_at": job.created_at,
                "status": job.state.value,
            }
            for job in self.house.store.jobs()
        ]
        return JSONResponse({"count": len(jobs), "jobs": jobs})

    async def job(self, request: Request) -> Response:
        job = self.house.engine.job(request.path_params["id"])
        if job is None:
            return JSONResponse({"error": "There is no such job."}, 404)
        return JSONResponse(self._told(job))

    def _told(self, job: Job) -> dict[str, Any]:
        told = asdict(job)
        del told["key"], told["rendered"], told["doom"], told["doom_words"], told["charged_if_doomed"]
        told["status"] = told.pop("state").value
        return told | {"progress": self.house.engine.progress(job)}

    async def faults(self, request: Request) -> Response:
        return JSONResponse({"faults": [fault.told() for fault in self.house.faults.orders]})

    async def add_fault(self, request: Request) -> Response:
        try:
            fault = self.house.faults.add(json_of(await request.body()))
        except ValueError as exc:
            return JSONResponse({"error": str(exc)}, 400)
        return JSONResponse(fault.told(), 201)

    async def clear_faults(self, request: Request) -> Response:
        self.house.faults.clear()
        return Response(status_code=204)

    async def webhooks(self, request: Request) -> Response:
        """Every delivery, oldest first. Filters: job=<id>, vendor=<name>."""
        wanted = {"job_id": request.query_params.get("job"), "vendor": request.query_params.get("vendor")}
        asked = {name: value for name, value in wanted.items() if value is not None}
        found = [
            one
            for one in self.house.store.deliveries()
            if all(one[name] == value for name, value in asked.items())
        ]
        return JSONResponse({"count": len(found), "webhooks": found})

    async def settings(self, request: Request) -> Response:
        return JSONResponse(asdict(self.house.engine.settings))

    async def change_settings(self, request: Request) -> Response:
        try:
            self.house.engine.change_settings(json_of(await request.body()))
        except ValueError as exc:
            return JSONResponse({"error": str(exc)}, 400)
        return JSONResponse(asdict(self.house.engine.settings))

    async def reset(self, request: Request) -> Response:
        """Forget every job, call, fault, upload and changed setting."""
        self.house.faults.clear()
        self.house.post.forget()
        await self.house.engine.reset()
        return Response(status_code=204)
