"""The processes: how fast a cluster takes messages that do nothing, and how soon the first page comes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.bench.stage import Figure
from tests.whole.house import HOME, House

MESSAGES, ROUNDS = 300, 3
STARTS = 2
LONGEST_S = 90.0


@contextmanager
def _house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="retake-bench-") as folder:
        made = House(Path(folder) / "var")
        made.folder.mkdir()
        try:
            yield made
        finally:
            made.clear()


def tasks_a_second() -> list[Figure]:
    """Messages that do nothing, from the first in the queue to the last acknowledged: SQLite, two workers."""
    shipped = _rates("reviewapp.settings", ["cluster", "submit"])
    plain = Figure("", "/s", _rates("tests.bench.plain_queue", ["qcluster"]), more_is_better=True)
    words = f"django-q2's defaults: {plain.median:.0f} / {plain.p95:.0f} a second"
    return [Figure("messages that do nothing, one cluster on SQLite", "/s", shipped, words, True)]


def _rates(settings: str, command: Sequence[str]) -> list[float]:
    with _house() as house:
        environment = house.variables | {"DJANGO_SETTINGS_MODULE": settings, "Q_CLUSTER_NAME": "submit"}
        manage = [sys.executable, "manage.py"]
        subprocess.run([*manage, "migrate", "-v0"], cwd=HOME, env=environment, check=True)
        cluster = subprocess.Popen([*manage, *command], cwd=HOME, env=environment, stderr=subprocess.DEVNULL)
        try:
            inside = [sys.executable, "-m", "tests.bench.processes", "send"]
            told = subprocess.run(inside, cwd=HOME, env=environment, check=True, capture_output=True)
        finally:
            cluster.terminate()
            cluster.wait(30)
        return [float(rate) for rate in json.loads(told.stdout)]


def _send() -> None:
    """In the house: send, and wait until all are done. The first message only waits for the cluster."""
    import django

    django.setup()
    from django.db import transaction
    from django_q.models import OrmQ
    from django_q.tasks import async_task

    def rate(count: int) -> float:
        with transaction.atomic():
            for _ in range(count):
                async_task("math.sqrt", 4)
        began = time.perf_counter()
        while OrmQ.objects.exists():
            time.sleep(0.005)
        return count / (time.perf_counter() - began)

    rate(1)
    print(json.dumps([rate(MESSAGES) for _ in range(ROUNDS)]))


def start_up() -> list[Figure]:
    """From the command to the first page: all processes of `manage.py up`; beside it Django's own server."""
    fresh, second = [], []
    for _ in range(STARTS):
        with _house() as house:
            fresh.append(_to_first_page(house, ["up"]))
            house.stop()
            second.append(_to_first_page(house, ["up"]))
            house.stop()
    with _house() as house:
        # Its way of serving the pages' files without collecting them first.
        house.environment["RETAKE_DEBUG"] = "1"
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "-v0"], cwd=HOME, env=house.variables, check=True
        )
        alone = _to_first_page(house, ["runserver", "--noreload", f"127.0.0.1:{house.web_port}"])
    words = f"manage.py runserver, pages alone, no queue: {alone:.1f} s"
    return [
        Figure("manage.py up → the first page, fresh folder", "s", fresh, "nothing there yet"),
        Figure("manage.py up → the first page, second start", "s", second, words),
    ]


def _to_first_page(house: House, command: Sequence[str]) -> float:
    began = time.perf_counter()
    house.process = subprocess.Popen(
        [sys.executable, "manage.py", *command],
        cwd=HOME,
        env=house.variables,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    while time.perf_counter() - began < LONGEST_S:
        try:
            if httpx.get(f"http://127.0.0.1:{house.web_port}/sign-in/", timeout=2).status_code == 200:
                return time.perf_counter() - began
        except httpx.HTTPError:
            time.sleep(0.02)
    raise SystemExit(f"{' '.join(command)} shows no page after {LONGEST_S:.0f} s")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reviewapp.settings")
    _send()
