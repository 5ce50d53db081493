"""What an order finds behind its shots, in a fixed number of queries, however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from providers.contract import GenerationRequest
from reviewapp import inputs
from reviewapp.models import Candidate, PromptVersion, Shot, ShotInput, Status
from reviewapp.models.projects import Author
from reviewapp.routing import outline


def prompt_for(shot: Shot) -> tuple[str, str]:
    """The prompt and negative prompt the shot's first version carries, with the project's style text."""
    style = shot.project.style_text.strip()
    brief = shot.prompt.strip()
    text = f"{brief} {style}" if style else brief
    return text, shot.negative_prompt.strip()


@dataclass(frozen=True)
class Standing:
    """One shot as an order finds it. `version` is the one to ask with; None where the brief is a new one, or
    the first. `source_s` is how long its clip to edit is.
    """

    shot: Shot
    version: PromptVersion | None
    next_number: int
    pins: list[dict[str, Any]]
    source_s: float | None
    existing: int

    @property
    def text(self) -> tuple[str, str]:
        if self.version is None:
            return prompt_for(self.shot)
        return self.version.text, self.version.negative_text

    @property
    def outline(self) -> GenerationRequest:
        return outline(*self.text, self.shot.duration_s, self.pins)


def standings_of(shots: Sequence[Shot]) -> list[Standing]:
    versions: dict[int, list[PromptVersion]] = {shot.pk: [] for shot in shots}
    for version in (
        PromptVersion.objects.filter(shot__in=shots).defer("changes", "unserved").order_by("number")
    ):
        versions[version.shot_id].append(version)
    asked = Candidate.objects.filter(shot__in=shots).exclude(status=Status.CANCELLED).order_by()
    existing = dict(asked.values_list("shot").annotate(Count("pk")))
    present = inputs.present_in(shots)
    return [_standing(shot, versions[shot.pk], present[shot.pk], existing.get(shot.pk, 0)) for shot in shots]


def _standing(
    shot: Shot, versions: Sequence[PromptVersion], present: Sequence[ShotInput], existing: int
) -> Standing:
    latest = next((version for version in reversed(versions) if version.withdrawn_at is None), None)
    if latest is not None:
        latest.shot = shot
    source = next((row for row in present if row.role == ShotInput.Kind.SOURCE_VIDEO), None)
    return Standing(
        shot=shot,
        version=None if _brief_is_new(shot, versions) else latest,
        next_number=versions[-1].number + 1 if versions else 1,
        pins=inputs.pins_of(present),
        source_s=source.duration_s if source else None,
        existing=existing,
    )


def _brief_is_new(shot: Shot, versions: Sequence[PromptVersion]) -> bool:
    """Whether the producer has changed the brief since the last version that was written from it."""
    roots = (v for v in reversed(versions) if v.author_kind == Author.PERSON and v.parent_id is None)
    root = next(roots, None)
    return root is None or (root.text, root.negative_text) != prompt_for(shot)
