"""What an undo brings back, through the verbs."""

from __future__ import annotations

import pytest

from reviewapp import retakes, review
from reviewapp.models import Candidate, Shot, ShotStatus, Status, User
from tests.reviewapp.review_world import in_review, rejected, retake_of

pytestmark = pytest.mark.django_db


def fresh(candidate: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=candidate.pk)


def test_undoing_an_approval_gives_back_the_retake_it_stopped(shot: Shot, alice: User, bob: User) -> None:
    first, second = in_review(shot, alice, 2)
    retake_of(rejected(first, bob, text="The boat is too small."))
    review.undo(review.approve(fresh(second), bob, second.revision), bob)
    replacement = Candidate.objects.get(replaces=first, status=Status.HELD)
    said = [note.text for note in retakes.notes_behind(replacement.version)]
    assert said == ["The boat is too small."]
    assert fresh(second).status == Status.IN_REVIEW


def test_no_note_is_lost_when_the_next_rejection_follows_an_undone_approval(
    shot: Shot, alice: User, bob: User
) -> None:
    first, second = in_review(shot, alice, 2)
    retake_of(rejected(first, bob, text="The boat is too small."))
    review.undo(review.approve(fresh(second), bob, second.revision), bob)
    version, _ = retake_of(rejected(fresh(second), bob, text="It should rain."))
    said = {note.text for note in retakes.notes_behind(version)}
    assert said == {"The boat is too small.", "It should rain."}


def test_undoing_an_approval_brings_back_those_passed_over(shot: Shot, alice: User, bob: User) -> None:
    first, second = in_review(shot, alice, 2)
    decision = review.approve(first, bob, first.revision)
    assert fresh(second).status == Status.PASSED_OVER
    review.undo(decision, bob)
    assert {fresh(first).status, fresh(second).status} == {Status.IN_REVIEW}
    assert Shot.objects.get(pk=shot.pk).status == ShotStatus.IN_REVIEW


def test_a_rejection_cannot_be_undone_under_an_approval(shot: Shot, alice: User, bob: User) -> None:
    first, second = in_review(shot, alice, 2)
    decision = rejected(first, bob, text="too dark")
    review.approve(fresh(second), bob, second.revision)
    with pytest.raises(review.CannotUndo, match="has been approved since"):
        review.undo(decision, bob)
    assert fresh(first).status == Status.REJECTED
