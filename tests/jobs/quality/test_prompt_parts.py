"""A prompt in parts: each a short phrase that a picture can be held against, and nothing that none shows."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.quality import prompt_parts

# The prompt, and its parts as "kind: words".
PROMPTS = {
    "A red paper boat drifts slowly from left to right along a rainy street. The camera pans right. "
    "Soft daylight.": [
        "action: a red paper boat drifts",
        "place: along a rainy street",
        "light: soft daylight",
    ],
    "A fisherman in a yellow coat hauls a net on a wooden boat at dawn, slow dolly in, 35mm film grain": [
        "action: a fisherman in a yellow coat hauls a net",
        "place: on a wooden boat",
        "light: dawn",
        "style: 35mm film grain",
    ],
    "Dawn over a calm sea. Two white swans glide on it.": [
        "action: two white swans glide",
        "place: over a calm sea",
        "light: dawn",
    ],
    "Close-up of an old woman's hands kneading dough on a floured table. Warm candlelight. Cinematic.": [
        "subject: an old woman's hands kneading dough",
        "place: on a floured table",
        "light: warm candlelight",
        "camera: close-up",
        "style: cinematic",
    ],
    "Subject: a knight in silver armour. Action: he kneels before the queen. Setting: a stone hall. "
    "Lighting: torchlight. Style: oil painting. Camera: slow push in. Sound: a choir": [
        "action: a knight in silver armour kneels before the queen",
        "place: a stone hall",
        "light: torchlight",
        "style: oil painting",
    ],
    "A woman opens the door, and walks into the kitchen. She smiles.": [
        "action: a woman opens the door",
        "action: a woman walks",
        "place: into the kitchen",
    ],
    "The camera follows a girl who runs through a field": [
        "action: a girl runs",
        "place: through a field",
    ],
    "A tall, thin man waits on the left of a bridge": [
        "action: a tall thin man waits",
        "place: on a bridge",
    ],
    "Big waves crash against black rocks": [
        "action: big waves crash",
        "place: against black rocks",
    ],
    "It snows on a quiet village at night": ["place: on a quiet village", "light: snow", "light: night"],
    "A running man, no text, 4k": ["subject: a running man"],
    'A dog with a red ball. "Come here!" Kitchen, morning light': [
        "subject: a dog with a red ball",
        "place: kitchen",
        "light: morning light",
    ],
    "red cup": ["subject: red cup"],
    "A yellow cup on a table. Bright.": ["subject: a yellow cup", "place: on a table", "light: bright"],
    "INT. KITCHEN - NIGHT. MARIA (40s) stands at the sink, washing dishes.": [
        "action: MARIA stands",
        "action: MARIA washing dishes",
        "place: KITCHEN",
        "place: at the sink",
        "light: NIGHT",
    ],
    "Push in on a clockmaker as he adjusts a gear in a shop filled with clocks. Warm tungsten light.": [
        "action: a clockmaker adjusts a gear",
        "place: in a shop filled with clocks",
        "light: warm tungsten light",
    ],
    "Keep the boat red. An old man and a girl fly a kite under a stormy sky.": [
        "subject: the boat red",
        "action: an old man and a girl fly a kite",
        "light: stormy sky",
    ],
    "A glass tips over and the water spills across the wood": [
        "action: a glass tips",
        "action: the water spills",
        "place: across the wood",
    ],
    "The camera pans left, handheld.": [],
    "1 2 3 …": [],
    "": [],
}


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt[:40])
def test_a_prompt_comes_apart_into_what_pictures_show(prompt: str) -> None:
    found = [f"{piece.kind}: {piece.words}" for piece in prompt_parts.pieces(prompt)]
    assert found == PROMPTS[prompt]
    assert prompt_parts.split(prompt) == tuple(part.split(": ", 1)[1] for part in PROMPTS[prompt])


def test_of_many_parts_every_kind_keeps_its_first() -> None:
    prompt = (
        "A bowl of fruit. A cat sits on a wall. A dog runs through a park. A bird sings in a tree. Dusk. "
        "Soft light. Wide shot. Watercolour style."
    )
    pieces = prompt_parts.pieces(prompt)
    assert len(pieces) == prompt_parts.MOST
    assert [piece.kind for piece in pieces] == ["subject", "action", "place", "light", "camera", "style"]
    assert [piece.words for piece in pieces[:2]] == ["a bowl of fruit", "a cat sits"]


REPEATS = {
    "A red boat. A red boat drifts on the sea.": ["a red boat drifts", "on the sea"],
    "A red paper boat drifts along a gutter. The boat is red. Keep the red paper boat in frame. It drifts.": [
        "a red paper boat drifts", "along a gutter",
    ],
    "a boat, a red boat, a small red boat on the water": ["a small red boat", "on the water"],
    "A desert. The desert over a desert at sunset.": ["a desert", "sunset"],
    "A portrait of an old sailor. An old sailor with a white beard looks up. White beard.": [
        "an old sailor with a white beard looks",
    ],
    "A woman smiling, she smiles.": ["a woman smiling"],
    "Morning light. Morning. Golden hour light. Golden hour.": ["morning light", "golden hour light"],
    "Cinematic light. Cinematic.": ["cinematic light"],
    # Another thing, another doing, another number and another look are said again.
    "A red boat drifts. A blue boat floats.": ["a red boat drifts", "a blue boat floats"],
    "A street light glows on a street.": ["a street light glows", "on a street"],
    "A dog runs. The dog barks.": ["a dog runs", "the dog barks"],
    "A cat and two cats on a wall.": ["a cat and two cats", "on a wall"],
}  # fmt: skip


@pytest.mark.parametrize("prompt", REPEATS, ids=lambda prompt: prompt[:40])
def test_no_part_says_again_what_another_one_tells(prompt: str) -> None:
    assert list(prompt_parts.split(prompt)) == REPEATS[prompt]


def test_what_a_part_tells_stays_when_that_part_does() -> None:
    """The second boat is in no other part, however many there are."""
    prompt = "A swan glides on a river. A red boat floats. Bright day. Wide shot. Watercolour style."
    assert "a red boat floats" in prompt_parts.split(prompt)


@given(st.text(st.sampled_from("aA \n,.:;\"'é木🔥-0isngthe"), max_size=400))
def test_any_text_gives_few_short_parts(text: str) -> None:
    parts = prompt_parts.split(text)
    assert len(parts) <= prompt_parts.MOST
    assert all(0 < len(part) <= 120 and any(map(str.isalpha, part)) for part in parts)


@pytest.mark.parametrize("words", ["a cat and ", "at the ", "golden ", "and a dog runs ", "a, "])
def test_a_very_long_prompt_takes_no_time(words: str) -> None:
    begun = time.process_time()
    prompt_parts.split(words * 2000)
    assert time.process_time() - begun < 1
