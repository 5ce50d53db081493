"""The guarded child: limits first, then the decoder. Reads one order from standard input, writes one
answer.
"""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import resource
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobs.quality import crossing, guarded
from jobs.quality.confine import confine
from jobs.quality.report import NotPlayable

OPEN_FILES = 64
# What goes wrong when this machine cannot write, whatever is in the file.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
# What the interpreter and its libraries may still have to load, and what they ask the machine about itself.
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/dev/null",
    "/dev/urandom",
)


def main() -> None:
    # What is loaded now stays to the end: to search it for what can go is time lost.
    gc.disable()
    letter = json.load(sys.stdin)
    _limit(letter["cpu_s"], letter["address_space"], letter["file_bytes"])
    try:
        function = _function(letter["function"])
        order = crossing.arguments(function, letter["order"])
        confine([*_own_places(), *map(Path, letter["reads"])], [*map(Path, letter["writes"])])
    except Exception:  # noqa: BLE001  Whatever it is, no file was looked at yet.
        traceback.print_exc()
        sys.exit(guarded.NOT_BEGUN)
    gc.freeze()
    gc.enable()
    try:
        json.dump(_answer(function, order), sys.stdout)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        with suppress(OSError):
            traceback.print_exc()
        # Without the interpreter's own farewell, which would try to write once more.
        os._exit(guarded.NOT_BEGUN)
    # The kernel takes everything back at once; Python would put it away piece by piece.
    os._exit(0)


def _answer(function: Callable[..., Any], order: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": crossing.to_json(function(**order))}
    except NotPlayable as error:
        return {"not_playable": str(error)}
    except MemoryError:
        return {"not_playable": "The file takes more memory than a video of its kind should."}


def _limit(cpu_s: int, address_space: int, file_bytes: int) -> None:
    """Set what the kernel holds this process to. The number of processes is not limited: the kernel counts
    all of this user's together, and the Landlock rules already let none be started.
    """
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 5))
    resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, OPEN_FILES))


def _function(dotted: str) -> Callable[..., Any]:
    if dotted not in guarded.FUNCTIONS.values():
        raise LookupError(f"{dotted} is not on the list")
    module, _, name = dotted.rpartition(".")
    function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


def _own_places() -> list[Path]:
    own = [Path(__file__).resolve().parents[1], Path(sys.prefix), Path(sys.base_prefix)]
    return [*own, *(Path(place) for place in sys.path if place.endswith("-packages")), *map(Path, _SYSTEM)]


if __name__ == "__main__":
    main()
