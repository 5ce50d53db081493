"""What browsers play of a clip: judged from its facts, made in the guarded child, and kept only when it is
the same clip.

Pure: paths and values in, paths and values out. Nothing here loads a decoder; the child does.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from jobs.media.plays import Made, Treatment, brand_of, treatment
from jobs.quality import crossing, guarded
from jobs.quality.report import NotPlayable, VideoFacts

__all__ = [
    "MEDIA_VERSION",
    "NotMade",
    "Treatment",
    "make_playable",
    "make_small",
    "patience_s",
    "treatment_of",
]

logger = logging.getLogger(__name__)

# The recipe of all copies; clips whose copies were made by an older one get new ones.
MEDIA_VERSION: Final = 2
# A copy has a few megabits a second; beyond this something is wrong.
COPY_BYTES: Final = 1 << 30
# What a new container may add to what is there.
_INDEX_BYTES: Final = 64 << 20
# All tries of the longest together end before a cluster ends its worker.
_SHORTEST_S, _LONGEST_S = 60.0, 200.0
# About ten times what one core needs for a million pixels of the usual codecs.
_S_A_MEGAPIXEL: Final = 0.1
# What the container's clock may take from a length, beside the frame that it may be off.
_CLOCK_S: Final = 0.002


class NotMade(Exception):
    """No copy could be made; the clip itself is as good as before. The text is a sentence for people."""


def treatment_of(path: Path, facts: VideoFacts) -> Treatment:
    """What has to be done with a verified file so that browsers play it."""
    return treatment(facts, brand_of(path))


def patience_s(facts: VideoFacts) -> float:
    """How many seconds a copy of such a file may take, before it is given up."""
    megapixels = facts.frames * facts.width * facts.height / 1e6
    return min(_LONGEST_S, _SHORTEST_S + _S_A_MEGAPIXEL * megapixels)


@dataclass(frozen=True)
class _Making:
    """From which verified file, into which folder, within how many seconds."""

    path: Path
    facts: VideoFacts
    into: Path
    wall_s: float
    before_exec: Callable[[], None] | None

    def make(self, what: str, most_bytes: int, **order: object) -> Path:
        """Have the child make one copy; its path once it was found to be the same clip. Raises NotMade."""
        half = self.into / f"{what}.half"
        try:
            answer = guarded.call(
                what,
                {"path": self.path, "into": half} | order,
                reads=[self.path],
                writes=[self.into],
                wall_s=self.wall_s,
                cpu_s=round(self.wall_s),
                file_bytes=most_bytes,
                before_exec=self.before_exec,
            )
            self._must_be_the_same(crossing.from_json(Made, answer))
        except (NotPlayable, TypeError, ValueError, KeyError) as error:
            half.unlink(missing_ok=True)
            raise NotMade(f"No copy for browsers could be made of it: {error}") from error
        return half.rename(self.into / f"{what}.mp4")

    def _must_be_the_same(self, made: Made) -> None:
        if made.frames != self.facts.frames:
            raise NotPlayable(f"The copy has {made.frames} frames and not {self.facts.frames}.")
        if abs(made.duration_s - self.facts.duration_s) > 1 / self.facts.fps + _CLOCK_S:
            raise NotPlayable(f"The copy is {made.duration_s:.2f} s long, not {self.facts.duration_s:.2f} s.")


def make_playable(
    path: Path,
    facts: VideoFacts,
    into: Path,
    *,
    wall_s: float | None = None,
    before_exec: Callable[[], None] | None = None,
) -> tuple[Treatment, Path | None]:
    """What browsers are to be given of a verified file, and the finished copy in the folder `into`; None
    where it is the file itself. Raises NotMade.

    Pictures that do not fit into a new container as they are become a copy. `wall_s` bounds each try, and is
    `patience_s` unless given; `before_exec` as in `guarded.call`.
    """
    making = _Making(path, facts, into, wall_s or patience_s(facts), before_exec)
    what = treatment_of(path, facts)
    if what == "original":
        return what, None
    if what == "remux":
        try:
            most = path.stat().st_size + _INDEX_BYTES
            brief = replace(making, wall_s=min(making.wall_s, _SHORTEST_S))
            return what, brief.make("remux", most, sound=facts.has_audio)
        except NotMade as problem:
            logger.info("a new container did not do: %s", problem)
    return "copy", making.make("copy", COPY_BYTES)


def make_small(
    path: Path,
    facts: VideoFacts,
    into: Path,
    *,
    wall_s: float | None = None,
    before_exec: Callable[[], None] | None = None,
) -> Path:
    """The small copy of a verified file, or of what browsers play of it, in the folder `into`. Raises
    NotMade.
    """
    return _Making(path, facts, into, wall_s or patience_s(facts), before_exec).make("small", COPY_BYTES)
