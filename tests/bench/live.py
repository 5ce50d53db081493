"""Fifty open pages in five projects: told of a move by the line, beside the same pages polling."""

from __future__ import annotations

import asyncio
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from tests.bench.stage import Figure, Stage, running

if TYPE_CHECKING:
    from reviewapp.models import Candidate

PAGES, PROJECTS = 50, 5
MOVES = 15
# People decide every few seconds; machines move in between.
BETWEEN_S = 2.0
POLL_S = 1.5
SLOW_S = 30.0
GAP_S = 1.0
LOOKS = 40


@dataclass
class Pages:
    """Open review pages as the scripts in them behave: when each saw which move, and how often they asked."""

    client: httpx.AsyncClient
    stamps: dict[str, str]
    moved: str = ""
    moved_at: float = 0.0
    delays: list[float] = field(default_factory=list)
    asked: int = 0
    refused: int = 0
    up: int = 0

    async def ask(self, room: str, stamp: str) -> str:
        """What a page asks for: its column if it has changed; the stamp that it has then."""
        self.asked += 1
        query = {"uid": room, "stamp": stamp}
        answer = await self.client.get("/review/updates/", params=query, headers={"HX-Request": "true"})
        if answer.status_code != 200:
            return stamp
        fresh = _stamp(answer.text)
        if fresh != stamp and self.moved == room:
            self.delays.append(time.time() - self.moved_at)
        return fresh

    async def polls(self, room: str) -> None:
        stamp = self.stamps[room]
        await asyncio.sleep(random.random() * POLL_S)
        while True:
            stamp = await self.ask(room, stamp)
            await asyncio.sleep(POLL_S)

    async def listens(self, room: str, project: str) -> None:
        stamp, asked_at = self.stamps[room], time.monotonic()
        while True:
            async with self.client.stream("GET", "/live/", timeout=60) as line:
                if line.status_code != 200:
                    self.refused += 1
                    await asyncio.sleep(random.random())
                    continue
                self.up += 1
                async for text in line.aiter_lines():
                    named = text.startswith("data: ") and f"project:{project}" in text.split(" ")
                    if named or time.monotonic() - asked_at > SLOW_S:
                        await asyncio.sleep(max(0.0, asked_at + GAP_S - time.monotonic()))
                        asked_at = time.monotonic()
                        stamp = await self.ask(room, stamp)
            self.up -= 1


def _stamp(page: str) -> str:
    found = re.search(r'data-stamp="([^"]+)"', page)
    return found[1] if found else ""


def open_pages(stage: Stage) -> list[Figure]:
    """The delay from a move to the page that shows it, and what the server's other pages feel of it."""
    ordered = []
    for place in range(PROJECTS):
        project, shots = stage.shots(1, f"open-pages-{place}")
        ordered += stage.generate(project, shots)
    clips = stage.wait_in_review(ordered)
    alone = _looks(stage)
    told, told_looks, pages = asyncio.run(_watch(stage, clips, listening=True))
    polled, _, polling = asyncio.run(_watch(stage, clips, listening=False))
    minutes = MOVES * BETWEEN_S / 60
    words = f"polls every {POLL_S} s: {polled.median:.2f} / {polled.p95:.2f} s"
    asked = Figure(
        f"requests of {PAGES} open pages, {60 / BETWEEN_S:.0f} moves a minute",
        "/min",
        [pages.asked / minutes],
        f"polling: {polling.asked / minutes:.0f}; without any move {PAGES * 60 / SLOW_S:.0f} against "
        f"{PAGES * 60 / POLL_S:.0f}",
    )
    looks = f"with no page open: {alone.median * 1000:.0f} / {alone.p95 * 1000:.0f} ms"
    return [
        Figure("a move → the pages of its project show it, by the line", "s", told.values, words),
        asked,
        Figure(
            f"a page's answer while {PAGES} listen", "ms", [1000 * one for one in told_looks.values], looks
        ),
    ]


def _looks(stage: Stage) -> Figure:
    seconds = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        stage.web.get("/p/open-pages-0/").raise_for_status()
        seconds.append(time.perf_counter() - began)
    return Figure("", "s", seconds)


async def _watch(stage: Stage, clips: list[Candidate], *, listening: bool) -> tuple[Figure, Figure, Pages]:
    # The server drops a quiet connection after two seconds; ours must be the first to do so.
    limits = httpx.Limits(max_connections=PAGES * 3, keepalive_expiry=1.0)
    base = str(stage.web.base_url)
    async with httpx.AsyncClient(
        base_url=base, cookies=dict(stage.web.cookies), limits=limits, timeout=30
    ) as client:
        rooms = {str(clip.uid): (await client.get(f"/review/{clip.uid}/")).text for clip in clips}
        pages = Pages(client, {room: _stamp(text) for room, text in rooms.items()})
        places = [(str(clip.uid), clip.shot.project.slug) for clip in clips] * (PAGES // PROJECTS)
        lives = [pages.listens(room, slug) if listening else pages.polls(room) for room, slug in places]
        work = [asyncio.create_task(life) for life in lives]
        ends = time.monotonic() + 60
        while listening and pages.up < PAGES and time.monotonic() < ends:
            await asyncio.sleep(0.1)
        looks = await asyncio.to_thread(_looks, stage)
        await asyncio.sleep(2 * POLL_S)
        pages.asked, pages.delays = 0, []
        for place in range(MOVES):
            clip = clips[place % PROJECTS]
            pages.moved = ""
            await asyncio.to_thread(_move, clip)
            pages.moved, pages.moved_at = str(clip.uid), time.time()
            await asyncio.sleep(BETWEEN_S)
        failed = [one.exception() for one in work if one.done()]
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        if failed or (listening and pages.up < PAGES):
            raise SystemExit(f"{pages.up} of {PAGES} pages listened, {pages.refused} refused: {failed[:1]}")
        return Figure("", "s", pages.delays), looks, pages


def _move(clip: Candidate) -> None:
    from reviewapp.models import Candidate, Status

    row = Candidate.objects.get(pk=clip.pk)
    row.move(Status.PASSED_OVER if row.status == Status.IN_REVIEW else Status.IN_REVIEW, actor="bench")


def rows() -> list[Figure]:
    """On a running app of its own."""
    with running() as stage:
        stage.settings(instant=True, capacity=4, min_seconds=0.5)
        return open_pages(stage)
