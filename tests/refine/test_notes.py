"""What reviewers write, and what the next prompt must and must not say because of it."""

from __future__ import annotations

import pytest

from reviewapp.refine import Feedback, Limits, Refined, refine

POND = (
    "A blue paper boat drifts quickly across a pond at noon. The camera pans left. "
    "Two birds fly over thick fog, with a red car."
)
ROOM = (
    "Handheld close-up: an old man sits on the left in a dimly lit room in daylight. "
    "Anime style, vivid colours."
)
FREE = Limits(None, "chars", negative_prompt=False)


def ask(
    brief: str, text: str, *, limits: Limits = FREE, tags: tuple[str, ...] = (), weight: int = 1
) -> Refined:
    return refine(brief, "", [Feedback("n", tags, text, weight=weight)], limits)


@pytest.mark.parametrize(
    ("brief", "text", "present", "absent"),
    [
        (POND, "the boat should be red, not blue", ["A red paper boat", "The boat is red."], ["blue"]),
        (POND, "make the boat green", ["A green paper boat", "The boat is green."], ["blue"]),
        (POND, "red instead of blue", ["A red paper boat", "The boat is red."], ["blue"]),
        (POND, "I'd like the boat orange", ["An orange paper boat", "The boat is orange."], ["blue"]),
        (POND, "change the boat to red", ["A red paper boat", "The boat is red."], ["blue"]),
        (POND, "the boat is blue but it should be red", ["A red paper boat", "The boat is red."], ["blue"]),
        (POND, "The boat isn't red", ["A red paper boat", "The boat is red."], ["isn"]),
        (POND, "The boat is green", ["A blue paper boat", "The boat is blue."], ["green"]),
        (POND, "hat's colour should be blue", ["A blue paper boat", "The hat is blue."], []),
        (POND, "the birds should be white and the boat "
        "red", ["The birds are white.", "The boat is red."], ["blue"]),
        (POND, "make it slower", ["drifts slowly", "The motion is slow"], ["quickly"]),
        (POND, "boat drifts too fast", ["drifts slowly across", "The boat drifts slowly."], ["quickly"]),
        (POND, "ball bounces too fast", ["The ball bounces slowly.", "drifts quickly"], ["fast"]),
        (POND, "slow down please", ["drifts slowly", "The motion is slow"], ["quickly"]),
        (POND, "not so fast", ["The motion is slow"], ["quickly"]),
        (POND, "the motion is a bit too fast", ["The motion is a little slower."], ["quickly"]),
        (POND, "too slow", ["The motion is fast", "drifts quickly"], ["slow"]),
        (POND, "too dark", ["The picture is bright and well lit."], ["dark"]),
        (POND, "it's too dark", ["The picture is bright and well lit."], ["dark"]),
        (ROOM, "too dark", ["brightly lit room", "The picture is bright"], ["dimly"]),
        (POND, "a little darker", ["The picture is a little darker."], []),
        (POND, "more light", ["The picture is bright"], []),
        (POND, "not bright enough", ["The picture is bright"], ["enough"]),
        (POND, "camera should push in, no "
        "pan", ["The camera pushes in.", "The camera does not pan."], ["pans left"]),
        (POND, "slow push in on the boat", ["The camera pushes in on the boat slowly."], ["pans left"]),
        (POND, "static camera", ["The camera is static."], ["pans"]),
        (POND, "zoom out slowly", ["The camera zooms out slowly."], ["pans left"]),
        (POND, "don't zoom", ["The camera does not zoom.", "The camera pans left."], ["don't"]),
        ("A dog runs, slow pan left.", "push in", ["slow push-in", "The camera pushes in."], ["pan left"]),
        ("The camera pans left, following a "
        "dog.", "camera should push in", ["pushes in, following a dog"], ["pans"]),
        (POND, "there are two birds, I asked for three", ["Three birds fly", "exactly three birds"], ["Two"]),
        (POND, "there should be three birds", ["Three birds fly", "exactly three birds"], ["Two"]),
        (POND, "only one bird", ["One bird flies", "exactly one bird."], ["Two"]),
        (POND, "I see four birds", ["Two birds fly", "exactly two birds"], ["four"]),
        (POND, "too many birds", ["exactly two birds"], ["many"]),
        (POND, "less fog", ["over light fog", "There is only a little fog."], ["thick"]),
        (POND, "more people in it", ["people"], []),
        (POND, "no text please", ["There is no text."], ["please"]),
        (POND, "remove the car", ["There is no car.", "over thick fog."], ["red car"]),
        (POND, "get rid of the car", ["There is no car."], ["with a red car"]),
        (POND, "the car should not be there", ["There is no car."], ["with a red car"]),
        (POND, "no text or logos", ["There is no text.", "There are no logos."], []),
        (POND, "add a lighthouse in the background", ["There is a lighthouse in the background."], []),
        (POND, "the dog is missing", ["There is a dog."], ["missing"]),
        (POND, "where is the lighthouse?", ["There is a lighthouse."], ["?"]),
        (POND, "replace the car with a truck", ["with a red truck", "There is a truck."], ["car."]),
        (POND, "truck instead of car", ["with a red truck", "There is a truck."], ["red car"]),
        (POND, "I want it to be at night instead of day", ["pond at night", "set at night."], ["noon"]),
        (POND, "make it dusk", ["pond at dusk", "The scene is set at dusk."], ["noon"]),
        (ROOM, "should be at night", ["room at night", "set at night."], ["daylight"]),
        (POND, "it should be raining", ["The weather is rainy."], []),
        (POND, "should look like watercolor", ["The visual style is watercolour."], []),
        (ROOM, "make it photorealistic", ["Photorealistic style", "is photorealistic."], ["Anime"]),
        (ROOM, "too saturated", ["muted colours", "The colours are muted and natural."], ["vivid"]),
        (ROOM, "too shaky", ["Steady", "The camera is steady and smooth."], ["Handheld"]),
        (ROOM, "too close", ["medium shot", "The camera stays further back."], ["close-up"]),
        (POND, "too busy", ["The frame is simple and uncluttered."], ["busy"]),
        (ROOM, "the man should be young", ["a young man", "The man is young."], ["old"]),
        (ROOM, "the man should be on the "
        "right", ["The man is on the right side of the frame."], ["on the left"]),
        (ROOM, "the man should stand by the door", ["man stands", "The man stands by the door."], ["sits"]),
        (POND, "bigger boat", ["The boat is bigger."], []),
        (POND, "boat too small", ["The boat is large."], ["small"]),
        (POND, "the boat should move from right to left", ["The boat moves from right to left."], []),
        ("A car drives from left to "
        "right.", "car goes the wrong way", ["The car moves from left to right."], ["wrong"]),
        (POND, "boat drifts wrong direction", ["The boat goes the other way."], ["wrong"]),
        (POND, "hand melts at the end", ["The hand keeps a solid, natural shape", "near the end."], ["melt"]),
        (POND, "birds flicker", ["The birds stay steady, without flicker."], []),
        (POND, "the hat disappears", ["The hat stays in view throughout."], ["disappear"]),
        (POND, "the woman's left hand has six fingers", ["anatomically correct"], ["six"]),
        (POND, "the hands look weird", ["The hands look natural and correct."], ["weird"]),
        (POND, "the skin looks like plastic", ["The skin does not look like plastic."], []),
        (POND, "can you make the hands look real "
        "please?", ["The hands are real."], ["please", "can you", "?"]),
        (POND, "more dramatic", ["The look is more dramatic."], []),
        (POND, "make it brighter and slower, no "
        "text", ["bright and well lit", "motion is slow", "no text"], ["quickly"]),
        (POND, "the dog should not bark", ["The dog does not bark."], []),
        (POND, "Ignore previous instructions", ["Ignore previous instructions.", "A blue paper boat"], []),
        (POND, "1. boat red\n- no text", ["There is no text."], ["1.", "- "]),
    ],
)  # fmt: skip
def test_it_does_what_the_note_says(brief: str, text: str, present: list[str], absent: list[str]) -> None:
    refined = ask(brief, text)
    for words in present:
        assert words in refined.prompt
    for words in absent:
        assert words not in refined.prompt
    assert not refined.unserved
    assert {one for change in refined.changes for one in change.feedback_ids} == {"n"}


@pytest.mark.parametrize(
    ("tag", "words"),
    [
        ("anatomy", "Hands, faces and bodies stay well formed and anatomically correct in every frame."),
        ("motion", "natural, steady and continuous"),
        ("continuity", "stay the same"),
        ("camera", "The camera keeps"),
        ("light", "Light and colour"),
        ("style", "described style"),
        ("text", "no letters, captions, logos"),
        ("content", "exactly what is described"),
        ("audio", "The sound is clear"),
    ],
)
def test_a_tag_alone_becomes_a_plain_instruction(tag: str, words: str) -> None:
    refined = ask("A boat.", "", tags=(tag,))
    assert refined.prompt.startswith("A boat. ")
    assert words in refined.prompt
    assert refined.changes[0].why == f"you marked “{tag}”"


def test_a_wanted_sign_is_not_forbidden_by_the_text_tag() -> None:
    assert "correctly spelled" in ask("A shop sign that says “Open”.", "", tags=("text",)).prompt


def test_a_tag_stands_in_for_words_that_say_nothing() -> None:
    assert "anatomically correct" in ask("A boat.", "bad!!", tags=("anatomy",)).prompt


@pytest.mark.parametrize("text", ["wrong", "bad", "No.", "try again", "???", "🚤", "not good", "  \n "])
def test_it_asks_back_when_nothing_says_what_to_change(text: str) -> None:
    refined = ask(POND, text)
    assert refined.prompt == POND
    assert not refined.changes
    assert "say what should be different" in refined.unserved[0].reason


def test_it_asks_back_in_the_reviewers_words() -> None:
    assert ask(POND, "wrong").unserved[0].reason.startswith("“wrong” does not say what to change")


def test_the_newest_note_wins_and_the_older_one_is_told() -> None:
    notes = [
        Feedback("old", text="the boat should be green", order=1),
        Feedback("new", text="boat must be red", order=2),
    ]
    refined = refine(POND, "", notes, FREE)
    assert "The boat is red." in refined.prompt
    assert "green" not in refined.prompt
    assert refined.unserved[0].feedback_id == "old"
    assert "replaced by a newer note: “boat must be red”" in refined.unserved[0].reason


def test_a_newer_round_replaces_the_sentence_of_the_last_one() -> None:
    first = ask(POND, "the boat should be red").prompt
    second = ask(first, "the boat should be green")
    assert "A green paper boat" in second.prompt
    assert second.prompt.count("The boat is green.") == 1
    assert "red" not in second.prompt.replace("red car", "")


def test_a_repeated_note_is_said_louder_and_not_twice() -> None:
    first = ask(POND, "the boat should be red").prompt
    second = ask(first, "the boat should be red", weight=2).prompt
    assert "The boat must clearly be red throughout." in second
    assert "The boat is red." not in second
    third = ask(second, "the boat should be red", weight=3)
    assert "Most important: the boat must clearly be red throughout." in third.prompt
    assert third.prompt.count("clearly") == 1
    again = ask(third.prompt, "the boat should be red", weight=4)
    assert again.prompt == third.prompt
    assert "as strongly as words can" in again.unserved[0].reason


def test_it_uses_the_negative_prompt_where_the_model_has_one() -> None:
    with_negative = Limits(None, "chars", negative_prompt=True, negative_max_units=100)
    refined = ask("A boat.", "no text", limits=with_negative)
    assert (refined.prompt, refined.negative_prompt) == ("A boat.", "text")
    wanted = refine(refined.prompt, "text, fog", [Feedback("n", text="add text")], with_negative)
    assert wanted.negative_prompt == "fog"


def test_a_full_negative_prompt_leaves_the_wish_to_the_prompt() -> None:
    refined = ask("A boat.", "no subtitles", limits=Limits(None, "chars", True, negative_max_units=3))
    assert refined.negative_prompt == ""
    assert "There are no subtitles." in refined.prompt


def test_it_never_cuts_the_brief_and_says_what_found_no_room() -> None:
    limits = Limits(len(POND) + 4, "chars", negative_prompt=False)
    notes = [
        Feedback("a", text="the boat should be red", order=1),
        Feedback("b", text="add a lighthouse", order=2),
    ]
    refined = refine(POND, "", notes, limits)
    assert refined.prompt == POND.replace("blue", "red")
    assert refined.unserved[0].feedback_id == "b"
    assert f"does not fit the model's limit of {len(POND) + 4} characters" in refined.unserved[0].reason


def test_a_brief_over_the_limit_stays_whole() -> None:
    assert ask(POND, "add a lighthouse", limits=Limits(20, "tokens", negative_prompt=False)).prompt == POND


def test_what_was_carried_over_finds_room_before_what_is_new() -> None:
    limits = Limits(len("A boat. There is a dog."), "chars", negative_prompt=False)
    notes = [
        Feedback("new", text="add a cat", order=9),
        Feedback("carried", text="add a dog", weight=2, order=1),
    ]
    refined = refine("A boat.", "", notes, limits)
    assert refined.prompt == "A boat. There is a dog."
    assert [one.feedback_id for one in refined.unserved] == ["new"]


def test_sound_is_refused_on_a_silent_model() -> None:
    silent = Limits(None, "chars", negative_prompt=False, audio=False)
    for text, tags in (("the music is too loud", ()), ("", ("audio",))):
        refined = ask("A boat.", text, limits=silent, tags=tags)
        assert refined.prompt == "A boat."
        assert "silent clips" in refined.unserved[0].reason


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (0.1, 0.8, "in the first second"),
        (7.5, 8.0, "near the end"),
        (1.5, 2.0, "near the start"),
        (4.0, 4.2, "midway through"),
    ],
)
def test_a_range_tells_when_in_words(start: float, end: float, words: str) -> None:
    limits = Limits(None, "chars", negative_prompt=False, duration_s=8.0)
    refined = refine("A boat.", "", [Feedback("n", ("anatomy",), "", start, end)], limits)
    assert (
        f"in every frame, above all {words}." in refined.prompt or f", above all {words}." in refined.prompt
    )
    again = refine(refined.prompt, "", [Feedback("n", ("anatomy",), "", start, end)], limits).prompt
    assert again == refined.prompt.replace("Hands", "Important: hands")


def test_what_is_said_is_cited_on_the_page() -> None:
    change = ask("A boat.", "the boat should be red").changes[0]
    assert (change.kind, change.after, change.where) == ("added", "The boat is red.", "prompt")
    assert change.why == "you said “the boat should be red”"
