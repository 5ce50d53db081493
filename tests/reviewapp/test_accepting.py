"""Findings that a project accepts: who may say so, what follows from it, and what never does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django_q.models import OrmQ

from jobs.learn import learn
from reviewapp import accepting, line, review
from reviewapp.models import AuditEntry, Candidate, MeasuredFix, Project, QualityReport, Shot, Status, User
from reviewapp.notes import Feedback
from tests.cast import run_queue, signed_in
from tests.patience import PATIENCE_S
from tests.reviewapp.report_stage import come, report, round_of
from tests.reviewapp.stages import asked, bring
from tests.reviewapp.test_learning import likes_grain
from tests.reviewapp.test_lock_order import begun
from tests.reviewapp.test_projects import SETTINGS

MakeShot = Callable[..., Shot]


def press(by: User, project: Project, kind: str, *, as_remark: bool = True) -> int:
    """The button of the page; the answer's status."""
    address = reverse("finding-accept", args=[project.slug])
    return signed_in(by).post(address, {"kind": kind, "as_remark": str(int(as_remark))}).status_code


def page(by: User, project: Project) -> str:
    html = signed_in(by).get(reverse("project-learned", args=[project.slug])).content.decode()
    return " ".join(html.split())


def seen(row: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=row.pk)


def told(row: Candidate) -> list[tuple[str, str, bool]]:
    """The findings of a clip, as (kind, severity, accepted)."""
    return [(one["kind"], one["severity"], "accepted" in one) for one in seen(row).quality.findings]


def grainy_and_clean(shot: Shot, by: User) -> list[Candidate]:
    """A waiting round: better but grainy, clean and less good, broken."""
    return round_of(
        shot,
        by,
        report(0.9, "suspect", ["noisy", "fade:info"]),
        report(0.6),
        report(0.95, "reject", ["noisy", "black:reject"]),
    )


# --- who may, and how often ---


def test_producers_and_admins_may_and_nobody_else(
    project: Project, shot: Shot, alice: User, bob: User, charlie: User, dana: User
) -> None:
    grainy_and_clean(shot, alice)
    assert (press(bob, project, "noisy"), press(charlie, project, "noisy")) == (403, 404)
    project.refresh_from_db()
    assert project.accepted_findings == []
    assert press(alice, project, "noisy") == 302
    assert press(dana, project, "noisy", as_remark=False) == 302
    details = list(AuditEntry.objects.filter(action="changed project").values_list("by__username", "detail"))
    assert details == [
        ("dana", "finding “noisy”: a remark → counts"),
        ("alice", "finding “noisy”: counts → a remark"),
    ]
    assert signed_in(alice).get(reverse("finding-accept", args=[project.slug])).status_code == 405


def test_a_second_click_changes_nothing_and_is_told_so(project: Project, shot: Shot, alice: User) -> None:
    grainy_and_clean(shot, alice)
    OrmQ.objects.all().delete()
    press(alice, project, "noisy")
    press(alice, project, "noisy")
    project.refresh_from_db()
    assert project.accepted_findings == ["noisy"]
    assert AuditEntry.objects.filter(action="changed project").count() == 1
    assert OrmQ.objects.count() == 1
    client = signed_in(alice)
    address = reverse("finding-accept", args=[project.slug])
    answer = client.post(address, {"kind": "noisy", "as_remark": "1"}, follow=True)
    assert "Nothing was changed: it is so already." in answer.content.decode()


@pytest.mark.parametrize("kind", ["flicker", "fade", "black", "", "x" * 5000], ids=lambda kind: kind[:9])
def test_what_no_clip_was_called_suspect_for_cannot_be_accepted(
    project: Project, shot: Shot, alice: User, kind: str
) -> None:
    grainy_and_clean(shot, alice)
    address = reverse("finding-accept", args=[project.slug])
    answer = signed_in(alice).post(address, {"kind": kind, "as_remark": "1"}, follow=True)
    assert "No clip of this project was flagged with such a finding." in answer.content.decode()
    press(alice, project, kind, as_remark=False)
    project.refresh_from_db()
    assert project.accepted_findings == []
    assert not AuditEntry.objects.filter(action="changed project").exists()


def test_what_another_project_saw_and_accepts_is_its_own(
    project: Project, shot: Shot, alice: User, dana: User
) -> None:
    [row] = round_of(shot, alice, report(0.9, "suspect", ["noisy"]))
    other = Project.objects.create(slug="other", name="Other", accepted_findings=["noisy"])
    press(dana, other, "soft")
    run_queue()
    assert told(row) == [("noisy", "suspect", False)]
    assert "No clip that people have decided about" not in page(dana, other)
    assert press(dana, other, "noisy", as_remark=False) == 302
    assert "No clip that people have decided about" in page(dana, other)


# --- clips that come ---


def test_a_clip_that_comes_is_judged_by_what_counts_and_ranked_so(
    project: Project, shot: Shot, alice: User
) -> None:
    Project.objects.update(accepted_findings=["noisy"])
    grainy, clean, broken = grainy_and_clean(shot, alice)
    assert told(grainy) == [("noisy", "info", True), ("fade", "info", False)]
    assert grainy.quality.verdict == "pass"
    assert grainy.quality.score == pytest.approx(0.9)
    assert [row.rank for row in (grainy, clean, broken)] == [1, 2, 3]


def test_another_suspect_finding_keeps_the_verdict(project: Project, shot: Shot, alice: User) -> None:
    Project.objects.update(accepted_findings=["noisy"])
    [row] = round_of(shot, alice, report(0.9, "suspect", ["noisy", "soft"]))
    assert row.quality.verdict == "suspect"
    assert row.quality.score == pytest.approx(0.9 * 0.75)


def test_what_would_reject_a_clip_is_never_softened(project: Project, shot: Shot, alice: User) -> None:
    Project.objects.update(accepted_findings=["black", "noisy"])
    [row] = round_of(shot, alice, report(0.9, "reject", ["black:reject", "black", "noisy"]))
    assert told(row) == [("black", "reject", False), ("black", "info", True), ("noisy", "info", True)]
    assert row.quality.verdict == "reject"
    assert row.quality.score == pytest.approx(0.9 * 0.25)


def test_what_is_accepted_while_a_check_runs_counts_when_it_ends(
    project: Project, shot: Shot, alice: User
) -> None:
    [row] = asked(shot, alice, 1)
    checking = Candidate.objects.whole().get(pk=bring(row, Status.CHECKING).pk)
    assert checking.shot.project.accepted_findings == []
    Project.objects.update(accepted_findings=["noisy"])
    line.checked(checking, report(0.9, "suspect", ["noisy"]), {})
    assert told(row) == [("noisy", "info", True)]


def test_a_newer_checker_leaves_it_accepted(project: Project, shot: Shot, alice: User, bob: User) -> None:
    Project.objects.update(accepted_findings=["noisy"])
    waiting, decided = round_of(
        shot, alice, report(0.9, "suspect", ["noisy"]), report(0.5, "suspect", ["noisy"])
    )
    review.reject(decided, bob, decided.revision, Feedback(text="Slower."))
    for row in (waiting, decided):
        newer = report(0.8, "suspect", ["noisy"], version="1000")
        assert line.rechecked(seen(row), newer, {})
        assert told(row) == [("noisy", "info", True)]
        assert seen(row).quality.verdict == "pass"


def test_a_round_whose_pick_passes_for_that_reason_may_be_approved_as_it_comes(
    project: Project, shot: Shot, alice: User
) -> None:
    Project.objects.update(accepted_findings=["noisy"], auto_approve_score=0.7, audit_share=0)
    rows = round_of(shot, alice, report(0.9, "suspect", ["noisy"]), report(0.3))
    assert [row.status for row in rows] == [Status.APPROVED, Status.PASSED_OVER]


# --- clips that wait ---


def test_clips_that_wait_follow_and_are_ranked_anew_and_back_exactly(
    project: Project, shot: Shot, alice: User
) -> None:
    rows = grainy_and_clean(shot, alice)

    def state() -> list[tuple[Any, ...]]:
        fresh = [seen(row) for row in rows]
        return [
            (one.rank, one.pick_doubt, one.quality.verdict, one.quality.score, one.quality.findings)
            for one in fresh
        ]

    before = state()
    assert [place[0] for place in before] == [2, 1, 3]
    press(alice, project, "noisy")
    run_queue()
    assert [(place[0], place[2]) for place in state()] == [(1, "pass"), (2, "pass"), (3, "reject")]
    assert told(rows[0]) == [("noisy", "info", True), ("fade", "info", False)]
    assert told(rows[2]) == [("noisy", "info", True), ("black", "reject", False)]
    press(alice, project, "noisy", as_remark=False)
    run_queue()
    assert state() == before


def test_nothing_is_approved_by_itself_because_of_it(project: Project, shot: Shot, alice: User) -> None:
    Project.objects.update(auto_approve_score=0.7, audit_share=0)
    rows = round_of(shot, alice, report(0.9, "suspect", ["noisy"]), report(0.3))
    press(alice, project, "noisy")
    run_queue()
    learn()
    assert seen(rows[0]).quality.verdict == "pass"
    assert [seen(row).status for row in rows] == [Status.IN_REVIEW, Status.IN_REVIEW]


def test_what_is_decided_keeps_its_report_and_follows_when_it_is_taken_back(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    grainy = report(0.9, "suspect", ["noisy"]), report(0.5, "suspect", ["noisy"])
    row, waiting = round_of(make_shot(), alice, *grainy)
    decision = review.reject(row, bob, row.revision, Feedback(text="Slower."))
    before = QualityReport.objects.values().get(candidate=row)
    press(alice, project, "noisy")
    run_queue()
    assert told(waiting) == [("noisy", "info", True)]
    assert QualityReport.objects.values().get(candidate=row) == before
    review.undo(decision, bob)
    learn()
    assert told(row) == [("noisy", "info", True)]


def test_it_goes_on_in_another_message_when_it_takes_long(
    project: Project, make_shot: MakeShot, alice: User
) -> None:
    rows = [round_of(make_shot(), alice, report(0.9, "suspect", ["noisy"]))[0] for _ in range(3)]
    Project.objects.update(accepted_findings=["noisy"])
    OrmQ.objects.all().delete()
    accepting.follow(project.pk, slice_s=0)
    assert {severity for row in rows for _, severity, _ in told(row)} == {"suspect"}
    assert run_queue() == 1
    assert {severity for row in rows for _, severity, _ in told(row)} == {"info"}


def test_a_lost_message_is_made_up_for(project: Project, shot: Shot, alice: User) -> None:
    [row] = round_of(shot, alice, report(0.9, "suspect", ["noisy"]))
    press(alice, project, "noisy")
    OrmQ.objects.all().delete()
    learn()
    assert told(row) == [("noisy", "info", True)]


@pytest.mark.django_db(transaction=True)
def test_what_is_decided_at_that_very_moment_keeps_its_report(
    project: Project, shot: Shot, alice: User, bob: User
) -> None:
    with transaction.atomic():
        [row] = round_of(shot, alice, report(0.9, "suspect", ["noisy"]))
    Project.objects.update(accepted_findings=["noisy"])
    with transaction.atomic():
        review.approve(row, bob, row.revision)
        other = begun(lambda: accepting.follow(project.pk))
    other.result(PATIENCE_S)
    assert told(row) == [("noisy", "suspect", False)]


@pytest.mark.django_db(transaction=True)
def test_two_producers_who_press_at_once_lose_nothing(
    project: Project, shot: Shot, alice: User, dana: User
) -> None:
    with transaction.atomic():
        round_of(shot, alice, report(0.9, "suspect", ["noisy", "soft"]))
    as_alice_sees_it = Project.objects.get(pk=project.pk)
    with transaction.atomic():
        accepting.treat(alice, as_alice_sees_it, "noisy", as_remark=True)
        other = begun(lambda: accepting.treat(dana, project, "soft", as_remark=True))
    assert other.result(PATIENCE_S)
    project.refresh_from_db()
    assert project.accepted_findings == ["noisy", "soft"]


def test_a_project_that_is_gone_is_no_error(project: Project) -> None:
    accepting.follow(project.pk + 1)
    assert not OrmQ.objects.exists()


# --- what else reads findings ---


def test_a_fault_that_is_accepted_meanwhile_is_not_called_solved(
    project: Project, shot: Shot, alice: User, bob: User
) -> None:
    old, new = report(0.9, "suspect", ["noisy", "soft"]), report(0.9, "suspect", ["noisy"])
    first = round_of(shot, alice, old)[0]
    decision = review.reject(first, bob, first.revision, Feedback(text="Too dark."))
    assert decision.retake is not None
    replacement = decision.retake.candidates.get()
    press(alice, project, "noisy")
    replacement.move(Status.QUEUED, actor="test")
    assert come(replacement, new).quality.verdict == "pass"
    fixes = MeasuredFix.objects.filter(note=None).values_list("complaint", "solved").distinct()
    assert sorted(fixes) == [("finding:noisy", False), ("finding:soft", True)]


def test_a_training_of_before_reads_a_remark(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    [row] = round_of(make_shot(), alice, report(0.7, "suspect", ["noisy"]))
    learn()
    as_suspect = seen(row).quality
    press(alice, project, "noisy")
    run_queue()
    as_remark = seen(row).quality
    assert as_remark.learned_by == as_suspect.learned_by
    assert as_remark.score == pytest.approx(0.7)
    assert as_remark.learned_score not in (None, as_suspect.learned_score)


# --- the pages ---


@pytest.mark.parametrize(
    ("decided", "approved", "words"),
    [
        (9, 9, ""),
        (10, 9, "Your reviewers accept it."),
        (10, 8, "Your reviewers decide either way."),
        (10, 1, "Your reviewers hardly ever accept it."),
    ],
)
def test_ten_decisions_say_something_and_fewer_do_not(decided: int, approved: int, words: str) -> None:
    flagged = accepting.Flagged("noisy", decided, approved, counts=True, accepted=False)
    assert flagged.hint == words


def test_the_page_suggests_it_offers_it_for_any_kind_and_takes_it_back(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob, shots=10)
    round_of(make_shot(), alice, report(0.7, "suspect", ["soft"]))
    [broken] = round_of(make_shot(), alice, report(0.7, "reject", ["black:reject"]))
    review.reject(broken, bob, broken.revision, Feedback(text="It is black."))
    rows = {one.kind: one for one in accepting.flagged(project)}
    assert {kind: (one.decided, one.counts, one.hint) for kind, one in rows.items()} == {
        "noisy": (10, True, "Your reviewers accept it."),
        "black": (1, False, ""),
        "soft": (0, True, ""),
    }
    words = page(alice, project)
    assert words.count(">Treat as a remark from now on<") == 2
    assert "Always counts" in words
    press(alice, project, "noisy")
    press(alice, project, "black")
    run_queue()
    words = page(alice, project)
    assert words.count(">Treat as a remark from now on<") == 1
    assert words.count(">Count it again<") == 1
    # Clips that come as accepted are still counted, so that people can see whether it stays right.
    [late] = round_of(make_shot(), alice, report(0.7, "suspect", ["noisy"]))
    review.approve(late, bob, late.revision)
    assert next(one.decided for one in accepting.flagged(project) if one.kind == "noisy") == 11
    press(alice, project, "noisy", as_remark=False)
    assert page(alice, project).count(">Count it again<") == 0


def test_the_room_shows_it_among_the_remarks(project: Project, shot: Shot, alice: User, bob: User) -> None:
    Project.objects.update(accepted_findings=["noisy"])
    [row] = round_of(shot, alice, report(0.9, "suspect", ["noisy", "fade:info"]))
    room = signed_in(bob).get(f"/review/{row.uid}/").content.decode()
    assert "2 remarks, no fault" in room
    assert room.count("Remark, accepted in this project") == 2
    assert "Passes the checks" in room


def test_settings_leave_it_as_it_is(project: Project, alice: User) -> None:
    Project.objects.update(accepted_findings=["noisy"])
    signed_in(alice).post(reverse("project-settings", args=[project.slug]), SETTINGS | {"name": "Other"})
    project.refresh_from_db()
    assert (project.name, project.accepted_findings) == ("Other", ["noisy"])
