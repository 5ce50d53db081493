"""The values the checks give back, and how they cross from the guarded child to its parent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

CHECKER_VERSION = "3"

Severity = Literal["info", "suspect", "reject"]


class NotPlayable(Exception):
    """The file is no whole, playable video. The text is a sentence for people."""


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What was asked of the vendor and what the shot's words ask for (`expect.py` reads them).

    `still_wanted` when the shot asks for a picture at rest; `person_wanted` None when its words say nothing;
    `face_wanted` when they speak of the face itself (a portrait, a smile, a look into the camera);
    `sound_wanted` False for a silent clip, None when nothing was said. `acceptance` are the shot's acceptance
    criteria, one line each.
    """

    duration_s: float | None = None
    width: int | None = None
    height: int | None = None
    fps: float | None = None
    prompt: str = ""
    acceptance: tuple[str, ...] = ()
    still_wanted: bool = False
    person_wanted: bool | None = None
    face_wanted: bool = False
    cuts_wanted: bool = False
    sound_wanted: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing a measure located, before it is known what it means for this shot.

    `value` is in the measure's own unit; `place` is the middle of where it is, 0 to 1 from the left and from
    the top; `facts` are what its sentence needs beside (for example `hz` of a flicker).
    """

    kind: str
    severity: Severity
    start_s: float
    end_s: float
    value: float | None = None
    place: tuple[float, float] | None = None
    facts: Mapping[str, float | bool | str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one family of measures saw. A measure that could not be taken is None, and `unmeasured` has its
    reason in words.
    """

    measures: Mapping[str, float | None] = field(default_factory=dict)
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing the checks saw, in seconds of the clip and in words. `info` never lowers the verdict."""

    kind: str
    severity: Severity
    start_s: float
    end_s: float
    sentence: str
    value: float | None = None
    place: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class VideoFacts:
    """What the whole file holds, counted from decoded frames and not from its header.

    `index_late` when the index of an MP4 stands behind its pictures; `sound_codec` is "" without sound;
    `begins_s` is the second at which a player shows the first picture, where its own time begins at zero;
    `other_pictures` when there are tracks of pictures that are not to be shown; `put_together` when it shows
    several stretches of its pictures or sound one after the other.
    """

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
    sound_codec: str = ""
    index_late: bool = False
    fragmented: bool = False
    rotation: int = 0
    mirrored: bool = False
    begins_s: float = 0.0
    other_pictures: bool = False
    put_together: bool = False

    @property
    def fps(self) -> float:
        return self.fps_num / self.fps_den


@dataclass(frozen=True, kw_only=True)
class Part:
    """One part of the score: `value` 0 to 1, higher is better, None when it could not be measured."""

    name: str
    value: float | None
    weight: float


CriterionState = Literal["met", "unmet", "unmeasured", "person"]


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """An acceptance criterion of the shot and what the checks can say of it; `person`: only people can."""

    text: str
    state: CriterionState
    why: str = ""
    start_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class PromptPart:
    """A part of the prompt and how well the pictures match it: a cosine, comparable only between clips that
    the same model has looked at; None when it was not measured.
    """

    words: str
    match: float | None


@dataclass(frozen=True, kw_only=True)
class Checked:
    """The whole answer. A measure that could not be taken is None. `poster` and `filmstrip` are JPEG files.

    The filmstrip is one row of `tiles` pictures of 160x90, evenly spread over the clip's length. `peaks` are
    those of the sound, 0 to 1, evenly spread; None without sound. `model_mark` names the CLIP model.
    """

    facts: VideoFacts
    verdict: str
    measures: Mapping[str, float | None] = field(default_factory=dict)
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    parts: tuple[Part, ...] = ()
    criteria: tuple[Criterion, ...] = ()
    prompt_parts: tuple[PromptPart, ...] = ()
    model_mark: str = ""
    peaks: tuple[float, ...] | None = None
    seconds: float = 0.0
    poster: bytes = b""
    filmstrip: bytes = b""
    tiles: int = 0
