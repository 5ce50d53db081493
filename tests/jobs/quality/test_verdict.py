"""What the events mean for a shot: severity, one reason for one cause, sentences, parts of the score."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.quality import sentences
from jobs.quality.against_order import compare
from jobs.quality.parts import WEIGHTS, parts_of
from jobs.quality.report import Event, Ordered, Severity, VideoFacts
from jobs.quality.sentences import kinds, sentence
from jobs.quality.verdict import findings, verdict_of

FACTS = VideoFacts(
    container="mov",
    codec="h264",
    pixel_format="yuv420p",
    width=1280,
    height=720,
    frames=120,
    fps_num=24,
    fps_den=1,
    duration_s=5.0,
    has_audio=False,
)


def event(kind: str, start: float = 1.0, end: float = 1.0, severity: Severity = "suspect") -> Event:
    return Event(kind=kind, severity=severity, start_s=start, end_s=end, value=1.0)


def told(*events: Event, ordered: Ordered | None = None) -> list[tuple[str, str]]:
    return [(one.kind, one.severity) for one in findings(events, ordered or Ordered())]


@pytest.mark.parametrize(("wanted", "severity"), [(True, "reject"), (None, "suspect"), (False, "info")])
def test_a_lost_face_is_as_grave_as_a_person_is_wanted(wanted: bool | None, severity: str) -> None:
    lost = event("face_lost", 1, 2, "reject")
    assert told(lost, ordered=Ordered(person_wanted=wanted)) == [("face_lost", severity)]


@pytest.mark.parametrize(("wanted", "found"), [(True, [("no_face", "info")]), (None, []), (False, [])])
def test_no_face_is_told_only_where_a_person_is_wanted(
    wanted: bool | None, found: list[tuple[str, str]]
) -> None:
    assert told(event("no_face"), ordered=Ordered(person_wanted=wanted)) == found


def test_no_face_is_a_fault_only_where_the_shot_speaks_of_the_face() -> None:
    portrait = Ordered(person_wanted=True, face_wanted=True)
    assert told(event("no_face"), ordered=portrait) == [("no_face", "suspect")]


def test_a_shot_that_asks_for_rest_or_cuts_gets_them() -> None:
    still = Ordered(still_wanted=True)
    assert told(event("still"), event("frozen"), event("part_frozen"), ordered=still) == []
    cut = event("hard_cut", severity="reject")
    assert told(cut, ordered=Ordered(cuts_wanted=True)) == [("hard_cut", "info")]
    assert told(cut) == [("hard_cut", "reject")]


def test_a_face_that_vanishes_swallows_the_jumps_at_both_ends_and_no_other() -> None:
    lost = event("face_lost", 2, 3)
    jumps = [event("jump", at, at) for at in (2.1, 2.5, 3.1)]
    assert told(lost, *jumps) == [("face_lost", "suspect"), ("jump", "suspect")]


def test_faces_in_black_and_at_a_cut_are_no_findings() -> None:
    lost = event("face_lost", 2, 3)
    assert told(lost, event("black", 1.9, 2.8, "reject")) == [("black", "reject")]
    assert told(lost, event("hard_cut", 2.2, 2.2, "reject")) == [("hard_cut", "reject")]


@pytest.mark.parametrize(
    ("cause", "again"),
    [
        ("still", "uneven_cadence"),
        ("slideshow", "hard_cut"),
        ("frozen", "jump"),
        ("frozen", "broken_lines"),
        ("jitter", "wobble"),
        ("flicker", "flash"),
        ("corruption", "glitch"),
        ("goes_soft", "soft"),
        ("noisy", "speckled"),
    ],
)
def test_one_cause_gives_one_reason(cause: str, again: str) -> None:
    assert told(event(cause), event(again)) == [(cause, "suspect")]


@pytest.mark.parametrize(("percent", "kind"), [(8.0, "flicker"), (40.0, "photosensitive")])
def test_light_that_swings_is_told_by_its_strength(percent: float, kind: str) -> None:
    flicker = Event(kind="flicker", severity="reject", start_s=1, end_s=3, value=percent)
    assert [one for one, _ in told(flicker, event("photosensitive", 1, 3))] == [kind]


def test_the_gravest_finding_is_the_verdict() -> None:
    assert verdict_of([]) == "pass"
    for severities, verdict in (("info", "pass"), ("info suspect", "suspect"), ("suspect reject", "reject")):
        found = findings([event("jump", severity=one) for one in severities.split()], Ordered())  # type: ignore[arg-type]
        assert verdict_of(found) == verdict


@given(shift=st.floats(0, 60), end=st.floats(0.1, 5))
@settings(max_examples=25, deadline=None)
def test_a_shifted_event_shifts_its_finding(shift: float, end: float) -> None:
    (finding,) = findings([event("frozen", shift, shift + end)], Ordered())
    assert finding.start_s == pytest.approx(shift, abs=0.006)
    assert finding.end_s == pytest.approx(shift + end, abs=0.006)
    assert finding.sentence == f"frozen from {shift:.1f} s to {shift + end:.1f} s"


def test_findings_stand_in_the_order_of_time() -> None:
    assert [kind for kind, _ in told(event("jump", 3, 3), event("flash", 1, 1))] == ["flash", "jump"]


def test_every_kind_has_a_plain_sentence() -> None:
    facts: dict[str, float | bool | str] = {"asked": "1", "got": "2", "hz": 8.0, "never_returns": True}
    for kind in kinds():
        words = sentence(
            Event(kind=kind, severity="info", start_s=1, end_s=2, value=4.2, place=(0.5, 0.1), facts=facts)
        )
        assert re.fullmatch(r"[a-zA-Z0-9][^{}_]+", words), words


def test_sentences_name_places_pitch_and_whether_a_face_returns() -> None:
    jump = Event(kind="jump", severity="suspect", start_s=2.2, end_s=2.2, place=(0.5, 0.2))
    assert sentence(jump) == "something appears, disappears or jumps at 2.2 s (centre, top)"
    flicker = Event(kind="flicker", severity="reject", start_s=1.5, end_s=4.1, value=4.2, facts={"hz": 8.2})
    assert sentence(flicker) == "brightness flickers from 1.5 s to 4.1 s (4.2 %, about 8 times a second)"
    assert sentence(event("face_lost", 2.7, 3.8)) == "face lost at 2.7 s, back at 3.8 s"


@pytest.mark.parametrize(
    ("ordered", "found"),
    [
        (Ordered(width=1280, height=720, duration_s=5, fps=24), []),
        (Ordered(width=720, height=1280), ["wrong shape: asked for 720x1280, got 1280x720"]),
        (Ordered(width=1920, height=1080), ["other size: asked for 1920x1080, got 1280x720"]),
        (Ordered(duration_s=5.4), []),
        (Ordered(duration_s=6), ["wrong length: asked for 6 s, got 5.0 s"]),
        (Ordered(fps=23.976), []),
        (Ordered(fps=30), ["other frame rate: asked for 30, got 24 frames a second"]),
    ],
)
def test_what_differs_from_the_order_is_told(ordered: Ordered, found: list[str]) -> None:
    assert [sentence(one) for one in compare(FACTS, ordered)] == found


def test_a_part_that_was_not_measured_is_none_and_never_0() -> None:
    parts = parts_of({}, Ordered())
    assert {part.name: part.weight for part in parts} == WEIGHTS
    assert {part.value for part in parts} == {None}


def test_parts_grow_with_what_is_good() -> None:
    def part(name: str, ordered: Ordered | None = None, **measures: float) -> float | None:
        return next(one.value for one in parts_of(measures, ordered or Ordered()) if one.name == name)

    assert (part("clarity", edge_px=3.0), part("clarity", edge_px=9.5)) == (1, 0)
    assert part("steady_light", flicker_pct=2.25) == pytest.approx(0.5)
    assert part("steady_camera", jitter_pct=1.0, shake_corr=0.5) == 1
    assert part("steady_camera", jitter_pct=1.0, shake_corr=-0.5) == 0
    assert (part("motion", motion_pct_s=5), part("motion", motion_pct_s=0.1)) == (1, 0)
    of_a_still = parts_of({"motion_pct_s": 0.1}, Ordered(still_wanted=True))
    assert {part.name for part in of_a_still} == set(WEIGHTS) - {"motion"}
    assert part("face", face_present=1.0, face_min_likeness=0.7) == 1


@pytest.mark.parametrize(
    ("kind", "prompt", "severity"),
    [
        ("hue_drift", "The sun sets over the bay.", "info"),
        ("hue_drift", "A boat on the bay.", "suspect"),
        ("flash", "A thunderstorm at night, lightning over the hills.", "info"),
        ("flash", "A calm street, no flashes.", "suspect"),
        ("goes_soft", "Rack focus from the cup to the window.", "info"),
        ("goes_soft", "The cup stays in focus.", "suspect"),
    ],
)
def test_what_the_shot_asks_for_is_a_remark(kind: str, prompt: str, severity: str) -> None:
    assert told(event(kind, 1, 2), ordered=Ordered(prompt=prompt)) == [(kind, severity)]


def test_a_lost_part_is_one_finding_with_the_changes_at_its_ends() -> None:
    ends = [event(kind, at, at) for kind in ("hard_cut", "colour_jump", "flash") for at in (1.0, 2.0)]
    assert told(event("part_lost", 1, 2), *ends) == [("part_lost", "suspect")]


def test_every_kind_that_a_room_names_can_be_told() -> None:
    named = {kind for room in Path(sentences.__file__).parent.glob("*.py") for kind in _named(room)}
    assert {"light_jump", "ghosting", "face_lost", "sound_short"} <= named
    assert named - {*get_args(Severity)} <= kinds()


def _named(room: Path) -> Iterator[str]:
    """Kinds of event in the code of a room: `kind="..."`, and the first word given to what makes an event."""
    nodes = list(ast.walk(ast.parse(room.read_text())))
    makers = {"Event"} | {
        node.name
        for node in nodes
        if isinstance(node, ast.FunctionDef) and "Event" in ast.unparse(node.returns or node)
    }
    for call in (node for node in nodes if isinstance(node, ast.Call)):
        if ast.unparse(call.func).rpartition(".")[2] not in makers:
            continue
        told = [*(word.value for word in call.keywords if word.arg == "kind"), *call.args]
        words = [one.value for one in told if isinstance(one, ast.Constant) and isinstance(one.value, str)]
        yield from words[:1]
