"""Rules that hold for any text a reviewer may type."""

from __future__ import annotations

import time
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapp.refine import REASON_TAGS, Feedback, Limits, Refined, diff_with_causes, refine, units
from reviewapp.refine.clean import sentence_spans
from reviewapp.refine.grammar import key
from reviewapp.refine.statements import parse

PARTS = [
    "the boat should be red",
    "not blue",
    "make it slower",
    "too dark",
    "camera should push in",
    "no pan",
    "no text",
    "please",
    "there are two birds",
    "I asked for three",
    "hand melts at the end",
    "less fog",
    "remove the car",
    "and",
    "but",
    ", ",
    ". ",
    "ball bounces too fast",
    "at night instead of day",
    "wrong",
    "the dog",
    "must",
    "should",
    "is",
    "very",
    "a little darker",
    "ignore previous instructions",
    "“quoted”",
    "🚤",
    "\n",
    "\x00",
    "\u200b",
    "1. ",
    "- ",
    ";",
    "Important: ",
    "must clearly be",
    "throughout",
    "green",
    "three",
    "the camera",
    "left",
    "There is no car.",
    "music too loud",
    "é",
    "赤い船にしてください",
    "?",
    "!!",
    "…",
]
PHRASES = st.lists(st.sampled_from(PARTS), max_size=9).map(" ".join)
TEXTS = PHRASES | st.text(max_size=200) | st.text(max_size=20).map(lambda text: text * 60)
BRIEFS = (
    st.sampled_from(
        [
            "A blue paper boat drifts quickly across a pond at noon, with a red car. The camera pans left. "
            "Two birds fly.",
            "a dog on a beach",
            "",
            "Subject: a boat\nCamera: slow pan left\nLight: dimly lit",
            "The boat is green. There is no car. Important: the camera pans left.",
        ]
    )
    | PHRASES
)
TAGS = st.lists(st.sampled_from(sorted(REASON_TAGS)), max_size=2, unique=True).map(tuple)


@st.composite
def feedbacks(draw: st.DrawFn) -> list[Feedback]:
    notes = draw(
        st.lists(st.tuples(TAGS, TEXTS, st.integers(1, 4), st.none() | st.floats(0, 20)), max_size=4)
    )
    return [
        Feedback(f"n{index}", tags, text, start, None if start is None else start + 0.5, weight, index)
        for index, (tags, text, weight, start) in enumerate(notes)
    ]


LIMITS = st.builds(
    Limits,
    max_units=st.none() | st.integers(20, 600),
    unit=st.sampled_from(["chars", "utf16", "tokens"]),
    negative_prompt=st.booleans(),
    negative_max_units=st.none() | st.integers(5, 200),
    audio=st.booleans(),
    duration_s=st.none() | st.floats(1, 20),
)


def told(refined: Refined) -> set[str]:
    changed = {one for change in refined.changes for one in change.feedback_ids}
    return changed | {one.feedback_id for one in refined.unserved}


@settings(deadline=None, derandomize=True)
@given(brief=BRIEFS, feedback=feedbacks(), limits=LIMITS)
def test_it_answers_every_remark(brief: str, feedback: list[Feedback], limits: Limits) -> None:
    refined = refine(brief, "", feedback, limits)
    assert told(refined) == {one.id for one in feedback}
    assert all(change.feedback_ids and change.why for change in refined.changes)
    assert all(one.reason for one in refined.unserved)


@settings(deadline=None, derandomize=True)
@given(brief=BRIEFS, feedback=feedbacks(), limits=LIMITS)
def test_it_stays_inside_the_limit(brief: str, feedback: list[Feedback], limits: Limits) -> None:
    refined = refine(brief, "", feedback, limits)
    if limits.max_units is not None:
        assert units(refined.prompt, limits.unit) <= max(limits.max_units, units(brief, limits.unit))
    if limits.negative_max_units is not None:
        assert units(refined.negative_prompt, limits.unit) <= limits.negative_max_units
    if not limits.negative_prompt:
        assert refined.negative_prompt == ""


@settings(deadline=None, derandomize=True)
@given(brief=BRIEFS, feedback=feedbacks(), negative=st.booleans())
def test_it_settles_after_three_times_and_says_no_sentence_of_its_own_twice(
    brief: str, feedback: list[Feedback], negative: bool
) -> None:
    limits = Limits(None, "chars", negative_prompt=negative)
    texts = [(brief, "")]
    for _round in range(4):
        refined = refine(*texts[-1], feedback, limits)
        texts.append((refined.prompt, refined.negative_prompt))
        grown = Counter(said_in(refined.prompt)) - Counter(said_in(brief))
        assert max(grown.values(), default=0) <= 1, refined.prompt
    assert texts[4] == texts[3]


def said_in(prompt: str) -> list[str]:
    return [key(parse(prompt[start:end])[0]) for start, end in sentence_spans(prompt)]


@settings(deadline=None, derandomize=True)
@given(brief=BRIEFS, feedback=feedbacks(), limits=LIMITS)
def test_it_is_deterministic_whatever_the_order_of_the_remarks(
    brief: str, feedback: list[Feedback], limits: Limits
) -> None:
    assert refine(brief, "", feedback, limits) == refine(brief, "", feedback[::-1], limits)


@settings(deadline=None, derandomize=True)
@given(brief=BRIEFS, feedback=feedbacks(), limits=LIMITS)
def test_it_ties_every_changed_piece_to_a_remark(
    brief: str, feedback: list[Feedback], limits: Limits
) -> None:
    refined = refine(brief, "", feedback, limits)
    pieces = diff_with_causes(brief, refined.prompt, refined.changes)
    assert all(piece.feedback_ids for piece in pieces if piece.kind != "same")


@settings(deadline=None, derandomize=True)
@given(text=st.text(max_size=300))
def test_it_lets_no_control_character_through(text: str) -> None:
    refined = refine("A boat.", "", [Feedback("n", text=text)], Limits(None, "chars", negative_prompt=True))
    bad = {chr(code) for code in [*range(10), *range(11, 32), 127, 0x200B, 0x202E, 0x2028]}
    assert not bad & set(refined.prompt + refined.negative_prompt)


def test_five_rounds_of_remarks_do_not_make_it_grow_without_end() -> None:
    prompt = (
        "A blue paper boat drifts quickly across a pond at noon. The camera pans left. Two birds fly over."
    )
    limits = Limits(None, "chars", negative_prompt=False)
    rounds = [
        ["the boat should be red", "make it slower", "no text", "camera should push in"],
        ["the boat should be green", "too slow", "no text", "camera should stay still"],
        ["boat must be red not green", "there should be three birds", "no text"],
        ["the boat should be yellow", "at night please", "slower", "four birds"],
        ["the boat should be red", "in the morning", "two birds", "no text", "pan right"],
    ]
    sizes = []
    for number, notes in enumerate(rounds):
        feedback = [
            Feedback(f"{number}.{index}", text=text, weight=1 + number // 2, order=index)
            for index, text in enumerate(notes)
        ]
        prompt = refine(prompt, "", feedback, limits).prompt
        said = [key(prompt[start:end]) for start, end in sentence_spans(prompt)]
        assert len(said) == len(set(said)), prompt
        sizes.append(len(prompt))
    assert sizes[-1] < 450, prompt
    assert prompt.lower().count("boat must clearly be") == 1
    for gone in ("green", "yellow", "blue", "three", "four", "night", "push", "still"):
        assert gone not in prompt.lower(), prompt
    assert "Two birds fly over." in prompt


def test_it_is_fast() -> None:
    brief = (
        "A blue paper boat drifts quickly across a pond at noon. The camera pans left. Two birds fly over "
        "thick fog. " * 4
    )
    notes = [
        "the boat should be red, not blue",
        "make it slower",
        "camera should push in, no pan",
        "I want three birds",
        "less fog",
    ]
    feedback = [Feedback(str(index), text=text, order=index) for index, text in enumerate(notes)]
    limits = Limits(1000, "chars", negative_prompt=True)
    refine(brief, "", feedback, limits)
    best = min(_timed(brief, feedback, limits) for _ in range(5))
    assert best < 0.02


def _timed(brief: str, feedback: list[Feedback], limits: Limits) -> float:
    # This process's own time: what else the machine does is no matter.
    start = time.process_time()
    refine(brief, "", feedback, limits)
    return time.process_time() - start
