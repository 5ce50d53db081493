"""The values the checks give back, and how they cross from the guarded child to its parent."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

CHECKER_VERSION = "1"

Severity = Literal["info", "suspect", "reject"]


class NotPlayable(Exception):
    """The file is no whole, playable video. The text is a sentence for people."""


# A subject that is asked to rest; a camera that is asked to rest says nothing about the picture.
_STILL = re.compile(
    r"\b(?<!camera )(?:lies?|sits?|stands?|stays?|is|are|completely|perfectly|holds?) still\b"
    r"|\bmotionless\b|\bstill life\b|\bnothing moves\b|\bfreeze[- ]frame\b",
    re.IGNORECASE,
)


def asks_for_a_still(prompt: str) -> bool:
    """Whether the shot's own words ask for a picture at rest, in which standing still is no fault."""
    return bool(_STILL.search(prompt))


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What was asked of the vendor: seconds and pixels; `still_wanted` when the shot asks for a picture at
    rest.
    """

    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    still_wanted: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing the checks saw, in seconds of the clip. `info` never lowers the verdict."""

    kind: str
    severity: Severity
    start_s: float
    end_s: float
    sentence: str


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What the whole file holds, counted from decoded frames and not from its header."""

    container: str
    codec: str
    pixel_format: str
    width: int
    height: int
    frames: int
    fps_num: int
    fps_den: int
    duration_s: float
    has_audio: bool

    @property
    def fps(self) -> float:
        return self.fps_num / self.fps_den


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The whole answer. A measure that could not be taken is None. `poster` and `filmstrip` are JPEG files.

    The filmstrip is one row of `tiles` pictures of 160x90, evenly spread over the clip's length.
    """

    facts: VideoFacts
    verdict: str
    score: float | None
    measures: dict[str, float | None] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    poster: bytes = b""
    filmstrip: bytes = b""
    tiles: int = 0

    def finding_rows(self) -> list[dict[str, Any]]:
        return [asdict(finding) for finding in self.findings]
