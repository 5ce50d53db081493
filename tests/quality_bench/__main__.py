"""`make quality-bench`: draw, check, compare, print."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from tests.quality_bench import judge, sandbox, tables
from tests.quality_bench.look import ROOT, Looked, look_at
from tests.quality_bench.planted import Plan
from tests.quality_bench.store import drawn

Value = TypeVar("Value")
CACHE = ROOT / "var" / "quality-bench"


def main(words: Sequence[str] | None = None) -> None:
    options = _options(words)
    os.nice(options.nice)
    began = time.monotonic()
    looked = [one for seed in options.seeds for one in _looked(seed, options)]
    print(_heading(options, looked))
    for part in (tables.detection, tables.false_alarms, tables.choices, tables.areas, tables.costs):
        print(part(looked))
    rows = {"planted": [_row(one) for one in looked]}
    if options.sandbox:
        folder = options.cache / "sandbox"
        seen = sandbox.seen(folder, options.sandbox, options.jobs, options.model)
        print(sandbox.found(seen))
        print(sandbox.alarms(seen))
        rows["sandbox"] = [_row(one.looked) | {"truth": one.truth} for one in seen]
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    print(f"\n{time.monotonic() - began:.0f} s in all")


def _options(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.quality_bench", description=__doc__)
    parser.add_argument("--seeds", type=_seeds, default=[1, 2], help="seeds of the reported clips: 1,2")
    parser.add_argument("--tune", type=_seeds, default=[0], help="seeds on which thresholds were set: 0")
    parser.add_argument("--only", default="", help="only clips whose name holds this")
    parser.add_argument("--jobs", type=int, default=2, help="checks at a time")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of the drawn clips")
    parser.add_argument("--sandbox", type=int, default=120, help="clips of the sandbox, 0 for none")
    parser.add_argument("--model", type=Path, help="folder of a CLIP model")
    parser.add_argument("--json", type=Path, help="every clip's findings and measures, into this file")
    parser.add_argument("--nice", type=int, default=0, help="give way to others by this much")
    return parser.parse_args(words)


def _seeds(text: str) -> list[int]:
    return [int(seed) for seed in text.split(",") if seed]


def _looked(seed: int, options: argparse.Namespace) -> list[Looked]:
    folder, plan = options.cache / f"s{seed}", Plan(seed)
    clips = list(_told(drawn(folder, plan, options.only, options.jobs), f"seed {seed}: drawn"))
    return list(_told(look_at(clips, options.jobs, options.model), f"seed {seed}: checked"))


def _told(ones: Iterable[Value], words: str) -> Iterator[Value]:
    """The same, and on the terminal how far it is."""
    for number, one in enumerate(ones, 1):
        print(f"\r{words} {number} ", end="", file=sys.stderr, flush=True)
        yield one
    print(file=sys.stderr)


def _heading(options: argparse.Namespace, looked: Sequence[Looked]) -> str:
    held_out = [seed for seed in options.seeds if seed not in options.tune]
    tuned = [seed for seed in options.seeds if seed in options.tune]
    lines = [
        f"\n{len(looked)} planted clips of the seeds {_list(options.seeds)}.",
        f"Thresholds were set on the seeds {_list(options.tune)}; kept out of it: {_list(held_out)}.",
    ]
    if tuned:
        lines.append(f"The figures hold clips on which thresholds were set (seeds {_list(tuned)}).")
    return "\n".join(lines)


def _list(seeds: Sequence[int]) -> str:
    return ", ".join(map(str, seeds)) or "none"


def _row(looked: Looked) -> dict[str, object]:
    """One clip for `--json`."""
    clip, checked = looked.clip, looked.checked
    return {
        "name": clip.name,
        "path": str(clip.path),
        "seed": clip.seed,
        "kind": clip.kind,
        "truth": clip.truth,
        "verdict": looked.verdict,
        "refused": looked.refused,
        "right": bool(judge.right(looked)),
        "flagged": judge.flagged(looked),
        "findings": [asdict(finding) for finding in checked.findings] if checked else [],
        "measures": dict(checked.measures) if checked else {},
        "parts": [asdict(part) for part in checked.parts] if checked else [],
        "cost": asdict(looked.cost),
    }


if __name__ == "__main__":
    main()
