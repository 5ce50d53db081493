"""A few child processes that draw clips, so that the server itself stays free to answer."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from providers.sandbox.job import Job

ROOT = Path(__file__).resolve().parents[2]
# A drawing that takes longer than this hangs.
PATIENCE_S = 900.0
# Of a longer prompt only the start is drawn: reading it would hold up everybody else's calls.
READ_LETTERS = 4000
Progress = Callable[[float], None]


class RenderFailed(Exception):
    """The child said so, or died; the text is for the log."""


def plan_arguments(job: Job) -> dict[str, Any]:
    """The arguments of `plan()` for this job."""
    return {
        "prompt": job.prompt[:READ_LETTERS],
        "negative": job.negative[:READ_LETTERS],
        "seed": job.seed,
        "model": job.model,
        "width": job.width,
        "height": job.height,
        "duration_s": job.duration_s,
    }


class Studio:
    """Hands each drawing to the next free child, in the order of asking."""

    def __init__(self, workers: int) -> None:
        self._workers = [_Worker() for _ in range(workers)]
        self._free: asyncio.Queue[_Worker] = asyncio.Queue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def draw(self, job: Job, path: Path, begin: Callable[[], None], progress: Progress) -> str:
        """Draw the job's clip to `path` and return its sha256; `begin` is called when a child is free.

        Raises `RenderFailed`.
        """
        worker = await self._free.get()
        try:
            begin()
            async with asyncio.timeout(PATIENCE_S):
                order = {"path": str(path), "image": job.image, "video": job.video}
                return await worker.draw(order | {"plan": plan_arguments(job)}, progress)
        except TimeoutError:
            raise RenderFailed(f"The drawing took more than {PATIENCE_S:g} s.") from None
        finally:
            self._free.put_nowait(worker)

    async def close(self) -> None:
        """End every child."""
        for worker in self._workers:
            await worker.end()


class _Worker:
    """One child, started when first needed and again after it ended."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None

    async def draw(self, order: dict[str, Any], progress: Progress) -> str:
        try:
            process = await self._running()
            assert process.stdin is not None  # noqa: S101 both are pipes
            assert process.stdout is not None  # noqa: S101 both are pipes
            process.stdin.write(json.dumps(order).encode() + b"\n")
            await process.stdin.drain()
            while line := await process.stdout.readline():
                message = json.loads(line)
                if "error" in message:
                    raise RenderFailed(message["error"])
                if "done" in message:
                    return str(message["done"])
                progress(float(message["progress"]))
        except (OSError, asyncio.CancelledError, TimeoutError):
            # Whatever it still draws is not wanted; a fresh child is cheaper than asking this one to stop.
            await self.end()
            raise
        await self.end()
        raise RenderFailed("The drawing process ended by itself.")

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "providers.sandbox.render_worker",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                cwd=ROOT,
            )
        return self._process

    async def end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
