"""The jobs of all vendors: accept, wait for a slot, run, end; and go on after a crash."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from providers.sandbox.job import JOB_ID, Doom, Job, State
from providers.sandbox.picture.plan import plan
from providers.sandbox.rendering import RenderFailed, Studio, plan_arguments
from providers.sandbox.settings import Settings
from providers.sandbox.store import Store

Lane = tuple[str, str]
# By vendor: from a neutral kind of failure and a wanted code to the vendor's own words.
Dooms = Mapping[str, Callable[[str, str], Doom]]
# What is still drawn is never said to be whole.
MOST_PROGRESS = 0.99
# What every ready clip shows, whoever ordered it first: the words and the seed are such that nothing is
# planted into it, so that the same size and length always give the same good file.
READY: Final[Mapping[str, Any]] = {
    "prompt": "A red ball rolls",
    "negative": "",
    "seed": 7,
    "model": "gen4.5",
    "image": "",
    "video": "",
}

log = logging.getLogger("sandbox")


class Engine:
    """Keeps the open jobs in memory and everything in the store; both say the same at every moment."""

    def __init__(
        self,
        store: Store,
        start: Settings,
        render_workers: int,
        dooms: Dooms,
        slots: Mapping[str, int] | None = None,
    ) -> None:
        self.store = store
        self._dooms = dooms
        # By vendor: how many jobs of a lane run at once, where that is not for the settings to say.
        self._slots = slots or {}
        # Told of every change of a job's state, after it was written down.
        self.changed: Callable[[Job], None] = lambda job: None
        self._start = start
        self.settings = store.settings(start)
        self.studio = Studio(render_workers)
        self._open: dict[str, Job] = {}
        self._waiting: defaultdict[Lane, deque[str]] = defaultdict(deque)
        self._held: defaultdict[Lane, set[str]] = defaultdict(set)
        self._work: dict[str, asyncio.Task[None]] = {}
        self._ready_clips: dict[Path, asyncio.Lock] = {}

    # Life.

    def resume(self) -> None:
        """Take up what was open when the server ended; drawings begin again."""
        for job in self.store.open_jobs():
            job.state, job.started_at, job.rendered = State.THROTTLED, None, 0.0
            self._enter(job)
        for lane in list(self._waiting):
            self._admit(lane)

    async def close(self) -> None:
        """Stop all work without ending any job: it goes on at the next start."""
        work = list(self._work.values())
        for one in work:
            one.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await self.studio.close()

    async def reset(self) -> None:
        """Forget every job, call, upload and changed setting."""
        await self.close()
        for memory in (self._open, self._waiting, self._held, self._work):
            memory.clear()
        self.store.clear()
        self.settings = self._start

    def change_settings(self, values: dict[str, Any]) -> None:
        """Raises ValueError for a wrong value; what is right holds at once and over a restart."""
        self.settings = self.settings.changed(values)
        self.store.change_settings(values)
        for lane in list(self._waiting):
            self._admit(lane)

    # Jobs.

    def accept(self, job: Job) -> None:
        """Take the job. When this returns it is in the store, whatever happens to the answer."""
        if not JOB_ID.fullmatch(job.id):
            raise ValueError(f"“{job.id}” cannot name a job.")
        scene = plan(**plan_arguments(job))
        job.truth = scene.truth()
        if scene.refused and not job.doom and not job.extra.get("takes_any_prompt"):
            self.doom(job, "prompt")
        job.state = State.THROTTLED if self.is_full(job.lane) else State.PENDING
        self.store.add_job(job)
        self._enter(job)
        self.changed(job)
        self._admit(job.lane)

    def doom(self, job: Job, kind: str, code: str = "") -> None:
        """Let the job end in this way, with the vendor's usual code for it or with this one."""
        job.doomed(self._dooms[job.vendor](kind, code))

    def refuses(self, job: Job) -> bool:
        """Whether the prompt is one to refuse, for a vendor that says so before it takes the job."""
        return plan(**plan_arguments(job)).refused

    def is_full(self, lane: Lane) -> bool:
        """Whether one more job would have to wait, for a vendor that refuses it instead."""
        return len(self._held[lane]) >= self._slots_of(lane)

    def job_by_token(self, vendor: str, key: str, token: str) -> Job | None:
        """The job that this key gave this name of its own, fresh."""
        found = self.store.job_by_token(vendor, key, token)
        return found and self.job(found.id)

    def job(self, job_id: str) -> Job | None:
        """The job, fresh from memory while it is open; deleted ones included."""
        return self._open.get(job_id) or self.store.job(job_id)

    def progress(self, job: Job) -> float:
        """0 to 1: the share that is drawn, and not faster than the job's shortest time."""
        if job.started_at is None:
            return 0.0
        shortest = self.settings.min_seconds
        lived = (time.time() - job.started_at) / shortest if shortest else 1.0
        share = lived if self.settings.instant or job.doom else min(lived, job.rendered)
        return round(max(0.0, min(MOST_PROGRESS, share)), 3)

    def cancel(self, job: Job, *, charged: bool) -> None:
        """End an open job; one that is over stays as it is. It can still be asked about."""
        if job.is_over:
            return
        job.cost = job.estimated if charged else 0
        job.state, job.finished_at = State.CANCELLED, time.time()
        self.store.save_job(job)
        self._leave(job)
        self.changed(job)

    def delete(self, job: Job) -> None:
        """Cancel an open job, or delete one that is over with its clip. Only a running one is charged."""
        job.deleted_at = time.time()
        self.cancel(job, charged=job.state is State.RUNNING)
        self.store.save_job(job)
        if job.clip and Path(job.clip).stem == job.id:
            Path(job.clip).unlink(missing_ok=True)

    def balance(self, key: str) -> int:
        """The credits a key has left."""
        return self.settings.credits - self.store.spent(key)

    def dollars(self, key: str) -> float:
        """The dollars a key has left at a vendor whose jobs are counted in millionths of a dollar."""
        return self.settings.dollars - self.store.spent(key) / 1_000_000

    # The inner steps.

    def _enter(self, job: Job) -> None:
        self._open[job.id] = job
        self._waiting[job.lane].append(job.id)

    def _leave(self, job: Job) -> None:
        self._open.pop(job.id, None)
        self._held[job.lane].discard(job.id)
        with contextlib.suppress(ValueError):
            self._waiting[job.lane].remove(job.id)
        work = self._work.pop(job.id, None)
        if work is not None and work is not asyncio.current_task():
            work.cancel()
        self._admit(job.lane)

    def _admit(self, lane: Lane) -> None:
        """Give free slots to the jobs that wait longest."""
        waiting, held = self._waiting[lane], self._held[lane]
        while waiting and len(held) < self._slots_of(lane):
            job = self._open[waiting.popleft()]
            held.add(job.id)
            self._to(job, State.PENDING)
            self._work[job.id] = asyncio.create_task(self._perform(job))

    def _slots_of(self, lane: Lane) -> int:
        return self._slots.get(lane[0].partition(":")[0], self.settings.capacity)

    def _to(self, job: Job, state: State) -> None:
        if job.state is not state:
            job.state = state
            self.store.save_job(job)
            self.changed(job)

    def _begin(self, job: Job) -> None:
        job.started_at = time.time()
        self._to(job, State.RUNNING)

    async def _perform(self, job: Job) -> None:
        """From the slot to the end."""
        try:
            if job.doom:
                self._begin(job)
            elif self.settings.instant:
                await self._serve_ready(job)
            else:
                await self._draw(job)
            await self._last_at_least(job)
        except (RenderFailed, OSError) as exc:
            log.error("Job %s could not be drawn: %s", job.id, exc)
            self.doom(job, "broken")
        self._finish(job)

    async def _draw(self, job: Job) -> None:
        path = self.store.clips / f"{job.id}.mp4"

        def progress(share: float) -> None:
            job.rendered = share

        job.sha256 = await self.studio.draw(job, path, lambda: self._begin(job), progress)
        job.clip, job.rendered = str(path), 1.0

    async def _serve_ready(self, job: Job) -> None:
        """The one clip of this size and length, drawn at its first use."""
        path = self.store.folder / f"ready_{job.width}x{job.height}_{job.duration_s:g}s.mp4"
        async with self._ready_clips.setdefault(path, asyncio.Lock()):
            if not path.exists():
                await self.studio.draw(replace(job, **READY), path, lambda: None, lambda share: None)
        self._begin(job)
        job.clip = str(path)

    async def _last_at_least(self, job: Job) -> None:
        assert job.started_at is not None  # noqa: S101 every way here begins the job
        await asyncio.sleep(max(0.0, job.started_at + self.settings.min_seconds - time.time()))

    def _finish(self, job: Job) -> None:
        if job.doom:
            job.state = State.FAILED
            job.failure_code, job.failure = job.doom, job.doom_words
            job.cost = job.estimated if job.charged_if_doomed else 0
        else:
            job.state, job.cost = State.SUCCEEDED, job.estimated
        job.finished_at = time.time()
        self.store.save_job(job)
        self._leave(job)
        self.changed(job)
