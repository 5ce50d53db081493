"""The line as in life: a watcher and the workers that send, side by side, each in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.db import connection, transaction
from django_q.models import OrmQ

from jobs.submit import submit_candidate
from jobs.watch import Watcher
from reviewapp import generation
from reviewapp.models import Candidate, Project, Shot
from tests.patience import PATIENCE_S, wait_for

WORKERS = 2


@contextmanager
def line_at_work() -> Iterator[None]:
    """Watch and send as long as the block lasts; downloads are left alone."""
    stop = threading.Event()
    threads = [threading.Thread(target=_watch, args=(stop,))]
    threads += [threading.Thread(target=_send, args=(stop,)) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _watch(stop: threading.Event) -> None:
    async def life() -> None:
        watcher = Watcher()
        running = asyncio.create_task(watcher.run())
        while not stop.is_set() and not running.done():
            await asyncio.sleep(0.05)
        watcher.stopping.set()
        await running

    asyncio.run(life())


def _send(stop: threading.Event) -> None:
    """What a worker of the submit cluster does: take a message that nobody has taken, and do it."""
    while not stop.is_set():
        message = OrmQ.objects.filter(key="submit").order_by("pk").first()
        if message is None or not OrmQ.objects.filter(pk=message.pk).delete()[0]:
            time.sleep(0.02)
            continue
        if message.task["func"].endswith("submit_candidate"):
            submit_candidate(*message.task["args"])
    connection.close()


def order(project: Project, shots: list[Shot], count: int) -> list[Candidate]:
    assert project.created_by is not None
    with transaction.atomic():
        return generation.generate(project, shots, project.created_by, token=uuid4(), count=count)


def wait_until_made(clips: int) -> float:
    """Seconds until the vendor has made them all."""
    began = time.monotonic()
    made = Candidate.objects.filter(vendor_done_at__isnull=False)
    wait_for(f"{clips} clips", lambda: made.all().count() >= clips, 2 * PATIENCE_S)
    return time.monotonic() - began
