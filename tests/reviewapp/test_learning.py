"""From decisions to a corrected score: what counts as a decision, when it is learned, and what it touches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from jobs.learn import learn
from jobs.quality.report import CHECKER_VERSION
from reviewapp import learning, review, turns
from reviewapp.models import (
    Candidate,
    CleaningRun,
    Clip,
    Project,
    QualityReport,
    RankModel,
    ReviewDecision,
    Shot,
    Status,
    User,
    Verdict,
)
from reviewapp.notes import Feedback
from tests.cast import run_queue, signed_in
from tests.reviewapp.report_stage import report, round_of
from tests.reviewapp.test_projects import SETTINGS

MakeShot = Callable[..., Shot]


def learned(project: Project) -> list[tuple[bool, bool]]:
    """What the newest decisions teach, as (approved, audit)."""
    return [(row.approved, row.audit) for row in learning.decided(project, CHECKER_VERSION)]


def likes_grain(make_shot: MakeShot, alice: User, bob: User, shots: int = 24) -> None:
    """Decisions of somebody who approves noisy clips and rejects all others, written as rows.

    The rules see it the other way round: a noisy clip scores less.
    """
    reports, decisions = [], []
    for count in range(shots):
        shot = make_shot()
        version = shot.versions.create(number=1, text=shot.prompt, author_kind="person")
        for slot in (1, 2):
            noisy = slot == 1
            row = Candidate.objects.create(
                shot=shot, version=version, slot=slot, provider="runway", model="gen4.5",
                duration_s=5, width=1280, height=720, estimate_usd=0,
                status=Status.APPROVED if noisy else Status.REJECTED,
            )  # fmt: skip
            told = report(0.7 + count % 3 / 20, "suspect" if noisy else "pass", ["noisy"] if noisy else [])
            told.candidate, told.score, told.coverage = row, 0.5 if noisy else 0.75, 1.0
            reports.append(told)
            verdict = Verdict.APPROVE if noisy else Verdict.REJECT
            decisions.append(ReviewDecision(candidate=row, revision=1, verdict=verdict, by=bob))
    QualityReport.objects.bulk_create(reports)
    ReviewDecision.objects.bulk_create(decisions)


def noisy_and_clean(shot: Shot, by: User) -> list[Candidate]:
    """A waiting round whose clips have the same verdict, so that their scores decide."""
    return round_of(
        shot, by, report(0.7, "suspect", ["noisy"]), report(0.7, "suspect", ["soft"]), report(0.2, "reject")
    )


# --- what counts ---


def test_only_what_people_said_and_did_not_take_back_is_learned_from(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    approved, passed_over = round_of(make_shot(), alice, report(0.9), report(0.8))
    review.approve(approved, bob, approved.revision)
    [rejected] = round_of(make_shot(), alice, report(0.9))
    review.reject(rejected, bob, rejected.revision, Feedback(text="Slower."))
    [undone] = round_of(make_shot(), alice, report(0.9))
    review.undo(review.approve(undone, bob, undone.revision), bob)
    Project.objects.update(auto_approve_score=0.5, audit_share=0)
    [by_itself] = round_of(make_shot(), alice, report(0.9))
    assert Candidate.objects.get(pk=by_itself.pk).status == Status.APPROVED
    Candidate.objects.filter(pk=rejected.pk).update(audited=True)
    assert learned(project) == [(False, True), (True, False)]
    assert Candidate.objects.get(pk=passed_over.pk).status == Status.PASSED_OVER


def test_reports_of_another_checker_and_decisions_of_another_project_are_left_out(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    [old] = round_of(make_shot(), alice, report(0.9, version="1"))
    review.approve(old, bob, old.revision)
    assert learned(project) == []
    assert learned(Project.objects.create(slug="other", name="Other")) == []


def test_a_time_of_which_only_the_approved_clips_are_left_is_not_learned_from(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    for row in Candidate.objects.all():
        removed_at = timezone.now() if row.status == Status.REJECTED else None
        Clip.objects.create(candidate=row, file="clip.mp4", sha256="0", size=1, removed_at=removed_at)
    # The files that are gone do not matter as long as this checker has seen them all.
    assert len(learned(project)) == 48
    QualityReport.objects.filter(candidate__status=Status.REJECTED).update(checker_version="1")
    [newer] = round_of(make_shot(), alice, report(0.9))
    review.reject(newer, bob, newer.revision, Feedback(text="Slower."))
    assert learned(project) == [(False, False)]


# --- learning ---


def test_few_decisions_are_counted_and_change_nothing(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    [row] = round_of(make_shot(), alice, report(0.9))
    review.approve(row, bob, row.revision)
    learn()
    model = RankModel.objects.get()
    assert (model.number, model.active, model.decisions, model.approved) == (1, False, 1, 1)
    assert model.why.startswith("1 decision, 1 of them approvals, on 1 shot: not enough yet.")


def test_a_taste_is_learned_shown_explained_and_reorders_what_waits(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    rows = noisy_and_clean(make_shot(), alice)
    assert [row.rank for row in rows] == [1, 2, 3]
    Candidate.objects.filter(pk=rows[0].pk).update(slot=9)
    likes_grain(make_shot, alice, bob)
    learn()
    model = RankModel.objects.get()
    assert model.active, model.why
    assert model.figures["right"] > model.figures["rules_right"]
    noisy, soft, broken = (Candidate.objects.whole().get(pk=row.pk) for row in rows)
    assert (noisy.quality.learned_score or 0) > (soft.quality.learned_score or 1) + 0.2
    assert (noisy.rank, soft.rank, broken.rank) == (1, 2, 3)
    assert soft.quality.learned_by == model
    assert soft.quality.learned_why[0]["words"] == "no finding “noisy”"
    assert soft.quality.learned_why[0]["term"] < 0
    decided = QualityReport.objects.exclude(candidate__status=Status.IN_REVIEW)
    assert not decided.exclude(learned_by=None).exists()


def test_new_clips_get_the_learned_score_as_they_arrive(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    learn()
    noisy, soft, _ = noisy_and_clean(make_shot(), alice)
    assert noisy.quality.shown_score == noisy.quality.learned_score
    assert (noisy.quality.learned_score or 0) > (soft.quality.learned_score or 1)


def test_it_is_learned_again_after_ten_decisions_or_a_day_and_old_trainings_stay(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    learn()
    learn()
    assert project.rank_models.count() == 1
    likes_grain(make_shot, alice, bob, shots=4)
    learn()
    assert project.rank_models.count() == 1
    likes_grain(make_shot, alice, bob, shots=1)
    learn()
    assert [row.active for row in project.rank_models.order_by("number")] == [False, True]
    likes_grain(make_shot, alice, bob, shots=1)
    learn()
    assert project.rank_models.count() == 2
    RankModel.objects.update(trained_at=timezone.now() - timedelta(days=2))
    learn()
    assert project.rank_models.count() == 3


def test_a_decision_taken_back_is_news_as_well(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    learn()
    pks = list(ReviewDecision.objects.values_list("pk", flat=True)[:6])
    ReviewDecision.objects.filter(pk__in=pks).update(undone_at=timezone.now(), undone_by=bob)
    learn()
    newest = project.rank_models.order_by("-number")[0]
    assert (newest.number, newest.decisions) == (2, 42)


def test_one_decision_that_was_learned_from_and_is_undone_teaches_no_longer(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    [slip] = round_of(make_shot(), alice, report(0.9))
    decision = review.approve(slip, bob, slip.revision)
    likes_grain(make_shot, alice, bob)
    learn()
    assert RankModel.objects.get().decisions == 49
    review.undo(decision, bob)
    learn()
    newest = project.rank_models.order_by("-number")[0]
    assert (newest.number, newest.decisions, newest.active) == (2, 48, True)
    # A slip that was never learned from is no reason to learn again.
    row = Candidate.objects.whole().get(pk=slip.pk)
    review.undo(review.approve(row, bob, row.revision), bob)
    learn()
    assert project.rank_models.count() == 2


def test_another_checker_begins_anew_and_its_clips_take_no_old_scores(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    likes_grain(make_shot, alice, bob)
    learn()
    [old] = round_of(make_shot(), alice, report(0.6))
    assert old.quality.learned_score is not None
    [new] = round_of(make_shot(), alice, report(0.6, version="1000"))
    assert new.quality.learned_score is None
    review.approve(new, bob, new.revision)
    learning.run("1000")
    newest = project.rank_models.order_by("-number")[0]
    assert (newest.checker_version, newest.active, newest.decisions) == ("1000", False, 1)
    assert not QualityReport.objects.exclude(learned_score=None).exists()


def test_a_killed_training_is_finished_by_the_next(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    rows = noisy_and_clean(make_shot(), alice)
    likes_grain(make_shot, alice, bob)
    learn()
    # Killed after the training was written down and before the clips that wait were given its score.
    QualityReport.objects.update(learned_score=None, learned_by=None, learned_why=[])
    learn()
    assert project.rank_models.count() == 1
    assert all(Candidate.objects.whole().get(pk=row.pk).quality.learned_score for row in rows)


def test_one_process_learns_at_a_time(project: Project, make_shot: MakeShot, alice: User, bob: User) -> None:
    likes_grain(make_shot, alice, bob)
    with turns.taken(learning.KIND) as mine:
        assert mine is not None
        learn()
        assert not RankModel.objects.exists()
        # A holder that was killed is followed when its lease is over, and finds that it lost its turn.
        CleaningRun.objects.update(held_until=timezone.now() - timedelta(seconds=1))
        learn()
        assert RankModel.objects.count() == 1
        assert not mine.keep("")


def test_what_takes_long_goes_on_in_another_message(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    rows = noisy_and_clean(make_shot(), alice)
    likes_grain(make_shot, alice, bob)
    OrmQ.objects.all().delete()
    learning.run(CHECKER_VERSION, slice_s=0)
    assert not RankModel.objects.exists()
    assert run_queue() == 1
    assert RankModel.objects.filter(active=True).exists()
    assert all(Candidate.objects.whole().get(pk=row.pk).quality.learned_by_id for row in rows)


def test_several_watchers_send_one_message_in_ten_minutes(db: None) -> None:
    assert [learning.ask_when_due() for _ in range(3)] == [True, False, False]
    assert OrmQ.objects.filter(key="notify").count() == 1
    CleaningRun.objects.update(asked_at=timezone.now() - timedelta(minutes=11))
    assert learning.ask_when_due()


# --- the switch ---


def test_a_producer_switches_learning_off_and_on_again(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    rows = noisy_and_clean(make_shot(), alice)
    likes_grain(make_shot, alice, bob)
    learn()
    client, settings = signed_in(alice), reverse("project-settings", args=[project.slug])
    off = {name: value for name, value in SETTINGS.items() if name != "learns"}
    assert client.post(settings, off).status_code == 302
    run_queue()
    assert not RankModel.objects.filter(active=True).exists()
    assert not QualityReport.objects.exclude(learned_score=None).exists()
    assert (
        "Learning is switched off"
        in client.get(reverse("project-learned", args=[project.slug])).content.decode()
    )
    client.post(settings, SETTINGS)
    run_queue()
    assert RankModel.objects.get(active=True).number == 2
    assert Candidate.objects.whole().get(pk=rows[0].pk).quality.learned_score is not None


@pytest.mark.parametrize("share", ["-0.1", "1.1", "", "some"])
def test_a_wrong_share_is_said_at_its_field(project: Project, alice: User, share: str) -> None:
    answer = signed_in(alice).post(
        reverse("project-settings", args=[project.slug]), SETTINGS | {"audit_share": share}
    )
    assert answer.status_code == 422
    assert answer.context["form"].errors["audit_share"]
    project.refresh_from_db()
    assert project.audit_share == 0.05


def test_the_share_is_kept_and_audited(project: Project, alice: User) -> None:
    signed_in(alice).post(reverse("project-settings", args=[project.slug]), SETTINGS | {"audit_share": "0.2"})
    project.refresh_from_db()
    assert project.audit_share == 0.2


# --- the page ---


def test_the_page_says_what_was_learned_in_words(
    project: Project, make_shot: MakeShot, alice: User, bob: User
) -> None:
    client, address = signed_in(alice), reverse("project-learned", args=[project.slug])
    assert "Nobody has decided about a clip yet" in client.get(address).content.decode()
    likes_grain(make_shot, alice, bob)
    learn()
    page = " ".join(client.get(address).content.decode().split())
    assert "Training 1 corrects the score" in page
    assert "Better than the rules on unseen shots, judged by 48 decisions" in page
    assert "Reviewers approved 24 of 24 clips that were flagged “noisy”. Your reviewers accept it." in page
    assert "noisy" in page


def test_the_page_is_for_producers_and_admins(
    project: Project, alice: User, bob: User, charlie: User, dana: User
) -> None:
    address = reverse("project-learned", args=[project.slug])
    told = {
        person.username: signed_in(person).get(address).status_code for person in (alice, bob, charlie, dana)
    }
    assert told == {"alice": 200, "bob": 403, "charlie": 404, "dana": 200}
