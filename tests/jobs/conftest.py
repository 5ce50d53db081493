"""A sandbox for the stations, and a line that runs in the test's own process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.db import connection
from django_q.models import OrmQ
from pytest_django import Settings

from jobs.watch import Watcher
from reviewapp import generation
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status
from tests.cast import run_queue, sandbox_key
from tests.patience import PATIENCE_S
from tests.sandbox_server import Sandbox

# A turn of the watcher ends when there is something to do, or after this.
TURN_S, LOOK_S = 1.0, 0.03
SHORT_S = 2
# Only a person brings a candidate on from there.
ENDED = {Status.FAILED, Status.REFUSED, Status.CANCELLED}


@pytest.fixture
def sandbox(every_vendor: Sandbox, settings: Settings) -> Sandbox:
    """A sandbox that nobody has paid yet, and settings that let the line run fast."""
    every_vendor.reset()
    every_vendor.settings(min_seconds=0, instant=True, capacity=8)
    settings.PRIVATE_HOSTS = [urlsplit(every_vendor.url).netloc]
    settings.POLL_SECONDS = 0.05
    return every_vendor


@pytest.fixture
def key(sandbox: Sandbox, transactional_db: None) -> ProviderKey:
    return sandbox_key(sandbox.base_url)


@pytest.fixture
def ask(key: ProviderKey, project: Project, shot: Shot) -> Callable[..., list[Candidate]]:
    """Order candidates of the shot, short ones, because what is made is checked; their messages wait in the
    queue.
    """
    Shot.objects.filter(pk=shot.pk).update(duration_s=SHORT_S)
    shot.refresh_from_db()

    def order(count: int = 1) -> list[Candidate]:
        assert project.created_by is not None
        return generation.generate(project, [shot], project.created_by, token=uuid4(), count=count)

    return order


def watch(seconds: float, until: Callable[[], bool] | None = None) -> None:
    """Let a watcher work for a while, as its process would; no longer than until something holds."""

    def reached() -> bool:
        try:
            return until is not None and until()
        finally:
            connection.close()

    async def life() -> None:
        watcher = Watcher()
        running = asyncio.create_task(watcher.run())
        ends = time.monotonic() + seconds
        while time.monotonic() < ends and not await asyncio.to_thread(reached):
            await asyncio.sleep(min(LOOK_S, max(0.0, ends - time.monotonic())))
        watcher.stopping.set()
        await running

    asyncio.run(life())


def watch_until(candidate: Candidate, *until: Status) -> Candidate:
    """Let a watcher work, and nobody else, until the candidate is where the test wants it."""
    watch(PATIENCE_S, until=lambda: _stands_in(candidate, until))
    candidate.refresh_from_db()
    assert candidate.status in until, f"{candidate.status} and not {until}: {candidate.failure}"
    return candidate


def run_line(candidate: Candidate, *until: Status, seconds: float = PATIENCE_S) -> Candidate:
    """Run the queue and the watcher in turns until the candidate is where the test wants it."""
    ends = time.monotonic() + seconds
    while True:
        run_queue()
        candidate.refresh_from_db()
        if candidate.status in until:
            return Candidate.objects.whole().get(pk=candidate.pk)
        told = list(candidate.transitions.values_list("became", "why"))
        in_vain = candidate.status in ENDED or time.monotonic() > ends
        assert not in_vain, f"{candidate.status} and not {until}: {told} {candidate.failure}"
        watch(TURN_S, until=lambda: OrmQ.objects.exists() or _stands_in(candidate, until))


def _stands_in(candidate: Candidate, statuses: tuple[Status, ...]) -> bool:
    return Candidate.objects.filter(pk=candidate.pk, status__in=statuses).exists()


def stored(root: Path) -> set[str]:
    """The names of all files under a folder."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
