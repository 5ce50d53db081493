"""The shot list: its tabs, its search, its live rows, and a fixed number of questions to the database."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reviewapp import board, review
from reviewapp.models import Candidate, Project, Shot, ShotStatus, Status, User
from tests.cast import signed_in
from tests.reviewapp.stages import asked, bring, reviewed


def rows(answer: Any) -> list[str]:
    return [row.shot.code for _, group in answer.context["groups"] for row in group]


def list_of(project: Project) -> str:
    return reverse("shot-list", args=[project.slug])


def test_it_says_where_to_begin_when_there_is_no_shot(project: Project, alice: User, bob: User) -> None:
    hers = signed_in(alice).get(list_of(project)).content.decode()
    assert reverse("shot-import", args=[project.slug]) in hers
    assert reverse("shot-new", args=[project.slug]) in hers
    his = signed_in(bob).get(list_of(project)).content.decode()
    assert reverse("shot-import", args=[project.slug]) not in his


def test_a_stranger_finds_no_list(project: Project, charlie: User) -> None:
    assert signed_in(charlie).get(list_of(project)).status_code == 404
    assert signed_in(charlie).get(reverse("shot-rows", args=[project.slug])).status_code == 404


def test_a_reviewer_sees_the_list_without_the_producers_buttons(shot: Shot, bob: User) -> None:
    page = signed_in(bob).get(list_of(shot.project)).content.decode()
    assert shot.code in page
    assert "data-pick" not in page
    assert "data-generate" not in page


@pytest.mark.parametrize("flags", list(itertools.product((False, True), repeat=2)))
@pytest.mark.parametrize(
    "statuses",
    [
        (),
        (Status.CANCELLED,),
        (Status.GENERATING,),
        (Status.IN_REVIEW, Status.GENERATING),
        (Status.REJECTED,),
        (Status.FAILED, Status.REFUSED),
        (Status.APPROVED, Status.UNCERTAIN),
        (Status.APPROVED, Status.PASSED_OVER),
    ],
)
def test_the_lists_state_is_the_shots_own_status(
    shot: Shot, alice: User, statuses: tuple[Status, ...], flags: tuple[bool, bool]
) -> None:
    for candidate, status in zip(
        asked(shot, alice, max(1, len(statuses))), statuses or (Status.CANCELLED,), strict=True
    ):
        Candidate.objects.filter(pk=candidate.pk).update(status=status)
    Shot.objects.update(omitted=flags[0], on_hold=flags[1])
    (listed,) = board.with_state(Shot.objects.all())
    assert listed.state == Shot.objects.get().status


def test_the_state_of_a_second_round_is_retake(shot: Shot, alice: User) -> None:
    (candidate,) = asked(shot, alice)
    candidate.version.round = 2
    candidate.version.save()
    (listed,) = board.with_state(Shot.objects.all())
    assert listed.state == Shot.objects.get().status == ShotStatus.RETAKE


def test_the_tabs_count_and_filter(make_shot: Callable[..., Shot], alice: User) -> None:
    draft, waiting, failed, lost = make_shot(), make_shot(), make_shot(), make_shot()
    reviewed(waiting, alice)
    bring(asked(failed, alice)[0], Status.FAILED)
    bring(asked(lost, alice)[0], Status.UNCERTAIN)
    client = signed_in(alice)
    answer = client.get(list_of(draft.project))
    counts = {key: count for key, _, count, _ in answer.context["tabs"]}
    assert counts == {
        "": 4, "draft": 1, "generating": 1, "in_review": 1, "retake": 0, "approved": 0, "needs_you": 2
    }  # fmt: skip
    assert rows(client.get(list_of(draft.project), {"tab": "draft"})) == [draft.code]
    assert rows(client.get(list_of(draft.project), {"tab": "needs_you"})) == [failed.code, lost.code]
    assert len(rows(client.get(list_of(draft.project), {"tab": "nonsense"}))) == 4


def test_an_approved_shot_needs_nobody_whatever_failed_beside_it(shot: Shot, alice: User) -> None:
    first, second = asked(shot, alice, 2)
    bring(second, Status.FAILED)
    approved = bring(first, Status.IN_REVIEW)
    review.approve(approved, alice, approved.revision)
    assert board.tab_counts(shot.project)["needs_you"] == 0


def test_it_searches_code_sequence_and_prompt_for_every_word(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    first = make_shot(prompt="A green lighthouse at night")
    make_shot(prompt="A red boat")
    client = signed_in(alice)
    assert rows(client.get(list_of(first.project), {"q": "LIGHTHOUSE green"})) == [first.code]
    assert "No shot here" in client.get(list_of(first.project), {"q": "%"}).content.decode()


def test_it_groups_by_sequence_in_the_lists_order(make_shot: Callable[..., Shot], alice: User) -> None:
    for sequence in ("B", "B", "A"):
        make_shot(sequence=sequence)
    groups = signed_in(alice).get(list_of(Project.objects.get())).context["groups"]
    assert [(name, len(found)) for name, found in groups] == [("B", 2), ("A", 1)]


def test_it_shows_a_hundred_at_a_time(project: Project, alice: User) -> None:
    many(project, 250)
    client = signed_in(alice)
    assert len(rows(client.get(list_of(project)))) == 100
    assert len(rows(client.get(list_of(project), {"page": "3"}))) == 50
    assert len(rows(client.get(list_of(project), {"page": "99"}))) == 50


def many(project: Project, count: int) -> None:
    Shot.objects.bulk_create(
        Shot(project=project, code=f"SH{n:04d}", position=n, prompt="A boat.", duration_s=5)
        for n in range(count)
    )


def test_a_longer_list_asks_the_database_no_more(
    project: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    client = signed_in(alice)
    for number in range(3):
        reviewed(make_shot(code=f"FIRST{number}"), alice, 2)
    few = _queries(client, list_of(project))
    for number in range(9):
        reviewed(make_shot(code=f"MORE{number}"), alice, 3)
    many(project, 60)
    assert _queries(client, list_of(project)) == few


def _queries(client: Any, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


# --- live ---


def live(client: Any, page: Any, project: Project, **more: str) -> Any:
    """What the page asks for every two seconds."""
    text = page.content.decode()
    shown = re.findall(r'name="row" form="live-form" value="([^"]+)"', text)
    stamp = re.search(r'id="live-stamp" name="stamp" form="live-form" value="([^"]+)"', text)
    assert stamp is not None
    data = {"row": shown, "stamp": stamp[1], **more}
    return client.get(reverse("shot-rows", args=[project.slug]), data, headers={"HX-Request": "true"})


def test_it_answers_nothing_when_nothing_changed(make_shot: Callable[..., Shot], alice: User) -> None:
    reviewed(make_shot(), alice)
    client = signed_in(alice)
    page = client.get(list_of(Project.objects.get()))
    assert live(client, page, Project.objects.get()).status_code == 204


def test_it_sends_only_the_changed_rows(make_shot: Callable[..., Shot], alice: User) -> None:
    still, moving = make_shot(), make_shot()
    (candidate,) = asked(moving, alice)
    client = signed_in(alice)
    page = client.get(list_of(still.project))
    bring(candidate, Status.GENERATING, progress=0.42)
    answer = live(client, page, still.project).content.decode()
    assert f'id="shot-{moving.pk}"' in answer
    assert f'id="shot-{still.pk}"' not in answer
    assert "Generating 42%" in answer
    assert 'id="tabs"' in answer


def test_progress_alone_is_a_change(shot: Shot, alice: User) -> None:
    candidate = bring(asked(shot, alice)[0], Status.GENERATING, progress=0.1)
    client = signed_in(alice)
    page = client.get(list_of(shot.project))
    Candidate.objects.filter(pk=candidate.pk).update(progress=0.6)
    assert "Generating 60%" in live(client, page, shot.project).content.decode()


def test_a_row_that_left_the_filter_stays_on_the_page_it_stands_on(shot: Shot, alice: User) -> None:
    client = signed_in(alice)
    page = client.get(list_of(shot.project), {"tab": "draft"})
    asked(shot, alice)
    assert f'id="shot-{shot.pk}"' in live(client, page, shot.project, tab="draft").content.decode()


def test_it_never_shows_a_row_of_another_project(shot: Shot, alice: User) -> None:
    other = Project.objects.create(slug="other", name="Other")
    foreign = Shot.objects.create(project=other, code="SECRET", prompt="x", duration_s=5)
    answer = signed_in(alice).get(
        reverse("shot-rows", args=[shot.project.slug]), {"row": [f"{foreign.pk}.x", "-1.x", "²", "9" * 40]}
    )
    assert "SECRET" not in answer.content.decode()
