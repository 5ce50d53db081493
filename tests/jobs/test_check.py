"""A check that cannot be made here and now says nothing of the clip: it is made again."""

from __future__ import annotations

import html
import os
import signal
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage, default_storage
from django.urls import reverse
from django.utils import timezone
from django_q.models import OrmQ

from jobs import check, files, look
from reviewapp import line
from reviewapp.models import Candidate, Clip, Shot, Status, User
from tests.cast import run_queue, signed_in
from tests.jobs.media.films import write_film
from tests.reviewapp.stages import asked, bring

pytestmark = pytest.mark.django_db

AGAIN = "It is tried again; it costs nothing."


@pytest.fixture
def waiting(shot: Shot, alice: User, tmp_path: Path) -> Candidate:
    """A clip that waits for its check, from a real file that browsers play as it is."""
    path = write_film(tmp_path / "film.mp4", frames=6, size=(160, 90), container={"movflags": "+faststart"})
    row = bring(asked(shot, alice)[0], Status.CHECKING, path.read_bytes())
    OrmQ.objects.all().delete()
    return row


def checked_again(row: Candidate) -> Candidate:
    """Let the pause after a failed try be over, and the sweep and the queue do their part."""
    Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now())
    line.sweep(Candidate.objects.whole().get(pk=row.pk))
    run_queue()
    return Candidate.objects.whole().get(pk=row.pk)


def after(row: Candidate) -> Candidate:
    check.check_candidate(row.pk)
    return Candidate.objects.whole().get(pk=row.pk)


def full(**_: object) -> Any:
    """A place of which there is no room left."""
    return open("/dev/full", "r+b")


def gone(**_: object) -> Any:
    raise FileNotFoundError(2, "No usable temporary directory found")


@pytest.mark.parametrize("place", [full, gone])
def test_a_disk_without_room_for_the_answer_costs_no_clip(
    waiting: Candidate, monkeypatch: pytest.MonkeyPatch, place: Callable[..., Any]
) -> None:
    # Once more of what counts would be the end of it.
    Candidate.objects.filter(pk=waiting.pk).update(tries=5)
    with monkeypatch.context() as filled:
        filled.setattr("tempfile.TemporaryFile", place)
        row = after(waiting)
        assert (row.status, row.worker, row.tries) == (Status.CHECKING, "", 1)
        assert row.failure == f"This site could not check the clip (its checks do not run). {AGAIN}"
        assert row.due_at is not None
        assert row.due_at > timezone.now() + timedelta(seconds=20)
        # A message that comes before the pause is over begins nothing.
        assert after(waiting).fence == row.fence
    assert checked_again(waiting).status == Status.IN_REVIEW


def shot_page(row: Candidate, person: User) -> str:
    """What a person reads of the row's shot."""
    address = reverse("shot-detail", args=[row.shot.project.slug, row.shot.code])
    return html.unescape(signed_in(person).get(address).content.decode())


def test_storage_that_cannot_be_written_is_named_and_costs_no_clip(
    waiting: Candidate, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as filled:
        filled.setattr("jobs.files.keep_bytes", no_room)
        row = after(waiting)
    assert row.status == Status.CHECKING
    assert "(No space left on device)" in row.failure
    assert row.failure in shot_page(row, alice)
    assert checked_again(waiting).status == Status.IN_REVIEW


def test_a_clip_that_was_changed_in_storage_is_not_taken_for_the_one_that_came(waiting: Candidate) -> None:
    path = Path(waiting.clip.file.path)
    came = path.read_bytes()
    # The name of the program that wrote it: it plays as before.
    path.write_bytes(came.replace(b"Lavf", b"Lavg"))
    row = after(waiting)
    assert row.status == Status.FAILED
    assert row.failure == (
        "The file in this site's storage is not the one that came: it was damaged here. $0.60 was charged."
    )


def killed_by(signals: list[int]) -> Callable[[], None]:
    """What a child does before its work: it is killed by the next of these, while there are any."""

    def before() -> None:
        if signals:
            os.kill(os.getpid(), signals[0])

    return before


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_check_that_is_killed_is_made_again(
    waiting: Candidate, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    with monkeypatch.context() as killing:
        killing.setattr(look, "die_with_parent", killed_by([how]))
        row = after(waiting)
    assert (row.status, row.failure, row.tries) == (Status.CHECKING, "Its check was ended from outside.", 1)
    assert checked_again(waiting).status == Status.IN_REVIEW


def test_a_clip_whose_check_is_killed_each_time_is_given_up_with_its_money_told(
    waiting: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "die_with_parent", killed_by([signal.SIGKILL]))
    for tries in range(6):
        row = after(waiting)
        assert (row.status, row.tries) == (Status.CHECKING, tries + 1)
        Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now())
    row = after(waiting)
    assert row.status == Status.FAILED
    assert row.failure == "The check was begun 6 times and never finished. $0.60 was charged."


def test_a_check_that_is_late_is_made_once_more_and_then_said_to_be(
    waiting: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CHECK_LEASE_S", 0.001)
    first = after(waiting)
    assert (first.status, first.failure) == (Status.CHECKING, "The file could not be checked within 0 s.")
    second = checked_again(waiting)
    assert second.status == Status.FAILED
    assert second.failure.startswith("The file could not be checked within 0 s. $")


def test_a_picture_that_is_made_anew_leaves_the_old_one_until_its_row_names_the_new_one(
    waiting: Candidate,
) -> None:
    old = files.keep_bytes(b"old", waiting, "posters", "jpg")
    new = files.keep_bytes(b"new", waiting, "posters", "jpg")
    assert [files.keep_bytes(b"old", waiting, "posters", "jpg")] == [old]
    assert old != new
    assert [default_storage.open(name).read() for name in (old, new)] == [b"old", b"new"]
    # Half of it was written when a worker was killed.
    Path(default_storage.path(new)).write_bytes(b"n")
    assert files.keep_bytes(b"new", waiting, "posters", "jpg") == new
    assert default_storage.open(new).read() == b"new"
    assert files.keep_bytes(b"", waiting, "posters", "jpg") == ""


class Away(Storage):
    """A storage whose files have no place on this machine."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        return ContentFile(b"bytes")


class Down(Away):
    """A bucket that does not answer."""

    def _open(self, name: str, mode: str = "rb") -> File[bytes]:
        raise BotoCoreError


def test_a_bucket_that_is_away_costs_no_clip(waiting: Candidate, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as gone:
        gone.setattr(Clip._meta.get_field("file"), "storage", Down())
        row = after(waiting)
    assert row.status == Status.CHECKING
    assert row.failure == f"This site could not check the clip (BotoCoreError). {AGAIN}"
    assert checked_again(waiting).status == Status.IN_REVIEW


def test_the_copy_of_a_file_from_elsewhere_is_swept_up_behind_a_killed_worker(
    waiting: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    kept = waiting.clip.file
    kept.storage = Away()
    with files.on_this_machine(kept) as path:
        assert path.read_bytes() == b"bytes"
    assert not path.exists()
    left = files.on_this_machine(kept)
    path = left.__enter__()
    files.sweep_arrivals(timedelta(0))
    assert not path.parent.exists()
