"""Checking one clip as the app does, through the guarded child, and what it cost.

A process of its own and a slim one: the kernel keeps the highest memory of a process's children for all of
them together, and a child begins with its parent's.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.quality import crossing, guarded
from jobs.quality.report import Checked, NotPlayable, Ordered

if TYPE_CHECKING:
    from tests.quality_bench.store import Clip

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and of computing, the child's start included, and its highest memory."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Looked:
    """A clip, what the checks said of it (None when they refused the file, with `refused`), and the cost."""

    clip: Clip
    checked: Checked | None
    refused: str
    cost: Cost

    @property
    def verdict(self) -> str:
        return self.checked.verdict if self.checked else "reject"


def look_at(clips: Iterable[Clip], jobs: int, clip_model: Path | None = None) -> Iterator[Looked]:
    """Check the clips, `jobs` at a time, in their order."""
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda clip: _look(clip, clip_model), clips)


def _look(clip: Clip, clip_model: Path | None) -> Looked:
    order = {
        "path": str(clip.path),
        "ordered": crossing.to_json(clip.ordered),
        "model": str(clip_model or ""),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.quality_bench.look"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    told: dict[str, Any] = json.loads(done.stdout)
    checked = crossing.from_json(Checked, told["checked"]) if told["checked"] else None
    return Looked(clip, checked, told["refused"], Cost(**told["cost"]))


def main() -> None:
    order = json.load(sys.stdin)
    model = Path(order["model"]) if order["model"] else None
    began, checked, refused = time.perf_counter(), None, ""
    try:
        whole = guarded.verify(
            Path(order["path"]), crossing.from_json(Ordered, order["ordered"]), clip_model=model
        )
        checked = crossing.to_json(replace(whole, poster=b"", filmstrip=b""))
    except NotPlayable as error:
        refused = str(error)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = Cost(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
    json.dump({"checked": checked, "refused": refused, "cost": crossing.to_json(cost)}, sys.stdout)


if __name__ == "__main__":
    main()
