"""How a clip differs from what was ordered: shape, size, length, frame rate."""

from __future__ import annotations

from jobs.quality.report import Event, Ordered, Severity, VideoFacts

_LENGTH_LEAST_S, _LENGTH_SHARE = 0.35, 0.08
_SHAPE_SHARE = 0.02
_FPS_SHARE = 0.02


def compare(facts: VideoFacts, ordered: Ordered) -> tuple[Event, ...]:
    """One event for each difference. A wrong shape or length raises a doubt, the others are remarks."""
    found = [*_size(facts, ordered), *_length(facts, ordered), *_rate(facts, ordered)]
    return tuple(found)


def _event(facts: VideoFacts, kind: str, severity: Severity, asked: str, got: str) -> Event:
    return Event(
        kind=kind,
        severity=severity,
        start_s=0.0,
        end_s=facts.duration_s,
        facts={"asked": asked, "got": got},
    )


def _size(facts: VideoFacts, ordered: Ordered) -> list[Event]:
    if not ordered.width or not ordered.height:
        return []
    asked, got = ordered.width / ordered.height, facts.width / facts.height
    sizes = f"{ordered.width}x{ordered.height}", f"{facts.width}x{facts.height}"
    if abs(got - asked) > _SHAPE_SHARE * asked:
        return [_event(facts, "wrong_shape", "suspect", *sizes)]
    return [] if sizes[0] == sizes[1] else [_event(facts, "other_size", "info", *sizes)]


def _length(facts: VideoFacts, ordered: Ordered) -> list[Event]:
    asked = ordered.duration_s
    if not asked or abs(facts.duration_s - asked) <= max(_LENGTH_LEAST_S, _LENGTH_SHARE * asked):
        return []
    return [_event(facts, "wrong_length", "suspect", f"{asked:g} s", f"{facts.duration_s:.1f} s")]


def _rate(facts: VideoFacts, ordered: Ordered) -> list[Event]:
    asked = ordered.fps
    # 23.976 for 24 and 29.97 for 30 are the same thing to everybody.
    if not asked or abs(facts.fps - asked) <= _FPS_SHARE * asked:
        return []
    return [_event(facts, "other_fps", "info", f"{asked:g}", f"{facts.fps:.4g} frames a second")]
