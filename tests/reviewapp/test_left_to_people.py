"""Why a project that lets picks pass has left a clip to people: told to producers, and nothing by which
anyone knows which clips were drawn.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse

from reviewapp import review, shots
from reviewapp.models import Candidate, Project, QualityReport, Shot, Status, User
from reviewapp.notes import Feedback
from tests.cast import signed_in
from tests.reviewapp.report_stage import come, report, round_of
from tests.reviewapp.stages import asked, bring

SAID = re.compile(r"Left to people: ([^<]+)\.</p>")
CAME_BEFORE = "nothing is against it as things stand, but its round was left to people when it came"


@pytest.fixture
def by_itself(project: Project) -> Project:
    """The project approves picks from 0.7 on by itself, and shows none of them to people."""
    Project.objects.update(auto_approve_score=0.7, audit_share=0)
    project.refresh_from_db()
    return project


def in_room(row: Candidate, person: User) -> list[str]:
    page = signed_in(person).get(reverse("review-room", args=[row.uid]))
    return SAID.findall(page.content.decode())


def on_page(shot: Shot, person: User) -> list[str]:
    """Clip by clip, on the page of the shot."""
    page = signed_in(person).get(reverse("shot-detail", args=[shot.project.slug, shot.code]))
    return SAID.findall(page.content.decode())


@pytest.mark.parametrize(
    ("told", "first", "second"),
    [
        (
            (report(0.65), report(0.2)),
            "its score of 0.65 is below 0.70",
            "another clip of the round stands first",
        ),
        (
            (report(0.6996), report(0.2, "suspect", ["soft"])),
            "its score of 0.6996 is below 0.70",
            "it does not pass the checks",
        ),
        (
            (report(0.9), report(0.89)),
            "a close call with the next clip of its round",
            "another clip of the round stands first",
        ),
        (
            (report(clarity=0.9, face=None), report(clarity=0.2, face=None)),
            "little was measured (50 % of what makes the score)",
            "another clip of the round stands first",
        ),
        (
            (report(1.0, "suspect", ["soft"]), report(0.2, "reject", ["black:reject"])),
            "no clip of the round passes the checks",
            "it does not pass the checks",
        ),
    ],
    ids=["low", "just below", "close", "thin", "none passes"],
)
def test_a_producer_reads_of_every_clip_why_it_was_left_to_people(
    by_itself: Project,
    shot: Shot,
    alice: User,
    bob: User,
    told: tuple[QualityReport, ...],
    first: str,
    second: str,
) -> None:
    rows = round_of(shot, alice, *told)
    assert on_page(shot, alice) == [first, second]
    assert [in_room(row, alice) for row in rows] == [[first], [second]]
    # Who decides is not told what the machine would have done.
    assert on_page(shot, bob) == []
    assert in_room(rows[0], bob) == []


def test_a_drawn_clip_reads_like_one_that_came_before_the_project_approved_any(
    by_itself: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    Project.objects.update(audit_share=1)
    drawn = round_of(make_shot(), alice, report(0.9), report(0.4))
    Project.objects.update(auto_approve_score=None, audit_share=0)
    older = round_of(make_shot(), alice, report(0.9), report(0.4))
    Project.objects.update(auto_approve_score=0.7)
    assert (drawn[0].audited, older[0].audited) == (True, False)
    for rows in (drawn, older):
        assert on_page(rows[0].shot, alice) == [CAME_BEFORE, "another clip of the round stands first"]
        assert in_room(rows[0], alice) == [CAME_BEFORE]


def test_a_round_that_is_not_complete_or_was_decided_on_or_paused_says_so(
    by_itself: Project, shot: Shot, alice: User, bob: User
) -> None:
    first, second, third = (bring(row, Status.CHECKING) for row in asked(shot, alice, 3))
    come(first, report(0.9))
    assert on_page(shot, alice) == ["the rest of its round is still being made"]
    shots.set_on_hold(shot, on_hold=True)
    assert on_page(shot, alice) == ["the shot is on hold"]
    come(second, report(0.5))
    come(third, report(0.4))
    shots.set_on_hold(shot, on_hold=False)
    row = Candidate.objects.whole().get(pk=second.pk)
    decision = review.reject(row, bob, row.revision, Feedback(text="Slower."))
    assert on_page(shot, alice) == ["decisions were made in its round"] * 2
    review.undo(decision, bob)
    assert on_page(shot, alice) == ["decisions were made in its round"] * 3


def test_a_project_that_approves_nothing_by_itself_says_nothing(
    project: Project, shot: Shot, alice: User
) -> None:
    [row] = round_of(shot, alice, report(0.9))
    assert on_page(shot, alice) == []
    assert in_room(row, alice) == []
