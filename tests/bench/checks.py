"""The checks at full load: clips a minute with one worker, and how soon pages come meanwhile."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.quality import guarded
from tests.bench.stage import Figure, Stage, running
from tests.quality_bench.planted import Plan
from tests.quality_bench.store import drawn

if TYPE_CHECKING:
    from reviewapp.models import Candidate

# Clips of five seconds at 1280x720: what most models deliver. A rate is taken over WINDOW clips in a row.
ALONE, ORDERED, WINDOW = 12, 40, 5
SECONDS = 5.0
# Between two requests of somebody who works fast.
BETWEEN_S = 0.1
QUIET = 100


def rows() -> list[Figure]:
    """Clips a minute: the guarded child alone, then the whole station; pages with it and without."""
    alone = Figure("", "/min", _alone(), more_is_better=True)
    with running() as stage:
        stage.settings(instant=True, capacity=ORDERED, min_seconds=0.2)
        [clip] = _ordered(stage, 1, "one-clip")
        stage.wait_in_review([clip])
        pages = [f"/review/{clip.uid}/", "/review/"]
        _ask(stage, pages, range(QUIET // 2))
        quiet = _ask(stage, pages, range(QUIET))
        began = time.time()
        waiting = _ordered(stage, ORDERED, "at-full-load")
        busy = _ask(stage, pages, _until(lambda: _are_in_review(waiting)))
        rates = _rates(waiting, began)
    station = f"the guarded child alone, one after the other: {alone.median:.0f} / {alone.p95:.0f}"
    calm = Figure("", "s", quiet)
    words = f"without any check under way: {calm.median:.3f} / {calm.p95:.3f} s"
    return [
        Figure("clips of 5 s checked a minute, one worker, in the whole line", "/min", rates, station, True),
        Figure("a page while checks run at full load", "s", busy, words),
    ]


def _alone() -> list[float]:
    """Clips a minute through the guarded child, with nothing else under way."""
    with tempfile.TemporaryDirectory(prefix="retake-bench-") as folder:
        clips = list(drawn(Path(folder), Plan(0, longest_s=SECONDS), "good-t"))
        rates = []
        for place in range(ALONE):
            clip = clips[place % len(clips)]
            began = time.perf_counter()
            guarded.verify(clip.path, clip.ordered)
            rates.append(60 / (time.perf_counter() - began))
        return rates


def _ordered(stage: Stage, count: int, name: str) -> list[Candidate]:
    project, shots = stage.shots(count, name)
    return stage.generate(project, shots)


def _until(done: Callable[[], bool]) -> Iterator[int]:
    """Numbers until something holds; it is asked about seldom, so that asking costs nothing."""
    number = 0
    while number % 10 or not done():
        yield number
        number += 1


def _are_in_review(candidates: Sequence[Candidate]) -> bool:
    from reviewapp.models import Candidate, Status

    keys = [candidate.pk for candidate in candidates]
    return not Candidate.objects.whole().filter(pk__in=keys).exclude(status=Status.IN_REVIEW).exists()


def _ask(stage: Stage, pages: Sequence[str], times: Iterator[int] | range) -> list[float]:
    """Seconds until each of these pages has come, asked for in turn."""
    seconds = []
    for number in times:
        began = time.perf_counter()
        stage.web.get(pages[number % len(pages)]).raise_for_status()
        seconds.append(time.perf_counter() - began)
        time.sleep(BETWEEN_S)
    return seconds


def _rates(candidates: Sequence[Candidate], began: float) -> list[float]:
    from reviewapp.models import Candidate

    rows = Candidate.objects.whole().filter(pk__in=[candidate.pk for candidate in candidates])
    ends = [began, *sorted(row.in_review_at.timestamp() for row in rows if row.in_review_at)]
    return [60 * WINDOW / (ends[at + WINDOW] - ends[at]) for at in range(len(ends) - WINDOW)]
