"""The guarded child: limits first, then the decoder. Reads one order from standard input, writes one
answer.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

from jobs.quality import guarded
from jobs.quality.report import NotPlayable, Ordered


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (guarded.CPU_S, guarded.CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_AS, (guarded.ADDRESS_SPACE, guarded.ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (guarded.FILE_BYTES, guarded.FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Only now: loading the decoder is part of what the limits are for.
    from jobs.quality.verify import verify

    order = json.load(sys.stdin)
    try:
        answer = guarded.to_json(verify(Path(order["path"]), Ordered(**order["ordered"])))
    except NotPlayable as error:
        answer = {"not_playable": str(error)}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
