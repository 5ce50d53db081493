"""A sandbox for the stations, and a line that runs in the test's own process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from pytest_django import Settings

from jobs.watch import Watcher
from reviewapp import generation
from reviewapp.models import Candidate, Project, ProviderKey, Shot, Status
from tests.cast import run_queue, sandbox_key
from tests.patience import PATIENCE_S
from tests.sandbox_server import Sandbox


@pytest.fixture
def sandbox(every_vendor: Sandbox, settings: Settings) -> Sandbox:
    """A sandbox that nobody has paid yet, and settings that let the line run fast."""
    every_vendor.reset()
    every_vendor.settings(min_seconds=0, instant=True, capacity=8)
    settings.PRIVATE_HOSTS = [urlsplit(every_vendor.url).netloc]
    settings.POLL_SECONDS = 0.05
    settings.SUBMIT_TIMEOUT_S = 5
    return every_vendor


@pytest.fixture
def key(sandbox: Sandbox, transactional_db: None) -> ProviderKey:
    return sandbox_key(sandbox.base_url)


@pytest.fixture
def ask(key: ProviderKey, project: Project, shot: Shot) -> Callable[..., list[Candidate]]:
    """Order candidates of the shot; their messages wait in the queue."""

    def order(count: int = 1) -> list[Candidate]:
        assert project.created_by is not None
        return generation.generate(project, [shot], project.created_by, token=uuid4(), count=count)

    return order


def watch(seconds: float) -> None:
    """Let a watcher work for a while, as its process would."""

    async def life() -> None:
        watcher = Watcher()
        running = asyncio.create_task(watcher.run())
        await asyncio.sleep(seconds)
        watcher.stopping.set()
        await running

    asyncio.run(life())


def run_line(candidate: Candidate, *until: Status, seconds: float = PATIENCE_S) -> Candidate:
    """Run the queue and the watcher in turns until the candidate is where the test wants it."""
    ends = time.monotonic() + seconds
    while True:
        run_queue()
        candidate.refresh_from_db()
        if candidate.status in until:
            return Candidate.objects.whole().get(pk=candidate.pk)
        told = list(candidate.transitions.values_list("became", "why"))
        assert time.monotonic() < ends, f"{candidate.status} and not {until}: {told} {candidate.failure}"
        watch(0.3)


def stored(root: Path) -> set[str]:
    """The names of all files under a folder."""
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
