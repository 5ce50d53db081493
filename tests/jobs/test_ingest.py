"""The download's part: what a broken try leaves, who may go on with it, and when it goes."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from pytest_django import Settings

from jobs import files
from jobs.check import check_candidate
from jobs.ingest import ingest_candidate
from providers.contract import Beginning
from reviewapp.models import Candidate, Status
from tests.cast import run_queue
from tests.jobs.conftest import stored, watch_until
from tests.reviewapp.stages import bring
from tests.sandbox_server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[..., list[Candidate]]
BEGINNING = Beginning(etag='"a"', last_modified="", place="p", total=9, content_type="video/mp4")


@pytest.fixture
def made(ask: Ask) -> Candidate:
    """A clip that its provider has finished and that waits for its download."""
    (row,) = ask()
    run_queue()
    return watch_until(row, Status.INGESTING)


def parts(settings: Settings) -> list[Path]:
    return sorted((Path(settings.MEDIA_ROOT) / "arriving").glob("*.part"))


def next_try(row: Candidate) -> None:
    """The pause after a failed try is over, and a message comes."""
    Candidate.objects.filter(pk=row.pk).update(due_at=timezone.now())
    ingest_candidate(row.pk)


def broken(sandbox: Sandbox, row: Candidate, settings: Settings) -> Path:
    """One try that breaks after so many bytes, and finds nobody when it wants to go on."""
    sandbox.fault("truncate", match={"role": "download"}, at=20_000)
    sandbox.fault("drop_before", match={"role": "download", "nth": 2})
    ingest_candidate(row.pk)
    row.refresh_from_db()
    (part,) = parts(settings)
    assert (row.status, part.stat().st_size) == (Status.INGESTING, 20_000)
    return part


def test_the_next_try_goes_on_with_what_a_broken_one_left_and_hashes_all_of_it(
    sandbox: Sandbox, made: Candidate, settings: Settings
) -> None:
    part = broken(sandbox, made, settings)
    with part.open("r+b") as file:
        # A mark that only a file that was gone on with can have.
        file.seek(10_000)
        file.write(b"MARK")
    next_try(made)
    clip = Candidate.objects.whole().get(pk=made.pk).clip
    with default_storage.open(str(clip.file.name)) as kept:
        content = kept.read()
    assert content[10_000:10_004] == b"MARK"
    assert (len(content), hashlib.sha256(content).hexdigest()) == (clip.size, clip.sha256)
    assert stored(Path(settings.MEDIA_ROOT)) == {str(clip.file.name)}


@pytest.mark.parametrize("loss", ["note", "boot", "other job"])
def test_a_part_that_nobody_knows_is_started_over(
    sandbox: Sandbox, made: Candidate, settings: Settings, loss: str
) -> None:
    part = broken(sandbox, made, settings)
    part.write_bytes(b"\x00" * 20_000)
    note = part.with_suffix(".note")
    if loss == "note":
        note.write_text('{"boot": ')
    elif loss == "boot":
        note.write_text(note.read_text().replace(files._boot() or '"boot": ""', "another"))
    else:
        Candidate.objects.filter(pk=made.pk).update(attempt=2)
    next_try(made)
    clip = Candidate.objects.whole().get(pk=made.pk).clip
    with default_storage.open(str(clip.file.name)) as kept:
        assert kept.read(20_000).count(0) < 10_000


def test_what_is_no_video_leaves_no_part(sandbox: Sandbox, made: Candidate, settings: Settings) -> None:
    sandbox.fault("html", times=-1)
    next_try(made)
    made.refresh_from_db()
    assert made.status == Status.FAILED
    assert not stored(Path(settings.MEDIA_ROOT))


def test_a_storage_that_is_away_is_waited_for_and_nothing_is_fetched_twice(
    sandbox: Sandbox, made: Candidate, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away(Exception):
        pass

    def away(name: str) -> bool:
        raise Away

    with monkeypatch.context() as patched:
        patched.setattr(default_storage, "exists", away)
        next_try(made)
    made.refresh_from_db()
    assert made.status == Status.INGESTING
    assert "this site's storage (Away)" in made.failure
    (part,) = parts(settings)
    whole = part.read_bytes()
    # What the provider sends from now on is cut: only a part that is used again becomes whole.
    sandbox.fault("truncate", match={"role": "download"}, at=1, times=-1)
    next_try(made)
    made = Candidate.objects.whole().get(pk=made.pk)
    assert made.status == Status.CHECKING
    assert made.clip.sha256 == hashlib.sha256(whole).hexdigest()


def test_a_check_first_fetches_what_is_about_to_go(made: Candidate, ask: Ask) -> None:
    with transaction.atomic():
        checking = bring(Candidate.objects.whole().get(pk=ask()[0].pk), Status.CHECKING)
    Candidate.objects.filter(pk=made.pk).update(fetch_by=timezone.now() + timedelta(minutes=1))
    check_candidate(checking.pk)
    made.refresh_from_db()
    assert made.status == Status.CHECKING


class TestPart:
    def test_two_workers_never_write_into_one(self, ask: Ask) -> None:
        (row,) = ask()
        with files.arriving(row) as first, files.arriving(row) as second:
            assert first.path != second.path
            first.keep(BEGINNING)
            assert second.recall() is None
        with files.arriving(row) as again:
            assert (again.path, again.recall()) == (first.path, BEGINNING)

    def test_a_part_is_swept_when_nobody_has_written_to_it_for_long(
        self, ask: Ask, settings: Settings
    ) -> None:
        old, new, halfway = ask(3)
        for row in (old, new, halfway):
            with files.arriving(row) as part:
                part.keep(BEGINNING)
                long_ago = time.time() - 7200
                aged = {old.pk: [part.path, part.path.with_suffix(".note")]}
                aged[halfway.pk] = [part.path.with_suffix(".note")]
                for path in aged.get(row.pk, []):
                    os.utime(path, (long_ago, long_ago))
        assert files.sweep_arrivals(timedelta(hours=1)) == 1
        left = stored(Path(settings.MEDIA_ROOT) / "arriving")
        assert {name[:36] for name in left} == {str(new.uid), str(halfway.uid)}
        assert len(left) == 4


def test_a_folder_that_takes_no_part_is_waited_for_as_a_full_disk_is(
    made: Candidate, settings: Settings
) -> None:
    arriving = Path(settings.MEDIA_ROOT) / "arriving"
    arriving.rmdir() if arriving.is_dir() else None
    arriving.parent.mkdir(parents=True, exist_ok=True)
    arriving.write_text("a file where the folder should be")
    for _ in range(8):
        next_try(made)
    made.refresh_from_db()
    assert (made.status, made.worker) == (Status.INGESTING, "")
    assert "could not be written to this site's storage" in made.failure
    arriving.unlink()
    next_try(made)
    made.refresh_from_db()
    assert made.status == Status.CHECKING
