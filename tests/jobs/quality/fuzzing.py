"""Random changes to small real films, and a process that checks them as the guarded child would.

`python -m tests.jobs.quality.fuzzing FOLDER` checks every file of a folder and prints one line of JSON each.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jobs.quality import child, confine, guarded
from jobs.quality.report import NotPlayable, Ordered
from jobs.quality.verify import verify
from tests.jobs.quality.films import film, pictures_in

# Files that ought to be checked in a twentieth of it.
SLOW_S = 10.0
# A child that decodes pictures of this size takes about 200 MB, most of it for what it has to load.
MOST_BYTES = 600 << 20
_PIECES = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
_NUMBERS = (0, 1, 2, 7, 8, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF)

KINDS: Mapping[str, dict[str, Any]] = {
    "h264.mp4": {"sound": "aac"},
    "first.mp4": {"options": {"movflags": "+faststart"}, "sound": "libopus"},
    "pieces.mp4": {"options": _PIECES, "codec_options": {"g": "4", "preset": "veryfast"}},
    "hevc.mp4": {"codec": "libx265"},
    "av1.mp4": {"codec": "libsvtav1"},
    "prores.mov": {"codec": "prores_ks", "pixels": "yuv422p10le", "sound": "pcm_s16le"},
    "vp9.webm": {"codec": "libvpx-vp9", "sound": "libopus"},
    "h264.mkv": {"sound": "aac"},
    "ten.mp4": {"pixels": "yuv420p10le"},
    "slow.mkv": {"pts": lambda index: index * 4800},
}


def whole_films(folder: Path) -> dict[str, bytes]:
    """One small film of each kind."""
    made = {name: film(folder / name, frames=10, size=(96, 64), **how) for name, how in KINDS.items()}
    return {name: path.read_bytes() for name, path in made.items()}


class Mutator:
    """Changes films at random; the same seed makes the same changes."""

    def __init__(self, films: Mapping[str, bytes], seed: int) -> None:
        self._films, self._random = films, random.Random(seed)

    def next(self) -> tuple[str, bytes]:
        """The name of a film and what became of it."""
        name = self._random.choice(list(self._films))
        content = bytearray(self._films[name])
        for _ in range(self._random.choice((1, 1, 2, 3, 8))):
            self._random.choice(_CHANGES)(self, content)
        return name, bytes(content)

    def place(self, content: bytearray) -> int:
        """Somewhere in the file, mostly in its index: a change among the pictures says little new."""
        start, end = pictures_in(bytes(content))
        at = self._random.randrange(len(content)) if content else 0
        if start <= at < end and self._random.random() < 0.7:
            outside = [*range(min(start, len(content))), *range(min(end, len(content)), len(content))]
            return self._random.choice(outside) if outside else at
        return at

    def flip(self, content: bytearray) -> None:
        for _ in range(self._random.choice((1, 2, 10, 100))):
            if content:
                content[self.place(content)] ^= 1 << self._random.randrange(8)

    def number(self, content: bytearray) -> None:
        at, size = self.place(content), self._random.choice((1, 2, 4, 8))
        value = self._random.choice((*_NUMBERS, len(content), self._random.getrandbits(32)))
        content[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "big")

    def cut(self, content: bytearray) -> None:
        del content[self.place(content) :]

    def drop(self, content: bytearray) -> None:
        at = self.place(content)
        del content[at : at + self._random.choice((1, 4, 64, 500))]

    def zero(self, content: bytearray) -> None:
        at = self.place(content)
        stop = min(len(content), at + self._random.choice((4, 64, 500)))
        content[at:stop] = bytes(max(0, stop - at))

    def repeat(self, content: bytearray) -> None:
        at, size = self.place(content), self._random.choice((1, 8, 64, 500))
        content[at:at] = content[at : at + size] * self._random.choice((1, 2, 50))

    def borrow(self, content: bytearray) -> None:
        other = self._films[self._random.choice(list(self._films))]
        start, size = self._random.randrange(len(other)), self._random.choice((8, 64, 500))
        at = self.place(content)
        content[at : at + size] = other[start : start + size]


_CHANGES: tuple[Callable[[Mutator, bytearray], None], ...] = (
    Mutator.flip, Mutator.flip, Mutator.number, Mutator.number, Mutator.number,
    Mutator.cut, Mutator.drop, Mutator.zero, Mutator.repeat, Mutator.borrow,
)  # fmt: skip


def outcome_of(path: Path) -> dict[str, object]:
    """What the check says of one file: taken, refused with a sentence, or broken."""
    began = time.monotonic()
    try:
        checked = verify(path, Ordered())
        said = {"taken": checked.verdict}
        if any(finding.kind == "not_measured" for finding in checked.findings):
            said = {"broken": "the measures broke down"}
    except NotPlayable as refused:
        said = {"refused": str(refused)}
    except MemoryError:
        # What was asked for in vain was never taken; the guarded child has its sentence for it.
        said = {"refused": "The file takes more memory than a video of its kind should."}
    except Exception as error:  # noqa: BLE001  Whatever it is, it is what this run looks for.
        said = {"broken": f"{type(error).__name__}: {error}"}
    return {"file": path.name, "seconds": round(time.monotonic() - began, 2), "most": _most_bytes()} | said


def _most_bytes() -> int:
    """The most memory of this process so far; `getrusage` would begin with that of its parent."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) << 10 for line in told.splitlines() if line.startswith("VmHWM"))


def main() -> None:
    folder = Path(sys.argv[1])
    child._limit(guarded.CPU_S * 10, guarded.ADDRESS_SPACE, guarded.FILE_BYTES)
    confine.confine([*child._own_places(), folder], [])
    for path in sorted(folder.iterdir()):
        print(json.dumps({"begun": path.name}), flush=True)
        print(json.dumps(outcome_of(path)), flush=True)


if __name__ == "__main__":
    main()
