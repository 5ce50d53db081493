"""Orders, pronouns, praise, plain statements and settings: what reviewers write besides complaints."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviewapp.refine import Feedback, Limits, Refined, refine

STREET = (
    "A red paper boat drifts slowly from left to right along a rainy street. The camera pans right. "
    "Soft daylight."
)
LAKE = "A boat drifts on a lake below mountains. Snowy mountains rise behind it. The camera zooms in."
NAMELESS = "Slowly, towards the light."
FREE = Limits(None, "chars", negative_prompt=False)
GLUED = re.compile(r"[a-z][.!?][A-Z]")


def ask(text: str, brief: str = STREET, limits: Limits = FREE) -> Refined:
    return refine(brief, "", [Feedback("n", text=text)], limits)


@pytest.mark.parametrize(
    ("brief", "text", "present", "absent"),
    [
        (STREET, "no pan, static camera", ["The camera is static. Soft"], ["pan", "There is no"]),
        (STREET, "static camera, no pan please", ["The camera is static."], ["pan"]),
        (STREET, "no pan or zoom", ["The camera does not pan.", "does not zoom."], ["There is no", "pans"]),
        (
            STREET,
            "They should be bigger and slower.",
            ["The boat is bigger.", "The boat drifts slowly."],
            ["They"],
        ),
        (NAMELESS, "They should be bigger.", ["The main subjects are bigger."], ["They"]),
        (NAMELESS, "he should be bigger", ["The main subject is bigger."], ["he is"]),
        (STREET, "it should be bigger", ["The boat is bigger."], ["It "]),
        (STREET, "everything should be bigger", ["The boat is bigger."], ["verything"]),
        (STREET, "these should be blue", ["A blue paper boat", "The boat is blue."], ["The  is", "red"]),
        (
            "Two white swans glide.",
            "they should be black",
            ["Two black swans", "The swans are black."],
            ["white"],
        ),
        (STREET, "Bring the camera closer.", ["The camera is closer to the subject."], ["Bring"]),
        (STREET, "push the camera in", ["The camera pushes in."], ["pans"]),
        (STREET, "pull the camera back", ["The camera pulls back."], ["pans"]),
        (STREET, "turn the camera left", ["The camera pans left."], ["right. Soft", "urn"]),
        (STREET, "raise the camera", ["The camera rises."], ["aise"]),
        (STREET, "lower the camera", ["The camera descends."], ["ower"]),
        (STREET, "move the camera down", ["The camera moves down."], ["pans"]),
        (STREET, "hold the camera still", ["The camera is static."], ["hold", "pans"]),
        (STREET, "keep the camera still", ["The camera is static."], ["keep", "pans"]),
        (STREET, "stop the camera", ["The camera is static."], ["top the", "pans"]),
        (STREET, "get the boat closer", ["The boat is closer."], ["get"]),
        (STREET, "let the boat sink", ["The boat sinks."], ["let"]),
        (STREET, "make the boat sink", ["The boat sinks."], ["make"]),
        (STREET, "put the boat on the left", ["The boat is on the left side of the frame."], ["put"]),
        (STREET, "keep the boat in frame", ["The boat stays fully inside the frame."], ["eep the"]),
        (STREET, "stop the boat", ["Stop the boat."], ["Avoid"]),
        (STREET, "show the boat from above", ["Show the boat from above."], ["There is"]),
        (STREET, "Great light, keep it.", ["Keep the light as it is."], ["Great"]),
        (STREET, "keep the light as it is", ["Keep the light as it is."], []),
        (
            STREET,
            "Make it night with rain.",
            ["set at night.", "The weather is rainy."],
            ["daylight", "Make"],
        ),
        (
            LAKE,
            "It should be a street with houses, not mountains.",
            ["There is a street with houses.", "There are no mountains."],
            ["Snowy", "below", "It should"],
        ),
        (STREET, "the boat sinks", ["Avoid this: the boat sinks."], []),
        (STREET, "The boat sinks.", ["Avoid this: the boat sinks."], []),
        (STREET, "the boat is going backwards", ["Avoid this: the boat is going backwards."], []),
        (STREET, "the car is floating", ["Avoid this: the car is floating."], []),
        (STREET, "the dog sleeps", ["Avoid this: the dog sleeps."], []),
        (STREET, "his hat falls off", ["Avoid this: his hat falls off."], ["falls look"]),
        (STREET, "why does the boat spin", ["Avoid this: the boat spins."], []),
        (
            STREET,
            "there is a person in the background",
            ["There is no person in the background."],
            ["a person"],
        ),
        (STREET, "the boat should sink", ["The boat sinks."], ["Avoid"]),
        (STREET, "it sinks slowly please", ["The boat sinks slowly."], ["Avoid", "It "]),
        (STREET, "the boat sinks please", ["The boat sinks."], ["Avoid"]),
        (STREET, "why does it zoom", ["The camera does not zoom.", "The camera pans right."], ["Avoid"]),
        (STREET, "the boat should move away", ["The boat moves away from the camera."], ["Avoid"]),
        (STREET, "she walks away", ["Avoid this: she walks away."], []),
        (STREET, "keep it slow", ["The motion is slow", "drifts slowly"], ["fast"]),
        (STREET, "there is a boat", ["There is a boat."], ["Avoid"]),
        (STREET, "no people, no cars", ["There are no people.", "There are no cars."], ["no no"]),
        (STREET, "it is too big", ["The boat is small."], ["The it", "less"]),
        (STREET, "all must be on the left", ["The boat is on the left side of the frame."], ["all is"]),
        (STREET, "raise the boat closer", ["The boat is closer."], ["raise"]),
        (LAKE, "why does it zoom", ["The camera does not zoom."], ["zooms"]),
    ],
)
def test_it_does_what_plain_words_mean(brief: str, text: str, present: list[str], absent: list[str]) -> None:
    refined = ask(text, brief)
    for words in present:
        assert words in refined.prompt
    for words in absent:
        assert words not in refined.prompt
    assert not refined.unserved


@pytest.mark.parametrize(
    "text",
    [
        "make it 4K, 60 fps",
        "4k",
        "60fps",
        "24 frames per second",
        "16:9",
        "vertical video",
        "1080p",
        "higher bitrate",
    ],
)
def test_sizes_and_rates_belong_to_the_settings(text: str) -> None:
    refined = ask(text)
    assert refined.prompt == STREET
    assert (
        "the size and frame rate belong to the shot's settings, not to the prompt"
        in refined.unserved[0].reason
    )


@pytest.mark.parametrize("text", ["make it 10 seconds", "8 seconds long"])
def test_a_length_in_seconds_belongs_to_the_settings(text: str) -> None:
    refined = ask(text)
    assert refined.prompt == STREET
    assert "change the shot's duration" in refined.unserved[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "love it",
        "Lovely light on the water here",
        "I love the colours",
        "Great camera move",
        "perfect",
        "keep it",
    ],
)
def test_praise_asks_for_no_change(text: str) -> None:
    refined = ask(text)
    assert refined.prompt == STREET
    assert "praise asks for no change" in refined.unserved[0].reason


def test_praise_beside_a_complaint_leaves_the_complaint() -> None:
    refined = ask("the light is great but the boat is too small")
    assert "The boat is large." in refined.prompt
    assert "great" not in refined.prompt


def test_a_tag_beside_praise_is_still_served() -> None:
    refined = refine(STREET, "", [Feedback("n", ("anatomy",), "love it")], FREE)
    assert "anatomically correct" in refined.prompt


def test_a_wish_with_a_word_of_praise_is_a_wish() -> None:
    assert "ood lighting" in ask("I want good lighting").prompt
    assert "more beautiful" in ask("the water should be more beautiful").prompt


def test_a_plain_statement_goes_to_the_negative_prompt_where_there_is_one() -> None:
    refined = ask("the boat sinks", limits=Limits(None, "chars", negative_prompt=True))
    assert (refined.prompt, refined.negative_prompt) == (STREET, "the boat sinks")


def test_no_pan_of_one_note_is_served_by_the_static_camera_of_another() -> None:
    notes = [Feedback("a", text="no pan", order=1), Feedback("b", text="static camera", order=2)]
    refined = refine(STREET, "", notes, FREE)
    assert "The camera is static." in refined.prompt
    assert not refined.unserved
    assert {one for change in refined.changes for one in change.feedback_ids} == {"a", "b"}


def test_at_the_strongest_it_names_what_may_help_and_is_there() -> None:
    brief = "A boat. Most important: the boat must clearly be red throughout."
    reason = ask("the boat should be red", brief).unserved[0].reason
    assert "another model may help; so may a change of the shot's own prompt" in reason


TEXTS = st.lists(
    st.sampled_from(
        [
            "no pan",
            "static camera",
            "make it night with rain",
            "not mountains",
            "they should be slower",
            "no boat",
            "the boat sinks",
            "great light, keep it",
            "remove the mountains",
            "4k",
            "there is a dog",
            "no daylight",
            "bring the camera closer",
            "there are no mountains",
            "it should be day",
            "zoom out",
            "no zoom",
        ]
    ),
    min_size=1,
    max_size=4,
)
JOINS = st.sampled_from([". ", ", ", "\n", " and "])


@settings(deadline=None, derandomize=True)
@given(
    brief=st.sampled_from(
        [STREET, LAKE, NAMELESS, "A boat at noon. Mountains rise. Bright day. A dog runs."]
    ),
    texts=TEXTS,
    join=JOINS,
)
def test_it_never_glues_sentences(brief: str, texts: list[str], join: str) -> None:
    prompt = brief
    for _round in range(3):
        prompt = refine(prompt, "", [Feedback("n", text=join.join(texts))], FREE).prompt
        assert GLUED.search(prompt) is None, prompt
        assert "  " not in prompt
