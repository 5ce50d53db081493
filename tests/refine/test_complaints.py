"""Reviewers write what went wrong; the next prompt says what should be there instead."""

from __future__ import annotations

import pytest

from reviewapp.refine import Feedback, Limits, Refined, refine

POND = (
    "A blue paper boat drifts quickly across a pond at noon. The camera pans left. "
    "Two birds fly over thick fog, with a red car."
)
FREE = Limits(None, "chars", negative_prompt=False)


def ask(text: str, limits: Limits = FREE, brief: str = POND) -> Refined:
    return refine(brief, "", [Feedback("n", text=text)], limits)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("jerky", "All motion is smooth and continuous."),
        ("its jerky", "All motion is smooth and continuous."),
        ("choppy motion", "All motion is smooth and continuous."),
        ("stutters a lot", "All motion is smooth and continuous."),
        ("jumpy", "All motion is smooth and continuous."),
        ("frozen at the end", "The motion never stops, above all near the end."),
        ("freezes at teh end pls fix", "The motion never stops, above all near the end."),
        ("stuck", "The motion never stops."),
        ("boat is not moving", "The boat keeps moving throughout."),
        ("the boat does not move", "The boat keeps moving throughout."),
        ("boat isnt moving??", "The boat keeps moving throughout."),
        ("the boat should move", "The boat keeps moving throughout."),
        ("the boat stops moving halfway", "The boat keeps moving throughout, above all midway through."),
        ("boat is frozen", "The boat keeps moving throughout."),
        ("flickers", "The light stays steady, without flicker."),
        ("flickering lights", "The light stays steady, without flicker."),
        ("flashing at the start", "The light stays steady, without flicker, above all near the start."),
        ("strobing", "The light stays steady, without flicker."),
        ("blurry", "The picture is sharp and in focus."),
        ("out of focus at the start", "The picture is sharp and in focus."),
        ("goes black halfway", "The picture stays visible in every frame, above all midway through."),
        ("black frames", "The picture stays visible in every frame."),
        ("dark frames in the middle", "The picture stays visible in every frame, above all midway through."),
        ("the boat teleports", "The boat stays in view throughout"),
        ("boat jumps around", "The boat stays in view throughout"),
        ("the boat pops in and out", "The boat stays in view throughout."),
        ("boat vanishes near the end", "The boat stays in view throughout, above all near the end."),
        ("hands melt", "The hands keep solid, natural shapes."),
        ("the boat warps", "The boat keeps a solid, natural shape."),
        ("extra fingers", "anatomically correct"),
        ("shaky camera", "The camera is steady and smooth."),
        ("the camera moves, should be static", "The camera is static."),
        ("camera drifts", "The camera is static."),
        ("camera does not pan", "Important: the camera pans left."),
        ("camera pans right instead of left", "Important: the camera pans left."),
        ("where is the boat??", "There is a boat."),
        ("i dont see the birds", "There are exactly two birds."),
        ("no birds visible", "There are exactly two birds."),
        ("theres no fog", "There is fog."),
        ("the boat is the wrong colour", "The boat is blue."),
        ("wrong number of birds", "There are exactly two birds."),
        ("boat goes left, should go right", "The boat goes from left to right."),
        ("boat is on the right, should be on the left", "The boat is on the left side of the frame."),
        ("the boat turns into a car", "The boat keeps the same look from first frame to last."),
        ("boat changes colour halfway", "The boat keeps the same look from first frame to last"),
        ("boat too small", "The boat is large."),
        ("boat too far away", "The camera is closer to the subject."),
        ("boat is cut off", "The boat stays fully inside the frame."),
        ("theres a watermark in the corner", "There is no watermark."),
        ("random text appears", "There is no text."),
        ("looks fake", "Everything looks real and natural."),
        ("looks cartoonish", "Everything looks real and natural."),
        ("oversaturated", "The colours are muted and natural."),
        ("washed out", "The colours are rich and vivid."),
        ("noisy", "The picture is clean, free of noise and grain."),
        ("nothing happens", "There is clear, continuous motion from the first frame to the last."),
        ("boat looks lonely", "Avoid this: boat looks lonely."),
        ("the boat is blue, it should be red", "The boat is red."),
        ("the boat is blue instead of red", "The boat is red."),
        ("its daytime but i asked for night", "The scene is set at night."),
        ("there are three birds, should be two", "There are exactly two birds."),
        ("the background is a street, should be a forest", "The background is a forest."),
        ("it is not raining", "The weather is rainy."),
        ("the boat is not red", "The boat is red."),
        ("why is there a dog", "There is no dog."),
        ("there is a dog i did not ask for", "There is no dog."),
        ("man has three arms", "anatomically correct"),
        ("the boat goes out of frame", "The boat stays fully inside the frame."),
        ("the light changes", "The light stays steady, without flicker."),
        ("ends abruptly", "The motion never stops."),
        ("camera zooms in, i wanted it static", "The camera is static."),
        ("motion is weird", "All motion is natural, steady and continuous."),
        ("not what i asked for", "The shot shows exactly what is described and nothing else."),
        ("too much going on", "The frame is simple and uncluttered."),
        ("the boat doesnt look real", "The boat looks natural and correct."),
    ],
)
def test_it_asks_for_the_opposite_of_the_fault(text: str, sentence: str) -> None:
    refined = ask(text)
    assert sentence in refined.prompt
    assert not refined.unserved


@pytest.mark.parametrize("text", ["jerky and too dark", "too dark, jerky", "its jerky but also too dark"])
def test_it_serves_each_complaint_of_one_text(text: str) -> None:
    prompt = ask(text).prompt
    assert "All motion is smooth and continuous." in prompt
    assert "The picture is bright and well lit." in prompt


@pytest.mark.parametrize("text", ["too short", "make it longer", "clip is too long"])
def test_a_length_is_a_setting_and_not_a_wish(text: str) -> None:
    refined = ask(text)
    assert refined.prompt == POND
    assert "change the shot's duration" in refined.unserved[0].reason


def test_an_unknown_complaint_goes_to_the_negative_prompt_where_there_is_one() -> None:
    refined = ask("boat looks lonely", Limits(None, "chars", negative_prompt=True))
    assert (refined.prompt, refined.negative_prompt) == (POND, "boat looks lonely")


def test_it_goes_back_to_what_the_brief_says_of_the_direction() -> None:
    brief = "A red boat drifts from left to right."
    for text in ("boat is not moving", "boat drifts left", "the boat goes the wrong way"):
        assert "from left to right. The boat" in ask(text, brief=brief).prompt
        assert "right to left" not in ask(text, brief=brief).prompt


def test_what_the_prompt_says_already_is_said_one_level_stronger() -> None:
    prompt, seen = "A boat on a lake. The boat is red.", []
    for _round in range(4):
        refined = ask("the boat should be red", brief=prompt)
        prompt = refined.prompt
        seen.append(prompt.removeprefix("A boat on a lake. "))
    assert seen == [
        "The boat must clearly be red throughout.",
        *["Most important: the boat must clearly be red throughout."] * 3,
    ]
    assert "as strongly as words can" in refined.unserved[0].reason


def test_the_same_words_from_two_notes_count_once() -> None:
    notes = [
        Feedback("a", text="the boat should be red", order=1),
        Feedback("b", text="make the boat red", order=2),
    ]
    refined = refine("A boat on a lake.", "", notes, FREE)
    assert refined.prompt == "A boat on a lake. The boat is red."
    assert refined.changes[0].feedback_ids == ("b", "a")
