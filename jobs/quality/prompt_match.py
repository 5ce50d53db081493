"""How well the pictures show what the prompt says, by a CLIP model of this machine where there is one.

A cosine says little by itself: it tells which of two clips of one prompt comes nearer, by the same model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from jobs.quality import prompt_parts
from jobs.quality.clip_folder import ClipUnavailable
from jobs.quality.clip_model import ClipModel, Looked
from jobs.quality.report import PromptPart, Seen

NO_MODEL: Final = "No CLIP model is set up."
_MATCHES: Final = ("prompt_match", "prompt_match_worst")
_ALL: Final = (*_MATCHES, "frame_consistency")


@dataclass(frozen=True, kw_only=True)
class Matched:
    """`mark` names the model that looked; it is empty where none did.

    Measures: `prompt_match` is the mean cosine of frames and prompt, `prompt_match_worst` that of the worst
    frame, `frame_consistency` how alike the frames are to the one before and to the first (VBench's formula
    for backgrounds), all -1 to 1. `prompt_truncated` is 1 when the prompt is longer than the model reads:
    then its parts stand for it.
    """

    seen: Seen
    parts: tuple[PromptPart, ...] = ()
    mark: str = ""


def match(frames: Sequence[NDArray[np.uint8]], prompt: str, folder: Path | None) -> Matched:
    """Look at RGB frames, in the order of the clip. What cannot be measured is None with its reason."""
    parts = prompt_parts.split(prompt)
    if folder is None:
        return _unmeasured(parts, NO_MODEL)
    if not frames:
        return _unmeasured(parts, "The clip has no picture to look at.")
    try:
        model = ClipModel(folder)
        looked = model.look(frames, [prompt, *parts])
        mark = model.mark()
    except ClipUnavailable as problem:
        return _unmeasured(parts, str(problem))
    return Matched(seen=_seen(looked, prompt), parts=_parts(looked, parts), mark=mark)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What came of using a model once: its mark, or the problem as a sentence."""

    mark: str
    problem: str


def try_out(folder: Path) -> Tried:
    """Whether the model in a folder can be used, found out by using it on one picture and one text."""
    grey = np.full((224, 224, 3), 128, np.uint8)
    found = match([grey, grey], "a grey picture", folder)
    return Tried(mark=found.mark, problem=next(iter(found.seen.unmeasured.values()), ""))


def _unmeasured(parts: Sequence[str], reason: str) -> Matched:
    return Matched(
        seen=Seen(measures=dict.fromkeys(_ALL), unmeasured=dict.fromkeys(_ALL, reason)),
        parts=tuple(PromptPart(words=words, match=None) for words in parts),
    )


def _seen(looked: Looked, prompt: str) -> Seen:
    measures: dict[str, float | None] = dict.fromkeys(_ALL)
    unmeasured: dict[str, str] = {}
    if prompt.strip():
        cosines = looked.pictures @ looked.texts.T
        cut = looked.truncated[0] and len(looked.texts) > 1
        by_frame = cosines[:, 1:].mean(axis=1) if cut else cosines[:, 0]
        measures |= {
            "prompt_match": _rounded(by_frame.mean()),
            "prompt_match_worst": _rounded(by_frame.min()),
            "prompt_truncated": float(looked.truncated[0]),
        }
    else:
        unmeasured |= dict.fromkeys(_MATCHES, "The shot has no prompt.")
    if len(looked.pictures) > 1:
        measures["frame_consistency"] = _rounded(_consistency(looked.pictures))
    else:
        unmeasured["frame_consistency"] = "One picture alone cannot be compared with another."
    return Seen(measures=measures, unmeasured=unmeasured)


def _consistency(pictures: NDArray[np.float32]) -> float:
    before = np.clip((pictures[1:] * pictures[:-1]).sum(axis=1), 0, 1)
    first = np.clip(pictures[1:] @ pictures[0], 0, 1)
    return float((before + first).mean() / 2)


def _parts(looked: Looked, parts: Sequence[str]) -> tuple[PromptPart, ...]:
    means = (looked.pictures @ looked.texts[1:].T).mean(axis=0)
    return tuple(
        PromptPart(words=words, match=_rounded(mean)) for words, mean in zip(parts, means, strict=True)
    )


def _rounded(value: float) -> float:
    return round(float(value), 4)
