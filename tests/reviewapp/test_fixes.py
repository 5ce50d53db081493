"""Measured fixes: a word on a note, and what the checks of two clips say, by kind of change and model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse

from jobs.quality.report import CHECKER_VERSION
from reviewapp import review
from reviewapp.models import Candidate, MeasuredFix, Note, PromptVersion, QualityReport, Shot, Status, User
from reviewapp.models.projects import Author
from reviewapp.notes import Feedback
from tests.cast import signed_in
from tests.reviewapp.report_stage import come, report, round_of
from tests.reviewapp.stages import bring

Told = list[tuple[str, str, bool]]


def stored(*, by_note: bool) -> Told:
    rows = MeasuredFix.objects.filter(note__isnull=not by_note).order_by("complaint", "change")
    return list(rows.values_list("complaint", "change", "solved"))


def retake(
    shot: Shot, alice: User, bob: User, old: QualityReport, new: QualityReport
) -> tuple[Candidate, Note]:
    """A clip that bob sent back as too dark, and the one that came in its place."""
    [first] = round_of(shot, alice, old)
    decision = review.reject(first, bob, first.revision, Feedback(tags=["light"], text="It is too dark."))
    assert decision.retake is not None
    replacement = decision.retake.candidates.get()
    replacement.move(Status.QUEUED, actor="test")
    return come(replacement, new), decision.notes.get()


def change(kind: str, where: str, note_id: int) -> dict[str, object]:
    told: dict[str, object] = {"kind": kind, "before": "", "after": "Bright light.", "where": where}
    return told | {"feedback_ids": [str(note_id)], "why": "It was too dark."}


def say(bob: User, clip: Candidate, note: Note, solved: bool) -> None:
    address = reverse("note-check", args=[clip.uid])
    answer = signed_in(bob).post(
        address, {"note": note.pk, "solved": int(solved)}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200, answer.content


def test_a_word_on_a_note_is_stored_with_the_kind_of_change_and_a_new_word_replaces_it(
    shot: Shot, alice: User, bob: User
) -> None:
    clip, note = retake(shot, alice, bob, report(), report())
    kinds = sorted({change["kind"] for change in clip.version.changes})
    assert kinds
    say(bob, clip, note, solved=False)
    assert stored(by_note=True) == [("tag:light", kind, False) for kind in kinds]
    say(bob, clip, note, solved=True)
    assert stored(by_note=True) == [("tag:light", kind, True) for kind in kinds]
    row = MeasuredFix.objects.filter(note=note)[0]
    assert (row.project, row.candidate, row.provider, row.model) == (shot.project, clip, "runway", "gen4.5")


def test_words_that_stayed_and_words_of_a_person_are_told_apart(shot: Shot, alice: User, bob: User) -> None:
    clip, note = retake(shot, alice, bob, report(), report())
    PromptVersion.objects.filter(pk=clip.version_id).update(changes=[])
    say(bob, clip, note, solved=True)
    assert stored(by_note=True) == [("tag:light", "again", True)]
    PromptVersion.objects.filter(pk=clip.version_id).update(author_kind=Author.PERSON)
    say(bob, clip, note, solved=True)
    assert stored(by_note=True) == [("tag:light", "edited", True)]


def test_a_note_that_no_change_answers_was_not_asked_again_with_the_same_words(
    shot: Shot, alice: User, bob: User
) -> None:
    clip, note = retake(shot, alice, bob, report(), report())
    PromptVersion.objects.filter(pk=clip.version_id).update(changes=[change("added", "prompt", 0)])
    say(bob, clip, note, solved=False)
    assert stored(by_note=True) == [("tag:light", "for_others", False)]
    shown = signed_in(alice).get(reverse("project-learned", args=["harbour"])).context["lessons"].fixes
    assert "changes for other notes, none for this one" in {one.change for one in shown}


def test_a_change_in_the_negative_prompt_is_another_kind(shot: Shot, alice: User, bob: User) -> None:
    clip, note = retake(shot, alice, bob, report(), report())
    mine, foreign = change("added", "negative", note.pk), change("moved", "prompt", 0)
    PromptVersion.objects.filter(pk=clip.version_id).update(changes=[mine, foreign])
    say(bob, clip, note, solved=True)
    assert stored(by_note=True) == [("tag:light", "added_negative", True)]


def test_the_checks_say_which_faults_went_and_which_stayed(shot: Shot, alice: User, bob: User) -> None:
    old = report(0.8, "reject", ["flicker", "freeze:reject", "dark:info"])
    clip, _ = retake(shot, alice, bob, old, report(0.8, "suspect", ["flicker", "soft"]))
    kinds = sorted({change["kind"] for change in clip.version.changes})
    expected = [("finding:flicker", kind, False) for kind in kinds] + [
        ("finding:freeze", kind, True) for kind in kinds
    ]
    assert stored(by_note=False) == expected


@pytest.mark.parametrize("lost", ["another checker", "not measured this time"])
def test_what_cannot_be_compared_is_not_called_solved(shot: Shot, alice: User, bob: User, lost: str) -> None:
    old, new = (
        report(0.8, "suspect", ["flicker"]),
        report(version="1" if lost == "another checker" else CHECKER_VERSION),
    )
    old.measures = {"flicker_pct": 3.0}
    new.measures = {"flicker_pct": None} if lost == "not measured this time" else {"flicker_pct": 0.1}
    new.unmeasured = {"flicker_pct": "The clip is too short."} if new.measures["flicker_pct"] is None else {}
    retake(shot, alice, bob, old, new)
    assert stored(by_note=False) == []


def test_the_page_counts_them_by_change_and_model(shot: Shot, alice: User, bob: User) -> None:
    clip, note = retake(shot, alice, bob, report(0.8, "suspect", ["flicker"]), report())
    PromptVersion.objects.filter(pk=clip.version_id).update(changes=[change("added", "prompt", note.pk)])
    say(bob, clip, note, solved=False)
    shown = signed_in(alice).get(reverse("project-learned", args=["harbour"])).context["lessons"].fixes
    light = next(one for one in shown if one.complaint.startswith("note"))
    assert (light.complaint, light.change) == ("note on light / colour", "adding an instruction")
    assert (light.solved, light.tries, light.percent) == (0, 1, 0)
    assert any(one.complaint == "flicker" and one.solved == one.tries == 1 for one in shown)


def helped(alice: User) -> Told:
    shown = signed_in(alice).get(reverse("project-learned", args=["harbour"])).context["lessons"].fixes
    return [(one.complaint, one.change, one.solved == one.tries) for one in shown]


def test_a_retake_whose_rejection_was_undone_has_helped_nobody(
    make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    clip, note = retake(make_shot(), alice, bob, report(0.8, "suspect", ["flicker"]), report())
    retake(make_shot(), alice, bob, report(0.8, "suspect", ["soft"]), report())
    say(bob, clip, note, solved=True)
    assert {complaint for complaint, _, _ in helped(alice)} == {"flicker", "soft", "note on light / colour"}
    assert note.decision is not None
    address = reverse("decision-undo", args=[note.decision.pk])
    assert signed_in(bob).post(address, headers={"HX-Request": "true"}).status_code == 200
    # The clip had been sent already and came all the same.
    assert Candidate.objects.get(pk=clip.pk).status == Status.IN_REVIEW
    assert {complaint for complaint, _, _ in helped(alice)} == {"soft"}


def test_a_clip_that_comes_after_its_rejection_was_undone_counts_for_nothing(
    shot: Shot, alice: User, bob: User
) -> None:
    [first] = round_of(shot, alice, report(0.8, "suspect", ["flicker"]))
    decision = review.reject(first, bob, first.revision, Feedback(text="It is too dark."))
    assert decision.retake is not None
    replacement = decision.retake.candidates.get()
    replacement.move(Status.QUEUED, actor="test")
    arriving = bring(replacement, Status.CHECKING)
    review.undo(decision, bob)
    come(arriving, report())
    assert stored(by_note=False) != []
    assert helped(alice) == []


def test_a_second_rejection_counts_where_the_first_was_undone(shot: Shot, alice: User, bob: User) -> None:
    [first] = round_of(shot, alice, report(0.8, "suspect", ["flicker"]))
    review.undo(review.reject(first, bob, first.revision, Feedback(text="It is too dark.")), bob)
    row = Candidate.objects.whole().get(pk=first.pk)
    decision = review.reject(row, bob, row.revision, Feedback(text="It flickers."))
    assert decision.retake is not None
    replacement = decision.retake.candidates.exclude(status=Status.CANCELLED).get()
    replacement.move(Status.QUEUED, actor="test")
    come(replacement, report())
    assert [complaint for complaint, _, _ in helped(alice)] == ["flicker"]
