"""From the copies of one decode pass to measures, findings, a verdict and the parts of the score."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np

from jobs.quality import (
    backwards,
    camera,
    detail,
    drift,
    light,
    part_still,
    published,
    spoilt,
    stillness,
    sudden,
)
from jobs.quality.against_order import compare
from jobs.quality.parts import parts_of
from jobs.quality.report import Event, Finding, Ordered, Part, Seen, VideoFacts
from jobs.quality.samples import Samples
from jobs.quality.scene import LEAST_FRAMES, Scene, scene_of
from jobs.quality.verdict import findings, verdict_of

# JSON has no word for such a value, so that no database would keep the report.
_NO_NUMBER: Final = "The measure came to no number."


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What the checks say of a clip. Every measure that is None has its reason in `unmeasured`."""

    verdict: str
    measures: dict[str, float | None]
    unmeasured: dict[str, str]
    findings: tuple[Finding, ...]
    parts: tuple[Part, ...]


def analyse(samples: Samples, facts: VideoFacts, ordered: Ordered, *others: Seen) -> Analysis:
    """Judge a clip. `others` is what was seen elsewhere: faces, sound, the match with the prompt.

    Raises ArithmeticError for an event that came to no number.
    """
    seen = [*look(samples), *others, Seen(events=compare(facts, ordered))]
    taken = {name: value for one in seen for name, value in one.measures.items()}
    measures = {name: _plain(value) for name, value in taken.items()}
    lost = [name for name, value in taken.items() if value is not None and measures[name] is None]
    unmeasured = dict.fromkeys(lost, _NO_NUMBER)
    unmeasured |= {name: reason for one in seen for name, reason in one.unmeasured.items()}
    events = [event for one in seen for event in one.events]
    _insist_on_numbers(events)
    events += _without_a_face(measures, facts)
    found = findings(events, ordered)
    return Analysis(
        verdict=verdict_of(found),
        measures=measures,
        unmeasured=unmeasured,
        findings=found,
        parts=parts_of(measures, ordered),
    )


def look(samples: Samples) -> Iterable[Seen]:
    """What the pictures show, family by family."""
    scene = scene_of(samples)
    suddenly = sudden.watch(scene)
    yield suddenly.seen
    yield light.watch(scene, suddenly.moments)
    yield stillness.watch(scene, len(suddenly.cuts))
    moments = suddenly.moments
    alone = (
        part_still.stopped_parts(scene, moments),
        backwards.turns(scene, moments),
        drift.watch(scene, moments),
    )
    yield Seen(events=tuple(event for events in alone for event in events))
    yield spoilt.watch(scene, moments)
    yield camera.watch(scene, suddenly.moments)
    yield detail.judge(_with_a_picture(scene), scene.ends_s(len(scene.times)), suddenly.cuts)
    yield published.watch(scene)
    yield Seen(events=_too_short(scene))


def _plain(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(float(value), 4)


def _insist_on_numbers(events: Iterable[Event]) -> None:
    for event in events:
        if not all(map(isfinite, (event.start_s, event.end_s, event.value or 0.0))):
            raise ArithmeticError(f"{event} is no number")


def _with_a_picture(scene: Scene) -> tuple[detail.Detail, ...]:
    """The looks at fine detail that were taken of frames with a picture."""
    seconds = scene.times[scene.bad]
    return tuple(one for one in scene.samples.details if not np.any(seconds == one.at_s))


def _too_short(scene: Scene) -> tuple[Event, ...]:
    frames = len(scene.times)
    if frames >= LEAST_FRAMES:
        return ()
    end = scene.ends_s(frames)
    return (Event(kind="too_short", severity="suspect", start_s=0.0, end_s=end, value=float(frames)),)


def _without_a_face(measures: dict[str, float | None], facts: VideoFacts) -> list[Event]:
    """No face in the whole clip: a finding only where the shot names a person."""
    if measures.get("face_tracks") != 0:
        return []
    return [Event(kind="no_face", severity="suspect", start_s=0.0, end_s=facts.duration_s)]
