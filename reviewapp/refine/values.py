"""The values that go into and come out of a refinement. They hold no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Unit = Literal["chars", "utf16", "tokens"]
ChangeKind = Literal["added", "removed", "replaced", "moved"]
Where = Literal["prompt", "negative"]

# The order is the order of the reject panel; the number is the key a reviewer presses.
REASON_TAGS: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "anatomy": (1, "anatomy"),
        "motion": (2, "motion"),
        "continuity": (3, "wardrobe / continuity"),
        "camera": (4, "camera"),
        "light": (5, "light / colour"),
        "style": (6, "style"),
        "text": (7, "text / logo"),
        "content": (8, "wrong content"),
        "audio": (9, "audio"),
        "other": (0, "other"),
    }
)


@dataclass(frozen=True)
class Feedback:
    """One remark of a reviewer.

    `weight` is 1 for a new remark and grows by one for each round in which it was carried over unsolved.
    `order` is larger for newer remarks. `start_s` and `end_s` are seconds from the start of the clip.
    """

    id: str
    tags: tuple[str, ...] = ()
    text: str = ""
    start_s: float | None = None
    end_s: float | None = None
    weight: int = 1
    order: int = 0


@dataclass(frozen=True)
class Limits:
    """What the model that will receive the text can take.

    `max_units` and `negative_max_units` count in `unit`; None means that the vendor names no limit.
    `duration_s` lets a time range be told as "near the end", since no model reads timecode.
    """

    max_units: int | None
    unit: Unit
    negative_prompt: bool
    negative_max_units: int | None = None
    audio: bool = True
    duration_s: float | None = None


@dataclass(frozen=True)
class Change:
    """One edit of the text, the remarks that caused it, and a short sentence for the page."""

    kind: ChangeKind
    before: str
    after: str
    where: Where
    feedback_ids: tuple[str, ...]
    why: str


@dataclass(frozen=True)
class Unserved:
    """A remark, or a part of one, that changed nothing, and what the reviewer is told about it."""

    feedback_id: str
    reason: str


@dataclass(frozen=True)
class Refined:
    prompt: str
    negative_prompt: str
    changes: tuple[Change, ...]
    unserved: tuple[Unserved, ...]
