"""Acceptance criteria: what a machine can say of each, and what it leaves to people."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from jobs.quality.criteria import judge
from jobs.quality.report import Criterion, Finding, Ordered, PromptPart, VideoFacts

GOOD: dict[str, float | None] = {
    "change_over_clip": 80.0,
    "cuts": 0.0,
    "flicker_pct": 0.4,
    "flashes_per_s": 0.0,
    "black_share": 0.0,
    "frozen_share": 0.0,
    "edge_px": 3.6,
    "jitter_pct": 0.02,
    "noise_sigma": 0.8,
    "face_tracks": 1.0,
    "face_present": 1.0,
    "face_min_likeness": 0.8,
    "sound_silent_share": 0.0,
}
CUT = Finding(
    kind="hard_cut", severity="reject", start_s=2.1, end_s=2.1, sentence="cuts to another picture at 2.1 s"
)
FLICKER = Finding(
    kind="flicker",
    severity="suspect",
    start_s=1.0,
    end_s=3.0,
    sentence="brightness flickers from 1.0 s to 3.0 s",
)
SECOND_FACE = Finding(
    kind="extra_face", severity="suspect", start_s=3.0, end_s=5.0, sentence="a second face appears at 3.0 s"
)


def facts(**changed: object) -> VideoFacts:
    whole: dict[str, object] = {
        "container": "mov", "codec": "h264", "pixel_format": "yuv420p", "width": 1280, "height": 720,
        "frames": 120, "fps_num": 24, "fps_den": 1, "duration_s": 5.0, "has_audio": True,
    }  # fmt: skip
    return VideoFacts(**(whole | changed))  # type: ignore[arg-type]


def judged(
    line: str,
    *findings: Finding,
    measures: Mapping[str, float | None] | None = None,
    unmeasured: dict[str, str] | None = None,
    parts: tuple[PromptPart, ...] = (),
    **changed: object,
) -> Criterion:
    ordered = Ordered(acceptance=(line,))
    (one,) = judge(ordered, facts(**changed), findings, {**GOOD, **(measures or {})}, parts, unmeasured)
    assert one.text == line
    return one


@pytest.mark.parametrize(
    "line",
    [
        "5 s",
        "5 seconds long",
        "Duration: 5 s",
        "The clip lasts 5 seconds.",
        "about 5 s",
        "at least 4 seconds",
        "No longer than 6 s",
        "between 4 and 6 s",
        "4–6 s",
        "4,5 to 5,5 s",
        "16:9",
        "horizontal",
        "landscape format",
        "aspect ratio 16:9",
        "720p",
        "at least 720p",
        "1280x720",
        "24 fps",
        "No cuts",
        "single take",
        "One continuous shot",
        "no flicker",
        "No black frames.",
        "No cuts, flicker or black frames",
        "Sharp",
        "The picture must be in focus",
        "steady camera",
        "no shake",
        "One face",
        "a face is visible",
        "A person is visible",
        "Her face stays the same",
        "The face is always visible",
        "Sound",
        "has audio",
        "not silent",
        "something moves",
        "5 s, no cut, sharp",
        "5 s and no cuts",
    ],
)
def test_what_is_measured_and_good_is_met(line: str) -> None:
    assert judged(line).state == "met"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("6 s", "lasts 5.0 s"),
        ("at least 6 s", "lasts 5.0 s"),
        ("shorter than 4 s", "lasts 5.0 s"),
        ("6 to 8 s", "lasts 5.0 s"),
        ("vertical", "1280x720"),
        ("9:16", "1280x720"),
        ("1080p", "1280x720"),
        ("Full HD", "1280x720"),
        ("30 fps", "24 frames a second"),
        ("nothing moves", "something moves: the picture changes by up to 80 of 255 levels"),
        ("A still", "something moves: the picture changes by up to 80 of 255 levels"),
        ("silent", "sound is heard in 100 % of it"),
        ("No people", "a face is seen"),
        ("5 s, vertical, sharp", "1280x720"),
    ],
)
def test_what_is_measured_and_not_so_is_unmet_with_its_figure(line: str, why: str) -> None:
    one = judged(line)
    assert (one.state, one.why) == ("unmet", why)


STILL: dict[str, float | None] = {"change_over_clip": 1.8}


@pytest.mark.parametrize(
    "line",
    [
        "a still: nothing moves",
        "A still – nothing moves",
        "Still frame (nothing may move)",
        "a still",
        "Still image",
        "static picture",
        "Everything stands still.",
        "The picture is completely still",
        "nothing moves in the picture",
        "There is no movement at all",
        "Motion: none",
    ],
)
def test_a_still_is_decided_by_what_was_measured_of_motion(line: str) -> None:
    one = judged(line, measures=STILL)
    assert (one.state, one.why) == ("met", "nothing moves: the picture changes by up to 2 of 255 levels")
    one = judged(line)
    assert (one.state, one.why) == ("unmet", "something moves: the picture changes by up to 80 of 255 levels")
    none: dict[str, float | None] = {"change_over_clip": None}
    one = judged(line, measures=none, unmeasured={"change_over_clip": "The clip is too short."})
    assert (one.state, one.why) == ("unmeasured", "the clip is too short")


@pytest.mark.parametrize(
    ("line", "state", "why"),
    [
        ("max. 6 s", "met", "lasts 5.0 s"),
        ("≥ 6 s", "unmet", "lasts 5.0 s"),
        ("5.6 s ± 0.5 s", "unmet", "lasts 5.0 s"),
        ("5.4 s ± 0.5 s", "met", "lasts 5.0 s"),
        ("Five seconds", "met", "lasts 5.0 s"),
        ("120 frames", "met", "has 120 frames"),
        ("Length: 121 frames", "unmet", "has 120 frames"),
        ("Format: 16:9 (horizontal)", "met", "1280x720"),
        ("Cuts: none", "met", "no cut is found"),
        ("never cuts", "met", "no cut is found"),
        ("A single, continuous shot", "met", "no cut is found"),
        ("one long take", "met", "no cut is found"),
        ("Sound: none", "unmet", "sound is heard in 100 % of it"),
        ("Silent: no sound", "unmet", "sound is heard in 100 % of it"),
        ("no music", "person", "sound is heard in 100 % of it"),
        ("Somebody is visible", "met", "a face is seen"),
        ("Face: visible", "met", "a face is seen"),
        ("The person's face is visible", "met", "a face is seen"),
        ("A woman is visible", "person", "a face is seen"),
        ("exactly one person", "person", "one face is seen"),
        ("without people", "unmet", "a face is seen"),
        ("no one", "unmet", "a face is seen"),
        ("5 s, the boat is red, no cut", "person", "lasts 5.0 s; no cut is found"),
    ],
)
def test_every_way_of_saying_it_is_checked_and_tells_what_was_measured(
    line: str, state: str, why: str
) -> None:
    one = judged(line)
    assert (one.state, one.why) == (state, why)


@pytest.mark.parametrize(
    "line",
    [
        "The boat is red",
        "sharp teeth",
        "The camera does not move",
        "a loop",
        "A long shot",
        "frozen lake",
        "static",
        "Colour: none of it red",
        "A boat: sharp",
        "No text",
        "A woman is visible",
        "It rains",
        "two cats",
        "5 boats",
        "still water",
        "portrait",
        "a portrait of a dog",
        "The boat moves from left to right",
        "steady rain",
        "no people behind her",
        "5 s, the boat is red",
        "...",
    ],
)
def test_what_no_measure_answers_is_for_a_person(line: str) -> None:
    assert judged(line).state == "person"


def test_a_finding_breaks_a_criterion_and_says_where() -> None:
    one = judged("5 s, no cut, sharp", CUT)
    assert (one.state, one.why, one.start_s) == ("unmet", "cuts to another picture at 2.1 s", 2.1)
    one = judged("no flicker", FLICKER)
    assert (one.state, one.start_s) == ("unmet", 1.0)
    assert judged("only one face", SECOND_FACE).state == "unmet"


def test_a_line_half_for_a_person_is_unmet_when_its_other_half_is() -> None:
    assert judged("The boat is red, no cuts").state == "person"
    assert judged("The boat is red, no cuts", CUT).why == "cuts to another picture at 2.1 s"


def test_what_was_not_measured_is_said_so_with_its_reason() -> None:
    one = judged("sharp", measures={"edge_px": None}, unmeasured={"edge_px": "Too few edges."})
    assert (one.state, one.why) == ("unmeasured", "too few edges")
    one = judged("one face", measures={"face_tracks": None}, unmeasured={"face_tracks": "No detector."})
    assert (one.state, one.why) == ("unmeasured", "no detector")


def test_no_face_from_the_front_is_not_nobody() -> None:
    none = {"face_tracks": 0.0}
    assert judged("a face is visible", measures=none).state == "unmet"
    assert judged("a person is visible", measures=none).state == "person"
    for line in ("no people", "nobody is visible", "a woman"):
        one = judged(line, measures=none)
        assert (one.state, one.why) == ("person", "no face from the front is seen")
    unlooked: dict[str, float | None] = {"face_tracks": None}
    one = judged("no people", measures=unlooked, unmeasured={"face_tracks": "No detector."})
    assert (one.state, one.why) == ("unmeasured", "no detector")


def test_a_clip_without_a_sound_track_is_silent() -> None:
    silent = {"sound_silent_share": None}
    assert judged("silent", measures=silent, has_audio=False).state == "met"
    assert judged("has sound", measures=silent, has_audio=False).state == "unmet"
    assert judged("silent", measures=silent).state == "unmeasured"
    assert judged("no music", measures=silent, has_audio=False).state == "met"


def test_a_match_with_the_prompt_is_told_and_decides_nothing() -> None:
    one = judged("red boat visible", parts=(PromptPart(words="a red boat", match=0.27),))
    assert one.state == "person"
    assert "0.27" in one.why
    assert judged("red boat visible", parts=(PromptPart(words="a red boat", match=None),)).why == ""


def test_every_line_has_its_answer_in_order() -> None:
    ordered = Ordered(acceptance=("5 s", "The boat is red", "vertical"))
    answers = judge(ordered, facts(), (), GOOD)
    assert [(one.text, one.state) for one in answers] == [
        ("5 s", "met"),
        ("The boat is red", "person"),
        ("vertical", "unmet"),
    ]
