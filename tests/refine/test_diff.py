from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reviewapp.refine import Feedback, Limits, diff_pieces, diff_with_causes, refine

WORDS = st.lists(
    st.sampled_from(["red", "boat", " ", "  ", "\n", ".", ",", "blue", "it’s", "🚤"]), max_size=30
).map("".join)
ANY = Limits(None, "chars", negative_prompt=False)


def joined(pieces: tuple[object, ...], *kinds: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind in kinds)  # type: ignore[attr-defined]


@given(old=st.text() | WORDS, new=st.text() | WORDS)
def test_it_joins_back_to_both_texts(old: str, new: str) -> None:
    pieces = diff_pieces(old, new)
    assert joined(pieces, "same", "removed") == old
    assert joined(pieces, "same", "added") == new
    assert all(piece.text for piece in pieces)


def test_it_shows_a_word_exchanged_inside_a_sentence() -> None:
    pieces = diff_pieces("A blue boat.", "A red boat.")
    assert [(piece.kind, piece.text) for piece in pieces] == [
        ("same", "A "),
        ("removed", "blue"),
        ("added", "red"),
        ("same", " boat."),
    ]


def test_it_shows_a_huge_change_as_one_block() -> None:
    old, new = "a b " * 4000, "c d " * 4000
    pieces = diff_pieces(old, new)
    assert joined(pieces, "same", "removed") == old
    assert len(pieces) <= 4


def test_it_ties_each_piece_to_the_remark_that_caused_it() -> None:
    old = "A blue boat drifts. The camera pans left."
    feedback = [
        Feedback("n1", text="the boat should be red", order=1),
        Feedback("n2", text="camera should push in", order=2),
    ]
    refined = refine(old, "", feedback, ANY)
    causes = {
        piece.text.strip(): piece.feedback_ids
        for piece in diff_with_causes(old, refined.prompt, refined.changes)
        if piece.kind != "same"
    }
    assert causes["blue"] == ("n1",)
    assert causes["red"] == ("n1",)
    assert all("n2" in ids for text, ids in causes.items() if "push" in text or "pans" in text)


NOTES = st.lists(
    st.sampled_from(
        [
            "the boat should be red",
            "make it slower",
            "no text",
            "camera should push in",
            "too dark",
            "there should be three birds",
            "hand melts at the end",
            "remove the car",
            "the dog looks a bit sleepy today",
            "at night instead of day",
        ]
    ),
    min_size=1,
    max_size=5,
)
BRIEFS = st.sampled_from(
    [
        "A blue paper boat drifts quickly across a pond at noon, with a red car. The camera pans left. Two "
        "birds fly.",
        "a boat",
        "",
        "A dog\nA boat in daylight\n",
        "The boat is green. The camera pans left.",
    ]
)


@given(brief=BRIEFS, notes=NOTES)
def test_it_leaves_no_changed_piece_without_a_cause(brief: str, notes: list[str]) -> None:
    feedback = [Feedback(f"n{index}", text=text, order=index) for index, text in enumerate(notes)]
    refined = refine(brief, "", feedback, ANY)
    pieces = diff_with_causes(brief, refined.prompt, refined.changes)
    assert joined(pieces, "same", "removed") == brief
    assert joined(pieces, "same", "added") == refined.prompt
    assert all(piece.feedback_ids for piece in pieces if piece.kind != "same")


def test_it_claims_no_cause_for_an_edit_made_by_hand() -> None:
    pieces = diff_with_causes("A boat.", "A ship.", ())
    assert all(piece.feedback_ids == () for piece in pieces)
