"""The order of a round and the policy that may approve its pick: nothing is picked silently, what people
decided stays, and what is drawn is drawn once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from django.urls import reverse
from pytest_django import Settings

from jobs.quality.report import CHECKER_VERSION
from reviewapp import accepting, lessons, line, picks, policy, review
from reviewapp.models import (
    Candidate,
    PickDoubt,
    Project,
    QualityReport,
    RankModel,
    ReviewDecision,
    Shot,
    Status,
    User,
)
from reviewapp.notes import Feedback
from tests.cast import signed_in
from tests.reviewapp.report_stage import come, report, round_of
from tests.reviewapp.stages import asked, bring
from tests.reviewapp.test_lock_order import begun


@pytest.fixture
def by_itself(project: Project) -> Project:
    """The project approves picks from 0.7 on by itself, and shows none of them to people."""
    Project.objects.update(auto_approve_score=0.7, audit_share=0)
    project.refresh_from_db()
    return project


def ranks(rows: list[Candidate]) -> list[int | None]:
    return [row.rank for row in rows]


def statuses(rows: list[Candidate]) -> list[str]:
    return [Candidate.objects.get(pk=row.pk).status for row in rows]


# --- the order ---


def test_a_round_is_ordered_by_verdict_and_then_by_what_all_have(shot: Shot, alice: User) -> None:
    rows = round_of(
        shot,
        alice,
        report(verdict="suspect", findings=["soft"], clarity=1.0, face=1.0),
        report(clarity=0.6, face=None),
        report(clarity=0.7, face=0.1),
    )
    assert ranks(rows) == [3, 2, 1]
    assert [row.pick_doubt for row in rows] == ["", "", ""]
    assert rows[0].quality.score == pytest.approx(0.75)
    assert [rows[1].quality.score, rows[1].quality.coverage] == pytest.approx([0.6, 0.5])


@pytest.mark.parametrize(
    ("told", "doubt"),
    [
        ((report(0.9), report(0.89)), PickDoubt.CLOSE),
        ((report(clarity=0.9, face=None), report(clarity=0.5, face=None)), PickDoubt.THIN),
        ((report(0.9, "reject", ["freeze:reject"]), report(0.2, "suspect")), PickDoubt.PROVISIONAL),
        ((report(0.9), report(0.5)), ""),
    ],
)
def test_the_doubt_stands_on_the_first_alone(
    shot: Shot, alice: User, told: tuple[QualityReport, ...], doubt: str
) -> None:
    rows = round_of(shot, alice, *told)
    first = next(row for row in rows if row.rank == 1)
    assert {row.pick_doubt for row in rows if row.rank != 1} == {""}
    assert first.pick_doubt == doubt


def test_a_doubt_goes_when_the_clip_is_no_longer_first(shot: Shot, alice: User) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    assert come(first, report(0.5, "suspect", ["soft"])).pick_doubt == PickDoubt.PROVISIONAL
    come(second, report(0.9))
    first.refresh_from_db()
    assert (first.rank, first.pick_doubt) == (2, "")


def test_a_decided_clip_keeps_the_place_people_saw_it_in(shot: Shot, alice: User, bob: User) -> None:
    first, second, third = (bring(row, Status.CHECKING) for row in asked(shot, alice, 3))
    early = come(first, report(0.5))
    review.reject(early, bob, early.revision, Feedback(text="Slower."))
    come(second, report(0.9))
    come(third, report(0.8))
    rows = [Candidate.objects.get(pk=row.pk) for row in (first, second, third)]
    assert ranks(rows) == [1, 1, 2]
    assert rows[0].status == Status.REJECTED


def test_a_report_of_the_first_days_keeps_the_score_it_came_with(shot: Shot, alice: User) -> None:
    [row] = round_of(shot, alice, QualityReport(checker_version="1", verdict="pass", score=0.8))
    assert (row.quality.score, row.quality.coverage, row.pick_doubt) == (0.8, 0, PickDoubt.THIN)


def test_a_clip_that_came_while_another_stood_approved_makes_no_second_pick(
    shot: Shot, alice: User, bob: User
) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    early = come(first, report(0.5))
    decision = review.approve(early, bob, early.revision)
    come(second, report(0.9))
    review.undo(decision, bob)
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]
    assert ranks([Candidate.objects.get(pk=row.pk) for row in (first, second)]) == [2, 1]


def test_a_rejection_taken_back_makes_no_second_pick(shot: Shot, alice: User, bob: User) -> None:
    first, second, third = (bring(row, Status.CHECKING) for row in asked(shot, alice, 3))
    best = come(first, report(0.9))
    come(second, report(0.5))
    decision = review.reject(best, bob, best.revision, Feedback(text="Slower."))
    come(third, report(0.3))
    review.undo(decision, bob)
    assert ranks([Candidate.objects.get(pk=row.pk) for row in (first, second, third)]) == [1, 2, 3]


def test_a_close_call_ends_with_the_rejection_of_the_other(shot: Shot, alice: User, bob: User) -> None:
    first, near, _ = round_of(shot, alice, report(0.9), report(0.89), report(0.3))
    assert first.pick_doubt == PickDoubt.CLOSE
    review.reject(near, bob, near.revision, Feedback(text="Slower."))
    assert Candidate.objects.get(pk=first.pk).pick_doubt == ""


# --- the policy ---


def test_a_clear_pick_is_approved_by_itself_when_the_last_clip_has_come(
    by_itself: Project, shot: Shot, alice: User
) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    assert come(first, report(0.9)).status == Status.IN_REVIEW
    come(second, report(0.4))
    assert statuses([first, second]) == [Status.APPROVED, Status.PASSED_OVER]
    last = first.transitions.last()
    assert last is not None
    assert (last.actor, last.why) == ("policy", "score 0.90 is at least 0.70")
    page = signed_in(alice).get(reverse("shot-detail", args=[shot.project.slug, shot.code])).content.decode()
    assert "The policy</strong> approved: score 0.90 is at least 0.70" in page


def test_what_the_policy_approved_a_producer_takes_back_in_the_room_and_a_reviewer_does_not(
    by_itself: Project, shot: Shot, alice: User, bob: User
) -> None:
    (clip,) = (bring(row, Status.CHECKING) for row in asked(shot, alice, 1))
    assert come(clip, report(0.9)).status == Status.APPROVED
    decision = ReviewDecision.objects.get()
    room, undo = reverse("review-room", args=[clip.uid]), reverse("decision-undo", args=[decision.pk])
    pages = [signed_in(person).get(room).content.decode() for person in (alice, bob)]
    assert [undo in page for page in pages] == [True, False]
    signed_in(alice).post(undo)
    assert statuses([clip]) == [Status.IN_REVIEW]
    assert undo not in signed_in(alice).get(room).content.decode()


def test_it_is_approved_as_well_when_the_last_clip_of_the_round_fails(
    by_itself: Project, shot: Shot, alice: User
) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    come(first, report(0.9))
    line.check_refused(
        Candidate.objects.whole().get(pk=second.pk), "A web page was saved instead of a video."
    )
    assert statuses([first, second]) == [Status.APPROVED, Status.FAILED]


@pytest.mark.parametrize(
    "told",
    [
        (report(0.69), report(0.2)),
        (report(0.9), report(0.89)),
        (report(clarity=0.9, face=None), report(clarity=0.2, face=None)),
        (report(1.0, "suspect"), report(0.2, "suspect")),
        (report(1.0, "reject"), report(1.0, "reject")),
        (report(None), report(None)),
    ],
    ids=["low", "close", "thin", "suspect", "reject", "nothing measured"],
)
def test_what_is_not_clearly_good_goes_to_people(
    by_itself: Project, shot: Shot, alice: User, told: tuple[QualityReport, ...]
) -> None:
    assert set(statuses(round_of(shot, alice, *told))) == {Status.IN_REVIEW}


def test_a_shot_on_hold_is_not_approved_by_itself(by_itself: Project, shot: Shot, alice: User) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    Shot.objects.update(on_hold=True)
    come(first, report(0.9))
    come(second, report(0.4))
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]


def test_a_producer_takes_it_back_and_it_stays_with_people(
    by_itself: Project, shot: Shot, alice: User, bob: User
) -> None:
    first, second = round_of(shot, alice, report(0.9), report(0.4))
    decision = first.decisions.get()
    refused = signed_in(bob).post(
        reverse("decision-undo", args=[decision.pk]), headers={"HX-Request": "true"}
    )
    assert refused.status_code == 403
    assert "This decision is the project&#x27;s own. A producer can undo it." in refused.content.decode()
    answer = signed_in(alice).post(
        reverse("decision-undo", args=[decision.pk]), headers={"HX-Request": "true"}
    )
    assert answer.status_code == 200
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]
    review.let_the_pick_pass(first.version)
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("person_first", [True, False])
def test_of_a_person_and_the_policy_the_first_decides_alone(
    by_itself: Project, shot: Shot, alice: User, bob: User, person_first: bool
) -> None:
    with transaction.atomic():
        first, last = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
        pick = come(first, report(0.9))
    arriving = Candidate.objects.whole().get(pk=last.pk)

    def arrives() -> None:
        line.checked(arriving, report(0.8), {})

    def rejects() -> None:
        review.reject(pick, bob, pick.revision, Feedback(text="Slower."))

    with transaction.atomic():
        (rejects if person_first else arrives)()
        other = begun(arrives if person_first else rejects)
    if person_first:
        other.result(30)
        assert statuses([first, last]) == [Status.REJECTED, Status.IN_REVIEW]
    else:
        with pytest.raises(review.StaleDecision):
            other.result(30)
        assert statuses([first, last]) == [Status.APPROVED, Status.PASSED_OVER]


@pytest.mark.parametrize("taken_back", [False, True])
def test_a_round_in_which_people_have_decided_stays_with_them(
    by_itself: Project, shot: Shot, alice: User, bob: User, taken_back: bool
) -> None:
    first, second, third = (bring(row, Status.CHECKING) for row in asked(shot, alice, 3))
    best = come(first, report(0.95))
    come(second, report(0.85))
    decision = review.reject(best, bob, best.revision, Feedback(text="Another boat."))
    assert decision.retake is not None
    if taken_back:
        review.undo(decision, bob)
    come(third, report(0.3))
    assert statuses([second, third]) == [Status.IN_REVIEW, Status.IN_REVIEW]
    held = decision.retake.candidates.exclude(status=Status.CANCELLED).values_list("status", flat=True)
    assert list(held) == ([] if taken_back else [Status.HELD])


def test_a_round_of_an_older_brief_stops_no_newer_one(by_itself: Project, shot: Shot, alice: User) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    come(first, report(0.95))
    Shot.objects.update(prompt="A green train climbs into the hills.")
    newer = asked(Shot.objects.get(pk=shot.pk), alice, 2)
    come(second, report(0.3))
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]
    assert statuses(newer) == [Status.QUEUED, Status.QUEUED]


def test_what_counts_again_since_a_moment_ago_is_no_pick_any_more(
    by_itself: Project, shot: Shot, alice: User
) -> None:
    Project.objects.update(accepted_findings=["noisy"])
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    assert come(first, report(0.95, "suspect", ["noisy"])).quality.verdict == "pass"
    accepting.treat(alice, by_itself, "noisy", as_remark=False)
    come(second, report(0.3))
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]


def test_a_score_that_was_learned_before_learning_was_switched_off_approves_nothing(
    by_itself: Project, shot: Shot, alice: User
) -> None:
    _model(by_itself, 5.0)
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    assert (come(first, report(0.5)).quality.learned_score or 0) > 0.9
    Project.objects.update(learns=False)
    come(second, report(0.3))
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]


def test_a_drawn_pick_goes_to_people_like_any_other_and_counts_once_decided(
    by_itself: Project, shot: Shot, alice: User, bob: User
) -> None:
    Project.objects.update(audit_share=1)
    drawn, other = round_of(shot, alice, report(0.9), report(0.4))
    assert (drawn.status, drawn.audited, other.audited) == (Status.IN_REVIEW, True, False)
    page = signed_in(bob).get(reverse("review-room", args=[drawn.uid])).content.decode().lower()
    assert "audit" not in page
    assert "drawn at random" not in page
    shown = signed_in(alice).get(reverse("project-learned", args=["harbour"]))
    assert shown.context["lessons"].by_itself.audited == 0
    review.approve(drawn, bob, drawn.revision)
    shown = signed_in(alice).get(reverse("project-learned", args=["harbour"]))
    assert (shown.context["lessons"].by_itself.audited, shown.context["lessons"].by_itself.agreed) == (1, 1)


def test_a_drawn_pick_that_another_clip_was_approved_for_counts_as_not_agreed(
    by_itself: Project, make_shot: Callable[..., Shot], alice: User, bob: User
) -> None:
    Project.objects.update(audit_share=1)
    preferred = [round_of(make_shot(), alice, report(0.9), report(0.8)) for _ in range(2)]
    for _, other in preferred:
        review.approve(other, bob, other.revision)
    waits, rejected = (round_of(make_shot(), alice, report(0.9))[0] for _ in range(2))
    assert waits.audited
    review.reject(rejected, bob, rejected.revision, Feedback(text="Slower."))
    own = lessons.of(by_itself).by_itself
    assert (own.audited, own.agreed) == (3, 0)
    # What was passed over for a clip that no person chose is no word of theirs.
    ReviewDecision.objects.filter(candidate=preferred[0][1]).update(by=None)
    assert lessons.of(by_itself).by_itself.audited == 2


def test_what_was_drawn_stays_drawn_whatever_comes(by_itself: Project, shot: Shot, alice: User) -> None:
    Project.objects.update(audit_share=1)
    drawn, _ = round_of(shot, alice, report(0.9), report(0.4))
    Project.objects.update(audit_share=0)
    for _ in range(3):
        review.let_the_pick_pass(Candidate.objects.whole().get(pk=drawn.pk).version)
    assert statuses([drawn]) == [Status.IN_REVIEW]


def test_a_better_clip_that_comes_after_the_draw_takes_nothing_from_people(
    by_itself: Project, shot: Shot, alice: User
) -> None:
    Project.objects.update(audit_share=1)
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    come(first, report(0.8))
    line.check_refused(Candidate.objects.whole().get(pk=second.pk), "The file ends in the middle.")
    assert Candidate.objects.get(pk=first.pk).audited
    Project.objects.update(audit_share=0)
    Candidate.objects.filter(pk=second.pk).update(status=Status.CHECKING)
    assert come(second, report(0.95)).rank == 1
    assert statuses([first, second]) == [Status.IN_REVIEW, Status.IN_REVIEW]


def test_the_draw_takes_the_share_it_is_told_and_the_same_clips_each_time() -> None:
    clips = [Candidate() for _ in range(2000)]
    drawn = [policy.is_drawn(clip, 0.25) for clip in clips]
    assert drawn == [policy.is_drawn(clip, 0.25) for clip in clips]
    assert 0.2 < sum(drawn) / len(drawn) < 0.3
    assert not any(policy.is_drawn(clip, 0) for clip in clips)
    assert all(policy.is_drawn(clip, 1) for clip in clips)


def test_nobody_can_tell_from_an_address_whether_a_clip_was_drawn(settings: Settings) -> None:
    clips = [Candidate() for _ in range(100)]
    here = [policy.is_drawn(clip, 0.5) for clip in clips]
    settings.SECRET_KEY = "the key of another site"
    assert here != [policy.is_drawn(clip, 0.5) for clip in clips]


def _model(project: Project, intercept: float, version: str = CHECKER_VERSION) -> RankModel:
    numbers = {"names": [], "mean": [], "spread": [], "weights": [], "intercept": intercept, "slope": 1.0}
    number = project.rank_models.count() + 1
    return RankModel.objects.create(
        project=project, number=number, checker_version=version, numbers=numbers, active=True, why="Better."
    )


@pytest.mark.parametrize("verdict", ["suspect", "reject"])
def test_no_learned_score_makes_a_pick_of_what_the_checks_doubt(
    by_itself: Project, shot: Shot, alice: User, verdict: str
) -> None:
    _model(by_itself, 9.0)
    rows = round_of(shot, alice, report(0.9, verdict), report(0.3, verdict))
    assert rows[0].quality.learned_score == pytest.approx(1, abs=0.01)
    assert set(statuses(rows)) == {Status.IN_REVIEW}
    # Not even where nothing was said against the first place.
    Candidate.objects.update(pick_doubt="")
    review.let_the_pick_pass(Candidate.objects.whole().get(pk=rows[0].pk).version)
    assert set(statuses(rows)) == {Status.IN_REVIEW}


def test_scores_of_two_trainings_are_not_compared(project: Project, shot: Shot, alice: User) -> None:
    first, second = (bring(row, Status.CHECKING) for row in asked(shot, alice, 2))
    _model(project, -5.0)
    low = come(first, report(0.9))
    RankModel.objects.update(active=False)
    _model(project, 5.0)
    high = come(second, report(0.5))
    assert (low.quality.learned_score or 1) < (high.quality.learned_score or 0)
    assert ranks([Candidate.objects.get(pk=row.pk) for row in (first, second)]) == [1, 2]


def test_a_learned_score_may_keep_a_pick_from_being_approved(
    by_itself: Project, shot: Shot, alice: User
) -> None:
    _model(by_itself, -5.0)
    rows = round_of(shot, alice, report(0.9), report(0.4))
    assert set(statuses(rows)) == {Status.IN_REVIEW}


def test_why_it_was_approved_names_the_training_and_the_rules(
    by_itself: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    _model(by_itself, 2.0)
    first, _ = round_of(make_shot(), alice, report(0.6), report(0.1))
    last = first.transitions.last()
    assert last is not None
    assert last.why == "learned score 0.92 (model 1; rules: 0.60) is at least 0.70"


def test_a_training_on_another_checker_or_switched_off_says_nothing(
    project: Project, make_shot: Callable[..., Shot], alice: User
) -> None:
    model = _model(project, 2.0, version="1")
    [row] = round_of(make_shot(), alice, report(0.6))
    assert row.quality.learned_score is None
    RankModel.objects.filter(pk=model.pk).update(checker_version=CHECKER_VERSION)
    Project.objects.update(learns=False)
    assert picks.model_for(project.pk) is None
    [row] = round_of(make_shot(), alice, report(0.6))
    assert row.quality.learned_score is None
