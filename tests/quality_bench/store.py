"""Where the drawn clips lie: a folder for every seed, with a manifest that says what each one is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2

from jobs.quality.report import Ordered
from tests.quality_bench.film import write
from tests.quality_bench.planted import Plan, Planned, clips, moments

# Raised for a kind whose clips would come out otherwise: what was drawn before is then drawn again.
VERSIONS = {"cut": 2, "dissolve": 2}


@dataclass(frozen=True)
class Clip:
    """A drawn clip. `truth` is from when until when, in seconds; None for a good one, of kind "good"."""

    path: Path
    name: str
    kind: str
    scene: str
    seed: int
    fps: int
    seconds: float
    width: int
    height: int
    truth: tuple[float, float] | None
    ordered: Ordered


def drawn(folder: Path, plan: Plan, only: str = "", jobs: int = 1) -> Iterator[Clip]:
    """Every clip of the plan whose name holds `only`, drawn where it is not there yet, `jobs` at a time; the
    manifest grows with it. A folder is for one plan.
    """
    folder.mkdir(parents=True, exist_ok=True)
    manifest: dict[str, dict[str, Any]] = _manifest(folder)
    paths = {
        planned.name: folder / f"{planned.name}.{_mark(planned)}.mp4"
        for planned in _by_name(plan).values()
        if only in planned.name
    }
    missing = [name for name, path in paths.items() if not _is_there(manifest.get(name), path)]
    with processes(jobs) as run:
        rows = {name: run(_draw, plan, name, paths[name]) for name in missing}
        for name in paths:
            if name in rows:
                manifest[name] = rows[name]()
                _keep(folder, manifest)
            yield _clip(folder, manifest[name])


@contextmanager
def processes(jobs: int) -> Iterator[Callable[..., Callable[[], Any]]]:
    """A way to run functions, `jobs` at a time: it gives back what waits for the answer."""
    if jobs == 1:
        yield partial
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield lambda function, *given: pool.submit(function, *given).result


def _is_there(row: dict[str, Any] | None, path: Path) -> bool:
    return row is not None and row["file"] == path.name and path.exists()


@lru_cache(maxsize=2)
def _by_name(plan: Plan) -> dict[str, Planned]:
    return {planned.name: planned for planned in clips(plan)}


def _draw(plan: Plan, name: str, path: Path) -> dict[str, Any]:
    """Draw one clip; its row of the manifest."""
    cv2.setNumThreads(1)
    planned = _by_name(plan)[name]
    spoilt = planned.draw()
    film = spoilt.film
    write(film, path, planned.encoding)
    return {
        "path": str(path.absolute()),
        "file": path.name,
        "name": planned.name,
        "kind": planned.kind,
        "scene": planned.scene,
        "seed": planned.seed,
        "fps": film.fps,
        "seconds": round(film.seconds, 3),
        "width": film.size.width,
        "height": film.size.height,
        "truth": [] if planned.good else [moments(spoilt)],
        "expected": sorted(planned.expected) or ([] if planned.good else ["any"]),
        "person_wanted": planned.person_wanted,
        "still_wanted": planned.still_wanted,
        "encoding": planned.encoding,
    }


def _clip(folder: Path, row: dict[str, Any]) -> Clip:
    facts = {
        name: row[name] for name in ("name", "kind", "scene", "seed", "fps", "seconds", "width", "height")
    }
    ordered = Ordered(
        duration_s=row["seconds"],
        width=row["width"],
        height=row["height"],
        fps=row["fps"],
        person_wanted=row["person_wanted"],
        still_wanted=row["still_wanted"],
    )
    truth = tuple(row["truth"][0]) if row["truth"] else None
    return Clip(path=folder / row["file"], truth=truth, ordered=ordered, **facts)


def _mark(planned: Planned) -> str:
    size, version = planned.size, VERSIONS.get(planned.kind, 1)
    told = f"{version} {planned.seed} {planned.name} {size.width}x{size.height}"
    return hashlib.sha256(told.encode()).hexdigest()[:8]


def _manifest(folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "manifest.json"
    return {row["name"]: row for row in json.loads(path.read_text())} if path.exists() else {}


def _keep(folder: Path, manifest: dict[str, dict[str, Any]]) -> None:
    part = folder / "manifest.part"
    part.write_text(json.dumps(list(manifest.values()), indent=1))
    part.rename(folder / "manifest.json")
