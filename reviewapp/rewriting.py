"""From what people said to the text of the next version: the rows' side of the refiner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from providers import catalog
from reviewapp import refine
from reviewapp.models import Note, PromptVersion, Shot


def feedback_of(notes: Iterable[Note]) -> list[refine.Feedback]:
    """The notes as the refiner reads them: frames become seconds of their own clip."""
    return [_feedback(note) for note in notes]


def _feedback(note: Note) -> refine.Feedback:
    clip = getattr(note.candidate, "clip", None)
    fps = clip.fps if clip is not None else None
    start = float(note.frame_in / fps) if fps and note.frame_in is not None else None
    end = float((note.frame_out + 1) / fps) if fps and note.frame_out is not None else None
    return refine.Feedback(
        id=str(note.pk),
        tags=tuple(note.tags),
        text=note.text,
        start_s=start,
        end_s=end,
        weight=note.weight,
        order=note.pk,
    )


def limits_of(shot: Shot, model_id: str) -> refine.Limits:
    """The limits of a model, in its own unit, for a clip of this shot, as the refiner needs them."""
    model = catalog.model(shot.project.provider, model_id)
    return refine.Limits(
        max_units=model.prompt_limit,
        unit=model.prompt_unit,
        negative_prompt=model.negative_prompt,
        negative_max_units=None,
        audio=model.audio != "none",
        duration_s=float(shot.duration_s),
    )


def refined(base: PromptVersion, model_id: str, notes: Iterable[Note]) -> refine.Refined:
    """What the rules make of a version's text and these notes. Writes nothing."""
    limits = limits_of(base.shot, model_id)
    return refine.refine(base.text, base.negative_text, feedback_of(notes), limits)


def account_of(result: refine.Refined) -> dict[str, Any]:
    return {
        "text": result.prompt,
        "negative_text": result.negative_prompt,
        "changes": [asdict(change) for change in result.changes],
        "unserved": [asdict(line) for line in result.unserved],
    }
