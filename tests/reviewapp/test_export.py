"""What leaves the house: the archive of approved clips and the shot list."""

from __future__ import annotations

import csv
import hashlib
import io
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile
from django.urls import reverse

from reviewapp import exports, review
from reviewapp.models import Candidate, Project, Shot, Status, User
from tests.cast import signed_in
from tests.reviewapp.stages import asked, bring


def approved(shot: Shot, by: User, data: bytes) -> Candidate:
    clip = bring(asked(shot, by)[0], Status.IN_REVIEW, data)
    review.approve(clip, by, clip.revision)
    return Candidate.objects.whole().get(pk=clip.pk)


def archive(client: Any, project: Project) -> zipfile.ZipFile:
    answer = client.get(reverse("export-clips", args=[project.slug]))
    assert answer.streaming
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_the_archive_holds_the_original_bytes_under_their_codes(
    make_shot: Callable[..., Shot], alice: User
) -> None:
    first, second, third = make_shot(), make_shot(), make_shot(omitted=True)
    data = bytes(range(256)) * 9000
    one, two = approved(first, alice, data), approved(second, alice, b"two")
    Shot.objects.filter(pk=third.pk).update(omitted=False)
    approved(third, alice, b"three")
    Shot.objects.filter(pk=third.pk).update(omitted=True)
    with archive(signed_in(alice), first.project) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == [f"{one.code}.mp4", f"{two.code}.mp4", "shots.csv"]
        assert one.code == "SQ010_SH0010_v001_c01"
        assert packed.read(f"{one.code}.mp4") == data
        assert packed.getinfo(f"{one.code}.mp4").compress_type == zipfile.ZIP_STORED


def test_of_a_clip_with_a_copy_for_browsers_the_original_is_handed_out(shot: Shot, alice: User) -> None:
    row = approved(shot, alice, b"prores")
    row.clip.file.save("film.mov", ContentFile(b"prores"), save=False)
    row.clip.playable.save("film.mp4", ContentFile(b"h264"), save=False)
    row.clip.save()
    with archive(signed_in(alice), shot.project) as packed:
        assert packed.read(f"{row.code}.mov") == b"prores"
        (line,) = csv.DictReader(io.StringIO(packed.read("shots.csv").decode("utf-8-sig")))
    assert (line["file"], line["sha256"]) == (f"{row.code}.mov", hashlib.sha256(b"prores").hexdigest())


def test_its_list_says_what_each_clip_is_and_runs_nothing(shot: Shot, alice: User) -> None:
    Shot.objects.update(prompt="=HYPERLINK(1)")
    shot.refresh_from_db()
    clip = approved(shot, alice, b"one")
    with archive(signed_in(alice), shot.project) as packed:
        (row,) = csv.DictReader(io.StringIO(packed.read("shots.csv").decode("utf-8-sig")))
    assert row["prompt"] == "'=HYPERLINK(1)"
    assert (row["code"], row["version"], row["candidate"]) == (shot.code, "v001", "c01")
    assert row["sha256"] == hashlib.sha256(b"one").hexdigest()
    assert (row["bytes"], row["price in USD"], row["approved by"]) == ("3", "0.6", "Alice")
    assert (row["seed"], row["frames"], row["fps"]) == (str(clip.seed), "120", "24")


def test_nothing_approved_is_said_and_not_packed(shot: Shot, alice: User) -> None:
    bring(asked(shot, alice)[0], Status.IN_REVIEW)
    answer = signed_in(alice).get(reverse("export-clips", args=[shot.project.slug]), follow=True)
    assert "No clip of this project is approved yet" in answer.content.decode()


def test_a_clip_whose_file_has_gone_is_named_in_the_list(make_shot: Callable[..., Shot], alice: User) -> None:
    there, gone = approved(make_shot(), alice, b"one"), approved(make_shot(), alice, b"two")
    gone.clip.file.storage.delete(str(gone.clip.file.name))
    with archive(signed_in(alice), there.shot.project) as packed:
        assert packed.namelist() == [f"{there.code}.mp4", "shots.csv"]
        assert "missing from the storage" in packed.read("shots.csv").decode()


def test_the_archive_is_never_whole_in_memory(make_shot: Callable[..., Shot], alice: User) -> None:
    for _ in range(3):
        approved(make_shot(), alice, b"\x01" * 12_000_000)
    rows = exports.approved(Project.objects.get())
    tracemalloc.start()
    size = sum(len(piece) for piece in exports.archive(rows))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 36_000_000
    assert most < 6_000_000


def test_the_shot_list_keeps_codes_and_guards_formulas(make_shot: Callable[..., Shot], alice: User) -> None:
    make_shot(code="0010", prompt="@boat")
    answer = signed_in(alice).get(reverse("export-shots", args=["harbour"]))
    assert answer.headers["Content-Type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["code"], row["prompt"], row["duration"]) == ("0010", "'@boat", "5")
