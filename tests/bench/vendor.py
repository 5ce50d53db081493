"""A vendor for the watcher's figures: it answers each poll after 150 ms and writes down who asked when.

`python -m tests.bench.vendor PORT`. It speaks Runway's poll; `POST /_jobs` says when jobs end, `GET /_asked`
tells what was seen.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import defaultdict

from aiohttp import web

ANSWER_S = 0.15


class Vendor:
    def __init__(self) -> None:
        self.answer_s = ANSWER_S
        self.ends: dict[str, float] = {}
        self.asked: dict[str, list[tuple[float, float]]] = defaultdict(list)

    async def poll(self, request: web.Request) -> web.Response:
        job, at = request.match_info["job"], time.time()
        calls = self.asked[job]
        calls.append((at, 0.0))
        place = len(calls) - 1
        await asyncio.sleep(self.answer_s)
        calls[place] = (at, time.time())
        told: dict[str, object] = {"id": job, "status": "RUNNING", "createdAt": "2026-11-01T00:00:00Z"}
        if at >= self.ends.get(job, at + 1):
            told |= {"status": "SUCCEEDED", "output": ["https://example.org/clip.mp4"]}
        return web.json_response(told)

    async def jobs(self, request: web.Request) -> web.Response:
        told = await request.json()
        self.answer_s = told.get("answer_s", ANSWER_S)
        self.ends = told.get("ends", {})
        self.asked.clear()
        return web.json_response({})

    async def seen(self, request: web.Request) -> web.Response:
        return web.json_response(self.asked)


def main() -> None:
    vendor = Vendor()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.add_routes([web.get("/v1/tasks/{job}", vendor.poll), web.post("/_jobs", vendor.jobs)])
    app.add_routes([web.get("/_asked", vendor.seen)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None, access_log=None, backlog=4096)


if __name__ == "__main__":
    main()
