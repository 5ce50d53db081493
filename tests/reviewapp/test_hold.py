"""A watcher that read the end of a hold a moment ago cannot send what people have changed since."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reviewapp import retakes
from reviewapp.models import Candidate, PromptVersion, Shot, Status, User
from tests.reviewapp.review_world import in_review, rejected, retake_of

pytestmark = pytest.mark.django_db


def fresh(candidate: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=candidate.pk)


def test_a_merged_rejection_does_not_leave_with_the_old_words(shot: Shot, alice: User, bob: User) -> None:
    first, second = in_review(shot, alice, 2)
    version, held = retake_of(rejected(first, bob, text="The boat is too small."))
    seen_by_the_watcher = fresh(held)
    rejected(fresh(second), bob, text="It should rain.")
    retakes.release_hold(seen_by_the_watcher)
    assert fresh(held).status == Status.HELD
    version.refresh_from_db()
    assert "rain" in version.text


@pytest.mark.parametrize(
    "change",
    [
        lambda version, by: retakes.pause(version),
        lambda version, by: retakes.edit(version, by, "A green boat on a calm sea."),
    ],
    ids=["pause", "edit"],
)
def test_a_prompt_that_is_being_edited_does_not_leave(
    shot: Shot, alice: User, bob: User, change: Callable[[PromptVersion, User], object]
) -> None:
    [clip] = in_review(shot, alice, 1)
    version, held = retake_of(rejected(clip, bob, text="The boat is too small."))
    seen_by_the_watcher = fresh(held)
    change(version, bob)
    retakes.release_hold(seen_by_the_watcher)
    assert fresh(held).status == Status.HELD
