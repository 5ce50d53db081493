"""Checking a file in a child process with limits on time and memory.

A header that lies can make a decoder take hundreds of megabytes before any of our limits is asked, and a
broken one can bring the whole process down. The child bears that, and the parent gets a sentence.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from jobs.quality.report import Checked, Finding, NotPlayable, Ordered, VideoFacts

WALL_S = 90.0
CPU_S = 60
ADDRESS_SPACE = 2 << 30
# What the child writes is a few hundred kilobytes; a file that grows beyond this is a fault.
FILE_BYTES = 64 << 20
_HOME = Path(__file__).resolve().parents[2]
_PLAIN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


def verify(
    path: Path, ordered: Ordered, *, wall_s: float = WALL_S, before_exec: Callable[[], None] | None = None
) -> Checked:
    """`verify.verify` in a child. Raises NotPlayable also when the child crashes or runs out of time or
    memory.

    `before_exec` runs in the child before Python starts, for whoever wants to tie its life to their own.
    """
    order = json.dumps({"path": str(path), "ordered": asdict(ordered)})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jobs.quality.child"],
            input=order.encode(),
            capture_output=True,
            cwd=_HOME,
            env=os.environ | _PLAIN,
            timeout=wall_s,
            check=False,
            preexec_fn=before_exec,
        )
    except subprocess.TimeoutExpired:
        raise NotPlayable(f"The file could not be checked within {wall_s:.0f} s.") from None
    if done.returncode != 0:
        raise NotPlayable("The file brings the video decoder down, so it is not shown to anyone.")
    answer = json.loads(done.stdout)
    if "not_playable" in answer:
        raise NotPlayable(answer["not_playable"])
    return _from_json(answer)


def to_json(checked: Checked) -> dict[str, Any]:
    """The answer as JSON can carry it; pictures in base64."""
    row = asdict(checked)
    for name in ("poster", "filmstrip"):
        row[name] = base64.b64encode(row[name]).decode()
    return row


def _from_json(row: dict[str, Any]) -> Checked:
    row["facts"] = VideoFacts(**row["facts"])
    row["findings"] = tuple(Finding(**finding) for finding in row["findings"])
    row |= {name: base64.b64decode(row[name]) for name in ("poster", "filmstrip")}
    return Checked(**row)
