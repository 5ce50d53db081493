"""From what people said to the text of the next version: the rows' side of the refiner."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from providers import catalog
from providers.catalog import Model
from reviewapp import refine
from reviewapp.models import Note, PromptVersion, Shot

# For a text whose models have all left the catalogue: the retake fails by name when it is sent, and no word
# of the notes is lost.
_NO_LIMITS: Final = refine.Limits(max_units=None, unit="chars", negative_prompt=True)


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


def models_of(makers: Iterable[tuple[str, str]]) -> list[Model]:
    """The models of (vendor, model id) pairs, the one with least room for words first. One that has left the
    catalogue limits nothing.
    """
    known = {(model.vendor, model.id): model for model in catalog.models()}
    found = [known[maker] for maker in dict.fromkeys(makers) if maker in known]
    return sorted(found, key=_room)


def _room(model: Model) -> int:
    """About how many letters a prompt may have; a token is taken for four of them."""
    return model.prompt_limit * (4 if model.prompt_unit == "tokens" else 1)


def _limits(shot: Shot, model: Model, models: Iterable[Model]) -> refine.Limits:
    """One model's limits, in its own unit, for a text that all of them will read."""
    return refine.Limits(
        max_units=model.prompt_limit,
        unit=model.prompt_unit,
        negative_prompt=all(one.negative_prompt for one in models),
        negative_max_units=None,
        audio=model.audio != "none",
        duration_s=float(shot.duration_s),
    )


def refined(base: PromptVersion, makers: Iterable[tuple[str, str]], notes: Iterable[Note]) -> refine.Refined:
    """What the rules make of a version's text and these notes, for all who will be asked with it. Writes
    nothing.
    """
    feedback = feedback_of(notes)
    models = models_of(makers)
    result = None
    for model in models:
        limits = _limits(base.shot, model, models)
        result = refine.refine(base.text, base.negative_text, feedback, limits)
        if not any(catalog.prompt_over(one, result.prompt) for one in models):
            break
    return result or refine.refine(base.text, base.negative_text, feedback, _NO_LIMITS)


def account_of(result: refine.Refined) -> dict[str, Any]:
    return {
        "text": result.prompt,
        "negative_text": result.negative_prompt,
        "changes": [asdict(change) for change in result.changes],
        "unserved": [asdict(line) for line in result.unserved],
    }
