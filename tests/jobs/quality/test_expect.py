"""What a shot's words ask for, phrase by phrase."""

from __future__ import annotations

import pytest

from jobs.quality.expect import Expected, read


@pytest.mark.parametrize(
    ("prompt", "still"),
    [
        ("A small red paper boat lies still in a puddle.", True),
        ("Two white houses stand still at the shore.", True),
        ("A motionless figure under a lamp.", True),
        ("A still life of fruit, light falls from the left.", True),
        ("Nothing moves in the empty hall.", True),
        ("The pond is still.", True),
        ("A red boat drifts to the right. The camera is still.", False),
        ("The camera stays still while a boat drifts past.", False),
        ("A house by the sea. The camera is completely still.", False),
        ("A boat still drifts on.", False),
        ("The kettle is still steaming.", False),
        ("She must not stand still.", False),
        ("She never sits still.", False),
        ("No freeze frame, no still picture.", False),
        ("A cat sits still under an umbrella. A red boat drifts past.", False),
        ("A lighthouse stands still. The camera pans left.", False),
        ("A statue stands still while grey pigeons fly around it.", False),
        ("People frozen in time, the camera moves between them.", False),
        ("A woman smiles.", False),
        ("No camera movement. A woman smiles.", False),
    ],
)
def test_a_shot_that_asks_for_rest_is_told_from_a_camera_at_rest(prompt: str, still: bool) -> None:
    assert read(prompt).still_wanted is still


@pytest.mark.parametrize(
    "prompt",
    [
        "A woman walks down an empty street.",
        "Portrait of an old fisherman.",
        "A young man talks to the camera.",
        "Close-up of a child who laughs.",
        "A talking head against a grey wall.",
        "Two friends drink coffee at a table.",
        "A dancer spins in red light.",
        "A chef tastes the soup and smiles.",
        "Her face fills the frame.",
        "A man rides a horse along the beach.",
        "A woman pets her dog.",
        "No text, no logo. A girl smiles.",
        "No wind, a woman stands at the window.",
        "A woman at a table. No other people.",
        "A woman at a table, nobody else in the picture.",
        "A woman in a café, no people in the background.",
    ],
)
def test_people_whose_face_is_to_be_seen_are_wanted(prompt: str) -> None:
    assert read(prompt).person_wanted is True


@pytest.mark.parametrize(
    "prompt",
    [
        "An empty street at night.",
        "A red boat on a river, no people.",
        "A deserted old railway station. No text, logos or people.",
        "A mountain lake without any people.",
        "Nobody is in the room.",
        "A cat sleeps on a sofa.",
        "A dog chases its tail. It barks and she jumps.",
        "Portrait of a dog.",
        "A butterfly above a red boat.",
        "A baby elephant drinks.",
        "No man in the picture, only waves.",
    ],
)
def test_nobody_is_wanted_where_the_words_say_so_or_name_an_animal(prompt: str) -> None:
    assert read(prompt).person_wanted is False


@pytest.mark.parametrize(
    "prompt",
    [
        "A red boat drifts along a river.",
        "Waves roll in.",
        "A crowd seen from behind.",
        "A woman from behind walks into the fog.",
        "A man with his back to the camera.",
        "A man's hand opens a letter.",
        "Close-up of a woman's hands kneading dough.",
        "Hands knead dough.",
        "People cross a busy square.",
        "The silhouette of a man against the sunset.",
        "A statue of a woman in the rain.",
        "A snowman melts.",
        "The rock face glows.",
        "The face of the clock.",
        "In portrait orientation, a waterfall.",
        "A woman in a mask walks through the market.",
        "A cartoon girl laughs.",
        "A man in the distance.",
        "A soldier, her face is never seen.",
        "A man-made lake.",
        "Someone opens a door.",
        "A diver among fish, his hand on a rock.",
        "",
    ],
)
def test_words_that_leave_a_face_open_decide_nothing(prompt: str) -> None:
    assert read(prompt).person_wanted is None


def test_criteria_and_the_negative_prompt_speak_too() -> None:
    assert read("A street in the rain.", ["One face is visible"]).person_wanted is True
    assert read("A street in the rain.", ["No people"]).person_wanted is False
    assert read("A street in the rain.", [], "blurry, people, text").person_wanted is False
    assert read("A street in the rain.", [], "deformed face, extra people").person_wanted is None
    assert read("A woman in the rain.", [], "people").person_wanted is True


@pytest.mark.parametrize(
    ("prompt", "spoken_of"),
    [
        ("Close-up of an old fisherman in the rain.", True),
        ("Portrait of a woman by the window.", True),
        ("A girl smiles and looks into the camera.", True),
        ("A woman walks along the beach at dusk.", False),
        ("A man stands at a bus stop.", False),
        ("Close-up of a red cup.", False),
        ("A woman, seen from behind, laughs.", False),
    ],
)
def test_a_face_has_to_be_found_only_where_it_is_spoken_of(prompt: str, spoken_of: bool) -> None:
    assert read(prompt).face_wanted is spoken_of


@pytest.mark.parametrize(
    ("prompt", "cuts"),
    [
        ("A montage of city scenes.", True),
        ("A boat at sea. Cut to a lighthouse.", True),
        ("The film cuts to the harbour.", True),
        ("Quick cuts of dancers' feet.", True),
        ("Split screen: a cat and a dog.", True),
        ("Shot 1: a boat. Shot 2: a harbour.", True),
        ("[0-2s] a boat. [2-4s] a harbour.", True),
        ("A series of shots of a market.", True),
        ("The picture dissolves into a night sky.", True),
        ("A boat at sea.", False),
        ("A boat at sea, no cuts.", False),
        ("Do not cut to another angle.", False),
        ("Don’t cut to the face.", False),
        ("The shot never cuts away.", False),
        ("One continuous take without cuts.", False),
        ("A single take through a montage room.", False),
        ("A chef cuts the bread.", False),
        ("She cuts to the chase.", False),
        ("Cut flowers in a vase.", False),
        ("The paper is cut to a star.", False),
        ("A man with a short haircut.", False),
        ("5 s of waves between 2-4 s of wind.", False),
    ],
)
def test_cuts_are_wanted_only_where_they_are_asked_for(prompt: str, cuts: bool) -> None:
    assert read(prompt).cuts_wanted is cuts


def test_a_criterion_of_one_take_overrules_the_prompt() -> None:
    assert read("A montage of waves.", ["Single take"]).cuts_wanted is False


@pytest.mark.parametrize(
    ("prompt", "sound"),
    [
        ("Waves roll in with the sound of gulls.", True),
        ("A man says: “Come home.”", True),
        ("Audio: rain on a tin roof.", True),
        ("Rain on a roof. SFX: thunder.", True),
        ("A choir can be heard.", True),
        ("Soft piano; the music plays on.", True),
        ("A street. With natural sound.", True),
        ("A street, no sound.", False),
        ("A street without any audio.", False),
        ("The clip is silent.", False),
        ("Audio: none.", False),
        ("A silent street at night.", None),
        ("Muted colours, a woman smiles.", None),
        ("A street. No music.", None),
        ("In the style of a silent film.", None),
        ("A woman talks to the camera.", None),
        ("The clip must not be silent.", None),
        ("A boat.", None),
    ],
)
def test_sound_is_read_from_words_about_the_clip_and_not_from_its_mood(
    prompt: str, sound: bool | None
) -> None:
    assert read(prompt).sound_wanted is sound


def test_a_line_of_several_demands_is_read_word_by_word() -> None:
    assert read("Waves.", ["5 s, no cut, silent"]) == Expected(
        still_wanted=False, person_wanted=None, face_wanted=False, cuts_wanted=False, sound_wanted=False
    )
    assert read("Waves.", ["Sound"]).sound_wanted is True
    assert read("Waves.", [], "audio, text").sound_wanted is False


@pytest.mark.parametrize(
    ("line", "still"),
    [
        ("A still", True),
        ("still image, silent", True),
        ("a completely still picture", True),
        ("a still: nothing moves", True),
        ("still water", False),
        ("the camera is still", False),
    ],
)
def test_a_still_may_be_asked_for_by_a_criterion_alone(line: str, still: bool) -> None:
    assert read("A boat on a river.", [line]).still_wanted is still
    assert not read("A boat, still", []).still_wanted
