"""The child process that draws: one order per line of standard input, progress on standard output."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
from pathlib import Path
from typing import Any

from providers.sandbox.picture.clip import render
from providers.sandbox.picture.plan import plan

LOWER_PRIORITY = 10
# Progress is told at most this many times, so that a pipe nobody reads for a moment cannot fill.
STEPS = 50


def main() -> None:
    """Draw until the parent is gone."""
    # Ctrl-C reaches the whole process group; the parent alone decides when to stop.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(LOWER_PRIORITY)
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(orders,), daemon=True).start()
    while True:
        order = json.loads(orders.get())
        try:
            _tell({"done": _draw(order)})
        except Exception:  # noqa: BLE001 whatever goes wrong in a drawing is the job's failure, not the worker's end
            _tell({"error": traceback.format_exc()})


def _listen(orders: queue.Queue[str]) -> None:
    """Standard input ends when the parent ends, however it ended; then nobody wants the picture any more."""
    for line in sys.stdin:
        orders.put(line)
    os._exit(0)


def _tell(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def _draw(order: dict[str, Any]) -> str:
    """Render the clip (it appears when it is whole) and return the sha256 of the file."""
    path = Path(order["path"])
    told = 0

    def progress(share: float) -> None:
        nonlocal told
        if int(share * STEPS) > told:
            told = int(share * STEPS)
            _tell({"progress": share})

    image, video = (Path(order[name]) if order[name] else None for name in ("image", "video"))
    render(plan(**order["plan"]), path, progress, image=image, video=video)
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
