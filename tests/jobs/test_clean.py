"""The night's cleaning: what goes, what stays, and that it may be killed anywhere."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ, Task
from pytest_django import Settings

from jobs import clean, stored
from reviewapp import cleaning, review
from reviewapp.models import (
    Candidate,
    CleaningRun,
    Clip,
    Event,
    EventKind,
    Heartbeat,
    Project,
    Shot,
    ShotInput,
    Status,
    Transition,
    User,
)
from tests.cast import run_queue
from tests.reviewapp.cleaning_world import DAYS, files_of, given, grow_old, kept, made, rejection, version_of

pytestmark = pytest.mark.django_db
GONE = {"file": False, "poster": True, "filmstrip": False}
WHOLE = {"file": True, "poster": True, "filmstrip": True}


class Killed(BaseException):
    """What a process meets that is killed."""


@pytest.fixture(autouse=True)
def _short_retention(project: Project) -> None:
    project.retention_days = DAYS
    project.save()


def fresh(candidate: Candidate) -> Candidate:
    return Candidate.objects.whole().get(pk=candidate.pk)


# --- clips past their retention ---


@pytest.mark.parametrize("status", [Status.REJECTED, Status.PASSED_OVER, Status.FAILED, Status.CANCELLED])
def test_what_nobody_chose_goes_after_its_days_and_its_facts_stay(shot: Shot, status: Status) -> None:
    old, young = made(shot, status), made(shot, status, days=DAYS - 1)
    assert clean.run("clips")
    after = fresh(old).clip
    assert (files_of(old), files_of(young)) == (GONE, WHOLE)
    assert (after.file.name, after.filmstrip.name, after.filmstrip_tiles) == ("", "", 0)
    assert after.removed_at is not None
    assert (after.sha256, after.size, after.frames) == (old.clip.sha256, old.clip.size, old.clip.frames)
    (row,) = [one for one in cleaning.last_runs() if one.kind == "clips"]
    assert (row.removed, row.failed, row.size, row.under_way) == (1, 0, old.clip.size, False)
    assert row.said.startswith("1 removed, 64")


@pytest.mark.parametrize("status", [Status.APPROVED, Status.IN_REVIEW, Status.CHECKING, Status.GENERATING])
def test_what_was_chosen_or_is_under_way_never_goes(shot: Shot, status: Status) -> None:
    row = made(shot, status, days=4000)
    clean.run("clips")
    assert files_of(row) == WHOLE
    assert fresh(row).clip.removed_at is None


def test_a_project_without_a_retention_keeps_everything(shot: Shot, project: Project) -> None:
    project.retention_days = None
    project.save()
    row = made(shot, Status.REJECTED, days=4000)
    clean.run("clips")
    assert files_of(row) == WHOLE


def test_what_something_still_refers_to_stays(shot: Shot, make_shot: Callable[..., Shot]) -> None:
    shown, listed, started, held, open_ = (
        made(shot, Status.REJECTED, data=bytes([n]) * 40) for n in range(5)
    )
    made(shot, Status.GENERATING, days=0, replaces=shown)
    round_two = version_of(shot)
    rejection(listed, round_two)
    made(shot, Status.IN_REVIEW, days=0, version=round_two)
    given(make_shot(), bytes([2]) * 40)
    Candidate.objects.filter(pk=held.pk).update(shot=make_shot(on_hold=True))
    Candidate.objects.filter(pk=open_.pk).update(shot=make_shot(escalated_at=timezone.now()))
    clean.run("clips")
    assert [files_of(row) for row in (shown, listed, started, held, open_)] == [WHOLE] * 5
    # The retakes have their verdicts, the input is gone, the shots went on.
    Candidate.objects.filter(status__in=[Status.GENERATING, Status.IN_REVIEW]).update(status=Status.APPROVED)
    ShotInput.objects.all().delete()
    Shot.objects.update(on_hold=False, escalated_at=None)
    clean.run("clips")
    assert [files_of(row) for row in (shown, listed, started, held, open_)] == [GONE] * 5


def test_the_copies_for_browsers_go_with_their_clip(shot: Shot) -> None:
    gone, stays = made(shot, Status.REJECTED), made(shot, Status.APPROVED)
    for row in (gone, stays):
        row.clip.playable.save("harbour/plays.mp4", ContentFile(b"plays"), save=False)
        row.clip.small.save("harbour/small.mp4", ContentFile(b"small"))
    as_good = made(shot, Status.REJECTED)
    Clip.objects.filter(pk=as_good.clip.pk).update(small=as_good.clip.file.name)
    lost = [kept("playables/harbour/lost.mp4"), kept("smalls/harbour/lost.mp4")]
    clean.run("clips")
    clean.run("orphans")
    there = {row: [default_storage.exists(str(file.name)) for file in (row.clip.playable, row.clip.small)]
             for row in (gone, stays)}  # fmt: skip
    assert there == {gone: [False, False], stays: [True, True]}
    assert (fresh(gone).clip.playable.name, fresh(gone).clip.small.name) == ("", "")
    assert files_of(as_good) == GONE
    assert not any(default_storage.exists(name) for name in lost)


def test_a_file_that_another_row_names_stays(shot: Shot) -> None:
    gone, kept_one = made(shot, Status.REJECTED), made(shot, Status.APPROVED)
    Clip.objects.filter(pk=kept_one.clip.pk).update(file=gone.clip.file.name)
    clean.run("clips")
    assert fresh(gone).clip.removed_at is not None
    assert default_storage.exists(str(fresh(kept_one).clip.file.name))


def test_a_removed_clip_cannot_come_back_to_review(shot: Shot, bob: User) -> None:
    row = made(shot, Status.REJECTED)
    decision = rejection(row)
    clean.run("clips")
    with pytest.raises(review.CannotUndo, match=r"Removed on .* 60 days after it was set aside"):
        review.undo(decision, bob)
    assert fresh(row).status == Status.REJECTED
    decision.refresh_from_db()
    assert decision.undone_at is None


def test_undoing_an_approval_leaves_removed_clips_passed_over(shot: Shot, bob: User) -> None:
    chosen = made(shot, Status.IN_REVIEW, days=0)
    decision = review.approve(chosen, bob, chosen.revision)
    removed, whole = made(shot, Status.PASSED_OVER), made(shot, Status.PASSED_OVER, days=1)
    clean.run("clips")
    review.undo(decision, bob)
    assert (fresh(removed).status, fresh(whole).status) == (Status.PASSED_OVER, Status.IN_REVIEW)


@pytest.mark.parametrize("place", ["_deleted", "forget_files"])
def test_a_run_that_is_killed_anywhere_is_completed_by_the_next(
    shot: Shot, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    rows = [made(shot, Status.REJECTED) for _ in range(3)]
    with monkeypatch.context() as patched:
        patched.setattr(clean if place == "_deleted" else cleaning, place, _dies_at_the_second())
        with pytest.raises(Killed):
            clean.run("clips")
    # The dead process still holds its lease: nobody cleans beside it.
    assert clean.run("clips")
    assert any(files_of(row) == WHOLE for row in rows)
    CleaningRun.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    assert clean.run("clips")
    assert [files_of(row) for row in rows] == [GONE] * 3
    assert not cleaning.leftover().exists()


def _dies_at_the_second() -> Callable[..., bool]:
    calls = iter(range(9))

    def die(*_: object) -> bool:
        if next(calls):
            raise Killed
        return True

    return die


def test_a_storage_that_does_not_answer_is_asked_again_the_next_night(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = made(shot, Status.REJECTED)
    with monkeypatch.context() as patched:
        patched.setattr(FileSystemStorage, "delete", _broken)
        assert clean.run("clips")
    assert CleaningRun.objects.get(kind="clips").failed == 1
    assert files_of(row) == WHOLE
    assert clean.run("clips")
    assert files_of(row) == GONE


def test_a_kind_that_breaks_off_holds_up_no_other(shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    row = made(shot, Status.REJECTED)
    cleaning.last_runs()
    CleaningRun.objects.update(since=timezone.now() - timedelta(days=2))
    with monkeypatch.context() as patched:
        patched.setattr(cleaning, "unused_inputs", _broken)
        clean.clean()
    assert files_of(row) == GONE
    broken = CleaningRun.objects.get(kind="inputs")
    assert (broken.failed, broken.under_way) == (1, False)
    assert "broke off (OSError)" in broken.said
    assert not cleaning.due()


def _broken(*_: object) -> None:
    raise OSError("the bucket is away")


# --- races ---


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("first", ["undo", "cleaner"])
def test_an_undo_and_the_cleaner_never_both_win(shot: Shot, bob: User, first: str) -> None:
    """Several clips in one go: whoever comes first wins each, and no clip in review has lost its file."""
    rows = [made(shot, Status.REJECTED) for _ in range(6)]
    decisions = [rejection(row) for row in rows]
    together = threading.Barrier(2)

    def undo() -> int:
        together.wait()
        won = 0
        for decision in decisions if first == "undo" else reversed(decisions):
            try:
                review.undo(decision, bob)
                won += 1
            except review.CannotUndo:
                continue
        return won

    def cleaner() -> int:
        together.wait()
        clean.run("clips")
        return Clip.objects.exclude(removed_at=None).count()

    undone, removed = _side_by_side(undo, cleaner)
    assert undone + removed == len(rows)
    for row in rows:
        after = fresh(row)
        assert files_of(row) == (WHOLE if after.status == Status.IN_REVIEW else GONE)
        assert (after.clip.removed_at is None) == (after.status == Status.IN_REVIEW)


def test_what_is_wanted_again_since_it_was_listed_stays_though_its_own_row_never_moved(shot: Shot) -> None:
    made(shot, Status.REJECTED)
    (listed,) = cleaning.expired().select_related("candidate")
    Shot.objects.filter(pk=shot.pk).update(on_hold=True)
    assert not cleaning.claim_clip(listed)
    Shot.objects.filter(pk=shot.pk).update(on_hold=False)
    assert cleaning.claim_clip(listed)


@pytest.mark.django_db(transaction=True)
def test_a_clip_that_was_undone_after_it_was_listed_is_not_claimed(shot: Shot, bob: User) -> None:
    row = made(shot, Status.REJECTED)
    (listed,) = cleaning.expired().select_related("candidate")
    review.undo(rejection(row), bob)
    assert not cleaning.claim_clip(listed)
    assert fresh(row).clip.removed_at is None


@pytest.mark.django_db(transaction=True)
def test_a_clip_that_moved_between_the_two_writes_is_not_claimed(shot: Shot) -> None:
    """A clip that failed is fetched again without the shot's lock: its fence tells."""
    made(shot, Status.FAILED)
    (listed,) = cleaning.expired().select_related("candidate")
    Candidate.objects.filter(pk=listed.candidate_id).update(fence=99)
    assert not cleaning.claim_clip(listed)
    assert Clip.objects.get().removed_at is None


@pytest.mark.django_db(transaction=True)
def test_one_process_cleans_a_kind_at_a_time(shot: Shot) -> None:
    together = threading.Barrier(4)

    def begin() -> bool:
        together.wait()
        return cleaning.begin("clips") is not None

    assert sorted(_side_by_side(begin, begin, begin, begin)) == [False, False, False, True]


def _side_by_side(*works: Callable[[], int]) -> list[int]:
    def one(work: Callable[[], int]) -> int:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


# --- inputs and orphans ---


def test_an_input_that_nothing_refers_to_goes_and_a_pinned_one_stays(
    shot: Shot, make_shot: Callable[..., Shot]
) -> None:
    unused, pinned = given(shot, b"one", removed_days=31), given(shot, b"two", removed_days=31)
    young, present = given(shot, b"three", removed_days=29), given(shot, b"four")
    shared, twin = given(shot, b"five", removed_days=31), given(make_shot(), b"five")
    made(shot, Status.REJECTED, inputs=[{"role": "first_frame", "input": pinned.pk}])
    clean.run("inputs")
    assert set(ShotInput.objects.all()) == {pinned, young, present, twin}
    assert not default_storage.exists(str(unused.file.name))
    for entry in (pinned, young, present, shared):
        assert default_storage.exists(str(entry.file.name))


def test_files_without_a_row_go_after_a_day_and_only_from_our_folders(shot: Shot) -> None:
    lost = [kept(f"{folder}/harbour/x/lost.mp4") for folder in cleaning.FOLDERS]
    young = kept("clips/harbour/young.mp4", days=0.5)
    foreign = [kept("notes.txt", days=900), kept("archive/2020/film.mp4", days=900)]
    row = made(shot, Status.APPROVED)
    picture = given(shot)
    named = [str(row.clip.file.name), str(row.clip.poster.name), str(row.clip.filmstrip.name)]
    for name in (*named, str(picture.file.name)):
        grow_old(name, 900)
    assert clean.run("orphans")
    assert not [name for name in lost if default_storage.exists(name)]
    for name in (young, *foreign, *named, str(picture.file.name)):
        assert default_storage.exists(name), name
    run = CleaningRun.objects.get(kind="orphans")
    assert (run.removed, run.size) == (len(lost), 4 * len(lost))


def test_a_link_to_another_disk_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    other = tmp_path / "disk"
    other.mkdir()
    (Path(settings.MEDIA_ROOT) / "clips").mkdir(parents=True)
    link = Path(settings.MEDIA_ROOT) / "clips" / "show"
    link.symlink_to(other)
    os.utime(link, (0, 0), follow_symlinks=False)
    clean.run("orphans")
    assert link.is_symlink()


def test_a_storage_full_of_strangers_is_not_swept_without_a_word(
    shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two sites on one bucket: the files of the other one have no row here."""
    monkeypatch.setattr(clean, "MANY", 3)
    names = [kept(f"clips/other/{number}.mp4") for number in range(5)]
    assert clean.run("orphans")
    assert all(default_storage.exists(name) for name in names)
    assert "storage of another site" in CleaningRun.objects.get(kind="orphans").said
    call_command("clean", "--only", "orphans", "--even-many", stdout=StringIO())
    assert not any(default_storage.exists(name) for name in names)


def test_the_listing_goes_page_by_page_and_on_from_any_name(
    kept_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "PAGE", 2)
    names = ["clips/a-1/3", "clips/a/1", "clips/a/b/2", "clips/a0/4", "clips/b/c/d/5", "clips/z"]
    for name in (*names, "clips2/1", "posters/1"):
        default_storage.save(name, ContentFile(b"1"))
    for at in range(-1, len(names)):
        after = names[at] if at >= 0 else ""
        assert [one.name for page in stored.pages("clips", after) for one in page] == names[at + 1 :]
    assert list(stored.pages("nothing", "")) == []


def test_a_bucket_is_cleaned_as_a_folder_is(bucket: Any, shot: Shot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "YOUNGEST", timedelta(0))
    gone, whole = made(shot, Status.REJECTED), made(shot, Status.APPROVED)
    lost = default_storage.save("clips/harbour/lost.mp4", ContentFile(b"lost"))
    # Beside the site's own prefix lies what is somebody else's.
    bucket.put_object(Key="clips/harbour/theirs.mp4", Body=b"theirs")
    for kind in ("clips", "orphans", "missing"):
        assert clean.run(kind)
    assert (files_of(gone), files_of(whole)) == (GONE, WHOLE)
    assert not default_storage.exists(lost)
    assert CleaningRun.objects.get(kind="orphans").removed == 1
    assert CleaningRun.objects.get(kind="missing").failed == 0
    assert bucket.Object("clips/harbour/theirs.mp4").content_length == 6


def test_rows_whose_file_is_gone_are_told_and_not_touched(shot: Shot) -> None:
    row, whole = made(shot, Status.APPROVED), made(shot, Status.APPROVED)
    default_storage.delete(str(row.clip.file.name))
    assert clean.run("missing")
    run = CleaningRun.objects.get(kind="missing")
    assert (run.failed, run.removed) == (1, 0)
    assert f"clip {row.clip.pk}" in run.said
    assert fresh(row).clip.file.name == row.clip.file.name
    assert files_of(whole) == WHOLE


# --- old rows ---


def test_old_rows_go_and_what_is_written_for_good_stays(shot: Shot, alice: User) -> None:
    now = timezone.now()
    for days in (-1, 1):
        Session.objects.create(
            session_key=f"s{days}", session_data="", expire_date=now + timedelta(days=days)
        )
    for days in (10, 31):
        at = now - timedelta(days=days)
        Task.objects.create(id=f"t{days}", name="n", func="f", started=at, stopped=at, success=False)
    for days in (80, 91):
        Event.objects.create(
            kind=EventKind.CLIPS_READY, sentence="s", repeats=f"r{days}", at=now - timedelta(days=days)
        )
    for hours in (12, 48):
        at = now - timedelta(hours=hours)
        Heartbeat.objects.create(name=f"h{hours}", kind="watch", host="h", pid=1, at=at)
    moved = Transition.objects.create(
        candidate=made(shot, Status.APPROVED), at=now - timedelta(days=4000), was="a", became="b"
    )
    assert clean.run("rows")
    assert [row.session_key for row in Session.objects.all()] == ["s1"]
    assert [row.pk for row in Task.objects.all()] == ["t10"]
    assert [row.repeats for row in Event.objects.all()] == ["r80"]
    assert [row.name for row in Heartbeat.objects.filter(host="h")] == ["h12"]
    assert Transition.objects.filter(pk=moved.pk).exists()
    assert CleaningRun.objects.get(kind="rows").removed == 4


# --- the schedule ---


@contextmanager
def _at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(timezone, "now", lambda: moment)
        yield


def test_it_is_cleaned_once_a_night_and_a_fresh_site_not_before_its_first(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.TIME_ZONE, settings.CLEAN_AT = "America/New_York", time(3, 30)
    zone = ZoneInfo("America/New_York")
    noon = datetime(2026, 11, 20, 12, tzinfo=zone)
    cleaning.last_runs()
    CleaningRun.objects.update(since=noon)
    for moment, asked in (
        (noon, False),
        (noon + timedelta(hours=15), False),
        (noon + timedelta(hours=15, minutes=31), True),
        # The message waits: another one is sent only when it must be lost.
        (noon + timedelta(hours=15, minutes=32), False),
        (noon + timedelta(hours=15, minutes=50), True),
    ):
        with _at(monkeypatch, moment):
            assert cleaning.ask_when_due() is asked, moment
    with _at(monkeypatch, noon + timedelta(hours=16)):
        run_queue()
        assert not cleaning.due()
        assert all(row.ended_at and not row.under_way for row in cleaning.last_runs())
    with _at(monkeypatch, noon + timedelta(hours=39)):
        assert not cleaning.ask_when_due()
    with _at(monkeypatch, noon + timedelta(hours=39, minutes=31)):
        assert cleaning.ask_when_due()


def test_nothing_is_asked_for_where_it_is_switched_off(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CLEAN_AT = None
    cleaning.last_runs()
    with _at(monkeypatch, timezone.now() + timedelta(days=9)):
        assert not cleaning.ask_when_due()
    assert not OrmQ.objects.exists()


def test_a_long_cleaning_goes_on_behind_the_downloads(
    shot: Shot, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """With no time at all every message does one step, and all of them together do everything."""
    rows = [made(shot, Status.REJECTED) for _ in range(3)]
    cleaning.last_runs()
    CleaningRun.objects.update(since=timezone.now() - timedelta(days=2))
    monkeypatch.setattr(clean, "SLICE_S", 0.0)
    clean.clean()
    assert sorted(files_of(row) == GONE for row in rows) == [False, False, True]
    assert OrmQ.objects.get().key == "media"
    run_queue()
    assert [files_of(row) for row in rows] == [GONE] * 3
    assert CleaningRun.objects.get(kind="clips").removed == 3
    assert not cleaning.due()


# --- the command ---


def test_a_dry_run_says_what_would_go_and_changes_nothing(shot: Shot) -> None:
    row, entry = made(shot, Status.REJECTED), given(shot, removed_days=31)
    lost = kept("clips/harbour/lost.mp4", b"1234567890")
    out = StringIO()
    call_command("clean", "--dry-run", stdout=out)
    said = dict(line.split(maxsplit=1) for line in out.getvalue().splitlines())
    assert said["clips"].startswith("1 would be removed, 64")
    assert said["inputs"].startswith("1 would be removed, 7")
    assert said["orphans"].startswith("1 would be removed, 10")
    assert said["missing"].startswith("0 rows")
    assert files_of(row) == WHOLE
    assert default_storage.exists(lost)
    assert ShotInput.objects.filter(pk=entry.pk).exists()
    assert fresh(row).clip.removed_at is None
    assert not CleaningRun.objects.exists()


def test_the_command_cleans_one_kind_and_says_what_went(shot: Shot) -> None:
    row, lost = made(shot, Status.REJECTED), kept("clips/harbour/lost.mp4")
    out = StringIO()
    call_command("clean", "--only", "clips", stdout=out)
    assert out.getvalue().startswith("clips    1 removed, 64")
    assert (files_of(row), default_storage.exists(lost)) == (GONE, True)
