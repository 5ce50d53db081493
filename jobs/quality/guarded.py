"""The one door to whatever reads a file from outside: a child process with limits.

A header that lies can make a decoder take hundreds of megabytes before any of our limits is asked, a broken
one can bring the whole process down, and a hostile one may take it over. The child bears that, and the parent
gets a sentence.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobs.quality import crossing
from jobs.quality.report import Checked, NotPlayable, Ordered

logger = logging.getLogger(__name__)

# What a child may be asked to do, and nothing else. They are pure: values in, values out (`crossing.py`).
FUNCTIONS = {
    "verify": "jobs.quality.verify.verify",
    "remux": "jobs.media.copies.remux",
    "copy": "jobs.media.copies.copy",
    "small": "jobs.media.copies.small",
    "credentials": "jobs.quality.credentials.read",
    "clip_model": "jobs.quality.prompt_match.try_out",
}
# Three minutes of 1080p take 70 s of computing, twenty seconds of 4K at 50 frames a second 21 s; not every
# machine is as fast, and on most something else is going on.
WALL_S = 240.0
CPU_S = 200
# A clip of 4096x2304 in 10 bits and full colour takes 1.4 GB of memory, and more of addresses.
ADDRESS_SPACE = 3 << 30
# What the child answers is a few hundred kilobytes; a file that grows beyond this is a fault.
FILE_BYTES = 64 << 20
_HOME = Path(__file__).resolve().parents[2]
# Where the code lies that a child loads anew each time.
_ROOMS = (Path(__file__).resolve().parent, Path(__file__).resolve().parents[1] / "media")
# No key and no address of a database is where a hostile file could find it: the environment is made anew.
# onnxruntime would send figures about its use to its maker.
_PLAIN = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # One core for each clip: on pictures this small a second thread mostly waits, and waiting costs as well.
    "OPENCV_FOR_THREADS_NUM": "1",
    "MALLOC_ARENA_MAX": "2",
    # Pictures come and go with each frame. Given back each time, their memory costs more than the arithmetic.
    "MALLOC_MMAP_THRESHOLD_": str(32 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(64 << 20),
    # In pages of 2 MB, where the kernel and the C library have them: their addresses are found sooner.
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
    "LC_ALL": "C.UTF-8",
    "ORT_DISABLE_TELEMETRY": "1",
}
# With this onnxruntime complains, before it can be told not to, of graphics cards that a child may not see.
_EXPECTED = "device_discovery.cc"
# Without these three an interpreter that was put together by hand does not start. They hold folders alone.
_KEPT = ("LD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH")
# How the child says that it could not begin or had no room to write, which is no fault of the file.
NOT_BEGUN = 3
# How a process ends that somebody else ends: the kernel when memory runs out, a person, a machine that stops.
_FROM_OUTSIDE = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP}


def _state_of_the_code() -> frozenset[tuple[str, int]]:
    return frozenset((str(path), path.stat().st_mtime_ns) for room in _ROOMS for path in room.glob("*.py"))


_AT_THE_START = _state_of_the_code()


class OutOfTime(NotPlayable):
    """It took too long by the clock. On a busy machine that may be no fault of the file."""


class NotBegun(RuntimeError):
    """The child could not begin, or had no room to write: this machine is at fault, and not the file."""


class Interrupted(RuntimeError):
    """The child was ended from outside, so that nothing is known of the file."""


def verify(
    path: Path,
    ordered: Ordered,
    *,
    clip_model: Path | None = None,
    wall_s: float = WALL_S,
    before_exec: Callable[[], None] | None = None,
) -> Checked:
    """`verify.verify` in a child. Raises NotPlayable and NotBegun as `call` does."""
    answer = call(
        "verify",
        {"path": path, "ordered": ordered, "clip_model": clip_model},
        reads=[path] if clip_model is None else [path, clip_model],
        wall_s=wall_s,
        before_exec=before_exec,
    )
    return _rebuilt(answer)


def _rebuilt(answer: Any) -> Checked:
    try:
        return crossing.from_json(Checked, answer)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # A child that was taken over may say anything.
        logger.error("a guarded child gave an answer of another form: %s", error)
        raise _brought_down() from None


def _brought_down() -> Exception:
    """What a child has to be judged as that failed without a word. Between the upgrade of a site and the
    start of its new processes, old ones call children of the new code: that is no fault of the file.
    """
    if _state_of_the_code() != _AT_THE_START:
        return NotBegun("The program was changed since this process began: start it again.")
    return NotPlayable("The file brings the video decoder down, so it is not shown to anyone.")


def call(
    what: str,
    order: Mapping[str, object],
    *,
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    wall_s: float = WALL_S,
    cpu_s: int = CPU_S,
    address_space: int = ADDRESS_SPACE,
    file_bytes: int = FILE_BYTES,
    before_exec: Callable[[], None] | None = None,
) -> Any:
    """Run one of FUNCTIONS in a child with the order as its keyword arguments; its answer as JSON has it.

    The child may read the files and folders in `reads` and write in the folders in `writes`, and no others
    where the kernel can see to it. Limits in seconds and bytes. `before_exec` runs in the child before Python
    starts, for whoever wants to tie its life to their own. Raises NotPlayable, also when the child crashes or
    runs out of memory; OutOfTime, which is one as well; NotBegun and Interrupted when it is not the file that
    is at fault.
    """
    limits = {"cpu_s": cpu_s, "address_space": address_space, "file_bytes": file_bytes}
    places = {"reads": [*map(_whole, reads)], "writes": [*map(_whole, writes)]}
    letter = {"function": FUNCTIONS[what], "order": crossing.to_json(order)} | limits | places
    try:
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as moaned:
            done = subprocess.run(
                [sys.executable, "-m", "jobs.quality.child"],
                input=json.dumps(letter).encode(),
                # Files and no pipes: the limit on file sizes holds for them, and our memory is safe.
                stdout=said,
                stderr=moaned,
                cwd=_HOME,
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _PLAIN,
                timeout=wall_s,
                check=False,
                preexec_fn=before_exec,
            )
            moaned.seek(0)
            return _answer(what, done.returncode, said, moaned.read(20_000).decode("utf-8", "replace"))
    except subprocess.TimeoutExpired:
        raise OutOfTime(f"The file could not be checked within {wall_s:.0f} s.") from None
    except OSError as error:
        # No room for its answer, no memory for another process, no interpreter.
        raise NotBegun(f"{what} could not begin: {error}") from error


def _whole(place: Path) -> str:
    return str(place.resolve())


def _answer(what: str, code: int, said: Any, moaned: str) -> Any:
    if code == NOT_BEGUN:
        raise NotBegun(f"{what} could not begin, or had no room to write: {moaned.strip()[-2000:]}")
    if code in _FROM_OUTSIDE:
        raise Interrupted(f"{what} was ended from outside by signal {-code}.")
    if code == -signal.SIGXCPU:
        raise NotPlayable("The file takes more computing time to check than the longest of videos should.")
    said.seek(0)
    try:
        answer = json.load(said) if code == 0 else {}
    except ValueError:
        answer = {}
    if isinstance(answer, dict) and "not_playable" in answer:
        raise NotPlayable(str(answer["not_playable"]))
    if not isinstance(answer, dict) or "answer" not in answer:
        logger.error("%s ended with %d: %s", what, code, moaned.strip()[-4000:])
        raise _brought_down()
    heard = "\n".join(line for line in moaned.splitlines() if _EXPECTED not in line).strip()
    if heard:
        logger.warning("%s came to an end and said: %s", what, heard[-4000:])
    return answer["answer"]
