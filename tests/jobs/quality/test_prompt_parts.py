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
        "subject: a red paper boat",
        "action: a red paper boat drifts",
        "place: along a rainy street",
        "light: soft daylight",
    ],
    "A fisherman in a yellow coat hauls a net on a wooden boat at dawn, slow dolly in, 35mm film grain": [
        "subject: a fisherman in a yellow coat",
        "action: a fisherman in a yellow coat hauls a net",
        "place: on a wooden boat",
        "light: dawn",
        "style: 35mm film grain",
    ],
    "Dawn over a calm sea. Two white swans glide on it.": [
        "subject: two white swans",
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
        "subject: a knight in silver armour",
        "action: a knight in silver armour kneels before the queen",
        "place: a stone hall",
        "light: torchlight",
        "style: oil painting",
    ],
    "A woman opens the door, and walks into the kitchen. She smiles.": [
        "subject: a woman",
        "action: a woman opens the door",
        "action: a woman walks",
        "place: into the kitchen",
    ],
    "The camera follows a girl who runs through a field": [
        "subject: a girl",
        "action: a girl runs",
        "place: through a field",
    ],
    "A tall, thin man waits on the left of a bridge": [
        "subject: a tall thin man",
        "action: a tall thin man waits",
        "place: on a bridge",
    ],
    "Big waves crash against black rocks": [
        "subject: big waves",
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
    "INT. KITCHEN - NIGHT. MARIA (40s) stands at the sink, washing dishes.": [
        "subject: MARIA",
        "action: MARIA stands",
        "action: MARIA washing dishes",
        "place: KITCHEN",
        "place: at the sink",
        "light: NIGHT",
    ],
    "Push in on a clockmaker as he adjusts a gear in a shop filled with clocks. Warm tungsten light.": [
        "subject: a clockmaker",
        "action: a clockmaker adjusts a gear",
        "place: in a shop filled with clocks",
        "light: warm tungsten light",
    ],
    "Keep the boat red. An old man and a girl fly a kite under a stormy sky.": [
        "subject: the boat red",
        "subject: an old man and a girl",
        "action: an old man and a girl fly a kite",
        "light: stormy sky",
    ],
    "A glass tips over and the water spills across the wood": [
        "subject: a glass",
        "subject: the water",
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
        "A cat sits on a wall. A dog runs through a park. A bird sings in a tree. Dusk. Soft light. "
        "Wide shot. Watercolour style."
    )
    pieces = prompt_parts.pieces(prompt)
    assert len(pieces) == prompt_parts.MOST
    assert [piece.kind for piece in pieces] == ["subject", "action", "place", "light", "camera", "style"]
    assert pieces[0].words == "a cat"


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
