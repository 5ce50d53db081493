"""Looking again when the checker has changed: old reports are kept, decisions stay, new clips come first."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django_q.models import OrmQ

from jobs import recheck as station
from jobs.quality.guarded import NotBegun, OutOfTime
from jobs.quality.report import CHECKER_VERSION, NotPlayable
from reviewapp import line, rechecks, review, turns
from reviewapp.models import (
    Candidate,
    CleaningRun,
    Clip,
    EarlierReport,
    MeasuredFix,
    QualityReport,
    Shot,
    Status,
    Transition,
    User,
)
from reviewapp.notes import Feedback
from tests.reviewapp.report_stage import come, report, round_of
from tests.reviewapp.review_world import in_review
from tests.reviewapp.stages import asked, bring

MakeShot = Callable[..., Shot]
# A checker to come.
NEWER = "1000"
Look = Callable[[Candidate], tuple[QualityReport, dict[str, object]]]


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A newer checker, which sees less; the codes of the clips it has looked at, in order."""
    looked: list[str] = []

    def see(candidate: Candidate) -> tuple[QualityReport, dict[str, object]]:
        looked.append(candidate.code)
        return report(0.3, "suspect", ["soft"], version=NEWER), {"codec": "h264"}

    monkeypatch.setattr(station, "look", see)
    monkeypatch.setattr(station, "CHECKER_VERSION", NEWER)
    return looked


def again(row: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=row.pk)


def run() -> None:
    OrmQ.objects.all().delete()
    station.recheck()


def test_every_clip_people_have_seen_is_looked_at_again_and_its_earlier_report_is_kept_as_it_was(
    make_shot: MakeShot, alice: User, bob: User, look: list[str]
) -> None:
    approved, passed = round_of(make_shot(), alice, report(0.9), report(0.7))
    review.approve(approved, bob, approved.revision)
    rejected, waiting = round_of(make_shot(), alice, report(0.9), report(0.7))
    review.reject(rejected, bob, rejected.revision, Feedback(text="Slower."))
    rows = [approved, passed, rejected, waiting]
    before = {row.pk: (again(row).status, again(row).revision, again(row).quality) for row in rows}
    moves = Transition.objects.count()
    run()
    assert sorted(look) == sorted(row.code for row in rows)
    for row in map(again, rows):
        status, revision, old = before[row.pk]
        assert (row.status, row.revision) == (status, revision)
        assert (row.quality.checker_version, row.quality.verdict, row.clip.codec) == (
            NEWER,
            "suspect",
            "h264",
        )
        kept = row.earlier_reports.get()
        assert (kept.checker_version, kept.score, kept.parts, kept.made_at) == (
            old.checker_version, old.score, old.parts, old.created_at,
        )  # fmt: skip
    assert Transition.objects.count() == moves
    run()
    assert len(look) == 4


def test_a_real_clip_gets_the_whole_report_of_todays_checker(shot: Shot, alice: User) -> None:
    [row] = in_review(shot, alice, 1)
    QualityReport.objects.update(checker_version="1")
    station.recheck()
    told = again(row).quality
    assert told.checker_version == CHECKER_VERSION
    assert told.parts
    assert told.score is not None
    assert told.coverage > 0
    assert again(row).earlier_reports.get().score == row.quality.score
    assert default_storage.exists(str(again(row).clip.poster.name))


def test_what_waits_is_ranked_anew_and_what_is_decided_keeps_its_place(
    shot: Shot, alice: User, bob: User, look: list[str]
) -> None:
    first, second, third = round_of(shot, alice, report(0.9), report(0.7), report(0.5))
    review.reject(first, bob, first.revision, Feedback(text="Slower."))
    line.rechecked(again(second), report(0.2, version=NEWER), {})
    assert [again(row).rank for row in (first, second, third)] == [1, 2, 1]


def test_nothing_is_approved_by_itself_because_of_it(shot: Shot, alice: User, look: list[str]) -> None:
    first, _ = round_of(shot, alice, report(0.6), report(0.1))
    shot.project.__class__.objects.update(auto_approve_score=0.7, audit_share=0)
    line.rechecked(again(first), report(0.95, version=NEWER), {})
    assert again(first).status == Status.IN_REVIEW
    assert again(first).quality.score == pytest.approx(0.95)


def test_clips_whose_file_is_gone_or_that_nobody_has_seen_are_left_alone(
    make_shot: MakeShot, alice: User, look: list[str]
) -> None:
    removed, nameless, kept = (round_of(make_shot(), alice, report())[0] for _ in range(3))
    Clip.objects.filter(candidate=removed).update(removed_at=removed.status_at)
    Clip.objects.filter(candidate=nameless).update(file="")
    bring(asked(make_shot(), alice)[0], Status.FAILED, failure="It did not work.")
    run()
    assert look == [kept.code]


def test_new_clips_come_first(make_shot: MakeShot, alice: User, look: list[str]) -> None:
    round_of(make_shot(), alice, report())
    [waits] = asked(make_shot(), alice)
    bring(waits, Status.CHECKING)
    Candidate.objects.filter(pk=waits.pk).update(tries=0, worker="")
    run()
    assert look == []
    come(waits, report(version=NEWER))
    run()
    assert len(look) == 1


def test_a_few_at_a_time_and_the_rest_in_another_message(
    make_shot: MakeShot, alice: User, look: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(station, "FEW", 2)
    codes = [round_of(make_shot(), alice, report())[0].code for _ in range(3)]
    run()
    assert look == [codes[2], codes[1]]
    assert OrmQ.objects.filter(key="media").count() == 1
    run()
    assert look == codes[::-1]
    assert OrmQ.objects.count() == 0
    assert turns.cursor(rechecks.KIND) == f"{NEWER}:end"


def test_one_that_was_killed_in_the_middle_begins_with_the_same_clip(
    make_shot: MakeShot, alice: User, look: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (round_of(make_shot(), alice, report())[0] for _ in range(2))
    see: Look = getattr(station, "look")  # noqa: B009  The station keeps it for itself.

    def killed(candidate: Candidate) -> tuple[QualityReport, dict[str, object]]:
        if candidate.pk == first.pk:
            raise KeyboardInterrupt
        return see(candidate)

    monkeypatch.setattr(station, "look", killed)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert [again(row).quality.checker_version for row in (first, second)] == [CHECKER_VERSION, NEWER]
    monkeypatch.setattr(station, "look", see)
    run()
    assert again(first).quality.checker_version == NEWER
    assert look == [second.code, first.code]


def test_a_clip_that_cannot_be_looked_at_keeps_no_older_one_waiting(
    make_shot: MakeShot, alice: User, look: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    older, slow, strange = (round_of(make_shot(), alice, report())[0] for _ in range(3))
    see: Look = getattr(station, "look")  # noqa: B009  The station keeps it for itself.

    def trouble(candidate: Candidate) -> tuple[QualityReport, dict[str, object]]:
        if candidate.pk == strange.pk:
            raise ValueError("nobody has thought of this")
        if candidate.pk == slow.pk:
            raise OutOfTime("The file could not be checked within 81 s.")
        return see(candidate)

    monkeypatch.setattr(station, "look", trouble)
    run()
    assert again(older).quality.checker_version == NEWER
    assert {again(row).quality.verdict for row in (slow, strange)} == {"pass"}
    # The round of another day finds them.
    assert {row.pk for row in rechecks.due(NEWER, 5)} == {slow.pk, strange.pk}


def test_a_broken_installation_is_no_fault_of_the_clips(
    shot: Shot, alice: User, look: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    round_of(shot, alice, report())

    def broken(candidate: Candidate) -> tuple[QualityReport, dict[str, object]]:
        raise NotBegun("verify could not begin")

    monkeypatch.setattr(station, "look", broken)
    with pytest.raises(NotBegun):
        run()
    assert turns.cursor(rechecks.KIND) == ""


def test_a_clip_whose_files_are_removed_while_it_is_looked_at_names_no_new_ones(
    shot: Shot, alice: User, look: list[str]
) -> None:
    [row] = round_of(shot, alice, report())
    Clip.objects.update(removed_at=row.status_at, playable="")
    assert not line.rechecked(row, report(version=NEWER), {"playable": "playables/made-meanwhile.mp4"})
    assert again(row).clip.playable.name == ""
    assert again(row).quality.checker_version == CHECKER_VERSION


def test_a_clip_that_would_not_be_let_through_today_stays_with_a_report_that_says_so(
    shot: Shot, alice: User, bob: User, look: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    approved, other = round_of(shot, alice, report(0.9), report(0.7))
    review.approve(approved, bob, approved.revision)

    def refuse(candidate: Candidate) -> tuple[QualityReport, dict[str, object]]:
        if candidate.pk == other.pk:
            raise FileNotFoundError(candidate.clip.file.name)
        raise NotPlayable("The file ends before its own index says.")

    monkeypatch.setattr(station, "look", refuse)
    run()
    row = again(approved)
    assert row.status == Status.APPROVED
    assert (row.quality.verdict, row.quality.score, row.quality.checker_version) == ("reject", None, NEWER)
    assert [told["sentence"] for told in row.quality.findings] == ["The file ends before its own index says."]
    assert again(other).quality.checker_version == CHECKER_VERSION
    assert EarlierReport.objects.count() == 1


def test_an_older_checker_never_replaces_what_a_newer_one_said(shot: Shot, alice: User) -> None:
    [row] = round_of(shot, alice, report(version="10"))
    assert rechecks.due("9", 5) == []
    assert not line.rechecked(row, report(version="9"), {})
    assert [found.pk for found in rechecks.due("11", 5)] == [row.pk]


def test_what_a_retake_has_mended_is_told_again_by_the_new_checker(
    shot: Shot, alice: User, bob: User, look: list[str]
) -> None:
    [old] = round_of(shot, alice, report(0.8, "suspect", ["flicker"]))
    decision = review.reject(old, bob, old.revision, Feedback(text="It is too dark."))
    assert decision.retake is not None
    replacement = decision.retake.candidates.get()
    replacement.move(Status.QUEUED, actor="test")
    come(replacement, report())
    assert set(MeasuredFix.objects.values_list("complaint", "solved")) == {("finding:flicker", True)}
    run()
    # The new checker sees softness in both and flicker in none.
    assert set(MeasuredFix.objects.values_list("complaint", "solved")) == {("finding:soft", False)}


def test_watchers_ask_each_minute_and_once_a_day_when_all_is_done(db: None) -> None:
    assert [rechecks.ask_when_due(NEWER) for _ in range(2)] == [True, False]
    with turns.taken(rechecks.KIND) as turn:
        assert turn is not None
        rechecks.passed(turn, NEWER, None)
    row = CleaningRun.objects.get()
    assert row.asked_at is not None
    CleaningRun.objects.update(asked_at=row.asked_at - 2 * rechecks.ASK_EVERY)
    assert not rechecks.ask_when_due(NEWER)
    assert rechecks.ask_when_due("1001")
